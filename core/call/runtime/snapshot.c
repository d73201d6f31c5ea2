/* SPDX-License-Identifier: Apache-2.0 */
/* snapshot.c - see snapshot.h. */
#include "call/runtime/snapshot.h"

#include <stdio.h>
#include <stdlib.h>
#include <sluice/cache.h>
#include <sluice/router.h>
#include "base/status.h"
#include "call/runtime/base_url.h"
#include "call/stored/issued.h"
#include "credential/credential.h"
#include "route/keys.h"

/* Upstreams with ssl_verify: false. One object, so that they share connections. */
static const struct sl_upstream_options unverified = { .insecure = true };

sluice_status sl_snapshot_entry(struct sl_owner *owner, const struct sl_settings *settings,
                                const char *kind, sluice_span plugin, sluice_span name,
                                sluice_span config, struct sl_entry *previous,
                                struct sl_entry **out, sluice_error *err)
{
    struct sl_entry_options options = {
        .registry = owner->registry,
        .name = name,
        .config = config.len ? config : SL_SPAN("{}"),
        .secrets = settings->secrets,
        .n_secrets = settings->n_secrets,
        .jobs = owner->jobs,
        .log = &owner->log,
    };
    sluice_status st = sl_registry_class(owner->registry, kind, plugin, &options.cls, err);

    if (st < 0)
        return st;
    if (previous && sl_entry_same(previous, &options)) {
        *out = sl_entry_hold(previous);
        return SLUICE_OK;
    }
    return sl_entry_create(&options, out, err);
}

static const struct sl_deployment *same_deployment(const struct sl_snapshot *previous,
                                                   sluice_span id)
{
    for (size_t i = 0; previous && i < previous->n_deployments + previous->n_hidden; i++)
        if (sl_span_eq(previous->deployments[i].settings->id, id))
            return &previous->deployments[i];
    return NULL;
}

/* The same one of another deployment, or of this one before a reload; NULL: there is none. */
static struct sl_credential *known_credential(const struct sl_snapshot *s,
                                              const struct sl_credential *made)
{
    for (size_t i = 0; s && i < s->n_deployments + s->n_hidden; i++) {
        const struct sl_deployment *d = &s->deployments[i];

        if (d->credential && sl_credential_same(d->credential, made))
            return d->credential;
        for (size_t k = 0; k < d->n_keys; k++)
            if (d->keys[k].credential && sl_credential_same(d->keys[k].credential, made))
                return d->keys[k].credential;
    }
    return NULL;
}

/* One for all deployments that are configured alike; a reload keeps it. */
static sluice_status find_credential(struct sl_snapshot *s, const struct sl_snapshot *previous,
                                     const struct sl_credential_options *options,
                                     struct sl_credential **out, sluice_error *err)
{
    struct sl_credential *made, *known;
    sluice_status st = sl_credential_create(options, &made, err);

    if (st < 0 || !made)
        return st;
    known = known_credential(s, made);
    if (!known)
        known = known_credential(previous, made);
    if (known)
        sl_credential_drop(made);
    *out = known ? sl_credential_hold(known) : made;
    return SLUICE_OK;
}

/* A key's state is found again by what it is, whatever its place in the list. */
static struct sl_deployment_state *key_state(struct sl_owner *owner, const struct sl_deployment *d,
                                             const struct sl_secret *key)
{
    char id[600];

    snprintf(id, sizeof id, "%.*s/key/%016llx", SL_FMT(sl_span_head(d->settings->id, 512)),
             (unsigned long long)sl_hash(sl_secret_reveal(key)));
    return sl_state_hold(owner->states, sl_span_str(id));
}

static sluice_status find_credentials(struct sl_snapshot *s, const struct sl_snapshot *previous,
                                      struct sl_deployment *d, sluice_error *err)
{
    struct sl_credential_options options = { s->settings, d->settings, d->provider, d->base_url };
    struct sl_deployment_settings one = *d->settings;
    sluice_status st = find_credential(s, previous, &options, &d->credential, err);

