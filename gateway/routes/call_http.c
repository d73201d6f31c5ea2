/* SPDX-License-Identifier: Apache-2.0 */
/*
 * call_http.c - an HTTP request that is a call of the library: its body goes in piece by piece, its
 * answer comes out as bytes, and each side holds the other back when it is slow. The client
 * leaving cancels the call in the same turn of the loop.
 */
#include "routes/params.h"
#include "routes/tunnel.h"

#include <stdlib.h>
#include <sluice_sdk/buf.h>
#include <sluice_sdk/list.h>
#include <sluice_sdk/status.h>

#define PIECE_MAX (1u << 20) /* one piece of a body as the listener hands it over */
#define SPARE_MOST 1024      /* ended calls that a worker keeps for the next ones */

/* Freed when both sides are done with it: `reply.request` is NULL, `ended` is set, and nothing of
 * the answer waits for its client. */
struct gw_call {
    struct gw_pending pending; /* first: what the listener calls */
    struct gw_worker *worker;
    struct gw_reply reply;
    sluice_task task;
    bool busy;   /* a function of the library that may end the call has not returned */
    bool ended;  /* done() came, or it never began */
    bool headed; /* head() came */
    bool unsent; /* the answer is complete, but not all of it has left */
    char accept[SL_WS_ACCEPT]; /* of a request for a WebSocket; what it is answered with */
    bool socket;
    bool passes; /* its vendor has accepted: frames pass both ways */
    struct gw_tunnel tunnel;
    bool cut_late; /* an end without success has to show: no length was told, no event stream */
    struct sl_buf held; /* a piece that the library had no room for */
    bool held_last;
    struct sl_pooled pooled;
};

static struct gw_call *take(struct gw_worker *w)
{
    struct sl_pooled *p = sl_pool_take(&w->spare);
    struct gw_call *c;

    if (!p)
        return calloc(1, sizeof *c);
    c = SL_CONTAINER(p, struct gw_call, pooled);
    *c = (struct gw_call){ .worker = w };
    return c;
}

static void destroy(struct sl_pooled *p)
{
    free(SL_CONTAINER(p, struct gw_call, pooled));
}

void gw_calls_init(struct sl_pool *spare)
{
    sl_pool_init(spare, SPARE_MOST, destroy);
}

static void release(struct gw_call *c)
{
    if (!c->ended || c->busy || c->reply.request || c->unsent)
        return;
    sl_buf_finish(&c->held);
    sl_pool_give(&c->worker->spare, &c->pooled);
}

/* ---- the answer: callbacks of the library ------------------------------------------------ */

/* Streams that say themselves whether they are whole. */
static bool is_event_stream(const sluice_header *fields, size_t n)
{
    static const sluice_span types[] = { SL_SPAN("text/event-stream"),
                                         SL_SPAN("application/x-ndjson"),
                                         SL_SPAN("application/vnd.amazon.eventstream") };

    for (size_t i = 0; i < n; i++)
        if (sl_span_ieq(fields[i].name, SL_SPAN("content-type")))
            for (size_t k = 0; k < sizeof types / sizeof types[0]; k++)
                if (sl_span_starts(fields[i].value, types[k]))
                    return true;
    return false;
}

#define FIELDS_MOST 64

/* The vendor has accepted: from now on frames pass, as bytes. What the library tells of an answer's
 * body does not concern a handshake. */
static bool accept_socket(struct gw_call *c, const sluice_header *fields, size_t n)
{
    sluice_header own[FIELDS_MOST] = { { SL_SPAN("upgrade"), SL_SPAN("websocket") },
                                       { SL_SPAN("sec-websocket-accept"),
                                         { c->accept, sizeof c->accept } } };
    size_t used = 2;

    for (size_t i = 0; i < n && used < FIELDS_MOST; i++)
        if (!sl_span_starts(fields[i].name, SL_SPAN("content-")) &&
            !sl_span_eq(fields[i].name, SL_SPAN("cache-control")))
            own[used++] = fields[i];
    return gw_request_upgrade(c->reply.request, own, used);
}

static void on_head(void *ctx, int32_t status, const sluice_header *fields, size_t n,
                    int64_t length)
{
    struct gw_call *c = ctx;

    c->headed = true;
    c->passes = c->socket && status == 101 && c->reply.request && accept_socket(c, fields, n);
    if (c->passes)
        return;
    c->cut_late = length < 0 && status < 300 && !is_event_stream(fields, n);
    if (c->reply.request)
        gw_answer_head(&c->reply, status, fields, n, length);
}

