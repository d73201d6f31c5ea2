/* SPDX-License-Identifier: Apache-2.0 */
/* wheel.h - the timers of one loop, in seven levels of 64 slots: setting and cancelling touch one
 * list, finding the next due time looks at seven words. Knows no clock; loop.c drives it. */
#ifndef SL_NET_WHEEL_H
#define SL_NET_WHEEL_H

#include <stdint.h>
#include "net/loop.h"

#define SL_WHEEL_LEVELS 7 /* 64^7 ms are 139 years: nothing ever wraps */
#define SL_WHEEL_SLOTS 64
#define SL_WHEEL_NEVER UINT64_MAX

struct sl_wheel {
    uint64_t now_ms; /* everything due up to here has run */
    /* A bit may outlive its timers, since cancelling does not know the wheel: the price is one
     * needless wake-up. */
    uint64_t occupied[SL_WHEEL_LEVELS];
    struct sl_list slots[SL_WHEEL_LEVELS][SL_WHEEL_SLOTS];
};

void sl_wheel_init(struct sl_wheel *w, uint64_t now_ms);
/* Leaves all timers unset. */
void sl_wheel_finish(struct sl_wheel *w);
/* Let time pass in which nothing was due: now_ms must lie before sl_wheel_next(). */
void sl_wheel_skip(struct sl_wheel *w, uint64_t now_ms);
/* t->due_ms is given and lies after w->now_ms. Returns when the wheel has to be looked at for it:
 * then or earlier. */
uint64_t sl_wheel_add(struct sl_wheel *w, struct sl_timer *t);
uint64_t sl_wheel_next(const struct sl_wheel *w);
/* Run what is due, earliest first; what is set meanwhile is honoured. */
void sl_wheel_advance(struct sl_wheel *w, uint64_t now_ms);

#endif
