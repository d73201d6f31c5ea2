/* SPDX-License-Identifier: Apache-2.0 */
/*
 * call.c - a call in the simulation: who is chosen, what the upstream does, what is learned of it,
 * and what follows a failure, in the shape that core/call gives it: another deployment, then the
 * fallback group, then the client hears of it. Choosing, statistics and cooldown are core/route's
 * own.
 */
#include <stdio.h>
#include <stdlib.h>
#include "route/keys.h"
#include "sim.h"

#define TRIES_MOST 8

struct sim_try {
    struct sim_call *call;
    struct sl_pick pick;
    struct sl_instance *router;
    size_t deployment;
    struct answer answer;
    enum sl_trial trial;
    uint64_t begun_us;
    bool running, judged; /* judged: its breaker knows that it is good */
};

struct sim_call {
    struct sim_call *next; /* in the pool */
    struct sim_request request;
    const char *model;
    uint64_t begun_us;
    const struct sl_deployment *tried[TRIES_MOST];
    size_t n_tried;
    struct sim_try tries[TRIES_MOST];
    size_t n_tries;
    unsigned events; /* that still point here */
    bool over;
};

static struct sim_call *take(struct world *w)
{
    struct sim_call *c = w->pool;

    if (c) {
        w->pool = c->next;
    } else {
        c = malloc(sizeof *c);
        if (!c) {
            fprintf(stderr, "routing_sim: out of memory\n");
            exit(2);
        }
    }
    c->n_tried = c->n_tries = 0;
    c->events = 0;
    c->over = false;
    return c;
}

static void put_back(struct world *w, struct sim_call *c)
{
    if (!c->over || c->events)
        return;
    c->next = w->pool;
    w->pool = c;
}

static void post(struct world *w, uint64_t at_us, enum event_kind kind, struct sim_try *t)
{
    t->call->events++;
    sim_post(w, at_us, kind, t);
}

static void client_hears(struct world *w, struct sim_call *c, size_t deployment,
                         sluice_status status)
{
    c->over = true;
    if (status < 0)
        w->failed++;
    if (w->n_latencies == w->room_latencies) {
        w->room_latencies = w->room_latencies ? 2 * w->room_latencies : 4096;
        w->latencies = realloc(w->latencies, w->room_latencies * sizeof *w->latencies);
    }
    if (w->latencies && status >= 0)
        w->latencies[w->n_latencies++] = w->now_us - c->begun_us;
    if (w->done)
        w->done(w, deployment, status);
}

/* ---- one try ---- */

/* What calls tell of a try that is over: statistics, breaker, router. */
static void learn(struct world *w, struct sim_try *t, sluice_status status, bool useful)
{
    const struct sl_deployment *d = t->pick.deployment;
    const struct sim_request *r = &t->call->request;
    struct sl_breaker_policy policy = sl_breaker_policy(w->settings, d->settings);
    struct sl_failure failure = { .status = status, .spare = true };
    uint64_t now = w->now_us / 1000;

    t->running = false;
    sl_state_end(d->state,
                 &(struct sl_sample){ .status = status,
                                      .stream = r->stream,
                                      .now_ms = now,
                                      .unix_ms = sim_unix_ms(w),
                                      .first_byte_us = useful ? (int64_t)t->answer.first_us : -1,
                                      .first_token_us = useful ? (int64_t)t->answer.first_us : -1,
                                      .total_us = (int64_t)(w->now_us - t->begun_us),
                                      .input_tokens = status < 0 ? -1 : r->input_tokens,
                                      .output_tokens = status < 0 ? -1 : r->output_tokens });
    if (t->judged)
        ;
    else if (status >= 0)
        sl_breaker_good(&d->state->breaker, t->trial, now);
    else if (status == SLUICE_E_CANCELLED)
        sl_breaker_nothing(&d->state->breaker, t->trial);
    else
        sl_breaker_bad(&d->state->breaker, t->trial, &policy, &failure, now);
    sl_route_observe(t->router, &t->pick,
                     &(sluice_outcome){ .status = status,
                                        .flags = r->stream ? SLUICE_CALL_STREAM : 0,
                                        .now_ms = now,
                                        .first_byte_us = (int64_t)t->answer.first_us,
                                        .total_us = (int64_t)(w->now_us - t->begun_us),
                                        .input_tokens = r->input_tokens,
                                        .output_tokens = r->output_tokens });
}

static sluice_status choose(struct world *w, struct sim_call *c, struct sl_pick *pick,
                            struct sl_instance **router)
{
    sluice_span tag = sl_span_str(c->request.tag);
    struct sl_pick_request r = {
        .settings = w->settings,
        .tried = c->tried,
        .n_tried = c->n_tried,
        .attempt = (uint32_t)c->n_tries,
        .last_resort = !c->request.fallback || c->model == c->request.fallback,
        .flags = c->request.stream ? SLUICE_CALL_STREAM : 0,
        .now_ms = w->now_us / 1000,
        .unix_ms = sim_unix_ms(w),
        .random = world_random(w),
        .sticky = c->request.sticky,
        .input_tokens = c->request.input_tokens,
        .output_tokens = c->request.output_tokens,
        .tags = &tag,
        .n_tags = c->request.tag ? 1 : 0,
    };
    struct sl_wildcard_match match;
    sluice_status st;

    r.group = sl_groups_find(&w->groups, sl_span_str(c->model), sl_span(NULL, 0), &match);
    do {
        if (!r.group)
            return SLUICE_E_NOT_FOUND;
        r.room = sl_room_of(&w->rooms, r.group);
        r.router = *router = world_router(w, r.group);
        st = sl_route_pick(&r, pick, NULL);
        if (st >= 0 && !pick->deployment)
            r.group = sl_groups_find(&w->groups, pick->group, sl_span(NULL, 0), &match);
    } while (st >= 0 && !pick->deployment);
    return st;
}

