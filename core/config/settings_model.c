/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settings_model.c - model_list to deployments. A deployment's parameters are its litellm_params,
 * then those of its credential, then default_litellm_params; each goes to a field, or is handed on
 * (settings_params.h).
 */
#include "config/expand.h"
#include "config/fill.h"
#include "config/settings_health.h"
#include "config/settings_id.h"
#include "config/settings_known.h"
#include "config/settings_params.h"

#include <stdlib.h>

/* One entry of model_list on its way to one or more deployments. */
struct entry {
    struct sl_load *load;
    const struct sl_node *root, *node, *info;
    struct sl_node params; /* merged */
    struct sl_path list, path, params_path;
};

static const struct sl_node *get(const struct entry *e, const char *name)
{
    return sl_node_get(&e->params, name);
}

static void wrong(const struct entry *e, const struct sl_node *at, const char *key,
                  const char *what)
{
    struct sl_path path = SL_PATH_KEY(&e->params_path, sl_span_str(key));

    sl_load_error(e->load, &at->place, &path, "%s", what);
}

/* Members that are not there yet. */
static bool add_members(struct entry *e, const struct sl_node *from)
{
    struct sl_member *all;

    if (!from || from->kind != SL_NODE_MAP || from->n == 0)
        return true;
    all = sl_alloc(&e->load->arena, (e->params.n + from->n) * sizeof *all);
    if (!all)
        return sl_load_nomem(e->load), false;
    if (e->params.n)
        memcpy(all, e->params.members, e->params.n * sizeof *all);
    e->params.members = all;
    for (uint32_t i = 0; i < from->n; i++) {
        const struct sl_member *m = &from->members[i];
        const struct sl_member *twin = sl_node_member(&e->params, m->key);

        if (m->value->kind != SL_NODE_NULL && !twin)
            all[e->params.n++] = *m;
    }
    return true;
}

static const struct sl_node *find_credential(const struct entry *e, const struct sl_node *name)
{
    const struct sl_node *list = sl_node_get(e->root, "credential_list");

    for (uint32_t i = 0; list && list->kind == SL_NODE_LIST && i < list->n; i++)
        if (sl_span_eq(sl_node_str(sl_node_get(list->items[i], "credential_name")),
                       sl_node_str(name)))
            return sl_node_get(list->items[i], "credential_values");
    wrong(e, name, "litellm_credential_name", "no such entry in credential_list");
    return NULL;
}

static bool merge_params(struct entry *e, const struct sl_node *own)
{
    const struct sl_node *router = sl_node_get(e->root, "router_settings"), *name;

    e->params = (struct sl_node){ .kind = SL_NODE_MAP, .place = own->place };
    if (!add_members(e, own))
        return false;
    name = get(e, "litellm_credential_name");
    return (!name || add_members(e, find_credential(e, name))) &&
           add_members(e, sl_node_get(router, "default_litellm_params"));
}

#define RESPONSES "responses/" /* before a model's name: chat is asked for by that API */

/* provider/name; the part in front may turn out to be no provider's name: route/ decides. */
static void fill_names(struct entry *e, struct sl_deployment_settings *d)
{
    const struct sl_node *model = get(e, "model");
    sluice_span text = sl_node_str(model), provider;
    size_t slash = sl_span_find_char(text, '/');

    sl_fill_str(e->load, sl_node_get(e->info, "mode"), &d->mode);
    sl_fill_str(e->load, sl_node_get(e->node, "model_name"), &d->model_name);
    provider = sl_node_str(get(e, "custom_llm_provider"));
    if (provider.len == 0 && slash < text.len) {
        provider = sl_span_head(text, slash);
        text = sl_span_from(text, slash + 1);
    } else if (provider.len && slash == provider.len && sl_span_starts(text, provider))
        text = sl_span_from(text, slash + 1);
    if (sl_span_starts(text, SL_SPAN(RESPONSES)) && text.len > sizeof RESPONSES - 1) {
        text = sl_span_from(text, sizeof RESPONSES - 1);
        d->mode = SL_SPAN("responses");
    }
    if (model && text.len == 0)
        wrong(e, model, "model", "names no model");
    if (sl_span_eq(provider, SL_SPAN("auto_router")))
        wrong(e, model, "model",
              "automatic routers are not in force; routing_strategy: conditional leads calls to "
              "models by rules");
    d->provider = sl_fill_text(e->load, provider);
    d->model = sl_fill_text(e->load, text);
    d->written = sl_fill_text(e->load, sl_node_str(model));
}

