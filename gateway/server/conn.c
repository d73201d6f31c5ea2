/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conn.c - a connection's socket: its life, reading, what it waits for, how it ends. Writing is in
 * conn_write.c.
 * Read interest stays for the life of the connection, write interest is added after EAGAIN. A
 * client that sends more than can be taken is not read for a while; then only its leaving is waited
 * for (see update_interest).
 */
#include "server/h2.h"

#include <errno.h>
#include <linux/sockios.h>
#include <sluice_sdk/arena.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define READING (EV_READ | EV_PERSIST)
#define PAUSED (EV_CLOSED | EV_WRITE | EV_ET | EV_PERSIST)

static void on_event(evutil_socket_t fd, short what, void *arg);

/* ---- life -------------------------------------------------------------------------------- */

static struct gw_conn *take(struct gw_server *s)
{
    struct sl_pooled *p = sl_pool_take(&s->spare);
    struct gw_conn *c;

    if (!p)
        return sl_fault_hit() ? NULL : calloc(1, sizeof *c);
    c = SL_CONTAINER(p, struct gw_conn, pooled);
    /* Nothing of the last client may be left. */
    memset(c, 0, sizeof *c);
    return c;
}

static void drop_input(struct gw_conn *c)
{
    c->server->stats.buffered -= c->in.size;
    sl_buf_finish(&c->in);
}

static void give(struct gw_conn *c)
{
    struct gw_server *s = c->server;

    drop_input(c);
    sl_pool_give(&s->spare, &c->pooled);
}

static void destroy(struct sl_pooled *p)
{
    free(SL_CONTAINER(p, struct gw_conn, pooled));
}

void gw_conn_pool_init(struct sl_pool *pool)
{
    sl_pool_init(pool, GW_SPARE_CONN, destroy);
}

bool gw_conn_open(struct gw_server *s, int fd, const struct sockaddr *peer, socklen_t len)
{
    struct gw_conn *c = take(s);

    if (!c || !gw_io_open(&c->io, fd, s->options.tls)) {
        free(c);
        close(fd);
        return false;
    }
    c->server = s;
    memcpy(&c->peer, peer, len < sizeof c->peer ? len : sizeof c->peer);
    sl_buf_init(&c->in, s->in_bound * 2);
    gw_timer_init(&c->timer);
    sl_list_init(&c->later);
    c->fresh = true;
    sl_list_append(&s->conns, &c->link);
    s->stats.open++;
    s->stats.idle++;
    s->stats.accepted++;
    c->interest = READING;
    event_assign(&c->ev, s->base, fd, READING, on_event, c);
    event_add(&c->ev, NULL);
    gw_conn_settle(c);
    return true;
}

void gw_conn_close(struct gw_conn *c)
{
    struct gw_server *s = c->server;

    if (c->stage == GW_CLOSED)
        return;
    gw_request_sent(&c->req, false);
    if (c->h2)
        gw_h2_free(c);
    gw_conn_stage(c, GW_CLOSED);
    event_del(&c->ev);
    gw_timer_remove(&c->timer);
    gw_out_consume(&c->out, &s->pool, c->out.len);
    c->io.ops->close(&c->io);
    close(c->io.fd);
    sl_list_remove(&c->link);
    sl_list_remove(&c->later);
    s->stats.open--;
    if (!c->busy) /* else a handler may still look at what lies in its buffer */
        give(c);
    gw_server_conn_gone(s);
}

/* ---- what it waits for ------------------------------------------------------------------- */

/* While a client is not read, edges are waited for: EV_CLOSED for its FIN, EV_WRITE for a reset
 * (which libevent reports as readable and writable, not as closed) and for room to write. */
static void update_interest(struct gw_conn *c)
{
    bool reading = !c->ended && c->in.len < c->server->in_bound;
    short want = reading ? READING : PAUSED;

    if (reading && (c->blocked || c->io.read_wants_write))
        want |= EV_WRITE;
    if (want == c->interest)
        return;
    event_del(&c->ev);
    event_assign(&c->ev, c->server->base, c->io.fd, want, on_event, c);
    event_add(&c->ev, NULL);
    c->interest = want;
}

static enum gw_timing timing_of(const struct gw_conn *c)
{
    if (c->blocked)
        return GW_T_WRITE;
    switch (c->stage) {
    case GW_IDLE:
        return c->fresh ? GW_T_HEAD : GW_T_IDLE;
    case GW_HEAD:
        return GW_T_HEAD;
    case GW_REQUEST:
        return c->req.body_done || c->req.held || c->req.upgraded ? GW_T_NONE : GW_T_BODY;
    case GW_DISCARD:
        return GW_T_BODY;
    case GW_STREAMS:
        return c->h2->n_streams ? GW_T_NONE : GW_T_IDLE; /* each has a timer of its own */
    case GW_LINGER:
        return GW_T_LINGER;
    default:
        return GW_T_NONE;
    }
}

