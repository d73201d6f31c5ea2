/* SPDX-License-Identifier: Apache-2.0 */
/* limits.c - see limits.h. A limit of the client's own counts before the deployment's, that before
 * the group's, that before the router's. */
#include "call/attempt/limits.h"

#include "base/clock.h"
#include "base/status.h"
#include "call/attempt/attempt.h"
#include "call/attempt/foreign.h"

#define SPEED_TOKENS 50 /* the speed is that of so many tokens */
#define SPEED_LEAST_US 1000000

/* ---- which limits hold ---- */

static const struct sl_limits *level(const struct sl_attempt *a, unsigned i)
{
    const struct sl_group *group = a->call->group;

    switch (i) {
    case 0:
        return &a->pick.deployment->settings->limits;
    case 1:
        return group && group->options ? &group->options->limits : NULL;
    default:
        return &a->call->settings->limits;
    }
}
#define LEVELS 3

static int64_t total_ms(const struct sl_attempt *a, struct sl_limit_watch *w)
{
    const struct sl_call *c = a->call;
    const char **name = &w->total_name;

    w->of_caller = true;
    *name = "stream_timeout";
    if (c->stream && c->stream_timeout_ms)
        return c->stream_timeout_ms;
    *name = "timeout";
    if (c->timeout_ms)
        return c->timeout_ms;
    w->of_caller = false;
    for (unsigned i = 0; i < LEVELS; i++) {
        const struct sl_limits *l = level(a, i);

        if (l && c->stream && l->stream_timeout_ms >= 0) {
            *name = "stream_timeout";
            return l->stream_timeout_ms;
        }
        if (l && l->timeout_ms >= 0)
            return l->timeout_ms;
    }
    *name = "request_timeout";
    return c->settings->request_timeout_ms;
}

void sl_limits_set(struct sl_attempt *a)
{
    struct sl_limit_watch *w = &a->limits;
    int64_t first = -1, idle = -1, speed = -1;

    *w = (struct sl_limit_watch){ 0 };
    w->total_us = (uint64_t)total_ms(a, w) * 1000;
    for (unsigned i = 0; i < LEVELS && a->call->stream; i++) {
        const struct sl_limits *l = level(a, i);

        if (!l)
            continue;
        first = first < 0 ? l->ttft_ms : first;
        idle = idle < 0 ? l->idle_ms : idle;
        speed = speed < 0 ? l->speed_milli : speed;
    }
    w->first_us = first > 0 ? (uint64_t)first * 1000 : 0;
    w->idle_us = idle > 0 ? (uint64_t)idle * 1000 : 0;
    w->speed_milli = speed > 0 ? speed : 0;
    w->lively = w->idle_us > 0;
}

/* ---- which one is next ---- */

/* From here on the client gets this attempt's answer. */
static bool has_begun(const struct sl_attempt *a)
{
    return a->call->winner == a;
}

/* Held back by its own client: that is no fault of the vendor's. */
static bool is_held(const struct sl_attempt *a)
{
    return has_begun(a) && a->call->paused;
}

static uint64_t window_length_us(const struct sl_limit_watch *w)
{
    uint64_t us = (uint64_t)SPEED_TOKENS * 1000 * 1000000 / (uint64_t)w->speed_milli;

    return us > SPEED_LEAST_US ? us : SPEED_LEAST_US;
}

enum limit { TOTAL, FIRST, IDLE, SPEED, STEP };

/* When each of them is due; 0 = it does not run now. */
static uint64_t due_us(struct sl_attempt *a, enum limit limit)
{
    struct sl_limit_watch *w = &a->limits;

    switch (limit) {
    case TOTAL:
        return a->begun_us + w->total_us;
    case FIRST:
        return w->first_us && !has_begun(a) ? a->begun_us + w->first_us : 0;
    case IDLE:
        return w->idle_us && w->moved_us && !is_held(a) ? w->moved_us + w->idle_us : 0;
    case SPEED:
        if (!w->speed_milli || !has_begun(a) || is_held(a))
            return 0;
        if (!w->window_us) {
            w->window_us = a->call->first_byte_us;
            w->window_events = 0;
        }
        return w->window_us + window_length_us(w);
    case STEP:
        return w->step_us;
    }
    return 0;
}

/* The window is over. Was it too slow? If not, the next one begins. */
static bool is_slow(struct sl_attempt *a, uint64_t now_us)
{
    struct sl_limit_watch *w = &a->limits;
    uint64_t tokens = a->in.content_events - w->window_events;
    uint64_t wanted = (uint64_t)w->speed_milli * (now_us - w->window_us) / 1000; /* millionths */

    if (tokens * 1000000 < wanted)
        return true;
    w->window_us = now_us;
    w->window_events = a->in.content_events;
    return false;
}

