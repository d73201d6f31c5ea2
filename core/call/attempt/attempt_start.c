/* SPDX-License-Identifier: Apache-2.0 */
/* attempt_start.c - how an upstream try comes about: pick, prepare, wait for a credential that has
 * to be fetched, begin; or a cached answer in the vendor's place. */
#include "call/attempt/attempt.h"

#include "base/clock.h"
#include "base/digest.h"
#include "base/rng.h"
#include "base/status.h"
#include "call/dispatch/bench.h"
#include "call/cache/cache.h"
#include "call/shadow.h"
#include "call/cache/flight.h"
#include "credential/credential.h"
#include "route/budget.h"
#include "route/keys.h"
#include "call/turn.h"

/* What the provider is shown, if it takes this at all. */
static sluice_status prepare(struct sl_attempt *a)
{
    const struct sl_deployment *d = a->pick.deployment;
    sluice_status st;

    a->cls = d->cls;
    st = sl_worker_instance(a->call->worker, d->provider, &a->provider, &a->error);
    if (st < 0)
        return st;
    st = sl_request_model(a);
    if (st >= 0)
        st = sl_attempt_way(a);
    return st < 0 ? st : sl_request_view(a);
}

/* The provider's exchange; nothing is sent yet. */
sluice_status sl_attempt_begin(struct sl_attempt *a)
{
    sluice_status st;

    if (a->local)
        return sl_local_begin(a);
    a->call_view.credential_facts = sl_grant_facts(a->grant);
    st = a->cls->begin(a->provider->self, &a->call_view, &a->arena, &a->exchange, &a->error);
    if (st < 0)
        a->exchange = NULL;
    return st;
}

static sluice_status begin_and_send(struct sl_attempt *a)
{
    sluice_status st = a->exchange ? SLUICE_OK : sl_attempt_begin(a);

    return st < 0 ? st : sl_attempt_send(a);
}

static void on_credential(void *ctx, sluice_status status, struct sl_grant *grant,
                          const sluice_error *err)
{
    struct sl_attempt *a = ctx;

    a->wait = NULL;
    a->grant = grant;
    sl_timer_cancel(&a->timer);
    if (status < 0)
        a->error = *err;
    else
        status = begin_and_send(a);
    if (status < 0)
        sl_attempt_end(a, status);
}

static void keep_hold(void *hold)
{
    ((struct sl_hold *)hold)->calls++;
}

static void release_hold(void *hold)
{
    struct sl_hold *h = hold;

    h->calls--;
    sl_worker_release(h->worker, h);
}

/* The next request, with a credential that is good at this moment. */
sluice_status sl_attempt_go(struct sl_attempt *a)
{
    const struct sl_deployment *d = a->pick.deployment;
    struct sl_credential_user user;
    sluice_status st;

    if (!a->credential || a->local || (a->grant && !sl_grant_is_over(a->grant, sl_now_ms())))
        return begin_and_send(a);
    sl_grant_drop(a->grant);
    a->grant = NULL;
    user = (struct sl_credential_user){ .fetcher = &a->call->worker->fetcher,
                                        .provider = a->provider,
                                        .cls = a->cls,
                                        .base_url = d->base_url,
                                        .upstream = d->upstream,
                                        .keeper = a->call->hold,
                                        .keep = keep_hold,
                                        .let_go = release_hold,
                                        .ready = on_credential,
                                        .ctx = a };
    st = sl_credential_get(a->credential, &user, &a->grant, &a->wait, &a->error);
    if (st == SLUICE_PENDING) {
        sl_limits_arm(a, 0);
        return SLUICE_OK;
    }
    return st < 0 ? st : begin_and_send(a);
}

static void make_span_id(struct sl_attempt *a)
{
    sl_hex_u64(sl_random(), a->span_id);
    a->span_id[16] = 0;
}

static struct sl_attempt *make(struct sl_call *c)
{
    struct sl_attempt *a = sl_attempt_take(c->worker);

    if (!a)
        return NULL;
    a->call = c;
    a->leg = c->plan.leg;
    a->status = SLUICE_MORE;
    sl_error_clear(&a->error);
    a->begun_us = sl_now_us();
    sl_list_init(&a->node);
    sl_timer_init(&a->timer, NULL);
    sl_sink_init(a);
    make_span_id(a);
    return a;
}

/* It is one of the call's attempts from now on; < 0: and ended already. */
static sluice_status enlist(struct sl_attempt *a, sluice_status (*send_it)(struct sl_attempt *a))
{
    struct sl_call *c = a->call;
    sluice_status st;

    sl_intake_init(a);
    sl_limits_set(a);
    sl_list_append(&c->attempts, &a->node);
    st = prepare(a);
    if (st >= 0)
        st = send_it(a);
    if (st < 0) {
        sl_attempt_stop(a, st);
        c->error = a->error;
    }
    return st;
}

/* busy_at says whose limit it is when there is nobody else. */
static sluice_status choose(struct sl_attempt *a)
{
    struct sl_call *c = a->call;

    c->busy_at = sl_turn_of_others(c, a->leg->group);
    if (c->busy_at) /* they came before */
        return sl_fail(&c->error, SLUICE_E_UNAVAILABLE, "other calls of model %.*s wait as well",
                       SL_FMT(sl_span_head(a->leg->group->name, 100)));
    return sl_choose(c, a->leg, a->begun_us, &a->pick, &a->router);
}

