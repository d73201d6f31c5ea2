/* SPDX-License-Identifier: Apache-2.0 */
/* verbs.c - see verbs.h. Each verb reads; none of them changes anything yet. */
#include "api/verbs.h"

#include "api/health.h"
#include "api/services.h"
#include "format/json_write.h"
#include "plugin/host_metrics.h"

static struct sl_json_out begin_row(struct sl_rows *rows)
{
    struct sl_json_out o = sl_json_out(&rows->text);

    return o;
}

static void end_row(struct sl_rows *rows)
{
    sl_buf_add_char(&rows->text, 0);
}

/* LiteLLM's constants: DEFAULT_MODEL_CREATED_AT_TIME, and "openai" for everybody. */
#define MODEL_CREATED 1677610602

static void model_row(struct sl_rows *rows, sluice_span name)
{
    struct sl_json_out o = begin_row(rows);

    sl_json_open(&o, '{');
    sl_json_kv_str(&o, "id", name);
    sl_json_kv_str(&o, "object", SL_SPAN("model"));
    sl_json_kv_i64(&o, "created", MODEL_CREATED);
    sl_json_kv_str(&o, "owned_by", SL_SPAN("openai"));
    sl_json_close(&o, '}');
    end_row(rows);
}

static bool is_hidden(const struct sl_settings *s, sluice_span alias)
{
    for (size_t i = 0; i < s->n_hidden_aliases; i++)
        if (sl_span_eq(s->hidden_aliases[i], alias))
            return true;
    return false;
}

static sluice_status models_list(struct sluice *s, const struct sl_snapshot *snapshot,
                                 sluice_span argument, struct sl_rows *rows, sluice_error *err)
{
    (void)s;
    (void)argument;
    (void)err;
    for (size_t i = 0; i < snapshot->groups.n; i++)
        model_row(rows, snapshot->groups.list[i]->name);
    for (size_t i = 0; i < snapshot->settings->n_aliases; i++)
        if (!is_hidden(snapshot->settings, snapshot->settings->aliases[i].name))
            model_row(rows, snapshot->settings->aliases[i].name);
    return SLUICE_OK;
}

static void plugin_row(void *ctx, sluice_span json)
{
    struct sl_rows *rows = ctx;

    sl_buf_add(&rows->text, json);
    end_row(rows);
}

static sluice_status plugins_list(struct sluice *s, const struct sl_snapshot *snapshot,
                                  sluice_span argument, struct sl_rows *rows, sluice_error *err)
{
    (void)snapshot;
    (void)argument;
    (void)err;
    sl_registry_list(s->owner.registry, plugin_row, rows);
    return SLUICE_OK;
}

static int64_t load(const _Atomic int64_t *n)
{
    return atomic_load_explicit(n, memory_order_relaxed);
}

/* The first of the services that calls cannot do without and that is not well. */
static void note_missing(void *ctx, const struct sl_service *service)
{
    struct sl_service *missing = ctx;

    if (service->needed && !service->healthy && !missing->kind)
        *missing = *service;
}

static void health_status(struct sl_json_out *o, struct sluice *s,
                          const struct sl_snapshot *snapshot, const struct sl_pulse *pulse)
{
    struct sl_service missing = { 0 };

    sl_services_each(s, snapshot, pulse, note_missing, &missing);
    sl_json_kv_str(o, "status",
                   atomic_load(&s->owner.draining) ? SL_SPAN("draining")
                   : pulse->silent                 ? SL_SPAN("stuck")
                   : missing.kind                  ? SL_SPAN("unavailable")
                                                   : SL_SPAN("healthy"));
    if (missing.kind) /* why is not for everybody: health.services tells */
        sl_json_kv_str(o, "missing", sl_span_str(missing.kind));
}

