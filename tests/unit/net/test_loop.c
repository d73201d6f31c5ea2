/* SPDX-License-Identifier: Apache-2.0 */
/* Loops: posts, timers, deferred work, on a base of our own and on somebody's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>
#include <event2/event.h>
#include "base/clock.h"
#include "base/status.h"
#include "net/loop.h"
#include "net/wheel.h"

static struct sl_loop *new_loop(struct event_base *base)
{
    struct sl_loop_options options = { .base = base };
    struct sl_loop *l;

    assert_int_equal(sl_loop_create(&options, &l, NULL), SLUICE_OK);
    return l;
}

/* ---- posts ---- */

enum { N_THREADS = 4, N_POSTS = 2000 };

struct note {
    struct sl_post post;
    struct board *board;
    int thread, number;
};

struct board {
    struct sl_loop *loop;
    int next[N_THREADS], total, dropped;
};

struct poster {
    pthread_t id;
    struct sl_loop *loop;
    struct note notes[N_POSTS];
};

static void read_note(struct sl_post *p, bool dropped)
{
    struct note *n = SL_CONTAINER(p, struct note, post);

    n->board->dropped += dropped;
    assert_int_equal(n->number, n->board->next[n->thread]);
    n->board->next[n->thread]++;
    if (++n->board->total == N_THREADS * N_POSTS)
        sl_loop_stop(n->board->loop);
}

static void *post_all(void *arg)
{
    struct poster *p = arg;

    for (int i = 0; i < N_POSTS; i++)
        sl_loop_post(p->loop, &p->notes[i].post);
    return NULL;
}

static void posts_of_each_thread_arrive_once_and_in_order(void **state)
{
    struct sl_loop *l = new_loop(NULL);
    struct board board = { .loop = l };
    struct poster *posters = calloc(N_THREADS, sizeof *posters);

    (void)state;
    for (int t = 0; t < N_THREADS; t++) {
        posters[t].loop = l;
        for (int i = 0; i < N_POSTS; i++)
            posters[t].notes[i] =
                (struct note){ .post.fn = read_note, .board = &board, .thread = t, .number = i };
        pthread_create(&posters[t].id, NULL, post_all, &posters[t]);
    }
    sl_loop_run(l);
    for (int t = 0; t < N_THREADS; t++)
        pthread_join(posters[t].id, NULL);
    assert_int_equal(board.total, N_THREADS * N_POSTS);
    assert_int_equal(board.dropped, 0);
    sl_loop_destroy(l);
    free(posters);
}

static void what_was_posted_when_the_loop_goes_is_run_as_dropped(void **state)
{
    struct sl_loop *l = new_loop(NULL);
    struct board board = { .loop = l };
    struct note notes[3];

    (void)state;
    for (int i = 0; i < 3; i++) {
        notes[i] = (struct note){ .post.fn = read_note, .board = &board, .number = i };
        sl_loop_post(l, &notes[i].post);
    }
    sl_loop_destroy(l);
    assert_int_equal(board.total, 3);
    assert_int_equal(board.dropped, 3);
}

static void a_stop_before_the_run_is_not_lost(void **state)
{
    struct sl_loop *l = new_loop(NULL);

    (void)state;
    sl_loop_stop(l);
    sl_loop_run(l);
    sl_loop_destroy(l);
}

static void *run_loop(void *arg)
{
    sl_loop_run(arg);
    return NULL;
}

static void a_loop_knows_its_thread(void **state)
{
    struct sl_loop *l = new_loop(NULL);
    pthread_t id;

    (void)state;
    assert_true(sl_loop_is_mine(l));
    pthread_create(&id, NULL, run_loop, l);
    while (sl_loop_is_mine(l))
        usleep(1000);
    sl_loop_stop(l);
    pthread_join(id, NULL);
    assert_false(sl_loop_is_mine(l));
    sl_loop_destroy(l);
}

/* ---- timers ---- */

struct alarm {
    struct sl_timer timer;
    struct sl_loop *loop;
    uint64_t due_us, *latest_us;
    int rang, *count, stop_at;
};

static void ring(struct sl_timer *t)
{
    struct alarm *a = SL_CONTAINER(t, struct alarm, timer);

    a->rang++;
    assert_true(sl_now_us() >= a->due_us);
    assert_true(a->due_us + 1000 >= *a->latest_us); /* in order, to the millisecond */
    *a->latest_us = a->due_us;
    if (++*a->count == a->stop_at)
        sl_loop_stop(a->loop);
}

