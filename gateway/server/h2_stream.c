/* SPDX-License-Identifier: Apache-2.0 */
/* h2_stream.c - a stream of HTTP/2 as a request of server.h: its body, its answer, its time. */
#include "server/h2.h"

#include <nghttp2/nghttp2.h>
#include <sluice_sdk/arena.h>
#include <sluice_sdk/clock.h>
#include <stdio.h>
#include <stdlib.h>

#define FIELDS_MAX 160 /* of an answer; further ones are left out */

static const struct gw_protocol protocol;

static struct gw_stream *stream_of(const struct gw_request *req)
{
    return SL_CONTAINER((uintptr_t)req, struct gw_stream, req);
}

static struct gw_server *server_of(const struct gw_stream *st)
{
    return st->h2->conn->server;
}

/* ---- life -------------------------------------------------------------------------------- */

struct gw_stream *gw_stream_create(struct gw_h2 *h2, int32_t id)
{
    struct gw_server *s = h2->conn->server;
    struct gw_stream *st = sl_fault_hit() ? NULL : calloc(1, sizeof *st);

    if (!st)
        return NULL;
    st->h2 = h2;
    st->id = id;
    st->req.received_us = sl_now_us();
    st->req.protocol = &protocol;
    sl_list_init(&st->resumed);
    gw_timer_init(&st->timer);
    sl_buf_init(&st->special, s->limits.head);
    sl_buf_init(&st->fields, s->limits.head);
    sl_buf_init(&st->cookie, s->limits.head);
    sl_buf_init(&st->in, GW_H2_WINDOW);
    sl_list_append(&h2->streams, &st->link);
    if (h2->n_streams++ == 0)
        s->stats.idle--;
    h2->conn->timing = GW_T_NONE; /* the next idle time begins anew */
    gw_stream_settle(st);
    return st;
}

static void drop_input(struct gw_stream *st)
{
    server_of(st)->stats.buffered -= st->in.size;
    sl_buf_finish(&st->in);
}

void gw_stream_free(struct gw_stream *st, bool closed)
{
    struct gw_server *s = server_of(st);

    gw_request_sent(&st->req, st->done && !st->out.len && (closed || !st->h2->conn->out.len));

    if (st->in.len)
        nghttp2_session_consume_connection(st->h2->session, st->in.len);
    drop_input(st);
    gw_stream_forget_head(st);
    gw_out_consume(&st->out, &s->pool, st->out.len);
    gw_timer_remove(&st->timer);
    sl_list_remove(&st->resumed);
    sl_list_remove(&st->link);
    if (--st->h2->n_streams == 0)
        s->stats.idle++;
    free(st);
}

static void reset(struct gw_stream *st, uint32_t code)
{
    if (nghttp2_submit_rst_stream(st->h2->session, 0, st->id, code) != 0)
        gw_h2_fail(st->h2, NGHTTP2_INTERNAL_ERROR);
    gw_conn_later(st->h2->conn, GW_TODO_FLUSH);
}

/* ---- time -------------------------------------------------------------------------------- */

static enum gw_timing timing_of(const struct gw_stream *st)
{
    if (!st->begun)
        return GW_T_HEAD;
    if (st->out.len || st->done || st->cut)
        return GW_T_WRITE;
    return st->req.active && !st->eof && !st->req.held ? GW_T_BODY : GW_T_NONE;
}

void gw_stream_settle(struct gw_stream *st)
{
    struct gw_server *s = server_of(st);
    const struct gw_limits *l = &s->limits;
    enum gw_timing t = timing_of(st);

    if (t == GW_T_NONE)
        gw_timer_clear(&st->timer);
    else if (t != st->timing || (st->progress && t != GW_T_HEAD))
        gw_timer_set(&s->streams, &st->timer,
                     t == GW_T_HEAD   ? l->head_ms
                     : t == GW_T_BODY ? l->body_ms
                                      : l->write_ms);
    st->timing = t;
    st->progress = false;
}

/* Is it the client that does not take what waits here? If not, others are before it. */
static bool is_stuck(const struct gw_stream *st)
{
    return nghttp2_session_get_stream_remote_window_size(st->h2->session, st->id) <= 0 ||
           nghttp2_session_get_remote_window_size(st->h2->session) <= 0;
}

