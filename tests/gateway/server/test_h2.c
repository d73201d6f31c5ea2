/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP/2: requests, bodies and answers, seen by a client that keeps to the rules. */
#include "h2client.h"

#include <sluice_sdk/arena.h>
#include <stdlib.h>
#include <unistd.h>

static void open_both(struct world *w, struct h2client *h, const struct gw_limits *limits)
{
    world_open(w, limits, NULL);
    h2_open(h, w, false, false);
}

static void close_both(struct world *w, struct h2client *h)
{
    h2_close(h);
    world_close(w);
}

static void request_is_answered(void **state)
{
    struct world w;
    struct h2client h;
    int32_t id;

    (void)state;
    open_both(&w, &h, NULL);
    id = h2_get(&h, "/hello");
    h2_got(&h, id, 200, "hello");
    assert_non_null(strstr(h2_answer(&h, id)->fields, "content-type: text/plain\n"));
    assert_non_null(strstr(h2_answer(&h, id)->fields, "content-length: 5\n"));
    assert_non_null(strstr(h2_answer(&h, id)->fields, "\ndate: "));
    close_both(&w, &h);
}

static void preface_may_come_byte_by_byte(void **state)
{
    struct world w;
    struct h2client h;
    const uint8_t *data;
    ssize_t n;
    int32_t id;

    (void)state;
    open_both(&w, &h, NULL);
    id = h2_ask(&h, "POST", "/echo", NULL, "abc", 3);
    while ((n = nghttp2_session_mem_send(h.session, &data)) > 0)
        for (ssize_t i = 0; i < n; i++)
            client_send_bytes(&h.c, (const char *)data + i, 1);
    h2_got(&h, id, 200, "abc");
    close_both(&w, &h);
}

static void beginning_like_the_preface_is_still_http1(void **state)
{
    static const char request[] = "PRIME /hello HTTP/1.1\r\nHost: a\r\n\r\n";
    struct world w;
    struct client c;

    (void)state;
    for (size_t cut = 1; cut < sizeof request - 1; cut++) {
        world_open(&w, NULL, NULL);
        client_open(&c, &w, false);
        client_send_bytes(&c, request, cut);
        client_send_bytes(&c, request + cut, sizeof request - 1 - cut);
        client_expect(&c, "HTTP/1.1 200 OK\r\n");
        client_close(&c);
        world_close(&w);
    }
}

static void authority_is_host_and_cookies_are_joined(void **state)
{
    static const char *const extra[] = { "cookie", "a=1", "x-one", "1", "cookie", "b=2", NULL };
    struct world w;
    struct h2client h;
    int32_t id;

    (void)state;
    open_both(&w, &h, NULL);
    id = h2_ask(&h, "GET", "/fields", extra, NULL, 0);
    h2_got(&h, id, 200, "host: localhost\nx-one: 1\ncookie: a=1; b=2\n");
    close_both(&w, &h);
}

static void body_is_echoed_with_and_without_length(void **state)
{
    static const char *const length[] = { "content-length", "3", NULL };
    struct world w;
    struct h2client h;

    (void)state;
    open_both(&w, &h, NULL);
    h2_got(&h, h2_ask(&h, "POST", "/echo", length, "abc", 3), 200, "abc");
    h2_got(&h, h2_ask(&h, "POST", "/echo", NULL, "abcd", 4), 200, "abcd");
    h2_got(&h, h2_ask(&h, "POST", "/echo", NULL, "", 0), 200, "");
    h2_got(&h, h2_ask(&h, "POST", "/take", length, "abc", 3), 200, "no");
    h2_got(&h, h2_get(&h, "/take"), 200, "");
    close_both(&w, &h);
}

static void length_that_is_wrong_resets_the_stream(void **state)
{
    static const char *const length[] = { "content-length", "4", NULL };
    struct world w;
    struct h2client h;
    int32_t id;

    (void)state;
    open_both(&w, &h, NULL);
    id = h2_ask(&h, "POST", "/echo", length, "abc", 3);
    h2_until(&h, h2_answer(&h, id)->closed);
    assert_int_equal(h2_answer(&h, id)->code, NGHTTP2_PROTOCOL_ERROR);
    assert_int_equal(w.aborts, 1);
    h2_got(&h, h2_get(&h, "/hello"), 200, "hello");
    close_both(&w, &h);
}

static void head_has_no_body(void **state)
{
    struct world w;
    struct h2client h;
    int32_t id;

    (void)state;
    open_both(&w, &h, NULL);
    id = h2_ask(&h, "HEAD", "/hello", NULL, NULL, 0);
    h2_got(&h, id, 200, "");
    assert_non_null(strstr(h2_answer(&h, id)->fields, "content-length: 5\n"));
    close_both(&w, &h);
}

