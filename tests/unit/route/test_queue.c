/* SPDX-License-Identifier: Apache-2.0 */
/* Who stands in line: in which order they are told, who may leave when, and what is bounded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <event2/event.h>
#include <pthread.h>
#include <string.h>
#include "base/status.h"
#include "route/queue.h"

static struct event_base *base;
static struct sl_loop *loop;
static struct sl_queue q;
static char told[64];

struct waiter {
    char name;
    struct sl_queue_place *place;
    uint64_t arrival;
};

static int open_all(void **state)
{
    struct sl_loop_options options;

    (void)state;
    base = event_base_new();
    options = (struct sl_loop_options){ .base = base };
    assert_int_equal(sl_loop_create(&options, &loop, NULL), SLUICE_OK);
    sl_queue_init(&q);
    told[0] = 0;
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    assert_false(sl_queue_busy(&q));
    sl_queue_finish(&q);
    sl_loop_destroy(loop);
    event_base_free(base);
    return 0;
}

static void on_turn(void *ctx)
{
    struct waiter *w = ctx;
    size_t n = strlen(told);

    w->place = NULL;
    told[n] = w->name;
    told[n + 1] = 0;
}

static void join(struct waiter *w, char name, int64_t priority)
{
    w->name = name;
    assert_int_equal(sl_queue_join(&q, loop, priority, &w->arrival, on_turn, w, &w->place),
                     SLUICE_OK);
}

static void turns(int n)
{
    for (int i = 0; i < n; i++)
        sl_queue_next(&q);
    event_base_loop(base, EVLOOP_NONBLOCK);
}

static void first_come_first_served(void **state)
{
    struct waiter w[3] = { 0 };

    (void)state;
    for (int i = 0; i < 3; i++)
        join(&w[i], (char)('a' + i), 0);
    turns(1);
    assert_string_equal(told, "a");
    turns(2);
    assert_string_equal(told, "abc");
}

static void lower_numbers_go_first(void **state)
{
    struct waiter w[4] = { 0 };

    (void)state;
    join(&w[0], 'c', 5);
    join(&w[1], 'd', 5);
    join(&w[2], 'a', -1);
    join(&w[3], 'b', 0);
    turns(4);
    assert_string_equal(told, "abcd");
}

static void who_comes_back_keeps_its_place_in_time(void **state)
{
    struct waiter w[3] = { 0 };

    (void)state;
    join(&w[0], 'a', 0);
    join(&w[1], 'b', 0);
    turns(1);
    assert_string_equal(told, "a");
    join(&w[2], 'c', 0);
    join(&w[0], 'a', 0); /* the place was gone again */
    turns(3);
    assert_string_equal(told, "aabc");
    assert_int_equal(atomic_load(&q.joined), 3); /* and has waited once */
}

static void who_leaves_is_not_told(void **state)
{
    struct waiter w[3] = { 0 };

    (void)state;
    for (int i = 0; i < 3; i++)
        join(&w[i], (char)('a' + i), 0);
    sl_queue_leave(w[1].place);
    turns(3);
    assert_string_equal(told, "ac");
}

/* Its message is under way: the place goes to the next one. */
static void who_leaves_when_told_tells_the_next_one(void **state)
{
    struct waiter w[2] = { 0 };

    (void)state;
    join(&w[0], 'a', 0);
    join(&w[1], 'b', 0);
    sl_queue_next(&q);
    sl_queue_leave(w[0].place);
    event_base_loop(base, EVLOOP_NONBLOCK);
    assert_string_equal(told, "b");
}

static void who_is_told_counts_until_it_is_at_work(void **state)
{
    struct waiter w[2] = { 0 };

    (void)state;
    assert_false(sl_queue_busy(&q));
    join(&w[0], 'a', 0);
    assert_true(sl_queue_alone(&q));
    sl_queue_next(&q);
    assert_true(sl_queue_busy(&q)); /* who comes now waits behind it */
    join(&w[1], 'b', 0);
    assert_false(sl_queue_alone(&q));
    event_base_loop(base, EVLOOP_NONBLOCK);
    assert_string_equal(told, "a");
    turns(1);
}

static void a_place_that_nobody_waits_for_is_told_to_nobody(void **state)
{
    struct waiter w = { 0 };

    (void)state;
    turns(3);
    join(&w, 'a', 0);
    event_base_loop(base, EVLOOP_NONBLOCK);
    assert_string_equal(told, "");
    turns(1);
    assert_string_equal(told, "a");
}

static void the_line_has_an_end(void **state)
{
    static struct waiter w[SL_QUEUE_MOST];
    struct sl_queue_place *place = NULL;
    uint64_t arrival = 0;

    (void)state;
    memset(w, 0, sizeof w);
    for (size_t i = 0; i < SL_QUEUE_MOST; i++)
        join(&w[i], 'x', 0);
    assert_int_equal(sl_queue_join(&q, loop, -1, &arrival, on_turn, NULL, &place),
                     SLUICE_E_LIMITED);
    assert_null(place);
    assert_int_equal(arrival, 0);
    for (size_t i = 0; i < SL_QUEUE_MOST; i++)
        sl_queue_leave(w[i].place);
}

/* ---- several loops ---- */

#define LOOPS 4
#define EACH 200

static atomic_int running, most, done;

struct line {
    struct event_base *base;
    struct sl_loop *loop;
    struct waiter w[EACH];
};

/* One place: who is told has it, and gives it up at once. */
static void at_work(void *ctx)
{
    struct waiter *w = ctx;
    int now = atomic_fetch_add(&running, 1) + 1, before = atomic_load(&most);

    w->place = NULL;
    while (before < now && !atomic_compare_exchange_weak(&most, &before, now))
        ;
    atomic_fetch_sub(&running, 1);
    atomic_fetch_add(&done, 1);
    sl_queue_next(&q);
}

static void *work(void *arg)
{
    struct line *l = arg;

    while (atomic_load(&done) < LOOPS * EACH)
        event_base_loop(l->base, EVLOOP_NONBLOCK);
    return NULL;
}

static void one_line_for_all_loops(void **state)
{
    static struct line lines[LOOPS];
    pthread_t threads[LOOPS];

    (void)state;
    for (int i = 0; i < LOOPS; i++) {
        struct sl_loop_options options;

        lines[i].base = event_base_new();
        options = (struct sl_loop_options){ .base = lines[i].base };
        assert_int_equal(sl_loop_create(&options, &lines[i].loop, NULL), SLUICE_OK);
        for (int k = 0; k < EACH; k++)
            assert_int_equal(sl_queue_join(&q, lines[i].loop, k % 3, &lines[i].w[k].arrival,
                                           at_work, &lines[i].w[k], &lines[i].w[k].place),
                             SLUICE_OK);
    }
    sl_queue_next(&q);
    for (int i = 0; i < LOOPS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work, &lines[i]), 0);
    for (int i = 0; i < LOOPS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&done), LOOPS * EACH);
    assert_int_equal(atomic_load(&most), 1);
    for (int i = 0; i < LOOPS; i++) {
        sl_loop_destroy(lines[i].loop);
        event_base_free(lines[i].base);
    }
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, open_all, close_all)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(first_come_first_served),
        T(lower_numbers_go_first),
        T(who_comes_back_keeps_its_place_in_time),
        T(who_leaves_is_not_told),
        T(who_leaves_when_told_tells_the_next_one),
        T(who_is_told_counts_until_it_is_at_work),
        T(a_place_that_nobody_waits_for_is_told_to_nobody),
        T(the_line_has_an_end),
        T(one_line_for_all_loops),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
