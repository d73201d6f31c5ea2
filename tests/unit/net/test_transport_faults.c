/* SPDX-License-Identifier: Apache-2.0 */
/* What goes wrong on the way to an upstream and back, over both transports. */
#include "kit.h"

#include "base/arena.h"

#define OK_TEXT "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

/* One request whose outcome is a failure that is told in a sentence about host and port. */
static void fails_with(struct kit *k, sluice_status outcome, const char *word)
{
    struct kit_client c;
    char name[32];

    kit_client_init(&c, k);
    kit_ask(&c);
    assert_int_equal(c.outcome, outcome);
    snprintf(name, sizeof name, "127.0.0.1:%u", k->up.port);
    assert_non_null(strstr(c.err.message, name));
    assert_null(strstr(c.err.message, "key=value"));
    if (!k->curl && word)
        assert_non_null(strstr(c.err.message, word));
    kit_client_finish(&c);
}

static void succeeds(struct kit *k)
{
    struct kit_client c;

    kit_client_init(&c, k);
    kit_ask(&c);
    assert_int_equal(c.outcome, SLUICE_OK);
    assert_body(&c, "hello");
    kit_client_finish(&c);
}

static void a_refused_connection_is_unavailable_and_nothing_was_sent(void **state)
{
    struct kit *k = *state;
    unsigned port, listening = k->up.port;
    int fd = kit_listen(&port); /* bound, but not listening */
    struct kit_client c;
    char name[32];

    k->up.port = port;
    kit_client_init(&c, k);
    kit_ask(&c);
    k->up.port = listening;
    close(fd);
    snprintf(name, sizeof name, "127.0.0.1:%u", port);
    assert_int_equal(c.outcome, SLUICE_E_UNAVAILABLE);
    assert_non_null(strstr(c.err.message, name));
    assert_null(strstr(c.err.message, "key=value"));
    assert_false(c.sent);
    kit_client_finish(&c);
}

static void a_reset_before_the_answer_is_an_upstream_fault(void **state)
{
    struct kit *k = *state;

    KIT_ANSWERS(k, { .then = KIT_RESET });
    fails_with(k, SLUICE_E_UPSTREAM, "reset before");
}

static void a_close_before_the_answer_is_an_upstream_fault(void **state)
{
    struct kit *k = *state;

    KIT_ANSWERS(k, { .then = KIT_CLOSE });
    fails_with(k, SLUICE_E_UPSTREAM, "without an answer");
    assert_int_equal(k->up.n_accepted, 1); /* a fresh connection is not tried twice */
}

static void a_reset_amid_the_answer_is_a_truncation(void **state)
{
    struct kit *k = *state;

    /* The cut gives the first bytes time to arrive before the reset. */
    KIT_ANSWERS(k, { .text = KIT_TEXT("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello"),
                     .cut = 40,
                     .then = KIT_RESET });
    fails_with(k, SLUICE_E_TRUNCATED, "reset before the end");
}

static void a_body_shorter_than_its_length_is_a_truncation(void **state)
{
    struct kit *k = *state;

    KIT_ANSWERS(k, { .text = KIT_TEXT("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello"),
                     .then = KIT_CLOSE });
    fails_with(k, SLUICE_E_TRUNCATED, "closed before the end");
}

