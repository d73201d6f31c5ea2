/* SPDX-License-Identifier: Apache-2.0 */
/* test_lines.c - lines of a byte stream: the same however it is cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/arena.h"
#include "format/lines.h"

#include <stdlib.h>

static sluice_status feed(struct sl_lines *p, struct sl_buf *got, const char *text, size_t len)
{
    char *copy = calloc(1, len ? len : 1);
    sluice_span in = sl_span(copy, len), line;
    sluice_status st;

    assert_non_null(copy);
    memcpy(copy, text, len);
    while ((st = sl_lines_next(p, &in, &line)) == SLUICE_OK)
        sl_buf_printf(got, "%.*s;", SL_FMT(line));
    free(copy);
    return st;
}

static void expect(const char *stream, size_t cap, const char *want)
{
    size_t len = strlen(stream);

    for (size_t step = 1; step <= len + 1; step++) {
        sluice_status st = SLUICE_MORE;
        struct sl_lines p;
        struct sl_buf got;
        sluice_span line;

        sl_buf_init(&got, 10000);
        sl_lines_init(&p, cap);
        for (size_t at = 0; at < len && st == SLUICE_MORE; at += step)
            st = feed(&p, &got, stream + at, len - at < step ? len - at : step);
        if (st == SLUICE_MORE && sl_lines_end(&p, &line) == SLUICE_OK) {
            sl_buf_printf(&got, "end:%.*s;", SL_FMT(line));
            assert_int_equal(sl_lines_end(&p, &line), SLUICE_MORE);
        }
        sl_buf_add_char(&got, st == SLUICE_E_NOMEM ? '!' : '.');
        assert_true(sl_span_eq(sl_buf_span(&got), sl_span_str(want)));
        sl_lines_finish(&p);
        sl_buf_finish(&got);
    }
}

static void lines_end_at_lf_or_crlf(void **state)
{
    (void)state;
    expect("{\"a\":1}\n{\"b\":2}\r\nx\ry\n", 100, "{\"a\":1};{\"b\":2};x\ry;.");
}

static void empty_lines_are_skipped(void **state)
{
    (void)state;
    expect("\n\r\n\na\n\n\r\nb\n\n", 100, "a;b;.");
    expect("", 100, ".");
}

static void a_last_line_without_end_is_given_at_the_end(void **state)
{
    (void)state;
    expect("a\nbc", 100, "a;end:bc;.");
    expect("a\nbc\r", 100, "a;end:bc;.");
    expect("a\n\r", 100, "a;.");
}

static void the_cap_bounds_a_line(void **state)
{
    (void)state;
    expect("123\n123\n", 3, "123;123;.");
    expect("123\n1234\n1\n", 3, "123;!");
    expect("12\r\n123\r\n", 3, "12;!");
}

static void a_line_within_one_read_is_not_copied(void **state)
{
    static const char text[] = "abc\n";
    sluice_span in = sl_span_str(text), line;
    struct sl_lines p;

    (void)state;
    sl_lines_init(&p, 10);
    assert_int_equal(sl_lines_next(&p, &in, &line), SLUICE_OK);
    assert_ptr_equal(line.ptr, text);
    sl_lines_finish(&p);
}

static void missing_memory_is_reported_and_final(void **state)
{
    sluice_span in = SL_SPAN("abc"), line;
    struct sl_lines p;

    (void)state;
    sl_lines_init(&p, 10);
    sl_fault_after(1);
    assert_int_equal(sl_lines_next(&p, &in, &line), SLUICE_E_NOMEM);
    sl_fault_after(0);
    in = SL_SPAN("x\n");
    assert_int_equal(sl_lines_next(&p, &in, &line), SLUICE_E_NOMEM);
    assert_int_equal(sl_lines_end(&p, &line), SLUICE_E_NOMEM);
    sl_lines_finish(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_end_at_lf_or_crlf),
        cmocka_unit_test(empty_lines_are_skipped),
        cmocka_unit_test(a_last_line_without_end_is_given_at_the_end),
        cmocka_unit_test(the_cap_bounds_a_line),
        cmocka_unit_test(a_line_within_one_read_is_not_copied),
        cmocka_unit_test(missing_memory_is_reported_and_final),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
