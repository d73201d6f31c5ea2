/* SPDX-License-Identifier: Apache-2.0 */
/* turn.c - see turn.h. */
#include "call/turn.h"

#include "base/clock.h"
#include "base/status.h"
#include "route/queue.h"

#define COME_AGAIN_MS 1000

sluice_status sl_turn_shed(struct sl_call *c, const char *code, const char *why)
{
    sl_fail_param(&c->error, SLUICE_E_UNAVAILABLE, code, NULL, "%s", why);
    c->error.http_status = 503;
    c->error.retry_after_ms = COME_AGAIN_MS;
    return SLUICE_E_UNAVAILABLE;
}

/* ---- the wait ---- */

static void leave(struct sl_call *c)
{
    if (c->place)
        sl_queue_leave(c->place);
    c->place = NULL;
}

static void late(struct sl_call *c)
{
    c->turn_late = true;
    sl_call_resume(c);
}

static const struct sl_wait_class waiting = { .cancel = leave, .expired = late };

static void on_turn(void *ctx)
{
    struct sl_call *c = ctx;

    c->place = NULL;
    c->my_turn = true;
    sl_call_resume(c);
}

/* How long it may still wait; 0: not at all. */
static uint64_t left_ms(struct sl_call *c)
{
    uint64_t now = sl_now_us(), most = (uint64_t)c->settings->queue_timeout_ms * 1000;

    if (!c->queued_us)
        c->queued_us = now;
    return c->turn_late || now - c->queued_us >= most ? 0
                                                      : (most - (now - c->queued_us) + 999) / 1000;
}

static sluice_status join(struct sl_call *c, struct sl_queue *q)
{
    uint64_t ms = left_ms(c);
    sluice_status st;

    if (!ms)
        return sl_turn_shed(c, "queue_timeout",
                            "as many calls run as are allowed, and none of them has ended in time");
    st = sl_queue_join(q, c->worker->loop, c->priority, &c->arrival, on_turn, c, &c->place);
    if (st == SLUICE_E_LIMITED)
        return sl_turn_shed(c, "queue_full", "too many calls wait for others to end");
    if (st < 0)
        return sl_fail(&c->error, st, "out of memory for a place in a queue");
    sl_call_wait(c, &waiting, ms);
    return st;
}

/* No more of it: there is a place, or none is wanted. */
static void come_back(struct sl_call *c)
{
    if (c->place) {
        sl_call_wait_over(c);
        leave(c);
    }
    c->my_turn = c->turn_late = false;
    c->queued_us = c->arrival = 0;
}

/* ---- at a deployment ---- */

/* Is there another place at one of these deployments? */
static bool has_room(const struct sl_group *g, const struct sl_group_live *live)
{
    for (size_t i = 0; i < g->n; i++) {
        const struct sl_deployment *d = g->deployments[i];

        if (d->live == live && atomic_load(&d->state->in_flight) < d->settings->max_parallel)
            return true;
    }
    return false;
}

enum sl_verdict sl_turn_wait(struct sl_call *c, sluice_status *st)
{
    struct sl_queue *q = &c->busy_at->live->queue;

    c->my_turn = false;
    c->waited_at = c->busy_at;
    if (c->place) /* in line, and what was free has been looked at */
        return SL_WAIT;
    *st = join(c, q);
    if (*st < 0) {
        come_back(c);
        return SL_END;
    }
    /* A place that became free before this one stood in line was told to nobody. */
    c->my_turn = sl_queue_alone(q);
    return c->my_turn ? SL_NEXT : SL_WAIT;
}

void sl_turn_over(struct sl_call *c, const struct sl_deployment *taken)
{
    const struct sl_group_live *live = c->waited_at ? c->waited_at->live : NULL;
    bool mine = c->my_turn && !c->place;

    come_back(c);
    c->busy_at = c->waited_at = NULL;
    /* Told, but gone elsewhere; or there was more than one place. */
    if (mine && live && (!taken || taken->live != live || has_room(c->plan.leg->group, live)))
        sl_queue_next((struct sl_queue *)(uintptr_t)&live->queue);
}

const struct sl_deployment *sl_turn_of_others(const struct sl_call *c, const struct sl_group *g)
{
    if (!g->has_parallel || c->my_turn)
        return NULL;
    for (size_t i = 0; i < g->n; i++)
        if (g->deployments[i]->live)
            return sl_queue_busy(&g->deployments[i]->live->queue) ? g->deployments[i] : NULL;
    return NULL;
}

void sl_turn_next(const struct sl_deployment *d)
{
    if (d->live)
        sl_queue_next(&d->live->queue);
}

/* ---- in the process ---- */

static bool take(struct sl_owner *o, int64_t most)
{
    int64_t n = atomic_load(&o->running);

    while (n < most)
        if (atomic_compare_exchange_weak(&o->running, &n, n + 1))
            return true;
    return false;
}

enum sl_verdict sl_turn_in_process(struct sl_call *c)
{
    struct sl_owner *o = c->worker->owner;
    int64_t most = c->settings->max_parallel_requests;
    sluice_status st;

    /* A call that works for another one must not wait for that one's end. */
    if (most < 0 || c->depth > 0 || c->running)
        return SL_NEXT;
    for (;;) {
        if ((c->my_turn || !sl_queue_busy(&o->queue)) && take(o, most)) {
            bool told = c->my_turn && !c->place;

            c->running = true;
            come_back(c);
            if (told && atomic_load(&o->running) < most)
                sl_queue_next(&o->queue);
            return SL_NEXT;
        }
        if (c->place)
            return SL_WAIT;
        c->my_turn = false;
        st = join(c, &o->queue);
        if (st < 0) {
            come_back(c);
            return sl_call_refuse(c, st);
        }
        c->my_turn = sl_queue_alone(&o->queue);
        if (!c->my_turn)
            return SL_WAIT;
    }
}

void sl_turn_out_of_process(struct sl_call *c)
{
    struct sl_owner *o = c->worker->owner;

    if (!c->running)
        return;
    c->running = false;
    atomic_fetch_sub(&o->running, 1);
    sl_queue_next(&o->queue);
}
