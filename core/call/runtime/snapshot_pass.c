/* SPDX-License-Identifier: Apache-2.0 */
/*
 * snapshot_pass.c - the ways of pass-through: a hidden deployment for each endpoint, and one for
 * each provider of model_list or pass_through_providers that no deployment lends its credential.
 */
#include "base/status.h"
#include "call/runtime/snapshot.h"
#include "credential/credential.h"

#define PLUGIN "passthrough" /* who takes a request to an endpoint's target */

size_t sl_snapshot_pass_most(const struct sl_settings *settings)
{
    return settings->n_pass + settings->n_pass_providers + settings->n_deployments;
}

static struct sl_deployment_settings *blank(struct sl_snapshot *s, const char *what,
                                            sluice_span name)
{
    struct sl_deployment_settings *d = sl_alloc0(&s->arena, sizeof *d);

    if (!d)
        return NULL;
    d->id = sl_arena_printf(&s->arena, "pass-through/%s/%.*s", what, SL_FMT(name));
    d->model_name = d->id;
    d->model = SL_SPAN("*");
    d->config = d->model_info = SL_SPAN("{}");
    d->weight_ppm = d->order = d->rpm = d->tpm = d->max_parallel = -1;
    d->num_retries = d->input_pico_usd = d->output_pico_usd = d->cooldown_ms = -1;
    d->allowed_fails = (struct sl_by_class)SL_BY_CLASS_NONE;
    d->limits = (struct sl_limits)SL_LIMITS_NONE;
    return d->id.ptr ? d : NULL;
}

static sluice_status add_hidden(struct sl_snapshot *s, const struct sl_snapshot *previous,
                                const struct sl_deployment_settings *d, struct sl_pass_route *r,
                                sluice_error *err)
{
    struct sl_deployment *out = &s->deployments[s->n_deployments + s->n_hidden];
    sluice_status st = sl_snapshot_deployment(s, previous, d, out, err);

    if (st < 0) {
        sl_snapshot_deployment_drop(out);
        memset(out, 0, sizeof *out);
        return st;
    }
    s->n_hidden++;
    r->deployments[r->n++] = out;
    return SLUICE_OK;
}

static sluice_status add_endpoint(struct sl_snapshot *s, const struct sl_snapshot *previous,
                                  const struct sl_pass_settings *e, sluice_error *err)
{
    struct sl_deployment_settings *d = blank(s, "endpoint", e->path);
    struct sl_pass_route *r = &s->pass[s->n_pass++];

    if (!d)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory for pass-through");
    r->endpoint = e;
    r->deployments = sl_alloc(&s->arena, sizeof(struct sl_deployment *));
    if (!r->deployments)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory for pass-through");
    d->provider = SL_SPAN(PLUGIN);
    d->api_base = e->target;
    d->extra_headers = e->headers;
    d->n_extra_headers = e->n_headers;
    return add_hidden(s, previous, d, r, err);
}

static bool is_known(const struct sl_snapshot *s, const struct sl_plugin_class *cls)
{
    for (size_t i = 0; i < s->n_pass; i++)
        if (sl_span_eq(s->pass[i].own, sl_span_str(cls->id)))
            return true;
    return false;
}

/* Address and credential of a deployment, for whatever model a caller names. */
static sluice_status borrow(struct sl_snapshot *s, const struct sl_snapshot *previous,
                            const struct sl_deployment_settings *from, struct sl_pass_route *r,
                            sluice_error *err)
{
    struct sl_deployment_settings *d = sl_alloc(&s->arena, sizeof *d);

    if (!d)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory for pass-through");
    *d = *from;
    d->id = sl_arena_printf(&s->arena, "pass-through/%.*s", SL_FMT(from->id));
    d->model = SL_SPAN("*");
    d->base_model = sl_span("", 0);
    d->known = NULL;
    d->defaults = d->extra_body = NULL;
    d->n_defaults = d->n_extra_body = 0;
    d->input_pico_usd = d->output_pico_usd = -1;
    if (!d->id.ptr)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory for pass-through");
    return add_hidden(s, previous, d, r, err);
}

static sluice_status add_provider(struct sl_snapshot *s, const struct sl_snapshot *previous,
                                  sluice_span written, sluice_error *err)
{
    const struct sl_plugin_class *cls;
    struct sl_deployment_settings *d;
    struct sl_pass_route *r;
    sluice_error why = SLUICE_ERROR_INIT;
    sluice_status st;

    st = sl_registry_class(s->owner->registry, SLUICE_PROVIDER_ID, written, &cls, err);
    if (st < 0 || is_known(s, cls))
        return st;
    r = &s->pass[s->n_pass++];
    r->name = written;
    r->own = sl_span_str(cls->id);
    r->deployments = sl_alloc(&s->arena, (s->n_deployments + 1) * sizeof(struct sl_deployment *));
    if (!r->deployments)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory for pass-through");
    for (size_t i = 0; i < s->n_deployments && st >= 0; i++)
        if (s->deployments[i].settings->use_in_pass_through &&
            strcmp(sl_entry_class(s->deployments[i].provider)->id, cls->id) == 0)
            st = borrow(s, previous, s->deployments[i].settings, r, err);
    if (st < 0 || r->n)
        return st;
    d = blank(s, "provider", written);
    if (!d)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory for pass-through");
    d->provider = written;
    /* One that cannot be used without more of a configuration is none. */
    st = add_hidden(s, previous, d, r, &why);
    if (st == SLUICE_E_NOMEM)
        return sl_fail(err, st, "out of memory for pass-through");
    if (st >= 0 && !r->deployments[0]->credential)
        r->n = 0;
    return SLUICE_OK;
}

sluice_status sl_snapshot_pass(struct sl_snapshot *s, const struct sl_snapshot *previous,
                               sluice_error *err)
{
    const struct sl_settings *settings = s->settings;
    sluice_status st = SLUICE_OK;

    s->pass = sl_alloc0(&s->arena, (sl_snapshot_pass_most(settings) + 1) * sizeof *s->pass);
    if (!s->pass)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory for pass-through");
    for (size_t i = 0; i < settings->n_pass && st >= 0; i++)
        st = add_endpoint(s, previous, &settings->pass[i], err);
    for (size_t i = 0; i < settings->n_pass_providers && st >= 0; i++)
        st = add_provider(s, previous, settings->pass_providers[i], err);
    for (size_t i = 0; i < s->n_deployments && st >= 0; i++) {
        const struct sl_deployment *d = &s->deployments[i];

        /* A mocked one is no way to its vendor. */
        if (!d->settings->mock_response.len)
            st = add_provider(s, previous,
                              d->settings->provider.len
                                  ? d->settings->provider
                                  : sl_span_str(sl_entry_class(d->provider)->id),
                              err);
    }
    return st;
}
