/* SPDX-License-Identifier: Apache-2.0 */
/* call.c - the life of a call: start, walk, resume, cancel, finish, back to the pool. */
#include "call/call.h"

#include <stdlib.h>
#include "base/clock.h"
#include "base/rng.h"
#include "call/account.h"
#include "call/attempt.h"
#include "call/cache.h"
#include "format/http1_parse.h"

#define CALL_ARENA (64u << 20) /* a call's own memory at most; bodies are outside */
#define REQUEST_ID_MOST 256
#define POOL_CALLS 256 /* ended calls kept for the next ones, per loop */

static struct sl_call *take_call(struct sl_worker *w)
{
    struct sl_call *c;

    if (!sl_list_empty(&w->call_pool)) {
        c = SL_CONTAINER(w->call_pool.next, struct sl_call, node);
        sl_list_remove(&c->node);
        w->n_call_pool--;
        return c;
    }
    c = calloc(1, sizeof *c);
    if (c) {
        sl_arena_init(&c->arena, CALL_ARENA);
        sl_buf_init(&c->out.pending, 1u << 20);
    }
    return c;
}

/* Keep the arena's first block and the buffers, clear the rest. */
static void clear(struct sl_call *c)
{
    struct sluice_arena arena = c->arena;
    struct sl_buf pending = c->out.pending;
    sluice_span *parts = c->out.parts;
    size_t cap = c->out.cap_parts;

    *c = (struct sl_call){ .arena = arena };
    c->out.pending = pending;
    c->out.parts = parts;
    c->out.cap_parts = cap;
    sl_arena_reset(&c->arena);
    sl_buf_reset(&c->out.pending);
}

static void free_call(struct sl_call *c)
{
    sl_arena_finish(&c->arena);
    sl_buf_finish(&c->out.pending);
    free(c->out.parts);
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
        if (w->n_call_pool == POOL_CALLS) {
            free_call(c);
        } else {
            sl_list_append(&w->call_pool, &c->node);
            w->n_call_pool++;
        }
        hold->calls--;
        sl_worker_release(w, hold);
    }
}

void sl_call_pools_finish(struct sl_worker *w)
{
    while (!sl_list_empty(&w->call_pool)) {
        struct sl_call *c = SL_CONTAINER(w->call_pool.next, struct sl_call, node);

        sl_list_remove(&c->node);
        free_call(c);
    }
    sl_attempt_pool_finish(w);
    w->n_call_pool = 0;
}

static void walk(struct sl_call *c)
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

void sl_call_resume(struct sl_call *c)
{
    /* A wait that ends while its step still runs is seen by that step's return. */
    if (c->finished || c->walking)
        return;
    sl_defer_cancel(&c->begin);
    c->wait_cancel = NULL;
    walk(c);
}

static void begin(struct sl_defer *d)
{
    sl_call_resume(SL_CONTAINER(d, struct sl_call, begin));
}

static sluice_span find(const sluice_header *list, size_t n, sluice_span name)
{
    for (size_t i = 0; i < n; i++)
        if (sl_span_eq(list[i].name, name))
            return list[i].value;
    return sl_span(NULL, 0);
}

sluice_span sl_call_member(const struct sl_call *c, sluice_span name)
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

/* Request headers that later steps or providers look at; the rest is not copied. */
static const sluice_span kept_headers[] = {
    { "anthropic-beta", 14 },        { "anthropic-version", 17 },
    { "custom-llm-provider", 19 },   { "x-litellm-model", 15 },
    { "openai-organization", 19 },   { "openai-project", 14 },
    { "traceparent", 11 },           { "user-agent", 10 },
    { "x-litellm-timeout", 17 },     { "x-litellm-tags", 14 },
    { "x-litellm-num-retries", 21 }, { "x-litellm-stream-timeout", 24 },
};

static bool keep_headers(struct sl_call *c, const sluice_request *r)
{
    size_t most = sizeof kept_headers / sizeof kept_headers[0], n = 0;
    sluice_header *kept = sl_alloc(&c->arena, most * sizeof *kept);

    if (!kept)
        return false;
    for (size_t i = 0; i < r->n_headers && n < most; i++)
        for (size_t k = 0; k < most; k++)
            if (sl_span_eq(r->headers[i].name, kept_headers[k])) {
                kept[n].name = kept_headers[k];
                kept[n].value = sl_arena_dup(&c->arena, r->headers[i].value);
                if (!kept[n++].value.ptr)
                    return false;
                break;
            }
    c->headers = kept;
    c->n_headers = n;
    return true;
}

