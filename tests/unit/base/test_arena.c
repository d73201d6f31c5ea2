/* SPDX-License-Identifier: Apache-2.0 */
/* test_arena.c - memory that is freed in one go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/arena.h"

static void pieces_are_aligned_and_do_not_overlap(void **state)
{
    struct sluice_arena a;
    unsigned char *p[600];

    (void)state;
    sl_arena_init(&a, 1 << 24);
    for (size_t i = 0; i < 600; i++) {
        p[i] = sl_alloc(&a, i);
        assert_non_null(p[i]);
        assert_int_equal((uintptr_t)p[i] % 16, 0);
        memset(p[i], (int)(i & 255), i);
    }
    for (size_t i = 0; i < 600; i++)
        for (size_t k = 0; k < i; k++)
            assert_int_equal(p[i][k], i & 255);
    sl_arena_finish(&a);
}

static void cap_counts_what_was_asked_for(void **state)
{
    struct sluice_arena a;

    (void)state;
    sl_arena_init(&a, 100);
    assert_non_null(sl_alloc(&a, 60));
    assert_null(sl_alloc(&a, 41));
    assert_non_null(sl_alloc(&a, 40));
    assert_int_equal(sl_arena_used(&a), 100);
    assert_null(sl_alloc(&a, 1));
    assert_null(sl_alloc(&a, SIZE_MAX));
    sl_arena_reset(&a);
    assert_int_equal(sl_arena_used(&a), 0);
    assert_non_null(sl_alloc(&a, 100));
    sl_arena_finish(&a);
}

static void an_unlimited_arena_refuses_sizes_that_overflow(void **state)
{
    struct sluice_arena a;

    (void)state;
    sl_arena_init(&a, SIZE_MAX);
    assert_null(sl_alloc(&a, SIZE_MAX));
    assert_null(sl_alloc(&a, SIZE_MAX - 20));
    assert_null(sl_alloc(&a, SIZE_MAX / 2));
    assert_ptr_equal(sl_arena_dup(&a, sl_span("x", SIZE_MAX)).ptr, NULL);
    sl_arena_finish(&a);
}

static void reset_keeps_the_first_block_only(void **state)
{
    struct sluice_arena a;
    void *first, *again;

    (void)state;
    sl_arena_init(&a, 1 << 24);
    assert_non_null(sl_alloc(&a, 1 << 20));
    first = sl_alloc(&a, 32);
    for (int i = 0; i < 1000; i++)
        assert_non_null(sl_alloc(&a, 1000));
    sl_arena_reset(&a);
    again = sl_alloc(&a, 32);
    assert_ptr_equal(again, first);
    sl_arena_finish(&a);
}

static void a_large_piece_leaves_the_current_block_in_use(void **state)
{
    struct sluice_arena a;
    char *before, *after;

    (void)state;
    sl_arena_init(&a, 1 << 24);
    before = sl_alloc(&a, 16);
    memset(sl_alloc(&a, 1 << 20), 1, 1 << 20);
    after = sl_alloc(&a, 16);
    assert_in_range((uintptr_t)after, (uintptr_t)before, (uintptr_t)before + 4096);
    sl_arena_finish(&a);
}

static void alloc0_clears_reused_memory(void **state)
{
    struct sluice_arena a;
    char *p;

    (void)state;
    sl_arena_init(&a, 1000);
    memset(sl_alloc(&a, 500), 'x', 500);
    sl_arena_reset(&a);
    p = sl_alloc0(&a, 500);
    for (size_t i = 0; i < 500; i++)
        assert_int_equal(p[i], 0);
    sl_arena_finish(&a);
}

static void dup_and_printf_end_with_nul(void **state)
{
    struct sluice_arena a;
    sluice_span s;

    (void)state;
    sl_arena_init(&a, 1000);
    s = sl_arena_dup(&a, sl_span("abcdef", 3));
    assert_string_equal(s.ptr, "abc");
    assert_int_equal(s.len, 3);
    s = sl_arena_dup(&a, sl_span(NULL, 0));
    assert_string_equal(s.ptr, "");
    s = sl_arena_printf(&a, "%s-%d", "gpt", 4);
    assert_string_equal(s.ptr, "gpt-4");
    assert_int_equal(s.len, 5);
    sl_arena_finish(&a);
}

static int order[4], n_order;

static void note(void *ctx)
{
    order[n_order++] = *(int *)ctx;
}

static void cleanups_run_last_first_and_once(void **state)
{
    int numbers[3] = { 1, 2, 3 };
    struct sluice_arena a;

    (void)state;
    n_order = 0;
    sl_arena_init(&a, 1000);
    for (int i = 0; i < 3; i++)
        assert_true(sl_arena_cleanup(&a, note, &numbers[i]));
    sl_arena_reset(&a);
    assert_int_equal(n_order, 3);
    assert_int_equal(order[0], 3);
    assert_int_equal(order[2], 1);
    sl_arena_finish(&a);
    assert_int_equal(n_order, 3);
}

static void a_cleanup_that_cannot_be_noted_does_not_run(void **state)
{
    int number = 1;
    struct sluice_arena a;

    (void)state;
    n_order = 0;
    sl_arena_init(&a, 1);
    assert_false(sl_arena_cleanup(&a, note, &number));
    sl_arena_finish(&a);
    assert_int_equal(n_order, 0);
}

static void fault_fails_exactly_the_nth_allocation(void **state)
{
    struct sluice_arena a;

    (void)state;
    sl_arena_init(&a, 1000);
    sl_fault_after(3);
    assert_non_null(sl_alloc(&a, 1));
    assert_non_null(sl_alloc(&a, 1));
    assert_null(sl_alloc(&a, 1));
    assert_non_null(sl_alloc(&a, 1));
    assert_int_equal(sl_fault_after(0), 4);
    assert_non_null(sl_alloc(&a, 1));
    assert_int_equal(sl_fault_after(1), 1);
    assert_ptr_equal(sl_arena_printf(&a, "x").ptr, NULL);
    assert_int_equal(sl_fault_after(0), 1);
    sl_arena_finish(&a);
}

/* What a host's arena looks like to a plugin with its own copy of this code: only the first member
 * is known. */