    if (st < 0 || d->settings->n_api_keys < 2)
        return st;
    d->keys = sl_alloc0(&s->arena, d->settings->n_api_keys * sizeof *d->keys);
    if (!d->keys)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory for keys");
    options.deployment = &one;
    for (size_t i = 0; i < d->settings->n_api_keys; i++) {
        struct sl_key *k = &d->keys[d->n_keys++];

        one.api_key = d->settings->api_keys[i];
        k->state = key_state(s->owner, d, one.api_key);
        if (!k->state)
            return sl_fail(err, SLUICE_E_NOMEM, "out of memory for keys");
        st = find_credential(s, previous, &options, &k->credential, err);
        if (st < 0)
            return st;
    }
    return SLUICE_OK;
}

/* What no scheme of the host's reads is the provider's own business. */
static sluice_span config_of(const struct sl_deployment_settings *d,
                             const struct sl_plugin_class *cls, struct sluice_arena *arena)
{
    sluice_span a = d->config.len ? d->config : SL_SPAN("{}"), b = d->credential;

    if (cls->n_credentials || cls->token_exchange.len || b.len <= 2 || d->mock_response.len)
        return a;
    return sl_arena_printf(arena, "%.*s%s%.*s", SL_FMT(sl_span_head(a, a.len - 1)),
                           a.len > 2 ? "," : "", SL_FMT(sl_span_from(b, 1)));
}

struct wanted {
    sluice_span model;
    const struct sl_plugin_class *found;
};

static void serves(void *ctx, const struct sl_plugin_class *cls)
{
    struct wanted *w = ctx;
    struct sl_wildcard_match match;

    for (size_t i = 0; i < cls->n_serves && !w->found; i++)
        if (sl_wildcard_match(cls->serves[i], w->model, &match))
            w->found = cls;
}

/* The provider of a model without a prefix: the first whose file claims the name. */
static sluice_span provider_of(struct sl_owner *owner, const struct sl_deployment_settings *d)
{
    struct wanted w = { .model = d->model };

    if (d->mock_response.len)
        return SL_SPAN("mock");
    if (!d->provider.len)
        (void)sl_registry_each(owner->registry, SLUICE_PROVIDER_ID, serves, &w);
    return w.found ? sl_span_str(w.found->id) : d->provider;
}

/* The catalogue's words, the configuration's over them. */
static const struct sl_model *find_model(const struct sl_models *models,
                                         const struct sl_deployment *d, sluice_span name,
                                         struct sluice_arena *arena)
{
    const struct sl_deployment_settings *s = d->settings;
    const struct sl_plugin_class *cls = sl_entry_class(d->provider);
    struct sl_model *m = sl_alloc(arena, sizeof *m);
    sluice_status st;

    if (!m)
        return NULL;
    st =
        sl_models_resolve(models, s->provider, sl_span_str(cls->id), name, s->base_model, arena, m);
    if (st >= 0 && s->known)
        st = sl_model_overlay(m, s->known, arena);
    return st < 0 ? NULL : m;
}

const struct sl_model *sl_snapshot_model(const struct sl_snapshot *s, const struct sl_deployment *d,
                                         sluice_span model, struct sluice_arena *arena)
{
    return d->wildcard ? find_model(s->models, d, model, arena) : d->model;
}

sluice_status sl_snapshot_deployment(struct sl_snapshot *s, const struct sl_snapshot *previous,
                                     const struct sl_deployment_settings *d,
                                     struct sl_deployment *out, sluice_error *err)
{
    struct sl_owner *owner = s->owner;
    const struct sl_deployment *old = same_deployment(previous, d->id);
    const struct sl_plugin_class *cls;
    sluice_span plugin = provider_of(owner, d), config;
    sluice_status st;

