/* SPDX-License-Identifier: Apache-2.0 */
/*
 * start.c - how a call begins: what of the request it keeps, whom it works for, whose snapshot it
 * holds. Calls that work for other calls begin here too (spawn.h).
 */
#include "call/session.h"
#include "call/spawn.h"

#include "base/clock.h"
#include "base/status.h"
#include "call/steps/pass.h"
#include "format/http1_parse.h"

#define REQUEST_ID_MOST 256
#define PURPOSE_MOST 64

/* Request headers that later steps or providers look at; the rest is not copied. */
#define KEPT_HEADERS(X)                                                                            \
    X("anthropic-beta")                                                                            \
    X("anthropic-version")                                                                         \
    X("x-litellm-priority")                                                                        \
    X("custom-llm-provider")                                                                       \
    X("x-litellm-model")                                                                           \
    X("openai-organization")                                                                       \
    X("openai-project")                                                                            \
    X("openai-beta")                                                                               \
    X("sec-websocket-protocol")                                                                    \
    X("traceparent")                                                                               \
    X("user-agent")                                                                                \
    X("x-litellm-timeout")                                                                         \
    X("x-litellm-tags")                                                                            \
    X("x-litellm-num-retries")                                                                     \
    X("x-litellm-stream-timeout")                                                                  \
    X("x-session-affinity")                                                                        \
    X("x-litellm-session-id")

#define AS_SPAN(name) { name, sizeof name - 1 },
static const sluice_span kept_headers[] = { KEPT_HEADERS(AS_SPAN) };
#define KEPT_MOST (sizeof kept_headers / sizeof kept_headers[0])

/* Most headers of a request have a length that none of these has. */
#define AS_LENGTH(name) | (uint64_t)1 << (sizeof name - 1)
static const uint64_t kept_lengths = 0 KEPT_HEADERS(AS_LENGTH);

static const sluice_span *kept_name(sluice_span name)
{
    if (name.len > 63 || !(kept_lengths >> name.len & 1))
        return NULL;
    for (size_t k = 0; k < KEPT_MOST; k++)
        if (sl_span_eq(name, kept_headers[k]))
            return &kept_headers[k];
    return NULL;
}

static bool keep_headers(struct sl_call *c, const sluice_request *r)
{
    sluice_header *kept = NULL;
    size_t n = 0;

    for (size_t i = 0; i < r->n_headers && n < KEPT_MOST; i++) {
        const sluice_span *name = kept_name(r->headers[i].name);

        if (!name)
            continue;
        if (!kept)
            kept = sl_alloc(&c->arena, KEPT_MOST * sizeof *kept);
        if (!kept)
            return false;
        kept[n].name = *name;
        kept[n].value = sl_arena_dup(&c->arena, r->headers[i].value);
        if (!kept[n++].value.ptr)
            return false;
    }
    c->headers = kept;
    c->n_headers = n;
    return true;
}

