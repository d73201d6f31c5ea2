/* SPDX-License-Identifier: Apache-2.0 */
/* test_buf.c - growing text with a cap. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"

static void check(const struct sl_buf *b, const char *text)
{
    assert_true(sl_buf_ok(b));
    assert_int_equal(b->len, strlen(text));
    assert_memory_equal(b->ptr, text, b->len);
}

static void appends_come_in_order(void **state)
{
    struct sl_buf b;

    (void)state;
    sl_buf_init(&b, 1000);
    sl_buf_add(&b, SL_SPAN("a"));
    sl_buf_add(&b, sl_span(NULL, 0));
    sl_buf_add_char(&b, 'b');
    sl_buf_add_str(&b, "c");
    sl_buf_add_u64(&b, 0);
    sl_buf_add_u64(&b, UINT64_MAX);
    sl_buf_add_i64(&b, INT64_MIN);
    sl_buf_add_i64(&b, -5);
    sl_buf_add_i64(&b, 7);
    sl_buf_printf(&b, "%s", "end");
    check(&b, "abc018446744073709551615-9223372036854775808-57end");
    sl_buf_finish(&b);
}

static void cap_is_reachable_but_not_passed(void **state)
{
    struct sl_buf b;

    (void)state;
    sl_buf_init(&b, 5);
    sl_buf_add_str(&b, "12345");
    check(&b, "12345");
    sl_buf_add_char(&b, '6');
    assert_false(sl_buf_ok(&b));
    assert_int_equal(b.len, 5);
    sl_buf_finish(&b);
}

static void printf_fills_up_to_the_cap(void **state)
{
    struct sl_buf b;

    (void)state;
    sl_buf_init(&b, 200);
    sl_buf_printf(&b, "%100d", 1);
    sl_buf_printf(&b, "%100d", 2);
    assert_true(sl_buf_ok(&b));
    assert_int_equal(b.len, 200);
    sl_buf_printf(&b, "%s", "");
    assert_true(sl_buf_ok(&b));
    sl_buf_printf(&b, "x");
    assert_false(sl_buf_ok(&b));
    assert_int_equal(b.len, 200);
    sl_buf_finish(&b);
}

static void a_failed_buffer_stays_failed_until_reset(void **state)
{
    struct sl_buf b;

    (void)state;
    sl_buf_init(&b, 3);
    sl_buf_add_str(&b, "1234");
    sl_buf_add_str(&b, "1");
    sl_buf_printf(&b, "1");
    assert_false(sl_buf_ok(&b));
    assert_int_equal(b.len, 0);
    sl_buf_reset(&b);
    sl_buf_add_str(&b, "1");
    check(&b, "1");
    sl_buf_finish(&b);
}

static void consume_drops_the_front(void **state)
{
    struct sl_buf b;

    (void)state;
    sl_buf_init(&b, 100);
    sl_buf_add_str(&b, "hello");
    sl_buf_consume(&b, 0);
    sl_buf_consume(&b, 2);
    check(&b, "llo");
    sl_buf_consume(&b, 9);
    check(&b, "");
    sl_buf_finish(&b);
}

static void growth_keeps_every_byte(void **state)
{
    struct sl_buf b;

    (void)state;
    sl_buf_init(&b, 100000);
    for (int i = 0; i < 100000; i++)
        sl_buf_add_char(&b, (char)('a' + i % 26));
    assert_true(sl_buf_ok(&b));
    for (int i = 0; i < 100000; i++)
        assert_int_equal(b.ptr[i], 'a' + i % 26);
    sl_buf_finish(&b);
}

static void every_failing_growth_is_reported(void **state)
{
    uint64_t n;

    (void)state;
    for (n = 1;; n++) {
        struct sl_buf b;
        bool ok;

        sl_buf_init(&b, 10000);
        sl_fault_after(n);
        for (int i = 0; i < 1000; i++)
            sl_buf_printf(&b, "%d", i);
        ok = sl_buf_ok(&b);
        if (sl_fault_after(0) < n) {
            assert_true(ok);
            sl_buf_finish(&b);
            break;
        }
        assert_false(ok);
        sl_buf_finish(&b);
    }
    assert_true(n > 3);
}

static void a_buffer_without_cap_refuses_what_overflows(void **state)
{
    struct sl_buf b;

    (void)state;
    sl_buf_init(&b, SIZE_MAX);
    sl_buf_add_char(&b, 'x');
    assert_false(sl_buf_reserve(&b, SIZE_MAX));
    sl_buf_finish(&b);
}

static void decimals_have_all_their_digits(void **state)
{
    static const struct {
        uint64_t n;
        unsigned places;
        const char *text;
    } cases[] = {
        { 0, 0, "0" },
        { 7, 0, "7" },
        { 1234, 0, "1234" },
        { 0, 3, "0.000" },
        { 5, 3, "0.005" },
        { 999, 3, "0.999" },
        { 1000, 3, "1.000" },
        { 1795414368468077, 6, "1795414368.468077" },
        { UINT64_MAX, 0, "18446744073709551615" },
        { UINT64_MAX, 18, "18.446744073709551615" },
        { 1, 18, "0.000000000000000001" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char room[SL_DECIMAL_ROOM];

        assert_true(
            sl_span_eq(sl_decimal(room, cases[i].n, cases[i].places), sl_span_str(cases[i].text)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(appends_come_in_order),
        cmocka_unit_test(cap_is_reachable_but_not_passed),
        cmocka_unit_test(printf_fills_up_to_the_cap),
        cmocka_unit_test(a_failed_buffer_stays_failed_until_reset),
        cmocka_unit_test(consume_drops_the_front),
        cmocka_unit_test(growth_keeps_every_byte),
        cmocka_unit_test(every_failing_growth_is_reported),
        cmocka_unit_test(a_buffer_without_cap_refuses_what_overflows),
        cmocka_unit_test(decimals_have_all_their_digits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