static void chunks_without_the_last_one_are_a_truncation(void **state)
{
    struct kit *k = *state;
    struct kit_client c;

    KIT_ANSWERS(k, { .text = KIT_TEXT("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                                      "5\r\nhello\r\n"),
                     .then = KIT_CLOSE });
    kit_client_init(&c, k);
    kit_ask(&c);
    assert_int_equal(c.outcome, SLUICE_E_TRUNCATED);
    assert_body(&c, "hello"); /* what came has been handed on */
    kit_client_finish(&c);
}

static void malformed_answers_are_upstream_faults(void **state)
{
    struct kit *k = *state;

    KIT_ANSWERS(k, { .text = KIT_TEXT("SSH-2.0-OpenSSH_9.2\r\n\r\n"), .then = KIT_CLOSE },
                { .text = KIT_TEXT("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"),
                  .then = KIT_KEEP },
                { .text = KIT_TEXT("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n"
                                   "Connection: upgrade\r\n\r\n"),
                  .then = KIT_KEEP });
    for (int i = 0; i < 3; i++)
        fails_with(k, SLUICE_E_UPSTREAM, NULL);
}

static void ambiguous_framing_is_refused(void **state)
{
    struct kit *k = *state;

    KIT_ANSWERS(k,
                { .text = KIT_TEXT("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n"
                                   "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n") },
                { .text = KIT_TEXT("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n"
                                   "\r\nhello!") });
    fails_with(k, SLUICE_E_UPSTREAM, NULL);
    fails_with(k, SLUICE_E_UPSTREAM, NULL);
}

static void an_endless_head_is_refused(void **state)
{
    struct kit *k = *state;
    size_t len = 80 * 1024;
    char *text = malloc(len);
    int n = snprintf(text, len, "HTTP/1.1 200 OK\r\n");
    struct kit_answer answer = { .text = { text, len } };

    for (size_t i = (size_t)n; i < len; i++)
        text[i] =
            "x-long: 0123456789abcdef0123456789abcdef0123456789abcdef0123\r\n"[(i - (size_t)n) %
                                                                               62];
    k->up.answers = &answer;
    k->up.n_answers = 1;
    fails_with(k, SLUICE_E_UPSTREAM, NULL);
    free(text);
}

static void bytes_behind_an_answer_close_its_connection(void **state)
{
    struct kit *k = *state;

    KIT_ANSWERS(k, { .text = KIT_TEXT(OK_TEXT "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil") },
                { .text = KIT_TEXT(OK_TEXT) });
    succeeds(k);
    succeeds(k);
    assert_int_equal(k->up.n_accepted, 2);
}

static void a_silent_upstream_times_out(void **state)
{
    struct kit *k = *state;
    struct sl_http_out out = { .body = kit_body, .n_body = 2, .idle_ms = 40 };

    KIT_ANSWERS(k, { .then = KIT_SILENT },
                { .text = KIT_TEXT("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello"),
                  .then = KIT_SILENT });
    for (int i = 0; i < 2; i++) {
        struct kit_client c;

        kit_client_init(&c, k);
        assert_int_equal(kit_submit_out(&c, &out), SLUICE_OK);
        kit_run(k);
        out.url = (sluice_span){ NULL, 0 };
        assert_int_equal(c.outcome, SLUICE_E_TIMEOUT);
        assert_non_null(strstr(c.err.message, "nothing moved for 40 ms"));
        assert_true(c.sent);
        assert_int_equal(c.n_data, i);
        kit_client_finish(&c);
    }
}

/* Listening, but nobody accepts and the queue is full: the handshake of TCP hangs. */
static void a_connection_that_is_not_taken_times_out(void **state)
{
    struct kit *k = *state;
    unsigned port;
    int fd = kit_listen(&port), fill[16];
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    char url[64];
    struct sl_http_out out = { .connect_ms = 60 };
    struct kit_client c;

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(listen(fd, 0), 0);
    for (int i = 0; i < 16; i++) {
        fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)!connect(fill[i], (struct sockaddr *)&at, sizeof at);
    }
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", port);
    out.url = sl_span_str(url);
    kit_client_init(&c, k);
    assert_int_equal(kit_submit_out(&c, &out), SLUICE_OK);
    kit_run(k);
    assert_int_equal(c.outcome, SLUICE_E_TIMEOUT);
    assert_non_null(strstr(c.err.message, "no connection within 60 ms"));
    assert_false(c.sent);
    kit_client_finish(&c);
    for (int i = 0; i < 16; i++)
        close(fill[i]);
    close(fd);
}

static void a_stale_pooled_connection_is_replaced_unseen(void **state)
{
    struct kit *k = *state;

    KIT_ANSWERS(k, { .text = KIT_TEXT(OK_TEXT) }, { .then = KIT_CLOSE },
                { .text = KIT_TEXT(OK_TEXT) }, { .then = KIT_RESET },
                { .text = KIT_TEXT(OK_TEXT) });
    for (int i = 0; i < 3; i++)
        succeeds(k);
    assert_int_equal(k->up.n_requests, 5);
    assert_int_equal(k->up.n_accepted, 3);
    assert_true(kit_has(&k->up.last, "{\"hello\":\"world\"}")); /* the body once more */
}