/* For routers that ask for them: all headers but those that let somebody in somewhere. */
static bool keep_all_headers(struct sl_call *c, const sluice_request *r)
{
    static const char *const never[] = { "authorization",    "proxy-authorization",
                                         "cookie",           "api-key",
                                         "x-api-key",        "x-goog-api-key",
                                         "x-litellm-api-key" };
    sluice_header *kept = sl_alloc(&c->arena, (r->n_headers + 1) * sizeof *kept);
    size_t n = 0;

    if (!kept)
        return false;
    for (size_t i = 0; i < r->n_headers; i++) {
        bool secret = false;

        for (size_t k = 0; k < sizeof never / sizeof never[0]; k++)
            secret = secret || sl_span_eq(r->headers[i].name, sl_span_str(never[k]));
        if (secret)
            continue;
        kept[n].name = sl_arena_dup(&c->arena, r->headers[i].name);
        kept[n].value = sl_arena_dup(&c->arena, r->headers[i].value);
        if (!kept[n].name.ptr || !kept[n].value.ptr)
            return false;
        n++;
    }
    c->all_headers = kept;
    c->n_all_headers = n;
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

/* A key outranks a signature. */
static bool keep_signer(struct sl_call *c, const sluice_request *r)
{
    bool nomem = false;

    if (!r->key.len)
        c->signer = sl_aws_client_read(r->method, r->path, r->query, r->headers, r->n_headers,
                                       &c->arena, &nomem);
    return !nomem;
}

static bool keep_request(struct sl_call *c, const sluice_request *r)
{
    /* It comes back in a header: one that could not is not taken. */
    bool echo = r->request_id.len <= REQUEST_ID_MOST && sl_http_value_ok(r->request_id);

    return keep_signer(c, r) && keep(c, r->key, &c->key) &&
           keep(c, echo ? r->request_id : sl_span("", 0), &c->request_id) &&
           keep(c, r->tags, &c->tags) && keep(c, r->session, &c->session) &&
           keep(c, sl_span_head(r->purpose, PURPOSE_MOST), &c->purpose) &&
           keep(c, r->peer, &c->peer) && keep(c, r->content_type, &c->content_type) &&
           keep(c, r->method, &c->method) && keep(c, r->path, &c->path) &&
           keep(c, r->query, &c->query) && keep_headers(c, r) && keep_params(c, r) &&
           (!c->worker->current->snapshot->keep_headers || keep_all_headers(c, r));
}

/* Of a request that passes through: where to, before anything of it is kept. An endpoint of the
 * configuration counts before what else stands at its path. */
static bool find_pass(struct sl_call *c, const sluice_request *r, sluice_span *rest)
{
    const struct sl_pass_route *found = NULL;

    if (c->operation->takes == SL_TAKES_ANY || (c->settings->n_pass && r->path.len))
        found = sl_pass_find(c->hold->snapshot, r->method, r->path, rest);
    if (c->operation->takes == SL_TAKES_ANY)
        c->pass = found;
    else if (found && found->endpoint)
        c->pass = found;
    else
        return true;
    c->operation = sl_operation_find(SL_SPAN("passthrough"), sl_span("", 0));
    c->dialect = c->operation->dialect;
    return c->pass != NULL;
}

static void make_uid(struct sl_call *c)
{
    struct sl_owner *owner = c->worker->owner;

    sl_hex_u64(owner->node, c->uid);
    sl_hex_u64(atomic_fetch_add_explicit(&owner->next_uid, 1, memory_order_relaxed), c->uid + 16);
    c->uid[32] = 0;
}

static void begin(struct sl_defer *d)
{
    sl_call_resume(SL_CONTAINER(d, struct sl_call, begin));
}

static void released(void *ctx)
{
    struct sl_call *c = ctx;

    if (c->events->released)
        c->events->released(c->ctx);
}

static bool take_body(struct sl_call *c, const sluice_request *r, struct sl_body *shared)
{
    if (r->flags & SLUICE_BODY_FOLLOWS) {
        c->body_length = r->body_length;
        c->body = sl_body_create(c->worker->owner, &c->worker->bodies, (size_t)r->body_length);
        return c->body != NULL;
    }
    c->body_complete = true;
    if (shared && !shared->borrowed) { /* one that is borrowed goes back with its own call */
        c->body = sl_body_hold(shared);
        return true;
    }
    if (r->flags & SLUICE_BODY_BORROWED) {
        c->body = sl_body_borrow(c->worker->owner, r->body, released, c);
        return c->body != NULL;
    }
    /* One that came in one piece cannot be held back: step_body.c tells who may know it. */
    c->shed = sl_body_is_full(c->worker->owner, r->body.len, c->settings->max_bytes_in_flight);
    c->body = sl_body_create(c->worker->owner, &c->worker->bodies, c->shed ? 0 : r->body.len);
    return c->body &&
           (c->shed || sl_body_add(c->body, r->body, UINT64_MAX, INT64_MAX) == SLUICE_OK);
}

/* The smaller of two limits, of which 0 is none. */
static uint64_t sooner(uint64_t a, uint64_t b)
{
    return a && b ? (a < b ? a : b) : a + b;
}

static void expired(struct sl_timer *t)
{
    sl_call_expire(SL_CONTAINER(t, struct sl_call, deadline));
}

static void set_deadline(struct sl_call *c, uint32_t asked_ms)
{
    c->deadline_ms = sooner(asked_ms, (uint64_t)c->settings->call_timeout_ms);
    sl_timer_init(&c->room, sl_call_tell_room);
    sl_timer_init(&c->deadline, expired);
    if (c->deadline_ms)
        sl_timer_set(c->worker->loop, &c->deadline, c->deadline_ms);
}

/* An empty call with what needs no memory. */
static void fill(struct sl_call *c, const sluice_request *r, struct sl_call *parent)
{
    c->flags = r->flags;
    c->begun_us = sl_now_us();
    c->received_us = r->received_us ? r->received_us : c->begun_us;
    c->unix_us = sl_unix_us() - (int64_t)(c->begun_us - c->received_us);
    c->timeout_ms = r->timeout_ms;
    c->input_tokens = c->output_tokens = c->num_retries = -1;
    sl_error_clear(&c->error);
    sl_list_init(&c->node);
    sl_list_init(&c->attempts);
    sl_list_init(&c->children);
    sl_list_init(&c->sibling);
    sl_list_init(&c->companion);
    sl_defer_init(&c->begin, begin);
    sl_timer_init(&c->wait.timer, sl_call_waited);
    /* A child sees the configuration that its parent began with: who pays is described there. */
    c->hold = parent ? parent->hold : c->worker->current;
    c->settings = c->hold->snapshot->settings;
    c->priority = c->settings->default_priority;
}

static void join_family(struct sl_call *c, struct sl_call *parent, const struct sl_principal *payer)
{
    memcpy(c->parent_uid, parent->uid, sizeof c->parent_uid);
    c->depth = parent->depth + 1;
    if (!c->key.len)
        c->payer = payer ? payer : parent->who;
    if (!(c->flags & SLUICE_CALL_DETACHED))
        sl_list_append(&parent->children, &c->sibling);
}

/* Where a call comes from that is neither a client's alone nor an embedder's. */
struct origin {
    struct sl_call *parent;
    const struct sl_spawn *spawn; /* the library itself makes it */
    struct sluice_session *session;
    bool warm;
};

/* Some say in the query how they want a stream. */
static const struct sl_dialect *dialect_of(const struct sl_operation *op, const sluice_request *r,
                                           const struct origin *from)
{
    bool list = op->unless_sse && r->flags & SLUICE_CALL_STREAM && r->flags & SLUICE_CALL_WIRE;

    if (from->session && op->messages && r->flags & SLUICE_CALL_WIRE)
        return op->messages;
    for (size_t i = 0; i < r->n_params; i++)
        if (sl_span_eq(r->params[i].name, SL_SPAN("alt")))
            list = list && !sl_span_eq(r->params[i].value, SL_SPAN("sse"));
    return list ? op->unless_sse : op->dialect;
}

static sluice_status start(struct sl_worker *w, const sluice_request *request,
                           const struct origin *from, const sluice_events *events, void *ctx,
                           uint64_t *task, sluice_error *err)
{
    const struct sl_spawn *spawn = from->spawn;
    struct sl_body *shared = spawn ? spawn->shared : NULL;
    struct sl_call *parent = from->parent;
    sluice_span rest = { 0 };
    struct sl_call *c;

    if (w->closing)
        return sl_fail(err, SLUICE_E_SHUTDOWN, "this loop is going away");
    if (parent && parent->finished) /* its last callbacks are running: it takes no more in */
        parent = NULL;
    if (parent && parent->depth == SL_CALL_DEPTH)
        return sl_fail_param(err, SLUICE_E_INVALID, NULL, "parent",
                             "calls can work for calls at most %d deep", SL_CALL_DEPTH);
    c = sl_call_take(w);
    if (!c)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory for a call");
    c->worker = w;
    c->events = events;
    c->ctx = ctx;
    fill(c, request, parent);
    c->operation = sl_operation_find(request->operation, request->dialect);
    if (!c->operation) {
        sl_fail_param(err, SLUICE_E_INVALID, NULL, "operation",
                      "operation %.*s is not known; chat.completions is, for instance",
                      SL_FMT(sl_span_head(request->operation, 64)));
        sl_call_free(c);
        return SLUICE_E_INVALID;
    }
    c->dialect = dialect_of(c->operation, request, from);
    if (!find_pass(c, request, &rest)) {
        sl_call_free(c);
        return sl_fail(err, SLUICE_E_NOT_FOUND, "nothing is passed through at this path");
    }
    c->task = keep_request(c, request) && (!c->pass || sl_pass_keep(c, request, rest)) &&
                      take_body(c, request, shared)
                  ? sl_worker_task(w, c)
                  : 0;
    if (!c->task) {
        if (c->body)
            c->body->released = NULL; /* no event follows a start that failed */
        sl_body_drop(c->body);
        sl_call_free(c);
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory for a call");
    }
    c->hold->calls++;
    if (parent)
        join_family(c, parent, spawn ? spawn->payer : NULL);
    if (from->session) {
        c->connected = from->session;
        c->warm = from->warm;
        sl_list_append(&from->session->calls, &c->companion);
    }
    set_deadline(c, request->deadline_ms);
    make_uid(c);
    sl_outlet_init(c);
    sl_list_append(&w->calls, &c->node);
    atomic_fetch_add_explicit(&w->owner->calls, 1, memory_order_relaxed);
    *task = c->task;
    if (c->flags & SLUICE_CALL_WIRE)
        sl_call_walk(c);
    else
        sl_defer_set(w->loop, &c->begin);
    return SLUICE_OK;
}

sluice_status sl_call_start(struct sl_worker *w, const sluice_request *request,
                            const sluice_events *events, void *ctx, uint64_t *task,
                            sluice_error *err)
{
    struct origin from = { .parent = request->parent ? sl_worker_find(w, request->parent) : NULL };

    return start(w, request, &from, events, ctx, task, err);
}

sluice_status sl_call_start_in(struct sluice_session *s, const sluice_request *request, bool warm,
                               const sluice_events *events, void *ctx, uint64_t *task,
                               sluice_error *err)
{
    struct origin from = { .session = s, .warm = warm };

    return start(s->worker, request, &from, events, ctx, task, err);
}

/* ---- calls of the library's own ---- */

static void told_nobody(void *ctx, sluice_status status, const sluice_error *err,
                        const sluice_usage *usage)
{
    (void)ctx;
    (void)status;
    (void)err;
    (void)usage;
}

static const sluice_events nobody = { .struct_size = sizeof nobody, .done = told_nobody };

sluice_status sl_call_spawn(struct sl_call *parent, const struct sl_spawn *spec, uint64_t *task,
                            sluice_error *err)
{
    const sluice_header model = { SL_SPAN("model"), spec->model };
    sluice_request request = {
        .struct_size = sizeof request,
        .flags = spec->flags,
        .operation = spec->operation.len ? spec->operation : sl_span_str(parent->operation->name),
        .params = &model,
        .n_params = spec->model.len > 0,
        .content_type = spec->shared ? parent->content_type : sl_span("", 0),
        .body = spec->shared ? sl_body_span(spec->shared) : spec->body,
        .tags = parent->tags,
        .purpose = spec->purpose,
        .deadline_ms = spec->deadline_ms,
    };
    struct origin from = { .parent = parent, .spawn = spec };
    uint64_t number;

    if (spec->whole) {
        request.flags |= parent->flags & SLUICE_CALL_STREAM;
        request.dialect = sl_span_str(parent->dialect->name);
        request.method = parent->method;
        request.path = parent->path;
        request.query = parent->query;
        request.params = parent->params;
        request.n_params = parent->n_params;
        request.headers = parent->headers;
        request.n_headers = parent->n_headers;
        request.session = parent->session;
    }
    if (parent->finished) /* nobody would pay for it */
        return sl_fail(err, SLUICE_E_CANCELLED, "the call that asks for this one has ended");
    return start(parent->worker, &request, &from, spec->events ? spec->events : &nobody, spec->ctx,
                 task ? task : &number, err);
}
