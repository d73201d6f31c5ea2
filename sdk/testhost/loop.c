/* SPDX-License-Identifier: Apache-2.0 */
/* loop.c - ext/io.h for the test kit: poll(), the steered clock, and jobs that run between two
 * turns on the same thread, so that every run of a test is alike. */
#include "host.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define MAX_FDS 256

struct sluice_watch {
    struct sl_list node;
    struct sl_testhost *t;
    int fd;
    uint32_t events;
    void (*cb)(void *ctx, int fd, uint32_t events);
    void *ctx;
};

struct sluice_timer {
    struct sl_list node;
    uint64_t due_ms;
    void (*cb)(void *ctx);
    void *ctx;
};

struct sluice_job {
    struct sl_list node;
    void (*work)(void *ctx);
    void (*done)(void *ctx);
    void *ctx;
};

struct post {
    struct sl_list node;
    void (*cb)(void *ctx);
    void *ctx;
};

static sluice_watch *watch(const sluice_host *host, int fd, uint32_t events,
                           void (*cb)(void *ctx, int fd, uint32_t events), void *ctx)
{
    struct sl_testhost *t = host->impl;
    sluice_watch *w = sl_fault_hit() ? NULL : test_alloc(sizeof *w);

    if (!w)
        return NULL;
    *w = (sluice_watch){ .t = t, .fd = fd, .events = events, .cb = cb, .ctx = ctx };
    sl_list_append(&t->watches, &w->node);
    return w;
}

static void rewatch(sluice_watch *w, uint32_t events)
{
    w->events = events;
}

static void unwatch(sluice_watch *w)
{
    sl_list_remove(&w->node);
    free(w);
}

static sluice_timer *after(const sluice_host *host, uint64_t ms, void (*cb)(void *ctx), void *ctx)
{
    struct sl_testhost *t = host->impl;
    sluice_timer *timer = sl_fault_hit() ? NULL : test_alloc(sizeof *timer);

    if (!timer)
        return NULL;
    *timer = (sluice_timer){ .due_ms = t->now_ms + ms, .cb = cb, .ctx = ctx };
    sl_list_append(&t->timers, &timer->node);
    return timer;
}

static void cancel_timer(sluice_timer *timer)
{
    sl_list_remove(&timer->node);
    free(timer);
}

static sluice_job *submit(const sluice_host *host, void (*work)(void *ctx), void (*done)(void *ctx),
                          void *ctx)
{
    struct sl_testhost *t = host->impl;
    sluice_job *job = sl_fault_hit() ? NULL : test_alloc(sizeof *job);

    if (!job)
        return NULL;
    *job = (sluice_job){ .work = work, .done = done, .ctx = ctx };
    sl_list_append(&t->jobs, &job->node);
    return job;
}

/* work() runs inside a turn and done() right behind it, so a job that can be cancelled has not
 * begun. */
static int32_t cancel_job(sluice_job *job)
{
    sl_list_remove(&job->node);
    free(job);
    return 1;
}

static sluice_status post(const sluice_host *host, void (*cb)(void *ctx), void *ctx)
{
    struct sl_testhost *t = host->impl;
    struct post *p = test_alloc(sizeof *p);

    *p = (struct post){ .cb = cb, .ctx = ctx };
    pthread_mutex_lock(&t->lock);
    sl_list_append(&t->posts, &p->node);
    pthread_mutex_unlock(&t->lock);
    if (write(t->wake[1], "x", 1) < 0)
        return SLUICE_OK; /* the pipe is full: the loop is awake anyway */
    return SLUICE_OK;
}

const sluice_host_io sl_testhost_io = {
    .struct_size = sizeof sl_testhost_io,
    .watch = watch,
    .rewatch = rewatch,
    .unwatch = unwatch,
    .after = after,
    .cancel_timer = cancel_timer,
    .submit = submit,
    .cancel_job = cancel_job,
    .post = post,
};

bool sl_testhost_loop_init(struct sl_testhost *t)
{
    sl_list_init(&t->watches);
    sl_list_init(&t->timers);
    sl_list_init(&t->jobs);
    sl_list_init(&t->posts);
    pthread_mutex_init(&t->lock, NULL);
    return pipe2(t->wake, O_NONBLOCK | O_CLOEXEC) == 0;
}

static void free_nodes(struct sl_list *head)
{
    sl_list_each_safe(n, head) free(n); /* every node is the first member */
    sl_list_init(head);
}

void sl_testhost_loop_finish(struct sl_testhost *t)
{
    free_nodes(&t->watches);
    free_nodes(&t->timers);
    free_nodes(&t->jobs);
    free_nodes(&t->posts);
    close(t->wake[0]);
    close(t->wake[1]);
    pthread_mutex_destroy(&t->lock);
}

