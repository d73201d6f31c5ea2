/* SPDX-License-Identifier: Apache-2.0 */
/* replay.c - see replay.h and "mock:" in sluice/provider.h for the headers that steer it. */
#include "net/replay.h"

#include <stdlib.h>
#include "base/status.h"
#include "format/http1_parse.h"

enum failure { FAIL_NOT, FAIL_REFUSE, FAIL_RESET, FAIL_STALL, FAIL_TRUNCATE };

struct replay {
    struct sl_transport base;
    struct sl_loop *loop;
};

struct exchange {
    struct sl_exchange base;
    struct replay *owner;
    struct sl_timer timer;
    struct sl_defer soon;
    const struct sl_exchange_events *events;
    void *ctx;
    struct sluice_arena arena; /* headers of the answer */
    struct sl_http_in head;
    const sluice_span *body;
    size_t n_body, part, at; /* where we are */
    uint64_t sent, after;    /* bytes played; bytes before the failure */
    uint64_t chunk, chunk_delay_ms;
    enum failure failure;
    bool head_done, paused, waiting;
};

static void finish(struct exchange *x)
{
    sl_timer_cancel(&x->timer);
    sl_defer_cancel(&x->soon);
    sl_arena_finish(&x->arena);
    free(x);
}

static void end(struct exchange *x, sluice_status status, const char *what)
{
    const struct sl_exchange_events *events = x->events;
    void *ctx = x->ctx;
    sluice_error err = SLUICE_ERROR_INIT;

    if (status < 0)
        sl_fail(&err, status, "%s", what);
    finish(x);
    events->done(ctx, status, &err, true);
}

static void fail(struct exchange *x)
{
    switch (x->failure) {
    case FAIL_REFUSE:
        end(x, SLUICE_E_UNAVAILABLE, "mock: connection refused");
        break;
    case FAIL_RESET:
        end(x, SLUICE_E_UPSTREAM, "mock: connection reset by the upstream");
        break;
    case FAIL_TRUNCATE:
        end(x, SLUICE_E_TRUNCATED, "mock: the answer ended before its announced length");
        break;
    case FAIL_STALL: /* nothing more ever comes; the caller's time limit ends it */
    case FAIL_NOT:
        break;
    }
}

static void go_on(struct exchange *x, uint64_t ms)
{
    x->waiting = true;
    if (ms)
        sl_timer_set(x->owner->loop, &x->timer, ms);
    else
        sl_defer_set(x->owner->loop, &x->soon);
}

/* The next piece: `chunk` bytes, or one part; never beyond the failure. */
static sluice_span next_piece(struct exchange *x)
{
    sluice_span piece;

    while (x->part < x->n_body && x->at == x->body[x->part].len) {
        x->part++;
        x->at = 0;
    }
    if (x->part == x->n_body)
        return sl_span(NULL, 0);
    piece = sl_span_from(x->body[x->part], x->at);
    if (x->chunk)
        piece = sl_span_head(piece, x->chunk);
    if (x->failure != FAIL_NOT && piece.len > x->after - x->sent)
        piece = sl_span_head(piece, x->after - x->sent);
    return piece;
}

static void step(struct exchange *x)
{
    sluice_span piece;

    x->waiting = false;
    if (x->paused)
        return;
    if (x->failure != FAIL_NOT && x->after == 0) {
        fail(x);
        return;
    }
    if (!x->head_done) {
        x->head_done = true;
        go_on(x, 0); /* before the callback, which may cancel */
        x->events->head(x->ctx, &x->head);
        return;
    }
    if (x->failure != FAIL_NOT && x->sent == x->after) {
        fail(x);
        return;
    }
    piece = next_piece(x);
    if (!piece.ptr) {
        end(x, SLUICE_OK, "");
        return;
    }
    x->at += piece.len;
    x->sent += piece.len;
    go_on(x, x->chunk_delay_ms);
    x->events->data(x->ctx, piece, false);
}

static void on_timer(struct sl_timer *t)
{
    step(SL_CONTAINER(t, struct exchange, timer));
}

static void on_soon(struct sl_defer *d)
{
    step(SL_CONTAINER(d, struct exchange, soon));
}

