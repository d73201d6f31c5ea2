/* SPDX-License-Identifier: Apache-2.0 */
/* Clients that leave: the handler learns of it in the same turn of the loop, at every stage. */
#include "world.h"

#include <sys/socket.h>
#include <unistd.h>

#define GET(target) "GET " target " HTTP/1.1\r\nHost: a\r\n\r\n"
#define POST(target) "POST " target " HTTP/1.1\r\nHost: a\r\n"

enum manner { CLOSE, RESET, HALF_CLOSE };

static void leave(struct client *c, enum manner how)
{
    client_read(c); /* closing with unread bytes would be a reset */
    if (how == CLOSE)
        client_close(c);
    else if (how == RESET)
        client_reset(c);
    else
        shutdown(c->fd, SHUT_WR);
}

/* After `request` one turn is enough to see that the client leaves. */
static void check(const char *request, bool stream)
{
    for (enum manner how = CLOSE; how <= HALF_CLOSE; how++) {
        struct world w;
        struct client c;
        struct gw_server_stats stats;

        world_open(&w, NULL, NULL);
        client_open(&c, &w, false);
        client_send(&c, request);
        world_until(&w, w.req);
        if (stream) {
            sluice_span part = SL_SPAN("part");

            if (strcmp(w.target, "/wait") == 0)
                gw_respond_head(w.req, 200, NULL, 0, -1);
            gw_respond(w.req, &part, 1, 0);
            client_expect(&c, "part");
        }
        leave(&c, how);
        world_turn(&w);
        assert_int_equal(w.aborts, 1);
        assert_int_equal(w.why, GW_LEFT);
        world_turn(&w);
        gw_server_stats(w.server, &stats);
        assert_int_equal(stats.open, 0);
        assert_int_equal(stats.buffered, 0);
        client_close(&c);
        world_close(&w);
    }
}

static void leaving_is_seen_while_the_handler_thinks(void **state)
{
    (void)state;
    check(GET("/wait"), false);
}

static void leaving_is_seen_while_streaming(void **state)
{
    (void)state;
    check(GET("/wait"), true);
}

static void leaving_is_seen_in_mid_body(void **state)
{
    (void)state;
    check(POST("/wait") "Content-Length: 9\r\n\r\nabc", false);
}

static void leaving_is_seen_while_body_and_answer_are_under_way(void **state)
{
    (void)state;
    check(POST("/stream") "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n", true);
}

static void leaving_is_seen_while_the_body_is_held(void **state)
{
    (void)state;
    check(POST("/hold") "Content-Length: 9\r\n\r\nabc", false);
}

static void leaving_is_seen_behind_pipelined_requests(void **state)
{
    (void)state;
    check(GET("/wait") GET("/hello"), false);
}

/* So much waits in the socket that the server does not read it any more. A FIN behind more than the
 * socket holds cannot arrive at all, so here all of it fits. */
static void leaving_is_seen_when_the_socket_is_not_read(void **state)
{
    static char body[100 << 10];

    (void)state;
    for (enum manner how = CLOSE; how <= HALF_CLOSE; how++) {
        struct world w;
        struct client c;

        world_open(&w, NULL, NULL);
        client_open(&c, &w, false);
        client_send(&c, POST("/hold") "Content-Length: 99999999\r\n\r\n");
        client_send_bytes(&c, body, sizeof body);
        for (int i = 0; i < 20; i++)
            world_turn(&w);
        assert_int_equal(w.aborts, 0);
        leave(&c, how);
        world_turn(&w);
        assert_int_equal(w.aborts, 1);
        assert_int_equal(w.body.len, 0);
        client_close(&c);
        world_close(&w);
    }
}

/* The answer does not fit into the socket, and then the client is gone. */
static void leaving_is_seen_when_the_answer_is_not_read(void **state)
{
    struct world w;
    struct client c;

    (void)state;
    world_open(&w, NULL, NULL);
    w.big_size = 64 << 20;
    client_open(&c, &w, false);
    client_send(&c, GET("/big"));
    world_until(&w, w.big_sent > 0);
    client_reset(&c);
    world_turn(&w);
    assert_int_equal(w.aborts, 1);
    world_close(&w);
}

