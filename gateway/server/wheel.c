/* SPDX-License-Identifier: Apache-2.0 */
/* wheel.c - the ring of wheel.h. */
#include "server/wheel.h"

void gw_wheel_init(struct gw_wheel *w, uint32_t tick_ms)
{
    for (size_t i = 0; i < GW_WHEEL_SLOTS; i++)
        sl_list_init(&w->slots[i]);
    w->now = 1;
    w->tick_ms = tick_ms;
}

void gw_timer_init(struct gw_timer *t)
{
    sl_list_init(&t->link);
    t->due = t->at = 0;
}

static void place(struct gw_wheel *w, struct gw_timer *t)
{
    uint32_t ahead = t->due - w->now;

    if (ahead >= GW_WHEEL_SLOTS)
        ahead = GW_WHEEL_SLOTS - 1;
    t->at = w->now + ahead;
    sl_list_remove(&t->link);
    sl_list_append(&w->slots[t->at % GW_WHEEL_SLOTS], &t->link);
}

void gw_timer_set(struct gw_wheel *w, struct gw_timer *t, uint32_t ms)
{
    t->due = w->now + ms / w->tick_ms + 1 + (ms % w->tick_ms != 0);
    if (!t->at || t->due < t->at)
        place(w, t);
}

void gw_timer_remove(struct gw_timer *t)
{
    sl_list_remove(&t->link);
    t->due = t->at = 0;
}

void gw_wheel_turn(struct gw_wheel *w, void (*expired)(struct gw_timer *t))
{
    struct sl_list *slot, here;

    w->now++;
    slot = &w->slots[w->now % GW_WHEEL_SLOTS];
    if (sl_list_empty(slot))
        return;
    /* Taken out first: what expires may put others, or itself, into this slot again. */
    here = *slot;
    here.prev->next = here.next->prev = &here;
    sl_list_init(slot);
    while (!sl_list_empty(&here)) {
        struct gw_timer *t = SL_CONTAINER(here.next, struct gw_timer, link);

        sl_list_remove(&t->link);
        t->at = 0;
        if (t->due == 0)
            continue;
        if (t->due > w->now) {
            place(w, t);
            continue;
        }
        t->due = 0;
        expired(t);
    }
}