void gw_stream_expired(struct gw_timer *t)
{
    struct gw_stream *st = SL_CONTAINER(t, struct gw_stream, timer);
    enum gw_timing timing = st->timing;

    st->timing = GW_T_NONE;
    if (timing == GW_T_HEAD) {
        /* In the midst of a head the connection can carry nothing else. */
        server_of(st)->stats.refused++;
        gw_h2_fail(st->h2, NGHTTP2_ENHANCE_YOUR_CALM);
    } else if (timing == GW_T_WRITE && !is_stuck(st)) {
        gw_stream_settle(st);
    } else if (st->req.active) {
        gw_stream_abort(st, GW_STALLED);
    } else {
        reset(st, NGHTTP2_CANCEL);
    }
}

/* ---- the answer -------------------------------------------------------------------------- */

static ssize_t read_out(nghttp2_session *session, int32_t id, uint8_t *to, size_t size,
                        uint32_t *flags, nghttp2_data_source *source, void *ctx)
{
    struct gw_stream *st = source->ptr;
    size_t n = st->out.len < size ? st->out.len : size;

    (void)session, (void)id, (void)to, (void)ctx;
    if (n == 0 && st->cut)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE; /* a reset, with INTERNAL_ERROR */
    if (n == 0 && !st->done) {
        st->waiting = true;
        return NGHTTP2_ERR_DEFERRED;
    }
    if (n)
        *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
    if (n == st->out.len && st->done)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)n;
}

static void wake(struct gw_stream *st)
{
    if (st->waiting && (st->out.len || st->done || st->cut)) {
        st->waiting = false;
        if (nghttp2_session_resume_data(st->h2->session, st->id) == NGHTTP2_ERR_NOMEM)
            gw_h2_fail(st->h2, NGHTTP2_INTERNAL_ERROR);
    }
    gw_stream_settle(st);
    gw_conn_later(st->h2->conn, GW_TODO_FLUSH);
}

static nghttp2_nv field(sluice_span name, sluice_span value)
{
    return (nghttp2_nv){ (uint8_t *)(uintptr_t)name.ptr, (uint8_t *)(uintptr_t)value.ptr, name.len,
                         value.len, NGHTTP2_NV_FLAG_NONE };
}

/* Fields that say something about an HTTP/1.1 connection; a client would reject the answer. */
static bool is_of_connection(sluice_span name)
{
    return sl_span_ieq(name, SL_SPAN("proxy-connection")) || sl_span_ieq(name, SL_SPAN("upgrade"));
}

/* nghttp2 copies all of it. */
static void submit(struct gw_stream *st, int status, const sluice_header *headers, size_t n,
                   const char *content_type, int64_t length)
{
    const nghttp2_data_provider provider = { { .ptr = st }, read_out };
    struct gw_server *s = server_of(st);
    struct gw_request *req = &st->req;
    bool empty = status == 204 || status == 304 || status < 200;
    char code[4], size[24];
    nghttp2_nv nv[FIELDS_MAX];
    size_t k = 0;

    req->answering = true;
    req->bodyless = req->to_head || empty;
    req->out_left = length < 0 ? UINT64_MAX : (uint64_t)length;
    snprintf(code, sizeof code, "%03u", (unsigned)status % 1000u);
    nv[k++] = field(SL_SPAN(":status"), sl_span(code, 3));
    nv[k++] = field(SL_SPAN("date"), gw_date(s));
    if (s->options.server_name)
        nv[k++] = field(SL_SPAN("server"), sl_span_str(s->options.server_name));
    if (content_type)
        nv[k++] = field(SL_SPAN("content-type"), sl_span_str(content_type));
    for (size_t i = 0; i < n && k < FIELDS_MAX - 1; i++)
        if (gw_field_is_free(headers[i].name, headers[i].value) &&
            !is_of_connection(headers[i].name))
            nv[k++] = field(headers[i].name, headers[i].value);
    if (length >= 0 && !empty) {
        int len = snprintf(size, sizeof size, "%lld", (long long)length);

        nv[k++] = field(SL_SPAN("content-length"), sl_span(size, (size_t)len));
    }
    if (nghttp2_submit_response(st->h2->session, st->id, nv, k, &provider) != 0)
        gw_h2_fail(st->h2, NGHTTP2_INTERNAL_ERROR);
    gw_conn_later(st->h2->conn, GW_TODO_FLUSH);
}