    if (!plugin.len)
        return sl_fail_param(
            err, SLUICE_E_INVALID, NULL, "litellm_params.model",
            "model_list entry %.*s: the provider of model %.*s is not known; write "
            "it as <provider>/%.*s",
            SL_FMT(d->model_name), SL_FMT(d->model), SL_FMT(d->model));
    out->settings = d;
    out->upstream = d->insecure ? &unverified : NULL;
    st = sl_registry_class(owner->registry, SLUICE_PROVIDER_ID, plugin, &cls, err);
    if (st < 0)
        return st;
    config = config_of(d, cls, &s->arena);
    if (!config.ptr)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory for deployment %.*s", SL_FMT(d->id));
    st = sl_snapshot_entry(owner, s->settings, SLUICE_PROVIDER_ID, plugin, d->id, config,
                           old ? old->provider : NULL, &out->provider, err);
    if (st < 0)
        return st;
    cls = sl_entry_class(out->provider);
    out->cls = cls->table;
    out->model = find_model(s->models, out, d->model, &s->arena);
    out->wildcard = sl_span_find_char(d->model, '*') < d->model.len && d->base_model.len == 0;
    if (!out->model)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory for deployment %.*s", SL_FMT(d->id));
    st = sl_base_url(s->settings, d, cls, &s->arena, &out->base_url);
    if (st < 0)
        return sl_fail(err, st, "out of memory for deployment %.*s", SL_FMT(d->id));
    out->shown_url = sl_url_shown(out->base_url, false, &s->arena);
    out->state = sl_state_hold(owner->states, d->id);
    if (!out->state)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory for deployment %.*s", SL_FMT(d->id));
    if (d->max_parallel >= 0) {
        out->live = sl_live_hold(owner->live, d->model_name);
        if (!out->live)
            return sl_fail(err, SLUICE_E_NOMEM, "out of memory for deployment %.*s", SL_FMT(d->id));
    }
    if (!owner->trial)
        sl_state_window(out->state, s->settings->samples, s->settings->sample_ttl_ms);
    st = find_credentials(s, previous, out, err);
    if (st < 0)
        return st;
    sl_issued_tag(out);
    return SLUICE_OK;
}

static sluice_status make_loggers(struct sl_snapshot *s, struct sl_owner *owner,
                                  const struct sl_snapshot *previous, sluice_error *err)
{
    s->loggers = sl_alloc0(&s->arena, (s->settings->n_loggers + 1) * sizeof(struct sl_logger *));
    if (!s->loggers)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory for loggers");
    for (size_t i = 0; i < s->settings->n_loggers; i++) {
        const struct sl_logger_settings *l = &s->settings->loggers[i];
        struct sl_logger *old = NULL;
        struct sl_entry *entry;
        sluice_status st;

        for (size_t k = 0; previous && k < previous->n_loggers && !old; k++)
            if (sl_span_eq(sl_entry_name(sl_logger_entry(previous->loggers[k])), l->plugin))
                old = previous->loggers[k];
        st = sl_snapshot_entry(owner, s->settings, SLUICE_LOGGER_ID, l->plugin, l->plugin,
                               l->config, old ? sl_logger_entry(old) : NULL, &entry, err);
        if (st < 0)
            return st;
        if (old && entry == sl_logger_entry(old))
            s->loggers[s->n_loggers++] = sl_logger_hold(old);
        else if (!owner->trial &&
                 (st = sl_logger_create(entry, &owner->log, &s->loggers[s->n_loggers], err)) >= 0)
            s->n_loggers++;
        sl_entry_drop(entry);
        if (st < 0)
            return st;
    }
    return SLUICE_OK;
}

/* Its first call would tell, but to a client. Servers of one's own often want no key. */
static void warn_of_no_key(const struct sl_snapshot *s, const struct sl_deployment *d)
{
    const struct sl_plugin_class *cls = sl_entry_class(d->provider);

    if (!d->credential && !d->settings->api_base.len && cls->n_key_env && !cls->n_credentials &&
        sl_span_starts(cls->base_url, SL_SPAN("https:")) &&
        !sl_json_is_true(sl_json_find(cls->data, "key_optional")))
        sl_log(
            &s->owner->log, SL_WARN,
            "model %.*s has no key, its calls will be refused: set api_key, or the variable %.*s",
            SL_FMT(d->settings->model_name), SL_FMT(cls->key_env[0]));
}