/* Bytes that the kernel has and the client has not. */
static int in_socket(const struct gw_conn *c)
{
    int n = 0;

    return ioctl(c->io.fd, SIOCOUTQ, &n) == 0 ? n : 0;
}

static void update_timer(struct gw_conn *c)
{
    const struct gw_limits *l = &c->server->limits;
    const uint32_t ms[] = { 0, l->head_ms, l->idle_ms, l->body_ms, l->write_ms, l->linger_ms };
    enum gw_timing t = timing_of(c);

    if (t == GW_T_NONE)
        gw_timer_clear(&c->timer);
    else if (t != c->timing || (c->progress && (t == GW_T_BODY || t == GW_T_WRITE))) {
        gw_timer_set(&c->server->wheel, &c->timer, ms[t]);
        if (t == GW_T_WRITE)
            c->queued = in_socket(c);
    }
    c->timing = t;
    c->progress = false;
}

void gw_conn_settle(struct gw_conn *c)
{
    if (c->busy || c->stage == GW_CLOSED)
        return;
    update_interest(c);
    update_timer(c);
}

static void enter(struct gw_conn *c)
{
    c->busy = true;
    c->server->in_callback = true;
}

static void leave(struct gw_conn *c)
{
    struct gw_server *s = c->server;

    c->busy = false;
    if (c->stage == GW_CLOSED)
        give(c);
    else
        gw_conn_settle(c);
    s->in_callback = false;
}

void gw_conn_later(struct gw_conn *c, unsigned todo)
{
    struct gw_server *s = c->server;

    if (c->stage == GW_CLOSED)
        return;
    c->todo |= (uint8_t)todo;
    if (sl_list_empty(&c->later)) {
        sl_list_append(&s->later, &c->later);
        if (!s->in_callback)
            event_active(&s->later_ev, EV_TIMEOUT, 0);
    }
}

void gw_conn_advance(struct gw_conn *c)
{
    bool busy = c->busy;

    c->busy = true;
    if (!c->blocked)
        gw_conn_flush(c);
    c->busy = busy;
    if (busy)
        return;
    if (c->stage == GW_CLOSED)
        give(c);
    else
        gw_conn_settle(c);
}

/* ---- reading ----------------------------------------------------------------------------- */

/* The client is gone, or will send nothing more. */
static void ended(struct gw_conn *c, bool reset)
{
    c->ended = true;
    if (c->stage == GW_REQUEST)
        gw_request_abort(&c->req, GW_LEFT);
    else if (c->stage == GW_STREAMS)
        gw_h2_left(c, reset);
    else if (reset || c->out.len == 0 || c->stage == GW_LINGER)
        gw_conn_close(c);
}

static void keep(struct gw_conn *c, const char *p, size_t n)
{
    size_t size = c->in.size;

    sl_buf_add(&c->in, sl_span(p, n));
    c->server->stats.buffered += c->in.size - size;
    if (!sl_buf_ok(&c->in))
        ended(c, true);
}

static void consume_kept(struct gw_conn *c)
{
    size_t used = gw_conn_consume(c, c->in.ptr, c->in.len);

    if (c->stage == GW_CLOSED || c->in.len == 0)
        return;
    sl_buf_consume(&c->in, used);
    if (c->in.len == 0)
        drop_input(c);
}

/* One read. False when there is nothing more to read now. */
/* Where the rest of a large body belongs, if somebody says so; else the server's buffer. */
static char *read_to(struct gw_conn *c, size_t *room)
{
    struct gw_server *s = c->server;
    const struct gw_request *req = &c->req;
    char *to = NULL;

    if (c->stage == GW_REQUEST && req->body == SL_HTTP_BODY_LENGTH && req->active && !req->held &&
        req->body_left >= GW_DIRECT_LEAST && s->options.handler.on_room)
        to = s->options.handler.on_room(s->options.ctx, &c->req, room);
    if (!to) {
        *room = GW_READ_SIZE;
        return s->buffer;
    }
    if (*room > req->body_left)
        *room = (size_t)req->body_left;
    if (*room > GW_DIRECT_MOST)
        *room = GW_DIRECT_MOST;
    return to;
}

