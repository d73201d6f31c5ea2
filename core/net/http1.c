/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http1.c - the HTTP/1.1 client as a transport. An exchange takes an idle connection or opens one,
 * and ends by exactly one done(), or by cancel. In steady state it costs one sendmsg, one recv and
 * no allocation.
 */
#include "net/http1.h"

#include <stdarg.h>
#include <stdio.h>
#include "base/status.h"
#include "net/mem.h"

#define CONNECT_MS 10000
#define HEAD_MAX (256u << 10) /* of a request */
#define HEAD_KEPT (8u << 10)  /* larger buffers are not kept for the next request */
#define FREE_EXCHANGES_MAX 1024
#define FREE_HEADS_MAX 256
#define DUPLEX_MOST (256u << 10) /* bytes that wait to be sent after a switch of protocols */
/* A server that has closed an idle connection says so within a round trip of our writing to it. One
 * that breaks later had the request in its hands. */
#define STALE_US (2ull * 1000 * 1000)

static const sluice_error no_error = SLUICE_ERROR_INIT;

static struct sl_h1_head *take_head(struct sl_h1 *h1)
{
    struct sl_h1_head *head = h1->free_heads;

    if (head) {
        h1->free_heads = head->next;
        h1->n_free_heads--;
        return head;
    }
    head = sl_net_zalloc(sizeof *head);
    if (head)
        sl_buf_init(&head->text, HEAD_MAX);
    return head;
}

void sl_h1_drop_head(struct sl_h1_exchange *x)
{
    struct sl_h1_head *head = x->head;

    x->head = NULL;
    if (!head)
        return;
    if (x->h1->n_free_heads >= FREE_HEADS_MAX || head->text.size > HEAD_KEPT) {
        sl_buf_finish(&head->text);
        free(head);
        return;
    }
    sl_buf_reset(&head->text);
    head->next = x->h1->free_heads;
    x->h1->free_heads = head;
    x->h1->n_free_heads++;
}

static void on_timer(struct sl_timer *t);
static void on_resume(struct sl_defer *d);
static void on_pump(struct sl_defer *d);
extern const struct sl_transport_class sl_http1_class;

static struct sl_h1_exchange *take_exchange(struct sl_h1 *h1)
{
    struct sl_h1_exchange *x = h1->free_exchanges;

    if (x) {
        h1->free_exchanges = x->next;
        h1->n_free_exchanges--;
        return x;
    }
    x = sl_net_zalloc(sizeof *x);
    if (!x)
        return NULL;
    x->base.cls = &sl_http1_class;
    x->h1 = h1;
    sl_timer_init(&x->timer, on_timer);
    sl_defer_init(&x->resume, on_resume);
    sl_defer_init(&x->pump, on_pump);
    return x;
}

static void drop_exchange(struct sl_h1_exchange *x)
{
    struct sl_h1 *h1 = x->h1;

    sl_timer_cancel(&x->timer);
    sl_defer_cancel(&x->resume);
    sl_defer_cancel(&x->pump);
    sl_buf_finish(&x->feed);
    sl_h1_drop_head(x);
    sl_buf_finish(&x->duplex);
    if (x->parts != x->inline_parts)
        free(x->parts);
    x->parts = NULL;
    if (x->origin)
        x->origin->n_exchanges--;
    x->origin = NULL;
    if (h1->n_free_exchanges >= FREE_EXCHANGES_MAX) {
        free(x);
        return;
    }
    x->next = h1->free_exchanges;
    h1->free_exchanges = x;
    h1->n_free_exchanges++;
}

/* Off its connection or connection attempt, which are closed. */
static void disconnect(struct sl_h1_exchange *x)
{
    sl_connect_cancel(x->connecting);
    x->connecting = NULL;
    if (x->conn)
        sl_h1_conn_close(x->conn);
    x->conn = NULL;
}

/* An idle connection is always watched; one that cannot be is not kept. */
static void keep_connection(struct sl_h1_exchange *x)
{
    struct sl_h1_conn *c = x->conn;

    sl_h1_conn_read_on(c, true);
    if (!c->reading)
        return;
    c->x = NULL;
    x->conn = NULL;
    sl_h1_pool_put(c, x->moved_us);
}

