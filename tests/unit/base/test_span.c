/* SPDX-License-Identifier: Apache-2.0 */
/* test_span.c - spans: the helpers that compare secrets and read numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/span.h"

static void eq_secret_tells_equal_from_different(void **state)
{
    (void)state;
    assert_true(sl_span_eq_secret(SL_SPAN("sk-1"), SL_SPAN("sk-1")));
    assert_false(sl_span_eq_secret(SL_SPAN("sk-1"), SL_SPAN("sk-2")));
    assert_false(sl_span_eq_secret(SL_SPAN("sk-1"), SL_SPAN("sk-11")));
    assert_true(sl_span_eq_secret(sl_span(NULL, 0), SL_SPAN("")));
}

static void u64_reads_digits_up_to_the_largest(void **state)
{
    uint64_t n = 7;

    (void)state;
    assert_true(sl_span_u64(SL_SPAN("0"), 0, &n));
    assert_int_equal(n, 0);
    assert_true(sl_span_u64(SL_SPAN("18446744073709551615"), UINT64_MAX, &n));
    assert_true(n == UINT64_MAX);
    assert_true(sl_span_u64(SL_SPAN("000100"), 100, &n));
    assert_int_equal(n, 100);
}

static void u64_refuses_everything_else(void **state)
{
    static const char *const bad[] = { "",
                                       "-1",
                                       "+1",
                                       " 1",
                                       "1 ",
                                       "1.0",
                                       "1e3",
                                       "0x10",
                                       "a",
                                       "18446744073709551616",
                                       "99999999999999999999",
                                       "/",
                                       ":" };
    uint64_t n = 7;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(sl_span_u64(sl_span_str(bad[i]), UINT64_MAX, &n));
    assert_false(sl_span_u64(SL_SPAN("101"), 100, &n));
    assert_int_equal(n, 7);
}

static void find_and_from_stay_inside(void **state)
{
    sluice_span s = SL_SPAN("abcabc");

    (void)state;
    assert_int_equal(sl_span_find(s, SL_SPAN("ca")), 2);
    assert_int_equal(sl_span_find(s, SL_SPAN("x")), 6);
    assert_int_equal(sl_span_find(sl_span(NULL, 0), SL_SPAN("x")), 0);
    assert_int_equal(sl_span_find_char(s, 'c'), 2);
    assert_int_equal(sl_span_from(s, 9).len, 0);
    assert_int_equal(sl_span_head(s, 9).len, 6);
    assert_int_equal(sl_span_trim(SL_SPAN(" \t\r\n")).len, 0);
}

static void find_is_what_memmem_says(void **state)
{
    char text[200];

    (void)state;
    /* Two letters only, so that places that look right abound. */
    for (unsigned seed = 1; seed < 300; seed++) {
        unsigned bits = seed * 2654435761u;
        size_t n = seed % sizeof text;

        for (size_t i = 0; i < n; i++) {
            bits = bits * 1103515245u + 12345u;
            text[i] = bits >> 28 < 13 ? 'a' : 'b';
        }
        for (size_t len = 1; len < 12 && len <= n; len++)
            for (size_t at = 0; at + len <= n; at += 7) {
                sluice_span s = sl_span(text, n), word = sl_span(text + at, len);
                const char *p = memmem(text, n, word.ptr, len);

                assert_int_equal(sl_span_find(s, word), (size_t)(p - text));
            }
        assert_int_equal(sl_span_find(sl_span(text, n), SL_SPAN("aac")), n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(eq_secret_tells_equal_from_different),
        cmocka_unit_test(u64_reads_digits_up_to_the_largest),
        cmocka_unit_test(u64_refuses_everything_else),
        cmocka_unit_test(find_and_from_stay_inside),
        cmocka_unit_test(find_is_what_memmem_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