static bool keep_params(struct sl_call *c, const sluice_request *r)
{
    sluice_header *kept;

    if (r->n_params == 0)
        return true;
    kept = sl_alloc(&c->arena, r->n_params * sizeof *kept);
    for (size_t i = 0; kept && i < r->n_params; i++) {
        kept[i].name = sl_arena_dup(&c->arena, r->params[i].name);
        kept[i].value = sl_arena_dup(&c->arena, r->params[i].value);
        if (!kept[i].name.ptr || !kept[i].value.ptr)
            return false;
    }
    c->params = kept;
    c->n_params = r->n_params;
    return kept != NULL;
}

static bool keep(struct sl_call *c, sluice_span from, sluice_span *to)
{
    *to = from.len ? sl_arena_dup(&c->arena, from) : sl_span("", 0);
    return to->ptr != NULL;
}

static bool keep_request(struct sl_call *c, const sluice_request *r)
{
    /* It comes back in a header: one that could not is not taken. */
    bool echo = r->request_id.len <= REQUEST_ID_MOST && sl_http_value_ok(r->request_id);

    return keep(c, r->key, &c->key) &&
           keep(c, echo ? r->request_id : sl_span("", 0), &c->request_id) &&
           keep(c, r->tags, &c->tags) && keep(c, r->session, &c->session) &&
           keep(c, r->peer, &c->peer) && keep(c, r->content_type, &c->content_type) &&
           keep(c, r->method, &c->method) && keep(c, r->path, &c->path) &&
           keep(c, r->query, &c->query) && keep_headers(c, r) && keep_params(c, r);
}

static void make_uid(struct sl_call *c)
{
    uint64_t n = atomic_fetch_add_explicit(&c->worker->owner->next_uid, 1, memory_order_relaxed);
    static const char digits[] = "0123456789abcdef";
    uint64_t halves[2] = { c->worker->owner->node, n };

    for (int h = 0; h < 2; h++)
        for (int i = 0; i < 16; i++)
            c->uid[h * 16 + i] = digits[halves[h] >> (60 - 4 * i) & 15];
    c->uid[32] = 0;
}

static void released(void *ctx)
{
    struct sl_call *c = ctx;

    if (c->events->released)
        c->events->released(c->ctx);
}

static bool take_body(struct sl_call *c, const sluice_request *r)
{
    if (r->flags & SLUICE_BODY_FOLLOWS) {
        c->body = sl_body_create(c->worker->owner, (size_t)r->body_length);
        return c->body != NULL;
    }
    c->body_complete = true;
    if (r->flags & SLUICE_BODY_BORROWED) {
        c->body = sl_body_borrow(c->worker->owner, r->body, released, c);
        return c->body != NULL;
    }
    c->body = sl_body_create(c->worker->owner, r->body.len);
    return c->body && sl_body_add(c->body, r->body, UINT64_MAX, INT64_MAX) == SLUICE_OK;
}

