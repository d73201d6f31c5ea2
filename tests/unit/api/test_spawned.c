/* SPDX-License-Identifier: Apache-2.0 */
/* test_spawned.c - calls of a spawned loop from other threads: started, paused, cancelled, reloaded
 * under, closed under. Worth most under ThreadSanitizer. */
#include "kit.h"

static void a_call_is_answered_on_the_loops_thread(void **state)
{
    sluice *s = open_text(MODELS);
    sluice_loop *loop = spawn(s);
    struct call c;

    (void)state;
    call_init(&c);
    assert_int_equal(call_start(&c, loop, "echo", 0, "hello"), SLUICE_OK);
    call_wait(&c, 1, 1);
    assert_int_equal(c.status, SLUICE_OK);
    assert_int_equal(c.jsons, 1);
    assert_non_null(strstr(c.last, "\"content\":\"hello\""));
    assert_false(pthread_equal(c.thread, pthread_self()));
    sluice_close(s, 0);
    assert_int_equal(c.dones, 1);
    call_finish(&c);
}

static void a_stream_comes_in_chunks(void **state)
{
    sluice *s = open_text(MODELS);
    struct call c;

    (void)state;
    call_init(&c);
    assert_int_equal(call_start(&c, spawn(s), "echo", SLUICE_CALL_STREAM, "a b c d"), SLUICE_OK);
    call_wait(&c, 0, 1);
    assert_int_equal(c.status, SLUICE_OK);
    assert_true(c.jsons > 4);
    sluice_close(s, 0);
    call_finish(&c);
}

static void an_unknown_operation_is_told_by_done(void **state)
{
    sluice *s = open_text(MODELS);
    sluice_request r = { .struct_size = sizeof r };
    struct call c;

    (void)state;
    call_init(&c);
    r.operation = text("no.such");
    r.body = text("{}");
    if (sluice_start(spawn(s), &r, &call_events, &c, &c.task, &c.err) >= 0) {
        call_wait(&c, 0, 1);
        assert_int_equal(c.status, SLUICE_E_INVALID);
    }
    assert_non_null(strstr(c.err.message, "no.such"));
    sluice_close(s, 0);
    call_finish(&c);
}

static void a_cancelled_stream_ends_once_and_a_late_cancel_is_harmless(void **state)
{
    sluice *s = open_text(MODELS);
    sluice_loop *loop = spawn(s);
    struct call c, next;

    (void)state;
    call_init(&c);
    call_init(&next);
    assert_int_equal(
        call_start(&c, loop, "stream", SLUICE_CALL_STREAM,
                   "one two three four five six seven eight nine ten eleven twelve thirteen"),
        SLUICE_OK);
    call_wait(&c, 3, 0);
    sluice_cancel(loop, c.task);
    sluice_cancel(loop, c.task);
    call_wait(&c, 0, 1);
    assert_int_equal(c.status, SLUICE_E_CANCELLED);
    /* Its number is nobody's now, whoever came after it. */
    assert_int_equal(call_start(&next, loop, "echo", 0, "x"), SLUICE_OK);
    sluice_cancel(loop, c.task);
    sluice_pause(loop, c.task, 1);
    sluice_cancel(loop, 0);
    sluice_cancel(loop, UINT64_MAX);
    call_wait(&next, 1, 1);
    assert_int_equal(next.status, SLUICE_OK);
    sluice_close(s, 0);
    assert_int_equal(c.dones, 1);
    assert_int_equal(next.dones, 1);
    call_finish(&c);
    call_finish(&next);
}

static void a_cancel_right_after_the_start_ends_the_call(void **state)
{
    sluice *s = open_text(MODELS);
    sluice_loop *loop = spawn(s);

    (void)state;
    for (int i = 0; i < 50; i++) {
        struct call c;

        call_init(&c);
        assert_int_equal(call_start(&c, loop, "slow", 0, "x"), SLUICE_OK);
        sluice_cancel(loop, c.task);
        call_wait(&c, 0, 1);
        assert_int_equal(c.status, SLUICE_E_CANCELLED);
        assert_int_equal(c.jsons, 0);
        call_finish(&c);
    }
    sluice_close(s, 0);
}

static void a_paused_call_can_be_cancelled(void **state)
{
    sluice *s = open_text(MODELS);
    sluice_loop *loop = spawn(s);
    struct call c;

    (void)state;
    call_init(&c);
    assert_int_equal(call_start(&c, loop, "stream", SLUICE_CALL_STREAM, "a b c d e f g h"),
                     SLUICE_OK);
    call_wait(&c, 1, 0);
    sluice_pause(loop, c.task, 1);
    sluice_cancel(loop, c.task);
    call_wait(&c, 0, 1);
    assert_int_equal(c.status, SLUICE_E_CANCELLED);
    sluice_close(s, 0);
    call_finish(&c);
}

static void a_call_that_is_paused_and_released_is_whole(void **state)
{
    sluice *s = open_text(MODELS);
    sluice_loop *loop = spawn(s);
    struct call c;

    (void)state;
    call_init(&c);
    assert_int_equal(call_start(&c, loop, "stream", SLUICE_CALL_STREAM, "a b c d e f"), SLUICE_OK);
    for (int i = 0; i < 20; i++) {
        sluice_pause(loop, c.task, 1);
        sluice_pause(loop, c.task, 0);
    }
    call_wait(&c, 0, 1);
    assert_int_equal(c.status, SLUICE_OK);
    assert_true(c.jsons > 6);
    sluice_close(s, 0);
    call_finish(&c);
}

