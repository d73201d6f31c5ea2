/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP/2: what is refused, floods of frames that do nothing, and time-outs. */
#include "h2client.h"

#include <stdlib.h>

#define FLOOD 2000

static const char *const get_wait[] = { ":method", "GET",        ":scheme",   "http", ":path",
                                        "/wait",   ":authority", "localhost", NULL };

static void forget(void *ctx, struct gw_request *req, enum gw_abort why)
{
    struct world *w = ctx;

    (void)req, (void)why;
    w->aborts++;
    w->req = NULL;
}

/* A world in which several requests run at once. */
static void open_for_many(struct world *w)
{
    world_open(w, NULL, NULL);
    w->options.handler.on_abort = forget;
    gw_server_destroy(w->server);
    assert_int_equal(gw_server_create(w->base, &w->options, &w->server, NULL), SLUICE_OK);
}

/* ---- heads and bodies -------------------------------------------------------------------- */

static void check_status(const struct gw_limits *limits, const char *method, const char *path,
                         const char *const *extra, int status)
{
    struct world w;
    struct h2client h;
    struct gw_server_stats stats;
    struct h2_answer *a;

    world_open(&w, limits, NULL);
    h2_open(&h, &w, false, false);
    a = h2_answer(&h, h2_ask(&h, method, path, extra, NULL, 0));
    h2_until(&h, a->ended || a->closed || h.c.ended);
    assert_int_equal(a->status, status);
    sl_buf_add_char(&a->body, '\0');
    assert_non_null(strstr(a->body.ptr, "\"type\":\"invalid_request_error\""));
    assert_int_equal(w.requests, 0);
    gw_server_stats(w.server, &stats);
    assert_int_equal(stats.refused, 1);
    h2_got(&h, h2_get(&h, "/hello"), 200, "hello"); /* the connection stays */
    h2_close(&h);
    world_close(&w);
}

static void large_head_is_answered_with_431(void **state)
{
    const struct gw_limits limits = { .head = 200 };
    static const char *const extra[] = { "x-a", "0123456789012345678901234567890123456789",
                                         "x-b", "0123456789012345678901234567890123456789",
                                         "x-c", "0123456789012345678901234567890123456789",
                                         NULL };

    (void)state;
    check_status(&limits, "GET", "/hello", extra, 431);
}

static void long_target_is_answered_with_414(void **state)
{
    const struct gw_limits limits = { .line = 40 };

    (void)state;
    check_status(&limits, "GET", "/0123456789012345678901234567890123456789", NULL, 414);
}

static void another_host_is_answered_with_400(void **state)
{
    static const char *const extra[] = { "host", "elsewhere", NULL };

    (void)state;
    check_status(NULL, "GET", "/hello", extra, 400);
}

