/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies of requests: whole or in pieces, held, awaited with 100 Continue, or not read at all. */
#include "world.h"

#include <stdlib.h>
#include <unistd.h>

#define GET(target) "GET " target " HTTP/1.1\r\nHost: a\r\n\r\n"
#define OK(len, body)                                                                              \
    "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: " len "\r\n\r\n" body

static void send_large_body(bool direct)
{
    struct world w;
    struct client c;
    size_t n = 3 << 20;
    char *body = malloc(n);

    for (size_t i = 0; i < n; i++)
        body[i] = (char)('a' + i * 7 % 26);
    world_open(&w, NULL, NULL);
    w.direct = direct;
    client_open(&c, &w, false);
    client_send(&c, "POST /wait HTTP/1.1\r\nHost: a\r\nContent-Length: 3145728\r\n\r\n");
    client_send_bytes(&c, body, n);
    world_until(&w, w.last);
    assert_int_equal(w.body.len, n);
    assert_memory_equal(w.body.ptr, body, n);
    assert_true(w.bodies > 1);
    if (direct)
        assert_in_range(w.in_place, n - 200000, n);
    else
        assert_int_equal(w.in_place, 0);
    free(body);
    client_close(&c);
    world_close(&w);
}

static void large_body_comes_through_in_pieces(void **state)
{
    (void)state;
    send_large_body(false);
}

static void large_body_is_read_to_where_it_is_kept(void **state)
{
    (void)state;
    send_large_body(true);
}