/* Another loop was faster: the place that was seen is taken. */
static sluice_status lost(struct sl_attempt *a)
{
    struct sl_call *c = a->call;

    c->busy_at = a->pick.deployment;
    if (a->router)
        sl_route_observe(a->router, &a->pick,
                         &(sluice_outcome){ .status = SLUICE_E_CANCELLED,
                                            .flags = c->stream ? SLUICE_CALL_STREAM : 0,
                                            .now_ms = a->begun_us / 1000,
                                            .first_byte_us = -1,
                                            .total_us = -1,
                                            .input_tokens = -1,
                                            .output_tokens = -1 });
    return sl_fail(&c->error, SLUICE_E_UNAVAILABLE, "as many calls run there as are allowed");
}

static sluice_status start(struct sl_call *c, const struct sl_deployment *d)
{
    struct sl_attempt *a = make(c);
    sluice_status st = SLUICE_OK;

    if (!a)
        return sl_fail(&c->error, SLUICE_E_NOMEM, "out of memory for an attempt");
    a->pick.deployment = d;
    if (!d)
        st = choose(a);
    if (st >= 0 && !sl_state_try(a->pick.deployment->state, sl_attempt_unix_ms(a, a->begun_us),
                                 a->pick.deployment->settings->max_parallel))
        st = lost(a);
    if (st < 0) {
        sl_attempt_recycle(a);
        return st;
    }
    a->seen = c->seen;
    a->key = sl_keys_turn(a->pick.deployment, a->begun_us / 1000);
    a->credential = a->key ? a->key->credential : a->pick.deployment->credential;
    sl_bench_begin(a);
    if (c->n_attempts++ == 0)
        sl_shadow_begin(c, a->pick.deployment);
    if (a->leg->n_attempts++ == 0)
        sl_budget_earn(&a->pick.deployment->state->retry_debt,
                       c->settings->resilience.budget_percent);
    return enlist(a, sl_attempt_go);
}

sluice_status sl_attempt_start(struct sl_call *c)
{
    return start(c, NULL);
}

sluice_status sl_attempt_second(struct sl_call *c, const struct sl_deployment *d)
{
    return start(c, d);
}

/* ---- for those who explain ---- */

sluice_status sl_attempt_rehearse(struct sl_call *c, const struct sl_pick *pick,
                                  sluice_http_request *out, struct sl_attempt **attempt)
{
    struct sl_attempt *a = *attempt = make(c);
    sluice_status st;

    if (!a)
        return sl_fail(&c->error, SLUICE_E_NOMEM, "out of memory for an attempt");
    a->pick = *pick;
    a->credential = pick->deployment->credential;
    st = prepare(a);
    if (st >= 0 && a->local)
        st = sl_fail(&a->error, SLUICE_E_UNSUPPORTED, "this is answered here, nothing is sent");
    if (st >= 0)
        st = sl_attempt_begin(a);
    return st < 0 ? st : a->cls->request(a->exchange, out, &a->error);
}

void sl_attempt_rehearsed(struct sl_attempt *a)
{
    if (!a)
        return;
    if (a->exchange && a->cls->close)
        a->cls->close(a->exchange);
    a->exchange = NULL;
    sl_attempt_recycle(a);
}

/* ---- a cached answer ---- */

static sluice_status play(struct sl_attempt *a)
{
    struct sl_call *c = a->call;
    struct sl_transport *replay = c->worker->replay;
    sluice_header *headers = sl_alloc(&a->arena, 2 * sizeof *headers);
    sluice_span *body = sl_alloc(&a->arena, sizeof *body);
    struct sl_cached cached;
    struct sl_http_out out;
    sluice_status st;

    if (!headers || !body || !sl_cached_unpack(&c->hit, &cached))
        return SLUICE_E_NOMEM;
    st = sl_attempt_begin(a);
    if (st < 0)
        return st;
    headers[0] = (sluice_header){ SL_SPAN(":status"), SL_SPAN("200") };
    headers[1] = (sluice_header){ SL_SPAN("content-type"), cached.content_type };
    *body = cached.body;
    out = (struct sl_http_out){ .headers = headers, .n_headers = 2, .body = body, .n_body = 1 };
    a->in.asked = cached.framing;
    a->sent_us = sl_now_us();
    return replay->cls->submit(replay, &out, &sl_attempt_events, a, &a->x, &a->error);
}

/* One that was not picked: its answer is there, or comes from elsewhere. */
static sluice_status again(struct sl_call *c, sluice_span deployment, uint32_t framing,
                           sluice_status (*send_it)(struct sl_attempt *a))
{
    const struct sl_snapshot *s = c->hold->snapshot;
    struct sl_attempt *a = make(c);

    if (!a)
        return SLUICE_E_NOMEM;
    a->replayed = true;
    for (size_t i = 0; i < s->n_deployments; i++)
        if (sl_span_eq(s->deployments[i].settings->id, deployment))
            a->pick.deployment = &s->deployments[i];
    if (!a->pick.deployment) {
        sl_attempt_recycle(a);
        return SLUICE_E_NOT_FOUND;
    }
    a->credential = a->pick.deployment->credential;
    a->framing = framing;
    return enlist(a, send_it);
}

sluice_status sl_attempt_replay(struct sl_call *c)
{
    struct sl_cached cached;

    if (!sl_cached_unpack(&c->hit, &cached))
        return SLUICE_E_NOT_FOUND;
    return again(c, cached.deployment, cached.framing, play);
}

/* ---- an answer that is shared ---- */

static sluice_status follow(struct sl_attempt *a)
{
    sluice_status st = sl_attempt_begin(a);

    if (st < 0)
        return st;
    a->in.asked = a->framing;
    a->sent_us = sl_now_us();
    st = sl_follow(a, &a->x);
    if (st >= 0)
        sl_limits_arm(a, 0);
    return st;
}

sluice_status sl_attempt_follow(struct sl_call *c, sluice_span deployment, uint32_t framing)
{
    sluice_status st = again(c, deployment, framing, follow);

    c->shared = st >= 0;
    return st;
}
