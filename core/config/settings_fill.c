/* SPDX-License-Identifier: Apache-2.0 */
/* settings_fill.c - every section of the tree but model_list into the settings. */
#include "config/check.h"
#include "config/expand.h"
#include "config/fill.h"
#include "config/settings_clients.h"
#include "config/settings_health.h"

static struct sl_path key_path(const struct sl_path *up, const char *name)
{
    return SL_PATH_KEY(up, sl_span_str(name));
}

void sl_fill_mib(const struct sl_node *node, int64_t *bytes)
{
    int64_t millionths = 0;

    sl_fill_number(node, 6, &millionths);
    if (millionths > INT64_MAX / 2)
        *bytes = INT64_MAX / 2;
    else if (millionths > 0)
        *bytes = millionths / 1000000 * 1048576 + millionths % 1000000 * 1048576 / 1000000;
}

static void fill_general(struct sl_load *l, const struct sl_node *map)
{
    const struct sl_node *key = sl_node_get(map, "master_key");
    struct sl_settings *s = l->out;

    if (key && key->kind == SL_NODE_STRING) {
        struct sl_path top = key_path(NULL, "general_settings"),
                       path = key_path(&top, "master_key");

        /* A key of nobody's knowing must not turn into a door without lock. */
        if (key->text.len == 0)
            sl_load_error(l, &key->place, &path, "is empty");
        else if (!sl_secret_is_plain(key->text))
            sl_load_error(l, &key->place, &path, "holds a line break or another control character");
        s->master_key = sl_load_secret(l, key->text);
    }
    sl_fill_mib(sl_node_get(map, "max_request_size_mb"), &s->max_request_bytes);
    sl_fill_mib(sl_node_get(map, "max_response_size_mb"), &s->max_response_bytes);
    sl_fill_mib(sl_node_get(map, "max_in_flight_mb"), &s->max_bytes_in_flight);
    sl_fill_limit(sl_node_get(map, "body_timeout"), &s->body_timeout_ms);
    sl_fill_number(sl_node_get(map, "max_background_responses"), 0, &s->max_background);
    sl_fill_number(sl_node_get(map, "global_max_parallel_requests"), 0, &s->max_parallel_requests);
}

bool sl_fill_group_exists(const struct sl_node *root, sluice_span group)
{
    const struct sl_node *list = sl_node_get(root, "model_list");

    for (uint32_t i = 0; list && list->kind == SL_NODE_LIST && i < list->n; i++) {
        sluice_span name = sl_node_str(sl_node_get(list->items[i], "model_name"));

        if (sl_span_eq(name, group) || sl_span_find_char(name, '*') < name.len)
            return true;
    }
    return false;
}

/* alias: group, or alias: {model: group, hidden: true} */
static bool fill_alias(struct sl_load *l, const struct sl_node *root, const struct sl_member *m,
                       const struct sl_path *up, sluice_span *group, bool *hidden)
{
    const struct sl_node *model = m->value;
    struct sl_path path = SL_PATH_KEY(up, m->key);

    *hidden = false;
    if (model->kind == SL_NODE_MAP) {
        sl_fill_bool(sl_node_get(model, "hidden"), hidden);
        model = sl_node_get(model, "model");
    }
    if (!model || model->kind != SL_NODE_STRING || model->text.len == 0) {
        sl_load_error(l, &m->value->place, &path,
                      "must be the name of a model group, or a map of model and hidden");
        return false;
    }
    if (!sl_fill_group_exists(root, model->text))
        sl_load_line(l, SL_KEY_IGNORED, &model->place, &path, "no model_name is '%.*s'",
                     SL_FMT(sl_load_show(model)));
    sl_fill_str(l, model, group);
    return true;
}

static void fill_aliases(struct sl_load *l, const struct sl_node *root, const struct sl_node *map,
                         const struct sl_path *up)
{
    struct sl_path path = key_path(up, "model_group_alias");
    struct sl_settings *s = l->out;
    sluice_header *aliases;
    sluice_span *hidden;

    if (!map || map->kind != SL_NODE_MAP)
        return;
    aliases = sl_alloc0(&s->arena, (map->n + 1) * sizeof *aliases);
    hidden = sl_alloc0(&s->arena, (map->n + 1) * sizeof *hidden);
    if (!aliases || !hidden) {
        sl_load_nomem(l);
        return;
    }
    s->aliases = aliases;
    s->hidden_aliases = hidden;
    for (uint32_t i = 0; i < map->n; i++) {
        sluice_header *a = &aliases[s->n_aliases];
        bool is_hidden;

        if (!fill_alias(l, root, &map->members[i], &path, &a->value, &is_hidden))
            continue;
        a->name = sl_fill_text(l, map->members[i].key);
        s->n_aliases++;
        if (is_hidden)
            hidden[s->n_hidden_aliases++] = a->name;
    }
}

