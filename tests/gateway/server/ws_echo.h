/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ws_echo.h - an echo over WebSockets, asked by hand-made frames, for what a server must make of
 * them: the sections of the Autobahn test suite. What it answers is written down as words:
 * "text:hi", "ping", "pong:x", "close:1000", long payloads as "text#65536".
 */
#ifndef TEST_GATEWAY_WS_ECHO_H
#define TEST_GATEWAY_WS_ECHO_H

#include "ws_world.h"

#include <stdio.h>

static struct world w;
static struct gw_ws *ws;
static struct sl_buf out, seen; /* frames to send; words for those that came */
static struct sl_buf stars;

/* ---- the echo ---------------------------------------------------------------------------- */

static enum gw_flow on_message(void *user, bool text, sluice_span data)
{
    (void)user;
    return gw_ws_send(ws, text, &data, 1, false);
}

static void on_room(void *user)
{
    (void)user;
    gw_ws_resume(ws);
}

static void on_leaving(void *user, enum gw_ws_leaving why)
{
    (void)user;
    (void)why;
}

static void on_gone(void *user)
{
    (void)user;
    ws = NULL;
}

static const struct gw_ws_events echo = { on_message, on_room, on_leaving, on_gone };

static void on_request(void *ctx, struct gw_request *req, const struct sl_http_head *head)
{
    const struct gw_ws_options options = { .base = w.base };

    (void)ctx;
    ws = gw_ws_open(req, head, &options, &echo, NULL);
    assert_non_null(ws);
}

static int setup(void **state)
{
    (void)state;
    ws_world_open(&w, on_request);
    sl_buf_init(&out, 1u << 26);
    sl_buf_init(&seen, 1u << 20);
    sl_buf_init(&stars, 1u << 26);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    ws_world_close(&w);
    sl_buf_finish(&out);
    sl_buf_finish(&seen);
    sl_buf_finish(&stars);
    return 0;
}

/* ---- frames ------------------------------------------------------------------------------ */

#define FIN 0x80
#define CONT 0
#define TEXT 1
#define BINARY 2
#define CLOSE 8
#define PING 9
#define PONG 10

/* One frame of the client. */
static void frame(int head, sluice_span payload)
{
    static const unsigned char mask[4] = { 0x37, 0xfa, 0x21, 0x3d };
    char first[SL_WS_HEAD_MOST];
    size_t n = sl_ws_head(first, SL_WS_TEXT, payload.len, mask);

    first[0] = (char)head;
    sl_buf_add(&out, sl_span(first, n));
    assert_true(sl_buf_reserve(&out, payload.len + 1));
    if (payload.len)
        sl_ws_mask(payload.ptr, out.ptr + out.len, payload.len, mask, 0);
    out.len += payload.len;
}

static void say(int head, const char *text)
{
    frame(head, sl_span_str(text));
}

static void bye(void)
{
    frame(FIN | CLOSE, sl_span("\x03\xe8", 2));
}

/* The frames of a server in `got`, as words. */
static void read_words(sluice_span got)
{
    static const char *const names[] = { "more",  "text", "binary", "3",  "4",  "5",  "6",  "7",
                                         "close", "ping", "pong",   "11", "12", "13", "14", "15" };

    while (got.len >= 2) {
        const unsigned char *p = (const unsigned char *)got.ptr;
        uint64_t length = p[1];
        size_t head = 2;
        sluice_span payload;

        assert_true(p[0] & FIN);
        assert_false(p[1] & 0x80);
        if (length >= 126) {
            head = length == 126 ? 4 : 10;
            length = 0;
            for (size_t i = 2; i < head; i++)
                length = length << 8 | p[i];
        }
        payload = sl_span_head(sl_span_from(got, head), length);
        got = sl_span_from(got, head + length);
        sl_buf_printf(&seen, "%s%s", seen.len ? " " : "", names[p[0] & 15]);
        if ((p[0] & 15) == CLOSE)
            sl_buf_printf(&seen, ":%d",
                          payload.len
                              ? (unsigned char)payload.ptr[0] << 8 | (unsigned char)payload.ptr[1]
                              : 0);
        else if (payload.len > 40)
            sl_buf_printf(&seen, "#%zu", payload.len);
        else if (payload.len)
            sl_buf_printf(&seen, ":%.*s", SL_FMT(payload));
    }
    assert_int_equal(got.len, 0);
    sl_buf_add_char(&seen, 0);
}

/* Sends all frames, so many bytes at a time, and reads until the server closes. */
static void send_in(size_t piece, const char *want)
{
    static const char end[] = "\r\n\r\n";
    struct client c;
    const char *head;

    client_open(&c, &w, false);
    client_send(&c, WS_HELLO);
    client_expect(&c, end);
    for (size_t at = 0; at < out.len;) {
        size_t n = piece && piece < out.len - at ? piece : out.len - at;

        client_send_bytes(&c, out.ptr + at, n);
        client_read(&c);
        at += n;
    }
    client_expect_end(&c);
    head = memmem(c.got.ptr, c.got.len, end, 4);
    assert_non_null(head);
    sl_buf_reset(&seen);
    read_words(sl_span_from(sl_buf_span(&c.got), (size_t)(head + 4 - c.got.ptr)));
    assert_string_equal(seen.ptr, want);
    client_close(&c);
    world_until(&w, !ws);
    sl_buf_reset(&out);
}

static void expect(const char *want)
{
    send_in(0, want);
}

/* Text of that many bytes, one and the same. */
static sluice_span star(size_t n)
{
    if (stars.len < n) {
        assert_true(sl_buf_reserve(&stars, n - stars.len));
        memset(stars.ptr, '*', n);
        stars.len = n;
    }
    return sl_span(stars.ptr, n);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
