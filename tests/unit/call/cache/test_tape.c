/* SPDX-License-Identifier: Apache-2.0 */
/* An answer kept for those who read it later or elsewhere. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdlib.h>
#include "base/arena.h"
#include "base/buf.h"
#include "call/cache/tape.h"

static void add(struct sl_tape *t, size_t from, size_t n)
{
    char *bytes = malloc(n + 1);

    for (size_t i = 0; i < n; i++)
        bytes[i] = (char)((from + i) * 31 >> 3);
    assert_true(sl_tape_add(t, sl_span(bytes, n)));
    free(bytes);
}

/* What is there from *passed on is what was added. */
static void check(struct sl_tape_cursor *c)
{
    sluice_span piece;

    for (;;) {
        size_t passed = c->passed;

        piece = sl_tape_next(c);
        if (!piece.len)
            return;
        for (size_t i = 0; i < piece.len; i++)
            assert_int_equal(piece.ptr[i], (char)((passed + i) * 31 >> 3));
        assert_int_equal(c->passed, passed + piece.len);
    }
}

static void reader_gets_what_was_added_whenever_it_comes(void **state)
{
    struct sl_tape *t = sl_tape_create(1u << 20, NULL);
    struct sl_tape_cursor early, late;
    size_t total = 0;

    (void)state;
    assert_true(sl_tape_open(t, &early));
    assert_int_equal(sl_tape_next(&early).len, 0);
    for (size_t n = 1; n < 9000; n = n * 3 + 1) {
        add(t, total, n);
        total += n;
        check(&early);
        assert_int_equal(early.passed, total);
    }
    assert_true(sl_tape_open(t, &late));
    check(&late);
    assert_int_equal(late.passed, total);
    assert_int_equal(sl_tape_length(t), total);
    sl_tape_close(&early);
    sl_tape_close(&late);
    sl_tape_drop(t);
}

static void beginning_goes_when_there_is_too_much(void **state)
{
    struct sl_tape *t = sl_tape_create(100000, NULL);
    struct sl_tape_cursor reader, late;

    (void)state;
    assert_true(sl_tape_open(t, &reader));
    for (size_t i = 0; i < 1000000; i += 1000) {
        add(t, i, 1000);
        check(&reader);
        assert_false(sl_tape_lags(t, &reader));
    }
    assert_int_equal(reader.passed, 1000000);
    assert_false(sl_tape_is_whole(t));
    assert_false(sl_tape_open(t, &late));
    sl_tape_close(&reader);
    sl_tape_drop(t);
}

static void reader_that_lags_is_known_and_memory_has_an_end(void **state)
{
    struct sl_tape *t = sl_tape_create(100000, NULL);
    struct sl_tape_cursor slow;
    char bytes[1000] = { 0 };
    size_t added = 0;

    (void)state;
    assert_true(sl_tape_open(t, &slow));
    while (sl_tape_add(t, sl_span(bytes, sizeof bytes)))
        added += sizeof bytes;
    assert_true(added > 100000 && added <= 200000);
    assert_true(sl_tape_lags(t, &slow));
    sl_tape_close(&slow);
    sl_tape_close(&slow);
    sl_tape_drop(t);
}

static void reader_outlives_the_tapes_users(void **state)
{
    struct sl_tape *t = sl_tape_create(1u << 20, NULL);
    struct sl_tape_cursor reader;

    (void)state;
    assert_true(sl_tape_open(t, &reader));
    add(t, 0, 300000);
    sl_tape_drop(sl_tape_hold(t));
    sl_tape_drop(t);
    check(&reader);
    assert_int_equal(reader.passed, 300000);
    sl_tape_close(&reader);
}

static void all_that_is_held_is_counted(void **state)
{
    _Atomic int64_t held = 0;
    struct sl_tape *t = sl_tape_create(1u << 20, &held);
    struct sl_tape_cursor reader;

    (void)state;
    assert_true(sl_tape_open(t, &reader));
    add(t, 0, 300000);
    assert_true(held >= 300000);
    sl_tape_drop(t);
    assert_true(held >= 300000); /* the reader is at its beginning */
    sl_tape_close(&reader);
    assert_int_equal(held, 0);
}

static void failing_allocations_are_told(void **state)
{
    bool done = false;

    (void)state;
    for (uint64_t n = 1; !done; n++) {
        struct sl_tape *t;
        bool added = false;

        sl_fault_after(n);
        t = sl_tape_create(1u << 20, NULL);
        if (t) {
            char bytes[20000] = { 0 };

            added = sl_tape_add(t, sl_span(bytes, sizeof bytes));
        }
        done = sl_fault_after(0) < n;
        assert_int_equal(added, done);
        sl_tape_drop(t);
    }
}

#define THREADED 2000000

static _Atomic bool over;

static void *follow(void *arg)
{
    struct sl_tape_cursor *c = arg;

    while (!over || c->passed < THREADED)
        check(c);
    return NULL;
}

static void readers_on_other_threads_follow(void **state)
{
    struct sl_tape *t = sl_tape_create(THREADED * 2, NULL);
    struct sl_tape_cursor readers[3];
    pthread_t threads[3];

    (void)state;
    over = false;
    for (int i = 0; i < 3; i++) {
        assert_true(sl_tape_open(t, &readers[i]));
        pthread_create(&threads[i], NULL, follow, &readers[i]);
    }
    for (size_t i = 0; i < THREADED; i += 500)
        add(t, i, 500);
    over = true;
    for (int i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(readers[i].passed, THREADED);
        sl_tape_close(&readers[i]);
    }
    sl_tape_drop(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reader_gets_what_was_added_whenever_it_comes),
        cmocka_unit_test(beginning_goes_when_there_is_too_much),
        cmocka_unit_test(reader_that_lags_is_known_and_memory_has_an_end),
        cmocka_unit_test(reader_outlives_the_tapes_users),
        cmocka_unit_test(all_that_is_held_is_counted),
        cmocka_unit_test(failing_allocations_are_told),
        cmocka_unit_test(readers_on_other_threads_follow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
