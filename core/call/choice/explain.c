/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain.c - see explain.h. Each answer comes from the code that decides for real calls: the
 * filter with its reasons, the router, the plan of fallbacks, the cache's key. The one difference
 * is that a router is told at once that its pick was cancelled.
 */
#include "call/choice/explain.h"

#include "base/clock.h"
#include "base/status.h"
#include "call/attempt/attempt.h"
#include "call/cache/flight.h"
#include "call/choice/known.h"
#include "call/choice/needs.h"
#include "format/json_write.h"

#define TEXT_CAP (16u << 20)
#define LEGS_MOST 64 /* told of one kind of failure */

/* Nano-dollars as a number of dollars. */
static void kv_usd(struct sl_json_out *o, const char *name, int64_t nano)
{
    char room[SL_DECIMAL_ROOM];

    sl_json_key(o, name);
    if (nano < 0)
        sl_json_null(o);
    else
        sl_json_raw(o, sl_decimal(room, (uint64_t)nano, 9));
}

static void kv_known(struct sl_json_out *o, const char *name, int64_t n)
{
    if (n >= 0)
        sl_json_kv_i64(o, name, n);
}

/* ---- one group ---- */

static sluice_span model_of(struct sl_call *c, const struct sl_leg *leg,
                            const struct sl_deployment *d)
{
    sluice_span name = sl_wildcard_apply(d->settings->model, leg->match, leg->model, &c->arena);

    return name.ptr ? name : d->settings->model;
}

static void write_candidate(struct sl_json_out *o, struct sl_call *c, const struct sl_leg *leg,
                            const struct sl_deployment *d, enum sl_reason why)
{
    sluice_span name = model_of(c, leg, d);
    const struct sl_model *m = sl_known_model(c, d, name);

    sl_json_open(o, '{');
    sl_json_kv_str(o, "id", d->settings->id);
    sl_json_kv_str(o, "provider", d->settings->provider);
    sl_json_kv_str(o, "model", name);
    sl_json_kv_bool(o, "fits", why == SL_FITS);
    sl_json_kv_str(o, "reason", sl_span_str(sl_reason_name(why)));
    sl_json_kv_str(o, "because", sl_span_str(sl_reason_text(why)));
    kv_known(o, "in_flight", atomic_load_explicit(&d->state->in_flight, memory_order_relaxed));
    kv_known(o, "latency_us", atomic_load_explicit(&d->state->latency_us, memory_order_relaxed));
    kv_known(o, "weight_ppm", d->settings->weight_ppm);
    kv_known(o, "order", d->settings->order);
    kv_known(o, "rpm", d->settings->rpm);
    kv_known(o, "tpm", d->settings->tpm);
    kv_known(o, "max_input_tokens", m ? m->max_input : -1);
    kv_known(o, "input_pico_usd", sl_model_price(m, SL_PRICE_IN, c->service_tier, c->needs.tokens));
    kv_known(o, "output_pico_usd",
             sl_model_price(m, SL_PRICE_OUT, c->service_tier, c->needs.tokens));
    sl_json_close(o, '}');
}

static void write_error(struct sl_json_out *o, sluice_status status, const sluice_error *err)
{
    const struct sl_status_info *info = sl_status_info(status);

    sl_json_key(o, "error");
    sl_json_open(o, '{');
    sl_json_kv_str(o, "class", sl_span_str(info->name));
    sl_json_kv_i64(o, "http_status", err->http_status ? err->http_status : info->http_status);
    sl_json_kv_str(o, "message", sl_span_str(err->message));
    sl_json_close(o, '}');
}

/* The router hears that nothing came of its pick. */
static void give_back(const struct sl_call *c, struct sl_instance *router,
                      const struct sl_pick *pick, uint64_t now_us)
{
    sl_route_observe(router, pick,
                     &(sluice_outcome){ .status = SLUICE_E_CANCELLED,
                                        .flags = c->stream ? SLUICE_CALL_STREAM : 0,
                                        .now_ms = now_us / 1000,
                                        .first_byte_us = -1,
                                        .total_us = -1,
                                        .input_tokens = -1,
                                        .output_tokens = -1 });
}

