/* SPDX-License-Identifier: Apache-2.0 */
/* Whole answers of every shape, over both transports. */
#include "kit.h"

#define OK_LENGTH                                                                                  \
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-Up: 1\r\nContent-Length: 5\r\n"              \
    "Connection: keep-alive\r\n\r\nhello"
#define OK_CHUNKED                                                                                 \
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: a/b\r\n\r\n"                   \
    "5\r\nhello\r\n1;x=y\r\n \r\n00a\r\nbig world!\r\n0\r\nTrailer: t\r\n\r\n"

static void a_body_with_a_length_arrives(void **state)
{
    struct kit *k = *state;
    struct kit_client c;

    KIT_ANSWERS(k, { .text = KIT_TEXT(OK_LENGTH) });
    kit_client_init(&c, k);
    kit_ask(&c);
    assert_int_equal(c.outcome, SLUICE_OK);
    assert_int_equal(c.status, 200);
    assert_int_equal(c.length, 5);
    assert_body(&c, "hello");
    assert_true(c.sent);
    kit_client_finish(&c);
}

static void the_request_is_sent_whole_and_well_formed(void **state)
{
    struct kit *k = *state;
    static const sluice_header headers[] = { { { "Authorization", 13 }, { "Bearer k", 8 } },
                                             { { "x-empty", 7 }, { "", 0 } } };
    struct sl_http_out out = { .body = kit_body, .n_body = 2, .headers = headers, .n_headers = 2 };
    struct kit_client c;
    char host[64];

    KIT_ANSWERS(k, { .text = KIT_TEXT(OK_LENGTH) });
    kit_client_init(&c, k);
    assert_int_equal(kit_submit_out(&c, &out), SLUICE_OK);
    kit_run(k);
    assert_int_equal(c.outcome, SLUICE_OK);
    snprintf(host, sizeof host, "ost: 127.0.0.1:%u\r\n", k->up.port);
    assert_true(kit_has(&k->up.last, "POST /v1/x?key=value HTTP/1.1\r\n"));
    assert_true(kit_has(&k->up.last, host));
    assert_true(kit_has(&k->up.last, "Authorization: Bearer k\r\n"));
    assert_true(kit_has(&k->up.last, "x-empty:"));
    assert_true(kit_has(&k->up.last, "ontent-"));
    assert_true(kit_has(&k->up.last, "ser-")); /* user-agent */
    assert_true(kit_has(&k->up.last, ": sluice/"));
    assert_true(kit_has(&k->up.last, "\r\n\r\n{\"hello\":\"world\"}"));
    assert_false(kit_has(&k->up.last, "ccept-")); /* accept-encoding */
    assert_false(kit_has(&k->up.last, "100-continue"));
    assert_false(kit_has(&k->up.last, "x-www-form"));
    kit_client_finish(&c);
}

static void header_names_are_lower_case_and_hop_by_hop_ones_gone(void **state)
{
    struct kit *k = *state;
    struct kit_client c;

    KIT_ANSWERS(k, { .text = KIT_TEXT("HTTP/1.1 429 Slow Down\r\nConnection: X-Hop, keep-alive\r\n"
                                      "Keep-Alive: timeout=5\r\nX-Hop: 1\r\nRetry-After:  7 \r\n"
                                      "Content-Length: 0\r\n\r\n") });
    kit_client_init(&c, k);
    kit_ask(&c);
    assert_int_equal(c.outcome, SLUICE_OK); /* an error of HTTP is an answer like any other */
    assert_int_equal(c.status, 429);
    assert_true(kit_has(&c.headers, "retry-after=7;"));
    assert_false(kit_has(&c.headers, "keep-alive"));
    assert_false(kit_has(&c.headers, "x-hop"));
    assert_false(kit_has(&c.headers, "connection"));
    assert_int_equal(c.body.len, 0);
    kit_client_finish(&c);
}

static void a_chunked_body_arrives_without_its_framing(void **state)
{
    struct kit *k = *state;
    struct kit_client c;

    KIT_ANSWERS(k, { .text = KIT_TEXT(OK_CHUNKED) });
    kit_client_init(&c, k);
    kit_ask(&c);
    assert_int_equal(c.outcome, SLUICE_OK);
    assert_int_equal(c.length, -1);
    assert_body(&c, "hello big world!");
    assert_false(kit_has(&c.headers, "transfer-encoding"));
    kit_client_finish(&c);
}

