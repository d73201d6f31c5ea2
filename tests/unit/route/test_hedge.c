/* SPDX-License-Identifier: Apache-2.0 */
/* When a second deployment is asked as well: the delay, the share, what is forgotten. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "route/hedge.h"

static struct sl_hedge h;

static int fresh(void **state)
{
    (void)state;
    sl_hedge_init(&h);
    return 0;
}

static void no_rule_asks_for_nothing(void **state)
{
    const struct sl_hedge_rule none = SL_HEDGE_NONE;

    (void)state;
    assert_false(sl_hedge_is_on(&none));
    assert_int_equal(sl_hedge_delay_us(&h, &none), -1);
}

static void fixed_delay_needs_no_samples(void **state)
{
    const struct sl_hedge_rule rule = { 400, 0, 50000 };

    (void)state;
    assert_true(sl_hedge_is_on(&rule));
    assert_int_equal(sl_hedge_delay_us(&h, &rule), 400000);
}

static void percentile_waits_for_samples(void **state)
{
    const struct sl_hedge_rule rule = { -1, 950, 50000 };

    (void)state;
    for (int i = 0; i < 19; i++)
        sl_hedge_observe(&h, 100000, 1000);
    assert_int_equal(sl_hedge_delay_us(&h, &rule), -1);
    sl_hedge_observe(&h, 100000, 1000);
    assert_true(sl_hedge_delay_us(&h, &rule) >= 100000);
}

static void percentile_is_that_of_the_samples(void **state)
{
    (void)state;
    for (int i = 1; i <= 1000; i++)
        sl_hedge_observe(&h, i * 1000, 1000);
    for (int64_t p = 50; p <= 1000; p += 50) {
        const struct sl_hedge_rule rule = { -1, p, 50000 };
        int64_t us = sl_hedge_delay_us(&h, &rule);

        assert_true(us >= p * 1000);
        assert_true(us <= p * 1000 * 115 / 100 + 1000);
    }
}

static void fixed_delay_is_the_least_beside_a_percentile(void **state)
{
    const struct sl_hedge_rule rule = { 300, 500, 50000 };

    (void)state;
    assert_int_equal(sl_hedge_delay_us(&h, &rule), 300000);
    for (int i = 0; i < 100; i++)
        sl_hedge_observe(&h, 10000, 1000);
    assert_int_equal(sl_hedge_delay_us(&h, &rule), 300000);
    for (int i = 0; i < 300; i++)
        sl_hedge_observe(&h, 1000000, 1000);
    assert_true(sl_hedge_delay_us(&h, &rule) >= 1000000);
}

static void extremes_have_a_place(void **state)
{
    const struct sl_hedge_rule rule = { -1, 1000, 50000 };

    (void)state;
    for (int i = 0; i < 100; i++) {
        sl_hedge_observe(&h, 0, 1);
        sl_hedge_observe(&h, INT64_MAX / 16, 1);
    }
    assert_true(sl_hedge_delay_us(&h, &rule) > 60000000);
}

static void second_calls_are_a_share(void **state)
{
    const struct sl_hedge_rule rule = { 100, 0, 50000 };
    int taken = 0;

    (void)state;
    for (int i = 0; i < 10000; i++) {
        sl_hedge_call(&h, &rule);
        taken += sl_hedge_take(&h);
    }
    assert_int_equal(taken, 500);
}

static void quiet_time_saves_for_ten_at_most(void **state)
{
    const struct sl_hedge_rule rule = { 100, 0, 50000 };
    int taken = 0;

    (void)state;
    for (int i = 0; i < 100000; i++)
        sl_hedge_call(&h, &rule);
    while (sl_hedge_take(&h))
        taken++;
    assert_int_equal(taken, 10);
}

static void old_times_fade(void **state)
{
    const struct sl_hedge_rule rule = { -1, 500, 50000 };
    uint64_t now = 1000;

    (void)state;
    for (int i = 0; i < 1000; i++)
        sl_hedge_observe(&h, 1000000, now);
    for (int i = 0; i < 12; i++) {
        now += 301000;
        for (int k = 0; k < 20; k++)
            sl_hedge_observe(&h, 10000, now);
    }
    assert_true(sl_hedge_delay_us(&h, &rule) < 20000);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, fresh)
    const struct CMUnitTest tests[] = {
        TEST(no_rule_asks_for_nothing),
        TEST(fixed_delay_needs_no_samples),
        TEST(percentile_waits_for_samples),
        TEST(percentile_is_that_of_the_samples),
        TEST(fixed_delay_is_the_least_beside_a_percentile),
        TEST(extremes_have_a_place),
        TEST(second_calls_are_a_share),
        TEST(quiet_time_saves_for_ten_at_most),
        TEST(old_times_fade),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