static void add_parts(struct gw_stream *st, const sluice_span *parts, size_t n)
{
    struct gw_request *req = &st->req;

    for (size_t i = 0; i < n && !req->bodyless; i++) {
        sluice_span part = parts[i];

        if (req->out_left != UINT64_MAX) {
            part.len = part.len < req->out_left ? part.len : (size_t)req->out_left;
            req->out_left -= part.len;
        }
        if (!gw_out_add(&st->out, &server_of(st)->pool, part))
            gw_h2_fail(st->h2, NGHTTP2_INTERNAL_ERROR);
    }
}

static void finish(struct gw_stream *st, bool cut)
{
    st->req.active = false;
    if (cut && !st->req.answering) {
        reset(st, NGHTTP2_INTERNAL_ERROR);
        return;
    }
    st->cut = cut;
    st->done = !cut;
    wake(st);
}

static void refuse(struct gw_stream *st, int status, const char *what)
{
    char body[GW_ERROR_BODY];
    sluice_span text = gw_error_body(body, status, what);

    server_of(st)->stats.refused++;
    submit(st, status, NULL, 0, "application/json", (int64_t)text.len);
    add_parts(st, &text, 1);
    finish(st, false);
}

void gw_stream_gone(struct gw_stream *st, enum gw_abort why)
{
    struct gw_server *s = server_of(st);

    if (!st->req.active)
        return;
    st->req.active = false;
    s->options.handler.on_abort(s->options.ctx, &st->req, why);
}

void gw_stream_abort(struct gw_stream *st, enum gw_abort why)
{
    bool begun = st->req.answering;

    gw_stream_gone(st, why);
    if (begun)
        reset(st, why == GW_STALLED ? NGHTTP2_CANCEL : NGHTTP2_INTERNAL_ERROR);
    else if (why == GW_TOO_LARGE)
        refuse(st, 413, "The request body is too large.");
    else
        refuse(st, 408, "The request body did not arrive in time.");
}

void gw_stream_tell_drained(struct gw_stream *st)
{
    struct gw_server *s = server_of(st);

    if (!st->req.active || !st->req.full || st->out.len >= s->limits.out_low)
        return;
    st->req.full = false;
    if (s->options.handler.on_drained)
        s->options.handler.on_drained(s->options.ctx, &st->req);
}

/* ---- the request ------------------------------------------------------------------------- */

void gw_stream_begin(struct gw_stream *st, bool eof)
{
    struct gw_server *s = server_of(st);
    const struct sl_http_limits limits = { s->limits.head, s->limits.line };
    struct sl_http_head *h = &s->head;
    struct sl_http_error err = { 431, "The head is too large." };
    struct sl_buf text;
    sluice_status parsed = SLUICE_E_INVALID;
    size_t used;

    st->begun = true;
    st->eof = eof;
    sl_buf_init(&text, s->limits.head * 2 + 64);
    if (st->head_size <= s->limits.head) {
        if (!gw_stream_text(st, &text)) {
            reset(st, NGHTTP2_INTERNAL_ERROR);
            goto out;
        }
        parsed = sl_http_parse_request(text.ptr, text.len, 0, &limits, h, &used, &err);
    }
    if (parsed != SLUICE_OK) {
        refuse(st, err.status, err.what);
        goto out;
    }
    /* The frames say where the body ends, whatever its fields say; nghttp2 compares the two. */
    h->expect_continue = false;
    h->body = eof                              ? SL_HTTP_BODY_NONE
              : h->body == SL_HTTP_BODY_LENGTH ? SL_HTTP_BODY_LENGTH
                                               : SL_HTTP_BODY_CHUNKED;
    st->req.body = h->body;
    st->req.body_done = eof;
    st->req.to_head = sl_span_eq(h->method, SL_SPAN("HEAD"));
    st->req.minor = st->req.keep = true;
    s->stats.requests++;
    if (h->body == SL_HTTP_BODY_LENGTH && h->length > s->limits.body) {
        refuse(st, 413, "The request body is too large.");
    } else {
        st->req.active = true;
        s->options.handler.on_request(s->options.ctx, &st->req, h);
    }
out:
    sl_buf_finish(&text);
    gw_stream_forget_head(st);
    gw_stream_settle(st);
}

