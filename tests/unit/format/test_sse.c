/* SPDX-License-Identifier: Apache-2.0 */
/* test_sse.c - server-sent events: the same however the stream is cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/arena.h"
#include "format/sse.h"

#include <stdlib.h>

#define CAP 1000

struct result {
    struct sl_buf text; /* "event|data;" each, and the status at the end */
    size_t comments;
};

static void take(struct result *r, const struct sl_sse_event *e)
{
    sl_buf_add(&r->text, e->event);
    sl_buf_add_char(&r->text, '|');
    sl_buf_add(&r->text, e->data);
    sl_buf_add_char(&r->text, ';');
}

/* Each piece lies in memory of its own that is freed before the next comes. */
static sluice_status feed(struct sl_sse *p, struct result *r, const char *text, size_t len)
{
    char *copy = calloc(1, len ? len : 1);
    sluice_span in = sl_span(copy, len);
    struct sl_sse_event e;
    sluice_status st;

    assert_non_null(copy);
    memcpy(copy, text, len);
    while ((st = sl_sse_next(p, &in, &e, &r->comments)) == SLUICE_OK)
        take(r, &e);
    if (st == SLUICE_MORE)
        assert_int_equal(in.len, 0);
    free(copy);
    return st;
}

static void finish(struct sl_sse *p, struct result *r, sluice_status st)
{
    struct sl_sse_event e;

    if (st == SLUICE_MORE) {
        st = sl_sse_end(p, &e);
        if (st == SLUICE_OK) {
            sl_buf_add_str(&r->text, "end:");
            take(r, &e);
            assert_int_equal(sl_sse_end(p, &e), SLUICE_MORE);
        }
    }
    sl_buf_printf(&r->text, "%s", st == SLUICE_E_NOMEM ? "!" : ".");
    sl_sse_finish(p);
}

static void check(struct result *r, sluice_span want, size_t comments)
{
    if (!sl_span_eq(sl_buf_span(&r->text), want))
        print_error("got %.*s\nnot %.*s\n", SL_FMT(sl_buf_span(&r->text)), SL_FMT(want));
    assert_true(sl_span_eq(sl_buf_span(&r->text), want));
    assert_int_equal(r->comments, comments);
    sl_buf_finish(&r->text);
}

/* Whole, in two pieces at every place, in pieces of each size, and in three at every two places. */
static void expect_cap(sluice_span stream, size_t cap, sluice_span want, size_t comments)
{
    for (size_t step = 1; step <= stream.len; step++) {
        struct result r = { .comments = 0 };
        sluice_status st = SLUICE_MORE;
        struct sl_sse p;

        sl_buf_init(&r.text, 100000);
        sl_sse_init(&p, cap);
        for (size_t at = 0; at < stream.len && st == SLUICE_MORE; at += step)
            st = feed(&p, &r, stream.ptr + at, stream.len - at < step ? stream.len - at : step);
        finish(&p, &r, st);
        check(&r, want, comments);
    }
    for (size_t a = 0; a <= stream.len; a++)
        for (size_t b = a; b <= stream.len; b++) {
            struct result r = { .comments = 0 };
            sluice_status st;
            struct sl_sse p;

            sl_buf_init(&r.text, 100000);
            sl_sse_init(&p, cap);
            st = feed(&p, &r, stream.ptr, a);
            if (st == SLUICE_MORE)
                st = feed(&p, &r, stream.ptr + a, b - a);
            if (st == SLUICE_MORE)
                st = feed(&p, &r, stream.ptr + b, stream.len - b);
            finish(&p, &r, st);
            check(&r, want, comments);
        }
}

static void expect(const char *stream, const char *want, size_t comments)
{
    expect_cap(sl_span_str(stream), CAP, sl_span_str(want), comments);
}

static void events_end_at_an_empty_line(void **state)
{
    (void)state;
    expect("data: {\"a\":1}\n\ndata: [DONE]\n\n", "|{\"a\":1};|[DONE];.", 0);
}

static void all_line_ends_are_taken_and_may_be_mixed(void **state)
{
    (void)state;
    expect("data: a\r\n\r\ndata: b\r\rdata: c\n\ndata: d\r\n\ndata: e\n\r\ndata: f\r\n\r",
           "|a;|b;|c;|d;|e;|f;.", 0);
    expect("data: a\r\rdata: b\r\r", "|a;|b;.", 0);
    expect("data: a\n\r\r\ndata: b\r\n\r\n\r\n", "|a;|b;.", 0);
}

static void data_lines_are_joined(void **state)
{
    (void)state;
    expect("data: a\ndata:b\ndata\ndata:  c\r\ndata: d\n\n", "|a\nb\n\n c\nd;.", 0);
    expect("data:\n\ndata\n\n", "|;|;.", 0);
}

static void the_last_event_line_names_the_event(void **state)
{
    (void)state;
    expect(
        "event: ping\ndata: 1\n\nevent:a\nevent: b\nid: 7\nretry: 5\nfoo\ndata: 2\n\ndata: 3\n\n",
        "ping|1;b|2;|3;.", 0);
}

static void events_without_data_are_skipped(void **state)
{
    (void)state;
    expect("event: a\n\nid: 1\n\n\n\n:c\n\ndata: x\n\n", "|x;.", 1);
    expect("dat: 1\ndatax: 2\n data: 3\nDATA: 4\n\n", ".", 0);
}

