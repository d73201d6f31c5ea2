/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sluice_sdk/parts.h - an outgoing JSON body: short things are written into a buffer, long strings
 * (images, documents, prompts) stay where they lie and are sent from there.
 */
#ifndef SLUICE_SDK_PARTS_H
#define SLUICE_SDK_PARTS_H

#include <sluice/provider.h>
#include <sluice_sdk/buf.h>
#include <sluice_sdk/json.h>

struct sl_parts_cut {
    size_t at; /* offset in text */
    sluice_span data;
};

struct sl_parts {
    struct sl_buf text;
    struct sl_json_out out; /* write with sl_json_...() */
    struct sl_parts_cut *cuts;
    size_t n_cuts, size;
    bool failed;
    struct sluice_arena *arena;
};

void sl_parts_init(struct sl_parts *p, struct sluice_arena *arena);
void sl_parts_finish(struct sl_parts *p);
/* A string value from the inside of one, which has to live as long as the body. */
void sl_parts_inside(struct sl_parts *p, sluice_span inside);
/* A raw JSON value, likewise. */
void sl_parts_raw(struct sl_parts *p, sluice_span json);
/* Everything so far, in the arena and in p; NOMEM when something did not fit. */
sluice_status sl_parts_end(struct sl_parts *p, const sluice_part **parts, size_t *n);

/* The members of a call as one object again, for operations that are relayed. */
sluice_status sl_parts_relay(const sluice_call *call, struct sluice_arena *arena,
                             const sluice_part **parts, size_t *n);

#endif
