/* SPDX-License-Identifier: Apache-2.0 */
/*
 * queue.h - who waits for a place, in the order of priority and arrival. It knows nothing of what
 * the place is: whoever gives one up says so, and the first in line is told, on its own loop.
 * Shared by all loops; bounded.
 */
#ifndef SL_ROUTE_QUEUE_H
#define SL_ROUTE_QUEUE_H

#include <pthread.h>
#include <stdatomic.h>
#include "net/loop.h"

#define SL_QUEUE_MOST 10000 /* that wait in one queue */

struct sl_queue {
    pthread_mutex_t lock;
    struct sl_list waiting;
    _Atomic size_t n;        /* waiting, or told and not yet at work */
    _Atomic uint64_t joined; /* how often somebody began to wait */
    uint64_t next;           /* arrival */
};

struct sl_queue_place;

void sl_queue_init(struct sl_queue *q);
void sl_queue_finish(struct sl_queue *q); /* nobody waits any more */

/* [loop] Wait for a turn. A lower priority number is served first. *arrival 0: new; else who comes
 * back keeps its place in time. LIMITED: too many wait; NOMEM. turn() comes once, from the loop;
 * the place is gone then. */
sluice_status sl_queue_join(struct sl_queue *q, struct sl_loop *l, int64_t priority,
                            uint64_t *arrival, void (*turn)(void *ctx), void *ctx,
                            struct sl_queue_place **out);
/* [loop] Wait no more: turn() does not come. If this one was told already, the next one is. */
void sl_queue_leave(struct sl_queue_place *p);
/* [any] A place has become free. */
void sl_queue_next(struct sl_queue *q);
/* [any] Does nobody wait but the caller? */
static inline bool sl_queue_alone(const struct sl_queue *q)
{
    return atomic_load(&q->n) == 1;
}
/* [any] Does anybody wait? */
static inline bool sl_queue_busy(const struct sl_queue *q)
{
    return atomic_load(&q->n) > 0;
}

#endif