static void timers_fire_in_the_order_they_are_due_and_never_early(void **state)
{
    static const unsigned after_ms[] = { 90, 1, 40, 0, 64, 63, 65, 128, 2, 40, 127, 5 };
    enum { N = sizeof after_ms / sizeof *after_ms };
    struct sl_loop *l = new_loop(NULL);
    struct alarm alarms[N];
    uint64_t latest = 0;
    int count = 0;

    (void)state;
    for (int i = 0; i < N; i++) {
        alarms[i] = (struct alarm){ .loop = l, .latest_us = &latest, .count = &count };
        alarms[i].stop_at = N;
        alarms[i].due_us = sl_now_us() + after_ms[i] * 1000u;
        sl_timer_init(&alarms[i].timer, ring);
        sl_timer_set(l, &alarms[i].timer, after_ms[i]);
        assert_true(sl_timer_is_set(&alarms[i].timer));
    }
    sl_loop_run(l);
    for (int i = 0; i < N; i++) {
        assert_int_equal(alarms[i].rang, 1);
        assert_false(sl_timer_is_set(&alarms[i].timer));
    }
    sl_loop_destroy(l);
}

static void a_timer_that_is_moved_fires_once_and_a_cancelled_one_never(void **state)
{
    struct sl_loop *l = new_loop(NULL);
    struct alarm alarms[3];
    uint64_t latest = 0;
    int count = 0;

    (void)state;
    for (int i = 0; i < 3; i++) {
        alarms[i] =
            (struct alarm){ .loop = l, .latest_us = &latest, .count = &count, .stop_at = 2 };
        sl_timer_init(&alarms[i].timer, ring);
        sl_timer_set(l, &alarms[i].timer, 5);
    }
    alarms[1].due_us = sl_now_us() + 30000;
    sl_timer_set(l, &alarms[1].timer, 30);
    sl_timer_cancel(&alarms[2].timer);
    sl_timer_cancel(&alarms[2].timer);
    sl_loop_run(l);
    assert_int_equal(alarms[0].rang, 1);
    assert_int_equal(alarms[1].rang, 1);
    assert_int_equal(alarms[2].rang, 0);
    sl_loop_destroy(l);
}

static void tick_off(struct sl_timer *t)
{
    t->due_ms = 0;
}

/* The wheel alone, where time costs nothing: due times from 1 ms to months, steps of all sizes. */
static void the_wheel_keeps_every_timer_until_its_millisecond(void **state)
{
    enum { N = 3000 };
    struct sl_wheel *w = malloc(sizeof *w);
    struct sl_timer *timers = calloc(N, sizeof *timers);
    uint64_t *due = calloc(N, sizeof *due), now = 123456789, seed = 7, left = N;

    (void)state;
    sl_wheel_init(w, now);
    for (int i = 0; i < N; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        due[i] = now + 1 + (seed >> 20) % (1ull << (1 + i % 34));
        sl_timer_init(&timers[i], tick_off);
        timers[i].due_ms = due[i];
        assert_true(sl_wheel_add(w, &timers[i]) <= due[i]);
    }
    while (left) {
        uint64_t next = sl_wheel_next(w);

        assert_true(next > now);
        assert_true(next != SL_WHEEL_NEVER);
        /* To just before it, to it, or a bit beyond: nothing may fire early nor stay. */
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        now = next + (seed >> 40) % 3 - 1;
        sl_wheel_advance(w, now);
        left = 0;
        for (int i = 0; i < N; i++) {
            assert_int_equal(timers[i].due_ms == 0, due[i] <= now);
            left += timers[i].due_ms != 0;
        }
    }
    assert_true(sl_wheel_next(w) == SL_WHEEL_NEVER);
    free(due);
    free(timers);
    free(w);
}

struct pulse {
    struct sl_timer timer;
    struct sl_loop *loop;
    int beats;
};

static void beat(struct sl_timer *t)
{
    struct pulse *p = SL_CONTAINER(t, struct pulse, timer);

    if (++p->beats == 5)
        sl_loop_stop(p->loop);
    else
        sl_timer_set(p->loop, t, 0);
}