static void a_retry_that_fails_too_is_an_error(void **state)
{
    struct kit *k = *state;

    KIT_ANSWERS(k, { .text = KIT_TEXT(OK_TEXT) }, { .then = KIT_CLOSE });
    succeeds(k);
    fails_with(k, SLUICE_E_UPSTREAM, NULL);
    assert_int_equal(k->up.n_requests, 3);
}

static void a_connection_closed_while_idle_is_not_used(void **state)
{
    struct kit *k = *state;

    KIT_ANSWERS(k, { .text = KIT_TEXT(OK_TEXT) });
    succeeds(k);
    kit_conn_drop(SL_CONTAINER(k->up.conns.next, struct kit_conn, node), false);
    kit_turn(k);
    succeeds(k);
    assert_int_equal(k->up.n_accepted, 2);
    assert_int_equal(k->up.n_requests, 2);
}

static void header_injection_is_refused_before_anything_is_sent(void **state)
{
    struct kit *k = *state;
    static const sluice_header bad[] = {
        { { "x-a", 3 }, { "1\r\nX-Evil: 1", 12 } },
        { { "x-a", 3 }, { "1\n2", 3 } },
        { { "x-a", 3 }, { "1\0002", 3 } },
        { { "x a", 3 }, { "1", 1 } },
        { { "x:a", 3 }, { "1", 1 } },
        { { "", 0 }, { "1", 1 } },
        { { "Content-Length", 14 }, { "3", 1 } },
        { { "Transfer-Encoding", 17 }, { "x", 1 } },
        { { "host", 4 }, { "evil", 4 } },
        { { "Connection", 10 }, { "close", 5 } },
    };
    struct kit_client c;

    kit_client_init(&c, k);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct sl_http_out out = { .headers = &bad[i], .n_headers = 1 };

        assert_int_equal(kit_submit_out(&c, &out), SLUICE_E_INVALID);
        assert_true(c.err.message[0] != 0);
        assert_null(c.x);
    }
    assert_int_equal(k->up.n_accepted, 0);
    kit_client_finish(&c);
}

static void urls_that_are_none_are_refused(void **state)
{
    struct kit *k = *state;
    static const char *const bad[] = {
        "",
        "/v1",
        "ftp://h/",
        "http://",
        "http:///x",
        "http://h:0/",
        "http://h:65536/",
        "http://h:x/",
        "http://u:p@h/",
        "http://[::1/",
        "http://h/a b",
        "http://h/\r\nX: y",
        "http://h/#f",
        "http://h\nost/",
        "http://[g::]/",
    };
    struct kit_client c;

    kit_client_init(&c, k);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct sl_http_out out = { .url = sl_span_str(bad[i]) };

        assert_int_equal(kit_submit_out(&c, &out), SLUICE_E_INVALID);
    }
    kit_client_finish(&c);
}

static void a_method_that_is_no_token_is_refused(void **state)
{
    struct kit *k = *state;
    struct sl_http_out out = { .method = SL_SPAN("GET / HTTP/1.1\r\nX: y\r\n\r\nPOST") };
    struct kit_client c;

    kit_client_init(&c, k);
    assert_int_equal(kit_submit_out(&c, &out), SLUICE_E_INVALID);
    kit_client_finish(&c);
}

static void a_foreign_request_does_not_reach_addresses_inside(void **state)
{
    struct kit *k = *state;
    static const char *const hosts[] = { "127.0.0.1", "localhost",       "[::1]",
                                         "10.0.0.1",  "169.254.169.254", "[::ffff:127.0.0.1]" };

    KIT_ANSWERS(k, { .text = KIT_TEXT(OK_TEXT) });
    succeeds(k); /* an idle connection there is no way in either */
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        char url[96];
        struct sl_http_out out = { .foreign = true };
        struct kit_client c;

        snprintf(url, sizeof url, "http://%s:%u/", hosts[i], k->up.port);
        out.url = sl_span_str(url);
        kit_client_init(&c, k);
        assert_int_equal(kit_submit_out(&c, &out), SLUICE_OK);
        kit_run(k);
        assert_int_equal(c.outcome, SLUICE_E_INVALID);
        assert_non_null(strstr(c.err.message, "address not public"));
        assert_false(c.sent);
        kit_client_finish(&c);
    }
    assert_int_equal(k->up.n_requests, 1);
}

