/* SPDX-License-Identifier: Apache-2.0 */
/* url.c - where a call goes: the deployment's base or the vendor's own, the operation's path, and
 * the call's parameters in path or query. */
#include "vendor.h"

#include <sluice_sdk/buf.h>
#include <sluice_sdk/span.h>
#include <sluice_sdk/status.h>

#define URL_MAX 16384

static bool unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

static void add_percent(struct sl_buf *b, sluice_span s)
{
    static const char hex[] = "0123456789ABCDEF";

    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];

        if (unreserved(s.ptr[i])) {
            sl_buf_add_char(b, s.ptr[i]);
            continue;
        }
        sl_buf_add_char(b, '%');
        sl_buf_add_char(b, hex[c >> 4]);
        sl_buf_add_char(b, hex[c & 15]);
    }
}

/* {name} -> the call's parameter or model; false: there is none. */
static bool placeholder(const sluice_call *call, sluice_span name, sluice_span *value)
{
    if (sl_span_eq(name, SL_SPAN("model"))) {
        *value = call->model;
        return true;
    }
    for (size_t i = 0; i < call->n_params; i++)
        if (sl_span_eq(call->params[i].name, name)) {
            *value = call->params[i].value;
            return true;
        }
    return false;
}

/* *missing: the first parameter that the call does not bring. */
static void add_path(struct sl_buf *b, const sluice_call *call, sluice_span path,
                     sluice_span *missing)
{
    while (path.len) {
        size_t open = sl_span_find_char(path, '{'), close = sl_span_find_char(path, '}');
        sluice_span value;

        sl_buf_add(b, sl_span_head(path, open));
        if (open == path.len)
            return;
        if (close > open && close < path.len) {
            sluice_span name = sl_span(path.ptr + open + 1, close - open - 1);

            if (placeholder(call, name, &value))
                add_percent(b, value);
            else if (!missing->len)
                *missing = name;
        }
        path = sl_span_from(path, close < path.len ? close + 1 : path.len);
    }
}

static bool in_path(sluice_span path, sluice_span name)
{
    size_t at;

    while ((at = sl_span_find(path, name)) < path.len) {
        if (at > 0 && path.ptr[at - 1] == '{' && at + name.len < path.len &&
            path.ptr[at + name.len] == '}')
            return true;
        path = sl_span_from(path, at + name.len);
    }
    return false;
}

static void add_query(struct sl_buf *b, const sluice_call *call, sluice_span path)
{
    for (size_t i = 0; i < call->n_params; i++) {
        const sluice_header *p = &call->params[i];

        /* The model is the host's to name, wherever the caller did. */
        if (in_path(path, p->name) || sl_span_eq(p->name, SL_SPAN("model")))
            continue;
        sl_buf_add_char(b, sl_span_find_char(sl_buf_span(b), '?') < b->len ? '&' : '?');
        add_percent(b, p->name);
        sl_buf_add_char(b, '=');
        add_percent(b, p->value);
    }
}

static sluice_status no_base(const struct vendor *v, sluice_error *err)
{
    sluice_span id = v->id.len ? v->id : SL_SPAN("this provider");

    if (!v->missing.len)
        return sl_fail_param(err, SLUICE_E_UNSUPPORTED, "missing_configuration", "api_base",
                             "%.*s has no address of its own: set api_base", SL_FMT(id));
    return sl_fail_param(err, SLUICE_E_UNSUPPORTED, "missing_configuration", "api_base",
                         "%.*s needs %.*s: set it beside the model%s%.*s, or give the whole "
                         "api_base",
                         SL_FMT(id), SL_FMT(v->missing),
                         v->missing_env.len ? " or in the variable " : "",
                         SL_FMT(v->missing_env.len ? v->missing_env : SL_SPAN("")));
}

bool oc_own_base(const struct vendor *v, const sluice_call *call)
{
    return !call->base_url.len || sl_span_eq(call->base_url, v->base_raw) ||
           sl_span_eq(call->base_url, v->base_url);
}

static sluice_status join(sluice_span base, sluice_span path, struct sluice_arena *mem,
                          sluice_span *url, sluice_error *err)
{
    char *text;

    if (sl_span_starts(path, SL_SPAN("https://"))) {
        *url = sl_arena_dup(mem, path);
        return url->ptr ? SLUICE_OK : sl_fail(err, SLUICE_E_NOMEM, "out of memory writing a URL");
    }
    text = sl_alloc(mem, base.len + path.len + 2);
    if (!text)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory writing a URL");
    *url = sl_span(text, sl_compat_url(base, path, text));
    return SLUICE_OK;
}

sluice_status oc_request_base(const struct vendor *v, const sluice_call *call, sluice_span *base,
                              sluice_error *err)
{
    bool ours = oc_own_base(v, call);

    *base = ours ? v->base_url : call->base_url;
    return ours && (!base->len || v->missing.len) ? no_base(v, err) : SLUICE_OK;
}

static sluice_span path_of(const struct vendor *v, const sluice_call *call)
{
    sluice_span path = { NULL, 0 };

    if (call->flags & SLUICE_CALL_STREAM)
        path = oc_pairs_get(&v->streamed, call->operation);
    return path.ptr ? path : oc_pairs_get(&v->operations, call->operation);
}

sluice_status oc_request_url(const struct vendor *v, const sluice_call *call,
                             struct sluice_arena *mem, sluice_span *url, sluice_error *err)
{
    sluice_span path = path_of(v, call), base;
    sluice_span missing = { 0 };
    char param[64];
    struct sl_buf b;
    sluice_status st;

    if (!path.ptr)
        return sl_fail(err, SLUICE_E_UNSUPPORTED, "%.*s does not offer %.*s", SL_FMT(v->id),
                       SL_FMT(call->operation));
    st = oc_request_base(v, call, &base, err);
    if (st < 0)
        return st;
    /* Most calls have nothing to fill in: the joined text is all there is. */
    if (!call->n_params && sl_span_find_char(path, '{') == path.len)
        return join(base, path, mem, url, err);
    sl_buf_init(&b, URL_MAX);
    add_path(&b, call, path, &missing);
    if (missing.len) {
        sl_buf_finish(&b);
        sl_copy_text(param, sizeof param, missing);
        return sl_fail_param(err, SLUICE_E_INVALID, NULL, param, "%s is required", param);
    }
    st = sl_buf_ok(&b) ? join(base, sl_buf_span(&b), mem, url, err) : SLUICE_E_NOMEM;
    if (st == SLUICE_OK) {
        sl_buf_reset(&b);
        sl_buf_add(&b, *url);
        add_query(&b, call, path);
        *url = sl_buf_ok(&b) ? sl_arena_dup(mem, sl_buf_span(&b)) : sl_span(NULL, 0);
    }
    if (st < 0 || !url->ptr)
        st = sl_fail(err, SLUICE_E_NOMEM, "out of memory writing a URL");
    sl_buf_finish(&b);
    return st;
}
