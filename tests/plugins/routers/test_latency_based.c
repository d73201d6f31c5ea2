/* SPDX-License-Identifier: Apache-2.0 */
/* latency_based as a table. */
#include "kit.h"

static void token(size_t i, int64_t ns)
{
    d[i].token_ns = ns;
    d[i].token_at_ms = (int64_t)route.now_ms;
}

static void the_fastest_wins(void **state)
{
    (void)state;
    token(0, 30);
    token(1, 20);
    token(2, 25);
    expect(3, 1);
}

static void streams_go_by_the_first_token(void **state)
{
    (void)state;
    token(0, 1);
    token(1, 2);
    d[0].first_token_us = 9;
    d[1].first_token_us = 3;
    d[0].first_token_at_ms = d[1].first_token_at_ms = (int64_t)route.now_ms;
    expect(2, 0);
    route.flags = SLUICE_CALL_STREAM;
    expect(2, 1);
}

static void those_within_the_buffer_share(void **state)
{
    (void)state;
    assert_int_equal(make("{\"lowest_latency_buffer\":0.5}"), SLUICE_OK);
    token(0, 100);
    token(1, 150);
    token(2, 151);
    draw(3);
    assert_in_range(counts[0], 499, 501);
    assert_in_range(counts[1], 499, 501);
    assert_int_equal(counts[2], 0);
    assert_int_equal(make("{}"), SLUICE_OK);
}

static void one_never_measured_is_tried_first(void **state)
{
    (void)state;
    token(0, 1);
    expect(2, 1);
}

static void but_not_while_another_call_measures_it(void **state)
{
    (void)state;
    token(0, 1);
    d[1].in_flight = 1;
    expect(2, 0);
}

static void when_none_was_measured_all_are_alike(void **state)
{
    (void)state;
    d[0].in_flight = d[1].in_flight = 2;
    draw(2);
    assert_in_range(counts[0], 499, 501);
}

static void an_old_measure_is_none(void **state)
{
    (void)state;
    assert_int_equal(make("{\"ttl\":10}"), SLUICE_OK);
    token(0, 5);
    token(1, 900);
    d[1].token_at_ms -= 10000;
    expect(2, 0);
    d[1].token_at_ms -= 1;
    expect(2, 1);
    assert_int_equal(make("{}"), SLUICE_OK);
}

static void one_at_its_limit_is_passed_over(void **state)
{
    (void)state;
    token(0, 1);
    token(1, 2);
    d[0].rpm_max = 1;
    d[0].rpm_used = 1;
    expect(2, 1);
    d[1].tpm_max = 0;
    d[1].tpm_used = 1;
    assert_int_equal(pick(2, 1), SLUICE_E_UNAVAILABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_fastest_wins),
        TEST(streams_go_by_the_first_token),
        TEST(those_within_the_buffer_share),
        TEST(one_never_measured_is_tried_first),
        TEST(but_not_while_another_call_measures_it),
        TEST(when_none_was_measured_all_are_alike),
        TEST(an_old_measure_is_none),
        TEST(one_at_its_limit_is_passed_over),
    };

    return RUN(tests, "latency_based", "{}");
}
