/* SPDX-License-Identifier: Apache-2.0 */
/*
 * h2.c - HTTP/2 on a connection: an nghttp2 session between its bytes and its streams, how much
 * nonsense is put up with, and how it ends. Back-pressure: a window opens again only as the handler
 * takes the body, and nothing is taken from nghttp2 while the socket is full.
 */
#include "server/h2.h"

#include <nghttp2/nghttp2.h>
#include <sluice_sdk/arena.h>
#include <sluice_sdk/clock.h>
#include <stdlib.h>

#define OUT_BOUND 65536 /* taken from nghttp2 before it is written */
#define QUEUE_MAX 1024  /* frames that wait behind a full socket */

/* Frames that bring nothing and may cost something: pings, settings, resets, empty data, windows
 * that open by a few bytes, and resets of ours that the client provoked (CVE-2019-9511 to 9518,
 * CVE-2023-44487, CVE-2025-8671). A client that cancels much at once stays well below. */
#define PATIENCE 500      /* at once */
#define PATIENCE_PER_S 50 /* and from then on */
#define TINY_WINDOW 256

static const char preface[] = NGHTTP2_CLIENT_MAGIC;

/* ---- memory: nghttp2's, so that tests can let it fail -------------------------------------- */

static void *take(size_t n, void *ctx)
{
    (void)ctx;
    return sl_fault_hit() ? NULL : malloc(n);
}

static void *take_zeroed(size_t n, size_t size, void *ctx)
{
    (void)ctx;
    return sl_fault_hit() ? NULL : calloc(n, size);
}

static void *take_again(void *p, size_t n, void *ctx)
{
    (void)ctx;
    return sl_fault_hit() ? NULL : realloc(p, n);
}

static void give(void *p, void *ctx)
{
    (void)ctx;
    free(p);
}

/* ---- patience ---------------------------------------------------------------------------- */

static int useless(struct gw_h2 *h2)
{
    uint64_t now = sl_now_ms(), more = (now - h2->patience_ms) * PATIENCE_PER_S / 1000;

    if (more) {
        h2->patience = more < PATIENCE - h2->patience ? h2->patience + (uint32_t)more : PATIENCE;
        h2->patience_ms = now;
    }
    if (h2->patience) {
        h2->patience--;
        return 0;
    }
    if (!h2->stop)
        h2->code = NGHTTP2_ENHANCE_YOUR_CALM;
    h2->stop = true;
    return NGHTTP2_ERR_CALLBACK_FAILURE;
}

static int on_begin_frame(nghttp2_session *session, const nghttp2_frame_hd *hd, void *ctx)
{
    (void)session;
    switch (hd->type) {
    case NGHTTP2_HEADERS:
    case NGHTTP2_WINDOW_UPDATE:
        return 0;
    case NGHTTP2_DATA:
        return hd->length || hd->flags & NGHTTP2_FLAG_END_STREAM ? 0 : useless(ctx);
    default:
        return useless(ctx);
    }
}

/* ---- from nghttp2 ------------------------------------------------------------------------ */

static struct gw_stream *find(nghttp2_session *session, int32_t id)
{
    return nghttp2_session_get_stream_user_data(session, id);
}

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *ctx)
{
    struct gw_stream *st;

    if (frame->headers.cat != NGHTTP2_HCAT_REQUEST)
        return 0;
    st = gw_stream_create(ctx, frame->hd.stream_id);
    if (!st)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    nghttp2_session_set_stream_user_data(session, st->id, st);
    return 0;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
                     void *ctx)
{
    struct gw_stream *st = find(session, frame->hd.stream_id);
    struct gw_h2 *h2 = ctx;

    (void)flags;
    if (!st || gw_stream_field(st, sl_span((const char *)name, name_len),
                               sl_span((const char *)value, value_len)))
        return 0;
    h2->stop = true;
    h2->code = NGHTTP2_ENHANCE_YOUR_CALM;
    return NGHTTP2_ERR_CALLBACK_FAILURE;
}

/* What is malformed resets its stream; by itself nghttp2 would leave the field out. */
static int on_invalid_header(nghttp2_session *session, const nghttp2_frame *frame,
                             const uint8_t *name, size_t name_len, const uint8_t *value,
                             size_t value_len, uint8_t flags, void *ctx)
{
    (void)session, (void)frame, (void)name, (void)name_len, (void)value, (void)value_len;
    (void)flags, (void)ctx;
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *ctx)
{
    struct gw_stream *st = frame->hd.stream_id ? find(session, frame->hd.stream_id) : NULL;
    bool end = frame->hd.flags & NGHTTP2_FLAG_END_STREAM;

    if (frame->hd.type == NGHTTP2_WINDOW_UPDATE)
        return frame->window_update.window_size_increment < TINY_WINDOW ? useless(ctx) : 0;
    if (!st || (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA))
        return 0;
    if (!st->begun)
        gw_stream_begin(st, end);
    else if (end)
        gw_stream_end(st);
    return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *data,
                   size_t len, void *ctx)
{
    struct gw_stream *st = find(session, id);

    (void)flags, (void)ctx;
    if (st)
        gw_stream_data(st, sl_span((const char *)data, len));
    else
        nghttp2_session_consume_connection(session, len);
    return 0;
}

