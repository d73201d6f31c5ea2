/* SPDX-License-Identifier: Apache-2.0 */
/* The reader of answers, without any socket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include "base/buf.h"
#include "net/answer.h"

struct read {
    struct sl_answer a;
    struct sl_http_head head;
    struct sl_buf held, body;
    unsigned heads, datas;
    int status;
    bool ended;
    const char *wrong;
};

static void begin(struct read *r, bool to_head)
{
    memset(r, 0, sizeof *r);
    sl_answer_init(&r->a, to_head);
    sl_buf_init(&r->held, 1u << 20);
    sl_buf_init(&r->body, 1u << 20);
}

static void finish(struct read *r)
{
    sl_buf_finish(&r->held);
    sl_buf_finish(&r->body);
}

/* As a connection does it: what is left is kept in front of what comes next. */
static void feed(struct read *r, sluice_span text)
{
    char *input;
    size_t len;

    sl_buf_add(&r->held, text);
    input = r->held.ptr;
    len = r->held.len;
    while (!r->ended && !r->wrong) {
        sluice_span data;

        switch (sl_answer_next(&r->a, &input, &len, &r->head, &data, &r->wrong)) {
        case SL_ANSWER_MORE:
            goto out;
        case SL_ANSWER_HEAD:
            r->heads++;
            r->status = r->head.status;
            break;
        case SL_ANSWER_DATA:
            assert_true(data.len > 0);
            r->datas++;
            sl_buf_add(&r->body, data);
            break;
        case SL_ANSWER_END:
            r->ended = true;
            break;
        case SL_ANSWER_INVALID:
            assert_non_null(r->wrong);
            break;
        }
    }
out:
    sl_buf_consume(&r->held, r->held.len - len);
}

#define CHUNKED                                                                                    \
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"           \
    "3\r\nabc\r\n10;ext\r\n0123456789abcdef\r\n1\r\n!\r\n0\r\nT: x\r\n\r\n"

static void any_two_cuts_give_the_same_answer(void **state)
{
    sluice_span text = SL_SPAN(CHUNKED);

    (void)state;
    for (size_t one = 0; one < text.len; one++) {
        for (size_t two = one; two < text.len; two++) {
            struct read r;

            begin(&r, false);
            feed(&r, sl_span_head(text, one));
            feed(&r, sl_span_head(sl_span_from(text, one), two - one));
            feed(&r, sl_span_from(text, two));
            assert_true(r.ended);
            assert_int_equal(r.heads, 1);
            assert_true(sl_span_eq(sl_buf_span(&r.body), SL_SPAN("abc0123456789abcdef!")));
            assert_int_equal(r.held.len, 0);
            finish(&r);
        }
    }
}

static void chunks_of_one_read_become_one_run(void **state)
{
    struct read r;

    (void)state;
    begin(&r, false);
    feed(&r, SL_SPAN(CHUNKED));
    assert_int_equal(r.datas, 1);
    assert_true(r.a.keep_alive);
    finish(&r);
}

static void what_follows_the_answer_is_left_alone(void **state)
{
    struct read r;

    (void)state;
    begin(&r, false);
    feed(&r, SL_SPAN("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 500"));
    assert_true(r.ended);
    assert_true(sl_span_eq(sl_buf_span(&r.held), SL_SPAN("HTTP/1.1 500")));
    finish(&r);
}

static void interim_heads_count_towards_the_limit(void **state)
{
    struct read r;

    (void)state;
    begin(&r, false);
    for (int i = 0; i < 5000 && !r.wrong; i++)
        feed(&r, SL_SPAN("HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n"));
    assert_non_null(r.wrong);
    assert_int_equal(r.heads, 0);
    finish(&r);
}

static void only_a_body_up_to_the_close_is_complete_by_it(void **state)
{
    static const struct {
        const char *text;
        bool complete;
    } cases[] = {
        { "HTTP/1.1 200 OK\r\n\r\nabc", true },
        { "HTTP/1.0 200 OK\r\n\r\n", true },
        { "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabc", false },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", false },
        { "HTTP/1.1 200 OK\r\nContent-Le", false },
        { "HTTP/1.1 100 Continue\r\n\r\n", false },
        { "", false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct read r;

        begin(&r, false);
        feed(&r, sl_span_str(cases[i].text));
        assert_int_equal(sl_answer_complete_at_close(&r.a), cases[i].complete);
        finish(&r);
    }
}

static void only_keep_alive_connections_are_kept(void **state)
{
    static const struct {
        const char *text;
        bool keep;
    } cases[] = {
        { "HTTP/1.1 204 No Content\r\n\r\n", true },
        { "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n", false },
        { "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", false },
        { "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n", true },
        { "HTTP/1.1 200 OK\r\n\r\n", false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct read r;

        begin(&r, false);
        feed(&r, sl_span_str(cases[i].text));
        assert_int_equal(r.a.keep_alive, cases[i].keep);
        finish(&r);
    }
}

static void hop_by_hop_fields_and_those_named_by_connection_are_dropped(void **state)
{
    sluice_header h[] = {
        { SL_SPAN("date"), SL_SPAN("d") },
        { SL_SPAN("connection"), SL_SPAN("close, x-a , X-B") },
        { SL_SPAN("te"), SL_SPAN("t") },
        { SL_SPAN("x-a"), SL_SPAN("1") },
        { SL_SPAN("trailer"), SL_SPAN("t") },
        { SL_SPAN("upgrade"), SL_SPAN("h2c") },
        { SL_SPAN("keep-alive"), SL_SPAN("timeout=1") },
        { SL_SPAN("x-b"), SL_SPAN("2") },
        { SL_SPAN("proxy-connection"), SL_SPAN("x") },
        { SL_SPAN("transfer-encoding"), SL_SPAN("chunked") },
        { SL_SPAN("proxy-authenticate"), SL_SPAN("x") },
        { SL_SPAN("proxy-authorization"), SL_SPAN("x") },
        { SL_SPAN("x-c"), SL_SPAN("3") },
    };

    (void)state;
    assert_int_equal(sl_answer_drop_hop_by_hop(h, sizeof h / sizeof *h), 2);
    assert_true(sl_span_eq(h[0].name, SL_SPAN("date")));
    assert_true(sl_span_eq(h[1].name, SL_SPAN("x-c")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_two_cuts_give_the_same_answer),
        cmocka_unit_test(chunks_of_one_read_become_one_run),
        cmocka_unit_test(what_follows_the_answer_is_left_alone),
        cmocka_unit_test(interim_heads_count_towards_the_limit),
        cmocka_unit_test(only_a_body_up_to_the_close_is_complete_by_it),
        cmocka_unit_test(only_keep_alive_connections_are_kept),
        cmocka_unit_test(hop_by_hop_fields_and_those_named_by_connection_are_dropped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