/* Who could serve the leg, who would, or why nobody can. out->deployment NULL: nobody. */
static void write_leg(struct sl_json_out *o, struct sl_call *c, struct sl_leg *leg,
                      struct sl_pick *out)
{
    uint64_t now_us = sl_now_us();
    struct sl_pick_request request;
    struct sl_instance *router = NULL;
    struct sl_pick pick = { 0 };
    sluice_status st;

    sl_json_kv_str(o, "model", leg->model);
    c->error = (sluice_error)SLUICE_ERROR_INIT;
    st = sl_choose(c, leg, now_us, &pick, &router); /* may lead to another group */
    sl_json_kv_str(o, "group", leg->group->name);
    if (st >= 0) {
        give_back(c, router, &pick, now_us);
        sl_json_kv_str(o, "strategy", sl_span_str(sl_entry_class(router->entry)->id));
        sl_json_kv_str(o, "pick", pick.deployment->settings->id);
        sl_json_kv_bool(o, "sticky", pick.sticky);
        if (pick.second) {
            sl_json_kv_str(o, "second", pick.second->settings->id);
            sl_json_kv_i64(o, "second_after_ms", pick.hedge_ms);
        }
    } else {
        write_error(o, st, &c->error);
    }
    sl_json_key(o, "candidates");
    sl_json_open(o, '[');
    if (sl_choose_request(c, leg, now_us, &request) >= 0) {
        (void)sl_route_filter(&request, request.room->why);
        for (size_t i = 0; i < leg->group->n; i++)
            write_candidate(o, c, leg, leg->group->deployments[i], request.room->why[i]);
    }
    sl_json_close(o, ']');
    *out = st >= 0 ? pick : (struct sl_pick){ 0 };
}

/* ---- where failures lead ---- */

/* Plays through a call whose every leg fails like this. */
static void write_chain(struct sl_json_out *o, struct sl_call *c, const char *name,
                        sluice_status failure)
{
    struct sl_pick pick;

    sl_json_key(o, name);
    sl_json_open(o, '[');
    sl_plan_begin(c);
    c->plan.n_fallbacks = 0;
    c->plan.error = NULL;
    for (int i = 0; i < LEGS_MOST && sl_plan_next(c, failure); i++) {
        sl_json_open(o, '{');
        sl_json_kv_str(o, "why", sl_span_str(sl_why_name(c->plan.leg->why)));
        write_leg(o, c, c->plan.leg, &pick);
        sl_json_close(o, '}');
    }
    sl_json_close(o, ']');
}

/* ---- figures ---- */

static int64_t most_output(const struct sl_call *c, const struct sl_model *m)
{
    return c->output_tokens >= 0 ? c->output_tokens : m ? m->max_output : -1;
}

static int64_t cost_of(const struct sl_call *c, const struct sl_model *m, int64_t output)
{
    struct sl_usage u = { 0 };

    sl_usage_set(&u, SLUICE_USE_INPUT, c->needs.tokens);
    sl_usage_set(&u, SLUICE_USE_OUTPUT, output);
    return sl_model_cost(m, &u, c->service_tier);
}

static void write_figures(struct sl_json_out *o, struct sl_call *c, const struct sl_leg *leg,
                          const struct sl_deployment *d)
{
    const struct sl_model *m = d ? sl_known_model(c, d, model_of(c, leg, d)) : NULL;
    int64_t output = most_output(c, m);

    sl_json_key(o, "tokens");
    sl_json_open(o, '{');
    sl_json_kv_i64(o, "input", c->needs.tokens);
    sl_json_kv_bool(o, "estimated", true);
    kv_known(o, "output_most", output);
    sl_json_close(o, '}');
    sl_json_key(o, "cost");
    sl_json_open(o, '{');
    kv_usd(o, "input_usd", cost_of(c, m, -1));
    kv_usd(o, "most_usd", output >= 0 ? cost_of(c, m, output) : -1);
    sl_json_kv_str(o, "price_of", m ? m->key : sl_span("", 0));
    sl_json_close(o, '}');
}

