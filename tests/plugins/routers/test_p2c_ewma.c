/* SPDX-License-Identifier: Apache-2.0 */
/* p2c_ewma as a table. */
#include "kit.h"

static void peak(size_t i, int64_t us)
{
    d[i].peak_us = us;
    d[i].peak_at_ms = (int64_t)route.now_ms;
}

static void of_two_the_faster_wins(void **state)
{
    (void)state;
    peak(0, 2000);
    peak(1, 1000);
    expect(2, 1);
}

static void calls_in_flight_make_it_slower(void **state)
{
    (void)state;
    peak(0, 2000);
    peak(1, 1000);
    d[1].in_flight = 2;
    expect(2, 0);
}

static void of_many_two_are_compared(void **state)
{
    (void)state;
    for (size_t i = 0; i < 4; i++)
        peak(i, 1000 * (int64_t)(i + 1));
    draw(4);
    assert_in_range(counts[0], 440, 560); /* in half of all pairs */
    assert_in_range(counts[1], 280, 390);
    assert_in_range(counts[2], 120, 220);
    assert_int_equal(counts[3], 0); /* the slowest wins in none */
}

static void streams_go_by_the_first_token(void **state)
{
    (void)state;
    peak(0, 1);
    peak(1, 1000);
    d[0].peak_first_us = 900;
    d[1].peak_first_us = 10;
    d[0].peak_first_at_ms = d[1].peak_first_at_ms = (int64_t)route.now_ms;
    route.flags = SLUICE_CALL_STREAM;
    expect(2, 1);
}

static void one_never_measured_is_tried_by_one_call(void **state)
{
    (void)state;
    peak(0, 1);
    expect(2, 1);
    d[1].in_flight = 1;
    expect(2, 0);
}

static void a_peak_is_forgotten_while_nobody_is_there(void **state)
{
    (void)state;
    peak(0, 1000);
    peak(1, 16000);
    expect(2, 0);
    d[1].peak_at_ms -= 50000; /* five half lives */
    expect(2, 1);
    d[1].in_flight = 1;
    expect(2, 0);
}

static void failures_make_it_slower(void **state)
{
    (void)state;
    peak(0, 1000);
    peak(1, 300);
    d[1].error_ppm = 500000;
    expect(2, 0);
}

static void the_half_life_is_configured(void **state)
{
    (void)state;
    assert_int_equal(make("{\"half_life\":1}"), SLUICE_OK);
    peak(0, 1000);
    peak(1, 3000);
    expect(2, 0);
    d[1].peak_at_ms -= 2000;
    expect(2, 1);
    assert_int_equal(make("{}"), SLUICE_OK);
}

static void the_ends_of_the_random_range_are_in_bounds(void **state)
{
    (void)state;
    for (size_t n = 1; n <= MOST; n++) {
        assert_int_equal(pick(n, 0), SLUICE_OK);
        assert_true(choice.index < n);
        assert_int_equal(pick(n, UINT64_MAX), SLUICE_OK);
        assert_true(choice.index < n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(of_two_the_faster_wins),
        TEST(calls_in_flight_make_it_slower),
        TEST(of_many_two_are_compared),
        TEST(streams_go_by_the_first_token),
        TEST(one_never_measured_is_tried_by_one_call),
        TEST(a_peak_is_forgotten_while_nobody_is_there),
        TEST(failures_make_it_slower),
        TEST(the_half_life_is_configured),
        TEST(the_ends_of_the_random_range_are_in_bounds),
    };

    return RUN(tests, "p2c_ewma", "{}");
}
