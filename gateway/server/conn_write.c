/* SPDX-License-Identifier: Apache-2.0 */
/* conn_write.c - a connection's way out: one write of what waits and what is new, the rest kept
 * until the socket takes it. */
#include "server/h2.h"

#include <errno.h>

#define VECTORS 96 /* of one write */

/* Everything of an answer is out: close, or wait until the client has read it. */
static void written(struct gw_conn *c)
{
    if (c->stage == GW_CLOSING) {
        if (c->ended || (c->req.body_done && c->in.len == 0)) {
            if (c->io.ssl)
                c->io.ops->finish(&c->io);
            gw_conn_close(c);
            return;
        }
        /* Closing with unread bytes would reset the connection and could take the answer with it.
         */
        c->io.ops->finish(&c->io);
        gw_conn_stage(c, GW_LINGER);
        if (c->in.len)
            gw_conn_later(c, GW_TODO_INPUT);
    } else if (c->ended || (c->server->draining && c->stage == GW_IDLE)) {
        gw_conn_close(c);
    } else if (c->in.len && c->stage != GW_REQUEST) {
        gw_conn_later(c, GW_TODO_INPUT);
    }
}

static void fail_writing(struct gw_conn *c)
{
    c->broken = true;
    c->blocked = false;
    gw_out_consume(&c->out, &c->server->pool, c->out.len);
    gw_conn_later(c, GW_TODO_ABORT);
}

/* One write of what waits and, when all of that fits, of the n vectors behind it. Returns how much
 * of those was sent; *full = the socket takes no more. */
static size_t write_once(struct gw_conn *c, const struct iovec *iov, size_t n, bool *full)
{
    struct gw_server *s = c->server;
    struct iovec all[VECTORS];
    size_t n_all = gw_out_vectors(&c->out, all, VECTORS - n), waiting = 0, offered, sent;
    ssize_t r;

    for (size_t i = 0; i < n_all; i++)
        waiting += all[i].iov_len;
    offered = waiting;
    if (waiting == c->out.len)
        for (size_t i = 0; i < n; i++, offered += all[n_all++].iov_len)
            all[n_all] = iov[i];
    r = offered ? c->io.ops->write(&c->io, all, n_all, s->scratch) : 0;
    if (r < 0 && errno != EAGAIN && errno != EINTR) {
        fail_writing(c);
        return 0;
    }
    sent = r > 0 ? (size_t)r : 0;
    *full = sent < offered;
    s->stats.bytes_out += sent;
    c->progress = c->progress || sent;
    waiting = sent < waiting ? sent : waiting;
    gw_out_consume(&c->out, &s->pool, waiting);
    return sent - waiting;
}

void gw_conn_write(struct gw_conn *c, const struct iovec *iov, size_t n)
{
    bool full = c->blocked;
    size_t sent = 0;

    if (c->broken || c->stage == GW_CLOSED)
        return;
    if (!full)
        sent = write_once(c, iov, n, &full);
    for (size_t i = 0; i < n && !c->broken; i++) {
        sluice_span rest = sl_span_from(sl_span(iov[i].iov_base, iov[i].iov_len), sent);

        sent -= iov[i].iov_len - rest.len;
        if (rest.len && !gw_out_add(&c->out, &c->server->pool, rest))
            fail_writing(c);
    }
    /* On until the socket is full: when edges are waited for, only then one will come. */
    while (!full && !c->broken && c->out.len)
        write_once(c, NULL, 0, &full);
    c->blocked = full && !c->broken && c->out.len > 0;
}

void gw_conn_flush(struct gw_conn *c)
{
    if (c->out.len)
        gw_conn_write(c, NULL, 0);
    if (c->stage != GW_CLOSED && c->out.len == 0 && !c->broken) {
        gw_request_sent(&c->req, true);
        written(c);
    }
}

void gw_conn_drained(struct gw_conn *c)
{
    struct gw_server *s = c->server;

    if (c->stage == GW_REQUEST && c->req.full && c->out.len < s->limits.out_low && !c->broken) {
        c->req.full = false;
        if (s->options.handler.on_drained)
            s->options.handler.on_drained(s->options.ctx, &c->req);
    } else if (c->stage == GW_STREAMS) {
        gw_conn_later(c, GW_TODO_FLUSH);
    }
}
