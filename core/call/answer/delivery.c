/* SPDX-License-Identifier: Apache-2.0 */
/*
 * delivery.c - has a complete answer reached its client? Whoever writes it to a socket knows that
 * later than done(): the call's record waits for the word, and nothing else of the call does.
 */
#include "call/account.h"
#include "call/call.h"

#define LINGER_MS (10 * 60 * 1000) /* who has said nothing by then will not: not delivered */

static void settle(struct sl_call *c, bool whole)
{
    struct sl_record *record = c->record;

    c->record = NULL;
    if (!c->telling)
        sl_timer_cancel(&c->linger);
    sl_account_hand_out(c, record, whole ? 0 : SLUICE_RECORD_UNDELIVERED);
}

void sl_call_delivered(struct sl_call *c, bool whole)
{
    if (!c->record)
        return;
    settle(c, whole);
    if (!c->telling)
        sl_call_retire(c);
}

static void nothing_said(struct sl_timer *t)
{
    sl_call_delivered(SL_CONTAINER(t, struct sl_call, linger), false);
}

void sl_call_linger(struct sl_call *c)
{
    sl_timer_init(&c->linger, nothing_said);
    sl_timer_set(c->worker->loop, &c->linger, LINGER_MS);
    sl_list_remove(&c->node);
    sl_list_append(&c->worker->lingering, &c->node);
}
