/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settings_resilience.c - fallbacks, retries by class of error, cooldown: the same words stand in
 * router_settings and, for some of them, in litellm_settings; the router's count first.
 */
#include "config/check.h"
#include "config/fill.h"

struct place {
    struct sl_load *load;
    const struct sl_node *root;
    struct sl_path section;
};

static const char *const retry_names[SL_CLASSES] = {
    [SL_CLASS_BAD_REQUEST] = "BadRequestErrorRetries",
    [SL_CLASS_AUTH] = "AuthenticationErrorRetries",
    [SL_CLASS_TIMEOUT] = "TimeoutErrorRetries",
    [SL_CLASS_RATE_LIMIT] = "RateLimitErrorRetries",
    [SL_CLASS_CONTENT_POLICY] = "ContentPolicyViolationErrorRetries",
    [SL_CLASS_SERVER] = "InternalServerErrorRetries",
};
static const char *const fail_names[SL_CLASSES] = {
    [SL_CLASS_BAD_REQUEST] = "BadRequestErrorAllowedFails",
    [SL_CLASS_AUTH] = "AuthenticationErrorAllowedFails",
    [SL_CLASS_TIMEOUT] = "TimeoutErrorAllowedFails",
    [SL_CLASS_RATE_LIMIT] = "RateLimitErrorAllowedFails",
    [SL_CLASS_CONTENT_POLICY] = "ContentPolicyViolationErrorAllowedFails",
    [SL_CLASS_SERVER] = "InternalServerErrorAllowedFails",
};

const struct sl_fallback *sl_fallback_find(const struct sl_fallbacks *f, sluice_span group)
{
    size_t slash = sl_span_find_char(group, '/');
    sluice_span names[] = { group, sl_span_from(group, slash + 1), SL_SPAN("*") };

    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        if (k == 1 && slash == group.len)
            continue;
        for (size_t i = 0; i < f->n; i++)
            if (sl_span_eq(f->list[i].group, names[k]))
                return &f->list[i];
    }
    return NULL;
}

void sl_fill_by_class(const struct sl_node *map, bool fails, struct sl_by_class *out)
{
    for (int i = 0; map && i < SL_CLASSES; i++)
        sl_fill_number(sl_node_get(map, (fails ? fail_names : retry_names)[i]), 0, &out->n[i]);
}

static void say_unknown(struct place *p, const struct sl_node *name, const struct sl_path *path)
{
    const struct sl_node *router = sl_node_get(p->root, "router_settings");
    const struct sl_node *aliases = sl_node_get(router, "model_group_alias");

    if (!sl_fill_group_exists(p->root, name->text) && !sl_node_member(aliases, name->text))
        sl_load_line(p->load, SL_KEY_IGNORED, &name->place, path, "no model_name is '%.*s'",
                     SL_FMT(sl_load_show(name)));
}

/* A group's name, or a map of members with `model` among them. */
static bool fill_target(struct place *p, const struct sl_node *node, const struct sl_path *path,
                        struct sl_target *out)
{
    const struct sl_node *model = node->kind == SL_NODE_MAP ? sl_node_get(node, "model") : node;
    sluice_header *members;

    if (!model || model->kind != SL_NODE_STRING || model->text.len == 0) {
        sl_load_error(p->load, &node->place, path,
                      "must be the name of a model group, or a map with `model` in it");
        return false;
    }
    say_unknown(p, model, path);
    out->model = sl_fill_text(p->load, model->text);
    if (node->kind != SL_NODE_MAP)
        return true;
    members = sl_alloc0(&p->load->out->arena, node->n * sizeof *members);
    if (!members)
        return sl_load_nomem(p->load), false;
    out->members = members;
    for (uint32_t i = 0; i < node->n; i++) {
        const struct sl_member *m = &node->members[i];
        struct sl_path at = SL_PATH_KEY(path, m->key);

        if (sl_span_eq(m->key, SL_SPAN("model")))
            continue;
        if (sl_span_eq(m->key, SL_SPAN("api_base")) || sl_span_eq(m->key, SL_SPAN("base_url")) ||
            sl_span_eq(m->key, SL_SPAN("api_key"))) {
            sl_load_line(p->load, SL_KEY_IGNORED, &m->place, &at,
                         "where a call goes and whose key pays stands in model_list only");
            continue;
        }
        members[out->n_members].name = sl_fill_text(p->load, m->key);
        sl_fill_json(p->load, m->value, &members[out->n_members++].value);
    }
    return true;
}

/* One target may stand without a list. */
static void fill_targets(struct place *p, const struct sl_node *node, const struct sl_path *path,
                         struct sl_fallback *out)
{
    uint32_t n = node->kind == SL_NODE_LIST ? node->n : 1;
    struct sl_target *targets = sl_alloc0(&p->load->out->arena, (n + 1) * sizeof *targets);

    if (!targets) {
        sl_load_nomem(p->load);
        return;
    }
    out->targets = targets;
    for (uint32_t i = 0; i < n; i++) {
        struct sl_path item = SL_PATH_ITEM(path, i);
        bool list = node->kind == SL_NODE_LIST;

        if (fill_target(p, list ? node->items[i] : node, list ? &item : path, &targets[out->n]))
            out->n++;
    }
}