static size_t run_posts(struct sl_testhost *t)
{
    char drain[64];
    size_t n = 0;

    while (read(t->wake[0], drain, sizeof drain) > 0)
        continue;
    for (;; n++) {
        struct sl_list *first;
        struct post *p;

        pthread_mutex_lock(&t->lock);
        first = sl_list_empty(&t->posts) ? NULL : t->posts.next;
        if (first)
            sl_list_remove(first);
        pthread_mutex_unlock(&t->lock);
        if (!first)
            return n;
        p = SL_CONTAINER(first, struct post, node);
        p->cb(p->ctx);
        free(p);
    }
}

static size_t run_jobs(struct sl_testhost *t)
{
    size_t n = 0;

    while (!sl_list_empty(&t->jobs)) {
        sluice_job job = *SL_CONTAINER(t->jobs.next, sluice_job, node);
        struct sl_list *node = t->jobs.next;

        sl_list_remove(node);
        free(node);
        job.work(job.ctx);
        job.done(job.ctx);
        n++;
    }
    return n;
}

static size_t run_timers(struct sl_testhost *t)
{
    for (size_t n = 0;; n++) {
        sluice_timer *due = NULL;
        void (*cb)(void *ctx);
        void *ctx;

        sl_list_each(pos, &t->timers)
        {
            sluice_timer *timer = SL_CONTAINER(pos, sluice_timer, node);

            if (timer->due_ms <= t->now_ms && (!due || timer->due_ms < due->due_ms))
                due = timer;
        }
        if (!due)
            return n;
        cb = due->cb;
        ctx = due->ctx;
        cancel_timer(due);
        cb(ctx);
    }
}

/* The watch of fd, if there still is one: a callback may have removed any. */
static sluice_watch *find_watch(struct sl_testhost *t, const sluice_watch *wanted)
{
    sl_list_each(pos, &t->watches)
    {
        sluice_watch *w = SL_CONTAINER(pos, sluice_watch, node);

        if (w == wanted)
            return w;
    }
    return NULL;
}

static size_t run_watches(struct sl_testhost *t, int wait_ms)
{
    struct pollfd fds[MAX_FDS + 1] = { { .fd = t->wake[0], .events = POLLIN } };
    sluice_watch *of[MAX_FDS + 1] = { NULL };
    nfds_t n = 1;
    size_t ran = 0;

    sl_list_each(pos, &t->watches)
    {
        sluice_watch *w = SL_CONTAINER(pos, sluice_watch, node);

        if (w->events && n <= MAX_FDS) {
            fds[n].fd = w->fd;
            fds[n].events = (short)((w->events & SLUICE_IO_READ ? POLLIN : 0) |
                                    (w->events & SLUICE_IO_WRITE ? POLLOUT : 0));
            of[n++] = w;
        }
    }
    if (poll(fds, n, wait_ms) <= 0)
        return 0;
    for (nfds_t i = 1; i < n; i++) {
        sluice_watch *w = fds[i].revents ? find_watch(t, of[i]) : NULL;
        uint32_t got = 0;

        if (!w)
            continue;
        if (fds[i].revents & POLLIN)
            got |= SLUICE_IO_READ;
        if (fds[i].revents & POLLOUT)
            got |= SLUICE_IO_WRITE;
        if (fds[i].revents & (POLLERR | POLLHUP | POLLNVAL))
            got = w->events;
        got &= w->events;
        if (got) {
            w->cb(w->ctx, w->fd, got);
            ran++;
        }
    }
    return ran;
}

static size_t turn(struct sl_testhost *t, int wait_ms)
{
    size_t n = run_posts(t) + run_jobs(t);

    n += run_watches(t, n ? 0 : wait_ms);
    return n + run_timers(t);
}

size_t sl_testhost_turn(struct sl_testhost *t)
{
    return turn(t, 0);
}

static uint64_t real_now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

bool sl_testhost_run(struct sl_testhost *t, bool (*done)(void *ctx), void *ctx, uint32_t real_ms)
{
    uint64_t begin = real_now(), last = begin;

    while (!done(ctx)) {
        uint64_t now;

        turn(t, 1);
        now = real_now();
        sl_testhost_advance(t, now - last);
        last = now;
        if (now - begin > real_ms)
            return done(ctx);
    }
    return true;
}

static size_t count(const struct sl_list *head)
{
    size_t n = 0;

    sl_list_each(pos, head) n++;
    return n;
}

size_t sl_testhost_pending(const struct sl_testhost *t)
{
    return count(&t->watches) + count(&t->timers) + count(&t->jobs) + count(&t->posts);
}
