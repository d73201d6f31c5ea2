/* SPDX-License-Identifier: Apache-2.0 */
/* sim.h - between the parts of the simulation: time and the calls in it. */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include "world.h"

/* The wall clock: a Tuesday evening, and on from there. */
static inline int64_t sim_unix_ms(const struct world *w)
{
    return 1700000000000 + (int64_t)(w->now_us / 1000);
}

enum event_kind { EVENT_FIRST, EVENT_END, EVENT_HEDGE };

struct event {
    uint64_t at_us, sequence;
    enum event_kind kind;
    struct sim_try *try;
};

void sim_post(struct world *w, uint64_t at_us, enum event_kind kind, struct sim_try *try);
/* call.c: what an event means. */
void sim_event(struct world *w, const struct event *e);
/* Everything that is still under way is nothing. */
void sim_drop_all(struct world *w);

#endif
