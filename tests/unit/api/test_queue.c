/* SPDX-License-Identifier: Apache-2.0 */
/* test_queue.c - a foreign loop: callbacks when and where sluice_queue_run() is called. */
#include "kit.h"

#include <poll.h>

static sluice_queue *open_queue(sluice *s)
{
    sluice_error err = SLUICE_ERROR_INIT;
    sluice_queue *q = NULL;

    assert_int_equal(sluice_queue_open(s, &q, &err), SLUICE_OK);
    return q;
}

static bool readable(sluice_queue *q, int ms)
{
    struct pollfd p = { .fd = sluice_queue_fd(q), .events = POLLIN };

    return poll(&p, 1, ms) > 0;
}

static void run_until_done(sluice_queue *q, struct call *c)
{
    while (!call_dones(c)) {
        assert_true(readable(q, 60000));
        sluice_queue_run(q);
    }
}

static void callbacks_come_on_the_thread_that_runs_the_queue(void **state)
{
    sluice *s = open_text(MODELS);
    sluice_queue *q = open_queue(s);
    struct call c;

    (void)state;
    call_init(&c);
    assert_int_equal(call_start(&c, sluice_queue_loop(q), "echo", SLUICE_CALL_STREAM, "a b c"),
                     SLUICE_OK);
    assert_true(readable(q, 60000));
    assert_int_equal(c.jsons, 0); /* nothing before it is asked for */
    run_until_done(q, &c);
    assert_int_equal(c.status, SLUICE_OK);
    assert_true(c.jsons > 3);
    assert_true(pthread_equal(c.thread, pthread_self()));
    assert_false(readable(q, 0));
    assert_int_equal(sluice_queue_run(q), 0);
    sluice_queue_close(q);
    sluice_close(s, 0);
    call_finish(&c);
}

static void a_cancelled_call_ends_through_the_queue(void **state)
{
    sluice *s = open_text(MODELS);
    sluice_queue *q = open_queue(s);
    struct call c;

    (void)state;
    call_init(&c);
    assert_int_equal(call_start(&c, sluice_queue_loop(q), "slow", 0, "x"), SLUICE_OK);
    sluice_cancel(sluice_queue_loop(q), c.task);
    run_until_done(q, &c);
    assert_int_equal(c.status, SLUICE_E_CANCELLED);
    sluice_cancel(sluice_queue_loop(q), c.task);
    sluice_queue_close(q);
    sluice_close(s, 0);
    assert_int_equal(c.dones, 1);
    call_finish(&c);
}

static void closing_a_queue_ends_its_calls(void **state)
{
    sluice *s = open_text(MODELS MODEL("never", "stall-early"));
    sluice_queue *q = open_queue(s);
    struct call c;

    (void)state;
    call_init(&c);
    assert_int_equal(call_start(&c, sluice_queue_loop(q), "never", 0, "x"), SLUICE_OK);
    sluice_queue_close(q);
    assert_int_equal(c.dones, 1);
    assert_true(c.status < 0);
    sluice_free(ask(s, "echo", "the instance lives on"));
    sluice_close(s, 0);
    call_finish(&c);
}

/* More than the queue holds at once: the upstream waits for the reader. */
static void a_reader_that_falls_behind_gets_everything_in_the_end(void **state)
{
    sluice *s = open_text("model_list:\n" MODEL("long", "long"));
    sluice_queue *q = open_queue(s);
    enum { N = 8 };
    struct call c[N];

    (void)state;
    for (int i = 0; i < N; i++) {
        call_init(&c[i]);
        assert_int_equal(call_start(&c[i], sluice_queue_loop(q), "long", SLUICE_CALL_STREAM, "x"),
                         SLUICE_OK);
    }
    for (int i = 0; i < N; i++) {
        run_until_done(q, &c[i]);
        assert_int_equal(c[i].status, SLUICE_OK);
        assert_true(c[i].jsons > 100);
    }
    sluice_queue_close(q);
    sluice_close(s, 0);
    for (int i = 0; i < N; i++)
        call_finish(&c[i]);
}

static void a_queue_that_is_closed_with_a_held_call_is_safe(void **state)
{
    sluice *s = open_text("model_list:\n" MODEL("long", "long"));
    sluice_queue *q = open_queue(s);
    struct call c;

    (void)state;
    call_init(&c);
    assert_int_equal(call_start(&c, sluice_queue_loop(q), "long", SLUICE_CALL_STREAM, "x"),
                     SLUICE_OK);
    assert_true(readable(q, 60000));
    nanosleep(&(struct timespec){ 0, 200 * 1000000 }, NULL); /* until it has run full */
    sluice_queue_close(q);
    assert_int_equal(c.dones, 1);
    sluice_close(s, 0);
    call_finish(&c);
}

static void a_queue_may_outlive_its_instance(void **state)
{
    sluice *s = open_text(MODELS MODEL("never", "stall-early"));
    sluice_queue *q = open_queue(s);
    struct call c;

    (void)state;
    call_init(&c);
    assert_int_equal(call_start(&c, sluice_queue_loop(q), "never", 0, "x"), SLUICE_OK);
    sluice_close(s, 0);
    assert_int_equal(c.dones, 0); /* its thread has not been asked yet */
    sluice_queue_close(q);
    assert_int_equal(c.dones, 1);
    assert_int_equal(c.status, SLUICE_E_SHUTDOWN);
    call_finish(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(callbacks_come_on_the_thread_that_runs_the_queue),
        cmocka_unit_test(a_cancelled_call_ends_through_the_queue),
        cmocka_unit_test(closing_a_queue_ends_its_calls),
        cmocka_unit_test(a_reader_that_falls_behind_gets_everything_in_the_end),
        cmocka_unit_test(a_queue_that_is_closed_with_a_held_call_is_safe),
        cmocka_unit_test(a_queue_may_outlive_its_instance),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