/* The first try meets an empty pool, the second a connection that went stale. */
static void each_allocation_that_fails_gives_one_clean_error(void **state)
{
    struct kit *k = *state;
    uint64_t n, counted = UINT64_MAX;

    for (n = 1; counted >= n - 1; n++) { /* until there was no n-th one to fail */
        KIT_ANSWERS(k, { .text = KIT_TEXT(OK_TEXT), .cut = 20 }, { .then = KIT_CLOSE },
                    { .text = KIT_TEXT(OK_TEXT), .cut = 20 });
        k->up.n_requests = 0;
        k->t->cls->destroy(k->t);
        if (k->curl)
            assert_int_equal(sl_curl_create(k->loop, &k->t, NULL), SLUICE_OK);
        else
            assert_int_equal(sl_http1_create(k->loop, k->jobs, &k->t, NULL), SLUICE_OK);
        sl_fault_after(n);
        for (int i = 0; i < 2; i++) {
            struct kit_client c;
            sluice_status st;

            kit_client_init(&c, k);
            st = kit_submit(&c);
            if (st == SLUICE_OK)
                kit_run(k);
            assert_int_equal(c.n_done, st == SLUICE_OK);
            if (c.outcome != SLUICE_OK)
                assert_true(c.err.message[0] != 0);
            kit_client_finish(&c);
        }
        counted = sl_fault_after(0);
        succeeds(k);
    }
    assert_true(n > 8);
}

static void a_transport_that_cannot_be_made_is_an_error(void **state)
{
    struct kit *k = *state;
    struct sl_transport *t = NULL;
    uint64_t n = 1;

    for (;; n++) {
        sluice_status st;

        sl_fault_after(n);
        st = k->curl ? sl_curl_create(k->loop, &t, NULL)
                     : sl_http1_create(k->loop, k->jobs, &t, NULL);
        sl_fault_after(0);
        if (st == SLUICE_OK)
            break;
        assert_int_equal(st, SLUICE_E_NOMEM);
        assert_null(t);
    }
    assert_true(n > 1);
    t->cls->destroy(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_BOTH(a_refused_connection_is_unavailable_and_nothing_was_sent),
        KIT_BOTH(a_reset_before_the_answer_is_an_upstream_fault),
        KIT_BOTH(a_close_before_the_answer_is_an_upstream_fault),
        KIT_BOTH(a_reset_amid_the_answer_is_a_truncation),
        KIT_BOTH(a_body_shorter_than_its_length_is_a_truncation),
        KIT_BOTH(chunks_without_the_last_one_are_a_truncation),
        KIT_BOTH(malformed_answers_are_upstream_faults),
        KIT_HTTP1(ambiguous_framing_is_refused),
        KIT_BOTH(an_endless_head_is_refused),
        KIT_BOTH(bytes_behind_an_answer_close_its_connection),
        KIT_BOTH(a_silent_upstream_times_out),
        KIT_BOTH(a_connection_that_is_not_taken_times_out),
        KIT_BOTH(a_stale_pooled_connection_is_replaced_unseen),
        KIT_BOTH(a_retry_that_fails_too_is_an_error),
        KIT_BOTH(a_connection_closed_while_idle_is_not_used),
        KIT_BOTH(header_injection_is_refused_before_anything_is_sent),
        KIT_BOTH(urls_that_are_none_are_refused),
        KIT_BOTH(a_method_that_is_no_token_is_refused),
        KIT_BOTH(a_foreign_request_does_not_reach_addresses_inside),
        KIT_BOTH(each_allocation_that_fails_gives_one_clean_error),
        KIT_BOTH(a_transport_that_cannot_be_made_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
