/* SPDX-License-Identifier: Apache-2.0 */
/*
 * remote_events.c - callbacks of a remote call. Without a queue they go straight to the caller's
 * functions; with one they are copied and wait until sluice_queue_run(), and a reader that falls
 * behind holds the upstream back.
 */
#include "api/remote_events.h"

#include <stdlib.h>
#include "base/status.h"

#define HIGH_WATER (1 << 20)
#define LOW_WATER (256 << 10)

enum kind { HEAD, JSON, BYTES, RELEASED, DONE };

/* One callback, packed; text lies behind it. */
struct packed {
    struct sl_queue_item item;
    struct sl_remote *r;
    enum kind kind;
    int32_t http_status;
    int64_t length;
    uint32_t flags;
    sluice_status status;
    sluice_error err;
    sluice_count counts[SLUICE_USE_KINDS];
    uint32_t n_counts;
    sluice_header *headers;
    size_t n_headers;
    sluice_span data;
    int64_t bytes;
};

void sl_remote_free(struct sl_remote *r)
{
    free(r->last);
    sl_arena_finish(&r->arena);
    free(r);
}

bool sl_remote_prepare(struct sl_remote *r)
{
    if (r->queue)
        r->last = calloc(1, sizeof(struct packed));
    return !r->queue || r->last;
}

static void run_packed(struct sl_queue_item *i)
{
    struct packed *p = SL_CONTAINER(i, struct packed, item);
    struct sl_remote *r = p->r;
    const sluice_events *e = r->events;

    switch (p->kind) {
    case HEAD:
        if (e->head)
            e->head(r->ctx, p->http_status, p->headers, p->n_headers, p->length);
        break;
    case JSON:
        if (e->json)
            e->json(r->ctx, p->data);
        break;
    case BYTES:
        if (e->bytes)
            e->bytes(r->ctx, &p->data, 1, p->flags);
        break;
    case RELEASED:
        if (e->released)
            e->released(r->ctx);
        break;
    case DONE:
        e->done(r->ctx, p->status, p->status < 0 ? &p->err : NULL,
                &(sluice_usage){ sizeof(sluice_usage), p->n_counts, p->counts });
        sl_remote_free(r); /* and with it p */
        return;
    }
    if (atomic_fetch_sub(&r->queued, p->bytes) - p->bytes < LOW_WATER &&
        atomic_exchange(&r->held, false) && sluice_queue_loop(r->queue))
        sl_remote_tell(r->loop, r->id, SL_REMOTE_RESUME);
    free(p);
}

static struct packed *pack(struct sl_remote *r, enum kind kind, size_t extra)
{
    struct packed *p = calloc(1, sizeof *p + extra);

    if (!p) { /* a callback that cannot be told must not be lost silently: the call ends instead */
        sl_log(&r->loop->s->owner.log, SL_ERROR, "out of memory: a call is cancelled");
        sl_remote_tell(r->loop, r->id, SL_REMOTE_CANCEL);
        return NULL;
    }
    p->item.run = run_packed;
    p->r = r;
    p->kind = kind;
    return p;
}

static void push(struct packed *p, int64_t bytes)
{
    struct sl_remote *r = p->r;

    p->bytes = bytes;
    if (atomic_fetch_add(&r->queued, bytes) + bytes > HIGH_WATER &&
        !atomic_exchange(&r->held, true))
        sl_remote_tell(r->loop, r->id, SL_REMOTE_PAUSE);
    sl_queue_push(r->queue, &p->item);
}

static char *put(char **at, sluice_span s)
{
    char *start = *at;

    if (s.len)
        memcpy(start, s.ptr, s.len);
    *at += s.len;
    return start;
}

static void on_head(void *ctx, int32_t status, const sluice_header *headers, size_t n,
                    int64_t length)
{
    struct sl_remote *r = ctx;
    size_t extra = n * sizeof *headers;
    struct packed *p;
    char *at;

    if (!r->queue) {
        if (r->events->head)
            r->events->head(r->ctx, status, headers, n, length);
        return;
    }
    for (size_t i = 0; i < n; i++)
        extra += headers[i].name.len + headers[i].value.len;
    p = pack(r, HEAD, extra);
    if (!p)
        return;
    p->http_status = status;
    p->length = length;
    p->headers = (sluice_header *)(void *)(p + 1);
    p->n_headers = n;
    at = (char *)(p->headers + n);
    for (size_t i = 0; i < n; i++) {
        p->headers[i].name = sl_span(put(&at, headers[i].name), headers[i].name.len);
        p->headers[i].value = sl_span(put(&at, headers[i].value), headers[i].value.len);
    }
    push(p, (int64_t)extra);
}

static void on_json(void *ctx, sluice_span object)
{
    struct sl_remote *r = ctx;
    struct packed *p;
    char *at;

    if (!r->queue) {
        if (r->events->json)
            r->events->json(r->ctx, object);
        return;
    }
    p = pack(r, JSON, object.len);
    if (!p)
        return;
    at = (char *)(p + 1);
    p->data = sl_span(put(&at, object), object.len);
    push(p, (int64_t)object.len);
}

static void on_bytes(void *ctx, const sluice_span *parts, size_t n, uint32_t flags)
{
    struct sl_remote *r = ctx;
    size_t len = 0;
    struct packed *p;
    char *at;

    if (!r->queue) {
        if (r->events->bytes)
            r->events->bytes(r->ctx, parts, n, flags);
        return;
    }
    for (size_t i = 0; i < n; i++)
        len += parts[i].len;
    p = pack(r, BYTES, len);
    if (!p)
        return;
    at = (char *)(p + 1);
    p->data = sl_span(at, len);
    p->flags = flags;
    for (size_t i = 0; i < n; i++)
        put(&at, parts[i]);
    push(p, (int64_t)len);
}

static void on_released(void *ctx)
{
    struct sl_remote *r = ctx;
    struct packed *p;

    r->released = true;
    if (!r->queue) {
        if (r->events->released)
            r->events->released(r->ctx);
        return;
    }
    p = pack(r, RELEASED, 0);
    if (p)
        push(p, 0);
}

void sl_remote_ended(struct sl_remote *r, sluice_status status, const sluice_error *err,
                     const sluice_usage *usage)
{
    struct packed *p;

    sl_remote_forget(r);
    if (r->request.flags & SLUICE_BODY_BORROWED && !r->released)
        on_released(r); /* a call that never began */
    if (!r->queue) {
        r->events->done(r->ctx, status, status < 0 ? err : NULL,
                        usage ? usage : &(sluice_usage){ .struct_size = sizeof(sluice_usage) });
        sl_remote_free(r);
        return;
    }
    p = r->last;
    p->item.run = run_packed;
    p->r = r;
    p->kind = DONE;
    p->status = status;
    if (err)
        p->err = *err;
    p->n_counts = usage && usage->n_counts <= SLUICE_USE_KINDS ? usage->n_counts : 0;
    if (p->n_counts)
        memcpy(p->counts, usage->counts, p->n_counts * sizeof *usage->counts);
    push(p, 0);
}

static void on_done(void *ctx, sluice_status status, const sluice_error *err,
                    const sluice_usage *usage)
{
    sl_remote_ended(ctx, status, err, usage);
}

const sluice_events sl_remote_forward = {
    .struct_size = sizeof(sluice_events),
    .head = on_head,
    .json = on_json,
    .bytes = on_bytes,
    .released = on_released,
    .done = on_done,
};
