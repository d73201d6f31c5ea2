/* SPDX-License-Identifier: Apache-2.0 */
/* host_io.c - ext/io.h on the instance's loop. Every handle is on a list of its instance, so that
 * nothing of a plugin runs after its destroy(). */
#include "plugin/host.h"

#include "net/watch.h"

#include <stdlib.h>

struct sluice_watch {
    struct sl_list node;
    struct sl_watch *w;
};

struct sluice_timer {
    struct sl_list node;
    struct sl_timer timer;
    void (*cb)(void *ctx);
    void *ctx;
};

struct sluice_job {
    struct sl_list node;
    struct sl_instance *i;
    struct sl_job *job;
    void (*work)(void *ctx);
    void (*done)(void *ctx);
    void *ctx;
};

/* Belongs to the loop until it ran; the instance may be gone before that. */
struct posted {
    struct sl_list node;
    struct sl_post post;
    struct sl_entry *entry; /* held: its lock guards the next two */
    struct sl_instance *i;  /* NULL: dropped */
    void (*cb)(void *ctx);
    void *ctx;
};

static void *zalloc(size_t size)
{
    return sl_fault_hit() ? NULL : calloc(1, size);
}

/* ---- descriptors ---- */

static sluice_watch *watch(const sluice_host *host, int fd, uint32_t events,
                           void (*cb)(void *ctx, int fd, uint32_t events), void *ctx)
{
    struct sl_instance *i = sl_host_instance(host);
    sluice_watch *w = zalloc(sizeof *w);

    if (!w)
        return NULL;
    w->w = sl_watch_create(i->loop, fd, events, cb, ctx);
    if (!w->w) {
        free(w);
        return NULL;
    }
    sl_list_append(&i->watches, &w->node);
    return w;
}

static void rewatch(sluice_watch *w, uint32_t events)
{
    sl_watch_set(w->w, events);
}

static void unwatch(sluice_watch *w)
{
    sl_list_remove(&w->node);
    sl_watch_destroy(w->w);
    free(w);
}

/* ---- timers ---- */

static void cancel_timer(sluice_timer *t)
{
    sl_timer_cancel(&t->timer);
    sl_list_remove(&t->node);
    free(t);
}

static void on_timer(struct sl_timer *timer)
{
    sluice_timer *t = SL_CONTAINER(timer, sluice_timer, timer);
    void (*cb)(void *ctx) = t->cb;
    void *ctx = t->ctx;

    cancel_timer(t); /* one shot: the handle is gone before the callback */
    cb(ctx);
}

static sluice_timer *after(const sluice_host *host, uint64_t ms, void (*cb)(void *ctx), void *ctx)
{
    struct sl_instance *i = sl_host_instance(host);
    sluice_timer *t = zalloc(sizeof *t);

    if (!t)
        return NULL;
    t->cb = cb;
    t->ctx = ctx;
    sl_timer_init(&t->timer, on_timer);
    sl_timer_set(i->loop, &t->timer, ms);
    sl_list_append(&i->timers, &t->node);
    return t;
}

/* ---- jobs ---- */

/* An instance that is being destroyed may have waited for its last running job. */
static void job_gone(struct sl_instance *i)
{
    if (i->dying && sl_list_empty(&i->jobs) && i->settled)
        i->settled(i);
}

static void job_work(void *ctx)
{
    sluice_job *job = ctx;

    job->work(job->ctx);
}

static void job_done(void *ctx)
{
    sluice_job *job = ctx;
    struct sl_instance *i = job->i;

    sl_list_remove(&job->node);
    job->done(job->ctx);
    free(job);
    job_gone(i);
}

static sluice_job *submit(const sluice_host *host, void (*work)(void *ctx), void (*done)(void *ctx),
                          void *ctx)
{
    struct sl_instance *i = sl_host_instance(host);
    struct sl_jobs *pool = sl_entry_jobs(i->entry);
    sluice_job *job = pool ? zalloc(sizeof *job) : NULL;

    if (!job)
        return NULL;
    *job = (sluice_job){ .i = i, .work = work, .done = done, .ctx = ctx };
    job->job = sl_jobs_submit(pool, i->loop, job_work, job_done, job);
    if (!job->job) {
        free(job);
        return NULL;
    }
    sl_list_append(&i->jobs, &job->node);
    return job;
}

static int32_t cancel_job(sluice_job *job)
{
    if (!sl_jobs_cancel(sl_entry_jobs(job->i->entry), job->job))
        return 0;
    sl_list_remove(&job->node);
    free(job);
    return 1;
}

/* ---- posts ---- */

static void run_post(struct sl_post *post, bool dropped)
{
    struct posted *p = SL_CONTAINER(post, struct posted, post);
    bool alive;

    sl_entry_lock(p->entry);
    alive = p->i != NULL;
    if (alive)
        sl_list_remove(&p->node);
    sl_entry_unlock(p->entry);
    if (alive && !dropped)
        p->cb(p->ctx);
    sl_entry_drop(p->entry);
    free(p);
}

static sluice_status post(const sluice_host *host, void (*cb)(void *ctx), void *ctx)
{
    struct sl_instance *i = sl_host_instance(host);
    struct posted *p = zalloc(sizeof *p);

    if (!p)
        return SLUICE_E_NOMEM;
    p->entry = sl_entry_hold(i->entry);
    p->i = i;
    p->cb = cb;
    p->ctx = ctx;
    p->post.fn = run_post;
    sl_entry_lock(i->entry);
    sl_list_append(&i->posts, &p->node);
    sl_entry_unlock(i->entry);
    sl_loop_post(i->loop, &p->post);
    return SLUICE_OK;
}

const sluice_host_io sl_host_io = {
    .struct_size = sizeof sl_host_io,
    .watch = watch,
    .rewatch = rewatch,
    .unwatch = unwatch,
    .after = after,
    .cancel_timer = cancel_timer,
    .submit = submit,
    .cancel_job = cancel_job,
    .post = post,
};

bool sl_host_io_settle(struct sl_instance *i, void (*done)(struct sl_instance *i))
{
    sl_entry_lock(i->entry);
    sl_list_each_safe(pos, &i->posts)
    {
        SL_CONTAINER(pos, struct posted, node)->i = NULL;
        sl_list_remove(pos);
    }
    sl_entry_unlock(i->entry);
    sl_list_each_safe(pos, &i->jobs) cancel_job(SL_CONTAINER(pos, sluice_job, node));
    i->settled = done;
    return sl_list_empty(&i->jobs);
}

size_t sl_host_io_sweep(struct sl_instance *i)
{
    size_t n = 0;

    sl_list_each_safe(pos, &i->watches)
    {
        unwatch(SL_CONTAINER(pos, sluice_watch, node));
        n++;
    }
    sl_list_each_safe(pos, &i->timers)
    {
        cancel_timer(SL_CONTAINER(pos, sluice_timer, node));
        n++;
    }
    return n;
}