/* The answer is out. What the client still sends of the body is not wanted: say so. */
static int on_sent(nghttp2_session *session, const nghttp2_frame *frame, void *ctx)
{
    struct gw_h2 *h2 = ctx;
    struct gw_stream *st;

    switch (frame->hd.type) {
    case NGHTTP2_RST_STREAM:
        return frame->rst_stream.error_code == NGHTTP2_NO_ERROR || h2->stop ? 0 : useless(h2);
    case NGHTTP2_HEADERS:
    case NGHTTP2_DATA:
        st = find(session, frame->hd.stream_id);
        if (st && frame->hd.flags & NGHTTP2_FLAG_END_STREAM && !st->eof &&
            nghttp2_submit_rst_stream(session, 0, st->id, NGHTTP2_NO_ERROR) != 0)
            gw_h2_fail(h2, NGHTTP2_INTERNAL_ERROR);
        return 0;
    default:
        return 0;
    }
}

static int on_stream_close(nghttp2_session *session, int32_t id, uint32_t code, void *ctx)
{
    struct gw_stream *st = find(session, id);

    (void)ctx;
    if (!st)
        return 0;
    nghttp2_session_set_stream_user_data(session, id, NULL);
    gw_stream_gone(st, GW_LEFT);
    gw_stream_free(st, code == NGHTTP2_NO_ERROR);
    return 0;
}

/* A frame of an answer: from the stream's blocks to the connection's. */
static int send_data(nghttp2_session *session, nghttp2_frame *frame, const uint8_t *head,
                     size_t len, nghttp2_data_source *source, void *ctx)
{
    struct gw_conn *c = ((struct gw_h2 *)ctx)->conn;
    struct gw_block_pool *pool = &c->server->pool;
    struct gw_stream *st = source->ptr;
    bool ok;

    (void)session, (void)frame;
    if (c->out.len >= OUT_BOUND)
        return NGHTTP2_ERR_WOULDBLOCK; /* it comes again, unless the stream is closed by then */
    ok = gw_out_add(&c->out, pool, sl_span((const char *)head, 9));
    while (ok && len) {
        struct iovec v;
        size_t n;

        gw_out_vectors(&st->out, &v, 1);
        n = v.iov_len < len ? v.iov_len : len;
        ok = gw_out_add(&c->out, pool, sl_span(v.iov_base, n));
        gw_out_consume(&st->out, pool, n);
        len -= n;
    }
    st->progress = true;
    gw_stream_settle(st);
    return ok ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
}

/* ---- life -------------------------------------------------------------------------------- */

bool gw_h2_is_preface(const char *p, size_t n)
{
    return memcmp(p, preface, n < GW_H2_PREFACE_LEN ? n : GW_H2_PREFACE_LEN) == 0;
}

static bool open_session(struct gw_h2 *h2)
{
    nghttp2_mem mem = { NULL, take, give, take_zeroed, take_again };
    nghttp2_session_callbacks *cb = NULL;
    nghttp2_option *option = NULL;
    bool ok = nghttp2_session_callbacks_new(&cb) == 0 && nghttp2_option_new(&option) == 0;

    if (ok) {
        nghttp2_session_callbacks_set_on_begin_frame_callback(cb, on_begin_frame);
        nghttp2_session_callbacks_set_on_begin_headers_callback(cb, on_begin_headers);
        nghttp2_session_callbacks_set_on_header_callback(cb, on_header);
        nghttp2_session_callbacks_set_on_invalid_header_callback(cb, on_invalid_header);
        nghttp2_session_callbacks_set_on_frame_recv_callback(cb, on_frame);
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(cb, on_data);
        nghttp2_session_callbacks_set_on_frame_send_callback(cb, on_sent);
        nghttp2_session_callbacks_set_on_stream_close_callback(cb, on_stream_close);
        nghttp2_session_callbacks_set_send_data_callback(cb, send_data);
        nghttp2_option_set_no_auto_window_update(option, 1);
        nghttp2_option_set_no_closed_streams(option, 1);
        ok = nghttp2_session_server_new3(&h2->session, cb, h2, option, &mem) == 0;
    }
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(cb);
    return ok;
}

bool gw_h2_open(struct gw_conn *c)
{
    const nghttp2_settings_entry settings[] = {
        { NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, GW_H2_STREAMS },
        { NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, GW_H2_WINDOW },
        { NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, (uint32_t)c->server->limits.head },
    };
    struct gw_h2 *h2 = sl_fault_hit() ? NULL : calloc(1, sizeof *h2);

    if (!h2)
        return false;
    h2->conn = c;
    h2->patience = PATIENCE;
    h2->patience_ms = sl_now_ms();
    sl_list_init(&h2->streams);
    sl_list_init(&h2->resumed);
    if (!open_session(h2) ||
        nghttp2_submit_settings(h2->session, 0, settings, sizeof settings / sizeof *settings) ||
        nghttp2_session_set_local_window_size(h2->session, 0, 0, GW_H2_ALL_WINDOW)) {
        nghttp2_session_del(h2->session);
        free(h2);
        return false;
    }
    c->h2 = h2;
    c->fresh = false;
    gw_conn_stage(c, GW_STREAMS);
    c->server->stats.idle++; /* it is, until a stream opens */
    return true;
}