static enum failure failure_of(sluice_span word)
{
    if (sl_span_eq(word, SL_SPAN("refuse")))
        return FAIL_REFUSE;
    if (sl_span_eq(word, SL_SPAN("reset")))
        return FAIL_RESET;
    if (sl_span_eq(word, SL_SPAN("stall")))
        return FAIL_STALL;
    if (sl_span_eq(word, SL_SPAN("truncate")))
        return FAIL_TRUNCATE;
    return FAIL_NOT;
}

static sluice_status read_head(struct exchange *x, const struct sl_http_out *out,
                               uint64_t *delay_ms, sluice_error *err)
{
    sluice_header *headers = sl_alloc(&x->arena, (out->n_headers + 1) * sizeof *headers);
    uint64_t number = 0;

    if (!headers)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory replaying an answer");
    for (size_t i = 0; i < out->n_headers; i++) {
        sluice_header h = out->headers[i];

        if (!sl_span_starts(h.name, SL_SPAN(":"))) {
            if (!sl_http_name_ok(h.name) || !sl_http_value_ok(h.value)) /* nobody has looked yet */
                continue;
            h.name = sl_arena_dup(&x->arena, h.name);
            h.value = sl_arena_dup(&x->arena, h.value);
            if (!h.name.ptr || !h.value.ptr)
                return sl_fail(err, SLUICE_E_NOMEM, "out of memory replaying an answer");
            headers[x->head.n_headers++] = h;
        } else if (sl_span_eq(h.name, SL_SPAN(":fail"))) {
            x->failure = failure_of(h.value);
        } else if (!sl_span_u64(h.value, UINT32_MAX, &number)) {
            return sl_fail(err, SLUICE_E_INTERNAL, "mock: %.*s is no number", SL_FMT(h.name));
        } else if (sl_span_eq(h.name, SL_SPAN(":status"))) {
            x->head.status = (int)number;
        } else if (sl_span_eq(h.name, SL_SPAN(":delay-ms"))) {
            *delay_ms = number;
        } else if (sl_span_eq(h.name, SL_SPAN(":chunk"))) {
            x->chunk = number;
        } else if (sl_span_eq(h.name, SL_SPAN(":chunk-delay-ms"))) {
            x->chunk_delay_ms = number;
        } else if (sl_span_eq(h.name, SL_SPAN(":after"))) {
            x->after = number;
        }
    }
    if (x->head.status < 200 || x->head.status > 599)
        return sl_fail(err, SLUICE_E_INTERNAL, "mock: no :status from 200 to 599");
    x->head.headers = headers;
    x->head.sent_all = false; /* the body is what is played */
    return SLUICE_OK;
}

static sluice_status submit(struct sl_transport *t, const struct sl_http_out *out,
                            const struct sl_exchange_events *events, void *ctx,
                            struct sl_exchange **result, sluice_error *err)
{
    struct exchange *x = calloc(1, sizeof *x);
    uint64_t delay_ms = 0;
    sluice_status st;

    if (!x)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory replaying an answer");
    x->base.cls = t->cls;
    x->owner = (struct replay *)t;
    x->events = events;
    x->ctx = ctx;
    x->body = out->body;
    x->n_body = out->n_body;
    sl_timer_init(&x->timer, on_timer);
    sl_defer_init(&x->soon, on_soon);
    sl_arena_init(&x->arena, 1u << 20);
    st = read_head(x, out, &delay_ms, err);
    if (st < 0) {
        finish(x);
        return st;
    }
    for (size_t i = 0; i < out->n_body; i++)
        x->head.length += (int64_t)out->body[i].len;
    go_on(x, delay_ms);
    *result = &x->base;
    return SLUICE_OK;
}

static void pause_exchange(struct sl_exchange *base, bool on)
{
    struct exchange *x = (struct exchange *)base;

    x->paused = on;
    if (!on && !x->waiting)
        go_on(x, 0);
}

static void cancel(struct sl_exchange *base)
{
    finish((struct exchange *)base);
}

static void destroy(struct sl_transport *t)
{
    free(t);
}

static const struct sl_transport_class replay_class = {
    .name = "replay",
    .submit = submit,
    .pause = pause_exchange,
    .cancel = cancel,
    .destroy = destroy,
};

sluice_status sl_replay_create(struct sl_loop *l, struct sl_transport **out, sluice_error *err)
{
    struct replay *r = calloc(1, sizeof *r);

    if (!r)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory for a transport");
    r->base.cls = &replay_class;
    r->loop = l;
    *out = &r->base;
    return SLUICE_OK;
}
