/* SPDX-License-Identifier: Apache-2.0 */
/* test_map.c - the hash from text to pointer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/arena.h"
#include "base/map.h"

#include <stdio.h>

#define N 2000

static char keys[N][32];
static int values[N];

static sluice_span key(size_t i)
{
    snprintf(keys[i], sizeof keys[i], "key-%zu", i);
    return sl_span_str(keys[i]);
}

static void what_was_put_is_found(void **state)
{
    struct sl_map m;

    (void)state;
    sl_map_init(&m);
    assert_null(sl_map_get(&m, SL_SPAN("a")));
    for (size_t i = 0; i < N; i++)
        assert_true(sl_map_put(&m, key(i), &values[i]));
    assert_int_equal(m.n, N);
    for (size_t i = 0; i < N; i++)
        assert_ptr_equal(sl_map_get(&m, key(i)), &values[i]);
    assert_null(sl_map_get(&m, SL_SPAN("key-")));
    sl_map_finish(&m);
}

static void put_replaces(void **state)
{
    struct sl_map m;

    (void)state;
    sl_map_init(&m);
    assert_true(sl_map_put(&m, SL_SPAN(""), &values[0]));
    assert_true(sl_map_put(&m, SL_SPAN(""), &values[1]));
    assert_int_equal(m.n, 1);
    assert_ptr_equal(sl_map_get(&m, sl_span(NULL, 0)), &values[1]);
    sl_map_finish(&m);
}

static void removal_leaves_all_others_reachable(void **state)
{
    struct sl_map m;

    (void)state;
    sl_map_init(&m);
    assert_null(sl_map_remove(&m, SL_SPAN("a")));
    for (size_t i = 0; i < N; i++)
        assert_true(sl_map_put(&m, key(i), &values[i]));
    for (size_t i = 0; i < N; i += 2) {
        assert_ptr_equal(sl_map_remove(&m, key(i)), &values[i]);
        assert_null(sl_map_remove(&m, key(i)));
    }
    for (size_t i = 0; i < N; i++)
        assert_ptr_equal(sl_map_get(&m, key(i)), i % 2 ? &values[i] : NULL);
    assert_int_equal(m.n, N / 2);
    sl_map_finish(&m);
}

static void walk_visits_every_entry_once(void **state)
{
    static int seen[N];
    struct sl_map m;
    size_t pos = 0, n = 0;
    sluice_span k;
    void *v;

    (void)state;
    sl_map_init(&m);
    assert_false(sl_map_next(&m, &pos, &k, &v));
    for (size_t i = 0; i < N; i++)
        assert_true(sl_map_put(&m, key(i), &values[i]));
    for (pos = 0; sl_map_next(&m, &pos, &k, &v); n++) {
        assert_int_equal(seen[(int *)v - values]++, 0);
        assert_ptr_equal(sl_map_get(&m, k), v);
    }
    assert_int_equal(n, N);
    sl_map_finish(&m);
}

static void a_failing_growth_loses_nothing(void **state)
{
    struct sl_map m;
    size_t n = 0;

    (void)state;
    sl_map_init(&m);
    sl_fault_after(3);
    while (sl_map_put(&m, key(n), &values[n]))
        n++;
    sl_fault_after(0);
    assert_int_equal(m.n, n);
    for (size_t i = 0; i < n; i++)
        assert_ptr_equal(sl_map_get(&m, key(i)), &values[i]);
    assert_true(sl_map_put(&m, key(n), &values[n]));
    sl_map_finish(&m);
}

static void hash_depends_on_every_byte_and_the_length(void **state)
{
    char text[40] = { 0 };
    uint64_t plain;

    (void)state;
    for (size_t len = 0; len <= sizeof text; len++) {
        plain = sl_hash(sl_span(text, len));
        assert_true(plain == sl_hash(sl_span(text, len)));
        for (size_t i = 0; i < len; i++) {
            text[i] = 1;
            assert_true(plain != sl_hash(sl_span(text, len)));
            text[i] = 0;
        }
        if (len)
            assert_true(plain != sl_hash(sl_span(text, len - 1)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_put_is_found),
        cmocka_unit_test(put_replaces),
        cmocka_unit_test(removal_leaves_all_others_reachable),
        cmocka_unit_test(walk_visits_every_entry_once),
        cmocka_unit_test(a_failing_growth_loses_nothing),
        cmocka_unit_test(hash_depends_on_every_byte_and_the_length),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
