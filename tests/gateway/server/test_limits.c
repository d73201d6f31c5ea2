/* SPDX-License-Identifier: Apache-2.0 */
/* What the server refuses by itself: malformed and too large messages, those who take too long. */
#include "world.h"

#include <fcntl.h>
#include <sluice_sdk/clock.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define GET(target) "GET " target " HTTP/1.1\r\nHost: a\r\n\r\n"

/* The answer to `request` has this status, is OpenAI's error shape, and ends the connection. */
static void check_refused(const struct gw_limits *limits, const char *request, const char *status,
                          int requests, int aborts)
{
    struct world w;
    struct client c;
    struct gw_server_stats stats;
    char line[64];

    world_open(&w, limits, NULL);
    client_open(&c, &w, false);
    client_send(&c, request);
    client_expect_end(&c);
    snprintf(line, sizeof line, "HTTP/1.1 %s ", status);
    client_expect(&c, line);
    client_expect(&c, "connection: close\r\n");
    client_expect(&c, "\r\n\r\n{\"error\":{\"message\":\"");
    snprintf(line, sizeof line,
             "\",\"type\":\"invalid_request_error\",\"param\":null,\"code\":\"%s\"}}", status);
    client_expect(&c, line);
    assert_int_equal(w.requests, requests);
    assert_int_equal(w.aborts, aborts);
    gw_server_stats(w.server, &stats);
    assert_int_equal(stats.refused, 1);
    client_close(&c);
    world_close(&w);
}

static void malformed_head_is_answered_with_400(void **state)
{
    (void)state;
    check_refused(NULL, "GET / HTTP/1.1\r\nHost : a\r\n\r\n", "400", 0, 0);
}

static void length_and_coding_together_are_answered_with_400(void **state)
{
    (void)state;
    check_refused(NULL,
                  "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n"
                  "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" GET("/hello"),
                  "400", 0, 0);
}

static void bare_line_feeds_are_answered_with_400_at_once(void **state)
{
    (void)state;
    check_refused(NULL, "GET / HTTP/1.1\n", "400", 0, 0);
}

static void unknown_coding_is_answered_with_501(void **state)
{
    (void)state;
    check_refused(NULL, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", "501", 0,
                  0);
}

static void http2_preface_behind_a_request_is_answered_with_505(void **state)
{
    (void)state;
    check_refused(NULL, GET("/hello") "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505", 1, 0);
}

static void long_head_is_answered_with_431(void **state)
{
    const struct gw_limits limits = { .head = 64 };

    (void)state;
    check_refused(&limits,
                  "GET / HTTP/1.1\r\nHost: a\r\nX: 0123456789012345678901234567890123456789", "431",
                  0, 0);
}

static void long_target_is_answered_with_414(void **state)
{
    const struct gw_limits limits = { .line = 32 };

    (void)state;
    check_refused(&limits, "GET /0123456789012345678901234567890123456789", "414", 0, 0);
}

static void announced_large_body_is_answered_with_413(void **state)
{
    const struct gw_limits limits = { .body = 10 };

    (void)state;
    check_refused(&limits,
                  "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n0123456789x", "413",
                  0, 0);
}

static void large_chunked_body_is_answered_with_413(void **state)
{
    const struct gw_limits limits = { .body = 10 };

    (void)state;
    check_refused(&limits,
                  "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "8\r\n01234567\r\n3\r\n89a\r\n0\r\n\r\n",
                  "413", 1, 1);
}

static void malformed_chunk_is_answered_with_400(void **state)
{
    (void)state;
    check_refused(NULL,
                  "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "2\r\nabc\r\n",
                  "400", 1, 1);
}