void sl_h1_end(struct sl_h1_exchange *x, bool reusable)
{
    struct sl_exchange_events events = x->events;
    void *ctx = x->ctx;

    if (reusable)
        keep_connection(x);
    disconnect(x);
    drop_exchange(x);
    events.done(ctx, SLUICE_OK, &no_error, true);
}

void sl_h1_fail(struct sl_h1_exchange *x, sluice_status status, const sluice_error *err)
{
    struct sl_exchange_events events = x->events;
    void *ctx = x->ctx;
    bool sent = x->touched;

    disconnect(x);
    drop_exchange(x);
    events.done(ctx, status, err, sent);
}

void sl_h1_failf(struct sl_h1_exchange *x, sluice_status status, const char *fmt, ...)
{
    sluice_error err = SLUICE_ERROR_INIT;
    va_list args;
    char text[sizeof err.message];

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    sl_fail(&err, status, "%s", text);
    sl_h1_fail(x, status, &err);
}

static void on_connected(void *ctx, int fd, sluice_status status, const sluice_error *err)
{
    struct sl_h1_exchange *x = ctx;

    x->connecting = NULL;
    if (status < 0)
        sl_h1_fail(x, status, err);
    else
        sl_h1_conn_start(x, fd);
}

static bool connect_fresh(struct sl_h1_exchange *x)
{
    struct sl_h1_origin *o = x->origin;
    struct sl_connect_order order = { .loop = x->h1->loop,
                                      .dns = x->h1->dns,
                                      .host = sl_span(o->host, o->n_host),
                                      .port = o->port,
                                      .public_only = o->foreign,
                                      .name = o->name,
                                      .done = on_connected,
                                      .ctx = x };

    x->connecting = sl_connect_start(&order);
    if (!x->connecting)
        return false;
    sl_timer_set(x->h1->loop, &x->timer, x->connect_ms);
    return true;
}

void sl_h1_broken(struct sl_h1_exchange *x, sluice_status status, const char *how, const char *why)
{
    bool stale = x->conn->reused && !x->answer.begun && !x->retried && !x->fed &&
                 sl_loop_now_us(x->h1->loop) - x->moved_us < STALE_US;

    if (!stale) {
        sl_h1_failf(x, status, "%s: %s%s%s", x->origin->name, how, why ? ": " : "", why ? why : "");
        return;
    }
    disconnect(x);
    x->retried = true;
    x->written = 0;
    /* This may be inside submit(), where done() must not come. */
    if (!connect_fresh(x))
        sl_defer_set(x->h1->loop, &x->resume);
}

static void on_timer(struct sl_timer *t)
{
    struct sl_h1_exchange *x = SL_CONTAINER(t, struct sl_h1_exchange, timer);
    uint64_t now_us = sl_loop_now_us(x->h1->loop), due_us;

    if (!x->conn || x->conn->handshaking) {
        sl_h1_failf(x, SLUICE_E_TIMEOUT, "%s: no connection within %u ms", x->origin->name,
                    (unsigned)x->connect_ms);
        return;
    }
    /* While paused it is us who keep it waiting. */
    if (x->paused)
        x->moved_us = now_us;
    due_us = x->moved_us + x->idle_ms * 1000ull;
    if (due_us > now_us)
        sl_timer_set(x->h1->loop, t, (due_us - now_us) / 1000);
    else
        sl_h1_failf(x, SLUICE_E_TIMEOUT, "%s: nothing moved for %u ms", x->origin->name,
                    (unsigned)x->idle_ms);
}

static void on_resume(struct sl_defer *d)
{
    struct sl_h1_exchange *x = SL_CONTAINER(d, struct sl_h1_exchange, resume);

    if (!x->conn && !x->connecting)
        sl_h1_failf(x, SLUICE_E_NOMEM, "%s: out of memory to connect again", x->origin->name);
    else if (x->conn && !x->conn->handshaking && !x->paused)
        sl_h1_conn_resume(x->conn);
}