static void what_follows_a_body_read_in_place_is_the_next_request(void **state)
{
    static const char next[] = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n";
    size_t n = 300000, len = n + sizeof next - 1;
    char *bytes = malloc(len);
    struct world w;
    struct client c;

    (void)state;
    memset(bytes, 'x', n);
    memcpy(bytes + n, next, sizeof next - 1);
    world_open(&w, NULL, NULL);
    w.direct = true;
    client_open(&c, &w, false);
    client_send(&c, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n");
    client_send_bytes(&c, bytes, len);
    world_until(&w, (client_read(&c), w.requests == 2 && c.got.len > len));
    assert_true(w.in_place > 0);
    free(bytes);
    client_close(&c);
    world_close(&w);
}

static void held_body_is_bounded_and_resumes(void **state)
{
    struct world w;
    struct client c;
    struct gw_server_stats stats;
    size_t n = 8 << 20, sent = 0;
    char *body = malloc(n);

    (void)state;
    memset(body, 'x', n);
    world_open(&w, NULL, NULL);
    client_open(&c, &w, false);
    client_send(&c, "POST /hold HTTP/1.1\r\nHost: a\r\nContent-Length: 8388608\r\n\r\n");
    for (int i = 0; i < 400; i++) {
        ssize_t r = write(c.fd, body + sent, n - sent);

        sent += r > 0 ? (size_t)r : 0;
        world_turn(&w);
    }
    gw_server_stats(w.server, &stats);
    assert_true(sent < n);
    assert_true(stats.buffered <= 256 << 10);
    assert_int_equal(w.body.len, 0);
    gw_request_resume(w.req);
    client_send_bytes(&c, body + sent, n - sent);
    client_expect(&c, "content-length: 8388608");
    free(body);
    client_close(&c);
    world_close(&w);
}

static void each_piece_can_be_held(void **state)
{
    struct world w;
    struct client c;

    (void)state;
    world_open(&w, NULL, NULL);
    w.hold_pieces = true;
    client_open(&c, &w, false);
    client_send(&c, "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                    "1\r\na\r\n1\r\nb\r\n1\r\nc\r\n0\r\n\r\n");
    for (int i = 1; i <= 3; i++) {
        world_until(&w, w.bodies == i);
        for (int k = 0; k < 10; k++)
            world_turn(&w);
        assert_int_equal(w.bodies, i);
        gw_request_resume(w.req);
        assert_int_equal(w.bodies, i); /* not from inside the call */
    }
    client_got(&c, OK("3", "abc"));
    client_close(&c);
    world_close(&w);
}

static void whole_body_can_be_taken_with_the_head(void **state)
{
    struct world w;
    struct client c;

    (void)state;
    world_open(&w, NULL, NULL);
    client_open(&c, &w, false);
    client_send(&c, "POST /take HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody" GET("/take"));
    client_got(&c, OK("4", "body") OK("0", ""));
    assert_int_equal(w.bodies, 0);
    client_send(&c, "POST /take HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbod");
    client_got(&c, OK("2", "no"));
    client_send(&c, "y" GET("/hello"));
    client_got(&c, OK("5", "hello"));
    client_close(&c);
    world_close(&w);
}

static void continue_is_said_when_the_body_is_wanted(void **state)
{
    struct world w;
    struct client c;

    (void)state;
    world_open(&w, NULL, NULL);
    client_open(&c, &w, false);
    client_send(&c, "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
                    "Content-Length: 2\r\n\r\n");
    client_got(&c, "HTTP/1.1 100 Continue\r\n\r\n");
    client_send(&c, "hi");
    client_got(&c, OK("2", "hi"));
    client_close(&c);
    world_close(&w);
}

static void continue_waits_for_resume(void **state)
{
    struct world w;
    struct client c;

    (void)state;
    world_open(&w, NULL, NULL);
    client_open(&c, &w, false);
    client_send(&c, "POST /hold HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
                    "Content-Length: 2\r\n\r\n");
    world_until(&w, w.req);
    client_got(&c, "");
    gw_request_resume(w.req);
    client_got(&c, "HTTP/1.1 100 Continue\r\n\r\n");
    client_send(&c, "hi");
    client_got(&c, OK("2", "hi"));
    client_close(&c);
    world_close(&w);
}

static void continue_is_not_said_when_refused_or_already_sent(void **state)
{
    struct world w;
    struct client c;

    (void)state;
    world_open(&w, NULL, NULL);
    client_open(&c, &w, false);
    client_send(&c, "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
                    "Content-Length: 2\r\n\r\nhi");
    client_got(&c, OK("2", "hi"));
    client_send(&c, "POST /early HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
                    "Content-Length: 2\r\n\r\n");
    client_expect_end(&c);
    client_expect(&c, "connection: close\r\n\r\nearly");
    client_close(&c);
    world_close(&w);
}

static void unread_short_body_is_read_past(void **state)
{
    struct world w;
    struct client c;

    (void)state;
    world_open(&w, NULL, NULL);
    client_open(&c, &w, false);
    client_send(&c, "POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
    client_got(&c, OK("5", "early"));
    client_send(&c, "defghij" GET("/hello"));
    client_got(&c, OK("5", "hello"));
    client_send(&c, "POST /early HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab");
    client_got(&c, OK("5", "early"));
    client_send(&c, "c\r\n0\r\n\r\n" GET("/hello"));
    client_got(&c, OK("5", "hello"));
    client_close(&c);
    world_close(&w);
}

static void unread_long_body_ends_the_connection_but_not_the_answer(void **state)
{
    struct world w;
    struct client c;
    static char body[1 << 20];

    (void)state;
    world_open(&w, NULL, NULL);
    client_open(&c, &w, false);
    client_send(&c, "POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: 1048576\r\n\r\n");
    client_send_bytes(&c, body, sizeof body);
    client_expect(&c, "connection: close\r\n\r\nearly");
    client_expect_end(&c);
    client_close(&c);
    world_close(&w);
}

static void endless_unread_chunks_end_the_connection(void **state)
{
    struct world w;
    struct client c;

    (void)state;
    world_open(&w, NULL, NULL);
    client_open(&c, &w, false);
    client_send(&c, "POST /early HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    client_expect(&c, "early");
    for (int i = 0; i < 200 && !c.ended; i++) {
        static const char zeros[1024];

        client_send(&c, "400\r\n");
        client_send_bytes(&c, zeros, sizeof zeros);
        client_send(&c, "\r\n");
        client_read(&c);
    }
    client_expect_end(&c);
    client_close(&c);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(large_body_comes_through_in_pieces),
        cmocka_unit_test(large_body_is_read_to_where_it_is_kept),
        cmocka_unit_test(what_follows_a_body_read_in_place_is_the_next_request),
        cmocka_unit_test(held_body_is_bounded_and_resumes),
        cmocka_unit_test(each_piece_can_be_held),
        cmocka_unit_test(whole_body_can_be_taken_with_the_head),
        cmocka_unit_test(continue_is_said_when_the_body_is_wanted),
        cmocka_unit_test(continue_waits_for_resume),
        cmocka_unit_test(continue_is_not_said_when_refused_or_already_sent),
        cmocka_unit_test(unread_short_body_is_read_past),
        cmocka_unit_test(unread_long_body_ends_the_connection_but_not_the_answer),
        cmocka_unit_test(endless_unread_chunks_end_the_connection),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