static void begin(struct world *w, struct sim_call *c, const struct sl_pick *pick,
                  struct sl_instance *router)
{
    struct sim_try *t = &c->tries[c->n_tries++];
    struct sl_deployment_state *s = pick->deployment->state;
    struct vendor *v;

    *t = (struct sim_try){ .call = c,
                           .pick = *pick,
                           .router = router,
                           .deployment = (size_t)(pick->deployment - w->deployments),
                           .begun_us = w->now_us,
                           .running = true };
    v = &w->vendors[t->deployment];
    t->trial = sl_breaker_begin(&s->breaker, w->now_us / 1000);
    sl_state_begin(s, sim_unix_ms(w));
    w->attempts++;
    v->asked++;
    if ((uint64_t)s->in_flight > v->busiest)
        v->busiest = (uint64_t)s->in_flight;
    c->tried[c->n_tried++] = pick->deployment;
    t->answer = v->serve(w, t->deployment);
    if (t->answer.status >= 0 && t->answer.first_us < t->answer.total_us)
        post(w, w->now_us + t->answer.first_us, EVENT_FIRST, t);
    post(w, w->now_us + t->answer.total_us, EVENT_END, t);
}

/* ---- the call ---- */

static bool is_running(const struct sim_call *c)
{
    for (size_t i = 0; i < c->n_tries; i++)
        if (c->tries[i].running)
            return true;
    return false;
}

/* The next try, here or in the fallback group; the client hears when there is none. */
static void go_on(struct world *w, struct sim_call *c, size_t failed, sluice_status status)
{
    struct sl_instance *router;
    struct sl_pick pick;

    while (c->n_tries < TRIES_MOST) {
        if (choose(w, c, &pick, &router) >= 0) {
            int64_t wait_us = pick.hedge_ms ? pick.hedge_ms * INT64_C(1000) : -1;

            if (c->request.hedge)
                wait_us = sl_hedge_delay_us(&w->hedge, c->request.hedge);
            begin(w, c, &pick, router);
            if (wait_us >= 0)
                post(w, w->now_us + (uint64_t)wait_us, EVENT_HEDGE, &c->tries[c->n_tries - 1]);
            return;
        }
        if (!c->request.fallback || c->model == c->request.fallback)
            break;
        c->model = c->request.fallback;
        c->n_tried = 0;
    }
    client_hears(w, c, failed, status);
}

void world_call(struct world *w, const struct sim_request *request)
{
    struct sim_call *c = take(w);

    c->request = *request;
    c->model = request->model;
    c->begun_us = w->now_us;
    w->calls++;
    if (request->hedge)
        sl_hedge_call(&w->hedge, request->hedge);
    go_on(w, c, SIZE_MAX, SLUICE_E_UNAVAILABLE);
    put_back(w, c);
}

/* The first useful event, or the end of an answer without events: this one wins. */
static void useful(struct world *w, struct sim_try *t)
{
    struct sim_call *c = t->call;

    if (c->over)
        return;
    sl_breaker_good(&t->pick.deployment->state->breaker, t->trial, w->now_us / 1000);
    t->judged = true;
    for (size_t i = 0; i < c->n_tries; i++) {
        if (&c->tries[i] == t || !c->tries[i].running)
            continue;
        if (c->request.hedge) /* it took longer than this */
            sl_hedge_observe(&w->hedge, (int64_t)(w->now_us - c->tries[i].begun_us),
                             w->now_us / 1000);
        learn(w, &c->tries[i], SLUICE_E_CANCELLED, false);
    }
    if (c->request.hedge)
        sl_hedge_observe(&w->hedge, (int64_t)(w->now_us - t->begun_us), w->now_us / 1000);
    client_hears(w, c, t->deployment, SLUICE_OK);
}

/* Nothing useful came in time: another one is asked as well. */
static void hedge(struct world *w, struct sim_try *t)
{
    struct sim_call *c = t->call;
    struct sl_instance *router = t->router;
    struct sl_pick pick = { .deployment = t->pick.second };

    if (c->over || !t->running || c->n_tries == TRIES_MOST)
        return;
    if (c->request.hedge && !sl_hedge_take(&w->hedge))
        return;
    if (!pick.deployment && choose(w, c, &pick, &router) < 0)
        return;
    w->hedges++;
    begin(w, c, &pick, router);
}

void sim_event(struct world *w, const struct event *e)
{
    struct sim_try *t = e->try;
    struct sim_call *c = t->call;

    c->events--;
    if (e->kind == EVENT_HEDGE) {
        hedge(w, t);
    } else if (t->running && e->kind == EVENT_FIRST) {
        useful(w, t);
    } else if (t->running) {
        if (t->answer.status >= 0)
            useful(w, t);
        learn(w, t, t->answer.status, t->answer.status >= 0);
        if (t->answer.status < 0 && !is_running(c) && !c->over)
            go_on(w, c, t->deployment, t->answer.status);
    }
    put_back(w, c);
}

void sim_drop_all(struct world *w)
{
    for (size_t i = 0; i < w->n_events; i++) {
        struct sim_call *c = w->events[i].try->call;

        c->over = true;
        c->events--;
        put_back(w, c);
    }
    w->n_events = 0;
    while (w->pool) {
        struct sim_call *c = w->pool;

        w->pool = c->next;
        free(c);
    }
    free(w->events);
    w->events = NULL;
}
