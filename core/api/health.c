/* SPDX-License-Identifier: Apache-2.0 */
/*
 * health.c - checks in the background: rounds over all deployments on one loop of our own, some at
 * a time, each an ordinary call with a record of its own. Results outlive configurations.
 */
#include "api/health.h"

#include <stdlib.h>
#include "base/clock.h"
#include "base/status.h"
#include "call/call.h"

#define BODY_CAP 65536

struct result {
    struct sl_checked checked;
    sluice_span id; /* lies behind the struct */
};

struct sl_health {
    struct sluice *s;
    pthread_mutex_t lock;  /* guards results and the next two */
    struct sl_map results; /* by deployment id */
    bool posted;           /* settings are on their way to the loop */
    struct sl_health_settings settings;
    sluice_loop *loop; /* NULL until checks are wanted; sl_loops_end() ends it */
    struct sl_post post;
    /* the loop's own */
    struct sl_health_settings now;
    struct sl_timer timer;
    struct sl_snapshot *snapshot; /* of the round; held. NULL = none runs */
    size_t next, running;
};

struct probe {
    struct sl_health *health;
    struct sl_deployment_state *state; /* held */
    uint64_t begun_us;
    int64_t calls; /* that it had when this one began */
};

/* ---- results ---- */

static struct result *make(struct sl_health *h, sluice_span id)
{
    struct result *r = calloc(1, sizeof *r + id.len);

    if (!r)
        return NULL;
    memcpy(r + 1, id.ptr, id.len);
    r->id = sl_span((const char *)(r + 1), id.len);
    if (sl_map_put(&h->results, r->id, r))
        return r;
    free(r);
    return NULL;
}

static void keep(struct sl_health *h, sluice_span id, const struct sl_checked *checked)
{
    struct result *r;

    pthread_mutex_lock(&h->lock);
    r = sl_map_get(&h->results, id);
    r = r ? r : make(h, id);
    if (r)
        r->checked = *checked;
    pthread_mutex_unlock(&h->lock);
}

struct sl_checked sl_health_last(struct sl_health *h, sluice_span deployment)
{
    struct sl_checked checked = { 0 };
    const struct result *r;

    if (!h) /* opened for a look */
        return checked;
    pthread_mutex_lock(&h->lock);
    r = sl_map_get(&h->results, deployment);
    if (r)
        checked = r->checked;
    pthread_mutex_unlock(&h->lock);
    return checked;
}

/* ---- one check ---- */

static void go_on(struct sl_health *h);

/* Does this outcome say anything about the deployment? Not when it was not asked at all: it has its
 * hands full, or something is wrong here. */
static bool tells(const struct probe *p, sluice_status status)
{
    return atomic_load_explicit(&p->state->calls, memory_order_relaxed) != p->calls &&
           status != SLUICE_E_CANCELLED && status != SLUICE_E_SHUTDOWN &&
           status != SLUICE_E_NOMEM && status != SLUICE_E_LIMITED;
}

static void on_json(void *ctx, sluice_span object)
{
    (void)ctx;
    (void)object;
}

static void on_bytes(void *ctx, const sluice_span *parts, size_t n, uint32_t flags)
{
    (void)ctx;
    (void)parts;
    (void)n;
    (void)flags;
}

static void finish(struct probe *p, sluice_status status, const sluice_error *err)
{
    struct sl_health *h = p->health;
    struct sl_checked checked = { .unix_ms = sl_unix_ms(),
                                  .took_us = (int64_t)(sl_now_us() - p->begun_us),
                                  .status = status };

    if (status < 0 && err)
        sl_copy_text(checked.message, sizeof checked.message, sl_span_str(err->message));
    if (tells(p, status)) {
        bool soft = h->now.ignore_transient &&
                    (status == SLUICE_E_RATE_LIMIT || status == SLUICE_E_TIMEOUT);

        keep(h, p->state->id, &checked);
        atomic_store_explicit(&p->state->checked_ms,
                              status < 0 && !soft ? -checked.unix_ms : checked.unix_ms,
                              memory_order_relaxed);
    }
    sl_state_drop(p->state);
    free(p);
    h->running--;
}

static void on_done(void *ctx, sluice_status status, const sluice_error *err,
                    const sluice_usage *usage)
{
    struct probe *p = ctx;
    struct sl_health *h = p->health;

    (void)usage;
    finish(p, status, err);
    go_on(h);
}

static const sluice_events events = {
    .struct_size = sizeof events, .json = on_json, .bytes = on_bytes, .done = on_done
};

