/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http1_conn.c - one connection. Its read event is added once and stays, idle or not: that is how a
 * close by the server is noticed in time, and why a request costs no epoll_ctl. The write event is
 * added only when the kernel's buffer is full.
 */
#include "net/http1.h"

#include <unistd.h>
#include "net/mem.h"

#define READS_PER_EVENT 4 /* full buffers of one connection before others have their turn */

static void on_readable(evutil_socket_t fd, short what, void *arg);
static void on_writable(evutil_socket_t fd, short what, void *arg);

/* Callbacks may close the connection whose event is being served; the struct outlives that. */
static bool enter(struct sl_h1_conn *c)
{
    bool was = c->busy;

    c->busy = true;
    return was;
}

/* What a callback was given may lie in c->held, so that goes last as well. */
static void release(struct sl_h1_conn *c)
{
    sl_buf_finish(&c->held);
    free(c);
}

static void leave(struct sl_h1_conn *c, bool was)
{
    c->busy = was;
    if (c->dead && !was)
        release(c);
}

void sl_h1_conn_read_on(struct sl_h1_conn *c, bool on)
{
    if (on == c->reading)
        return;
    if (on)
        c->reading = event_add(&c->read_event, NULL) == 0;
    else
        c->reading = event_del(&c->read_event) != 0;
}

void sl_h1_want_write(struct sl_h1_conn *c)
{
    if (c->writing)
        return;
    if (!c->write_event)
        c->write_event = event_new(event_get_base(&c->read_event), c->fd, EV_WRITE, on_writable, c);
    c->writing = c->write_event && event_add(c->write_event, NULL) == 0;
    if (!c->writing) /* out of memory: the read event will find the end */
        shutdown(c->fd, SHUT_RDWR);
}

static void shut(struct sl_h1_conn *c)
{
    event_del(&c->read_event);
    if (c->write_event)
        event_free(c->write_event);
    c->write_event = NULL;
    sl_tls_close(c->ssl);
    c->ssl = NULL;
    close(c->fd);
    c->fd = -1;
    c->x = NULL;
    c->dead = true;
}

void sl_h1_conn_close(struct sl_h1_conn *c)
{
    if (c->dead)
        return;
    shut(c);
    if (!c->busy)
        release(c);
}

void sl_h1_conn_send(struct sl_h1_conn *c)
{
    struct sl_h1_exchange *x = c->x;
    size_t before = x->written;
    enum sl_h1_io outcome = sl_h1_send(c);

    if (x->written != before)
        x->moved_us = sl_loop_now_us(x->h1->loop);
    if (x->answer.switched)
        sl_h1_duplex(x);
    if (outcome == SL_H1_DONE && x->follows) {
        x->fed_before += x->feed.len;
        sl_buf_reset(&x->feed);
        x->hungry = true;
        sl_defer_set(x->h1->loop, &x->pump);
    }
    if (outcome != SL_H1_BROKEN)
        return;
    /* The server may have answered and closed without wanting the rest. */
    c->write_failed = true;
    if (c->reused && !x->answer.begun)
        sl_h1_broken(x, SLUICE_E_UPSTREAM, "connection closed while the request was sent", NULL);
}

static void handshake_on(struct sl_h1_conn *c)
{
    struct sl_h1_exchange *x = c->x;
    sluice_error err = SLUICE_ERROR_INIT;

    switch (sl_h1_handshake(c)) {
    case SL_H1_DONE:
        c->handshaking = false;
        x->moved_us = sl_loop_now_us(x->h1->loop);
        if (x->idle_ms)
            sl_timer_set(x->h1->loop, &x->timer, x->idle_ms);
        else
            sl_timer_cancel(&x->timer);
        sl_h1_conn_send(c);
        break;
    case SL_H1_WAIT:
        break;
    default:
        sl_tls_explain(c->ssl, c->origin->name, SLUICE_E_UNAVAILABLE, &err);
        sl_h1_fail(x, SLUICE_E_UNAVAILABLE, &err);
    }
}

