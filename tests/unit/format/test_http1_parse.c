/* SPDX-License-Identifier: Apache-2.0 */
/* Message heads and chunked bodies, one rule a test; the corpus has the hostile ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "../../http/transcript.h"

#define HOST "Host: a.example\r\n"

/* The transcript of a stream must be `want`, in one piece and cut at every byte. */
static void check(bool request, bool to_head, const char *text, size_t len, const char *want)
{
    for (size_t cut = 0; cut <= len; cut++) {
        struct transcript t;

        transcript_init(&t, request);
        t.to_head = to_head;
        transcript_feed(&t, text, cut);
        transcript_feed(&t, text + cut, len - cut);
        assert_string_equal(transcript_end(&t), want);
        transcript_finish(&t);
    }
}

#define REQUEST(text, want) check(true, false, text, sizeof(text) - 1, want)
#define ANSWER(text, want) check(false, false, text, sizeof(text) - 1, want)

static void request_is_taken_apart(void **state)
{
    (void)state;
    REQUEST("POST /v1/x?a=b HTTP/1.1\r\n" HOST "X-Thing: \t a b \t\r\nContent-Length: 2\r\n\r\nhi",
            "message POST /v1/x?a=b 1.1 keep=1 expect=0 upgrade=0\nfield host: a.example\n"
            "field x-thing: a b\nfield content-length: 2\nbody hi\nend at 83\n");
}

static void names_become_lower_case_and_values_do_not(void **state)
{
    (void)state;
    REQUEST("GET / HTTP/1.1\r\nHOST: A.Example\r\nX-ABC_z: DeF\r\n\r\n",
            "message GET / 1.1 keep=1 expect=0 upgrade=0\nfield host: A.Example\n"
            "field x-abc_z: DeF\nbody \nend at 49\n");
}

static void connection_close_ends_keep_alive(void **state)
{
    (void)state;
    REQUEST("GET / HTTP/1.1\r\n" HOST "Connection: x , Close\r\n\r\n",
            "message GET / 1.1 keep=0 expect=0 upgrade=0\nfield host: a.example\n"
            "field connection: x , Close\nbody \nend at 58\n");
}

static void close_outranks_keep_alive(void **state)
{
    (void)state;
    REQUEST("GET / HTTP/1.1\r\n" HOST "Connection: close\r\nConnection: keep-alive\r\n\r\n",
            "message GET / 1.1 keep=0 expect=0 upgrade=0\nfield host: a.example\n"
            "field connection: close\nfield connection: keep-alive\nbody \nend at 78\n");
}

static void http10_closes_unless_asked(void **state)
{
    (void)state;
    REQUEST("GET / HTTP/1.0\r\n\r\n",
            "message GET / 1.0 keep=0 expect=0 upgrade=0\nbody \nend at 18\n");
    REQUEST("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
            "message GET / 1.0 keep=1 expect=0 upgrade=0\nfield connection: keep-alive\n"
            "body \nend at 42\n");
}

static void expect_is_seen_with_a_body_only(void **state)
{
    (void)state;
    REQUEST("PUT / HTTP/1.1\r\n" HOST "Expect: 100-Continue\r\nContent-Length: 1\r\n\r\nx",
            "message PUT / 1.1 keep=1 expect=1 upgrade=0\nfield host: a.example\n"
            "field expect: 100-Continue\nfield content-length: 1\nbody x\nend at 77\n");
    REQUEST("PUT / HTTP/1.1\r\n" HOST "Expect: 100-continue\r\n\r\n",
            "message PUT / 1.1 keep=1 expect=0 upgrade=0\nfield host: a.example\n"
            "field expect: 100-continue\nbody \nend at 57\n");
}

static void upgrade_is_reported(void **state)
{
    (void)state;
    REQUEST("GET / HTTP/1.1\r\n" HOST "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
            "message GET / 1.1 keep=1 expect=0 upgrade=1\nfield host: a.example\n"
            "field connection: Upgrade\nfield upgrade: websocket\nbody \nend at 76\n");
}