/* ---- frames that pass -------------------------------------------------------------------- */

/* Keep what the library has no room for, until it has. */
static bool hold_back(struct gw_call *c, sluice_span piece, bool last)
{
    if (!c->held.ptr)
        sl_buf_init(&c->held, PIECE_MAX + SL_WS_HEAD_MOST + SL_WS_CONTROL_MOST);
    sl_buf_add(&c->held, piece);
    c->held_last = last;
    return sl_buf_ok(&c->held);
}

static bool send_up(struct gw_call *c, sluice_span bytes)
{
    return (!c->held.len &&
            sluice_body_write(c->worker->loop, c->task, bytes, 0) != SLUICE_E_NOMEM) ||
           hold_back(c, bytes, false);
}

/* The server drains: whichever side can be told, is. The client's request is over with it; the call
 * is when the vendor has closed. */
static void close_tunnel(struct gw_call *c)
{
    char frame[SL_WS_HEAD_MOST + SL_WS_CONTROL_MOST];
    size_t n = gw_tunnel_close(&c->tunnel, GW_UP, frame);
    struct gw_request *request = c->reply.request;
    sluice_span close;

    if (n)
        (void)send_up(c, sl_span(frame, n));
    n = request ? gw_tunnel_close(&c->tunnel, GW_DOWN, frame) : 0;
    if (!n)
        return;
    c->reply.request = NULL;
    close = sl_span(frame, n);
    gw_respond(request, &close, 1, GW_LAST);
}

static void pass_down(struct gw_call *c, const sluice_span *parts, size_t n, unsigned more)
{
    for (size_t i = 0; i < n && c->reply.request; i++) {
        sluice_span part = sl_span_head(parts[i], gw_tunnel_pass(&c->tunnel, GW_DOWN, parts[i]));

        if (part.len &&
            gw_respond(c->reply.request, &part, 1, more || i + 1 < n ? GW_MORE : 0) == GW_HOLD)
            sluice_pause(c->worker->loop, c->task, 1);
        close_tunnel(c);
    }
}

static void on_bytes(void *ctx, const sluice_span *parts, size_t n, uint32_t flags)
{
    struct gw_call *c = ctx;
    unsigned more = flags & SLUICE_BYTES_MORE ? GW_MORE : 0;

    if (c->passes) {
        pass_down(c, parts, n, more);
        return;
    }
    if (c->reply.request && gw_respond(c->reply.request, parts, n, more) == GW_HOLD)
        sluice_pause(c->worker->loop, c->task, 1);
}

/* A record tells whether the client got the answer. */
static void finish(struct gw_call *c, struct gw_request *request)
{
    c->unsent = gw_respond(request, NULL, 0, GW_LAST | GW_TELL) == GW_HOLD;
    if (!c->unsent)
        sluice_delivered(c->worker->loop, c->task, 1);
}

static void on_sent(struct gw_pending *p, bool whole)
{
    struct gw_call *c = (struct gw_call *)p;

    sluice_delivered(c->worker->loop, c->task, whole);
    c->unsent = false;
    release(c);
}

static void on_done(void *ctx, sluice_status status, const sluice_error *err,
                    const sluice_usage *usage)
{
    struct gw_call *c = ctx;
    struct gw_request *request = c->reply.request;

    (void)usage;
    c->ended = true;
    if (c->tunnel.closed[GW_DOWN])
        sluice_delivered(c->worker->loop, c->task, 1);
    if (request && !c->headed) {
        gw_refuse_status(&c->reply, status < 0 ? status : SLUICE_E_INTERNAL, err);
    } else if (request) {
        c->reply.request = NULL;
        if (status < 0 && c->cut_late)
            gw_respond_cut(request);
        else if (status < 0)
            gw_respond(request, NULL, 0, GW_LAST);
        else
            finish(c, request);
    }
    release(c);
}

/* For the piece that was kept. */
static void on_more_room(void *ctx)
{
    struct gw_call *c = ctx;
    sluice_status st;

    c->busy = true;
    st = sluice_body_write(c->worker->loop, c->task, sl_buf_span(&c->held), c->held_last);
    c->busy = false;
    if (st == SLUICE_E_NOMEM)
        return;
    sl_buf_finish(&c->held);
    if (c->reply.request)
        gw_request_resume(c->reply.request);
    release(c);
}

static const sluice_events events = {
    .struct_size = sizeof events,
    .head = on_head,
    .bytes = on_bytes,
    .done = on_done,
    .room = on_more_room,
};

/* ---- the body: callbacks of the listener ------------------------------------------------- */