static void closing_lets_calls_finish_that_were_just_started(void **state)
{
    enum { N = 50 };
    sluice *s = open_text(MODELS);
    sluice_loop *loop = spawn(s);
    struct call c[N];

    (void)state;
    for (int i = 0; i < N; i++) {
        call_init(&c[i]);
        assert_int_equal(call_start(&c[i], loop, "echo", 0, "x"), SLUICE_OK);
    }
    sluice_close(s, 60000);
    for (int i = 0; i < N; i++) {
        assert_int_equal(c[i].dones, 1);
        assert_int_equal(c[i].status, SLUICE_OK);
        call_finish(&c[i]);
    }
}

static void closing_ends_calls_that_take_too_long(void **state)
{
    sluice *s = open_text(MODELS MODEL("never", "stall-early"));
    sluice_loop *loop = spawn(s);
    struct call c;

    (void)state;
    call_init(&c);
    assert_int_equal(call_start(&c, loop, "never", 0, "x"), SLUICE_OK);
    sluice_close(s, 10);
    assert_int_equal(c.dones, 1);
    assert_int_equal(c.status, SLUICE_E_SHUTDOWN);
    call_finish(&c);
}

static void a_running_call_keeps_its_configuration_over_a_reload(void **state)
{
    sluice *s = open_text(MODELS);
    sluice_loop *loop = spawn(s);
    sluice_error err = SLUICE_ERROR_INIT;
    struct call c, gone;

    (void)state;
    call_init(&c);
    call_init(&gone);
    assert_int_equal(call_start(&c, loop, "stream", SLUICE_CALL_STREAM, "a b c d e f"), SLUICE_OK);
    call_wait(&c, 1, 0);
    assert_int_equal(sluice_reload(s, text("model_list:\n" MODEL("other", "x")), &err), SLUICE_OK);
    assert_int_equal(call_start(&gone, loop, "stream", 0, "x"), SLUICE_OK);
    call_wait(&gone, 0, 1);
    assert_int_equal(gone.status, SLUICE_E_NOT_FOUND);
    call_wait(&c, 0, 1);
    assert_int_equal(c.status, SLUICE_OK);
    sluice_close(s, 0);
    call_finish(&c);
    call_finish(&gone);
}

/* ---- everything at once ---- */

#define THREADS 4
#define ROUNDS 60

struct crowd {
    sluice *s;
    sluice_loop *loops[2];
    atomic_int stop, answered, cancelled;
};

static void *caller(void *arg)
{
    struct crowd *w = arg;

    for (int i = 0; i < ROUNDS; i++) {
        sluice_loop *loop = w->loops[i & 1];
        struct call c;

        call_init(&c);
        if (call_start(&c, loop, i % 3 ? "echo" : "stream", i % 2 ? SLUICE_CALL_STREAM : 0,
                       "a b c d e f g h i j k l m n o p") < 0)
            abort();
        if (i % 3 == 0) {
            sluice_pause(loop, c.task, 1);
            sluice_pause(loop, c.task, 0);
            sluice_cancel(loop, c.task);
        }
        call_wait(&c, 0, 1);
        if (c.status == SLUICE_OK)
            atomic_fetch_add(&w->answered, 1);
        else if (c.status == SLUICE_E_CANCELLED)
            atomic_fetch_add(&w->cancelled, 1);
        sluice_cancel(loop, c.task);
        call_finish(&c);
    }
    return NULL;
}

static void *reloader(void *arg)
{
    struct crowd *w = arg;

    while (!atomic_load(&w->stop)) {
        sluice_error err = SLUICE_ERROR_INIT;

        if (sluice_reload(w->s, text(MODELS), &err) < 0)
            abort();
    }
    return NULL;
}

static void *blocker(void *arg)
{
    struct crowd *w = arg;

    for (int i = 0; i < ROUNDS; i++)
        sluice_free(ask(w->s, "echo", "hello"));
    return NULL;
}

static void threads_call_cancel_pause_and_reload_at_once(void **state)
{
    struct crowd w = { .s = open_text(MODELS) };
    pthread_t callers[THREADS], blocking[2], reloading;

    (void)state;
    w.loops[0] = spawn(w.s);
    w.loops[1] = spawn(w.s);
    assert_int_equal(pthread_create(&reloading, NULL, reloader, &w), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&callers[i], NULL, caller, &w), 0);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&blocking[i], NULL, blocker, &w), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(callers[i], NULL);
    for (int i = 0; i < 2; i++)
        pthread_join(blocking[i], NULL);
    atomic_store(&w.stop, 1);
    pthread_join(reloading, NULL);
    sluice_close(w.s, 1000);
    assert_int_equal(w.answered + w.cancelled, THREADS * ROUNDS);
    assert_true(w.cancelled > 0 && w.answered >= THREADS * ROUNDS * 2 / 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_is_answered_on_the_loops_thread),
        cmocka_unit_test(a_stream_comes_in_chunks),
        cmocka_unit_test(an_unknown_operation_is_told_by_done),
        cmocka_unit_test(a_cancelled_stream_ends_once_and_a_late_cancel_is_harmless),
        cmocka_unit_test(a_cancel_right_after_the_start_ends_the_call),
        cmocka_unit_test(a_paused_call_can_be_cancelled),
        cmocka_unit_test(a_call_that_is_paused_and_released_is_whole),
        cmocka_unit_test(closing_lets_calls_finish_that_were_just_started),
        cmocka_unit_test(closing_ends_calls_that_take_too_long),
        cmocka_unit_test(a_running_call_keeps_its_configuration_over_a_reload),
        cmocka_unit_test(threads_call_cancel_pause_and_reload_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