static sluice_status build(struct sl_snapshot *s, struct sl_owner *owner,
                           const struct sl_snapshot *previous, sluice_error *err)
{
    const struct sl_settings *settings = s->settings;
    sluice_status st;

    s->deployments =
        sl_alloc0(&s->arena, (settings->n_deployments + sl_snapshot_pass_most(settings) + 1) *
                                 sizeof *s->deployments);
    if (!s->deployments)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory for model_list");
    for (size_t i = 0; i < settings->n_deployments; i++) {
        s->n_deployments++; /* counted first, so that a half-made one is dropped as well */
        st =
            sl_snapshot_deployment(s, previous, &settings->deployments[i], &s->deployments[i], err);
        if (st < 0)
            return st;
        warn_of_no_key(s, &s->deployments[i]);
    }
    st = sl_snapshot_pass(s, previous, err);
    if (st < 0)
        return st;
    if (settings->cache) {
        st = sl_snapshot_entry(owner, settings, SLUICE_CACHE_ID, settings->cache_plugin,
                               settings->cache_plugin, settings->cache_config,
                               previous ? previous->cache : NULL, &s->cache, err);
        if (st < 0)
            return st;
    }
    st = make_loggers(s, owner, previous, err);
    if (st < 0)
        return st;
    st = sl_groups_build(&s->groups, s->deployments, s->n_deployments, settings->aliases,
                         settings->n_aliases, &s->arena);
    if (st >= 0)
        st = sl_groups_set_options(&s->groups, settings, owner->live);
    return st < 0 ? sl_fail(err, st, "out of memory for model groups")
                  : sl_snapshot_routers(s, previous, err);
}

sluice_status sl_snapshot_create(struct sl_owner *owner, struct sl_settings *settings,
                                 const struct sl_snapshot *previous, struct sl_snapshot **out,
                                 sluice_error *err)
{
    struct sl_snapshot *s = calloc(1, sizeof *s);
    sluice_status st;

    if (!s) {
        sl_settings_destroy(settings);
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory for a configuration");
    }
    atomic_init(&s->refs, 1);
    s->owner = owner;
    s->settings = settings;
    s->models = sl_registry_models(owner->registry);
    sl_arena_init(&s->arena, 256u << 20);
    st = build(s, owner, previous, err);
    if (st < 0)
        sl_snapshot_drop(s);
    else
        *out = s;
    return st;
}

struct sl_snapshot *sl_snapshot_hold(struct sl_snapshot *s)
{
    atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
    return s;
}

void sl_snapshot_deployment_drop(struct sl_deployment *d)
{
    sl_entry_drop(d->provider);
    sl_state_drop(d->state);
    sl_live_drop(d->live);
    sl_credential_drop(d->credential);
    for (size_t k = 0; k < d->n_keys; k++) {
        sl_credential_drop(d->keys[k].credential);
        sl_state_drop(d->keys[k].state);
    }
}

static void destroy(struct sl_snapshot *s)
{
    sl_groups_finish(&s->groups);
    for (size_t i = 0; i < s->n_loggers; i++)
        sl_logger_drop(s->loggers[i]);
    for (size_t i = 0; i < s->n_deployments + s->n_hidden; i++)
        sl_snapshot_deployment_drop(&s->deployments[i]);
    sl_models_drop(s->models);
    for (size_t i = 0; i < s->n_routers; i++)
        sl_entry_drop(s->routers[i]);
    sl_entry_drop(s->cache);
    sl_arena_finish(&s->arena);
    sl_settings_destroy(s->settings);
    free(s);
}

static void destroy_posted(struct sl_post *p, bool dropped)
{
    (void)dropped;
    destroy(SL_CONTAINER(p, struct sl_snapshot, dropping));
}

void sl_snapshot_drop(struct sl_snapshot *s)
{
    if (!s || atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) != 1)
        return;
    s->dropping.fn = destroy_posted;
    sl_loop_post(s->owner->control, &s->dropping);
}

bool sl_snapshot_uses(const struct sl_snapshot *s, const struct sl_entry *e)
{
    if (s->cache == e)
        return true;
    for (size_t i = 0; i < s->n_routers; i++)
        if (s->routers[i] == e)
            return true;
    for (size_t i = 0; i < s->n_deployments + s->n_hidden; i++)
        if (s->deployments[i].provider == e)
            return true;
    return false;
}