/* Writing notices it first: the handler is told from the loop, not from inside gw_respond(). */
static void failed_write_is_told_from_the_loop(void **state)
{
    struct world w;
    struct client c;
    sluice_span part = SL_SPAN("part");
    struct gw_request *req;

    (void)state;
    world_open(&w, NULL, NULL);
    client_open(&c, &w, false);
    client_send(&c, GET("/wait"));
    world_until(&w, w.req);
    req = w.req;
    gw_respond_head(req, 200, NULL, 0, -1);
    client_reset(&c);
    gw_respond(req, &part, 1, 0);
    assert_int_equal(gw_respond(req, &part, 1, 0), GW_HOLD);
    assert_int_equal(w.aborts, 0);
    world_turn(&w);
    assert_int_equal(w.aborts, 1);
    assert_int_equal(w.drained, 0);
    world_close(&w);
}

static void complete_answer_to_a_gone_client_is_no_abort(void **state)
{
    struct world w;
    struct client c;
    struct gw_server_stats stats;
    struct gw_request *req;

    (void)state;
    world_open(&w, NULL, NULL);
    client_open(&c, &w, false);
    client_send(&c, GET("/wait"));
    world_until(&w, w.req);
    req = w.req;
    w.req = NULL;
    client_reset(&c);
    gw_respond_simple(req, 200, NULL, 0, NULL, SL_SPAN("x"));
    world_until(&w, (gw_server_stats(w.server, &stats), stats.open == 0));
    assert_int_equal(w.aborts, 0);
    world_close(&w);
}

/* A half-close behind a complete answer: what is left of it is still written. */
static void complete_answer_is_written_to_a_half_closed_client(void **state)
{
    struct world w;
    struct client c;
    static char body[8 << 20];

    (void)state;
    world_open(&w, NULL, NULL);
    client_open(&c, &w, false);
    client_send(&c, GET("/wait"));
    world_until(&w, w.req);
    gw_respond_simple(w.req, 200, NULL, 0, NULL, sl_span(body, sizeof body));
    shutdown(c.fd, SHUT_WR);
    client_expect_end(&c);
    assert_true(c.got.len > sizeof body);
    assert_int_equal(w.aborts, 0);
    client_close(&c);
    world_close(&w);
}

static void requests_sent_with_the_half_close_are_answered(void **state)
{
    struct world w;
    struct client c;

    (void)state;
    world_open(&w, NULL, NULL);
    client_open(&c, &w, false);
    send(c.fd, GET("/hello"), strlen(GET("/hello")), MSG_NOSIGNAL);
    shutdown(c.fd, SHUT_WR);
    client_expect(&c, "hello");
    client_expect_end(&c);
    client_close(&c);
    world_close(&w);
}

static void leaving_between_requests_is_quiet(void **state)
{
    struct world w;
    struct client c;
    struct gw_server_stats stats;

    (void)state;
    world_open(&w, NULL, NULL);
    client_open(&c, &w, false);
    client_send(&c, GET("/hello") "GET /he");
    client_expect(&c, "hello");
    client_close(&c);
    world_until(&w, (gw_server_stats(w.server, &stats), stats.open == 0));
    assert_int_equal(w.aborts, 0);
    assert_int_equal(stats.refused, 0);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaving_is_seen_while_the_handler_thinks),
        cmocka_unit_test(leaving_is_seen_while_streaming),
        cmocka_unit_test(leaving_is_seen_in_mid_body),
        cmocka_unit_test(leaving_is_seen_while_body_and_answer_are_under_way),
        cmocka_unit_test(leaving_is_seen_while_the_body_is_held),
        cmocka_unit_test(leaving_is_seen_behind_pipelined_requests),
        cmocka_unit_test(leaving_is_seen_when_the_socket_is_not_read),
        cmocka_unit_test(leaving_is_seen_when_the_answer_is_not_read),
        cmocka_unit_test(failed_write_is_told_from_the_loop),
        cmocka_unit_test(complete_answer_to_a_gone_client_is_no_abort),
        cmocka_unit_test(complete_answer_is_written_to_a_half_closed_client),
        cmocka_unit_test(requests_sent_with_the_half_close_are_answered),
        cmocka_unit_test(leaving_between_requests_is_quiet),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