static void read_on(struct sl_h1_conn *c)
{
    char *buf = c->origin->h1->read_buf;
    struct sl_h1_exchange *x = c->x;
    bool full = true;

    for (int i = 0; full && i < READS_PER_EVENT; i++) {
        size_t n;

        switch (sl_h1_recv(c, buf, SL_H1_READ_SIZE, &n, &full)) {
        case SL_H1_DONE:
            x->moved_us = sl_loop_now_us(x->h1->loop);
            if (!sl_h1_deliver(c, buf, n))
                return;
            break;
        case SL_H1_WAIT:
            return;
        case SL_H1_EOF:
            sl_h1_closed(c, true);
            return;
        case SL_H1_BROKEN:
            sl_h1_closed(c, false);
            return;
        }
    }
    /* What OpenSSL holds is not seen by the kernel: come back by ourselves. */
    if (full && c->ssl)
        sl_defer_set(x->h1->loop, &x->resume);
}

/* Nobody asked for anything: the server closes, or talks out of turn. Only TLS has something of its
 * own to say, such as new session tickets. */
static void idle_readable(struct sl_h1_conn *c)
{
    bool full;
    size_t n;

    if (c->ssl && sl_h1_recv(c, c->origin->h1->read_buf, SL_H1_READ_SIZE, &n, &full) == SL_H1_WAIT)
        return;
    sl_h1_pool_remove(c);
    shut(c); /* leave() frees it */
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
    struct sl_h1_conn *c = arg;
    bool was = enter(c);

    (void)fd;
    (void)what;
    if (!c->x)
        idle_readable(c);
    else if (c->handshaking)
        handshake_on(c);
    else
        read_on(c);
    /* TLS may have waited for a read in order to write. */
    if (!c->dead && c->ssl && c->x && !c->handshaking && !c->writing && !c->write_failed &&
        c->x->written < c->x->total)
        sl_h1_conn_send(c);
    leave(c, was);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
    struct sl_h1_conn *c = arg;
    bool was = enter(c);

    (void)fd;
    (void)what;
    c->writing = false;
    if (c->x && c->handshaking)
        handshake_on(c);
    else if (c->x && !c->write_failed)
        sl_h1_conn_send(c);
    /* TLS may have waited for room to write in order to read. */
    if (!c->dead && c->ssl && c->x && !c->handshaking && c->reading)
        read_on(c);
    leave(c, was);
}

void sl_h1_conn_resume(struct sl_h1_conn *c)
{
    bool was = enter(c);

    if (sl_h1_deliver(c, NULL, 0)) {
        sl_h1_conn_read_on(c, true);
        if (c->ssl)
            read_on(c);
    }
    leave(c, was);
}

void sl_h1_conn_pump(struct sl_h1_conn *c)
{
    bool was = enter(c);

    if (!c->writing && !c->write_failed)
        sl_h1_conn_send(c);
    leave(c, was);
}

void sl_h1_conn_reuse(struct sl_h1_conn *c, struct sl_h1_exchange *x)
{
    bool was = enter(c);

    c->x = x;
    x->conn = c;
    sl_h1_conn_send(c);
    leave(c, was);
}

void sl_h1_conn_start(struct sl_h1_exchange *x, int fd)
{
    struct sl_h1_origin *o = x->origin;
    struct event_base *base = sl_loop_base(x->h1->loop);
    struct sl_h1_conn *c = sl_net_zalloc(sizeof *c);
    bool was;

    if (!c) {
        close(fd);
        sl_h1_failf(x, SLUICE_E_NOMEM, "%s: out of memory for a connection", o->name);
        return;
    }
    sl_list_init(&c->node);
    c->origin = o;
    c->fd = fd;
    c->x = x;
    x->conn = c;
    was = enter(c);
    sl_buf_init(&c->held, SL_ANSWER_HEAD_MAX + SL_H1_READ_SIZE + 1);
    event_assign(&c->read_event, base, fd, EV_READ | EV_PERSIST, on_readable, c);
    if (o->setup)
        c->ssl = sl_tls_open(o->setup, o->host, fd, &o->session);
    sl_h1_conn_read_on(c, true);
    if (!c->reading || (o->setup && !c->ssl)) {
        sl_h1_failf(x, SLUICE_E_NOMEM, "%s: out of memory for a connection", o->name);
    } else if (c->ssl) {
        c->handshaking = true;
        handshake_on(c);
    } else {
        x->moved_us = sl_loop_now_us(x->h1->loop);
        if (x->idle_ms)
            sl_timer_set(x->h1->loop, &x->timer, x->idle_ms);
        else
            sl_timer_cancel(&x->timer);
        sl_h1_conn_send(c);
    }
    leave(c, was);
}
