/* SPDX-License-Identifier: Apache-2.0 */
/* test_record.c - copies of records in slabs: what is in them, and where the slabs come from. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdlib.h>
#include "base/arena.h"
#include "record/record.h"

#define MANY 5000

static struct sl_record *make(struct sl_record_slabs **slabs, sluice_span uid, sluice_span detail)
{
    static const sluice_count count = { .kind = SLUICE_USE_INPUT, .n = 7 };
    static const sluice_stage stage = { "auth", 3 };
    sluice_record r = { .struct_size = sizeof r,
                        .counts = &count,
                        .n_counts = 1,
                        .stages = &stage,
                        .n_stages = 1,
                        .uid = uid,
                        .detail = detail };

    return sl_record_create(slabs, &r);
}

static void record_is_a_copy_of_all_that_it_points_to(void **state)
{
    struct sl_record_slabs *slabs = NULL;
    char uid[] = "one";
    struct sl_record *r = make(&slabs, sl_span_str(uid), SL_SPAN("{}"));

    (void)state;
    uid[0] = 'X';
    assert_true(sl_span_eq(r->record.uid, SL_SPAN("one")));
    assert_true(sl_span_eq(r->record.detail, SL_SPAN("{}")));
    assert_int_equal(r->record.counts[0].n, 7);
    assert_string_equal(r->record.stages[0].name, "auth");
    sl_record_drop(r);
    sl_record_slabs_drop(slabs);
}

static void records_outlive_their_loop(void **state)
{
    struct sl_record_slabs *slabs = NULL;
    char large[20000] = { 0 };
    struct sl_record *kept[100], *alone;

    (void)state;
    for (size_t i = 0; i < 100; i++)
        kept[i] = make(&slabs, SL_SPAN("kept"), sl_span(large, i * 10));
    alone = make(&slabs, SL_SPAN("alone"), sl_span(large, sizeof large));
    sl_record_slabs_drop(slabs);
    for (size_t i = 0; i < 100; i++) {
        assert_true(sl_span_eq(kept[i]->record.uid, SL_SPAN("kept")));
        sl_record_drop(kept[i]);
    }
    assert_int_equal(alone->record.detail.len, sizeof large);
    sl_record_drop(alone);
}

static void nothing_is_allocated_once_slabs_have_come_back(void **state)
{
    struct sl_record_slabs *slabs = NULL;

    (void)state;
    for (size_t round = 0; round < 2; round++) {
        sl_fault_after(SIZE_MAX); /* counts */
        for (size_t i = 0; i < MANY; i++)
            sl_record_drop(make(&slabs, SL_SPAN("again"), SL_SPAN("and again")));
        assert_int_equal(sl_fault_after(0) > 0, round == 0);
    }
    sl_record_slabs_drop(slabs);
}

static void slabs_of_a_burst_are_given_back_but_for_a_few(void **state)
{
    struct sl_record_slabs *slabs = NULL;
    struct sl_record **burst = malloc(MANY * sizeof *burst);

    (void)state;
    assert_non_null(burst);
    for (size_t i = 0; i < MANY; i++)
        burst[i] = make(&slabs, SL_SPAN("burst"), SL_SPAN(""));
    for (size_t i = 0; i < MANY; i++)
        sl_record_drop(burst[i]);
    sl_fault_after(SIZE_MAX);
    for (size_t i = 0; i < MANY; i++)
        burst[i] = make(&slabs, SL_SPAN("burst"), SL_SPAN(""));
    assert_true(sl_fault_after(0) > 30); /* of some fifty, all but those few */
    for (size_t i = 0; i < MANY; i++)
        sl_record_drop(burst[i]);
    sl_record_slabs_drop(slabs);
    free(burst);
}

static void record_that_finds_no_memory_is_none(void **state)
{
    struct sl_record_slabs *slabs = NULL;
    struct sl_record *r = NULL;

    (void)state;
    for (uint64_t n = 1; !r; n++) {
        sl_fault_after(n);
        r = make(&slabs, SL_SPAN("late"), SL_SPAN(""));
        sl_fault_after(0);
        assert_true(r || n < 3);
    }
    sl_record_drop(r);
    sl_record_slabs_drop(slabs);
}

/* ---- another thread writes them ---- */

static struct sl_record *_Atomic handed[64];

static void *writer(void *arg)
{
    size_t seen = 0;

    (void)arg;
    for (size_t at = 0; seen < MANY; at = (at + 1) % 64) {
        struct sl_record *r = atomic_exchange(&handed[at], NULL);

        if (!r)
            continue;
        assert_true(sl_span_eq(r->record.uid, SL_SPAN("handed")));
        sl_record_drop(r);
        seen++;
    }
    return NULL;
}

static void slabs_come_back_from_another_thread(void **state)
{
    struct sl_record_slabs *slabs = NULL;
    pthread_t thread;

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, writer, NULL), 0);
    for (size_t i = 0; i < MANY; i++) {
        struct sl_record *r = make(&slabs, SL_SPAN("handed"), SL_SPAN("")), *none = NULL;

        while (!atomic_compare_exchange_weak(&handed[i % 64], &none, r))
            none = NULL;
    }
    sl_record_slabs_drop(slabs);
    pthread_join(thread, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(record_is_a_copy_of_all_that_it_points_to),
        cmocka_unit_test(records_outlive_their_loop),
        cmocka_unit_test(nothing_is_allocated_once_slabs_have_come_back),
        cmocka_unit_test(slabs_of_a_burst_are_given_back_but_for_a_few),
        cmocka_unit_test(record_that_finds_no_memory_is_none),
        cmocka_unit_test(slabs_come_back_from_another_thread),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