static void write_needs(struct sl_json_out *o, const struct sl_call *c)
{
    uint32_t bits = c->needs.modalities | c->needs.params | c->needs.always;

    sl_json_key(o, "needs");
    sl_json_open(o, '[');
    for (unsigned a = 0; a < SL_ABILITIES; a++)
        if ((bits >> a) & 1u)
            sl_json_str(o, sl_span_str(sl_ability_name(a)));
    sl_json_close(o, ']');
    sl_json_kv_bool(o, "pre_call_checks", c->settings->pre_call_checks);
}

static void write_cache(struct sl_json_out *o, struct sl_call *c)
{
    char hex[2 * SL_DIGEST_SIZE + 1];

    sl_json_key(o, "cache");
    if (!sl_cache_rehearse(c)) {
        sl_json_null(o);
        return;
    }
    sl_hex(c->digest, sizeof c->digest, hex);
    sl_json_open(o, '{');
    sl_json_kv_str(o, "plugin", sl_span_str(sl_entry_class(c->hold->snapshot->cache)->id));
    sl_json_kv_str(o, "key", sl_span_str(hex));
    sl_json_kv_str(o, "scope", c->who->team_id.len ? c->who->team_id : c->who->user_id);
    sl_json_kv_bool(o, "read", c->cache_get);
    sl_json_kv_bool(o, "write", c->cache_put);
    sl_json_kv_i64(o, "ttl_ms", c->cache_ttl_ms);
    sl_json_close(o, '}');
}

/* As an attempt there would be held to them. */
static void write_times(struct sl_json_out *o, struct sl_call *c, const struct sl_deployment *d)
{
    struct sl_attempt try = { .call = c, .pick = { .deployment = d } };

    sl_limits_set(&try);
    sl_json_kv_i64(o, "attempt_ms", (int64_t)(try.limits.total_us / 1000));
    sl_json_kv_str(o, "attempt_set_by", sl_span_str(try.limits.total_name));
    if (try.limits.first_us)
        sl_json_kv_i64(o, "first_token_ms", (int64_t)(try.limits.first_us / 1000));
    if (try.limits.idle_us)
        sl_json_kv_i64(o, "idle_ms", (int64_t)(try.limits.idle_us / 1000));
    if (try.limits.speed_milli)
        sl_json_kv_i64(o, "least_tokens_per_1000_s", try.limits.speed_milli);
}

static void write_limits(struct sl_json_out *o, struct sl_call *c, const struct sl_deployment *d)
{
    bool by_policy;

    sl_json_key(o, "limits");
    sl_json_open(o, '{');
    if (d)
        write_times(o, c, d);
    if (c->deadline_ms)
        sl_json_kv_i64(o, "call_ms", (int64_t)c->deadline_ms);
    sl_json_kv_i64(o, "retries", sl_retry_limit(c, &c->plan.asked, NULL, &by_policy));
    kv_known(o, "retries_in_all", c->settings->retries_in_all);
    sl_json_kv_i64(o, "fallbacks", c->settings->resilience.max_fallbacks);
    kv_known(o, "parallel_calls", c->settings->max_parallel_requests);
    kv_known(o, "deployment_parallel", d ? d->settings->max_parallel : -1);
    sl_json_kv_i64(o, "request_bytes", c->settings->max_request_bytes);
    sl_json_kv_i64(o, "response_bytes", c->settings->max_response_bytes);
    sl_json_close(o, '}');
}

/* How many stand in a line, and how many run of those that may. */
static void write_line(struct sl_json_out *o, const char *name, const struct sl_queue *q,
                       int64_t running, int64_t most)
{
    if (most < 0)
        return;
    sl_json_key(o, name);
    sl_json_open(o, '{');
    sl_json_kv_i64(o, "running", running);
    sl_json_kv_i64(o, "most", most);
    sl_json_kv_i64(o, "waiting", (int64_t)atomic_load(&q->n));
    sl_json_close(o, '}');
}

/* Whom else the call would concern: those that wait before it, those that ask the same, and who
 * gets a copy. */