void gw_h2_free(struct gw_conn *c)
{
    struct gw_h2 *h2 = c->h2;

    sl_list_each_safe(pos, &h2->streams)
        gw_stream_free(SL_CONTAINER(pos, struct gw_stream, link), false);
    c->server->stats.idle--;
    nghttp2_session_del(h2->session);
    free(h2);
    c->h2 = NULL;
}

void gw_h2_fail(struct gw_h2 *h2, uint32_t code)
{
    if (!h2->stop)
        h2->code = code;
    h2->stop = true;
    gw_conn_later(h2->conn, GW_TODO_FLUSH);
}

/* ---- bytes ------------------------------------------------------------------------------- */

/* Take from nghttp2 what it has to send, up to a bound. */
static bool pull(struct gw_h2 *h2)
{
    struct gw_conn *c = h2->conn;
    const uint8_t *data;
    ssize_t n = 1;

    while (n > 0 && c->out.len < OUT_BOUND) {
        n = nghttp2_session_mem_send(h2->session, &data);
        if (n > 0 && !gw_out_add(&c->out, &c->server->pool, sl_span((const char *)data, (size_t)n)))
            return false;
    }
    return n >= 0;
}

static void close_quietly(struct gw_conn *c)
{
    gw_h2_free(c);
    gw_conn_stage(c, GW_CLOSING);
    if (!c->blocked)
        gw_conn_flush(c);
}

void gw_h2_abort_all(struct gw_conn *c, enum gw_abort why)
{
    sl_list_each(pos, &c->h2->streams)
        gw_stream_gone(SL_CONTAINER(pos, struct gw_stream, link), why);
}

void gw_h2_stop(struct gw_conn *c, uint32_t code, enum gw_abort why)
{
    c->h2->stop = true;
    gw_h2_abort_all(c, why);
    if (nghttp2_session_terminate_session(c->h2->session, code) == 0)
        pull(c->h2);
    close_quietly(c);
}

void gw_h2_left(struct gw_conn *c, bool reset)
{
    gw_h2_abort_all(c, GW_LEFT);
    if (!reset && !c->blocked && pull(c->h2))
        gw_conn_flush(c); /* closes, as the client's side is over, when all of it went out */
    if (c->stage != GW_CLOSED && (reset || c->out.len == 0))
        gw_conn_close(c);
}

void gw_h2_receive(struct gw_conn *c, const char *p, size_t n)
{
    struct gw_h2 *h2 = c->h2;
    ssize_t r = nghttp2_session_mem_recv(h2->session, (const uint8_t *)p, n);

    if (r == NGHTTP2_ERR_FLOODED ||
        nghttp2_session_get_outbound_queue_size(h2->session) > QUEUE_MAX)
        gw_h2_fail(h2, NGHTTP2_ENHANCE_YOUR_CALM);
    else if (r < 0)
        gw_h2_fail(h2, NGHTTP2_INTERNAL_ERROR);
    if (h2->stop)
        gw_h2_stop(c, h2->code, GW_MALFORMED);
    else
        gw_conn_later(c, GW_TODO_FLUSH);
}

static void write_all(struct gw_conn *c)
{
    while (c->stage == GW_STREAMS && !c->blocked && !c->broken) {
        if (!pull(c->h2)) {
            gw_h2_fail(c->h2, NGHTTP2_INTERNAL_ERROR);
            return;
        }
        if (c->out.len == 0)
            return;
        gw_conn_flush(c);
    }
}

void gw_h2_work(struct gw_conn *c)
{
    struct gw_h2 *h2 = c->h2;

    if (c->server->draining && !h2->going && !h2->stop) {
        h2->going = true;
        if (nghttp2_submit_goaway(h2->session, 0,
                                  nghttp2_session_get_last_proc_stream_id(h2->session),
                                  NGHTTP2_NO_ERROR, NULL, 0) != 0)
            gw_h2_fail(h2, NGHTTP2_INTERNAL_ERROR);
    }
    while (!h2->stop && !sl_list_empty(&h2->resumed)) {
        struct gw_stream *st = SL_CONTAINER(h2->resumed.next, struct gw_stream, resumed);

        sl_list_remove(&st->resumed);
        gw_stream_deliver_kept(st);
    }
    if (!h2->stop)
        write_all(c);
    if (c->stage != GW_STREAMS || c->broken)
        return;
    if (h2->stop) {
        gw_h2_stop(c, h2->code, GW_MALFORMED);
        return;
    }
    sl_list_each_safe(pos, &h2->streams)
        gw_stream_tell_drained(SL_CONTAINER(pos, struct gw_stream, link));
    if (c->out.len == 0 && !nghttp2_session_want_read(h2->session) &&
        !nghttp2_session_want_write(h2->session)) {
        gw_h2_abort_all(c, GW_MALFORMED);
        close_quietly(c);
    }
}
