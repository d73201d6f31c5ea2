/* SPDX-License-Identifier: Apache-2.0 */
/* The pool of threads for blocking work. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <semaphore.h>
#include "net/jobs.h"

struct task {
    struct sl_loop *loop;
    sem_t begun, go;
    pthread_t worker;
    int worked, done, stop_at, *all;
};

static struct sl_loop *new_loop(void)
{
    struct sl_loop_options options = { .base = NULL };
    struct sl_loop *l;

    assert_int_equal(sl_loop_create(&options, &l, NULL), SLUICE_OK);
    return l;
}

static void init_task(struct task *t, struct sl_loop *l)
{
    *t = (struct task){ .loop = l };
    sem_init(&t->begun, 0, 0);
    sem_init(&t->go, 0, 0);
}

static void work(void *ctx)
{
    struct task *t = ctx;

    t->worker = pthread_self();
    t->worked++;
}

static void work_held(void *ctx)
{
    struct task *t = ctx;

    sem_post(&t->begun);
    sem_wait(&t->go);
    t->worked++;
}

static void done(void *ctx)
{
    struct task *t = ctx;

    assert_int_equal(t->worked, 1);
    t->done++;
    if (!t->all || ++*t->all == t->stop_at)
        sl_loop_stop(t->loop);
}

static void a_job_works_elsewhere_and_ends_on_its_loop(void **state)
{
    struct sl_loop *l = new_loop();
    struct sl_jobs *j;
    struct task t;

    (void)state;
    init_task(&t, l);
    assert_int_equal(sl_jobs_create(2, &j, NULL), SLUICE_OK);
    assert_non_null(sl_jobs_submit(j, l, work, done, &t));
    sl_loop_run(l);
    assert_int_equal(t.done, 1);
    assert_false(pthread_equal(t.worker, pthread_self()));
    sl_jobs_destroy(j);
    sl_loop_destroy(l);
}

static void many_jobs_on_few_threads_all_end(void **state)
{
    enum { N = 500 };
    static struct task tasks[N];
    struct sl_loop *l = new_loop();
    struct sl_jobs *j;
    int all = 0;

    (void)state;
    assert_int_equal(sl_jobs_create(3, &j, NULL), SLUICE_OK);
    for (int i = 0; i < N; i++) {
        tasks[i] = (struct task){ .loop = l, .stop_at = N, .all = &all };
        assert_non_null(sl_jobs_submit(j, l, work, done, &tasks[i]));
    }
    sl_loop_run(l);
    assert_int_equal(all, N);
    sl_jobs_destroy(j);
    sl_loop_destroy(l);
}

static void a_queued_job_is_cancelled_before_it_works(void **state)
{
    struct sl_loop *l = new_loop();
    struct sl_jobs *j;
    struct task running, queued;
    struct sl_job *job;

    (void)state;
    init_task(&running, l);
    init_task(&queued, l);
    assert_int_equal(sl_jobs_create(1, &j, NULL), SLUICE_OK);
    assert_non_null(sl_jobs_submit(j, l, work_held, done, &running));
    sem_wait(&running.begun);
    job = sl_jobs_submit(j, l, work, done, &queued);
    assert_true(sl_jobs_cancel(j, job));
    sem_post(&running.go);
    sl_loop_run(l);
    assert_int_equal(queued.worked, 0);
    assert_int_equal(queued.done, 0);
    sl_jobs_destroy(j);
    sl_loop_destroy(l);
}

static void a_running_job_cannot_be_cancelled_and_says_so(void **state)
{
    struct sl_loop *l = new_loop();
    struct sl_jobs *j;
    struct task t;
    struct sl_job *job;

    (void)state;
    init_task(&t, l);
    assert_int_equal(sl_jobs_create(1, &j, NULL), SLUICE_OK);
    job = sl_jobs_submit(j, l, work_held, done, &t);
    sem_wait(&t.begun);
    assert_false(sl_jobs_cancel(j, job));
    sem_post(&t.go);
    sl_loop_run(l);
    assert_int_equal(t.done, 1);
    sl_jobs_destroy(j);
    sl_loop_destroy(l);
}

static void a_job_that_has_worked_can_be_cancelled_before_it_is_delivered(void **state)
{
    struct sl_loop *l = new_loop();
    struct sl_jobs *j;
    struct task t;
    struct sl_job *job;

    (void)state;
    init_task(&t, l);
    assert_int_equal(sl_jobs_create(1, &j, NULL), SLUICE_OK);
    job = sl_jobs_submit(j, l, work_held, done, &t);
    sem_wait(&t.begun);
    sem_post(&t.go);
    while (!sl_jobs_cancel(j, job))
        ;
    sl_jobs_destroy(j);
    sl_loop_destroy(l);
    assert_int_equal(t.done, 0);
}

static void a_loop_that_goes_waits_for_its_running_job_and_leaves_none_half_done(void **state)
{
    struct sl_loop *l = new_loop();
    struct sl_jobs *j;
    struct task running, queued;

    (void)state;
    init_task(&running, l);
    init_task(&queued, l);
    assert_int_equal(sl_jobs_create(1, &j, NULL), SLUICE_OK);
    assert_non_null(sl_jobs_submit(j, l, work_held, done, &running));
    sem_wait(&running.begun);
    assert_non_null(sl_jobs_submit(j, l, work, done, &queued));
    sem_post(&running.go);
    sl_loop_destroy(l);
    assert_int_equal(running.worked, 1);
    assert_int_equal(running.done, 1);
    assert_int_equal(queued.done, queued.worked); /* dropped, or it was quicker */
    sl_jobs_destroy(j);
}

static void a_pool_that_goes_first_leaves_nothing_behind(void **state)
{
    struct sl_loop *l = new_loop();
    struct sl_jobs *j;
    struct task running, queued;

    (void)state;
    init_task(&running, l);
    init_task(&queued, l);
    assert_int_equal(sl_jobs_create(1, &j, NULL), SLUICE_OK);
    assert_non_null(sl_jobs_submit(j, l, work_held, done, &running));
    sem_wait(&running.begun);
    assert_non_null(sl_jobs_submit(j, l, work, done, &queued));
    sem_post(&running.go);
    sl_jobs_destroy(j);
    sl_loop_destroy(l);
    assert_int_equal(running.done, 1);
    assert_int_equal(queued.done, queued.worked);
}

static void a_job_without_memory_is_refused(void **state)
{
    struct sl_loop *l = new_loop();
    struct sl_jobs *j;
    struct task t;

    (void)state;
    init_task(&t, l);
    assert_int_equal(sl_jobs_create(1, &j, NULL), SLUICE_OK);
    sl_fault_after(1);
    assert_null(sl_jobs_submit(j, l, work, done, &t));
    sl_fault_after(0);
    sl_jobs_destroy(j);
    sl_loop_destroy(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_works_elsewhere_and_ends_on_its_loop),
        cmocka_unit_test(many_jobs_on_few_threads_all_end),
        cmocka_unit_test(a_queued_job_is_cancelled_before_it_works),
        cmocka_unit_test(a_running_job_cannot_be_cancelled_and_says_so),
        cmocka_unit_test(a_job_that_has_worked_can_be_cancelled_before_it_is_delivered),
        cmocka_unit_test(a_loop_that_goes_waits_for_its_running_job_and_leaves_none_half_done),
        cmocka_unit_test(a_pool_that_goes_first_leaves_nothing_behind),
        cmocka_unit_test(a_job_without_memory_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