static void write_others(struct sl_json_out *o, struct sl_call *c, const struct sl_deployment *d)
{
    const struct sl_owner *owner = c->worker->owner;
    size_t aboard;

    sl_json_key(o, "queue");
    sl_json_open(o, '{');
    sl_json_kv_i64(o, "priority", c->priority);
    sl_json_kv_i64(o, "timeout_ms", c->settings->queue_timeout_ms);
    write_line(o, "process", &owner->queue, atomic_load(&owner->running) - c->running,
               c->settings->max_parallel_requests);
    if (d && d->live)
        write_line(o, "deployment", &d->live->queue, atomic_load(&d->state->in_flight),
                   d->settings->max_parallel);
    sl_json_close(o, '}');
    sl_json_key(o, "single_flight");
    if (sl_flight_would(c, &aboard)) {
        sl_json_open(o, '{');
        sl_json_kv_i64(o, "aboard", (int64_t)aboard);
        sl_json_close(o, '}');
    } else {
        sl_json_null(o);
    }
    sl_json_key(o, "shadow");
    if (d && d->settings->silent_model.len)
        sl_json_str(o, d->settings->silent_model);
    else
        sl_json_null(o);
}

static void write_all(struct sl_json_out *o, struct sl_call *c, bool upstream)
{
    const struct sl_deployment *d;
    struct sl_pick pick;

    sl_json_open(o, '{');
    sl_json_kv_str(o, "operation", sl_span_str(c->operation->name));
    sl_json_kv_bool(o, "stream", c->stream);
    sl_plan_begin(c);
    write_leg(o, c, c->plan.leg, &pick);
    d = pick.deployment;
    if (d && upstream)
        sl_rehearsed_write(o, c, &pick);
    write_figures(o, c, c->plan.leg, d);
    write_needs(o, c);
    write_cache(o, c);
    write_limits(o, c, d);
    write_others(o, c, d);
    sl_json_key(o, "fallbacks");
    sl_json_open(o, '{');
    write_chain(o, c, "any_failure", SLUICE_E_UPSTREAM);
    write_chain(o, c, "context_window", SLUICE_E_CONTEXT);
    write_chain(o, c, "content_policy", SLUICE_E_REFUSED);
    sl_json_close(o, '}');
    sl_json_close(o, '}');
    c->plan = (struct sl_plan){ 0 }; /* nothing of it has happened */
}

/* LiteLLM's /utils/transform_request. */
static void write_transformed(struct sl_json_out *o, struct sl_call *c)
{
    struct sl_instance *router;
    struct sl_pick pick = { 0 };
    uint64_t now_us = sl_now_us();

    sl_plan_begin(c);
    if (sl_choose(c, c->plan.leg, now_us, &pick, &router) >= 0) {
        give_back(c, router, &pick, now_us);
        sl_rehearsed_transform(o, c, &pick);
    } else {
        sl_rehearsed_refuse(o, &c->error);
    }
    c->plan = (struct sl_plan){ 0 };
}

/* What is asked about the question, as parameters: {"upstream","true"}. */
static bool wish(const struct sl_call *c, const char *name)
{
    return sl_span_eq(sl_call_param(c, sl_span_str(name)), SL_SPAN("true"));
}

enum sl_verdict sl_explain(struct sl_call *c)
{
    bool upstream, transform;
    struct sl_json_out o;
    struct sl_buf b;

    if (!c->group)
        return sl_call_refuse(c, sl_fail(&c->error, SLUICE_E_UNSUPPORTED,
                                         "%s is not routed by a model: there is nothing to explain",
                                         c->operation->name));
    upstream = wish(c, "upstream");
    transform = wish(c, "transform");
    c->n_params = 0; /* nothing of it is for the vendor */
    sl_needs_read(c, true);
    sl_buf_init(&b, TEXT_CAP);
    o = sl_json_out(&b);
    if (transform)
        write_transformed(&o, c);
    else
        write_all(&o, c, upstream);
    c->error = (sluice_error)SLUICE_ERROR_INIT;
    if (sl_buf_ok(&b)) {
        c->status = SLUICE_OK;
        sl_outlet_text(c, sl_buf_span(&b));
    } else {
        c->status = sl_fail(&c->error, SLUICE_E_NOMEM, "out of memory explaining");
    }
    sl_buf_finish(&b);
    return SL_END;
}
