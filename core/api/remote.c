/* SPDX-License-Identifier: Apache-2.0 */
/*
 * remote.c - calls of a spawned loop: requests travel to its thread as messages, and their
 * callbacks come from that thread, or, for a sluice_queue, travel on to whoever runs the queue.
 */
#include <stdlib.h>
#include "api/instance.h"
#include "api/remote_events.h"
#include "base/status.h"
#include "call/call.h"

#define BODIES_ON_THE_WAY (64 << 20) /* bytes of pieces that a loop has not taken yet */
#define REMOTE_BIT (1ull << 63)

bool sl_task_is_remote(sluice_task task)
{
    return (task & REMOTE_BIT) != 0;
}

static sluice_span key_of(const sluice_task *task)
{
    return sl_span((const char *)task, sizeof *task);
}

/* ---- start ---- */

static bool dup_headers(struct sluice_arena *a, const sluice_header *from, size_t n,
                        const sluice_header **to)
{
    sluice_header *h = sl_alloc(a, (n + 1) * sizeof *h);

    if (!h)
        return false;
    for (size_t i = 0; i < n; i++) {
        h[i].name = sl_arena_dup(a, from[i].name);
        h[i].value = sl_arena_dup(a, from[i].value);
        if (!h[i].name.ptr || !h[i].value.ptr)
            return false;
    }
    *to = h;
    return true;
}

static bool dup_request(struct sl_remote *r, const sluice_request *from)
{
    sluice_request *to = &r->request;
    sluice_span *const spans[] = { &to->operation, &to->dialect,      &to->method, &to->path,
                                   &to->query,     &to->content_type, &to->key,    &to->tags,
                                   &to->session,   &to->request_id,   &to->peer,   &to->purpose };

    *to = *from;
    for (size_t i = 0; i < sizeof spans / sizeof spans[0]; i++) {
        *spans[i] = sl_arena_dup(&r->arena, *spans[i]);
        if (!spans[i]->ptr)
            return false;
    }
    if (!(from->flags & SLUICE_BODY_BORROWED)) {
        to->body = sl_arena_dup(&r->arena, from->body);
        if (!to->body.ptr)
            return false;
    }
    return dup_headers(&r->arena, from->headers, from->n_headers, &to->headers) &&
           dup_headers(&r->arena, from->params, from->n_params, &to->params);
}

static void begin(struct sl_post *p, bool dropped)
{
    struct sl_remote *r = SL_CONTAINER(p, struct sl_remote, post);
    sluice_loop *loop = r->loop; /* r may be gone when its call has started */
    sluice_error err = SLUICE_ERROR_INIT;
    struct sl_remote *parent;
    sluice_status st;

    /* A parent that was started from here is known to the worker by another number. */
    if (sl_task_is_remote(r->request.parent)) {
        parent = sl_map_get(&loop->remotes, key_of(&r->request.parent));
        r->request.parent = parent ? parent->task : 0;
    }
    if (dropped)
        st = sl_fail(&err, SLUICE_E_SHUTDOWN, "this process is going away");
    else if (!sl_map_put(&loop->remotes, key_of(&r->id), r))
        st = sl_fail(&err, SLUICE_E_NOMEM, "out of memory for a call");
    else
        st = sl_call_start(&loop->worker, &r->request, &sl_remote_forward, r, &r->task, &err);
    if (st < 0)
        sl_remote_ended(r, st, &err, NULL);
    /* Last, so that a closing instance sees the call in one count or the other. */
    atomic_fetch_sub(&loop->s->starting, 1);
}

