/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hedge.h - when is a second deployment asked as well, because nothing came of the first one yet?
 * After a fixed time, or after as long as all but a few calls of the group have waited for their
 * first token; and only for a share of the calls, so that a slow vendor is not asked twice for all
 * of them. Numbers and rules only: no clock, no I/O; the caller says what time it is.
 *
 * One struct sl_hedge a model group, shared by all loops: counters are atomics that may lose a
 * sample when two loops write at once.
 */
#ifndef SL_ROUTE_HEDGE_H
#define SL_ROUTE_HEDGE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include "config/options.h"

#define SL_HEDGE_BUCKETS 136 /* eight for each doubling from 1 ms on; the last is above 120 s */

struct sl_hedge {
    _Atomic uint32_t seen[SL_HEDGE_BUCKETS]; /* times to the first token */
    _Atomic uint32_t n;                      /* of them since they were halved last */
    _Atomic uint64_t halved_ms;
    _Atomic int64_t credit; /* millionths of a second call */
};

void sl_hedge_init(struct sl_hedge *h);
/* Does the rule ask for anything? */
bool sl_hedge_is_on(const struct sl_hedge_rule *rule);
/* A call begins: its share of a second one is put by. */
void sl_hedge_call(struct sl_hedge *h, const struct sl_hedge_rule *rule);
/* How long to wait for the first token of a call before another deployment is asked;
 * -1: not at all, there is nothing to go by yet. */
int64_t sl_hedge_delay_us(const struct sl_hedge *h, const struct sl_hedge_rule *rule);
/* That time is over: may it be asked? True takes it from the share. */
bool sl_hedge_take(struct sl_hedge *h);
/* What an attempt took to its first token. One that was ended in favour of another counts with the
 * time it was given: it took longer than that. */
void sl_hedge_observe(struct sl_hedge *h, int64_t first_us, uint64_t now_ms);

#endif
