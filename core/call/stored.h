/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stored.h - responses that are kept here, because the deployment that made them keeps none: what a
 * later request continues (previous_response_id) or fetches. What a vendor keeps is found by its id
 * (issued.h) instead.
 */
#ifndef SL_CALL_STORED_H
#define SL_CALL_STORED_H

#include "call/attempt.h"

/* For core/api: one store for all loops. NULL when out of memory. */
struct sl_objects *sl_stored_open(void);

/* In step_resolve: the conversation that a request continues (c->history), or the answer to a
 * request for something that is kept here: then SL_END. */
enum sl_verdict sl_stored_find(struct sl_call *c);
/* The conversation so far as a list of items; ptr NULL = none. */
sluice_span sl_stored_history(const struct sl_call *c);
/* What the request brought, before its body goes. */
sluice_status sl_stored_note(struct sl_call *c);
/* The answer is complete and not told yet: keep it, if that was asked for. A store that is full or
 * out of memory is no failure of the call. */
void sl_stored_put(struct sl_attempt *a);
void sl_stored_release(struct sl_call *c);

#endif
