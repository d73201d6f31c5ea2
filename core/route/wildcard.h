/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wildcard.h - '*' in model names as LiteLLM reads it: each '*' is a greedy group, the pattern is
 * anchored at the start only, and what the groups caught replaces the '*' signs of the upstream
 * model in order.
 */
#ifndef SL_ROUTE_WILDCARD_H
#define SL_ROUTE_WILDCARD_H

#include "base/arena.h"

#define SL_WILDCARD_GROUPS 4 /* more '*' in one pattern never match */

struct sl_wildcard_match {
    sluice_span group[SL_WILDCARD_GROUPS];
    size_t n;
};

bool sl_wildcard_match(sluice_span pattern, sluice_span text, struct sl_wildcard_match *out);
/* `model` with its '*' replaced; text itself when there are more groups than '*'; model as it is
 * when it has none. ptr NULL when the arena is full. */
sluice_span sl_wildcard_apply(sluice_span model, const struct sl_wildcard_match *m,
                              sluice_span text, struct sluice_arena *arena);

#endif
