/* SPDX-License-Identifier: Apache-2.0 */
/* health_rows.c - what /health tells: deployments with a verdict. */
#include "api/health.h"
#include <stdio.h>

#include "call/call.h"
#include "format/json_write.h"

#define FAILING_PPM                                                                                \
    800000 /* the moving average of failures from which a deployment counts as down */

static int64_t load(const _Atomic int64_t *n)
{
    return atomic_load_explicit(n, memory_order_relaxed);
}

/* ---- deployments ---- */

struct verdict {
    bool healthy;
    const char *source; /* who says so: "check", "calls", "nobody" */
    char error[320];
};

static void by_calls(const struct sl_deployment *d, struct verdict *v)
{
    int64_t calls = load(&d->state->calls), failures = load(&d->state->failures);

    v->source = calls ? "calls" : "nobody";
    v->healthy = !calls || (failures < calls && load(&d->state->error_ppm) < FAILING_PPM);
    if (!v->healthy)
        snprintf(v->error, sizeof v->error, "%lld of %lld calls failed, %lld %% of late",
                 (long long)failures, (long long)calls,
                 (long long)(load(&d->state->error_ppm) / 10000));
}

static struct verdict judge(const struct sl_deployment *d, const struct sl_checked *checked)
{
    struct verdict v = { .healthy = true };

    if (!checked->unix_ms) {
        by_calls(d, &v);
        return v;
    }
    v.source = "check";
    v.healthy = checked->status >= 0;
    if (!v.healthy)
        snprintf(v.error, sizeof v.error, "%s: %s", sluice_status_name(checked->status),
                 checked->message);
    return v;
}

static void write_details(struct sl_json_out *o, const struct sl_deployment *d,
                          const struct sl_checked *checked, const struct verdict *v)
{
    sluice_span mode = d->settings->mode.len ? d->settings->mode : d->model->mode;

    sl_json_kv_str(o, "api_base", d->shown_url);
    sl_json_kv_str(o, "model_name", d->settings->model_name);
    sl_json_kv_str(o, "model_id", d->settings->id);
    sl_json_kv_str(o, "provider", sl_span_str(sl_entry_class(d->provider)->id));
    if (mode.len)
        sl_json_kv_str(o, "mode", mode);
    sl_json_kv_str(o, "judged_by", sl_span_str(v->source));
    if (checked->unix_ms) {
        sl_json_kv_i64(o, "checked_at", checked->unix_ms / 1000);
        sl_json_kv_i64(o, "check_ms", checked->took_us / 1000);
    }
    sl_json_kv_i64(o, "in_flight", load(&d->state->in_flight));
    sl_json_kv_i64(o, "calls", load(&d->state->calls));
    sl_json_kv_i64(o, "failures", load(&d->state->failures));
    sl_json_kv_i64(o, "latency_us", load(&d->state->latency_us));
    sl_json_kv_i64(o, "first_byte_us", load(&d->state->first_byte_us));
}

static void endpoint_row(struct sl_rows *rows, struct sluice *s, const struct sl_deployment *d,
                         bool details)
{
    struct sl_checked checked = sl_health_last(s->health, d->settings->id);
    struct verdict v = judge(d, &checked);
    struct sl_json_out o = sl_json_out(&rows->text);
    char name[512];

    snprintf(name, sizeof name, "%.*s%s%.*s", SL_FMT(d->settings->provider),
             d->settings->provider.len ? "/" : "", SL_FMT(d->settings->model));
    sl_json_open(&o, '{');
    sl_json_kv_str(&o, "model", sl_span_str(name));
    sl_json_kv_bool(&o, "healthy", v.healthy);
    if (details)
        write_details(&o, d, &checked, &v);
    if (!v.healthy)
        sl_json_kv_str(&o, "error", sl_span_str(v.error));
    sl_json_close(&o, '}');
    sl_buf_add_char(&rows->text, 0);
}

/* Is it one of those that the argument asks for? model is a group's name, an alias or an id. */
static bool wanted(const struct sl_snapshot *snapshot, const struct sl_deployment *d,
                   sluice_span model, sluice_span id)
{
    const struct sl_settings *s = snapshot->settings;

    for (size_t i = 0; i < s->n_aliases; i++)
        if (sl_span_eq(s->aliases[i].name, model))
            model = s->aliases[i].value;
    return (!model.len || sl_span_eq(model, d->settings->model_name) ||
            sl_span_eq(model, d->settings->id)) &&
           (!id.len || sl_span_eq(id, d->settings->id));
}

static sluice_span text_of(sluice_span argument, const char *name, struct sluice_arena *arena)
{
    sluice_span text = { "", 0 };

    (void)sl_json_string(sl_json_find(argument, name), arena, &text);
    return text;
}

sluice_status sl_verb_endpoints(struct sluice *s, const struct sl_snapshot *snapshot,
                                sluice_span argument, struct sl_rows *rows, sluice_error *err)
{
    struct sluice_arena arena;
    sluice_span model, id;

    (void)err;
    sl_arena_init(&arena, 65536);
    model = text_of(argument, "model", &arena);
    id = text_of(argument, "model_id", &arena);
    for (size_t i = 0; i < snapshot->n_deployments; i++)
        if (wanted(snapshot, &snapshot->deployments[i], model, id))
            endpoint_row(rows, s, &snapshot->deployments[i], snapshot->settings->health.details);
    sl_arena_finish(&arena);
    return SLUICE_OK;
}
