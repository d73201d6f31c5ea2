/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jobs.c - threads for blocking work. They are started when there is work for them, block all
 * signals (those belong to the embedder's threads) and never touch a loop but by its post().
 *
 * A job is queued, then running, then delivered by a post to its loop, which frees it. Its state is
 * under the pool's lock until the post; its place among the loop's guests is the loop's alone.
 */
#include "net/jobs.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include "base/status.h"
#include "net/loop_guest.h"
#include "net/mem.h"

#define QUEUE_MAX 4096
#define THREADS_MAX 64

enum job_state { QUEUED, RUNNING, FINISHED, DROPPED };

struct sl_job {
    struct sl_list node; /* in the queue */
    struct sl_loop_guest guest;
    struct sl_post post;
    struct sl_jobs *pool;
    struct sl_loop *loop;
    enum job_state state;
    bool cancelled; /* the loop's: done() is not wanted any more */
    void (*work)(void *ctx);
    void (*done)(void *ctx);
    void *ctx;
};

struct sl_jobs {
    pthread_mutex_t lock;
    pthread_cond_t work_there; /* or stopping */
    pthread_cond_t one_ended;
    struct sl_list queue;
    size_t n_queue;
    unsigned n_threads, n_idle, max_threads;
    bool stopping;
    pthread_t threads[THREADS_MAX];
};

static void *thread_main(void *arg)
{
    struct sl_jobs *j = arg;

    pthread_mutex_lock(&j->lock);
    for (;;) {
        struct sl_job *job;

        while (sl_list_empty(&j->queue) && !j->stopping) {
            j->n_idle++;
            pthread_cond_wait(&j->work_there, &j->lock);
            j->n_idle--;
        }
        if (j->stopping)
            break;
        job = SL_CONTAINER(j->queue.next, struct sl_job, node);
        sl_list_remove(&job->node);
        j->n_queue--;
        job->state = RUNNING;
        pthread_mutex_unlock(&j->lock);
        job->work(job->ctx);
        pthread_mutex_lock(&j->lock);
        job->state = FINISHED;
        /* Under the lock, so that whoever waits for the state finds the post in its queue. */
        sl_loop_post(job->loop, &job->post);
        pthread_cond_broadcast(&j->one_ended);
    }
    pthread_mutex_unlock(&j->lock);
    return NULL;
}

/* With the lock held. */
static void start_thread(struct sl_jobs *j)
{
    sigset_t all, before;

    sigfillset(&all);
    if (pthread_sigmask(SIG_SETMASK, &all, &before) != 0)
        return;
    if (pthread_create(&j->threads[j->n_threads], NULL, thread_main, j) == 0)
        j->n_threads++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

sluice_status sl_jobs_create(unsigned threads, struct sl_jobs **out, sluice_error *err)
{
    struct sl_jobs *j = sl_net_zalloc(sizeof *j);

    *out = NULL;
    if (!j)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory creating a pool of threads");
    pthread_mutex_init(&j->lock, NULL);
    pthread_cond_init(&j->work_there, NULL);
    pthread_cond_init(&j->one_ended, NULL);
    sl_list_init(&j->queue);
    j->max_threads = threads < 1 ? 1 : threads > THREADS_MAX ? THREADS_MAX : threads;
    *out = j;
    return SLUICE_OK;
}

void sl_jobs_destroy(struct sl_jobs *j)
{
    if (!j)
        return;
    pthread_mutex_lock(&j->lock);
    j->stopping = true;
    while (!sl_list_empty(&j->queue)) {
        struct sl_job *job = SL_CONTAINER(j->queue.next, struct sl_job, node);

        sl_list_remove(&job->node);
        job->state = DROPPED;
        sl_loop_post(job->loop, &job->post); /* only its loop may free it */
    }
    pthread_cond_broadcast(&j->work_there);
    pthread_mutex_unlock(&j->lock);
    for (unsigned i = 0; i < j->n_threads; i++)
        pthread_join(j->threads[i], NULL);
    pthread_cond_destroy(&j->one_ended);
    pthread_cond_destroy(&j->work_there);
    pthread_mutex_destroy(&j->lock);
    free(j);
}

/* On the loop. Also when the loop goes: who was told that done() will come can rely on it. */
static void deliver(struct sl_post *p, bool dropped)
{
    struct sl_job *job = SL_CONTAINER(p, struct sl_job, post);
    void (*done)(void *) = job->state == FINISHED && !job->cancelled ? job->done : NULL;
    void *ctx = job->ctx;

    (void)dropped;
    sl_list_remove(&job->guest.node);
    free(job);
    if (done)
        done(ctx);
}

/* The loop goes. */
static void settle(struct sl_loop_guest *g)
{
    struct sl_job *job = SL_CONTAINER(g, struct sl_job, guest);
    struct sl_jobs *j = job->pool;
    bool queued;

    sl_list_remove(&g->node);
    pthread_mutex_lock(&j->lock);
    queued = job->state == QUEUED;
    if (queued) {
        sl_list_remove(&job->node);
        j->n_queue--;
    }
    while (job->state == RUNNING)
        pthread_cond_wait(&j->one_ended, &j->lock);
    pthread_mutex_unlock(&j->lock);
    if (queued)
        free(job);
}

struct sl_job *sl_jobs_submit(struct sl_jobs *j, struct sl_loop *l, void (*work)(void *ctx),
                              void (*done)(void *ctx), void *ctx)
{
    struct sl_job *job = sl_net_zalloc(sizeof *job);
    bool accepted = false;

    if (!job)
        return NULL;
    job->pool = j;
    job->loop = l;
    job->work = work;
    job->done = done;
    job->ctx = ctx;
    job->post.fn = deliver;
    job->guest.settle = settle;
    pthread_mutex_lock(&j->lock);
    if (j->n_queue < QUEUE_MAX && !j->stopping) {
        if (j->n_idle <= j->n_queue && j->n_threads < j->max_threads)
            start_thread(j);
        if (j->n_threads > 0) {
            accepted = true;
            sl_loop_enter(l, &job->guest);
            sl_list_append(&j->queue, &job->node);
            j->n_queue++;
            pthread_cond_signal(&j->work_there);
        }
    }
    pthread_mutex_unlock(&j->lock);
    if (accepted)
        return job;
    free(job);
    return NULL;
}

bool sl_jobs_cancel(struct sl_jobs *j, struct sl_job *job)
{
    enum job_state state;

    pthread_mutex_lock(&j->lock);
    state = job->state;
    if (state == QUEUED) {
        sl_list_remove(&job->node);
        j->n_queue--;
    }
    pthread_mutex_unlock(&j->lock);
    if (state == RUNNING)
        return false;
    if (state == QUEUED) {
        sl_list_remove(&job->guest.node);
        free(job);
    } else {
        job->cancelled = true; /* its post is under way and frees it */
    }
    return true;
}
