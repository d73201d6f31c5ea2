/* SPDX-License-Identifier: Apache-2.0 */
/*
 * calls.h - the calls of one conversation, for dialects in which they need no ids: each is given
 * one by its place, and a result finds its call by id, else by name and order.
 */
#ifndef SL_FORMAT_CALLS_H
#define SL_FORMAT_CALLS_H

#include "base/arena.h"
#include "format/json_write.h"

struct sl_called {
    sluice_span name, id; /* insides; id ptr NULL: it is numbered */
    bool answered;
};

struct sl_calls {
    struct sl_called *at;
    size_t n;
};

/* false: out of memory. */
bool sl_calls_init(struct sl_calls *l, struct sluice_arena *arena);
/* NULL: there are too many. */
const struct sl_called *sl_calls_add(struct sl_calls *l, sluice_span name, sluice_span id);
/* The call that a result belongs to: of that id, else the first of that name (without one, of any)
 * that has no result yet. NULL: there is none. */
const struct sl_called *sl_calls_answer(struct sl_calls *l, sluice_span name, sluice_span id);
/* The id as a string value. */
void sl_calls_id(const struct sl_calls *l, const struct sl_called *c, struct sl_json_out *o);
/* The call as the pivot has it, left open for more members; arguments: a JSON object, raw. */
void sl_calls_open(const struct sl_calls *l, const struct sl_called *c, sluice_span arguments,
                   struct sl_json_out *o);

#endif
