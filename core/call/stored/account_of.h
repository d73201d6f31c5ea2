/* SPDX-License-Identifier: Apache-2.0 */
/* account_of.h - calls that go to an account rather than to a model, and the ids that lead there.
 */
#ifndef SL_CALL_ACCOUNT_OF_H
#define SL_CALL_ACCOUNT_OF_H

#include "call/call.h"

/* Ids of ours in parameters and members become the vendor's; c->pinned is set by them. */
enum sl_verdict sl_account_ids(struct sl_call *c);
/* c->group of a call without a model. */
enum sl_verdict sl_account_find(struct sl_call *c);
/* c->group, found by a model, less what is not where the call's ids lead. */
enum sl_verdict sl_account_narrow(struct sl_call *c);

/* issued_answer.c: ids in a vendor's answer become ours; *out is text itself when there are none.
 * deployment: who answered. */
sluice_status sl_account_issue(const struct sl_call *c, const struct sl_deployment *d,
                               sluice_span text, struct sluice_arena *arena, sluice_span *out);

#endif
