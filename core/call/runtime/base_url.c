/* SPDX-License-Identifier: Apache-2.0 */
/* base_url.c - see base_url.h. */
#include "call/runtime/base_url.h"

#include "base/buf.h"
#include "base/status.h"
#include "format/json_scan.h"

#define URL_MAX 8192
#define NAME_MAX_LEN 128

/* The value of a variable that a data file names in a JSON string; empty = not set. */
static sluice_span variable(const struct sl_settings *settings, sluice_span json)
{
    char name[NAME_MAX_LEN];
    sluice_span inside;

    if (!json.ptr || !sl_json_raw_string(json, &inside) || inside.len >= sizeof name)
        return sl_span(NULL, 0);
    sl_copy_text(name, sizeof name, inside);
    return sl_settings_env(settings, name);
}

/* base_env: one name or a list, the first that is set counts. */
static sluice_span from_base_env(const struct sl_settings *settings, sluice_span data)
{
    sluice_span names = sl_json_member(data, SL_SPAN("base_env")), ignored, one, value;
    struct sl_json_iter it = { 0 };

    if (!names.ptr || sl_json_type(names) != SL_JSON_ARRAY)
        return variable(settings, names);
    while (sl_json_next(&it, names, &ignored, &one)) {
        value = variable(settings, one);
        if (value.len)
            return value;
    }
    return sl_span(NULL, 0);
}

/* What is known of a vendor: its data file, or the "x-sluice" of a plugin that is all code. */
static sluice_span facts_of(const struct sl_plugin_class *cls)
{
    if (cls->data.len || !cls->config_schema)
        return cls->data;
    return sl_json_member(sl_span_str(cls->config_schema), SL_SPAN("x-sluice"));
}

/* A placeholder's value; empty = none. */
static sluice_span placeholder(const struct sl_settings *settings,
                               const struct sl_deployment_settings *d, sluice_span data,
                               sluice_span name, struct sluice_arena *arena)
{
    sluice_span own = d->config.len ? sl_json_member(d->config, name) : sl_span(NULL, 0), text;
    sluice_span variables = sl_json_member(data, SL_SPAN("variables"));

    if (own.ptr && sl_json_string(own, arena, &text) && text.len)
        return text;
    if (!variables.ptr || sl_json_type(variables) != SL_JSON_OBJECT)
        return sl_span(NULL, 0);
    return variable(settings, sl_json_member(variables, name));
}

/* false: a placeholder has no value. */
static bool fill(const struct sl_settings *settings, const struct sl_deployment_settings *d,
                 sluice_span base_url, sluice_span facts, struct sluice_arena *arena,
                 struct sl_buf *out)
{
    sluice_span rest = base_url;

    while (rest.len) {
        size_t open = sl_span_find_char(rest, '{'), close = sl_span_find_char(rest, '}');
        sluice_span value;

        sl_buf_add(out, sl_span_head(rest, open));
        if (open == rest.len)
            return true;
        if (close < open || close == rest.len)
            return false;
        value =
            placeholder(settings, d, facts, sl_span(rest.ptr + open + 1, close - open - 1), arena);
        if (!value.len)
            return false;
        sl_buf_add(out, value);
        rest = sl_span_from(rest, close + 1);
    }
    return true;
}

sluice_status sl_base_url(const struct sl_settings *settings,
                          const struct sl_deployment_settings *d, const struct sl_plugin_class *cls,
                          struct sluice_arena *arena, sluice_span *out)
{
    sluice_span from_env, facts = facts_of(cls);
    struct sl_buf b;

    *out = d->api_base.len ? d->api_base : cls->base_url;
    if (d->api_base.len || !facts.len)
        return SLUICE_OK;
    from_env = from_base_env(settings, facts);
    if (from_env.len) {
        *out = sl_arena_dup(arena, from_env);
        return out->ptr ? SLUICE_OK : SLUICE_E_NOMEM;
    }
    if (sl_span_find_char(cls->base_url, '{') == cls->base_url.len)
        return SLUICE_OK;
    sl_buf_init(&b, URL_MAX);
    if (fill(settings, d, cls->base_url, facts, arena, &b))
        *out = sl_buf_ok(&b) ? sl_arena_dup(arena, sl_buf_span(&b)) : sl_span(NULL, 0);
    sl_buf_finish(&b);
    return out->ptr ? SLUICE_OK : SLUICE_E_NOMEM;
}

sluice_span sl_url_shown(sluice_span url, bool query, struct sluice_arena *arena)
{
    size_t scheme = sl_span_find(url, SL_SPAN("://")), begin = scheme < url.len ? scheme + 3 : 0;
    size_t host = begin, end = begin;
    sluice_span out;

    for (; end < url.len && !strchr("/?#", url.ptr[end]); end++)
        if (url.ptr[end] == '@')
            host = end + 1;
    while (end < url.len && url.ptr[end] != '?' && url.ptr[end] != '#')
        end++;
    if (query)
        end = url.len;
    if (host == begin)
        return sl_span_head(url, end);
    out = sl_arena_printf(arena, "%.*s%.*s", SL_FMT(sl_span_head(url, begin)),
                          SL_FMT(sl_span_from(sl_span_head(url, end), host)));
    return out.ptr ? out : SL_SPAN("");
}
