/* SPDX-License-Identifier: Apache-2.0 */
/* account.h - the books of a call that ended: one record to every logger. */
#ifndef SL_CALL_ACCOUNT_H
#define SL_CALL_ACCOUNT_H

#include "call/call.h"
#include "record/record.h"

struct sl_attempt;

/* One whose delivery is awaited leaves its record in c->record. */
/* One turn of a connection that stays: a record of its own beside the call's, with what it used. */
void sl_account_turn(const struct sl_attempt *a, unsigned n, const struct sl_usage *usage,
                     sluice_span id, uint64_t begun_us);
void sl_account(struct sl_call *c);
/* Takes over the record. flags: SLUICE_RECORD_* that were not known before. */
void sl_account_hand_out(const struct sl_call *c, struct sl_record *record, uint32_t flags);
/* Something that is worth a record of its own happened: to every logger. */
void sl_account_event(const struct sl_call *c, const sluice_record *r);
/* The attempt that a call is judged by: the one that answered, else the last one; NULL: none. */
const struct sl_attempt *sl_account_attempt(const struct sl_call *c);
/* Of what was used until now, in US dollars x 10^-9; -1: the price is not known. */
int64_t sl_account_cost(const struct sl_attempt *a);
/* How long the call has waited until now for vendors and for its turn to ask them again. */
uint64_t sl_account_waited_us(const struct sl_call *c, uint64_t now);

#endif
