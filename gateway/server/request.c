/* SPDX-License-Identifier: Apache-2.0 */
/* request.c - from bytes to requests: heads, bodies, and how a request ends. */
#include "server/h2.h"

#include <arpa/inet.h>
#include <sluice_sdk/clock.h>

/* ---- heads ------------------------------------------------------------------------------- */

static void refuse(struct gw_conn *c, int status, const char *what)
{
    c->server->stats.refused++;
    gw_respond_error(c, status, what);
}

/* The request begins: everything of the one before is overwritten here. */
static void begin(struct gw_conn *c, const struct sl_http_head *h)
{
    uint64_t received_us = c->req.received_us;

    c->req = (struct gw_request){ .received_us = received_us,
                                  .active = true,
                                  .body = h->body,
                                  .body_left = h->length,
                                  .body_done = h->body == SL_HTTP_BODY_NONE,
                                  .expect = h->expect_continue,
                                  .to_head = sl_span_eq(h->method, SL_SPAN("HEAD")),
                                  .minor = h->minor == 1,
                                  .keep = h->keep_alive };
    sl_http_chunked_init(&c->req.chunked);
    gw_conn_stage(c, GW_REQUEST);
    c->timing = GW_T_NONE; /* the next idle time begins anew, even if the answer comes at once */
    c->server->stats.requests++;
}

/* The first bytes of a connection: do they begin as an HTTP/2 client's do? True: yes, *used of them
 * were used; 0 = it takes more to know. */
static bool read_preface(struct gw_conn *c, const char *p, size_t n, size_t *used)
{
    if (!gw_h2_is_preface(p, n))
        return false;
    *used = 0;
    if (n < GW_H2_PREFACE_LEN) {
        gw_conn_stage(c, GW_HEAD);
    } else if (gw_h2_open(c)) {
        gw_h2_receive(c, p, n);
        *used = n;
    } else {
        gw_conn_close(c);
    }
    return true;
}

/* A head at p, perhaps. Returns how many bytes were used; 0 = it is not complete. */
static size_t read_head(struct gw_conn *c, char *p, size_t n)
{
    struct gw_server *s = c->server;
    const struct sl_http_limits limits = { s->limits.head, s->limits.line };
    struct sl_http_error err;
    size_t used = 0;
    sluice_status st;

    if (c->fresh && read_preface(c, p, n, &used))
        return used;
    if (c->stage == GW_IDLE || c->fresh) {
        c->req.received_us = sl_now_us();
        c->fresh = false;
        c->seen = 0;
        gw_conn_stage(c, GW_HEAD);
    }
    st = sl_http_parse_request(p, n, c->seen, &limits, &s->head, &used, &err);
    if (st == SLUICE_MORE) {
        c->seen = n;
        return 0;
    }
    if (st < 0) {
        refuse(c, err.status, err.what);
        return n;
    }
    begin(c, &s->head);
    if (s->head.body == SL_HTTP_BODY_LENGTH && s->head.length > s->limits.body) {
        c->req.active = false;
        refuse(c, 413, "The request body is too large.");
        return used;
    }
    c->look = sl_span(p + used, n - used);
    s->options.handler.on_request(s->options.ctx, &c->req, &s->head);
    c->look = sl_span(NULL, 0);
    if (c->req.taken)
        used += (size_t)c->req.body_left;
    if (c->stage == GW_REQUEST && c->req.expect && !c->req.held && used == n)
        gw_respond_continue(c);
    return used;
}

/* ---- bodies ------------------------------------------------------------------------------ */

/* The next piece of the body in *in. OK: a piece; MORE: nothing; PENDING: its end; INVALID. */
static sluice_status decode(struct gw_request *req, sluice_span *in, sluice_span *piece)
{
    struct sl_http_error err;
    sluice_status st = SLUICE_OK;

    if (req->body == SL_HTTP_BODY_CHUNKED) {
        st = sl_http_chunked_next(&req->chunked, in, piece, &err);
    } else if (req->body_left == 0) {
        st = SLUICE_PENDING;
    } else {
        *piece = sl_span_head(*in, req->body_left < SIZE_MAX ? (size_t)req->body_left : SIZE_MAX);
        *in = sl_span_from(*in, piece->len);
        req->body_left -= piece->len;
        st = piece->len ? SLUICE_OK : SLUICE_MORE;
    }
    if (st == SLUICE_OK)
        req->body_seen += piece->len;
    return st;
}

static bool at_end(const struct gw_request *req)
{
    return req->body == SL_HTTP_BODY_LENGTH && req->body_left == 0;
}

/* Hand on what is in *in; false when nothing more can be done with it now. */
static bool deliver(struct gw_conn *c, sluice_span *in)
{
    struct gw_server *s = c->server;
    struct gw_request *req = &c->req;
    sluice_span piece = sl_span(in->ptr, 0);
    sluice_status st;

    if (req->body_done || req->held)
        return false;
    st = decode(req, in, &piece);
    if (st == SLUICE_MORE)
        return false;
    if (st < 0) {
        gw_request_abort(req, GW_MALFORMED);
        return false;
    }
    if (req->body_seen > s->limits.body && !req->upgraded) {
        gw_request_abort(req, GW_TOO_LARGE);
        return false;
    }
    req->expect = false; /* the client did not wait */
    req->body_done = st == SLUICE_PENDING || at_end(req);
    if (s->options.handler.on_body(s->options.ctx, req, piece, req->body_done) == GW_HOLD &&
        c->stage == GW_REQUEST && !req->body_done)
        req->held = true;
    return true;
}