static bool keep(struct gw_stream *st, sluice_span piece)
{
    size_t size = st->in.size;

    sl_buf_add(&st->in, piece);
    server_of(st)->stats.buffered += st->in.size - size;
    return sl_buf_ok(&st->in);
}

/* Hand it over. The window opens again by what was taken. */
static void hand_over(struct gw_stream *st, sluice_span piece, bool last)
{
    struct gw_server *s = server_of(st);
    struct gw_request *req = &st->req;

    req->body_done = last;
    if (s->options.handler.on_body(s->options.ctx, req, piece, last) == GW_HOLD && req->active &&
        !last)
        req->held = true;
    if (piece.len && nghttp2_session_consume(st->h2->session, st->id, piece.len) != 0)
        gw_h2_fail(st->h2, NGHTTP2_INTERNAL_ERROR);
}

void gw_stream_data(struct gw_stream *st, sluice_span piece)
{
    struct gw_server *s = server_of(st);
    struct gw_request *req = &st->req;

    req->body_seen += piece.len;
    st->progress = true;
    if (req->active && req->body_seen > s->limits.body)
        gw_stream_abort(st, GW_TOO_LARGE);
    if (!req->active)
        nghttp2_session_consume_connection(st->h2->session, piece.len);
    else if (!req->held && !st->in.len)
        hand_over(st, piece, false);
    else if (!keep(st, piece))
        gw_h2_fail(st->h2, NGHTTP2_INTERNAL_ERROR);
    gw_stream_settle(st);
}

void gw_stream_end(struct gw_stream *st)
{
    st->eof = true;
    if (st->req.active && !st->req.held && !st->in.len)
        hand_over(st, sl_span("", 0), true);
    gw_stream_settle(st);
}

void gw_stream_deliver_kept(struct gw_stream *st)
{
    struct sl_buf piece = st->in;

    if (st->req.active && !st->req.held && !st->req.body_done && (piece.len || st->eof)) {
        sl_buf_init(&st->in, GW_H2_WINDOW);
        hand_over(st, sl_buf_span(&piece), st->eof);
        server_of(st)->stats.buffered -= piece.size;
        sl_buf_finish(&piece);
    }
    gw_stream_settle(st);
}

/* ---- for respond.c and request.c --------------------------------------------------------- */

static struct gw_conn *conn_of(const struct gw_request *req)
{
    return stream_of(req)->h2->conn;
}

static void resume(struct gw_request *req)
{
    struct gw_stream *st = stream_of(req);

    sl_list_remove(&st->resumed);
    sl_list_append(&st->h2->resumed, &st->resumed);
    gw_conn_later(st->h2->conn, GW_TODO_INPUT);
}

static void respond_head(struct gw_request *req, int status, const sluice_header *headers, size_t n,
                         const char *content_type, int64_t length)
{
    submit(stream_of(req), status, headers, n, content_type, length);
}

static enum gw_flow respond(struct gw_request *req, const sluice_span *parts, size_t n,
                            unsigned flags)
{
    struct gw_stream *st = stream_of(req);

    add_parts(st, parts, n);
    if (flags & GW_LAST) {
        req->unsent = (flags & GW_TELL) != 0;
        finish(st, !req->bodyless && req->out_left != UINT64_MAX && req->out_left > 0);
        return GW_HOLD; /* the frames are made later */
    }
    wake(st);
    req->full = st->h2->stop || st->out.len > server_of(st)->limits.out_high;
    return req->full ? GW_HOLD : GW_GO;
}

static void cut(struct gw_request *req)
{
    finish(stream_of(req), true);
}

static const struct gw_protocol protocol = { conn_of, resume, respond_head, respond, cut };
