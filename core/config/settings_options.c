/* SPDX-License-Identifier: Apache-2.0 */
/* settings_options.c - limits of time, wherever they are said, and router_settings.
 * model_group_options into the settings. */
#include "config/fill.h"

const char *const sl_limit_keys[] = { "timeout", "stream_timeout", "ttft_timeout",
                                      "stream_idle_timeout", "stream_min_tokens_per_second" };
const size_t sl_limit_keys_n = sizeof sl_limit_keys / sizeof *sl_limit_keys;

void sl_fill_limit(const struct sl_node *node, int64_t *ms)
{
    int64_t given = 0;

    sl_fill_number(node, 3, &given);
    if (given > 0)
        *ms = given;
}

void sl_fill_limit_named(const struct sl_node *node, size_t i, struct sl_limits *out)
{
    int64_t *const to[] = { &out->timeout_ms, &out->stream_timeout_ms, &out->ttft_ms, &out->idle_ms,
                            &out->speed_milli };

    sl_fill_limit(node, to[i]); /* thousandths, all of them */
}

void sl_fill_limits(const struct sl_node *map, struct sl_limits *out)
{
    for (size_t i = 0; i < sl_limit_keys_n; i++)
        sl_fill_limit_named(sl_node_get(map, sl_limit_keys[i]), i, out);
}

/* Percents with three decimals, in tenths of a percent; above 99.9 nothing would ever be late. */
static void check_percentile(struct sl_load *l, const struct sl_node *node)
{
    int64_t thousandths = 0;

    sl_fill_number(node, 3, &thousandths);
    if (node && (thousandths < 1000 || thousandths > 99900))
        sl_load_error(l, &node->place, NULL, "hedge.percentile is from 1 to 99.9");
}

void sl_fill_hedge(struct sl_load *l, const struct sl_node *map, struct sl_hedge_rule *out)
{
    const struct sl_node *percentile = sl_node_get(map, "percentile");

    sl_fill_number(sl_node_get(map, "after"), 3, &out->after_ms);
    check_percentile(l, percentile);
    sl_fill_number(percentile, 1, &out->percentile);
    sl_fill_number(sl_node_get(map, "budget_percent"), 4, &out->budget_ppm);
}

void sl_fill_options(struct sl_load *l, const struct sl_node *root, const struct sl_node *map)
{
    struct sl_path top = SL_PATH_KEY(NULL, SL_SPAN("router_settings")),
                   up = SL_PATH_KEY(&top, SL_SPAN("model_group_options"));
    struct sl_group_options *list;

    if (!map || map->kind != SL_NODE_MAP)
        return;
    list = sl_alloc0(&l->out->arena, (map->n + 1) * sizeof *list);
    if (!list) {
        sl_load_nomem(l);
        return;
    }
    for (uint32_t i = 0; i < map->n; i++) {
        const struct sl_member *m = &map->members[i];
        struct sl_path path = SL_PATH_KEY(&up, m->key);

        if (!sl_fill_group_exists(root, m->key))
            sl_load_line(l, SL_KEY_IGNORED, &m->place, &path, "no model_name is '%.*s'",
                         SL_FMT(sl_span_head(m->key, 80)));
        list[i].group = sl_fill_text(l, m->key);
        list[i].limits = (struct sl_limits)SL_LIMITS_NONE;
        sl_fill_limits(m->value, &list[i].limits);
        list[i].hedge = (struct sl_hedge_rule)SL_HEDGE_NONE;
        sl_fill_bool(sl_node_get(m->value, "single_flight"), &list[i].single_flight);
        sl_fill_hedge(l, sl_node_get(m->value, "hedge"), &list[i].hedge);
    }
    l->out->groups = list;
    l->out->n_groups = map->n;
}

const struct sl_group_options *sl_settings_group(const struct sl_settings *s, sluice_span group)
{
    for (size_t i = 0; i < s->n_groups; i++)
        if (sl_span_eq(s->groups[i].group, group))
            return &s->groups[i];
    return NULL;
}