sluice_status sl_remote_start(sluice_loop *loop, const sluice_request *request,
                              const sluice_events *events, void *ctx, sluice_task *task,
                              sluice_error *err)
{
    struct sl_remote *r = calloc(1, sizeof *r);

    if (!r)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory for a call");
    sl_arena_init(&r->arena, 1u << 30);
    r->loop = loop;
    r->queue = loop->queue;
    r->events = events;
    r->ctx = ctx;
    r->id = REMOTE_BIT | (atomic_fetch_add(&loop->next_remote, 1) + 1);
    if (!dup_request(r, request) || !sl_remote_prepare(r)) {
        sl_remote_free(r);
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory for a call");
    }
    r->post.fn = begin;
    *task = r->id;
    atomic_fetch_add(&loop->s->starting, 1);
    sl_loop_post(loop->loop, &r->post);
    return SLUICE_OK;
}

void sl_remote_forget(struct sl_remote *r)
{
    (void)sl_map_remove(&r->loop->remotes, key_of(&r->id));
}

/* ---- messages to a running call ---- */

struct message {
    struct sl_post post;
    sluice_loop *loop;
    sluice_task id;
    enum { TELL, BODY } kind;
    enum sl_remote_verb verb;
    bool last;
    size_t len;
    char data[];
};

static void deliver(struct sl_post *p, bool dropped)
{
    struct message *m = SL_CONTAINER(p, struct message, post);
    struct sl_remote *r = dropped ? NULL : sl_map_get(&m->loop->remotes, key_of(&m->id));
    struct sl_call *c = r ? sl_worker_find(&m->loop->worker, r->task) : NULL;

    if (c && m->kind == BODY) {
        /* All bodies together are at their bound, and the caller cannot be asked to wait any more.
         */
        if (sl_call_body(c, sl_span(m->data, m->len), m->last) == SLUICE_E_NOMEM)
            sl_call_cancel(c, SLUICE_E_NOMEM);
    } else if (c && m->verb == SL_REMOTE_CANCEL) {
        sl_call_cancel(c, SLUICE_E_CANCELLED);
    } else if (c) {
        sl_call_pause(c, m->verb == SL_REMOTE_PAUSE);
    }
    atomic_fetch_sub(&m->loop->body_bytes, (int64_t)m->len);
    free(m);
}

static struct message *message(sluice_loop *loop, sluice_task id, size_t len)
{
    struct message *m = calloc(1, sizeof *m + len);

    if (m) {
        m->post.fn = deliver;
        m->loop = loop;
        m->id = id;
        m->len = len;
    }
    return m;
}

sluice_status sl_remote_body(sluice_loop *loop, sluice_task task, sluice_span data, bool last)
{
    int64_t len = (int64_t)data.len;
    struct message *m = NULL;

    if (atomic_fetch_add(&loop->body_bytes, len) + len <= BODIES_ON_THE_WAY)
        m = message(loop, task, data.len);
    if (!m) {
        atomic_fetch_sub(&loop->body_bytes, len);
        return SLUICE_E_NOMEM;
    }
    m->kind = BODY;
    m->last = last;
    if (data.len)
        memcpy(m->data, data.ptr, data.len);
    sl_loop_post(loop->loop, &m->post);
    return SLUICE_OK;
}

void sl_remote_tell(sluice_loop *loop, sluice_task task, enum sl_remote_verb verb)
{
    struct message *m = message(loop, task, 0);

    if (!m) {
        sl_log(&loop->s->owner.log, SL_ERROR,
               "out of memory: a call was not told to stop or go on");
        return;
    }
    m->kind = TELL;
    m->verb = verb;
    sl_loop_post(loop->loop, &m->post);
}

void sl_remote_finish(sluice_loop *loop)
{
    size_t pos = 0;
    sluice_span key;
    void *value;

    /* sl_worker_finish() has ended every call; what is left never began. */
    while (sl_map_next(&loop->remotes, &pos, &key, &value)) {
        sluice_error err = SLUICE_ERROR_INIT;

        sl_fail(&err, SLUICE_E_SHUTDOWN, "this process is going away");
        sl_remote_ended(value, SLUICE_E_SHUTDOWN, &err, NULL);
        pos = 0;
    }
}
