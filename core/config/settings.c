/* SPDX-License-Identifier: Apache-2.0 */
/* settings.c - one load from file or text to settings; every default in one place. */
#include "config/settings.h"
#include "base/status.h"
#include "config/check.h"
#include "config/expand.h"
#include "config/fill.h"
#include "config/include.h"
#include "config/scalar.h"
#include "config/yaml.h"

#include <stdlib.h>

#define MIB (1024 * 1024)

/* Everything that is not 0, false or empty when the file does not say it. */
static const struct sl_settings defaults = {
    .request_timeout_ms = 6000000,
    .limits = SL_LIMITS_NONE,
    .hedge = SL_HEDGE_NONE,
    .queue_timeout_ms = 30000,
    .default_max_parallel = -1,
    .retries_in_all = -1,
    .num_retries = -1, /* litellm_settings.num_retries, else 2 */
    .check_user_urls = true,
    .resilience = { .max_fallbacks = 5,
                    .retries = SL_BY_CLASS_NONE,
                    .allowed_fails = -1,
                    .allowed_by_class = SL_BY_CLASS_NONE,
                    .cooldown_ms = 5000,
                    .budget_percent = 20,
                    .budget_burst = 100 },
    .sample_ttl_ms = 3600000,
    .samples = 10,
    .sticky_sessions = true,
    .cache_default_on = true,
    .cache_ttl_ms = -1,
    .max_request_bytes = 100 * MIB,
    .max_response_bytes = 100 * MIB,
    .max_parallel_requests = -1,
    .max_bytes_in_flight = 1024 * MIB,
    .body_timeout_ms = 60000,
    .max_background = 1000,
    .objects = { .ttl_ms = INT64_C(30) * 86400 * 1000 },
    .health = { .details = true, .interval_ms = 300000, .stale_ms = 600000, .concurrency = 8 },
};
#define DEFAULT_RETRIES 2

static void wipe(struct sl_load *l)
{
    for (struct sl_node *n = l->hidden; n; n = n->next_hidden)
        if (n->text.len && (n->kind == SL_NODE_STRING || n->kind == SL_NODE_INT))
            explicit_bzero((char *)n->text.ptr, n->text.len); /* the arena's own copy */
    sl_arena_finish(&l->arena);
}

static sluice_span folder_of(sluice_span path)
{
    while (path.len && path.ptr[path.len - 1] != '/')
        path.len--;
    if (path.len == 0)
        return SL_SPAN(".");
    return path.len == 1 ? path : sl_span_head(path, path.len - 1);
}

/* The tree of file or text with its includes; NULL with OK: there is neither. */
static struct sl_node *read_tree(struct sl_load *l, const char *path, sluice_span text)
{
    sluice_span dir = { NULL, 0 };
    struct sl_node *root = NULL;

    if (path && *path) {
        root = sl_include_file(l, sl_span_str(path), NULL);
        dir = folder_of(sl_span_str(path));
    } else if (text.len)
        root = sl_yaml_read(l, SL_SPAN("<text>"), text);
    if (root && root->kind != SL_NODE_MAP) {
        sl_load_error(l, &root->place, NULL, "a configuration is a map, not %s",
                      sl_node_kind_name(root->kind));
        return NULL;
    }
    if (root && sl_include_all(l, root, dir) < 0)
        return NULL;
    return root;
}

/* Variables that LiteLLM reads where the file is silent. */
static void read_environment(struct sl_load *l)
{
    struct sl_settings *s = l->out;
    sluice_span text = sl_settings_env(s, "REQUEST_TIMEOUT");
    int64_t n;

    if (text.len && sl_decimal_scale(text, 3, &n) <= SL_DECIMAL_ROUNDED && n > 0)
        s->request_timeout_ms = n;
    if (sl_span_ieq(sl_settings_env(s, "LITELLM_DROP_PARAMS"), SL_SPAN("true")))
        s->drop_params = true;
    text = sl_settings_env(s, "LITELLM_MASTER_KEY");
    if (text.len)
        s->master_key = sl_load_secret(l, text);
}

static void settle(struct sl_settings *s)
{
    if (s->num_retries < 0)
        s->num_retries = DEFAULT_RETRIES;
    if (!s->routing_strategy.len)
        s->routing_strategy = sl_judge_router(s->routing_strategy);
    if (!s->routing_args.len)
        s->routing_args = SL_SPAN("{}");
    if (!s->cache_plugin.len)
        s->cache_plugin = sl_judge_cache(s->cache_plugin);
    if (!s->cache_config.len)
        s->cache_config = SL_SPAN("{}");
}

static void load(struct sl_load *l, const char *path, sluice_span text)
{
    struct sl_node *root = read_tree(l, path, text);

    if (l->status < 0)
        return;
    if (path && *path)
        l->out->source = sl_fill_text(l, sl_span_str(path));
    if (root) {
        sl_expand_environment(l, root);
        sl_expand_tree(l, root);
        sl_check_map(l, SL_IN_TOP, root, NULL);
    }
    if (l->status == SLUICE_E_NOMEM)
        return;
    read_environment(l);
    if (root) {
        sl_fill_settings(l, root);
        sl_fill_deployments(l, root);
    }
    settle(l->out);
}

sluice_status sl_settings_load(const char *path, sluice_span text,
                               const struct sl_config_report *report, struct sl_settings **out,
                               sluice_error *err)
{
    struct sl_load l = { .report = report, .err = err };

    *out = NULL;
    l.out = malloc(sizeof *l.out);
    if (!l.out)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory reading the configuration");
    *l.out = defaults;
    sl_arena_init(&l.out->arena, SL_CONFIG_MEMORY);
    sl_arena_init(&l.arena, SL_CONFIG_MEMORY);
    load(&l, path, text);
    wipe(&l);
    if (l.status < 0)
        sl_settings_destroy(l.out);
    else
        *out = l.out;
    return l.status;
}

void sl_settings_destroy(struct sl_settings *s)
{
    if (!s)
        return;
    sl_arena_finish(&s->arena); /* secrets are its cleanups */
    free(s);
}