static void on_pump(struct sl_defer *d)
{
    struct sl_h1_exchange *x = SL_CONTAINER(d, struct sl_h1_exchange, pump);

    if (x->hungry) { /* whoever is told may give more, which comes back here, or cancel */
        x->hungry = false;
        if (x->events.writable)
            x->events.writable(x->ctx);
    } else if (x->conn && !x->conn->handshaking) {
        sl_h1_conn_pump(x->conn);
    }
}

/* There is room for all of it from the beginning. */
static size_t feed(struct sl_exchange *exchange, sluice_span bytes)
{
    struct sl_h1_exchange *x = (struct sl_h1_exchange *)exchange;

    if (bytes.len > SL_H1_FEED - x->feed.len)
        bytes.len = SL_H1_FEED - x->feed.len;
    if (bytes.len > x->follows)
        bytes.len = (size_t)x->follows;
    sl_buf_add(&x->feed, bytes);
    x->fed = x->fed || bytes.len;
    x->total += bytes.len;
    x->follows -= bytes.len;
    sl_defer_set(x->h1->loop, &x->pump);
    return bytes.len;
}

static bool copy_parts(struct sl_h1_exchange *x, const struct sl_http_out *out)
{
    x->n_parts = out->n_body;
    x->parts = x->inline_parts;
    if (out->n_body > SL_H1_INLINE_PARTS)
        x->parts = sl_net_zalloc(out->n_body * sizeof *x->parts);
    if (!x->parts)
        return false;
    for (size_t i = 0; i < out->n_body; i++) {
        x->parts[i] = out->body[i];
        x->total += out->body[i].len;
    }
    return true;
}

/* All but the connection. */
static sluice_status prepare(struct sl_h1_exchange *x, const struct sl_http_out *out,
                             sluice_error *err)
{
    sluice_span target;
    sluice_status st;

    x->connect_ms = out->connect_ms ? out->connect_ms : CONNECT_MS;
    x->idle_ms = out->idle_ms;
    x->retried = x->touched = x->paused = false;
    x->total = x->written = x->fed_before = 0;
    x->follows = out->follows;
    x->fed = x->hungry = x->refused = false;
    sl_buf_init(&x->feed, SL_H1_FEED);
    sl_answer_init(&x->answer, sl_span_eq(out->method, SL_SPAN("HEAD")));
    x->answer.may_switch = out->upgrade;
    sl_buf_init(&x->duplex, SIZE_MAX);
    x->head = take_head(x->h1);
    if (!copy_parts(x, out) || !x->head || (x->follows && !sl_buf_reserve(&x->feed, SL_H1_FEED)))
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory for an upstream request");
    st = sl_h1_origin_find(x->h1, out, &x->origin, &target, err);
    if (st < 0)
        return st;
    x->origin->n_exchanges++;
    st = sl_h1_build_head(&x->head->text, out, target, x->origin, x->total + x->follows, err);
    if (st < 0)
        return st;
    x->n_head = x->head->text.len;
    x->total += x->n_head;
    return SLUICE_OK;
}

static sluice_status submit(struct sl_transport *t, const struct sl_http_out *out,
                            const struct sl_exchange_events *events, void *ctx,
                            struct sl_exchange **result, sluice_error *err)
{
    struct sl_h1 *h1 = (struct sl_h1 *)t;
    struct sl_h1_exchange *x;
    struct sl_h1_conn *c;
    sluice_status st;

    *result = NULL;
    x = take_exchange(h1);
    if (!x)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory for an upstream request");
    x->events = *events;
    x->ctx = ctx;
    st = prepare(x, out, err);
    if (st < 0) {
        drop_exchange(x);
        return st;
    }
    *result = &x->base;
    c = sl_h1_pool_take(x->origin);
    if (c) {
        x->moved_us = sl_loop_now_us(h1->loop);
        if (x->idle_ms)
            sl_timer_set(h1->loop, &x->timer, x->idle_ms);
        sl_h1_conn_reuse(c, x);
    } else if (!connect_fresh(x)) {
        drop_exchange(x);
        *result = NULL;
        st = sl_fail(err, SLUICE_E_NOMEM, "out of memory to connect");
    }
    return st;
}