struct strange_arena {
    void *(*alloc)(struct sluice_arena *a, size_t size);
    char memory[64];
};

static void *strange_alloc(struct sluice_arena *a, size_t size)
{
    return size <= 64 ? ((struct strange_arena *)(void *)a)->memory : NULL;
}

static void allocation_goes_through_the_arenas_own_function(void **state)
{
    struct strange_arena strange = { .alloc = strange_alloc };
    struct sluice_arena *a = (struct sluice_arena *)(void *)&strange;

    (void)state;
    assert_ptr_equal(sl_alloc(a, 8), strange.memory);
    assert_ptr_equal(sl_arena_dup(a, SL_SPAN("text")).ptr, strange.memory);
    assert_string_equal(strange.memory, "text");
    assert_null(sl_alloc(a, 65));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_aligned_and_do_not_overlap),
        cmocka_unit_test(cap_counts_what_was_asked_for),
        cmocka_unit_test(an_unlimited_arena_refuses_sizes_that_overflow),
        cmocka_unit_test(reset_keeps_the_first_block_only),
        cmocka_unit_test(a_large_piece_leaves_the_current_block_in_use),
        cmocka_unit_test(alloc0_clears_reused_memory),
        cmocka_unit_test(dup_and_printf_end_with_nul),
        cmocka_unit_test(cleanups_run_last_first_and_once),
        cmocka_unit_test(a_cleanup_that_cannot_be_noted_does_not_run),
        cmocka_unit_test(fault_fails_exactly_the_nth_allocation),
        cmocka_unit_test(allocation_goes_through_the_arenas_own_function),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
