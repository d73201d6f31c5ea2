/* SPDX-License-Identifier: Apache-2.0 */
/* call.c - the life of a call: start, walk, resume, cancel, finish, back to the pool. */
#include "call/call.h"

#include <stdlib.h>
#include "base/clock.h"
#include "call/account.h"
#include "call/attempt/attempt.h"
#include "call/stored/background.h"
#include "call/cache/cache.h"
#include "call/cache/flight.h"
#include "call/answer/outlet.h"
#include "call/attempt/socket.h"
#include "call/stored/stored.h"
#include "call/turn.h"
#include "call/attempt/upload.h"

#define CALL_ARENA (64u << 20) /* a call's own memory at most; bodies are outside */
#define CALL_FIRST 896         /* an ordinary call takes 750 bytes until it is answered */
#define HOLD_BACK_MS 2000u
#define LOOK_AGAIN_MS 5u
#define LOOKS 2u       /* at the sockets, before time is up */
#define POOL_CALLS 256 /* ended calls kept for the next ones, per loop */

struct sl_call *sl_call_take(struct sl_worker *w)
{
    struct sl_pooled *p = sl_pool_take(&w->call_pool);
    struct sl_call *c;

    if (p)
        return SL_CONTAINER(p, struct sl_call, pooled);
    c = calloc(1, sizeof *c);
    if (c) {
        sl_arena_init_small(&c->arena, CALL_ARENA, CALL_FIRST);
        sl_outlet_room_init(&c->out.room);
    }
    return c;
}

/* Keep the arena's first block, clear the rest. */
static void clear(struct sl_call *c)
{
    struct sluice_arena arena = c->arena;

    sl_out_return_room(c, true);
    memset(c, 0, offsetof(struct sl_call, error));
    c->arena = arena;
    sl_outlet_room_init(&c->out.room);
    sl_arena_reset(&c->arena);
}

void sl_call_free(struct sl_call *c)
{
    sl_arena_finish(&c->arena);
    sl_outlet_room_finish(&c->out.room);
    free(c);
}

static void reap_attempts(struct sl_call *c)
{
    while (!sl_list_empty(&c->attempts))
        sl_attempt_recycle(SL_CONTAINER(c->attempts.next, struct sl_attempt, node));
}

void sl_call_reap(struct sl_worker *w)
{
    while (!sl_list_empty(&w->ended)) {
        struct sl_call *c = SL_CONTAINER(w->ended.next, struct sl_call, node);
        struct sl_hold *hold = c->hold;

        sl_list_remove(&c->node);
        reap_attempts(c);
        clear(c);
        sl_pool_give(&w->call_pool, &c->pooled);
        hold->calls--;
        sl_worker_release(w, hold);
    }
}

static void destroy(struct sl_pooled *p)
{
    sl_call_free(SL_CONTAINER(p, struct sl_call, pooled));
}

void sl_call_pool_init(struct sl_pool *pool)
{
    sl_pool_init(pool, POOL_CALLS, destroy);
}

void sl_call_walk(struct sl_call *c)
{
    enum sl_verdict verdict = SL_NEXT;
    uint64_t now = c->step == SL_STEP_HEAD ? c->begun_us : sl_now_us();

    c->walking = true;
    while (!c->finished) {
        const struct sl_step *step = &sl_steps[c->step];

        if (!c->stage_us[c->step])
            c->stage_us[c->step] = now;
        verdict = step->run(c);
        if (verdict != SL_NEXT)
            break;
        if (step->works)
            now = sl_now_us();
        c->step++;
    }
    c->walking = false;
    if (verdict == SL_END && !c->finished)
        sl_call_finish(c, c->status);
}

void sl_call_wait_over(struct sl_call *c)
{
    if (!c->wait.cls)
        return;
    c->wait.cls = NULL;
    sl_timer_cancel(&c->wait.timer);
}

void sl_call_resume(struct sl_call *c)
{
    /* A wait that ends while its step still runs is seen by that step's return. */
    if (c->finished || c->walking)
        return;
    sl_defer_cancel(&c->begin);
    sl_call_wait_over(c);
    sl_call_walk(c);
}

void sl_call_wait(struct sl_call *c, const struct sl_wait_class *cls, uint64_t ms)
{
    c->wait.cls = cls;
    c->wait.looks = 0;
    sl_timer_set(c->worker->loop, &c->wait.timer, ms);
}

bool sl_time_is_up(struct sl_loop *l, struct sl_timer *t, unsigned *looks)
{
    if (*looks == LOOKS)
        return true;
    ++*looks;
    sl_timer_set(l, t, 0);
    return false;
}