static void fill_url(struct entry *e, struct sl_deployment_settings *d)
{
    const struct sl_node *url = get(e, "api_base");

    if (!url)
        url = get(e, "base_url");
    if (!url)
        url = get(e, "aws_bedrock_runtime_endpoint");
    if (sl_node_str(url).len == 0)
        return;
    if (!sl_span_starts(url->text, SL_SPAN("http://")) &&
        !sl_span_starts(url->text, SL_SPAN("https://")))
        wrong(e, url, "api_base", "must begin with http:// or https://");
    for (size_t i = 0; i < url->text.len; i++)
        if ((unsigned char)url->text.ptr[i] <= ' ' || url->text.ptr[i] == 0x7f) {
            wrong(e, url, "api_base", "must not contain blanks or control characters");
            break;
        }
    sl_fill_str(e->load, url, &d->api_base);
}

/* The deployment's own key, else litellm_settings.<provider>_key. */
static void fill_key(struct entry *e, struct sl_deployment_settings *d)
{
    const struct sl_node *key = get(e, "api_key");

    if (!key && d->provider.len) {
        sluice_span name = sl_arena_printf(&e->load->arena, "%.*s_key", SL_FMT(d->provider));

        if (name.ptr)
            key = sl_node_get(sl_node_get(e->root, "litellm_settings"), name.ptr);
        else
            sl_load_nomem(e->load);
    }
    if (!sl_secret_is_plain(sl_node_str(key)))
        wrong(e, key, "api_key", "holds a line break or another control character");
    if (sl_node_str(key).len)
        d->api_key = sl_load_secret(e->load, key->text);
}

/* Several keys that take turns. An empty one is none: a variable may be set to nothing. */
static void fill_keys(struct entry *e, struct sl_deployment_settings *d)
{
    const struct sl_node *keys = get(e, "api_keys");

    if (!keys || keys->kind != SL_NODE_LIST || keys->n == 0)
        return;
    if (get(e, "api_key"))
        wrong(e, keys, "api_keys", "stands beside api_key: write all of them here");
    d->api_keys = sl_alloc0(&e->load->out->arena, keys->n * sizeof(struct sl_secret *));
    if (!d->api_keys) {
        sl_load_nomem(e->load);
        return;
    }
    for (uint32_t i = 0; i < keys->n; i++) {
        sluice_span text = sl_node_str(keys->items[i]);

        if (!sl_secret_is_plain(text))
            wrong(e, keys, "api_keys", "holds a line break or another control character");
        else if (text.len)
            d->api_keys[d->n_api_keys++] = sl_load_secret(e->load, text);
    }
    if (d->n_api_keys)
        d->api_key = d->api_keys[0];
}

/* litellm_params first, model_info else. */
static void fill_either(const struct entry *e, const char *name, int power, int64_t *out)
{
    const struct sl_node *node = get(e, name);

    sl_fill_number(node ? node : sl_node_get(e->info, name), power, out);
}

/* Its own, else those of default_litellm_params. */
static void fill_limits(const struct entry *e, struct sl_limits *out)
{
    for (size_t i = 0; i < sl_limit_keys_n; i++)
        sl_fill_limit_named(get(e, sl_limit_keys[i]), i, out);
}

/* How many may run at once is no matter of how many a minute may bring: rpm and tpm do not say. */
static void fill_parallel(const struct entry *e, struct sl_deployment_settings *d)
{
    sl_fill_number(get(e, "max_parallel_requests"), 0, &d->max_parallel);
    if (d->max_parallel < 0)
        d->max_parallel = e->load->out->default_max_parallel;
    if (d->max_parallel == 0) /* nobody could ever be served */
        d->max_parallel = 1;
}

static void fill_numbers(struct entry *e, struct sl_deployment_settings *d)
{
    d->weight_ppm = d->order = d->rpm = d->tpm = d->max_parallel = -1;
    d->num_retries = d->input_pico_usd = d->output_pico_usd = -1;
    d->cooldown_ms = -1;
    d->allowed_fails = (struct sl_by_class)SL_BY_CLASS_NONE;
    sl_fill_number(get(e, "weight"), 6, &d->weight_ppm);
    sl_fill_number(get(e, "order"), 0, &d->order);
    fill_either(e, "rpm", 0, &d->rpm);
    fill_either(e, "tpm", 0, &d->tpm);
    fill_parallel(e, d);
    d->limits = (struct sl_limits)SL_LIMITS_NONE;
    sl_fill_limit(get(e, "request_timeout"), &d->limits.timeout_ms);
    fill_limits(e, &d->limits);
    sl_fill_number(get(e, "num_retries"), 0, &d->num_retries);
    sl_fill_number(get(e, "cooldown_time"), 3, &d->cooldown_ms);
    sl_fill_by_class(get(e, "allowed_fails_policy"), true, &d->allowed_fails);
    fill_either(e, "input_cost_per_token", 12, &d->input_pico_usd);
    fill_either(e, "output_cost_per_token", 12, &d->output_pico_usd);
}