static void pause_exchange(struct sl_exchange *exchange, bool on)
{
    struct sl_h1_exchange *x = (struct sl_h1_exchange *)exchange;

    if (x->paused == on)
        return;
    x->paused = on;
    if (!x->conn || x->conn->handshaking)
        return;
    if (on) {
        sl_h1_conn_read_on(x->conn, false);
    } else {
        x->moved_us = sl_loop_now_us(x->h1->loop);
        sl_defer_set(x->h1->loop, &x->resume);
    }
}

static void cancel(struct sl_exchange *exchange)
{
    struct sl_h1_exchange *x = (struct sl_h1_exchange *)exchange;
    const struct sl_h1_conn *c = x->conn;

    /* All of it was read, but done() was held back by a pause. */
    if (c && !c->busy && x->answer.ended && x->answer.keep_alive && c->held.len == 0 &&
        sl_h1_all_sent(x) && !c->write_failed)
        keep_connection(x);
    disconnect(x);
    drop_exchange(x);
}

static void destroy(struct sl_transport *t)
{
    struct sl_h1 *h1 = (struct sl_h1 *)t;

    sl_h1_origins_finish(h1);
    sl_tls_destroy(h1->tls);
    sl_dns_destroy(h1->dns);
    while (h1->free_exchanges) {
        struct sl_h1_exchange *next = h1->free_exchanges->next;

        free(h1->free_exchanges);
        h1->free_exchanges = next;
    }
    while (h1->free_heads) {
        struct sl_h1_head *next = h1->free_heads->next;

        sl_buf_finish(&h1->free_heads->text);
        free(h1->free_heads);
        h1->free_heads = next;
    }
    free(h1->read_buf);
    free(h1->record);
    free(h1);
}

void sl_h1_duplex(struct sl_h1_exchange *x)
{
    sl_buf_consume(&x->duplex, x->written);
    x->written = 0;
    x->total = x->duplex.len;
    x->n_parts = 1;
    x->parts[0] = sl_buf_span(&x->duplex);
    if (x->refused && x->duplex.len <= DUPLEX_MOST / 2) {
        x->refused = false;
        x->hungry = true;
        sl_defer_set(x->h1->loop, &x->pump);
    }
}

static sluice_status send_bytes(struct sl_exchange *exchange, sluice_span bytes)
{
    struct sl_h1_exchange *x = (struct sl_h1_exchange *)exchange;
    bool waits = x->duplex.len > 0;

    if (!x->answer.switched || !x->conn || x->conn->write_failed)
        return SLUICE_E_UPSTREAM;
    x->refused = waits && x->duplex.len + bytes.len > DUPLEX_MOST;
    if (x->refused)
        return SLUICE_E_LIMITED;
    if (!sl_buf_reserve(&x->duplex, bytes.len)) {
        x->duplex.failed = false; /* what waits is whole */
        x->refused = true;
        if (!waits)
            sl_h1_duplex(x);
        return SLUICE_E_LIMITED;
    }
    sl_buf_add(&x->duplex, bytes);
    sl_h1_duplex(x);
    if (!waits)
        sl_h1_conn_send(x->conn);
    return SLUICE_OK;
}

const struct sl_transport_class sl_http1_class = {
    .name = "http1",
    .submit = submit,
    .pause = pause_exchange,
    .cancel = cancel,
    .destroy = destroy,
    .send = send_bytes,
    .feed = feed,
};

sluice_status sl_http1_create(struct sl_loop *l, struct sl_jobs *jobs, struct sl_transport **out,
                              sluice_error *err)
{
    struct sl_h1 *h1 = sl_net_zalloc(sizeof *h1);

    *out = NULL;
    if (!h1)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory for the HTTP client");
    h1->base.cls = &sl_http1_class;
    h1->loop = l;
    sl_map_init(&h1->origins);
    sl_list_init(&h1->origin_uses);
    h1->dns = sl_dns_create(l, jobs, NULL);
    h1->tls = sl_tls_create();
    h1->read_buf = sl_net_zalloc(SL_H1_READ_SIZE);
    h1->record = sl_net_zalloc(SL_H1_RECORD_SIZE);
    if (!h1->dns || !h1->tls || !h1->read_buf || !h1->record) {
        destroy(&h1->base);
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory for the HTTP client");
    }
    *out = &h1->base;
    return SLUICE_OK;
}
