/* SPDX-License-Identifier: Apache-2.0 */
/* h2client.c - the clients of h2client.h. */
#include "h2client.h"

#include <stdlib.h>

#define NV(n, v)                                                                                   \
    {                                                                                              \
        (uint8_t *)(uintptr_t)(n), (uint8_t *)(uintptr_t)(v), strlen(n), strlen(v), 0              \
    }

struct h2_answer *h2_answer(struct h2client *h, int32_t id)
{
    assert_true(id > 0 && (size_t)id / 2 < sizeof h->answers / sizeof *h->answers);
    return &h->answers[id / 2];
}

/* ---- callbacks --------------------------------------------------------------------------- */

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
                     void *ctx)
{
    struct h2_answer *a = h2_answer(ctx, frame->hd.stream_id);
    size_t used = strlen(a->fields);

    (void)session, (void)flags;
    if (name_len == 7 && memcmp(name, ":status", 7) == 0)
        a->status = (int)strtol((const char *)value, NULL, 10);
    snprintf(a->fields + used, sizeof a->fields - used, "%.*s: %.*s\n", (int)name_len,
             (const char *)name, (int)value_len, (const char *)value);
    return 0;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *ctx)
{
    struct h2client *h = ctx;

    (void)session;
    if (frame->hd.type == NGHTTP2_GOAWAY) {
        h->goaway = true;
        h->goaway_code = frame->goaway.error_code;
    } else if ((frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS) &&
               frame->hd.flags & NGHTTP2_FLAG_END_STREAM) {
        h2_answer(h, frame->hd.stream_id)->ended = true;
    }
    return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *data,
                   size_t len, void *ctx)
{
    struct h2client *h = ctx;

    (void)flags;
    sl_buf_add(&h2_answer(h, id)->body, sl_span((const char *)data, len));
    if (h->hold)
        nghttp2_session_consume_connection(session, len);
    return 0;
}

static int on_close(nghttp2_session *session, int32_t id, uint32_t code, void *ctx)
{
    struct h2_answer *a = h2_answer(ctx, id);

    (void)session;
    a->closed = true;
    a->code = code;
    return 0;
}

static ssize_t read_up(nghttp2_session *session, int32_t id, uint8_t *to, size_t size,
                       uint32_t *flags, nghttp2_data_source *source, void *ctx)
{
    struct h2_answer *a = h2_answer(ctx, id);
    size_t n = a->up_len - a->up_sent < size ? a->up_len - a->up_sent : size;

    (void)session, (void)source;
    if (n == 0 && a->up_more)
        return NGHTTP2_ERR_DEFERRED;
    if (n)
        memcpy(to, a->up + a->up_sent, n);
    a->up_sent += n;
    if (a->up_sent == a->up_len && !a->up_more)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)n;
}

/* ---- the client -------------------------------------------------------------------------- */