static void expect_and_upgrade_are_not_acted_on(void **state)
{
    static const char *const extra[] = { "expect", "100-continue", NULL };
    struct world w;
    struct h2client h;
    struct client c;
    int32_t id;

    (void)state;
    open_both(&w, &h, NULL);
    id = h2_ask(&h, "POST", "/echo", extra, "abc", 3);
    h2_got(&h, id, 200, "abc");
    assert_null(strstr(h2_answer(&h, id)->fields, ":status: 100"));
    client_open(&c, &w, false);
    client_send(&c, "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\n"
                    "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n");
    client_expect(&c, "HTTP/1.1 200 OK\r\n");
    client_close(&c);
    close_both(&w, &h);
}

static void pieces_are_sent_as_they_come(void **state)
{
    struct world w;
    struct h2client h;
    int32_t id;

    (void)state;
    open_both(&w, &h, NULL);
    id = h2_begin(&h, "/stream", "one", 3);
    h2_until(&h, h2_answer(&h, id)->body.len == 3);
    h2_more(&h, id, "two", 3, false);
    h2_until(&h, h2_answer(&h, id)->body.len == 6);
    assert_false(h2_answer(&h, id)->ended);
    h2_more(&h, id, "three", 5, true);
    h2_got(&h, id, 200, "onetwothree");
    close_both(&w, &h);
}

static void streams_are_answered_while_others_wait(void **state)
{
    struct world w;
    struct h2client h;
    struct gw_request *first;
    int32_t id;

    (void)state;
    open_both(&w, &h, NULL);
    id = h2_get(&h, "/wait");
    h2_until(&h, w.req);
    first = w.req;
    for (int i = 0; i < 100; i++)
        h2_got(&h, h2_get(&h, "/hello"), 200, "hello");
    gw_respond_simple(first, 200, NULL, 0, NULL, SL_SPAN("late"));
    w.req = NULL;
    h2_got(&h, id, 200, "late");
    close_both(&w, &h);
}

static void reset_is_told_at_once_and_leaves_the_others_alone(void **state)
{
    struct world w;
    struct h2client h;
    struct gw_request *first;
    int32_t id;

    (void)state;
    open_both(&w, &h, NULL);
    id = h2_get(&h, "/wait");
    h2_until(&h, w.req);
    first = w.req;
    w.req = NULL;
    h2_get(&h, "/wait");
    h2_until(&h, w.req);
    h2_cancel(&h, id + 2);
    h2_until(&h, w.aborts == 1);
    assert_int_equal(w.why, GW_LEFT);
    gw_respond_simple(first, 200, NULL, 0, NULL, SL_SPAN("kept"));
    h2_got(&h, id, 200, "kept");
    close_both(&w, &h);
}

static void closing_ends_every_request(void **state)
{
    (void)state;
    for (int reset = 0; reset < 2; reset++) {
        struct world w;
        struct h2client h;

        open_both(&w, &h, NULL);
        h2_get(&h, "/wait");
        h2_until(&h, w.req);
        if (reset)
            client_reset(&h.c);
        else
            client_close(&h.c);
        world_until(&w, w.aborts == 1);
        assert_int_equal(w.why, GW_LEFT);
        close_both(&w, &h);
    }
}

static void cut_answer_is_reset_behind_its_bytes(void **state)
{
    struct world w;
    struct h2client h;
    sluice_span part = SL_SPAN("some");
    int32_t id;

    (void)state;
    open_both(&w, &h, NULL);
    id = h2_get(&h, "/wait");
    h2_until(&h, w.req);
    gw_respond_head(w.req, 200, NULL, 0, -1);
    gw_respond(w.req, &part, 1, 0);
    gw_respond_cut(w.req);
    h2_until(&h, h2_answer(&h, id)->closed);
    assert_false(h2_answer(&h, id)->ended);
    assert_int_equal(h2_answer(&h, id)->code, NGHTTP2_INTERNAL_ERROR);
    assert_int_equal(h2_answer(&h, id)->body.len, 4);
    id = h2_get(&h, "/wait");
    h2_until(&h, w.requests == 2);
    gw_respond_head(w.req, 200, NULL, 0, 10);
    gw_respond(w.req, &part, 1, GW_LAST);
    h2_until(&h, h2_answer(&h, id)->closed);
    assert_false(h2_answer(&h, id)->ended);
    close_both(&w, &h);
}

static void early_answer_ends_the_upload(void **state)
{
    struct world w;
    struct h2client h;
    int32_t id;

    (void)state;
    open_both(&w, &h, NULL);
    id = h2_begin(&h, "/early", "abc", 3);
    h2_got(&h, id, 200, "early");
    h2_until(&h, h2_answer(&h, id)->closed);
    assert_int_equal(h2_answer(&h, id)->code, NGHTTP2_NO_ERROR);
    close_both(&w, &h);
}