static void a_timer_may_set_itself_again(void **state)
{
    struct pulse p = { .loop = new_loop(NULL) };

    (void)state;
    sl_timer_init(&p.timer, beat);
    sl_timer_set(p.loop, &p.timer, 0);
    sl_loop_run(p.loop);
    assert_int_equal(p.beats, 5);
    sl_loop_destroy(p.loop);
}

/* ---- deferred work ---- */

struct turn {
    struct sl_loop *loop;
    struct event *events[3];
    struct sl_defer first, second, third;
    char order[16];
    int n;
};

static void first_deferred(struct sl_defer *d)
{
    struct turn *t = SL_CONTAINER(d, struct turn, first);

    t->order[t->n++] = 'd';
    sl_defer_set(t->loop, &t->second);
    sl_defer_cancel(&t->third);
}

static void second_deferred(struct sl_defer *d)
{
    struct turn *t = SL_CONTAINER(d, struct turn, second);

    t->order[t->n++] = 'D';
    sl_loop_stop(t->loop);
}

static void never_deferred(struct sl_defer *d)
{
    struct turn *t = SL_CONTAINER(d, struct turn, third);

    t->order[t->n++] = '!';
}

static void on_event(evutil_socket_t fd, short what, void *arg)
{
    struct turn *t = arg;

    (void)fd;
    (void)what;
    t->order[t->n++] = 'e';
    sl_defer_set(t->loop, &t->first);
    sl_defer_set(t->loop, &t->first);
    sl_defer_set(t->loop, &t->third);
}

static void deferred_work_runs_once_behind_all_callbacks_of_the_turn(void **state)
{
    struct turn t = { .loop = new_loop(NULL) };

    (void)state;
    sl_defer_init(&t.first, first_deferred);
    sl_defer_init(&t.second, second_deferred);
    sl_defer_init(&t.third, never_deferred);
    for (int i = 0; i < 3; i++) {
        t.events[i] = event_new(sl_loop_base(t.loop), -1, 0, on_event, &t);
        event_active(t.events[i], EV_TIMEOUT, 0);
    }
    sl_loop_run(t.loop);
    assert_string_equal(t.order, "eeedD");
    for (int i = 0; i < 3; i++)
        event_free(t.events[i]);
    sl_loop_destroy(t.loop);
}

/* ---- somebody's base ---- */

static void break_base(struct sl_timer *t)
{
    struct pulse *p = SL_CONTAINER(t, struct pulse, timer);

    p->beats++;
    event_base_loopbreak(sl_loop_base(p->loop));
}

static void a_loop_lives_on_an_embedders_base_and_leaves_it_whole(void **state)
{
    struct event_base *base = event_base_new();
    struct pulse p = { .loop = new_loop(base) };

    (void)state;
    sl_timer_init(&p.timer, break_base);
    sl_timer_set(p.loop, &p.timer, 1);
    event_base_dispatch(base);
    assert_int_equal(p.beats, 1);
    sl_loop_destroy(p.loop);
    assert_int_equal(event_base_get_num_events(base, EVENT_BASE_COUNT_ADDED), 0);
    event_base_free(base);
}

static void a_loop_without_memory_is_an_error(void **state)
{
    struct sl_loop_options options = { .base = NULL };
    struct sl_loop *l;

    (void)state;
    sl_fault_after(1);
    assert_int_equal(sl_loop_create(&options, &l, NULL), SLUICE_E_NOMEM);
    sl_fault_after(0);
    assert_null(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(posts_of_each_thread_arrive_once_and_in_order),
        cmocka_unit_test(what_was_posted_when_the_loop_goes_is_run_as_dropped),
        cmocka_unit_test(a_stop_before_the_run_is_not_lost),
        cmocka_unit_test(a_loop_knows_its_thread),
        cmocka_unit_test(timers_fire_in_the_order_they_are_due_and_never_early),
        cmocka_unit_test(a_timer_that_is_moved_fires_once_and_a_cancelled_one_never),
        cmocka_unit_test(the_wheel_keeps_every_timer_until_its_millisecond),
        cmocka_unit_test(a_timer_may_set_itself_again),
        cmocka_unit_test(deferred_work_runs_once_behind_all_callbacks_of_the_turn),
        cmocka_unit_test(a_loop_lives_on_an_embedders_base_and_leaves_it_whole),
        cmocka_unit_test(a_loop_without_memory_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