static bool read_once(struct gw_conn *c)
{
    struct gw_server *s = c->server;
    size_t size = c->in.size, used, room;
    char *to;
    ssize_t n;

    if (c->in.len) {
        if (!sl_buf_reserve(&c->in, 2048)) {
            ended(c, true);
            return false;
        }
        s->stats.buffered += c->in.size - size;
        to = c->in.ptr + c->in.len;
        room = c->in.size - c->in.len;
    } else {
        to = read_to(c, &room);
    }
    n = c->io.ops->read(&c->io, to, room);
    if (n <= 0) {
        if (n == 0 || (errno != EAGAIN && errno != EINTR))
            ended(c, n < 0);
        return false;
    }
    s->stats.bytes_in += (size_t)n;
    c->progress = true;
    if (c->in.len) {
        c->in.len += (size_t)n;
        consume_kept(c);
    } else {
        used = gw_conn_consume(c, to, (size_t)n); /* all of it, if `to` is a body's */
        if (c->stage != GW_CLOSED && used < (size_t)n)
            keep(c, to + used, (size_t)n - used);
    }
    return true;
}

/* One read of the socket; more as long as decrypted bytes are left, which it will not report. */
static void read_all(struct gw_conn *c)
{
    while (c->in.len < c->server->in_bound && read_once(c) && c->stage != GW_CLOSED &&
           c->io.ops->pending(&c->io))
        ;
}

/* In edge-triggered waiting a reset shows as EV_WRITE only. */
static void check_reset(struct gw_conn *c)
{
    int error = 0;
    socklen_t len = sizeof error;

    if (getsockopt(c->io.fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 && error)
        ended(c, true);
}

static void on_event(evutil_socket_t fd, short what, void *arg)
{
    struct gw_conn *c = arg;
    struct gw_server *s = c->server;

    (void)fd;
    enter(c);
    if (c->interest & EV_ET) {
        if (what & EV_CLOSED && !c->ended)
            ended(c, false);
        else if (what & EV_WRITE)
            check_reset(c);
    }
    if (what & EV_WRITE && c->stage != GW_CLOSED) {
        if (c->blocked) {
            c->blocked = false;
            gw_conn_flush(c);
            gw_conn_drained(c);
        }
        if (c->io.read_wants_write)
            what |= EV_READ;
    }
    if (what & EV_READ && c->stage != GW_CLOSED && !(c->interest & EV_ET))
        read_all(c);
    leave(c);
    gw_server_work(s);
}

/* ---- the rest ---------------------------------------------------------------------------- */

void gw_conn_work(struct gw_conn *c)
{
    unsigned todo = c->todo;

    c->todo = 0;
    enter(c);
    if (todo & GW_TODO_ABORT) {
        ended(c, true);
    } else if (c->stage == GW_STREAMS) {
        gw_h2_work(c);
    } else {
        if (todo & GW_TODO_FLUSH && !c->blocked) {
            gw_conn_flush(c);
            if (c->stage != GW_CLOSED)
                gw_conn_drained(c);
        }
        if (todo & GW_TODO_LEAVE && c->stage == GW_REQUEST && c->req.active)
            c->server->options.handler.on_leave(c->server->options.ctx, &c->req);
        if (todo & GW_TODO_INPUT && c->stage != GW_CLOSED) {
            if (c->req.expect && c->stage == GW_REQUEST && !c->req.held && c->in.len == 0)
                gw_respond_continue(c);
            consume_kept(c);
            if (c->stage != GW_CLOSED && c->io.ops->pending(&c->io))
                read_all(c);
        }
    }
    leave(c);
}

void gw_conn_expired(struct gw_timer *t)
{
    struct gw_conn *c = SL_CONTAINER(t, struct gw_conn, timer);
    enum gw_timing timing = c->timing;

    c->timing = GW_T_NONE;
    enter(c);
    if (timing == GW_T_WRITE && in_socket(c) < c->queued) {
        ; /* slow, but it reads: the socket's buffer is large. Another time-out begins. */
    } else if (c->stage == GW_REQUEST) {
        gw_request_abort(&c->req, GW_STALLED);
    } else if (timing == GW_T_IDLE && c->stage == GW_STREAMS) {
        gw_h2_stop(c, 0, GW_STALLED);
    } else if (timing == GW_T_HEAD && c->stage == GW_HEAD) {
        c->server->stats.refused++;
        gw_respond_error(c, 408, "The request head did not arrive in time.");
    } else {
        if (c->stage == GW_STREAMS)
            gw_h2_abort_all(c, GW_STALLED);
        gw_conn_close(c);
    }
    leave(c);
}
