/* SPDX-License-Identifier: Apache-2.0 */
/* wheel.h - coarse timers for many connections at the price of one: a ring of lists, one a tick.
 * Moving a deadline later, the usual case, writes a number; the entry moves when its slot comes. */
#ifndef GW_WHEEL_H
#define GW_WHEEL_H

#include <sluice_sdk/list.h>
#include <stdint.h>

#define GW_WHEEL_SLOTS 128

struct gw_timer {
    struct sl_list link;
    uint32_t due; /* tick at which it expires; 0 = never */
    uint32_t at;  /* tick whose slot it lies in; 0 = in none */
};

struct gw_wheel {
    struct sl_list slots[GW_WHEEL_SLOTS];
    uint32_t now; /* tick; begins at 1 */
    uint32_t tick_ms;
};

void gw_wheel_init(struct gw_wheel *w, uint32_t tick_ms);
void gw_timer_init(struct gw_timer *t);
/* Not before ms have passed, and at most a tick later. */
void gw_timer_set(struct gw_wheel *w, struct gw_timer *t, uint32_t ms);
static inline void gw_timer_clear(struct gw_timer *t)
{
    t->due = 0;
}
/* Out of the wheel, before its memory goes. */
void gw_timer_remove(struct gw_timer *t);
/* One tick has passed. expired() may set, clear and remove any timer. */
void gw_wheel_turn(struct gw_wheel *w, void (*expired)(struct gw_timer *t));

#endif
