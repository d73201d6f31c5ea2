/* SPDX-License-Identifier: Apache-2.0 */
/* vectors.h - the pivot's answer to embeddings, for dialects that write it in their own form. */
#ifndef SL_FORMAT_VECTORS_H
#define SL_FORMAT_VECTORS_H

#include "base/arena.h"
#include "format/json_tree.h"
#include "format/json_write.h"

struct sl_vectors {
    const struct sl_json *data;
    sluice_span tokens; /* raw number; "0" when it is not told */
};

/* UPSTREAM: it is none. */
sluice_status sl_vectors_read(sluice_span text, struct sluice_arena *scratch,
                              struct sl_vectors *out);
/* An entry of data: its list of numbers, raw. */
sluice_span sl_vector(const struct sl_json *entry);
/* A list of all of them. */
void sl_vectors_write(struct sl_json_out *o, const struct sl_vectors *v);

#endif
