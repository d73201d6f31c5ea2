/* SPDX-License-Identifier: Apache-2.0 */
/* time.c - a heap of events, the earliest first; those of one moment in the order they were posted.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "sim.h"

static bool before(const struct event *a, const struct event *b)
{
    return a->at_us != b->at_us ? a->at_us < b->at_us : a->sequence < b->sequence;
}

void sim_post(struct world *w, uint64_t at_us, enum event_kind kind, struct sim_try *try)
{
    size_t i = w->n_events++;

    if (w->n_events > w->room_events) {
        w->room_events = w->room_events ? 2 * w->room_events : 1024;
        w->events = realloc(w->events, w->room_events * sizeof *w->events);
        if (!w->events) {
            fprintf(stderr, "routing_sim: out of memory\n");
            exit(2);
        }
    }
    w->events[i] = (struct event){ at_us, w->sequence++, kind, try };
    while (i > 0 && before(&w->events[i], &w->events[(i - 1) / 2])) {
        struct event e = w->events[i];

        w->events[i] = w->events[(i - 1) / 2];
        w->events[i = (i - 1) / 2] = e;
    }
}

static struct event take(struct world *w)
{
    struct event first = w->events[0], last = w->events[--w->n_events];
    size_t i = 0, child;

    while ((child = 2 * i + 1) < w->n_events) {
        if (child + 1 < w->n_events && before(&w->events[child + 1], &w->events[child]))
            child++;
        if (!before(&w->events[child], &last))
            break;
        w->events[i] = w->events[child];
        i = child;
    }
    if (w->n_events)
        w->events[i] = last;
    return first;
}

void world_until(struct world *w, uint64_t us)
{
    while (w->n_events && w->events[0].at_us <= us) {
        struct event e = take(w);

        w->now_us = e.at_us;
        sim_event(w, &e);
    }
    w->now_us = us;
}

void world_traffic(struct world *w, const struct sim_request *request, double per_second,
                   uint64_t until_us)
{
    for (;;) {
        uint64_t next = w->now_us + (uint64_t)(-log(world_unit(w)) / per_second * SECOND) + 1;

        if (next > until_us)
            break;
        world_until(w, next);
        world_call(w, request);
    }
    world_until(w, until_us);
}
