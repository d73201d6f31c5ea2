/* SPDX-License-Identifier: Apache-2.0 */
/*
 * second.h - two attempts at once: when nothing came of the first one for a while, another
 * deployment is asked as well (route/hedge.h says when), the first useful event wins, and the other
 * one is cancelled. Until then each has a draft of the outlet for what it brings: its head, its
 * preamble. The attempt that is being read has its own in sl_call.out.
 */
#ifndef SL_CALL_SECOND_H
#define SL_CALL_SECOND_H

#include "call/call.h"

struct sl_attempt;

/* What an attempt has brought while another one runs. */
struct sl_draft {
    struct sl_outlet out;
    sluice_span response_id;
};

/* The first attempt of a leg is under way: a second one may follow. */
void sl_second_arm(struct sl_call *c);
/* a is about to be read; only if it has a draft. */
void sl_draft_enter(struct sl_attempt *a);
/* a has ended; only if it has a draft. */
void sl_draft_drop(struct sl_attempt *a);
/* Its answer is the one that goes out: others end, and the group learns how long it took. */
void sl_second_won(struct sl_attempt *a);
/* Does another attempt of this call still run? */
bool sl_second_runs(const struct sl_call *c, const struct sl_attempt *but);

#endif