/* nghttp2 would not send these; the stream is reset and the handler never sees it. */
static void malformed_heads_are_reset(void **state)
{
    static const char *const heads[][13] = {
        { ":method", "GET", ":scheme", "http", ":path", "/", ":authority", "a", "connection", "x" },
        { ":method", "GET", ":scheme", "http", ":path", "/", ":authority", "a", "transfer-encoding",
          "chunked" },
        { ":method", "GET", ":scheme", "http", ":path", "/", ":authority", "a", "X-Up", "x" },
        { ":method", "GET", ":scheme", "http", ":path", "/", ":authority", "a", "x", "a\r\nb: c" },
        { ":method", "GET", ":scheme", "http", ":path", "/ HTTP/1.1", ":authority", "a" },
        { ":method", "GET", ":scheme", "http", ":path", "/", "x", "y", ":authority", "a" },
        { ":method", "GET", ":scheme", "http", ":authority", "a" },
        { ":method", "GET", ":scheme", "http", ":path", "/" },
        { ":method", "GET", ":method", "PUT", ":scheme", "http", ":path", "/", ":authority", "a" },
        { ":method", "GET", ":scheme", "http", ":path", "/", ":authority", "a", ":new", "x" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        struct world w;
        struct client c;
        struct sl_buf b;

        world_open(&w, NULL, NULL);
        raw_open(&c, &w);
        sl_buf_init(&b, 4096);
        raw_headers(&b, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, 1, heads[i]);
        raw_send(&c, &b);
        world_until(
            &w, (client_read(&c),
                 sl_span_find(sl_buf_span(&c.got), sl_span("\0\0\4\3\0\0\0\0\1", 9)) < c.got.len));
        assert_int_equal(w.requests, 0);
        assert_false(c.ended);
        sl_buf_finish(&b);
        client_close(&c);
        world_close(&w);
    }
}

static void large_body_is_answered_with_413(void **state)
{
    const struct gw_limits limits = { .body = 1000 };
    static const char *const length[] = { "content-length", "5000", NULL };
    static const char body[5000];

    (void)state;
    for (int told = 0; told < 2; told++) {
        struct world w;
        struct h2client h;
        struct h2_answer *a;

        world_open(&w, &limits, NULL);
        h2_open(&h, &w, false, false);
        a = h2_answer(&h, h2_ask(&h, "POST", "/echo", told ? length : NULL, body, sizeof body));
        h2_until(&h, a->ended);
        assert_int_equal(a->status, 413);
        assert_int_equal(w.aborts, told ? 0 : 1);
        if (!told)
            assert_int_equal(w.why, GW_TOO_LARGE);
        h2_until(&h, a->closed);
        h2_got(&h, h2_get(&h, "/hello"), 200, "hello");
        h2_close(&h);
        world_close(&w);
    }
}

static void trailers_are_read_past(void **state)
{
    static const char *const post[] = { ":method", "POST",       ":scheme", "http", ":path",
                                        "/echo",   ":authority", "a",       NULL };
    static const char *const trailers[] = { "x-sum", "1", NULL };
    struct world w;
    struct client c;
    struct sl_buf b;

    (void)state;
    world_open(&w, NULL, NULL);
    raw_open(&c, &w);
    sl_buf_init(&b, 4096);
    raw_headers(&b, NGHTTP2_FLAG_END_HEADERS, 1, post);
    raw_frame(&b, NGHTTP2_DATA, 0, 1, "abcde", 5);
    raw_headers(&b, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, 1, trailers);
    raw_send(&c, &b);
    client_expect(&c, "abcde");
    sl_buf_finish(&b);
    client_close(&c);
    world_close(&w);
}

static void streams_beyond_the_bound_are_refused(void **state)
{
    struct world w;
    struct client c;
    struct sl_buf b;

    (void)state;
    open_for_many(&w);
    raw_open(&c, &w);
    sl_buf_init(&b, 65536);
    for (int i = 0; i < 200; i++) {
        raw_headers(&b, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, 2 * i + 1, get_wait);
        raw_send(&c, &b);
    }
    for (int i = 0; i < 20; i++)
        world_turn(&w);
    assert_int_equal(w.requests, 128);
    sl_buf_finish(&b);
    client_close(&c);
    world_close(&w);
}

/* ---- floods ------------------------------------------------------------------------------ */

enum flood { PINGS, SETTINGS, EMPTY_DATA, PRIORITIES, TINY_WINDOWS, RESETS, PROVOKED };

static void add_flood(struct sl_buf *b, enum flood kind, int32_t i)
{
    static const char zero[8];
    int32_t id = 2 * i + 3;

    switch (kind) {
    case PINGS:
        raw_frame(b, NGHTTP2_PING, 0, 0, zero, 8);
        break;
    case SETTINGS:
        raw_frame(b, NGHTTP2_SETTINGS, 0, 0, "", 0);
        break;
    case EMPTY_DATA:
        raw_frame(b, NGHTTP2_DATA, 0, 1, "", 0);
        break;
    case PRIORITIES:
        raw_frame(b, NGHTTP2_PRIORITY, 0, 1, zero, 5);
        break;
    case TINY_WINDOWS:
        raw_frame(b, NGHTTP2_WINDOW_UPDATE, 0, 1, "\0\0\0\1", 4);
        break;
    case RESETS:
        raw_headers(b, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, id, get_wait);
        raw_frame(b, NGHTTP2_RST_STREAM, 0, id, "\0\0\0\10", 4);
        break;
    case PROVOKED: /* a window that overflows: the server has to reset the stream */
        raw_headers(b, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, id, get_wait);
        raw_frame(b, NGHTTP2_WINDOW_UPDATE, 0, id, "\x7f\xff\xff\xff", 4);
        break;
    }
}

static void check_flood(enum flood kind)
{
    static const char *const post[] = { ":method", "POST",       ":scheme", "http", ":path",
                                        "/echo",   ":authority", "a",       NULL };
    struct world w;
    struct client c;
    struct sl_buf b;

    open_for_many(&w);
    raw_open(&c, &w);
    sl_buf_init(&b, 1 << 20);
    raw_headers(&b, NGHTTP2_FLAG_END_HEADERS, 1, post);
    for (int i = 0; i < FLOOD; i++)
        add_flood(&b, kind, i);
    raw_send(&c, &b);
    assert_int_equal(raw_goaway(&c), NGHTTP2_ENHANCE_YOUR_CALM);
    assert_true(w.requests <= 700);
    assert_int_equal(w.aborts, w.requests); /* each of those that began */
    sl_buf_finish(&b);
    client_close(&c);
    world_close(&w);
}

static void floods_end_the_connection(void **state)
{
    (void)state;
    for (enum flood kind = PINGS; kind <= PROVOKED; kind++)
        check_flood(kind);
}

static void endless_head_ends_the_connection(void **state)
{
    static const char *const many[] = { "x-a", "0123456789", "x-a", "0123456789",
                                        "x-a", "0123456789", NULL };
    const struct gw_limits limits = { .head = 1000 };

    (void)state;
    for (int empty = 0; empty < 2; empty++) {
        struct world w;
        struct client c;
        struct sl_buf b, block;

        world_open(&w, &limits, NULL);
        raw_open(&c, &w);
        sl_buf_init(&b, 1 << 20);
        sl_buf_init(&block, 4096);
        raw_headers(&b, 0, 1, get_wait);
        raw_headers(&block, 0, 1, many);
        for (int i = 0; i < FLOOD; i++)
            raw_frame(&b, NGHTTP2_CONTINUATION, 0, 1, block.ptr + 9, empty ? 0 : block.len - 9);
        raw_send(&c, &b);
        raw_goaway(&c);
        assert_int_equal(w.requests, 0);
        sl_buf_finish(&b);
        sl_buf_finish(&block);
        client_close(&c);
        world_close(&w);
    }
}

static void many_honest_cancellations_are_put_up_with(void **state)
{
    struct world w;
    struct h2client h;

    (void)state;
    world_open(&w, NULL, NULL);
    h2_open(&h, &w, false, false);
    for (int i = 0; i < 100; i++) {
        int32_t id = h2_get(&h, "/wait");

        h2_until(&h, w.req);
        h2_cancel(&h, id);
        h2_until(&h, !w.req);
    }
    assert_int_equal(w.aborts, 100);
    h2_got(&h, h2_get(&h, "/hello"), 200, "hello");
    h2_close(&h);
    world_close(&w);
}

static void nonsense_is_answered_with_goodbye(void **state)
{
    struct world w;
    struct client c;
    struct sl_buf b;

    (void)state;
    world_open(&w, NULL, NULL);
    raw_open(&c, &w);
    sl_buf_init(&b, 4096);
    raw_headers(&b, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, 1, get_wait);
    raw_frame(&b, NGHTTP2_DATA, 0, 0, "x", 1); /* on the connection itself */
    raw_send(&c, &b);
    assert_int_equal(raw_goaway(&c), NGHTTP2_PROTOCOL_ERROR);
    assert_int_equal(w.aborts, 1);
    sl_buf_finish(&b);
    client_close(&c);
    world_close(&w);
}

/* ---- time -------------------------------------------------------------------------------- */

static void head_that_does_not_end_is_closed(void **state)
{
    const struct gw_limits limits = { .head_ms = 30 };
    struct world w;
    struct client c;
    struct sl_buf b;

    (void)state;
    world_open(&w, &limits, NULL);
    raw_open(&c, &w);
    sl_buf_init(&b, 4096);
    raw_headers(&b, 0, 1, get_wait);
    raw_send(&c, &b);
    assert_int_equal(raw_goaway(&c), NGHTTP2_ENHANCE_YOUR_CALM);
    sl_buf_finish(&b);
    client_close(&c);
    world_close(&w);
}

static void half_a_preface_is_answered_with_408(void **state)
{
    const struct gw_limits limits = { .head_ms = 30 };
    struct world w;
    struct client c;

    (void)state;
    world_open(&w, &limits, NULL);
    client_open(&c, &w, false);
    client_send(&c, "PRI * HTT");
    client_expect(&c, "HTTP/1.1 408 ");
    client_close(&c);
    world_close(&w);
}

static void idle_connection_says_goodbye(void **state)
{
    const struct gw_limits limits = { .idle_ms = 30 };
    struct world w;
    struct h2client h;

    (void)state;
    world_open(&w, &limits, NULL);
    h2_open(&h, &w, false, false);
    h2_got(&h, h2_get(&h, "/hello"), 200, "hello");
    h2_until(&h, h.goaway && h.c.ended);
    assert_int_equal(h.goaway_code, NGHTTP2_NO_ERROR);
    h2_close(&h);
    world_close(&w);
}

static void body_that_stops_is_answered_with_408(void **state)
{
    const struct gw_limits limits = { .body_ms = 30 };
    struct world w;
    struct h2client h;
    struct h2_answer *a;

    (void)state;
    world_open(&w, &limits, NULL);
    h2_open(&h, &w, false, false);
    a = h2_answer(&h, h2_begin(&h, "/echo", "abc", 3));
    h2_until(&h, a->closed);
    assert_int_equal(a->status, 408);
    assert_int_equal(w.why, GW_STALLED);
    h2_got(&h, h2_get(&h, "/hello"), 200, "hello");
    h2_close(&h);
    world_close(&w);
}

static void window_that_stays_shut_resets_its_stream(void **state)
{
    const struct gw_limits limits = { .write_ms = 30 };
    struct world w;
    struct h2client h;
    struct h2_answer *a;

    (void)state;
    world_open(&w, &limits, NULL);
    h2_open(&h, &w, false, true);
    w.big_size = 1 << 20;
    a = h2_answer(&h, h2_get(&h, "/big"));
    h2_until(&h, a->closed);
    assert_int_equal(a->code, NGHTTP2_CANCEL);
    assert_int_equal(w.why, GW_STALLED);
    h2_got(&h, h2_get(&h, "/hello"), 200, "hello");
    h2_close(&h);
    world_close(&w);
}

static void socket_that_takes_nothing_is_closed(void **state)
{
    const struct gw_limits limits = { .write_ms = 30 };
    struct world w;
    struct client c;
    struct sl_buf b;
    static const char *const get_big[] = { ":method", "GET",        ":scheme",   "http", ":path",
                                           "/big",    ":authority", "localhost", NULL };

    (void)state;
    world_open(&w, &limits, NULL);
    w.big_size = 64 << 20;
    raw_open(&c, &w);
    sl_buf_init(&b, 4096);
    raw_frame(&b, NGHTTP2_SETTINGS, 0, 0, "\0\4\x7f\xff\xff\xff", 6);
    raw_frame(&b, NGHTTP2_WINDOW_UPDATE, 0, 0, "\x7f\xff\0\0", 4);
    raw_headers(&b, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, 1, get_big);
    raw_send(&c, &b);
    world_until(&w, w.aborts == 1);
    assert_int_equal(w.why, GW_STALLED);
    sl_buf_finish(&b);
    client_close(&c);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(large_head_is_answered_with_431),
        cmocka_unit_test(long_target_is_answered_with_414),
        cmocka_unit_test(another_host_is_answered_with_400),
        cmocka_unit_test(malformed_heads_are_reset),
        cmocka_unit_test(large_body_is_answered_with_413),
        cmocka_unit_test(trailers_are_read_past),
        cmocka_unit_test(streams_beyond_the_bound_are_refused),
        cmocka_unit_test(floods_end_the_connection),
        cmocka_unit_test(endless_head_ends_the_connection),
        cmocka_unit_test(many_honest_cancellations_are_put_up_with),
        cmocka_unit_test(nonsense_is_answered_with_goodbye),
        cmocka_unit_test(head_that_does_not_end_is_closed),
        cmocka_unit_test(half_a_preface_is_answered_with_408),
        cmocka_unit_test(idle_connection_says_goodbye),
        cmocka_unit_test(body_that_stops_is_answered_with_408),
        cmocka_unit_test(window_that_stays_shut_resets_its_stream),
        cmocka_unit_test(socket_that_takes_nothing_is_closed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
