/* SPDX-License-Identifier: Apache-2.0 */
/* explain.h - a call with SLUICE_CALL_EXPLAIN walks as far as the cache and is then told where it
 * would have gone, and why, instead of going there. */
#ifndef SL_CALL_EXPLAIN_H
#define SL_CALL_EXPLAIN_H

#include "call/call.h"
#include "format/json_write.h"

/* In the cache's step: answers the call with its explanation. Nobody is asked. */
enum sl_verdict sl_explain(struct sl_call *c);
/* rehearsed.c: the request that the pick's provider would send, without what is secret in it: as
 * the member "upstream", or as LiteLLM's /utils/transform_request has it. */
void sl_rehearsed_write(struct sl_json_out *o, struct sl_call *c, const struct sl_pick *pick);
void sl_rehearsed_transform(struct sl_json_out *o, struct sl_call *c, const struct sl_pick *pick);
void sl_rehearsed_refuse(struct sl_json_out *o, const sluice_error *err);
/* step_cache.c: what the cache would be asked, without asking it. False: it would not be. */
bool sl_cache_rehearse(struct sl_call *c);

#endif