sluice_status sl_call_start(struct sl_worker *w, const sluice_request *request,
                            const sluice_events *events, void *ctx, uint64_t *task,
                            sluice_error *err)
{
    struct sl_call *c, *parent = request->parent ? sl_worker_find(w, request->parent) : NULL;

    if (w->closing)
        return sl_fail(err, SLUICE_E_SHUTDOWN, "this loop is going away");
    if (parent && parent->finished) /* its last callbacks are running: it takes no more in */
        parent = NULL;
    if (parent && parent->depth == SL_CALL_DEPTH)
        return sl_fail_param(err, SLUICE_E_INVALID, NULL, "parent",
                             "calls can work for calls at most %d deep", SL_CALL_DEPTH);
    c = take_call(w);
    if (!c)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory for a call");
    c->worker = w;
    c->events = events;
    c->ctx = ctx;
    c->flags = request->flags;
    c->begun_us = sl_now_us();
    c->received_us = request->received_us ? request->received_us : c->begun_us;
    c->unix_us = sl_unix_us() - (int64_t)(c->begun_us - c->received_us);
    c->timeout_ms = request->timeout_ms;
    c->input_tokens = c->output_tokens = c->num_retries = -1;
    c->error = (sluice_error)SLUICE_ERROR_INIT;
    sl_list_init(&c->node);
    sl_list_init(&c->attempts);
    sl_list_init(&c->children);
    sl_list_init(&c->sibling);
    sl_defer_init(&c->begin, begin);
    c->operation = sl_operation_find(request->operation);
    if (!c->operation) {
        sl_fail_param(err, SLUICE_E_INVALID, NULL, "operation",
                      "operation %.*s is not known; chat.completions is, for instance",
                      SL_FMT(sl_span_head(request->operation, 64)));
        free_call(c);
        return SLUICE_E_INVALID;
    }
    c->task = keep_request(c, request) && take_body(c, request) ? sl_worker_task(w, c) : 0;
    if (!c->task) {
        if (c->body)
            c->body->released = NULL; /* no event follows a start that failed */
        sl_body_drop(c->body);
        free_call(c);
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory for a call");
    }
    c->hold = w->current;
    c->hold->calls++;
    c->settings = c->hold->snapshot->settings;
    if (parent) {
        memcpy(c->parent_uid, parent->uid, sizeof c->parent_uid);
        c->depth = parent->depth + 1;
        sl_list_append(&parent->children, &c->sibling);
    }
    make_uid(c);
    sl_outlet_init(c);
    sl_list_append(&w->calls, &c->node);
    atomic_fetch_add_explicit(&w->owner->calls, 1, memory_order_relaxed);
    *task = c->task;
    if (c->flags & SLUICE_CALL_WIRE)
        walk(c);
    else
        sl_defer_set(w->loop, &c->begin);
    return SLUICE_OK;
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

sluice_status sl_call_body(struct sl_call *c, sluice_span data, bool last)
{
    sluice_status st = SLUICE_OK;

    if (c->body_complete)
        return SLUICE_E_INVALID;
    if (data.len)
        st = sl_body_add(c->body, data, (uint64_t)c->settings->max_request_bytes,
                         c->settings->max_bytes_in_flight);
    if (st == SLUICE_E_LIMITED) {
        sl_call_finish(c, sl_call_too_large(c));
        return SLUICE_E_NOT_FOUND;
    }
    if (st < 0)
        return st;
    c->body_complete = last;
    if (last)
        sl_call_resume(c);
    return SLUICE_OK;
}

void sl_call_pause(struct sl_call *c, bool on)
{
    c->paused = on;
    if (c->winner)
        sl_attempt_pause(c->winner, on);
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

void sl_call_finish(struct sl_call *c, sluice_status status)
{
    struct sl_worker *w = c->worker;
    struct sl_body *body;

    if (c->finished)
        return;
    c->finished = true;
    c->status = status;
    c->stage_us[SL_STEP_FINISH] = sl_now_us();
    sl_defer_cancel(&c->begin);
    if (c->wait_cancel)
        c->wait_cancel(c);
    c->wait_cancel = NULL;
    if (c->retry.fn)
        sl_timer_cancel(&c->retry);
    sl_list_remove(&c->sibling);
    while (!sl_list_empty(&c->children)) /* each takes itself out of the list */
        sl_call_cancel(SL_CONTAINER(c->children.next, struct sl_call, sibling), SLUICE_E_CANCELLED);
    sl_list_each_safe(node, &c->attempts)
        sl_attempt_stop(SL_CONTAINER(node, struct sl_attempt, node), SLUICE_E_CANCELLED);
    if (status < 0 && status != SLUICE_E_CANCELLED)
        sl_outlet_fail(c);
    if (status == SLUICE_E_CANCELLED)
        c->http_status = 499;
    sl_account(c);
    sl_worker_end_task(w, c->task);
    body = c->body;
    c->body = NULL;
    sl_body_drop(body); /* done() is the last callback: a borrowed body is given back before */
    tell_done(c);
    sl_cache_release(c);
    sl_outlet_finish(c);
    atomic_fetch_sub_explicit(&w->owner->calls, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&w->owner->calls_ended, 1, memory_order_relaxed);
    if (status < 0)
        atomic_fetch_add_explicit(&w->owner->calls_failed, 1, memory_order_relaxed);
    sl_list_remove(&c->node);
    sl_list_append(&w->ended, &c->node);
    sl_defer_set(w->loop, &w->reap);
}