void h2_open(struct h2client *h, struct world *w, bool tls, bool hold)
{
    nghttp2_session_callbacks *cb;
    nghttp2_option *option;

    memset(h, 0, sizeof *h);
    h->hold = hold;
    for (size_t i = 0; i < sizeof h->answers / sizeof *h->answers; i++)
        sl_buf_init(&h->answers[i].body, 1 << 26);
    client_open(&h->c, w, tls);
    nghttp2_session_callbacks_new(&cb);
    nghttp2_option_new(&option);
    nghttp2_session_callbacks_set_on_header_callback(cb, on_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(cb, on_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(cb, on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(cb, on_close);
    nghttp2_option_set_no_auto_window_update(option, hold);
    assert_int_equal(nghttp2_session_client_new2(&h->session, cb, h, option), 0);
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(cb);
    nghttp2_submit_settings(h->session, 0, NULL, 0);
}

void h2_close(struct h2client *h)
{
    nghttp2_session_del(h->session);
    client_close(&h->c);
    for (size_t i = 0; i < sizeof h->answers / sizeof *h->answers; i++)
        sl_buf_finish(&h->answers[i].body);
}

static int32_t submit(struct h2client *h, const char *method, const char *path,
                      const char *const *extra, const char *body, size_t len, bool more)
{
    nghttp2_nv nv[32] = { NV(":method", method), NV(":scheme", "http"), NV(":path", path),
                          NV(":authority", "localhost") };
    nghttp2_data_provider up = { { .ptr = NULL }, read_up };
    struct h2_answer *a;
    size_t n = 4;
    int32_t id;

    for (; extra && extra[0]; extra += 2)
        nv[n++] = (nghttp2_nv)NV(extra[0], extra[1]);
    id = nghttp2_submit_request(h->session, NULL, nv, n, body ? &up : NULL, NULL);
    a = h2_answer(h, id);
    a->up = body;
    a->up_len = len;
    a->up_more = more;
    return id;
}

int32_t h2_ask(struct h2client *h, const char *method, const char *path, const char *const *extra,
               const char *body, size_t len)
{
    return submit(h, method, path, extra, body, len, false);
}

int32_t h2_get(struct h2client *h, const char *path)
{
    return submit(h, "GET", path, NULL, NULL, 0, false);
}

int32_t h2_begin(struct h2client *h, const char *path, const char *body, size_t len)
{
    return submit(h, "POST", path, NULL, body, len, true);
}

void h2_more(struct h2client *h, int32_t id, const char *body, size_t len, bool last)
{
    struct h2_answer *a = h2_answer(h, id);

    h2_until(h, a->up_sent == a->up_len);
    a->up = body;
    a->up_len = len;
    a->up_sent = 0;
    a->up_more = !last;
    nghttp2_session_resume_data(h->session, id);
}

void h2_cancel(struct h2client *h, int32_t id)
{
    nghttp2_submit_rst_stream(h->session, 0, id, NGHTTP2_CANCEL);
}

void h2_turn(struct h2client *h)
{
    const uint8_t *data;
    ssize_t n;

    while ((n = nghttp2_session_mem_send(h->session, &data)) > 0)
        client_send_bytes(&h->c, (const char *)data, (size_t)n);
    client_read(&h->c);
    if (h->c.got.len)
        nghttp2_session_mem_recv(h->session, (const uint8_t *)h->c.got.ptr, h->c.got.len);
    sl_buf_reset(&h->c.got);
    world_turn(h->c.world);
}

void h2_got(struct h2client *h, int32_t id, int status, const char *body)
{
    struct h2_answer *a = h2_answer(h, id);

    h2_until(h, a->ended || a->closed || h->c.ended);
    assert_int_equal(a->status, status);
    assert_true(a->ended);
    assert_int_equal(a->body.len, strlen(body));
    if (a->body.len)
        assert_memory_equal(a->body.ptr, body, a->body.len);
}

/* ---- by hand ----------------------------------------------------------------------------- */

void raw_frame(struct sl_buf *b, int type, int flags, int32_t id, const char *payload, size_t len)
{
    const char head[9] = { (char)(len >> 16), (char)(len >> 8), (char)len,
                           (char)type,        (char)flags,      (char)(id >> 24),
                           (char)(id >> 16),  (char)(id >> 8),  (char)id };

    sl_buf_add(b, sl_span(head, sizeof head));
    sl_buf_add(b, sl_span(payload, len));
}

void raw_headers(struct sl_buf *b, int flags, int32_t id, const char *const *fields)
{
    struct sl_buf block;

    sl_buf_init(&block, 65536);
    for (size_t i = 0; fields[i]; i++) {
        if (i % 2 == 0)
            sl_buf_add_char(&block, '\0'); /* a field in full, not indexed */
        assert_true(strlen(fields[i]) < 127);
        sl_buf_add_char(&block, (char)strlen(fields[i]));
        sl_buf_add_str(&block, fields[i]);
    }
    raw_frame(b, NGHTTP2_HEADERS, flags, id, block.ptr, block.len);
    sl_buf_finish(&block);
}

void raw_open(struct client *c, struct world *w)
{
    struct sl_buf b;

    client_open(c, w, false);
    sl_buf_init(&b, 4096);
    sl_buf_add_str(&b, NGHTTP2_CLIENT_MAGIC);
    raw_frame(&b, NGHTTP2_SETTINGS, 0, 0, "", 0);
    raw_send(c, &b);
    sl_buf_finish(&b);
}

void raw_send(struct client *c, struct sl_buf *b)
{
    client_send_bytes(c, b->ptr, b->len);
    sl_buf_reset(b);
}

uint32_t raw_goaway(struct client *c)
{
    const unsigned char *p;
    size_t at = 0;

    client_expect_end(c);
    p = (const unsigned char *)c->got.ptr;
    while (at + 9 <= c->got.len) {
        size_t len = (size_t)p[at] << 16 | (size_t)p[at + 1] << 8 | p[at + 2];

        if (p[at + 3] == NGHTTP2_GOAWAY && at + 17 <= c->got.len)
            return (uint32_t)p[at + 13] << 24 | (uint32_t)p[at + 14] << 16 |
                   (uint32_t)p[at + 15] << 8 | p[at + 16];
        at += 9 + len;
    }
    fail_msg("no GOAWAY in %zu bytes", c->got.len);
    return 0;
}
