/* SPDX-License-Identifier: Apache-2.0 */
/* settings_health.c - health checks: what general_settings, router_settings and model_info say. */
#include "config/settings_health.h"

#define TIMEOUT_MS 60000

static void fill_positive(const struct sl_node *node, int power, int64_t *out)
{
    int64_t n = 0;

    sl_fill_number(node, power, &n);
    if (n > 0)
        *out = n;
}

void sl_fill_health(struct sl_load *l, const struct sl_node *root)
{
    struct sl_health_settings *h = &l->out->health;
    /* Some of the keys stand in either place; the general one wins. */
    const struct sl_node *maps[] = { sl_node_get(root, "router_settings"),
                                     sl_node_get(root, "general_settings") };

    h->stale_ms = -1;
    for (size_t i = 0; i < 2; i++) {
        sl_fill_bool(sl_node_get(maps[i], "enable_health_check_routing"), &h->routing);
        sl_fill_bool(sl_node_get(maps[i], "health_check_ignore_transient_errors"),
                     &h->ignore_transient);
        fill_positive(sl_node_get(maps[i], "health_check_staleness_threshold"), 3, &h->stale_ms);
    }
    sl_fill_bool(sl_node_get(maps[1], "background_health_checks"), &h->background);
    sl_fill_bool(sl_node_get(maps[1], "health_check_details"), &h->details);
    fill_positive(sl_node_get(maps[1], "health_check_interval"), 3, &h->interval_ms);
    fill_positive(sl_node_get(maps[1], "health_check_concurrency"), 0, &h->concurrency);
    if (h->stale_ms < 0)
        h->stale_ms = 2 * h->interval_ms;
}

void sl_fill_probe(struct sl_load *l, const struct sl_node *info, struct sl_probe_settings *out)
{
    *out = (struct sl_probe_settings){ .voice = SL_SPAN("alloy"),
                                       .timeout_ms = TIMEOUT_MS,
                                       .max_tokens = 1,
                                       .max_reasoning = -1,
                                       .max_plain = -1 };
    sl_fill_bool(sl_node_get(info, "disable_background_health_check"), &out->off);
    sl_fill_str(l, sl_node_get(info, "health_check_model"), &out->model);
    sl_fill_str(l, sl_node_get(info, "health_check_voice"), &out->voice);
    sl_fill_str(l, sl_node_get(info, "health_check_reasoning_effort"), &out->effort);
    fill_positive(sl_node_get(info, "health_check_timeout"), 3, &out->timeout_ms);
    fill_positive(sl_node_get(info, "health_check_max_tokens"), 0, &out->max_tokens);
    fill_positive(sl_node_get(info, "health_check_max_tokens_reasoning"), 0, &out->max_reasoning);
    fill_positive(sl_node_get(info, "health_check_max_tokens_non_reasoning"), 0, &out->max_plain);
}