static enum gw_flow on_frames(struct gw_call *c, sluice_span piece)
{
    piece = sl_span_head(piece, gw_tunnel_pass(&c->tunnel, GW_UP, piece));
    if (piece.len && !send_up(c, piece)) {
        sluice_cancel(c->worker->loop, c->task);
        return GW_GO;
    }
    close_tunnel(c);
    return c->held.len ? GW_HOLD : GW_GO;
}

static enum gw_flow on_piece(struct gw_pending *p, sluice_span piece, bool last)
{
    struct gw_call *c = (struct gw_call *)p;
    sluice_task task = c->task;
    sluice_loop *loop = c->worker->loop;

    if (c->passes)
        return on_frames(c, piece);
    if (sluice_body_write(loop, task, piece, last) != SLUICE_E_NOMEM)
        return GW_GO; /* taken, or the call has ended: c may be gone */
    if (hold_back(c, piece, last))
        return GW_HOLD;
    gw_refuse_status(&c->reply, SLUICE_E_NOMEM, NULL);
    sluice_cancel(loop, task);
    return GW_GO;
}

static char *on_room(struct gw_pending *p, size_t *room)
{
    struct gw_call *c = (struct gw_call *)p;

    return sluice_body_room(c->worker->loop, c->task, room);
}

static void on_drained(struct gw_pending *p)
{
    struct gw_call *c = (struct gw_call *)p;

    sluice_pause(c->worker->loop, c->task, 0);
}

static void on_gone(struct gw_pending *p)
{
    struct gw_call *c = (struct gw_call *)p;
    sluice_loop *loop = c->worker->loop;
    sluice_task task = c->task;

    c->reply.request = NULL;
    if (c->ended)
        release(c);
    else
        sluice_cancel(loop, task); /* done() frees c */
}

/* The server drains; only what was upgraded is told. */
static void on_leave(struct gw_pending *p)
{
    struct gw_call *c = (struct gw_call *)p;

    c->tunnel.leaving = true;
    close_tunnel(c);
}

/* ---- the start --------------------------------------------------------------------------- */

static struct gw_call *call_create(const struct gw_exchange *x)
{
    struct gw_call *c = take(x->worker);

    if (!c)
        return NULL;
    c->pending = (struct gw_pending){ .body = on_piece,
                                      .drained = on_drained,
                                      .abort = on_gone,
                                      .sent = on_sent,
                                      .room = on_room,
                                      .leave = on_leave };
    c->worker = x->worker;
    c->reply = x->reply;
    c->busy = true;
    return c;
}

bool gw_call_params(struct gw_params *params, struct gw_exchange *x)
{
    params->n = params->used = 0;
    if (!x->route->method.len) /* what passes through is not taken apart */
        return true;
    if (gw_params_read(params, x))
        return true;
    gw_refuse(&x->reply, 400, "invalid_request_error", "invalid_query",
              "The query string has too many parameters, is too long, or is badly encoded.");
    return false;
}

void gw_call_start(struct gw_exchange *x, sluice_request *request, bool with_body)
{
    struct gw_call *c = call_create(x);
    sluice_error err;
    sluice_status st;

    sl_error_clear(&err);
    if (!c) {
        gw_refuse_status(&x->reply, SLUICE_E_NOMEM, NULL);
        return;
    }
    if (with_body && !gw_request_take_body(x->reply.request, &request->body)) {
        request->flags |= SLUICE_BODY_FOLLOWS;
        request->body_length = x->head->body == SL_HTTP_BODY_LENGTH ? x->head->length : 0;
    }
    c->socket = x->route->flags & GW_SOCKET;
    if (c->socket)
        sl_ws_accept(sl_http_header(x->head, SL_SPAN("sec-websocket-key")), c->accept);
    gw_request_set_user(x->reply.request, c);
    st = sluice_start(c->worker->loop, request, &events, c, &c->task, &err);
    c->busy = false;
    if (st == SLUICE_E_NOT_FOUND && x->otherwise && c->reply.request) {
        gw_request_set_user(c->reply.request, NULL);
        c->ended = true;
        c->reply.request = NULL;
        release(c);
        x->otherwise(x);
        return;
    }
    if (st < 0) {
        c->ended = true;
        if (c->reply.request)
            gw_refuse_status(&c->reply, st, &err);
    }
    release(c);
}

void gw_call(struct gw_exchange *x)
{
    struct gw_params params;
    sluice_request request;

    if (!gw_call_params(&params, x))
        return;
    gw_params_request(&params, x, &request);
    gw_call_start(x, &request, true);
}
