/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop.h - what one thread of the library lives on: a libevent base (ours or the embedder's),
 * post() from other threads, timers, blocking jobs, and the transports. Nothing here knows about
 * calls.
 */
#ifndef SL_NET_LOOP_H
#define SL_NET_LOOP_H

#include "base/arena.h"
#include "base/list.h"
#include "base/log.h"

struct event_base;
struct sl_loop;

struct sl_loop_options {
    struct event_base *base; /* somebody's; NULL = own */
    const struct sl_log *log;
};

sluice_status sl_loop_create(const struct sl_loop_options *options, struct sl_loop **out,
                             sluice_error *err);
/* From the loop's thread, or when it has ended. Waits for running jobs; drops queued ones and
 * posts. */
void sl_loop_destroy(struct sl_loop *l);
struct event_base *sl_loop_base(struct sl_loop *l);
const struct sl_log *sl_loop_log(const struct sl_loop *l);
/* Run an own base until sl_loop_stop() ([any]). */
void sl_loop_run(struct sl_loop *l);
void sl_loop_stop(struct sl_loop *l);
bool sl_loop_is_mine(const struct sl_loop *l); /* am I on its thread? */

/* [any] Run fn(ctx) on the loop soon, in order. The node is the caller's (no allocation) and
 * belongs to the loop until fn runs. On sl_loop_destroy() what is left is run with dropped = true.
 */
struct sl_post {
    struct sl_post *next; /* private */
    void (*fn)(struct sl_post *p, bool dropped);
};
void sl_loop_post(struct sl_loop *l, struct sl_post *p);

/* [loop] Time of this turn of the loop, cheap (read once per turn). Microseconds, monotonic. */
uint64_t sl_loop_now_us(struct sl_loop *l);

/* [loop] One-shot timers: a wheel of milliseconds, O(1) to set and cancel, no system call. Embed.
 */
struct sl_timer {
    struct sl_list node;
    uint64_t due_ms;
    void (*fn)(struct sl_timer *t);
};
void sl_timer_init(struct sl_timer *t, void (*fn)(struct sl_timer *t));
void sl_timer_set(struct sl_loop *l, struct sl_timer *t, uint64_t ms); /* again = moved */
void sl_timer_cancel(struct sl_timer *t);                              /* harmless when not set */
static inline bool sl_timer_is_set(const struct sl_timer *t)
{
    return t->node.next != &t->node;
}

/* [loop] Run fn once at the end of this turn of the loop, before it sleeps (to coalesce writes).
 * Embed; harmless when already set. */
struct sl_defer {
    struct sl_list node;
    void (*fn)(struct sl_defer *d);
};
void sl_defer_init(struct sl_defer *d, void (*fn)(struct sl_defer *d));
void sl_defer_set(struct sl_loop *l, struct sl_defer *d);
void sl_defer_cancel(struct sl_defer *d);

#endif