static uint64_t next_due_us(struct sl_attempt *a)
{
    uint64_t next = UINT64_MAX;

    for (enum limit i = TOTAL; i <= STEP; i++) {
        uint64_t due = due_us(a, i);

        if (due && due < next)
            next = due;
    }
    return next;
}

static void fail(struct sl_attempt *a, enum limit limit)
{
    const struct sl_limit_watch *w = &a->limits;
    sluice_span who = a->pick.deployment->settings->provider;
    const char *name = w->total_name;

    switch (limit) {
    case FIRST:
        name = "ttft_timeout";
        sl_fail(&a->error, SLUICE_E_TIMEOUT, "no token from %.*s within %llu ms (%s)", SL_FMT(who),
                (unsigned long long)w->first_us / 1000, name);
        break;
    case IDLE:
        name = "stream_idle_timeout";
        sl_fail(&a->error, SLUICE_E_TIMEOUT, "nothing more from %.*s for %llu ms (%s)", SL_FMT(who),
                (unsigned long long)w->idle_us / 1000, name);
        break;
    case SPEED:
        name = "stream_min_tokens_per_second";
        sl_fail(&a->error, SLUICE_E_TIMEOUT,
                "the stream of %.*s is slower than %lld.%03lld tokens a second (%s)", SL_FMT(who),
                (long long)w->speed_milli / 1000, (long long)w->speed_milli % 1000, name);
        break;
    default:
        a->of_caller = w->of_caller;
        sl_fail(&a->error, SLUICE_E_TIMEOUT, "no complete answer from %.*s within %llu ms (%s)",
                SL_FMT(who), (unsigned long long)w->total_us / 1000, name);
    }
    sl_copy_text(a->error.code, sizeof a->error.code, sl_span_str(name));
    sl_attempt_end(a, SLUICE_E_TIMEOUT);
}

static void wait_for_next(struct sl_attempt *a);

static void on_timer(struct sl_timer *t)
{
    struct sl_attempt *a = SL_CONTAINER(t, struct sl_attempt, timer);
    uint64_t now = sl_now_us();

    for (enum limit i = TOTAL; i <= STEP; i++) {
        uint64_t due = due_us(a, i);

        if (!due || due > now)
            continue;
        if (a->in.end_seen) { /* all of the answer is here; only the connection stays open */
            sl_attempt_complete(a);
            return;
        }
        if (!sl_time_is_up(a->call->worker->loop, t, &a->limits.looks))
            return;
        if (i == SPEED && !is_slow(a, now))
            continue;
        if (a->foreign)
            sl_attempt_end(a, sl_foreign_fail(a, "it took too long"));
        else
            fail(a, i);
        return;
    }
    wait_for_next(a);
}

/* ---- the timer ---- */

static void wait_for_next(struct sl_attempt *a)
{
    uint64_t now = sl_now_us(), due = next_due_us(a);

    a->limits.looks = 0;
    a->timer.fn = on_timer;
    sl_timer_set(a->call->worker->loop, &a->timer, due > now ? (due - now + 999) / 1000 : 0);
}

void sl_limits_arm(struct sl_attempt *a, uint64_t extra_ms)
{
    a->limits.step_us = extra_ms ? sl_now_us() + extra_ms * 1000 : 0;
    wait_for_next(a);
}

void sl_limits_begun(struct sl_attempt *a)
{
    if (a->limits.speed_milli)
        wait_for_next(a);
}

void sl_limits_moved(struct sl_attempt *a)
{
    bool first = !a->limits.moved_us;

    a->limits.moved_us = sl_now_us();
    if (first)
        wait_for_next(a);
}

uint64_t sl_limits_left_ms(const struct sl_attempt *a)
{
    uint64_t spent = sl_now_us() - a->begun_us;

    return spent < a->limits.total_us ? (a->limits.total_us - spent) / 1000 : 0;
}

void sl_limits_resumed(struct sl_attempt *a)
{
    struct sl_limit_watch *w = &a->limits;

    if (!w->idle_us && !w->speed_milli)
        return;
    if (w->moved_us)
        w->moved_us = sl_now_us();
    w->window_us = sl_now_us();
    w->window_events = a->in.content_events;
    if (!a->ended && a->x)
        wait_for_next(a);
}