/* [{group: [target, ...]}, ...]; defaults come behind them as everybody's. */
static void fill_fallbacks(struct place *p, const struct sl_node *section, const char *name,
                           const struct sl_node *defaults, struct sl_fallbacks *out)
{
    const struct sl_node *list = sl_node_get(section, name);
    struct sl_path path = SL_PATH_KEY(&p->section, sl_span_str(name));
    struct sl_path more = SL_PATH_KEY(&p->section, SL_SPAN("default_fallbacks"));
    struct sl_fallback *all;
    size_t n = 1;

    if ((!list || list->kind != SL_NODE_LIST) && !defaults)
        return;
    for (uint32_t i = 0; list && list->kind == SL_NODE_LIST && i < list->n; i++)
        n += list->items[i]->kind == SL_NODE_MAP ? list->items[i]->n : 0;
    all = sl_alloc0(&p->load->out->arena, n * sizeof *all);
    if (!all) {
        sl_load_nomem(p->load);
        return;
    }
    *out = (struct sl_fallbacks){ .list = all };
    for (uint32_t i = 0; list && list->kind == SL_NODE_LIST && i < list->n; i++) {
        struct sl_path item = SL_PATH_ITEM(&path, i);

        for (uint32_t k = 0; list->items[i]->kind == SL_NODE_MAP && k < list->items[i]->n; k++) {
            const struct sl_member *m = &list->items[i]->members[k];
            struct sl_path at = SL_PATH_KEY(&item, m->key);

            all[out->n].group = sl_fill_text(p->load, m->key);
            fill_targets(p, m->value, &at, &all[out->n++]);
        }
    }
    if (defaults && defaults->kind == SL_NODE_LIST) {
        all[out->n].group = SL_SPAN("*");
        fill_targets(p, defaults, &more, &all[out->n++]);
    }
}

static void fill_group_retries(struct sl_load *l, const struct sl_node *map)
{
    struct sl_resilience *r = &l->out->resilience;
    struct sl_group_retries *all;

    if (!map || map->kind != SL_NODE_MAP)
        return;
    all = sl_alloc0(&l->out->arena, (map->n + 1) * sizeof *all);
    if (!all) {
        sl_load_nomem(l);
        return;
    }
    r->group_retries = all;
    for (uint32_t i = 0; i < map->n; i++) {
        struct sl_group_retries *g = &all[r->n_group_retries++];
        struct sl_path section = SL_PATH_KEY(NULL, SL_SPAN("router_settings"));
        struct sl_path path = SL_PATH_KEY(&section, SL_SPAN("model_group_retry_policy"));

        sl_check_map(l, SL_IN_RETRIES, map->members[i].value,
                     &SL_PATH_KEY(&path, map->members[i].key));
        *g = (struct sl_group_retries){ .retries = SL_BY_CLASS_NONE };
        g->group = sl_fill_text(l, map->members[i].key);
        sl_fill_by_class(map->members[i].value, false, &g->retries);
    }
}

static void fill_section(struct sl_load *l, const struct sl_node *root, const char *name)
{
    static const char *const kinds[SL_FALLS] = { "fallbacks", "context_window_fallbacks",
                                                 "content_policy_fallbacks" };
    const struct sl_node *map = sl_node_get(root, name);
    struct place p = { l, root, SL_PATH_KEY(NULL, sl_span_str(name)) };
    struct sl_resilience *r = &l->out->resilience;

    for (int i = 0; i < SL_FALLS; i++)
        fill_fallbacks(&p, map, kinds[i],
                       i == SL_FALL_GENERAL ? sl_node_get(map, "default_fallbacks") : NULL,
                       &r->fallbacks[i]);
    sl_fill_number(sl_node_get(map, "max_fallbacks"), 0, &r->max_fallbacks);
    sl_fill_number(sl_node_get(map, "allowed_fails"), 0, &r->allowed_fails);
}

void sl_fill_resilience(struct sl_load *l, const struct sl_node *root)
{
    const struct sl_node *router = sl_node_get(root, "router_settings");
    const struct sl_node *budget = sl_node_get(router, "retry_budget");
    struct sl_resilience *r = &l->out->resilience;

    fill_section(l, root, "litellm_settings");
    fill_section(l, root, "router_settings");
    sl_fill_bool(sl_node_get(router, "mid_stream_fallback"), &r->mid_stream);
    sl_fill_by_class(sl_node_get(router, "retry_policy"), false, &r->retries);
    fill_group_retries(l, sl_node_get(router, "model_group_retry_policy"));
    sl_fill_by_class(sl_node_get(router, "allowed_fails_policy"), true, &r->allowed_by_class);
    sl_fill_number(sl_node_get(router, "cooldown_time"), 3, &r->cooldown_ms);
    sl_fill_bool(sl_node_get(router, "disable_cooldowns"), &r->no_cooldowns);
    sl_fill_number(sl_node_get(budget, "percent"), 0, &r->budget_percent);
    sl_fill_number(sl_node_get(budget, "burst"), 0, &r->budget_burst);
}