static void fill_router(struct sl_load *l, const struct sl_node *root, const struct sl_node *map)
{
    struct sl_path path = key_path(NULL, "router_settings");
    struct sl_settings *s = l->out;

    sl_fill_routing(l, map);
    sl_fill_bool(sl_node_get(map, "enable_pre_call_checks"), &s->pre_call_checks);
    sl_fill_number(sl_node_get(map, "num_retries"), 0, &s->num_retries);
    sl_fill_number(sl_node_get(map, "retry_after"), 3, &s->retry_after_ms);
    sl_fill_limits(map, &s->limits);
    sl_fill_limit(sl_node_get(map, "queue_timeout"), &s->queue_timeout_ms);
    sl_fill_number(sl_node_get(map, "default_max_parallel_requests"), 0, &s->default_max_parallel);
    sl_fill_number(sl_node_get(map, "default_priority"), 0, &s->default_priority);
    sl_fill_hedge(l, sl_node_get(map, "hedge"), &s->hedge);
    sl_fill_options(l, root, sl_node_get(map, "model_group_options"));
    sl_fill_limit(sl_node_get(map, "call_timeout"), &s->call_timeout_ms);
    fill_aliases(l, root, sl_node_get(map, "model_group_alias"), &path);
}

/* cache_params without a type means Redis to LiteLLM, hence the stand-in for it. */
static void fill_cache(struct sl_load *l, const struct sl_node *map)
{
    const struct sl_node *type = sl_node_get(map, "type"), *mode = sl_node_get(map, "mode");
    const struct sl_node *own = sl_node_get(map, "plugin_config");
    struct sl_settings *s = l->out;
    struct sl_json_out o;
    struct sl_buf buf;
    int64_t bytes = -1;

    s->cache_plugin = sl_judge_cache(type ? type->text : SL_SPAN("redis"));
    if (s->cache_plugin.ptr)
        s->cache_plugin = sl_fill_text(l, s->cache_plugin);
    else
        s->cache = false;
    if (mode && sl_span_eq(mode->text, SL_SPAN("default_off")))
        s->cache_default_on = false;
    sl_fill_number(sl_node_get(map, "ttl"), 3, &s->cache_ttl_ms);
    if (!type || sl_span_eq(type->text, SL_SPAN("local")))
        sl_fill_number(sl_node_get(map, "default_in_memory_ttl"), 3, &s->cache_ttl_ms);
    sl_fill_mib(sl_node_get(map, "max_size_mb"), &bytes);
    sl_buf_init(&buf, SL_CONFIG_BYTES);
    o = sl_json_out(&buf);
    sl_json_open(&o, '{');
    if (bytes > 0)
        sl_json_kv_i64(&o, "max_bytes", bytes);
    if (s->cache_ttl_ms >= 0)
        sl_json_kv_i64(&o, "ttl_ms", s->cache_ttl_ms);
    for (uint32_t i = 0; own && own->kind == SL_NODE_MAP && i < own->n; i++) {
        sl_json_key_span(&o, own->members[i].key);
        sl_fill_json_value(l, &o, own->members[i].value);
    }
    sl_json_close(&o, '}');
    s->cache_config = sl_fill_buf(l, &buf);
}

/* callback_settings of this plugin; message_logging is the host's to read. */
static void fill_logger_config(struct sl_load *l, const struct sl_node *all,
                               struct sl_logger_settings *out, bool *bodies)
{
    const struct sl_member *m = sl_node_member(all, out->plugin);
    struct sl_json_out o;
    struct sl_buf buf;

    sl_buf_init(&buf, SL_CONFIG_BYTES);
    o = sl_json_out(&buf);
    sl_json_open(&o, '{');
    for (uint32_t i = 0; m && m->value->kind == SL_NODE_MAP && i < m->value->n; i++) {
        const struct sl_member *c = &m->value->members[i];

        if (sl_span_eq(c->key, SL_SPAN("message_logging"))) {
            sl_fill_bool(c->value, bodies);
            continue;
        }
        sl_json_key_span(&o, c->key);
        sl_fill_json_value(l, &o, c->value);
    }
    sl_json_close(&o, '}');
    out->config = sl_fill_buf(l, &buf);
}

static struct sl_logger_settings *logger_named(struct sl_settings *s, sluice_span name)
{
    for (size_t i = 0; i < s->n_loggers; i++)
        if (sl_span_eq(s->loggers[i].plugin, name))
            return &s->loggers[i];
    return NULL;
}

/* One name may stand without a list. */
static uint32_t names_in(const struct sl_node *names)
{
    return !names ? 0 : names->kind == SL_NODE_LIST ? names->n : 1;
}

static void fill_callbacks(struct sl_load *l, const struct sl_node *names, bool success,
                           bool failure)
{
    struct sl_settings *s = l->out;

    for (uint32_t i = 0; i < names_in(names); i++) {
        sluice_span name = sl_node_str(names->kind == SL_NODE_LIST ? names->items[i] : names);
        struct sl_logger_settings *logger = logger_named(s, name);

        if (name.len == 0 || sl_judge_foreign_callback(name))
            continue;
        if (!logger) {
            logger = &s->loggers[s->n_loggers++];
            logger->plugin = sl_fill_text(l, name);
        }
        logger->on_success |= success;
        logger->on_failure |= failure;
    }
}