static void chunks_that_were_read_together_are_handed_on_together(void **state)
{
    struct kit *k = *state;
    struct kit_client c;

    KIT_ANSWERS(k, { .text = KIT_TEXT(OK_CHUNKED) });
    kit_client_init(&c, k);
    kit_ask(&c);
    assert_int_equal(c.n_data, 1);
    kit_client_finish(&c);
}

static void a_body_up_to_the_close_arrives(void **state)
{
    struct kit *k = *state;
    struct kit_client c;

    KIT_ANSWERS(k, { .text = KIT_TEXT("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"
                                      "<html>up to the end</html>"),
                     .then = KIT_CLOSE });
    kit_client_init(&c, k);
    kit_ask(&c);
    assert_int_equal(c.outcome, SLUICE_OK);
    assert_int_equal(c.length, -1);
    assert_body(&c, "<html>up to the end</html>");
    assert_true(kit_has(&c.headers, "content-type=text/html;"));
    kit_client_finish(&c);
}

static void interim_answers_are_skipped(void **state)
{
    struct kit *k = *state;
    struct kit_client c;

    KIT_ANSWERS(k, { .text = KIT_TEXT("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n"
                                      "Link: </x>\r\n\r\n" OK_LENGTH) });
    kit_client_init(&c, k);
    kit_ask(&c);
    assert_int_equal(c.outcome, SLUICE_OK);
    assert_int_equal(c.n_head, 1);
    assert_int_equal(c.status, 200);
    assert_false(kit_has(&c.headers, "link="));
    assert_body(&c, "hello");
    kit_client_finish(&c);
}

static void answers_without_body_end_at_their_head(void **state)
{
    struct kit *k = *state;
    struct sl_http_out head = { .method = SL_SPAN("HEAD") };
    struct kit_client c;

    KIT_ANSWERS(k, { .text = KIT_TEXT("HTTP/1.1 204 No Content\r\n\r\n") },
                { .text = KIT_TEXT("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n") });
    kit_client_init(&c, k);
    kit_ask(&c);
    assert_int_equal(c.outcome, SLUICE_OK);
    assert_int_equal(c.status, 204);
    kit_client_finish(&c);
    kit_client_init(&c, k);
    assert_int_equal(kit_submit_out(&c, &head), SLUICE_OK);
    kit_run(k);
    assert_int_equal(c.outcome, SLUICE_OK);
    assert_int_equal(c.status, 200);
    assert_int_equal(c.n_data, 0);
    kit_client_finish(&c);
}

static void a_get_has_no_body_and_an_empty_post_says_so(void **state)
{
    struct kit *k = *state;
    struct sl_http_out get = { .method = SL_SPAN("GET") }, post = { .n_body = 0 };
    struct kit_client c;

    KIT_ANSWERS(k, { .text = KIT_TEXT(OK_LENGTH) });
    kit_client_init(&c, k);
    assert_int_equal(kit_submit_out(&c, &get), SLUICE_OK);
    kit_run(k);
    assert_int_equal(c.outcome, SLUICE_OK);
    assert_true(kit_has(&k->up.last, "GET /v1/x?key=value HTTP/1.1\r\n"));
    assert_false(kit_has(&k->up.last, "ength:"));
    kit_client_finish(&c);
    kit_client_init(&c, k);
    assert_int_equal(kit_submit_out(&c, &post), SLUICE_OK);
    kit_run(k);
    assert_int_equal(c.outcome, SLUICE_OK);
    assert_true(kit_has(&k->up.last, "ength: 0\r\n"));
    kit_client_finish(&c);
}

static void one_connection_serves_one_request_after_the_other(void **state)
{
    struct kit *k = *state;

    KIT_ANSWERS(k, { .text = KIT_TEXT(OK_LENGTH) }, { .text = KIT_TEXT(OK_CHUNKED) });
    for (int i = 0; i < 10; i++) {
        struct kit_client c;

        kit_client_init(&c, k);
        kit_ask(&c);
        assert_int_equal(c.outcome, SLUICE_OK);
        kit_client_finish(&c);
    }
    assert_int_equal(k->up.n_requests, 10);
    assert_int_equal(k->up.n_accepted, 1);
}

static void a_connection_that_was_announced_to_close_is_not_used_again(void **state)
{
    struct kit *k = *state;

    KIT_ANSWERS(k, { .text = KIT_TEXT("HTTP/1.1 200 OK\r\nConnection: close\r\n"
                                      "Content-Length: 2\r\n\r\nok") });
    for (int i = 0; i < 3; i++) {
        struct kit_client c;

        kit_client_init(&c, k);
        kit_ask(&c);
        assert_int_equal(c.outcome, SLUICE_OK);
        kit_client_finish(&c);
    }
    assert_int_equal(k->up.n_accepted, 3);
}