static sluice_status health(struct sluice *s, const struct sl_snapshot *snapshot,
                            sluice_span argument, struct sl_rows *rows, sluice_error *err)
{
    struct sl_json_out o = begin_row(rows);
    struct sl_pulse pulse = sl_pulse_take(s, SL_PULSE_MS);

    (void)argument;
    (void)err;
    sl_json_open(&o, '{');
    health_status(&o, s, snapshot, &pulse);
    sl_json_kv_i64(&o, "loops", (int64_t)pulse.loops);
    sl_json_kv_i64(&o, "loops_silent", (int64_t)pulse.silent);
    sl_json_kv_i64(&o, "loop_lag_us", (int64_t)pulse.slowest_us);
    sl_json_kv_i64(&o, "calls", load(&s->owner.calls));
    sl_json_kv_i64(&o, "body_bytes", load(&s->owner.body_bytes));
    sl_json_kv_i64(&o, "deployments", (int64_t)snapshot->n_deployments);
    sl_json_key(&o, "loggers");
    sl_json_open(&o, '[');
    for (size_t i = 0; i < snapshot->n_loggers; i++) {
        struct sl_logger_stats stats = sl_logger_stats(snapshot->loggers[i]);

        sl_json_open(&o, '{');
        sl_json_kv_str(&o, "name", sl_entry_name(sl_logger_entry(snapshot->loggers[i])));
        sl_json_kv_i64(&o, "queued", (int64_t)stats.queued);
        sl_json_kv_i64(&o, "written", (int64_t)stats.written);
        sl_json_kv_i64(&o, "dropped", (int64_t)stats.dropped);
        sl_json_kv_bool(&o, "failing", stats.failing);
        sl_json_close(&o, '}');
    }
    sl_json_close(&o, ']');
    sl_json_key(&o, "cache");
    if (snapshot->cache)
        sl_json_str(&o, sl_span_str(sl_entry_class(snapshot->cache)->id));
    else
        sl_json_null(&o);
    sl_json_kv_bool(&o, "cache_failing", atomic_load(&s->owner.cache_said) < 0);
    sl_json_close(&o, '}');
    end_row(rows);
    return SLUICE_OK;
}

static void metric(struct sl_buf *b, const char *name, const char *type, const char *help,
                   int64_t n)
{
    sl_buf_printf(b, "# HELP %s %s\n# TYPE %s %s\n%s %lld\n", name, help, name, type, name,
                  (long long)n);
}

/* Our own names, and LiteLLM's for what it counts by deployment. */
static void metrics_text(struct sluice *s, const struct sl_snapshot *snapshot, struct sl_buf *b)
{
    int64_t dropped = 0;

    for (size_t i = 0; i < snapshot->n_loggers; i++)
        dropped += (int64_t)sl_logger_stats(snapshot->loggers[i]).dropped;
    metric(b, "sluice_calls_in_flight", "gauge", "Calls that are running.", load(&s->owner.calls));
    metric(b, "litellm_in_flight_requests", "gauge", "Calls that are running.",
           load(&s->owner.calls));
    metric(b, "sluice_calls_total", "counter", "Calls that ended.",
           (int64_t)atomic_load(&s->owner.calls_ended));
    metric(b, "sluice_calls_failed_total", "counter", "Calls that ended with an error.",
           (int64_t)atomic_load(&s->owner.calls_failed));
    metric(b, "sluice_body_bytes", "gauge", "Bytes of request bodies in memory.",
           load(&s->owner.body_bytes));
    metric(b, "sluice_records_dropped_total", "counter", "Records that a full logger queue lost.",
           dropped);
    sl_queue_metrics(s, snapshot, b);
    sl_deployment_metrics(snapshot, b);
}

static sluice_status metrics(struct sluice *s, const struct sl_snapshot *snapshot,
                             sluice_span argument, struct sl_rows *rows, sluice_error *err)
{
    struct sl_json_out o = begin_row(rows);
    struct sl_buf b;

    (void)argument;
    (void)err;
    sl_buf_init(&b, 16u << 20);
    metrics_text(s, snapshot, &b);
    sl_metrics_text(sl_registry_metrics(s->owner.registry), &b);
    sl_json_str(&o, sl_buf_span(&b));
    sl_buf_finish(&b);
    end_row(rows);
    return SLUICE_OK;
}

static sluice_status server(struct sluice *s, const struct sl_snapshot *snapshot,
                            sluice_span argument, struct sl_rows *rows, sluice_error *err)
{
    struct sl_json_out o = begin_row(rows);

    (void)s;
    (void)argument;
    (void)err;
    sl_json_open(&o, '{');
    sl_json_kv_bool(&o, "master_key", snapshot->settings->master_key != NULL);
    sl_json_kv_i64(&o, "max_request_bytes", snapshot->settings->max_request_bytes);
    sl_json_kv_i64(&o, "body_timeout_ms", snapshot->settings->body_timeout_ms);
    sl_json_close(&o, '}');
    end_row(rows);
    return SLUICE_OK;
}

static const struct sl_verb verbs[] = {
    { "models.list", true, models_list },
    { "plugins.list", true, plugins_list },
    { "deployments", true, sl_verb_deployments },
    { "health", false, health },
    { "explain", true, NULL },
    { "health.endpoints", true, sl_verb_endpoints },
    { "health.services", true, sl_verb_services },
    { "tokens.count", true, sl_verb_count_tokens },
    { "params.supported", true, sl_verb_params },
    { "metrics", false, metrics },
    { "server", false, server },
};

const struct sl_verb *sl_verb_find(sluice_span name)
{
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        if (sl_span_eq(name, sl_span_str(verbs[i].name)))
            return &verbs[i];
    return NULL;
}
