/* SPDX-License-Identifier: Apache-2.0 */
/* usage_based as a table. */
#include "kit.h"

static void the_fewest_tokens_win(void **state)
{
    (void)state;
    d[0].tpm_used = 30;
    d[1].tpm_used = 20;
    d[2].tpm_used = 25;
    expect(3, 1);
}

static void one_without_room_for_the_prompt_is_passed_over(void **state)
{
    (void)state;
    d[0].tpm_used = 50;
    d[0].tpm_max = 1000;
    d[1].tpm_used = 10;
    d[1].tpm_max = 100;
    route.input_tokens = 90;
    expect(2, 1); /* to the last token */
    route.input_tokens = 91;
    expect(2, 0);
}

static void one_whose_requests_are_used_up_is_passed_over(void **state)
{
    (void)state;
    d[0].rpm_max = 5;
    d[0].rpm_used = 4;
    d[1].tpm_used = 1;
    expect(2, 0);
    d[0].rpm_used = 5;
    expect(2, 1);
}

static void chance_decides_among_equals(void **state)
{
    (void)state;
    draw(2);
    assert_in_range(counts[0], 450, 550);
}

static void when_all_are_at_their_limits_nobody_is_chosen(void **state)
{
    (void)state;
    d[0].rpm_max = d[1].rpm_max = 0;
    assert_int_equal(pick(2, 1), SLUICE_E_UNAVAILABLE);
    assert_int_equal(err.http_status, 429);
    assert_int_equal(err.retry_after_ms, 60000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_fewest_tokens_win),
        TEST(one_without_room_for_the_prompt_is_passed_over),
        TEST(one_whose_requests_are_used_up_is_passed_over),
        TEST(chance_decides_among_equals),
        TEST(when_all_are_at_their_limits_nobody_is_chosen),
    };

    return RUN(tests, "usage_based", "{\"ttl\":60}");
}
