/* SPDX-License-Identifier: Apache-2.0 */
/* at_start.h - keys that count as the start found them (SL_START in keys.h): what they were is
 * kept, so that a reload can say which of them it did not follow. */
#ifndef SL_CONFIG_AT_START_H
#define SL_CONFIG_AT_START_H

#include "config/keys.h"
#include "config/load.h"

/* Why a reload cannot change such keys of this section; NULL: it can. */
const char *sl_at_start_why(enum sl_section section);

/* Into out->at_start. */
void sl_at_start_keep(struct sl_load *l, enum sl_section section, const struct sl_path *path,
                      const struct sl_node *value);
/* For a default that comes from elsewhere: value is its text. */
void sl_at_start_keep_text(struct sl_load *l, enum sl_section section, sluice_span key,
                           sluice_span value);

/* A list for longer than its settings live; false: out of memory. */
bool sl_at_start_copy(const struct sl_start_setting *list, struct sluice_arena *arena,
                      const struct sl_start_setting **out);
/* Calls fn() for each key that is not now what it was then, or is no more. */
void sl_at_start_compare(const struct sl_start_setting *then, const struct sl_start_setting *now,
                         void (*fn)(void *ctx, const struct sl_start_setting *s), void *ctx);

#endif
