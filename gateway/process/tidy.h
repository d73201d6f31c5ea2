/* SPDX-License-Identifier: Apache-2.0 */
/* tidy.h - memory that a burst left behind goes back to the system. */
#ifndef GW_TIDY_H
#define GW_TIDY_H

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gw_tidy {
    struct event *timer;
    uint64_t spent_ms; /* CPU time of the process at the last look */
    size_t returned;   /* of what is free: went back already */
    bool much;         /* a lot was free at the last look, while calls ran */
};

/* On the main thread. False when out of memory; gw_tidy_stop() all the same. */
bool gw_tidy_start(struct gw_tidy *t, struct event_base *base);
void gw_tidy_stop(struct gw_tidy *t);
/* [any] Now and then, on a thread with memory of its own: what is free at the end of it goes back,
 * when the process has nothing to do. */
void gw_tidy_thread(void);

#endif