static void comments_are_counted_wherever_they_stand(void **state)
{
    (void)state;
    expect(": keep-alive\n\n:\n:x\ndata: a\n: in between\nevent: e\n\n: last", "e|a;.", 4);
}

static void a_byte_order_mark_is_dropped_at_the_start_only(void **state)
{
    (void)state;
    expect("\xEF\xBB\xBF"
           "data: a\n\n\xEF\xBB\xBF"
           "data: b\n\n",
           "|a;.", 0);
    expect("\xEF\xBB"
           "data: a\n\ndata: b\n\n",
           "|b;.", 0);
    expect("\xEF\xBB\xBF\ndata: b\n\n", "|b;.", 0);
}

static void a_last_event_without_empty_line_is_given_at_the_end(void **state)
{
    (void)state;
    expect("data: a\n\ndata: b", "|a;end:|b;.", 0);
    expect("event: e\r\ndata: b\r\n", "end:e|b;.", 0);
    expect("event: e\r\n", ".", 0);
    expect("", ".", 0);
}

static void code_points_may_be_cut(void **state)
{
    (void)state;
    expect("data: \xf0\x9f\x98\x80\xe2\x82\xac\n\n", "|\xf0\x9f\x98\x80\xe2\x82\xac;.", 0);
}

static void a_nul_is_a_byte_like_others(void **state)
{
    (void)state;
    expect_cap(sl_span("data: a\0b\n\n", 11), CAP, sl_span("|a\0b;.", 6), 0);
}

static void the_cap_bounds_events_but_not_comments(void **state)
{
    (void)state;
    expect_cap(SL_SPAN("data: 12\n\n"), 9, SL_SPAN("|12;."), 0);
    expect_cap(SL_SPAN("data: 123\n\n"), 9, SL_SPAN("!"), 0);
    expect_cap(SL_SPAN("data: 12\n\ndata: 12\r\n\r\ndata: 123\n\ndata: 1\n\n"), 9,
               SL_SPAN("|12;|12;!"), 0);
    expect_cap(SL_SPAN("data: 1\nid: 1\n\n"), 14, SL_SPAN("|1;."), 0);
    expect_cap(SL_SPAN("data: 1\nid: 12\n\n"), 14, SL_SPAN("!"), 0);
    expect_cap(SL_SPAN("\xEF:\n\ndata: 1\n\n"), 0, SL_SPAN("!"), 0);
    expect_cap(SL_SPAN("data: 12\n: x\n\n"), 9, SL_SPAN("|12;."), 1);
    expect_cap(SL_SPAN(": a long comment\n: and one more\ndata: 1\n\n"), 8, SL_SPAN("|1;."), 2);
}

static void an_event_within_one_read_is_not_copied(void **state)
{
    static const char text[] = "event: e\ndata: abc\n\n";
    sluice_span in = sl_span_str(text);
    struct sl_sse_event e;
    struct sl_sse p;

    (void)state;
    sl_sse_init(&p, CAP);
    sl_fault_after(1000);
    assert_int_equal(sl_sse_next(&p, &in, &e, NULL), SLUICE_OK);
    assert_int_equal(sl_fault_after(0), 0);
    assert_ptr_equal(e.data.ptr, text + 15);
    assert_ptr_equal(e.event.ptr, text + 7);
    sl_sse_finish(&p);
}

static void each_failing_allocation_is_reported_and_final(void **state)
{
    static const char *const pieces[] = { "data: 1\ndata: 2\n\nda", "ta: 3\ndata: 4\n", "\n" };
    uint64_t fault;

    (void)state;
    for (fault = 1;; fault++) {
        sluice_status st = SLUICE_MORE;
        struct result r = { .comments = 0 };
        struct sl_sse_event e;
        struct sl_sse p;
        uint64_t seen;

        sl_buf_init(&r.text, 1000);
        assert_true(sl_buf_reserve(&r.text, 500));
        sl_sse_init(&p, CAP);
        sl_fault_after(fault);
        for (size_t i = 0; i < 3 && st == SLUICE_MORE; i++)
            st = feed(&p, &r, pieces[i], strlen(pieces[i]));
        seen = sl_fault_after(0);
        if (seen >= fault) {
            sluice_span in = SL_SPAN("data: x\n\n");

            assert_int_equal(st, SLUICE_E_NOMEM);
            assert_int_equal(sl_sse_next(&p, &in, &e, NULL), SLUICE_E_NOMEM);
            assert_int_equal(sl_sse_end(&p, &e), SLUICE_E_NOMEM);
        }
        finish(&p, &r, st);
        sl_buf_finish(&r.text);
        if (seen < fault)
            break;
    }
    assert_true(fault > 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_end_at_an_empty_line),
        cmocka_unit_test(all_line_ends_are_taken_and_may_be_mixed),
        cmocka_unit_test(data_lines_are_joined),
        cmocka_unit_test(the_last_event_line_names_the_event),
        cmocka_unit_test(events_without_data_are_skipped),
        cmocka_unit_test(comments_are_counted_wherever_they_stand),
        cmocka_unit_test(a_byte_order_mark_is_dropped_at_the_start_only),
        cmocka_unit_test(a_last_event_without_empty_line_is_given_at_the_end),
        cmocka_unit_test(code_points_may_be_cut),
        cmocka_unit_test(a_nul_is_a_byte_like_others),
        cmocka_unit_test(the_cap_bounds_events_but_not_comments),
        cmocka_unit_test(an_event_within_one_read_is_not_copied),
        cmocka_unit_test(each_failing_allocation_is_reported_and_final),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