/* Begins the check of a deployment, unless there is no cheap way to ask it. */
static void begin(struct sl_health *h, const struct sl_deployment *d)
{
    sluice_request request = { .struct_size = sizeof request,
                               .flags = SLUICE_CALL_NO_CACHE,
                               .purpose = SL_SPAN("health") };
    sluice_error err = SLUICE_ERROR_INIT;
    struct probe *p;
    struct sl_buf body;
    uint64_t task;
    sluice_status st;

    sl_buf_init(&body, BODY_CAP);
    p = sl_probe_request(d, &body, &request.operation) ? malloc(sizeof *p) : NULL;
    if (p) {
        *p = (struct probe){ h, sl_state_hold(d->state->registry, d->state->id), sl_now_us(),
                             atomic_load_explicit(&d->state->calls, memory_order_relaxed) };
        h->running++;
        request.body = sl_buf_span(&body);
        request.deadline_ms =
            (uint32_t)(d->settings->probe.timeout_ms < UINT32_MAX ? d->settings->probe.timeout_ms
                                                                  : UINT32_MAX);
        st = sl_call_start(&h->loop->worker, &request, &events, p, &task, &err);
        if (st < 0)
            finish(p, st, &err);
    }
    sl_buf_finish(&body);
}

/* ---- rounds ---- */

/* Results of deployments that the configuration does not have any more. */
static void forget(struct sl_health *h)
{
    bool again = true;

    pthread_mutex_lock(&h->lock);
    while (again) {
        size_t pos = 0;
        sluice_span id;
        void *r;

        again = false;
        while (!again && sl_map_next(&h->results, &pos, &id, &r))
            if (!sl_map_get(&h->snapshot->groups.by_deployment, id)) {
                (void)sl_map_remove(&h->results, id);
                free(r);
                again = true; /* a removal moves entries: start over */
            }
    }
    pthread_mutex_unlock(&h->lock);
}

static void end_round(struct sl_health *h)
{
    forget(h);
    sl_snapshot_drop(h->snapshot);
    h->snapshot = NULL;
    if (h->now.background && !h->loop->worker.closing)
        sl_timer_set(h->loop->loop, &h->timer, (uint64_t)h->now.interval_ms);
}

static void go_on(struct sl_health *h)
{
    bool over = h->loop->worker.closing || !h->now.background ||
                atomic_load_explicit(&h->s->owner.draining, memory_order_relaxed);

    while (h->snapshot && !over && h->next < h->snapshot->n_deployments &&
           h->running < (size_t)h->now.concurrency)
        begin(h, &h->snapshot->deployments[h->next++]);
    if (h->snapshot && h->running == 0 && (over || h->next >= h->snapshot->n_deployments))
        end_round(h);
}

static void begin_round(struct sl_timer *t)
{
    struct sl_health *h = SL_CONTAINER(t, struct sl_health, timer);

    h->snapshot = sl_instance_snapshot(h->s);
    h->next = 0;
    go_on(h);
}

/* On the loop: settings have changed, or are the first. */
static void apply(struct sl_post *p, bool dropped)
{
    struct sl_health *h = SL_CONTAINER(p, struct sl_health, post);

    pthread_mutex_lock(&h->lock);
    h->posted = false;
    h->now = h->settings;
    pthread_mutex_unlock(&h->lock);
    if (dropped || h->snapshot) /* a round that runs goes on with them */
        return;
    sl_timer_cancel(&h->timer);
    if (h->now.background)
        begin_round(&h->timer);
}

sluice_status sl_health_apply(struct sl_health *h, const struct sl_settings *settings,
                              sluice_error *err)
{
    sluice_status st = SLUICE_OK;
    bool post;

    if (!h)
        return st;
    if (settings->health.background && !h->loop)
        st = sluice_spawn(h->s, &h->loop, err);
    if (st < 0 || !h->loop)
        return st;
    pthread_mutex_lock(&h->lock);
    h->settings = settings->health;
    post = !h->posted;
    h->posted = true;
    pthread_mutex_unlock(&h->lock);
    if (post) {
        h->post.fn = apply;
        sl_loop_post(h->loop->loop, &h->post);
    }
    return st;
}

struct sl_health *sl_health_create(struct sluice *s)
{
    struct sl_health *h = calloc(1, sizeof *h);

    if (!h)
        return NULL;
    h->s = s;
    pthread_mutex_init(&h->lock, NULL);
    sl_map_init(&h->results);
    sl_timer_init(&h->timer, begin_round);
    return h;
}

void sl_health_destroy(struct sl_health *h)
{
    size_t pos = 0;
    sluice_span id;
    void *r;

    if (!h)
        return;
    while (sl_map_next(&h->results, &pos, &id, &r))
        free(r);
    sl_map_finish(&h->results);
    sl_snapshot_drop(h->snapshot);
    pthread_mutex_destroy(&h->lock);
    free(h);
}
