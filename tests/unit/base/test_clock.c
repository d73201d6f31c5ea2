/* SPDX-License-Identifier: Apache-2.0 */
/* test_clock.c - time, running and frozen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"

static void frozen_time_stands_still(void **state)
{
    (void)state;
    sl_clock_freeze(5000123, 1700000000000456);
    assert_int_equal(sl_now_us(), 5000123);
    assert_int_equal(sl_now_ms(), 5000);
    assert_int_equal(sl_unix_us(), 1700000000000456);
    assert_int_equal(sl_unix_ms(), 1700000000000);
    sl_clock_freeze(0, 0);
    assert_true(sl_unix_us() != 1700000000000456);
}

static void running_time_never_goes_back(void **state)
{
    uint64_t last = sl_now_us();

    (void)state;
    for (int i = 0; i < 1000; i++) {
        uint64_t now = sl_now_us();

        assert_true(now >= last);
        last = now;
    }
    /* After 2020, so the unit is microseconds. */
    assert_true(sl_unix_us() > 1577836800000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frozen_time_stands_still),
        cmocka_unit_test(running_time_never_goes_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