/* Read past the rest of the body of an answered request. */
static bool discard(struct gw_conn *c, sluice_span *in)
{
    struct gw_request *req = &c->req;
    sluice_span piece;
    sluice_status st = decode(req, in, &piece);

    if (st == SLUICE_MORE)
        return false;
    req->body_done = st == SLUICE_PENDING || at_end(req);
    if (st < 0 || req->body_seen > c->server->limits.discard ||
        (req->body_done && c->server->draining)) {
        gw_conn_stage(c, GW_CLOSING);
        gw_conn_flush(c);
        return false;
    }
    if (req->body_done)
        gw_conn_stage(c, GW_IDLE);
    return true;
}

size_t gw_conn_consume(struct gw_conn *c, char *p, size_t n)
{
    size_t at = 0;

    while (c->stage != GW_CLOSED) {
        sluice_span in = sl_span(p + at, n - at);
        bool going;

        switch (c->stage) {
        case GW_IDLE:
        case GW_HEAD:
            if (c->blocked || at == n)
                return at;
            in = sl_span_from(in, read_head(c, p + at, n - at));
            going = c->stage != GW_HEAD;
            break;
        case GW_REQUEST:
            going = deliver(c, &in);
            break;
        case GW_DISCARD:
            going = discard(c, &in);
            break;
        case GW_STREAMS:
            if (in.len)
                gw_h2_receive(c, in.ptr, in.len);
            return n;
        default: /* nobody wants it any more */
            return n;
        }
        at = n - in.len;
        if (!going && c->stage != GW_CLOSING && c->stage != GW_LINGER)
            return at;
    }
    return n;
}

/* ---- ends -------------------------------------------------------------------------------- */

void gw_request_abort(struct gw_request *req, enum gw_abort why)
{
    struct gw_conn *c = gw_conn_of(req);
    struct gw_server *s = c->server;
    bool begun = req->answering;

    if (!req->active)
        return;
    req->active = false;
    s->options.handler.on_abort(s->options.ctx, req, why);
    if (begun || why == GW_LEFT || why == GW_SHUTDOWN)
        gw_conn_close(c);
    else if (why == GW_TOO_LARGE)
        refuse(c, 413, "The request body is too large.");
    else if (why == GW_MALFORMED)
        refuse(c, 400, "The chunked request body is malformed.");
    else
        refuse(c, 408, "The request body did not arrive in time.");
}

void gw_request_sent(struct gw_request *req, bool whole)
{
    struct gw_server *s = gw_any_conn_of(req)->server;

    if (!req->unsent)
        return;
    req->unsent = false;
    s->options.handler.on_sent(s->options.ctx, req, whole);
}

void gw_request_finish(struct gw_request *req, bool cut)
{
    struct gw_conn *c = gw_conn_of(req);

    req->active = false;
    if (cut || !req->keep || c->server->draining) {
        gw_conn_stage(c, GW_CLOSING);
    } else if (!req->body_done) {
        req->body_seen = 0; /* counts what is discarded, from here on */
        gw_conn_stage(c, GW_DISCARD);
        if (c->in.len)
            gw_conn_later(c, GW_TODO_INPUT);
    } else {
        gw_conn_stage(c, GW_IDLE);
    }
    gw_conn_advance(c);
}

/* ---- for the handler --------------------------------------------------------------------- */

void gw_request_set_user(struct gw_request *req, void *user)
{
    req->user = user;
}

void *gw_request_user(const struct gw_request *req)
{
    return req->user;
}

void *gw_request_ctx(const struct gw_request *req)
{
    return gw_any_conn_of(req)->server->options.ctx;
}

uint64_t gw_request_received_us(const struct gw_request *req)
{
    return req->received_us;
}

sluice_span gw_request_peer(const struct gw_request *req)
{
    struct gw_conn *c = gw_any_conn_of(req);

    if (!c->peer_text[0]) {
        if (c->peer.any.sa_family == AF_INET)
            inet_ntop(AF_INET, &c->peer.v4.sin_addr, c->peer_text, sizeof c->peer_text);
        else if (c->peer.any.sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&c->peer.v6.sin6_addr))
            inet_ntop(AF_INET, &c->peer.v6.sin6_addr.s6_addr[12], c->peer_text,
                      sizeof c->peer_text);
        else if (c->peer.any.sa_family == AF_INET6)
            inet_ntop(AF_INET6, &c->peer.v6.sin6_addr, c->peer_text, sizeof c->peer_text);
    }
    return sl_span_str(c->peer_text);
}

bool gw_request_is_tls(const struct gw_request *req)
{
    return gw_any_conn_of(req)->io.ssl != NULL;
}

bool gw_request_take_body(struct gw_request *req, sluice_span *body)
{
    struct gw_conn *c;

    *body = sl_span(NULL, 0);
    if (req->body == SL_HTTP_BODY_NONE)
        return true;
    if (req->protocol)
        return false; /* HTTP/2 brings a body behind its head, in frames */
    c = gw_conn_of(req);
    if (req->body != SL_HTTP_BODY_LENGTH || !c->look.ptr || req->body_left > c->look.len)
        return false;
    req->taken = req->body_done = true;
    *body = sl_span_head(c->look, (size_t)req->body_left);
    return true;
}

void gw_request_hold(struct gw_request *req)
{
    req->held = true;
}

void gw_request_resume(struct gw_request *req)
{
    struct gw_conn *c;

    if (!req->active || !req->held)
        return;
    req->held = false;
    if (req->protocol) {
        req->protocol->resume(req);
        return;
    }
    c = gw_conn_of(req);
    gw_conn_later(c, GW_TODO_INPUT);
    gw_conn_settle(c);
}