static void absolute_form_becomes_origin_form(void **state)
{
    (void)state;
    REQUEST("GET http://A.example/p?q HTTP/1.1\r\n" HOST "\r\n",
            "message GET /p?q 1.1 keep=1 expect=0 upgrade=0\nfield host: a.example\nbody \n"
            "end at 54\n");
    REQUEST("GET http://a.example?q HTTP/1.1\r\n" HOST "\r\n",
            "message GET /?q 1.1 keep=1 expect=0 upgrade=0\nfield host: a.example\nbody \n"
            "end at 52\n");
    REQUEST("GET http://a.example HTTP/1.1\r\n" HOST "\r\n",
            "message GET / 1.1 keep=1 expect=0 upgrade=0\nfield host: a.example\nbody \n"
            "end at 50\n");
}

static void answer_is_taken_apart(void **state)
{
    (void)state;
    ANSWER("HTTP/1.1 404 Not  Found\r\nContent-Length: 2\r\n\r\nno",
           "message 404 1.1 keep=1 expect=0 upgrade=0\nfield content-length: 2\nbody no\n"
           "end at 48\n");
}

static void answer_may_lack_a_reason(void **state)
{
    (void)state;
    ANSWER("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n",
           "message 200 1.1 keep=1 expect=0 upgrade=0\nfield content-length: 0\nbody \n"
           "end at 35\n");
}

static void answer_without_length_lasts_until_close(void **state)
{
    (void)state;
    ANSWER("HTTP/1.1 200 OK\r\n\r\nall of it",
           "message 200 1.1 keep=0 expect=0 upgrade=0\nbody all of it\nend at 28\n");
}

static void answers_that_have_no_body(void **state)
{
    static const char head[] = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n";

    (void)state;
    ANSWER(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No\r\nTransfer-Encoding: chunked\r\n\r\n"
        "HTTP/1.1 304 Not\r\nContent-Length: 5\r\n\r\n",
        "message 100 1.1 keep=1 expect=0 upgrade=0\nbody \nend at 25\n"
        "message 204 1.1 keep=1 expect=0 upgrade=0\nfield transfer-encoding: chunked\nbody \n"
        "end at 72\n"
        "message 304 1.1 keep=1 expect=0 upgrade=0\nfield content-length: 5\nbody \nend at 111\n");
    check(false, true, head, sizeof head - 1,
          "message 200 1.1 keep=1 expect=0 upgrade=0\nfield content-length: 9\nbody \nend at 38\n");
}

static void answers_that_are_refused(void **state)
{
    static const char *const bad[] = {
        "HTTP/1.1 099 x\r\n\r\n",
        "HTTP/1.1 600 x\r\n\r\n",
        "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1  200 OK\r\n\r\n",
        "HTTP/1.1\r\n\r\n",
        "HTTP/1.1 2x0 OK\r\n\r\n",
        "HTTQ/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n",
        "HTTP/1.1 200 OK\nContent-Length: 1\n\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct transcript t;

        transcript_init(&t, false);
        transcript_feed(&t, bad[i], strlen(bad[i]));
        transcript_end(&t);
        if (t.err.status != 400)
            fail_msg("%s: %s", bad[i], t.text);
        transcript_finish(&t);
    }
}

static void answer_of_http2_is_a_wrong_version(void **state)
{
    struct transcript t;

    (void)state;
    transcript_init(&t, false);
    transcript_feed(&t, "HTTP/2.0 200 OK\r\n\r\n", 19);
    assert_int_equal(t.err.status, 505);
    transcript_end(&t);
    transcript_finish(&t);
}

static void chunked_body_is_decoded(void **state)
{
    (void)state;
    REQUEST("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
            "3;a=b\r\nabc\r\n0a\r\n0123456789\r\n000\r\nX-Sum: 1\r\n\r\n",
            "message POST / 1.1 keep=1 expect=0 upgrade=0\nfield host: a.example\n"
            "field transfer-encoding: chunked\nbody abc0123456789\nend at 109\n");
}

