/* SPDX-License-Identifier: Apache-2.0 */
/* verbs_deployments.c - what is known of the deployments at this moment: a row each, or numbers for
 * Prometheus. */
#include "api/verbs.h"

#include "base/clock.h"
#include "base/status.h"
#include "format/json_write.h"
#include "route/keys.h"

static int64_t load(const _Atomic int64_t *n)
{
    return atomic_load_explicit(n, memory_order_relaxed);
}

static const char *const gates[] = { [SL_GATE_CLOSED] = "healthy",
                                     [SL_GATE_HALF] = "half_open",
                                     [SL_GATE_PROBING] = "probing",
                                     [SL_GATE_COOLING] = "cooling" };

/* How a deployment, or a key of one, stands after its failures. */
static void breaker_members(struct sl_json_out *o, const struct sl_breaker *b, uint64_t now_ms)
{
    sluice_status why = atomic_load_explicit(&b->why, memory_order_relaxed);

    sl_json_kv_i64(o, "cooldown_left_ms", (int64_t)sl_breaker_left_ms(b, now_ms));
    sl_json_kv_i64(o, "cooldowns", load(&b->opened));
    sl_json_kv_i64(o, "probes", load(&b->probes));
    if (why < 0)
        sl_json_kv_str(o, "last_cooldown_for", sl_span_str(sl_status_info(why)->name));
}

/* A key is told by its place in the configuration. */
static void key_rows(struct sl_json_out *o, const struct sl_deployment *d, uint64_t now_ms)
{
    sl_json_key(o, "keys");
    sl_json_open(o, '[');
    for (size_t k = 0; k < d->n_keys; k++) {
        const struct sl_breaker *b = &d->keys[k].state->breaker;

        sl_json_open(o, '{');
        sl_json_kv_str(o, "state", sl_span_str(gates[sl_breaker_gate(b, now_ms)]));
        breaker_members(o, b, now_ms);
        sl_json_close(o, '}');
    }
    sl_json_close(o, ']');
}

sluice_status sl_verb_deployments(struct sluice *s, const struct sl_snapshot *snapshot,
                                  sluice_span argument, struct sl_rows *rows, sluice_error *err)
{
    uint64_t now_ms = sl_now_ms();

    (void)s;
    (void)argument;
    (void)err;
    for (size_t i = 0; i < snapshot->n_deployments; i++) {
        const struct sl_deployment *d = &snapshot->deployments[i];
        struct sl_json_out o = sl_json_out(&rows->text);

        sl_json_open(&o, '{');
        sl_json_kv_str(&o, "id", d->settings->id);
        sl_json_kv_str(&o, "model_name", d->settings->model_name);
        sl_json_kv_str(&o, "provider", sl_span_str(sl_entry_class(d->provider)->id));
        sl_json_kv_str(&o, "model", d->settings->model);
        sl_json_kv_i64(&o, "in_flight", load(&d->state->in_flight));
        sl_json_kv_i64(&o, "calls", load(&d->state->calls));
        sl_json_kv_i64(&o, "failures", load(&d->state->failures));
        sl_json_kv_i64(&o, "latency_us", load(&d->state->latency_us));
        sl_json_kv_i64(&o, "first_byte_us", load(&d->state->first_byte_us));
        sl_json_kv_str(&o, "state", sl_span_str(gates[sl_deployment_gate(d, now_ms)]));
        breaker_members(&o, &d->state->breaker, now_ms);
        if (d->n_keys)
            key_rows(&o, d, now_ms);
        sl_json_close(&o, '}');
        sl_buf_add_char(&rows->text, 0);
    }
    return SLUICE_OK;
}

static int64_t is_cooling(const struct sl_deployment *d)
{
    return sl_deployment_gate(d, sl_now_ms()) != SL_GATE_CLOSED;
}

static int64_t in_flight(const struct sl_deployment *d)
{
    return load(&d->state->in_flight);
}

static int64_t attempts(const struct sl_deployment *d)
{
    return load(&d->state->calls);
}

static int64_t failures(const struct sl_deployment *d)
{
    return load(&d->state->failures);
}

static int64_t cooldowns(const struct sl_deployment *d)
{
    return load(&d->state->breaker.opened);
}

static int64_t probes(const struct sl_deployment *d)
{
    return load(&d->state->breaker.probes);
}

static int64_t successes(const struct sl_deployment *d)
{
    return attempts(d) - failures(d);
}

/* 0 healthy, 1 on trial, 2 resting. */
static int64_t outage(const struct sl_deployment *d)
{
    switch (sl_deployment_gate(d, sl_now_ms())) {
    case SL_GATE_CLOSED:
        return 0;
    case SL_GATE_COOLING:
        return 2;
    default:
        return 1;
    }
}

static int64_t rpm_limit(const struct sl_deployment *d)
{
    return d->settings->rpm;
}

static int64_t tpm_limit(const struct sl_deployment *d)
{
    return d->settings->tpm;
}

/* Dashboards made for LiteLLM find its names and labels, those of keys, teams and users apart.
 * of() < 0: there is no such line. */
struct per_deployment {
    const char *name, *type, *help;
    int64_t (*of)(const struct sl_deployment *d);
    bool litellm; /* with LiteLLM's labels */
};

