/* SPDX-License-Identifier: Apache-2.0 */
/* Connections: what is kept, in which order, and how they end. Bodies: test_bodies.c. */
#include "world.h"

#define GET(target) "GET " target " HTTP/1.1\r\nHost: a\r\n\r\n"
#define OK(len, body)                                                                              \
    "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: " len "\r\n\r\n" body

static void connection_is_kept_between_requests(void **state)
{
    struct world w;
    struct client c;

    (void)state;
    world_open(&w, NULL, NULL);
    client_open(&c, &w, false);
    for (int i = 0; i < 3; i++) {
        client_send(&c, GET("/hello"));
        client_got(&c, OK("5", "hello"));
    }
    assert_int_equal(w.requests, 3);
    client_close(&c);
    world_close(&w);
}

static void connection_close_is_obeyed(void **state)
{
    struct world w;
    struct client c;

    (void)state;
    world_open(&w, NULL, NULL);
    client_open(&c, &w, false);
    client_send(&c, "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    client_expect_end(&c);
    client_got(&c, "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 5\r\n"
                   "connection: close\r\n\r\nhello");
    client_close(&c);
    world_close(&w);
}

static void http10_is_answered_and_closed(void **state)
{
    struct world w;
    struct client c;

    (void)state;
    world_open(&w, NULL, NULL);
    client_open(&c, &w, false);
    client_send(&c, "GET /hello HTTP/1.0\r\n\r\n");
    client_expect_end(&c);
    client_expect(&c, "connection: close\r\n\r\nhello");
    client_close(&c);
    world_close(&w);
}

static void pipelined_requests_are_answered_in_order(void **state)
{
    struct world w;
    struct client c;
    struct gw_request *req;

    (void)state;
    world_open(&w, NULL, NULL);
    client_open(&c, &w, false);
    client_send(&c, GET("/wait") GET("/hello") "POST /echo HTTP/1.1\r\nHost: a\r\n"
                                               "Content-Length: 3\r\n\r\nabc" GET("/hello"));
    for (int i = 0; i < 20; i++)
        world_turn(&w);
    assert_int_equal(w.requests, 1);
    req = w.req;
    w.req = NULL;
    gw_respond_simple(req, 200, NULL, 0, "text/plain", SL_SPAN("waited"));
    client_got(&c, OK("6", "waited") OK("5", "hello") OK("3", "abc") OK("5", "hello"));
    client_close(&c);
    world_close(&w);
}

static void many_pipelined_requests_wait_in_the_socket(void **state)
{
    struct world w;
    struct client c;
    struct gw_server_stats stats;
    struct gw_request *req;
    static char many[30000 * 36];
    size_t n = 0;

    (void)state;
    for (int i = 0; i < 10000; i++, n += strlen(GET("/hello")))
        memcpy(many + n, GET("/hello"), strlen(GET("/hello")));
    world_open(&w, NULL, NULL);
    client_open(&c, &w, false);
    client_send(&c, GET("/wait"));
    client_send_bytes(&c, many, n);
    for (int i = 0; i < 50; i++)
        world_turn(&w);
    gw_server_stats(w.server, &stats);
    assert_true(stats.buffered <= 150000);
    req = w.req;
    w.req = NULL;
    gw_respond_simple(req, 204, NULL, 0, NULL, SL_SPAN(""));
    world_until(&w, (client_read(&c), w.requests == 10001));
    client_forget(&c);
    client_send(&c, GET("/hello"));
    client_expect(&c, "hello");
    client_close(&c);
    world_until(&w, (gw_server_stats(w.server, &stats), stats.open == 0));
    assert_int_equal(stats.buffered, 0);
    world_close(&w);
}

static void bytes_one_at_a_time_make_the_same_request(void **state)
{
    static const char text[] =
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        "3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nT: v\r\n\r\n" GET("/hello");
    struct world w;
    struct client c;

    (void)state;
    world_open(&w, NULL, NULL);
    client_open(&c, &w, false);
    for (size_t i = 0; i < sizeof text - 1; i++)
        client_send_bytes(&c, text + i, 1);
    client_got(&c, OK("5", "abcde") OK("5", "hello"));
    client_close(&c);
    world_close(&w);
}

static void every_cut_of_a_request_makes_the_same_answer(void **state)
{
    static const char text[] =
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody"
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        "3\r\nabc\r\n0\r\n\r\n";
    struct world w;
    struct client c;

    (void)state;
    world_open(&w, NULL, NULL);
    client_open(&c, &w, false);
    for (size_t cut = 1; cut < sizeof text - 1; cut++) {
        client_send_bytes(&c, text, cut);
        client_send_bytes(&c, text + cut, sizeof text - 1 - cut);
        client_got(&c, OK("4", "body") OK("3", "abc"));
    }
    client_close(&c);
    world_close(&w);
}

static void peer_and_time_are_known(void **state)
{
    struct world w;
    struct client c;

    (void)state;
    world_open(&w, NULL, NULL);
    client_open(&c, &w, false);
    client_send(&c, GET("/wait"));
    world_until(&w, w.req);
    assert_true(sl_span_eq(gw_request_peer(w.req), SL_SPAN("127.0.0.1")));
    assert_true(gw_request_received_us(w.req) > 0);
    assert_false(gw_request_is_tls(w.req));
    assert_ptr_equal(gw_request_ctx(w.req), &w);
    gw_request_set_user(w.req, &c);
    assert_ptr_equal(gw_request_user(w.req), &c);
    client_close(&c);
    world_until(&w, w.aborts == 1);
    world_close(&w);
}

/* A pooled connection and the shared read buffer: nothing of one client reaches another, even when
 * the first leaves in mid-request with its bytes in the buffers. */
static void buffers_show_nothing_of_another_client(void **state)
{
    struct world w;
    struct client a, b;

    (void)state;
    world_open(&w, NULL, NULL);
    for (int i = 0; i < 50; i++) {
        client_open(&a, &w, false);
        client_send(
            &a, "POST /hold HTTP/1.1\r\nHost: secret\r\nContent-Length: 90\r\n\r\nsecretsecret");
        if (i % 2)
            client_send(&a, "secret");
        client_reset(&a);
        world_until(&w, !w.req);
        client_open(&b, &w, false);
        client_send(&b, "POST /echo HTTP/1.1\r\nHost: b\r\nContent-Length: 4\r\n\r\nab");
        client_send(&b, "cd");
        client_expect(&b, "abcd");
        assert_true(sl_span_find(sl_buf_span(&b.got), SL_SPAN("secret")) == b.got.len);
        client_close(&b);
    }
    world_close(&w);
}

static void closed_drained(void *ctx)
{
    *(bool *)ctx = true;
}

static void drain_lets_requests_finish_and_closes_the_rest(void **state)
{
    struct world w;
    struct client idle, running;
    struct gw_request *req;
    bool done = false;

    (void)state;
    world_open(&w, NULL, NULL);
    client_open(&idle, &w, false);
    client_send(&idle, GET("/hello"));
    client_expect(&idle, "hello");
    client_open(&running, &w, false);
    client_send(&running, GET("/wait"));
    world_until(&w, w.req);
    gw_server_drain(w.server, closed_drained, &done);
    client_expect_end(&idle);
    assert_false(done);
    req = w.req;
    w.req = NULL;
    gw_respond_simple(req, 200, NULL, 0, "text/plain", SL_SPAN("late"));
    client_expect(&running, "connection: close\r\n\r\nlate");
    client_expect_end(&running);
    world_until(&w, (client_read(&running), done));
    client_close(&idle);
    client_close(&running);
    world_close(&w);
}

static void destroy_aborts_what_runs(void **state)
{
    struct world w;
    struct client c;

    (void)state;
    world_open(&w, NULL, NULL);
    client_open(&c, &w, false);
    client_send(&c, GET("/wait"));
    world_until(&w, w.req);
    world_close(&w);
    assert_int_equal(w.aborts, 1);
    assert_int_equal(w.why, GW_SHUTDOWN);
    client_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connection_is_kept_between_requests),
        cmocka_unit_test(connection_close_is_obeyed),
        cmocka_unit_test(http10_is_answered_and_closed),
        cmocka_unit_test(pipelined_requests_are_answered_in_order),
        cmocka_unit_test(many_pipelined_requests_wait_in_the_socket),
        cmocka_unit_test(bytes_one_at_a_time_make_the_same_request),
        cmocka_unit_test(every_cut_of_a_request_makes_the_same_answer),
        cmocka_unit_test(peer_and_time_are_known),
        cmocka_unit_test(buffers_show_nothing_of_another_client),
        cmocka_unit_test(drain_lets_requests_finish_and_closes_the_rest),
        cmocka_unit_test(destroy_aborts_what_runs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
