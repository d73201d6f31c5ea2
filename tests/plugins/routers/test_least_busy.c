/* SPDX-License-Identifier: Apache-2.0 */
/* least_busy as a table. */
#include "kit.h"

static void the_fewest_calls_in_flight_win(void **state)
{
    (void)state;
    d[0].in_flight = 3;
    d[1].in_flight = 1;
    d[2].in_flight = 2;
    expect(3, 1);
}

static void the_last_one_can_win(void **state)
{
    (void)state;
    d[0].in_flight = d[1].in_flight = 1;
    expect(3, 2);
}

static void chance_decides_among_equals(void **state)
{
    (void)state;
    d[1].in_flight = 5;
    draw(4);
    assert_int_equal(counts[1], 0);
    for (size_t i = 0; i < 4; i++)
        if (i != 1)
            assert_in_range(counts[i], 280, 390);
}

static void one_candidate_is_chosen(void **state)
{
    (void)state;
    expect(1, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_fewest_calls_in_flight_win),
        TEST(the_last_one_can_win),
        TEST(chance_decides_among_equals),
        TEST(one_candidate_is_chosen),
    };

    return RUN(tests, "least_busy", "{}");
}