static void the_same_answer_comes_out_wherever_it_was_cut(void **state)
{
    struct kit *k = *state;
    static const struct {
        sluice_span text;
        const char *body;
    } cases[] = { { KIT_TEXT(OK_LENGTH), "hello" }, { KIT_TEXT(OK_CHUNKED), "hello big world!" } };

    for (size_t i = 0; i < 2; i++) {
        for (size_t cut = 1; cut < cases[i].text.len; cut++) {
            struct kit_answer answer = { .text = cases[i].text, .cut = cut };
            struct kit_client c;

            k->up.answers = &answer;
            k->up.n_answers = 1;
            kit_client_init(&c, k);
            kit_ask(&c);
            assert_int_equal(c.outcome, SLUICE_OK);
            assert_int_equal(c.status, 200);
            assert_body(&c, cases[i].body);
            kit_client_finish(&c);
        }
    }
    assert_int_equal(k->up.n_accepted, 1);
}

static void a_hundred_requests_run_side_by_side(void **state)
{
    enum { N = 100 };
    struct kit *k = *state;
    struct kit_client *clients = calloc(N, sizeof *clients);

    KIT_ANSWERS(k, { .text = KIT_TEXT(OK_CHUNKED), .cut = 60 });
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < N; i++) {
            kit_client_init(&clients[i], k);
            assert_int_equal(kit_submit(&clients[i]), SLUICE_OK);
        }
        kit_run(k);
        for (int i = 0; i < N; i++) {
            assert_int_equal(clients[i].outcome, SLUICE_OK);
            assert_body(&clients[i], "hello big world!");
            kit_client_finish(&clients[i]);
        }
    }
    assert_int_equal(k->up.n_requests, 3 * N);
    assert_in_range(k->up.n_accepted, 1, N);
    free(clients);
}

/* The secret of one answer must not show in another: same loop, same buffers, same connection. */
static void bytes_of_one_answer_never_show_in_another(void **state)
{
    struct kit *k = *state;
    static char long_secret[4096 + 256];
    struct kit_answer answers[3] = { { .then = KIT_KEEP } };
    size_t head = (size_t)snprintf(long_secret, 256,
                                   "HTTP/1.1 200 OK\r\nX-Tenant: SECRETHEAD\r\n"
                                   "Content-Length: 4096\r\n\r\n");
    struct kit_client c;

    for (size_t i = 0; i < 4096; i++)
        long_secret[head + i] = "SECRETBODY"[i % 10];
    answers[0].text = sl_span(long_secret, head + 4096);
    answers[1].text = SL_SPAN(OK_CHUNKED);
    answers[2].text = SL_SPAN("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabcd");
    answers[1].cut = 70;
    answers[2].then = KIT_CLOSE;
    k->up.answers = answers;
    k->up.n_answers = 3;
    for (int i = 0; i < 3; i++) {
        kit_client_init(&c, k);
        kit_ask(&c);
        if (i > 0) {
            assert_false(kit_has(&c.body, "SECRET"));
            assert_false(kit_has(&c.headers, "SECRET"));
            assert_null(strstr(c.err.message, "SECRET"));
        }
        kit_client_finish(&c);
    }
    assert_int_equal(k->up.n_requests, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_BOTH(a_body_with_a_length_arrives),
        KIT_BOTH(the_request_is_sent_whole_and_well_formed),
        KIT_BOTH(header_names_are_lower_case_and_hop_by_hop_ones_gone),
        KIT_BOTH(a_chunked_body_arrives_without_its_framing),
        KIT_BOTH(chunks_that_were_read_together_are_handed_on_together),
        KIT_BOTH(a_body_up_to_the_close_arrives),
        KIT_BOTH(interim_answers_are_skipped),
        KIT_BOTH(answers_without_body_end_at_their_head),
        KIT_BOTH(a_get_has_no_body_and_an_empty_post_says_so),
        KIT_BOTH(one_connection_serves_one_request_after_the_other),
        KIT_BOTH(a_connection_that_was_announced_to_close_is_not_used_again),
        KIT_BOTH(the_same_answer_comes_out_wherever_it_was_cut),
        KIT_BOTH(a_hundred_requests_run_side_by_side),
        KIT_BOTH(bytes_of_one_answer_never_show_in_another),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