static const struct per_deployment per_deployment[] = {
    { "sluice_deployment_in_flight", "gauge", "Attempts that are running.", in_flight, false },
    { "sluice_deployment_attempts_total", "counter", "Attempts that ended.", attempts, false },
    { "sluice_deployment_failures_total", "counter", "Attempts that failed.", failures, false },
    { "sluice_deployment_cooldowns_total", "counter", "How often it had to rest.", cooldowns,
      false },
    { "sluice_deployment_probes_total", "counter", "Calls that found out whether it is back.",
      probes, false },
    { "sluice_deployment_cooling", "gauge", "1 while it rests or is on trial.", is_cooling, false },
    { "litellm_deployment_state", "gauge", "0 healthy, 1 on trial, 2 resting.", outage, true },
    { "litellm_deployment_total_requests_total", "counter", "Attempts that ended.", attempts,
      true },
    { "litellm_deployment_success_responses_total", "counter", "Attempts that did not fail.",
      successes, true },
    { "litellm_deployment_failure_responses_total", "counter", "Attempts that failed.", failures,
      true },
    { "litellm_deployment_cooled_down_total", "counter", "How often it had to rest.", cooldowns,
      true },
    { "litellm_deployment_rpm_limit", "gauge", "Requests a minute, as configured.", rpm_limit,
      true },
    { "litellm_deployment_tpm_limit", "gauge", "Tokens a minute, as configured.", tpm_limit, true },
};

/* The inside of a label's quotes. */
static void add_label(struct sl_buf *b, sluice_span text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"' || text.ptr[i] == '\\' || text.ptr[i] == '\n')
            sl_buf_add_char(b, '\\');
        sl_buf_add_char(b, text.ptr[i] == '\n' ? 'n' : text.ptr[i]);
    }
}

/* ---- lines ---- */

/* One line for the deployments of a group; told with the first of them. */
static const struct sl_queue *line_of(const struct sl_snapshot *snapshot, size_t i)
{
    const struct sl_group_live *live = snapshot->deployments[i].live;

    for (size_t k = 0; k < i && live; k++)
        if (snapshot->deployments[k].live == live)
            return NULL;
    return live ? &live->queue : NULL;
}

static int64_t waiting(const struct sl_queue *q)
{
    return (int64_t)atomic_load_explicit(&q->n, memory_order_relaxed);
}

static int64_t joined(const struct sl_queue *q)
{
    return (int64_t)atomic_load_explicit(&q->joined, memory_order_relaxed);
}

static const struct {
    const char *name, *type, *help;
    int64_t (*of)(const struct sl_queue *q);
} per_line[] = {
    { "sluice_queue_calls", "gauge", "Calls that wait for a place.", waiting },
    { "sluice_queued_total", "counter", "How often a call had to wait for a place.", joined },
};

void sl_queue_metrics(const struct sluice *s, const struct sl_snapshot *snapshot, struct sl_buf *b)
{
    for (size_t m = 0; m < sizeof per_line / sizeof *per_line; m++) {
        sl_buf_printf(b, "# HELP %s %s\n# TYPE %s %s\n", per_line[m].name, per_line[m].help,
                      per_line[m].name, per_line[m].type);
        sl_buf_printf(b, "%s{queue=\"process\",model_group=\"\"} %lld\n", per_line[m].name,
                      (long long)per_line[m].of(&s->owner.queue));
        for (size_t i = 0; i < snapshot->n_deployments; i++) {
            const struct sl_queue *q = line_of(snapshot, i);

            if (!q)
                continue;
            sl_buf_printf(b, "%s{queue=\"deployment\",model_group=\"", per_line[m].name);
            add_label(b, snapshot->deployments[i].settings->model_name);
            sl_buf_printf(b, "\"} %lld\n", (long long)per_line[m].of(q));
        }
    }
}

/* ---- deployments ---- */

static void add_pair(struct sl_buf *b, const char *name, sluice_span value)
{
    sl_buf_printf(b, "%s=\"", name);
    add_label(b, value);
    sl_buf_add_char(b, '"');
}

static void add_line(struct sl_buf *b, const struct per_deployment *m,
                     const struct sl_deployment *d)
{
    const struct sl_deployment_settings *s = d->settings;
    int64_t n = m->of(d);

    if (n < 0)
        return;
    sl_buf_printf(b, "%s{", m->name);
    if (m->litellm) {
        add_pair(b, "litellm_model_name", s->model);
        add_pair(b, ",model_id", s->id);
        add_pair(b, ",api_base", d->shown_url);
        add_pair(b, ",api_provider", sl_span_str(sl_entry_class(d->provider)->id));
        add_pair(b, ",requested_model", s->model_name);
    } else {
        add_pair(b, "deployment", s->id);
        add_pair(b, ",model_group", s->model_name);
    }
    sl_buf_printf(b, "} %lld\n", (long long)n);
}

void sl_deployment_metrics(const struct sl_snapshot *snapshot, struct sl_buf *b)
{
    for (size_t m = 0; m < sizeof per_deployment / sizeof *per_deployment; m++) {
        sl_buf_printf(b, "# HELP %s %s\n# TYPE %s %s\n", per_deployment[m].name,
                      per_deployment[m].help, per_deployment[m].name, per_deployment[m].type);
        for (size_t i = 0; i < snapshot->n_deployments; i++)
            add_line(b, &per_deployment[m], &snapshot->deployments[i]);
    }
}
