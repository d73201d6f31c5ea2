/* SPDX-License-Identifier: Apache-2.0 */
/* Which deployment a session belongs to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include "base/span.h"
#include "route/sticky.h"

#define MOST 8
#define SESSIONS 40000

static double waits[MOST];
static uint64_t ids[MOST];
static uint32_t from[MOST];

static int fresh(void **state)
{
    (void)state;
    for (size_t i = 0; i < MOST; i++) {
        char id[16];

        snprintf(id, sizeof id, "deployment-%zu", i);
        ids[i] = sl_sticky_hash(sl_span_str(id));
        from[i] = (uint32_t)i;
    }
    return 0;
}

static uint64_t session(unsigned i)
{
    char name[32];

    snprintf(name, sizeof name, "session %u", i);
    return sl_sticky_hash(sl_span_str(name));
}

static void count(size_t n, const double *by, int *counts)
{
    memset(counts, 0, MOST * sizeof *counts);
    for (unsigned i = 0; i < SESSIONS; i++)
        counts[sl_sticky_choose(session(i), ids, by, from, n)]++;
}

static void sessions_spread_evenly(void **state)
{
    int counts[MOST];

    (void)state;
    count(8, NULL, counts);
    for (size_t i = 0; i < 8; i++)
        assert_in_range(counts[i], 4700, 5300);
}

static void weights_are_shares(void **state)
{
    int counts[MOST];

    (void)state;
    waits[0] = sl_sticky_wait(1000000);
    waits[1] = sl_sticky_wait(3000000);
    waits[2] = sl_sticky_wait(0);
    waits[3] = sl_sticky_wait(-1);
    count(4, waits, counts);
    assert_in_range(counts[0], SESSIONS / 4 - 400, SESSIONS / 4 + 400);
    assert_in_range(counts[1], SESSIONS * 3 / 4 - 400, SESSIONS * 3 / 4 + 400);
    assert_int_equal(counts[2] + counts[3], 0);
}

static void weights_that_are_all_zero_count_alike(void **state)
{
    int counts[MOST];

    (void)state;
    waits[0] = waits[1] = sl_sticky_wait(0);
    count(2, waits, counts);
    assert_in_range(counts[0], SESSIONS / 2 - 400, SESSIONS / 2 + 400);
}

static void one_that_goes_moves_only_its_own_sessions(void **state)
{
    const uint32_t places[] = { 0, 2, 3 };
    int back = 0;

    (void)state;
    for (unsigned i = 0; i < 2000; i++) {
        size_t before = sl_sticky_choose(session(i), ids, NULL, from, 4);
        size_t after = places[sl_sticky_choose(session(i), ids, NULL, places, 3)];

        if (before != 1)
            assert_int_equal(before, after);
        else
            back++;
    }
    assert_true(back > 0);
}

/* Replicas and restarts must agree, so the values are part of what is promised. */
static void hashes_are_the_same_everywhere(void **state)
{
    (void)state;
    assert_int_equal(sl_sticky_hash(SL_SPAN("")), sl_sticky_hash(SL_SPAN("")));
    assert_true(sl_sticky_hash(SL_SPAN("session")) == 0xe48228d2179f4fd0u);
    assert_true(sl_sticky_hash(SL_SPAN("a longer name of a session")) == 0xb1dfd074b935e54fu);
}

static void texts_that_differ_have_different_hashes(void **state)
{
    (void)state;
    assert_true(sl_sticky_hash(SL_SPAN("a")) != sl_sticky_hash(SL_SPAN("b")));
    assert_true(sl_sticky_hash(SL_SPAN("a")) != sl_sticky_hash(sl_span("a\0", 2)));
    assert_true(sl_sticky_hash(SL_SPAN("12345678")) != sl_sticky_hash(SL_SPAN("123456789")));
    assert_true(sl_sticky_hash(SL_SPAN("")) != 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(sessions_spread_evenly, fresh),
        cmocka_unit_test_setup(weights_are_shares, fresh),
        cmocka_unit_test_setup(weights_that_are_all_zero_count_alike, fresh),
        cmocka_unit_test_setup(one_that_goes_moves_only_its_own_sessions, fresh),
        cmocka_unit_test(hashes_are_the_same_everywhere),
        cmocka_unit_test(texts_that_differ_have_different_hashes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