void sl_call_waited(struct sl_timer *t)
{
    struct sl_call *c = SL_CONTAINER(t, struct sl_call, wait.timer);
    const struct sl_wait_class *cls = c->wait.cls;

    if (!sl_time_is_up(c->worker->loop, t, &c->wait.looks))
        return;
    c->wait.cls = NULL;
    if (cls->cancel)
        cls->cancel(c);
    cls->expired(c);
}

void sl_call_expire(struct sl_call *c)
{
    if (!sl_time_is_up(c->worker->loop, &c->deadline, &c->deadline_looks))
        return;
    sl_fail(&c->error, SLUICE_E_TIMEOUT, "the call took longer than %llu ms, the time it was given",
            (unsigned long long)c->deadline_ms);
    sl_copy_text(c->error.code, sizeof c->error.code, SL_SPAN("call_timeout"));
    sl_call_finish(c, SLUICE_E_TIMEOUT);
}

static sluice_span find(const sluice_header *list, size_t n, sluice_span name)
{
    for (size_t i = 0; i < n; i++)
        if (sl_span_eq(list[i].name, name))
            return list[i].value;
    return sl_span(NULL, 0);
}

sluice_span sl_call_member_find(const struct sl_call *c, sluice_span name)
{
    return find(c->members, c->n_members, name);
}

sluice_span sl_call_param(const struct sl_call *c, sluice_span name)
{
    return find(c->params, c->n_params, name);
}

enum sl_verdict sl_call_refuse(struct sl_call *c, sluice_status status)
{
    c->status = status;
    return SL_END;
}

sluice_status sl_call_too_large(struct sl_call *c)
{
    sl_fail_param(&c->error, SLUICE_E_INVALID, "request_too_large", NULL,
                  "the request body is larger than %lld bytes; "
                  "general_settings.max_request_size_mb sets this limit",
                  (long long)c->settings->max_request_bytes);
    c->error.http_status = 413;
    return SLUICE_E_INVALID;
}

/* All bodies together are at their bound. The client is held back for a while; memory that has not
 * become free by then will not soon. */
static bool may_wait(struct sl_call *c)
{
    uint64_t now = sl_now_us();

    if (!c->refused_us)
        c->refused_us = now;
    return now - c->refused_us < HOLD_BACK_MS * 1000;
}

char *sl_call_body_room(struct sl_call *c, size_t *room)
{
    return c->finished || c->body_complete || c->upload ? NULL : sl_body_room(c->body, room);
}

/* Of a form that goes on as it comes. */
static sluice_status body_passes(struct sl_call *c, sluice_span data, bool last)
{
    sluice_status st = sl_upload_add(c, data, last);

    if (st == SLUICE_E_NOMEM)
        return st;
    if (st < 0) {
        sl_call_finish(c, st);
        return SLUICE_E_NOT_FOUND;
    }
    c->body_complete = last;
    return SLUICE_OK;
}

static sluice_status take_piece(struct sl_call *c, sluice_span data, bool last)
{
    sluice_status st = SLUICE_OK;

    if (c->finished)
        return SLUICE_E_NOT_FOUND;
    if (c->winner && c->winner->socket)
        return sl_socket_send(c->winner, data);
    if (c->body_complete)
        return SLUICE_E_INVALID;
    if (c->upload)
        return body_passes(c, data, last);
    if (data.len)
        st = sl_body_add(c->body, data, (uint64_t)c->settings->max_request_bytes,
                         c->settings->max_bytes_in_flight);
    if (st == SLUICE_E_LIMITED) {
        sl_call_finish(c, sl_call_too_large(c));
        return SLUICE_E_NOT_FOUND;
    }
    if (st == SLUICE_E_NOMEM && !may_wait(c)) {
        sl_call_finish(c, sl_turn_shed(c, "overloaded", SL_SHED_BODIES));
        return SLUICE_E_NOT_FOUND;
    }
    if (st >= 0)
        c->refused_us = 0;
    if (st < 0)
        return st;
    c->body_complete = last;
    st = last ? SLUICE_OK : sl_upload_begin(c);
    if (st < 0) {
        sl_call_finish(c, st);
        return SLUICE_E_NOT_FOUND;
    }
    if (last || c->step == SL_STEP_BODY) /* which counts the time anew */
        sl_call_resume(c);
    return SLUICE_OK;
}

/* ---- room for the next piece ---- */

void sl_call_has_room(struct sl_call *c)
{
    if (c->wants_room)
        sl_timer_set(c->worker->loop, &c->room, 0);
}