static void chunks_are_spans_of_the_input(void **state)
{
    static const char text[] = "5\r\nhello\r\n0\r\n\r\nGET";
    struct sl_http_chunked c;
    struct sl_http_error err;
    sluice_span in = SL_SPAN("5\r\nhello\r\n0\r\n\r\nGET"), data;

    (void)state;
    in = sl_span(text, sizeof text - 1);
    sl_http_chunked_init(&c);
    assert_int_equal(sl_http_chunked_next(&c, &in, &data, &err), SLUICE_OK);
    assert_ptr_equal(data.ptr, text + 3);
    assert_int_equal(data.len, 5);
    assert_int_equal(sl_http_chunked_next(&c, &in, &data, &err), SLUICE_PENDING);
    assert_ptr_equal(in.ptr, text + 15);
    assert_int_equal(in.len, 3);
    assert_int_equal(sl_http_chunked_next(&c, &in, &data, &err), SLUICE_PENDING);
}

static void malformed_chunks_stay_malformed(void **state)
{
    struct sl_http_chunked c;
    struct sl_http_error err;
    sluice_span in = SL_SPAN("x"), data;

    (void)state;
    sl_http_chunked_init(&c);
    assert_int_equal(sl_http_chunked_next(&c, &in, &data, &err), SLUICE_E_INVALID);
    in = SL_SPAN("5\r\nhello");
    assert_int_equal(sl_http_chunked_next(&c, &in, &data, &err), SLUICE_E_INVALID);
}

static int status_with(size_t head, size_t line, const char *text)
{
    struct transcript t;
    int status;

    transcript_init(&t, true);
    t.limits = (struct sl_http_limits){ head, line };
    for (size_t i = 0; i < strlen(text); i++)
        transcript_feed(&t, text + i, 1);
    status = t.err.status;
    transcript_end(&t);
    transcript_finish(&t);
    transcript_init(&t, true);
    t.limits = (struct sl_http_limits){ head, line };
    transcript_feed(&t, text, strlen(text));
    assert_int_equal(t.err.status, status);
    transcript_end(&t);
    transcript_finish(&t);
    return status;
}

static void limits_are_exact(void **state)
{
    static const char text[] = "GET /abc HTTP/1.1\r\n" HOST "\r\n";

    (void)state;
    assert_int_equal(status_with(sizeof text - 1, 17, text), 0);
    assert_int_equal(status_with(sizeof text - 2, 17, text), 431);
    assert_int_equal(status_with(sizeof text - 1, 16, text), 414);
}

static void limits_and_errors_count_in_the_order_of_bytes(void **state)
{
    (void)state;
    assert_int_equal(status_with(100, 10, "GET /\nabcdefghijkl"), 400);
    assert_int_equal(status_with(100, 4, "GET /\nabcdefghijkl"), 414);
    assert_int_equal(status_with(100, 5, "GET /\rabcdefghijkl"), 400);
    assert_int_equal(status_with(20, 18, "GET / HTTP/1.1\r\nHost: a.example\nX"), 431);
    assert_int_equal(status_with(40, 18, "GET / HTTP/1.1\r\nHost: a.example\nX"), 400);
}

static void hundred_fields_fit_and_one_more_does_not(void **state)
{
    char text[2048] = "GET / HTTP/1.1\r\nHost: a\r\n";
    size_t n = strlen(text);

    (void)state;
    for (int i = 1; i < SL_HTTP_HEADERS; i++, n += 6)
        memcpy(text + n, "X: y\r\n", 7);
    memcpy(text + n, "\r\n", 3);
    assert_int_equal(status_with(65536, 100, text), 0);
    memcpy(text + n, "X: y\r\n\r\n", 9);
    assert_int_equal(status_with(65536, 100, text), 431);
}

