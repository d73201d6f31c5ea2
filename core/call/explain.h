/* SPDX-License-Identifier: Apache-2.0 */
/* explain.h - a call with SLUICE_CALL_EXPLAIN walks as far as the cache and is then told where it
 * would have gone, and why, instead of going there. */
#ifndef SL_CALL_EXPLAIN_H
#define SL_CALL_EXPLAIN_H

#include "call/call.h"

/* In the cache's step: answers the call with its explanation. Nobody is asked. */
enum sl_verdict sl_explain(struct sl_call *c);
/* step_cache.c: what the cache would be asked, without asking it. False: it would not be. */
bool sl_cache_rehearse(struct sl_call *c);

#endif