static void draining_says_goodbye_and_lets_streams_finish(void **state)
{
    struct world w;
    struct h2client h;
    int32_t id;

    (void)state;
    open_both(&w, &h, NULL);
    id = h2_get(&h, "/wait");
    h2_until(&h, w.req);
    gw_server_drain(w.server, NULL, NULL);
    h2_until(&h, h.goaway);
    assert_int_equal(h.goaway_code, NGHTTP2_NO_ERROR);
    assert_int_equal(w.aborts, 0);
    gw_respond_simple(w.req, 200, NULL, 0, NULL, SL_SPAN("late"));
    w.req = NULL;
    h2_got(&h, id, 200, "late");
    h2_until(&h, h.c.ended);
    close_both(&w, &h);
}

static void idle_connection_is_drained(void **state)
{
    struct world w;
    struct h2client h;

    (void)state;
    open_both(&w, &h, NULL);
    h2_got(&h, h2_get(&h, "/hello"), 200, "hello");
    gw_server_drain(w.server, NULL, NULL);
    h2_until(&h, h.goaway && h.c.ended);
    close_both(&w, &h);
}

static void destroying_aborts(void **state)
{
    struct world w;
    struct h2client h;

    (void)state;
    open_both(&w, &h, NULL);
    h2_get(&h, "/wait");
    h2_until(&h, w.req);
    close_both(&w, &h);
    assert_int_equal(w.aborts, 1);
    assert_int_equal(w.why, GW_SHUTDOWN);
}

static void request_over_tls(void **state)
{
    char cert[] = "/tmp/gw-cert-XXXXXX", key[] = "/tmp/gw-key-XXXXXX";
    struct gw_tls *tls;
    struct world w;
    struct h2client h;
    size_t n = 1 << 20;
    char *body = calloc(1, n);
    int32_t id;

    (void)state;
    world_certificate(cert, key);
    assert_int_equal(gw_tls_create(cert, key, &tls, NULL), SLUICE_OK);
    world_open(&w, NULL, tls);
    h2_open(&h, &w, true, false);
    h2_got(&h, h2_get(&h, "/hello"), 200, "hello");
    id = h2_ask(&h, "POST", "/echo", NULL, body, n);
    h2_until(&h, h2_answer(&h, id)->ended);
    assert_int_equal(h2_answer(&h, id)->body.len, n);
    close_both(&w, &h);
    gw_tls_destroy(tls);
    unlink(cert);
    unlink(key);
    free(body);
}

/* The nth allocation fails: the request is answered, refused or its connection ends, and nothing
 * leaks or stays behind. */
static void failing_memory_ends_in_an_end(void **state)
{
    (void)state;
    for (uint64_t n = 0; n < 120; n++) {
        struct world w;
        struct h2client h;
        struct gw_server_stats stats;
        struct h2_answer *a;

        open_both(&w, &h, NULL);
        a = h2_answer(&h, h2_ask(&h, "POST", "/stream", NULL, "abc", 3));
        sl_fault_after(n);
        for (int i = 0; i < 400 && !a->ended && !a->closed && !h.c.ended; i++)
            h2_turn(&h);
        sl_fault_after(0);
        h2_close(&h);
        for (int i = 0; i < 20; i++)
            world_turn(&w);
        gw_server_stats(w.server, &stats);
        assert_int_equal(stats.open, 0);
        assert_int_equal(stats.idle, 0);
        assert_int_equal(stats.buffered, 0);
        assert_null(w.req);
        world_close(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(request_is_answered),
        cmocka_unit_test(preface_may_come_byte_by_byte),
        cmocka_unit_test(beginning_like_the_preface_is_still_http1),
        cmocka_unit_test(authority_is_host_and_cookies_are_joined),
        cmocka_unit_test(body_is_echoed_with_and_without_length),
        cmocka_unit_test(length_that_is_wrong_resets_the_stream),
        cmocka_unit_test(head_has_no_body),
        cmocka_unit_test(expect_and_upgrade_are_not_acted_on),
        cmocka_unit_test(pieces_are_sent_as_they_come),
        cmocka_unit_test(streams_are_answered_while_others_wait),
        cmocka_unit_test(reset_is_told_at_once_and_leaves_the_others_alone),
        cmocka_unit_test(closing_ends_every_request),
        cmocka_unit_test(cut_answer_is_reset_behind_its_bytes),
        cmocka_unit_test(early_answer_ends_the_upload),
        cmocka_unit_test(draining_says_goodbye_and_lets_streams_finish),
        cmocka_unit_test(idle_connection_is_drained),
        cmocka_unit_test(destroying_aborts),
        cmocka_unit_test(request_over_tls),
        cmocka_unit_test(failing_memory_ends_in_an_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
