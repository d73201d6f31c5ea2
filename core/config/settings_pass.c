/* SPDX-License-Identifier: Apache-2.0 */
/* settings_pass.c - general_settings.pass_through_endpoints: paths of ours that lead to somebody
 * else's API. */
#include "config/fill.h"
#include "format/http1_parse.h"

#define QUERY_MOST 8192
#define LEAST_PATH 2 /* "/" alone would take everything */

static void wrong(struct sl_load *l, const struct sl_node *entry, const struct sl_path *path,
                  const char *name, const char *what)
{
    const struct sl_member *m = sl_node_member(entry, sl_span_str(name));
    struct sl_path item = SL_PATH_KEY(path, sl_span_str(name));

    sl_load_error(l, m ? &m->place : &entry->place, &item, "%s", what);
}

static void fill_headers(struct sl_load *l, const struct sl_node *map, const struct sl_path *path,
                         struct sl_pass_settings *out)
{
    struct sl_path headers = SL_PATH_KEY(path, SL_SPAN("headers"));
    sluice_header *all;

    if (!map || map->kind != SL_NODE_MAP || !map->n)
        return;
    all = sl_alloc0(&l->out->arena, map->n * sizeof *all);
    if (!all) {
        sl_load_nomem(l);
        return;
    }
    out->headers = all;
    for (uint32_t i = 0; i < map->n; i++) {
        const struct sl_member *m = &map->members[i];
        struct sl_path item = SL_PATH_KEY(&headers, m->key);

        /* LiteLLM's word for "the caller's key comes under this name", which is no header. */
        if (sl_span_eq(m->key, SL_SPAN("litellm_user_api_key")))
            continue;
        if (m->value->kind == SL_NODE_LIST || m->value->kind == SL_NODE_MAP ||
            !sl_http_name_ok(m->key) || !sl_http_value_ok(m->value->text)) {
            sl_load_error(l, &m->place, &item, "is no HTTP header");
            continue;
        }
        all[out->n_headers].name = sl_fill_text(l, m->key);
        all[out->n_headers++].value = sl_fill_text(l, m->value->text);
    }
}

static bool unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("-._~", c));
}

static void add_percent(struct sl_buf *b, sluice_span s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (unreserved(s.ptr[i]))
            sl_buf_add_char(b, s.ptr[i]);
        else
            sl_buf_printf(b, "%%%02X", (unsigned)(unsigned char)s.ptr[i]);
    }
}

static void fill_query(struct sl_load *l, const struct sl_node *map, struct sl_pass_settings *out)
{
    struct sl_buf b;

    if (!map || map->kind != SL_NODE_MAP || !map->n)
        return;
    sl_buf_init(&b, QUERY_MOST);
    for (uint32_t i = 0; i < map->n; i++) {
        const struct sl_member *m = &map->members[i];

        if (m->value->kind == SL_NODE_LIST || m->value->kind == SL_NODE_MAP)
            continue;
        if (b.len)
            sl_buf_add_char(&b, '&');
        add_percent(&b, m->key);
        sl_buf_add_char(&b, '=');
        add_percent(&b, m->value->text);
    }
    out->query = sl_fill_buf(l, &b);
}

static bool is_url(sluice_span s)
{
    return sl_span_starts(s, SL_SPAN("https://")) || sl_span_starts(s, SL_SPAN("http://"));
}

static bool fill_one(struct sl_load *l, const struct sl_node *entry, const struct sl_path *path,
                     struct sl_pass_settings *out)
{
    int64_t cost = 0;

    *out = (struct sl_pass_settings){ .auth = true, .cost_nano_usd = -1 };
    if (entry->kind != SL_NODE_MAP)
        return false;
    sl_fill_str(l, sl_node_get(entry, "id"), &out->id);
    sl_fill_str(l, sl_node_get(entry, "path"), &out->path);
    sl_fill_str(l, sl_node_get(entry, "target"), &out->target);
    while (out->path.len > 1 && out->path.ptr[out->path.len - 1] == '/')
        out->path.len--;
    if (out->path.len < LEAST_PATH || out->path.ptr[0] != '/')
        wrong(l, entry, path, "path", "must begin with a slash, and be more than it");
    if (!is_url(out->target))
        wrong(l, entry, path, "target", "must be a URL");
    if (out->path.len < LEAST_PATH || !is_url(out->target))
        return false;
    fill_headers(l, sl_node_get(entry, "headers"), path, out);
    fill_query(l, sl_node_get(entry, "default_query_params"), out);
    sl_fill_strs(l, sl_node_get(entry, "methods"), &out->methods, &out->n_methods);
    sl_fill_bool(sl_node_get(entry, "include_subpath"), &out->include_subpath);
    sl_fill_bool(sl_node_get(entry, "auth"), &out->auth);
    sl_fill_bool(sl_node_get(entry, "forward_headers"), &out->forward_headers);
    sl_fill_number(sl_node_get(entry, "cost_per_request"), 9, &cost);
    if (cost > 0)
        out->cost_nano_usd = cost;
    sl_fill_limit(sl_node_get(entry, "timeout"), &out->timeout_ms);
    return true;
}

void sl_fill_pass(struct sl_load *l, const struct sl_node *general)
{
    const struct sl_node *list = sl_node_get(general, "pass_through_endpoints");
    struct sl_path top = SL_PATH_KEY(NULL, SL_SPAN("general_settings"));
    struct sl_path where = SL_PATH_KEY(&top, SL_SPAN("pass_through_endpoints"));
    struct sl_settings *s = l->out;
    int64_t limit = 0;

    sl_fill_strs(l, sl_node_get(general, "pass_through_providers"), &s->pass_providers,
                 &s->n_pass_providers);
    sl_fill_limit(sl_node_get(general, "pass_through_request_timeout"), &limit);
    if (!list || list->kind != SL_NODE_LIST || !list->n)
        return;
    s->pass = sl_alloc0(&s->arena, list->n * sizeof *s->pass);
    if (!s->pass) {
        sl_load_nomem(l);
        return;
    }
    for (uint32_t i = 0; i < list->n; i++) {
        struct sl_path path = SL_PATH_ITEM(&where, i);
        struct sl_pass_settings *out = &s->pass[s->n_pass];

        if (!fill_one(l, list->items[i], &path, out))
            continue;
        if (!out->timeout_ms)
            out->timeout_ms = limit;
        s->n_pass++;
    }
}