static void every_control_character_is_refused_at_every_place(void **state)
{
    static const char text[] = "GET /abcdefghijklmnopq HTTP/1.1\r\n" HOST "X-Abc: defghij\r\n\r\n";

    (void)state;
    for (int c = 0; c < 256; c++) {
        if (c == '\t' || (c >= 0x20 && c != 0x7f))
            continue; /* a tab may stand in values */
        for (size_t i = 0; i < sizeof text - 1; i++) {
            char bad[sizeof text];
            struct transcript t;

            memcpy(bad, text, sizeof bad);
            if (bad[i] == (char)c)
                continue;
            bad[i] = (char)c;
            transcript_init(&t, true);
            transcript_feed(&t, bad, sizeof bad - 1);
            transcript_end(&t);
            if (t.err.status != 400)
                fail_msg("0x%02x at %zu: %s", (unsigned)c, i, t.text);
            transcript_finish(&t);
        }
    }
}

static void field_is_found_by_name(void **state)
{
    char text[] = "GET / HTTP/1.1\r\nHost: a\r\nX-A: 1\r\nX-A: 2\r\n\r\n";
    struct sl_http_limits limits = { 1000, 1000 };
    struct sl_http_error err;
    static struct sl_http_head head;
    size_t used;

    (void)state;
    assert_int_equal(sl_http_parse_request(text, sizeof text - 1, 0, &limits, &head, &used, &err),
                     SLUICE_OK);
    assert_int_equal(used, sizeof text - 1);
    assert_true(sl_span_eq(sl_http_header(&head, SL_SPAN("x-a")), SL_SPAN("1")));
    assert_null(sl_http_header(&head, SL_SPAN("x-b")).ptr);
}

static void names_and_values_to_send_are_checked(void **state)
{
    (void)state;
    assert_true(sl_http_name_ok(SL_SPAN("x-request-id")));
    assert_false(sl_http_name_ok(SL_SPAN("")));
    assert_false(sl_http_name_ok(SL_SPAN("a b")));
    assert_false(sl_http_name_ok(SL_SPAN("a:")));
    assert_true(sl_http_value_ok(SL_SPAN("")));
    assert_true(sl_http_value_ok(SL_SPAN("a\tb \xc3\xa9")));
    assert_false(sl_http_value_ok(SL_SPAN("a\r\nX: b")));
    assert_false(sl_http_value_ok(SL_SPAN("a\0b")));
    assert_false(sl_http_value_ok(SL_SPAN("a\x7f")));
}

static void reasons_are_known_or_empty(void **state)
{
    (void)state;
    assert_string_equal(sl_http_reason(200), "OK");
    assert_string_equal(sl_http_reason(429), "Too Many Requests");
    assert_string_equal(sl_http_reason(299), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(request_is_taken_apart),
        cmocka_unit_test(names_become_lower_case_and_values_do_not),
        cmocka_unit_test(connection_close_ends_keep_alive),
        cmocka_unit_test(close_outranks_keep_alive),
        cmocka_unit_test(http10_closes_unless_asked),
        cmocka_unit_test(expect_is_seen_with_a_body_only),
        cmocka_unit_test(upgrade_is_reported),
        cmocka_unit_test(absolute_form_becomes_origin_form),
        cmocka_unit_test(answer_is_taken_apart),
        cmocka_unit_test(answer_may_lack_a_reason),
        cmocka_unit_test(answer_without_length_lasts_until_close),
        cmocka_unit_test(answers_that_have_no_body),
        cmocka_unit_test(answers_that_are_refused),
        cmocka_unit_test(answer_of_http2_is_a_wrong_version),
        cmocka_unit_test(chunked_body_is_decoded),
        cmocka_unit_test(chunks_are_spans_of_the_input),
        cmocka_unit_test(malformed_chunks_stay_malformed),
        cmocka_unit_test(limits_are_exact),
        cmocka_unit_test(limits_and_errors_count_in_the_order_of_bytes),
        cmocka_unit_test(hundred_fields_fit_and_one_more_does_not),
        cmocka_unit_test(every_control_character_is_refused_at_every_place),
        cmocka_unit_test(field_is_found_by_name),
        cmocka_unit_test(names_and_values_to_send_are_checked),
        cmocka_unit_test(reasons_are_known_or_empty),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
