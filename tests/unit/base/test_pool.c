/* SPDX-License-Identifier: Apache-2.0 */
/* test_pool.c - pools: what comes out first, how many they keep, and for how long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/list.h"
#include "base/pool.h"

static struct thing {
    int n;
    bool gone;
    struct sl_pooled pooled;
} things[8];

static struct sl_pool pool;

static void destroy(struct sl_pooled *p)
{
    SL_CONTAINER(p, struct thing, pooled)->gone = true;
}

static void fill(size_t n)
{
    sl_pool_init(&pool, 4, destroy);
    for (size_t i = 0; i < n; i++) {
        things[i] = (struct thing){ .n = (int)i };
        sl_pool_give(&pool, &things[i].pooled);
    }
}

static int taken(void)
{
    return SL_CONTAINER(sl_pool_take(&pool), struct thing, pooled)->n;
}

static void the_last_one_in_is_the_first_one_out(void **state)
{
    (void)state;
    fill(3);
    assert_int_equal(taken(), 2);
    assert_int_equal(taken(), 1);
    assert_int_equal(taken(), 0);
    assert_null(sl_pool_take(&pool));
}

static void what_a_full_pool_is_given_is_destroyed(void **state)
{
    (void)state;
    fill(5);
    assert_true(things[4].gone);
    assert_int_equal(pool.n, 4);
}

static void what_was_given_just_now_survives_the_first_look(void **state)
{
    (void)state;
    fill(3);
    sl_pool_age(&pool);
    assert_int_equal(pool.n, 3);
}

static void what_nobody_needed_between_two_looks_is_destroyed(void **state)
{
    (void)state;
    fill(3);
    sl_pool_age(&pool);
    sl_pool_age(&pool);
    assert_int_equal(pool.n, 0);
    assert_true(things[0].gone && things[1].gone && things[2].gone);
}

static void as_many_as_were_in_use_at_once_are_kept(void **state)
{
    struct sl_pooled *a, *b;

    (void)state;
    fill(4);
    sl_pool_age(&pool);
    a = sl_pool_take(&pool);
    b = sl_pool_take(&pool);
    sl_pool_give(&pool, a);
    sl_pool_give(&pool, b);
    sl_pool_age(&pool);
    assert_int_equal(pool.n, 2);
}

static void what_was_used_last_is_what_is_kept(void **state)
{
    (void)state;
    fill(4);
    sl_pool_age(&pool);
    sl_pool_give(&pool, sl_pool_take(&pool));
    sl_pool_age(&pool);
    assert_int_equal(taken(), 3);
}

static void finishing_destroys_all(void **state)
{
    (void)state;
    fill(3);
    sl_pool_finish(&pool);
    assert_true(things[0].gone && things[1].gone && things[2].gone);
    assert_null(sl_pool_take(&pool));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_one_in_is_the_first_one_out),
        cmocka_unit_test(what_a_full_pool_is_given_is_destroyed),
        cmocka_unit_test(what_was_given_just_now_survives_the_first_look),
        cmocka_unit_test(what_nobody_needed_between_two_looks_is_destroyed),
        cmocka_unit_test(as_many_as_were_in_use_at_once_are_kept),
        cmocka_unit_test(what_was_used_last_is_what_is_kept),
        cmocka_unit_test(finishing_destroys_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