void sl_call_tell_room(struct sl_timer *t)
{
    struct sl_call *c = SL_CONTAINER(t, struct sl_call, room);
    const sluice_events *e = c->events;

    c->wants_room = false;
    if (e->struct_size >= offsetof(sluice_events, room) + sizeof e->room && e->room)
        e->room(c->ctx);
}

/* Whoever is slower than the client says when it has taken some: sl_call_has_room(). The memory of
 * all bodies together is everybody's: nobody knows who waits for it, so it is looked at again. */
sluice_status sl_call_body(struct sl_call *c, sluice_span data, bool last)
{
    sluice_status st = take_piece(c, data, last);

    if (st != SLUICE_E_NOMEM)
        return st;
    c->wants_room = true;
    if (c->refused_us)
        sl_timer_set(c->worker->loop, &c->room, LOOK_AGAIN_MS);
    return st;
}

void sl_call_pause(struct sl_call *c, bool on)
{
    c->paused = on;
    if (c->winner)
        sl_attempt_pause(c->winner, on);
    else if (c->listener && !on)
        sl_listener_more(c);
}

void sl_call_cancel(struct sl_call *c, sluice_status status)
{
    if (c->finished)
        return;
    sl_fail(&c->error, status, "%s",
            status == SLUICE_E_CANCELLED ? "the client left"
            : status == SLUICE_E_NOMEM   ? "no room for the request's body"
                                         : "this process is going away");
    sl_call_finish(c, status);
}

static void tell_done(struct sl_call *c)
{
    sluice_count counts[SLUICE_USE_KINDS];
    sluice_usage usage = { .struct_size = sizeof usage, .counts = counts };

    usage.n_counts = (uint32_t)sl_usage_counts(&c->usage, counts);
    c->events->done(c->ctx, c->status, c->status < 0 ? &c->error : NULL, &usage);
}

/* Everything that would still bring something is told that nobody waits for it. */
static void stop_all(struct sl_call *c)
{
    const struct sl_wait_class *wait = c->wait.cls;

    sl_defer_cancel(&c->begin);
    sl_upload_drop(c);
    c->wants_room = false;
    sl_timer_cancel(&c->room);
    sl_timer_cancel(&c->deadline);
    sl_call_wait_over(c);
    if (wait && wait->cancel)
        wait->cancel(c);
    if (c->retry.fn)
        sl_timer_cancel(&c->retry);
    if (c->second.fn)
        sl_timer_cancel(&c->second);
    sl_list_remove(&c->sibling);
    sl_list_remove(&c->companion);
    while (!sl_list_empty(&c->children)) /* each takes itself out of the list */
        sl_call_cancel(SL_CONTAINER(c->children.next, struct sl_call, sibling), SLUICE_E_CANCELLED);
    sl_list_each_safe(node, &c->attempts)
        sl_attempt_stop(SL_CONTAINER(node, struct sl_attempt, node), SLUICE_E_CANCELLED);
}

void sl_call_finish(struct sl_call *c, sluice_status status)
{
    struct sl_worker *w = c->worker;
    struct sl_body *body;

    if (c->finished)
        return;
    c->finished = true;
    c->status = status;
    c->stage_us[SL_STEP_FINISH] = sl_now_us();
    stop_all(c);
    sl_turn_out_of_process(c);
    if (status < 0 && status != SLUICE_E_CANCELLED)
        sl_outlet_fail(c);
    if (status == SLUICE_E_CANCELLED)
        c->http_status = 499;
    sl_flight_ended(c);
    sl_background_ended(c);
    sl_account(c);
    sl_flight_leave(c);
    sl_listener_leave(c);
    if (!c->record)
        sl_worker_end_task(w, c->task);
    sl_bridge_drop(c);
    sl_stored_release(c);
    body = c->body;
    c->body = NULL;
    sl_body_drop(body); /* done() is the last callback: a borrowed body is given back before */
    c->telling = true;
    tell_done(c);
    c->telling = false;
    sl_cache_release(c);
    sl_outlet_finish(c);
    atomic_fetch_sub_explicit(&w->owner->calls, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&w->owner->calls_ended, 1, memory_order_relaxed);
    if (status < 0)
        atomic_fetch_add_explicit(&w->owner->calls_failed, 1, memory_order_relaxed);
    if (c->record)
        sl_call_linger(c);
    else
        sl_call_retire(c);
}

void sl_call_retire(struct sl_call *c)
{
    struct sl_worker *w = c->worker;

    sl_worker_end_task(w, c->task);
    sl_list_remove(&c->node);
    sl_list_append(&w->ended, &c->node);
    sl_defer_set(w->loop, &w->reap);
}
