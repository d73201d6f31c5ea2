/* SPDX-License-Identifier: Apache-2.0 */
/* settings_route.c - router_settings that say how a deployment is chosen: strategies, tags, what
 * sessions stay with. */
#include "config/check.h"
#include "config/fill.h"

/* LiteLLM's names, the arguments they come with, and what our plugin is told of them. */
static void fill_strategy(struct sl_load *l, const struct sl_node *map, sluice_span *strategy,
                          sluice_span *args)
{
    const struct sl_node *name = sl_node_get(map, "routing_strategy");

    if (name && name->kind == SL_NODE_STRING)
        *strategy = sl_fill_text(l, sl_judge_router(name->text));
    sl_fill_json(l, sl_node_get(map, "routing_strategy_args"), args);
}

static void fill_groups(struct sl_load *l, const struct sl_node *list)
{
    struct sl_settings *s = l->out;
    struct sl_routing_group *groups;

    if (!list || list->kind != SL_NODE_LIST || list->n == 0)
        return;
    groups = sl_alloc0(&s->arena, list->n * sizeof *groups);
    if (!groups) {
        sl_load_nomem(l);
        return;
    }
    s->routing_groups = groups;
    for (uint32_t i = 0; i < list->n; i++) {
        struct sl_routing_group *g = &groups[s->n_routing_groups];

        sl_fill_strs(l, sl_node_get(list->items[i], "models"), &g->models, &g->n_models);
        g->strategy = sl_judge_router(sl_span("", 0));
        g->args = SL_SPAN("{}");
        fill_strategy(l, list->items[i], &g->strategy, &g->args);
        if (g->n_models)
            s->n_routing_groups++;
    }
}

static bool has(const struct sl_node *list, const char *word)
{
    for (uint32_t i = 0; list && list->kind == SL_NODE_LIST && i < list->n; i++)
        if (sl_span_eq(sl_node_str(list->items[i]), sl_span_str(word)))
            return true;
    return false;
}

void sl_fill_routing(struct sl_load *l, const struct sl_node *map)
{
    const struct sl_node *args = sl_node_get(map, "routing_strategy_args");
    const struct sl_node *checks = sl_node_get(map, "optional_pre_call_checks");
    struct sl_settings *s = l->out;
    bool match_any = true;

    fill_strategy(l, map, &s->routing_strategy, &s->routing_args);
    fill_groups(l, sl_node_get(map, "routing_groups"));
    sl_fill_number(sl_node_get(args, "ttl"), 3, &s->sample_ttl_ms);
    sl_fill_number(sl_node_get(args, "max_latency_list_size"), 0, &s->samples);
    sl_fill_bool(sl_node_get(map, "enable_tag_filtering"), &s->tag_filtering);
    sl_fill_bool(sl_node_get(map, "tag_filtering_match_any"), &match_any);
    s->tag_match_all = !match_any;
    sl_fill_bool(sl_node_get(map, "sticky_sessions"), &s->sticky_sessions);
    s->sticky_prompts = has(checks, "prompt_caching");
    s->sticky_callers = has(checks, "deployment_affinity");
}