static void fill_deployment(struct entry *e, struct sl_deployment_settings *d,
                            const struct sl_node *organization)
{
    const struct sl_node *global = sl_node_get(e->root, "litellm_settings");
    const struct sl_node *verify = get(e, "ssl_verify"), *base = get(e, "base_model");
    struct sl_load *l = e->load;
    bool check = true;

    fill_names(e, d);
    fill_url(e, d);
    fill_key(e, d);
    fill_keys(e, d);
    fill_numbers(e, d);
    sl_settings_params(l, &e->params, &e->params_path, e->info, organization, d);
    sl_fill_strs(l, get(e, "additional_drop_params"), &d->drop, &d->n_drop);
    sl_fill_strs(l, get(e, "allowed_openai_params"), &d->allow, &d->n_allow);
    sl_fill_json(l, get(e, "tags"), &d->tags);
    sl_fill_strs(l, get(e, "tags"), &d->tag_list, &d->n_tags);
    sl_fill_str(l, get(e, "region_name"), &d->region);
    sl_fill_str(l, get(e, "silent_model"), &d->silent_model);
    sl_fill_str(l, sl_node_get(e->info, "team_id"), &d->team_id);
    sl_fill_str(l, sl_node_get(e->info, "team_public_model_name"), &d->team_model);
    sl_fill_strs(l, sl_node_get(e->info, "access_groups"), &d->access_groups, &d->n_access_groups);
    sl_fill_str(l, sl_node_get(e->info, "variant"), &d->variant);
    d->model_info = SL_SPAN("{}");
    sl_fill_json(l, e->info, &d->model_info);
    sl_fill_str(l, base ? base : sl_node_get(e->info, "base_model"), &d->base_model);
    sl_settings_known(l, &e->params, e->info, d);
    sl_fill_probe(l, e->info, &d->probe);
    d->drop_params = l->out->drop_params;
    sl_fill_bool(get(e, "drop_params"), &d->drop_params);
    sl_fill_bool(get(e, "use_in_pass_through"), &d->use_in_pass_through);
    sl_fill_bool(get(e, "merge_reasoning_content_in_choices"), &d->merge_reasoning);
    sl_fill_bool(verify ? verify : sl_node_get(global, "ssl_verify"), &check);
    d->insecure = !check;
}

static const struct sl_node *need(const struct entry *e, const struct sl_node *map,
                                  const struct sl_path *path, const char *name)
{
    const struct sl_member *m = sl_node_member(map, sl_span_str(name));
    bool empty = m && (m->value->kind == SL_NODE_NULL ||
                       (m->value->kind == SL_NODE_STRING && m->value->text.len == 0));

    if (m && !empty)
        return m->value;
    sl_load_error(e->load, m ? &m->place : &map->place, path, "%s %s", name,
                  m ? "is empty" : "is missing");
    return NULL;
}

/* Is this entry complete enough to be read? */
static bool check_entry(struct entry *e)
{
    const struct sl_node *params;
    bool named;

    if (e->node->kind != SL_NODE_MAP) /* reported as a wrong type */
        return false;
    e->params_path = SL_PATH_KEY(&e->path, SL_SPAN("litellm_params"));
    named = need(e, e->node, &e->path, "model_name") != NULL;
    params = need(e, e->node, &e->path, "litellm_params");
    if (!params || params->kind != SL_NODE_MAP || !merge_params(e, params))
        return false;
    e->info = sl_node_get(e->node, "model_info");
    return need(e, &e->params, &e->params_path, "model") && named;
}

void sl_fill_deployments(struct sl_load *l, const struct sl_node *root)
{
    const struct sl_node *list = sl_node_get(root, "model_list");
    struct sl_settings *s = l->out;
    size_t most = 0;

    if (!list || list->kind != SL_NODE_LIST)
        return;
    for (uint32_t i = 0; i < list->n; i++) {
        const struct sl_node *params = sl_node_get(list->items[i], "litellm_params");
        const struct sl_node *org = sl_node_get(params, "organization");

        most += org && org->kind == SL_NODE_LIST && org->n ? org->n : 1;
    }
    s->deployments = sl_alloc0(&s->arena, (most + 1) * sizeof *s->deployments);
    if (!s->deployments) {
        sl_load_nomem(l);
        return;
    }
    for (uint32_t i = 0; i < list->n && l->status != SLUICE_E_NOMEM; i++) {
        struct entry e = { .load = l, .root = root, .node = list->items[i] };
        const struct sl_node *org;
        uint32_t n;

        e.list = SL_PATH_KEY(NULL, SL_SPAN("model_list"));
        e.path = SL_PATH_ITEM(&e.list, i);
        if (!check_entry(&e))
            continue;
        org = get(&e, "organization");
        n = org && org->kind == SL_NODE_LIST && org->n ? org->n : 1;
        for (uint32_t k = 0; k < n && s->n_deployments < most; k++) {
            struct sl_deployment_settings *d = &s->deployments[s->n_deployments++];

            fill_deployment(&e, d, org && org->kind == SL_NODE_LIST ? org->items[k] : org);
            sl_settings_identify(l, d, &e.path, e.info, &e.params, k);
        }
    }
}