static void fill_loggers(struct sl_load *l, const struct sl_node *root, const struct sl_node *map)
{
    const struct sl_node *both = sl_node_get(map, "callbacks");
    const struct sl_node *good = sl_node_get(map, "success_callback");
    const struct sl_node *bad = sl_node_get(map, "failure_callback");
    const struct sl_node *configs = sl_node_get(root, "callback_settings");
    struct sl_settings *s = l->out;
    bool bodies = false, off = false;
    size_t most = names_in(both) + names_in(good) + names_in(bad);

    if (most == 0)
        return;
    s->loggers = sl_alloc0(&s->arena, most * sizeof *s->loggers);
    if (!s->loggers) {
        sl_load_nomem(l);
        return;
    }
    fill_callbacks(l, both, true, true);
    fill_callbacks(l, good, true, false);
    fill_callbacks(l, bad, false, true);
    for (size_t i = 0; i < s->n_loggers; i++)
        fill_logger_config(l, configs, &s->loggers[i], &bodies);
    sl_fill_bool(sl_node_get(map, "turn_off_message_logging"), &off);
    s->log_bodies = bodies && !off;
}

static void fill_litellm(struct sl_load *l, const struct sl_node *root, const struct sl_node *map)
{
    struct sl_settings *s = l->out;
    int64_t timeout = 0;

    sl_fill_bool(sl_node_get(map, "drop_params"), &s->drop_params);
    sl_fill_bool(sl_node_get(map, "cache"), &s->cache);
    sl_fill_number(sl_node_get(map, "request_timeout"), 3, &timeout);
    if (timeout > 0)
        s->request_timeout_ms = timeout;
    sl_fill_number(sl_node_get(map, "num_retries"), 0, &s->num_retries);
    sl_fill_number(sl_node_get(map, "num_retries_per_request"), 0, &s->retries_in_all);
    sl_fill_bool(sl_node_get(map, "user_url_validation"), &s->check_user_urls);
    sl_fill_strs(l, sl_node_get(map, "user_url_allowed_hosts"), &s->user_url_hosts,
                 &s->n_user_url_hosts);
    if (s->cache)
        fill_cache(l, sl_node_get(map, "cache_params"));
    fill_loggers(l, root, map);
}

static void fill_plugins(struct sl_load *l, const struct sl_node *map)
{
    const struct sl_node *path = sl_node_get(map, "path"), *sums = sl_node_get(map, "sha256");
    struct sl_path top = key_path(NULL, "plugins"), at = key_path(&top, "path");
    struct sl_settings *s = l->out;
    struct sl_buf buf;

    s->plugins_load_all = sl_span_eq(sl_node_str(sl_node_get(map, "load")), SL_SPAN("all"));
    sl_buf_init(&buf, SL_CONFIG_BYTES);
    for (uint32_t i = 0; path && i < (path->kind == SL_NODE_LIST ? path->n : 1); i++) {
        const struct sl_node *item = path->kind == SL_NODE_LIST ? path->items[i] : path;

        if (item->kind != SL_NODE_STRING || item->text.len == 0 || item->text.ptr[0] != '/')
            sl_load_error(l, &item->place, &at, "must be an absolute folder, or a list of them");
        if (i > 0)
            sl_buf_add_char(&buf, ':');
        sl_buf_add(&buf, item->text);
    }
    s->plugins_path = buf.len || !sl_buf_ok(&buf) ? sl_fill_buf(l, &buf) : sl_span(NULL, 0);
    if (sums && sums->kind == SL_NODE_MAP) {
        sluice_header *pins = sl_alloc0(&s->arena, (sums->n + 1) * sizeof *pins);
        struct sl_path sha = key_path(&top, "sha256");

        for (uint32_t i = 0; pins && i < sums->n; i++) {
            struct sl_path id = SL_PATH_KEY(&sha, sums->members[i].key);
            sluice_span hex = sl_node_str(sums->members[i].value);

            if (hex.len != 64 || strspn(hex.ptr, "0123456789abcdefABCDEF") < 64)
                sl_load_error(l, &sums->members[i].value->place, &id,
                              "must be a SHA-256 digest: 64 hexadecimal digits");
            pins[i] =
                (sluice_header){ sl_fill_text(l, sums->members[i].key), sl_fill_text(l, hex) };
        }
        s->plugins_sha256 = pins;
        s->n_plugins_sha256 = pins ? sums->n : 0;
        if (!pins)
            sl_load_nomem(l);
    }
}

void sl_fill_settings(struct sl_load *l, const struct sl_node *root)
{
    fill_general(l, sl_node_get(root, "general_settings"));
    sl_fill_objects(l, sl_node_get(root, "general_settings"));
    sl_fill_aws_clients(l, root);
    sl_fill_pass(l, sl_node_get(root, "general_settings"));
    fill_litellm(l, root, sl_node_get(root, "litellm_settings"));
    fill_router(l, root, sl_node_get(root, "router_settings"));
    sl_fill_resilience(l, root);
    fill_plugins(l, sl_node_get(root, "plugins"));
    sl_fill_health(l, root);
}
