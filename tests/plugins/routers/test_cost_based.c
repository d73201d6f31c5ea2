/* SPDX-License-Identifier: Apache-2.0 */
/* cost_based as a table. */
#include "kit.h"

static void price(size_t i, int64_t in, int64_t out)
{
    d[i].input_pico_usd = in;
    d[i].output_pico_usd = out;
}

static void both_prices_count_together(void **state)
{
    (void)state;
    price(0, 1, 9);
    price(1, 5, 4);
    price(2, 9, 2);
    expect(3, 1);
}

static void what_costs_nothing_wins(void **state)
{
    (void)state;
    price(0, 1, 0);
    price(1, 0, 0);
    expect(2, 1);
}

static void a_price_that_nobody_knows_is_a_high_one(void **state)
{
    (void)state;
    price(1, 1000000000, 1000000000);
    expect(3, 1);
    price(1, 1, -1);
    expect(3, 1);
}

static void prices_do_not_overflow(void **state)
{
    (void)state;
    price(0, INT64_MAX, INT64_MAX);
    price(1, 3, 3);
    expect(2, 1);
}

static void one_at_its_limit_is_passed_over(void **state)
{
    (void)state;
    price(0, 1, 1);
    price(1, 2, 2);
    d[0].rpm_max = 1;
    d[0].rpm_used = 1;
    expect(2, 1);
    d[1].tpm_max = 10;
    route.input_tokens = 11;
    assert_int_equal(pick(2, 1), SLUICE_E_UNAVAILABLE);
    assert_int_equal(err.http_status, 429);
}

static void chance_decides_among_equals(void **state)
{
    (void)state;
    draw(2);
    assert_in_range(counts[0], 450, 550);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(both_prices_count_together),
        TEST(what_costs_nothing_wins),
        TEST(a_price_that_nobody_knows_is_a_high_one),
        TEST(prices_do_not_overflow),
        TEST(one_at_its_limit_is_passed_over),
        TEST(chance_decides_among_equals),
    };

    return RUN(tests, "cost_based", "{}");
}