static void malformed_chunk_under_an_answer_cuts_it(void **state)
{
    struct world w;
    struct client c;

    (void)state;
    world_open(&w, NULL, NULL);
    client_open(&c, &w, false);
    client_send(&c, "POST /stream HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                    "1\r\na\r\n");
    client_expect(&c, "1\r\na\r\n");
    client_send(&c, "x");
    client_expect_end(&c);
    assert_int_equal(w.why, GW_MALFORMED);
    assert_true(sl_span_find(sl_buf_span(&c.got), SL_SPAN("0\r\n\r\n")) == c.got.len);
    client_close(&c);
    world_close(&w);
}

static void body_of_exactly_the_limit_passes(void **state)
{
    const struct gw_limits limits = { .body = 10 };
    struct world w;
    struct client c;

    (void)state;
    world_open(&w, &limits, NULL);
    client_open(&c, &w, false);
    client_send(&c, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n0123456789");
    client_expect(&c, "\r\n\r\n0123456789");
    client_close(&c);
    world_close(&w);
}

/* ---- time -------------------------------------------------------------------------------- */

static void head_that_does_not_end_is_answered_with_408(void **state)
{
    const struct gw_limits limits = { .head_ms = 30 };

    (void)state;
    check_refused(&limits, "GET / HTTP/1.1\r\nHost:", "408", 0, 0);
}

static void head_in_drops_is_answered_with_408(void **state)
{
    const struct gw_limits limits = { .head_ms = 50 };
    struct world w;
    struct client c;

    (void)state;
    world_open(&w, &limits, NULL);
    client_open(&c, &w, false);
    client_send(&c, "GET / HTTP/1.1\r\nX: ");
    for (int i = 0; i < 3000 && !c.ended; i++) {
        client_send(&c, "x");
        client_read(&c);
        usleep(300);
    }
    assert_true(c.ended);
    client_expect(&c, "HTTP/1.1 408 ");
    client_close(&c);
    world_close(&w);
}

static void body_that_does_not_come_is_answered_with_408(void **state)
{
    const struct gw_limits limits = { .body_ms = 30 };

    (void)state;
    check_refused(&limits, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc", "408",
                  1, 1);
}

static void body_that_is_held_does_not_time_out(void **state)
{
    const struct gw_limits limits = { .body_ms = 20 };
    struct world w;
    struct client c;

    (void)state;
    world_open(&w, &limits, NULL);
    client_open(&c, &w, false);
    client_send(&c, "POST /hold HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc");
    for (int i = 0; i < 100; i++) {
        world_turn(&w);
        usleep(1000);
    }
    assert_int_equal(w.aborts, 0);
    gw_request_resume(w.req);
    world_until(&w, w.aborts == 1);
    assert_int_equal(w.why, GW_STALLED);
    client_close(&c);
    world_close(&w);
}

static void request_that_waits_for_its_handler_does_not_time_out(void **state)
{
    const struct gw_limits limits = { .head_ms = 20, .body_ms = 20, .idle_ms = 20, .write_ms = 20 };
    struct world w;
    struct client c;

    (void)state;
    world_open(&w, &limits, NULL);
    client_open(&c, &w, false);
    client_send(&c, GET("/wait"));
    for (int i = 0; i < 150; i++) {
        world_turn(&w);
        usleep(1000);
    }
    assert_int_equal(w.aborts, 0);
    assert_non_null(w.req);
    gw_respond_simple(w.req, 200, NULL, 0, NULL, SL_SPAN("late"));
    client_expect(&c, "late");
    client_close(&c);
    world_close(&w);
}

static void check_closed_silently(const struct gw_limits *limits, const char *first)
{
    struct world w;
    struct client c;

    world_open(&w, limits, NULL);
    client_open(&c, &w, false);
    if (first) {
        client_send(&c, first);
        client_expect(&c, "hello");
        client_forget(&c);
    }
    client_expect_end(&c);
    assert_int_equal(c.got.len, 0);
    client_close(&c);
    world_close(&w);
}

static void new_connection_that_says_nothing_is_closed(void **state)
{
    const struct gw_limits limits = { .head_ms = 30 };

    (void)state;
    check_closed_silently(&limits, NULL);
}

static void idle_connection_is_closed(void **state)
{
    const struct gw_limits limits = { .idle_ms = 30 };

    (void)state;
    check_closed_silently(&limits, GET("/hello"));
}

static void client_that_takes_nothing_is_cut(void **state)
{
    const struct gw_limits limits = { .write_ms = 50 };
    struct world w;
    struct client c;

    (void)state;
    world_open(&w, &limits, NULL);
    w.big_size = 64 << 20;
    client_open(&c, &w, false);
    client_send(&c, GET("/big"));
    world_until(&w, w.aborts == 1);
    assert_int_equal(w.why, GW_STALLED);
    client_close(&c);
    world_close(&w);
}

/* Less is read in one time-out than makes the kernel ask for more. */
static void client_that_reads_slowly_is_not_cut(void **state)
{
    const struct gw_limits limits = { .write_ms = 300 };
    static char text[16 << 10];
    struct world w;
    struct client c;
    uint64_t start;

    (void)state;
    world_open(&w, &limits, NULL);
    w.big_size = 64 << 20;
    client_open(&c, &w, false);
    client_send(&c, GET("/big"));
    for (start = sl_now_ms(); sl_now_ms() < start + 1000;) {
        world_turn(&w);
        usleep(3000);
        assert_true(recv(c.fd, text, sizeof text, MSG_DONTWAIT) > 0);
    }
    assert_int_equal(w.aborts, 0);
    client_close(&c);
    world_close(&w);
}

static void lingering_connection_is_closed_in_the_end(void **state)
{
    const struct gw_limits limits = { .linger_ms = 30 };
    struct world w;
    struct client c;
    struct gw_server_stats stats;

    (void)state;
    world_open(&w, &limits, NULL);
    client_open(&c, &w, false);
    client_send(&c, "x\n");
    client_expect(&c, "HTTP/1.1 400 ");
    world_until(&w, (gw_server_stats(w.server, &stats), stats.open == 0));
    client_close(&c);
    world_close(&w);
}

/* ---- connections ------------------------------------------------------------------------- */

static void connections_beyond_the_limit_wait(void **state)
{
    const struct gw_limits limits = { .connections = 2 };
    struct world w;
    struct client c[3];
    struct gw_server_stats stats;

    (void)state;
    world_open(&w, &limits, NULL);
    for (int i = 0; i < 3; i++)
        client_open(&c[i], &w, false);
    client_send(&c[2], GET("/hello"));
    for (int i = 0; i < 20; i++)
        world_turn(&w);
    gw_server_stats(w.server, &stats);
    assert_int_equal(stats.open, 2);
    assert_int_equal(w.requests, 0);
    client_close(&c[0]);
    client_expect(&c[2], "hello");
    client_close(&c[1]);
    client_close(&c[2]);
    world_close(&w);
}

static void running_out_of_descriptors_is_survived(void **state)
{
    struct world w;
    struct client a, b;
    struct rlimit old, low;
    int fds[256], n = 0;

    (void)state;
    world_open(&w, NULL, NULL);
    client_open(&a, &w, false);
    getrlimit(RLIMIT_NOFILE, &old);
    low = (struct rlimit){ 200, old.rlim_max };
    setrlimit(RLIMIT_NOFILE, &low);
    b = (struct client){ .fd = -1 };
    while (n < 256 && (fds[n] = open("/dev/null", O_RDONLY)) >= 0)
        n++;
    close(fds[--n]); /* for the client's own socket */
    client_open(&b, &w, false);
    client_expect_end(&b); /* refused with the descriptor kept in reserve */
    client_send(&a, GET("/hello"));
    client_expect(&a, "hello");
    while (n)
        close(fds[--n]);
    setrlimit(RLIMIT_NOFILE, &old);
    client_close(&b);
    client_open(&b, &w, false);
    client_send(&b, GET("/hello"));
    client_expect(&b, "hello");
    client_close(&a);
    client_close(&b);
    world_close(&w);
}

static void port_that_is_taken_is_an_error(void **state)
{
    struct world w;
    struct gw_server_options options;
    struct gw_server *second;
    sluice_error err = SLUICE_ERROR_INIT;

    (void)state;
    world_open(&w, NULL, NULL);
    options = w.options;
    options.host = "192.0.2.1"; /* not an address of ours */
    options.port = gw_server_port(w.server);
    assert_true(gw_server_create(w.base, &options, &second, &err) < 0);
    assert_non_null(strstr(err.message, "cannot listen on 192.0.2.1:"));
    world_close(&w);
}

/* Answers that come within the turn of the request leave no other time-out in between. */
static void busy_connection_is_not_idle(void **state)
{
    const struct gw_limits limits = { .idle_ms = 700 };
    uint64_t until = sl_now_ms() + 1000;
    struct world w;
    struct client c;

    (void)state;
    world_open(&w, &limits, NULL);
    client_open(&c, &w, false);
    while (sl_now_ms() < until) {
        client_send(&c, GET("/hello"));
        client_expect(&c, "hello");
        client_forget(&c);
        assert_false(c.ended);
    }
    client_close(&c);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(malformed_head_is_answered_with_400),
        cmocka_unit_test(length_and_coding_together_are_answered_with_400),
        cmocka_unit_test(bare_line_feeds_are_answered_with_400_at_once),
        cmocka_unit_test(unknown_coding_is_answered_with_501),
        cmocka_unit_test(busy_connection_is_not_idle),
        cmocka_unit_test(http2_preface_behind_a_request_is_answered_with_505),
        cmocka_unit_test(long_head_is_answered_with_431),
        cmocka_unit_test(long_target_is_answered_with_414),
        cmocka_unit_test(announced_large_body_is_answered_with_413),
        cmocka_unit_test(large_chunked_body_is_answered_with_413),
        cmocka_unit_test(malformed_chunk_is_answered_with_400),
        cmocka_unit_test(malformed_chunk_under_an_answer_cuts_it),
        cmocka_unit_test(body_of_exactly_the_limit_passes),
        cmocka_unit_test(head_that_does_not_end_is_answered_with_408),
        cmocka_unit_test(head_in_drops_is_answered_with_408),
        cmocka_unit_test(body_that_does_not_come_is_answered_with_408),
        cmocka_unit_test(body_that_is_held_does_not_time_out),
        cmocka_unit_test(request_that_waits_for_its_handler_does_not_time_out),
        cmocka_unit_test(new_connection_that_says_nothing_is_closed),
        cmocka_unit_test(idle_connection_is_closed),
        cmocka_unit_test(client_that_takes_nothing_is_cut),
        cmocka_unit_test(client_that_reads_slowly_is_not_cut),
        cmocka_unit_test(lingering_connection_is_closed_in_the_end),
        cmocka_unit_test(connections_beyond_the_limit_wait),
        cmocka_unit_test(running_out_of_descriptors_is_survived),
        cmocka_unit_test(port_that_is_taken_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
