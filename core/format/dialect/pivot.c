/* SPDX-License-Identifier: Apache-2.0 */
/* pivot.c - see pivot.h. */
#include "format/dialect/pivot.h"

#include <stdarg.h>
#include <stdio.h>

static void end_member(struct sl_translation *t)
{
    if (t->n_members && !t->members[t->n_members - 1].end)
        t->members[t->n_members - 1].end = t->out.buf->len;
}

void sl_pivot_begin(struct sl_translation *t)
{
    sl_json_open(&t->out, '{');
}

void sl_pivot_key(struct sl_translation *t, const char *name)
{
    end_member(t);
    sl_json_key_span(&t->out, sl_span_str(name));
    if (t->n_members == SL_PIVOT_MEMBERS) {
        t->too_many = true;
        return;
    }
    t->members[t->n_members].name = name;
    t->members[t->n_members].at = t->out.buf->len;
    t->members[t->n_members++].end = 0;
}

sluice_status sl_pivot_end(struct sl_translation *t)
{
    end_member(t);
    sl_json_close(&t->out, '}');
    if (t->too_many)
        return sl_fail(t->err, SLUICE_E_INVALID, "The request has too many members.");
    return sl_buf_ok(t->out.buf) ? SLUICE_OK : SLUICE_E_NOMEM;
}

bool sl_pivot_has(const struct sl_translation *t, sluice_span name)
{
    for (size_t i = 0; i < t->n_members; i++)
        if (sl_span_eq(name, sl_span_str(t->members[i].name)))
            return true;
    return false;
}

sluice_status sl_pivot_others(struct sl_translation *t, const char *const *said)
{
    sl_json_each(m, t->root)
    {
        const char *const *s = said;
        const char *name;

        while (*s && !sl_span_eq(m->name, sl_span_str(*s)))
            s++;
        if (*s || m->type == SL_JSON_NULL || sl_pivot_has(t, m->name))
            continue;
        name = sl_arena_dup(t->arena, m->name).ptr;
        if (!name)
            return SLUICE_E_NOMEM;
        if (strlen(name) != m->name.len) /* no name of anybody's has a zero in it */
            continue;
        sl_pivot_key(t, name);
        sl_json_raw(&t->out, m->raw);
    }
    return SLUICE_OK;
}

void sl_pivot_copy(struct sl_translation *t, const char *from, const char *to)
{
    const struct sl_json *value = sl_json_opt(t->root, from);

    if (!value)
        return;
    sl_pivot_key(t, to);
    sl_json_raw(&t->out, value->raw);
}

void sl_pivot_head(struct sl_translation *t)
{
    sl_pivot_key(t, "model");
    sl_json_str(&t->out, t->model);
    if (!t->stream)
        return;
    sl_pivot_key(t, "stream");
    sl_json_bool(&t->out, true);
    sl_pivot_key(t, "stream_options");
    sl_json_raw(&t->out, SL_SPAN("{\"include_usage\":true}"));
}

sluice_status sl_pivot_refuse(struct sl_translation *t, const char *code, const char *message,
                              const char *param, ...)
{
    char name[96];
    va_list args;

    va_start(args, param);
    vsnprintf(name, sizeof name, param, args);
    va_end(args);
    return sl_fail_param(t->err, SLUICE_E_INVALID, code, name, "%s: %s", name, message);
}

sluice_status sl_pivot_lacking(struct sl_translation *t, const char *param, ...)
{
    char name[96];
    va_list args;

    if (t->drop)
        return SLUICE_OK;
    va_start(args, param);
    vsnprintf(name, sizeof name, param, args);
    va_end(args);
    return sl_fail_param(t->err, SLUICE_E_INVALID, "unsupported_parameter", name,
                         "the deployment's provider does not take '%s'; leave it out or set "
                         "drop_params",
                         name);
}

void sl_pivot_inside(struct sl_buf *b, sluice_span json)
{
    bool string = false;
    size_t from = 0;

    for (size_t i = 0; i < json.len; i++) {
        char c = json.ptr[i];
        bool blank = !string && (c == ' ' || c == '\n' || c == '\r' || c == '\t');

        if (!blank && c != '"' && c != '\\')
            continue;
        sl_buf_add(b, sl_span(json.ptr + from, i - from));
        from = i;
        if (blank) {
            from++;
        } else if (c == '"') {
            sl_buf_add_char(b, '\\');
            string = !string;
        } else { /* what it escapes never ends the string */
            sl_buf_add(b, SL_SPAN("\\\\"));
            from = ++i;
            if (i < json.len && (json.ptr[i] == '"' || json.ptr[i] == '\\'))
                sl_buf_add_char(b, '\\');
        }
    }
    sl_buf_add(b, sl_span_from(json, from));
}

void sl_pivot_quoted(struct sl_json_out *o, sluice_span json)
{
    sl_json_raw(o, SL_SPAN("\""));
    sl_pivot_inside(o->buf, json);
    sl_buf_add_char(o->buf, '"');
}

void sl_pivot_thought(struct sl_json_out *o, bool *any, bool opaque)
{
    if (!*any) {
        sl_json_key(o, "thinking_blocks");
        sl_json_open(o, '[');
    }
    *any = true;
    sl_json_open(o, '{');
    sl_json_kv_str(o, "type", opaque ? SL_SPAN("redacted_thinking") : SL_SPAN("thinking"));
}

void sl_pivot_data_url(struct sl_json_out *o, sluice_span mime, sluice_span base64)
{
    sl_json_raw(o, SL_SPAN("\"data:"));
    sl_buf_add(o->buf, mime);
    sl_buf_add(o->buf, SL_SPAN(";base64,"));
    sl_buf_add(o->buf, base64);
    sl_buf_add_char(o->buf, '"');
}

void sl_pivot_text_part(struct sl_json_out *o, sluice_span inside)
{
    sl_json_open(o, '{');
    sl_json_kv_raw(o, "type", SL_SPAN("\"text\""));
    sl_json_key(o, "text");
    sl_json_inside_str(o, inside);
}

void sl_pivot_function(struct sl_json_out *o, const struct sl_json *name,
                       const struct sl_json *description, const struct sl_json *parameters,
                       const struct sl_json *strict)
{
    sl_json_open(o, '{');
    sl_json_kv_raw(o, "type", SL_SPAN("\"function\""));
    sl_json_key(o, "function");
    sl_json_open(o, '{');
    sl_json_kv_raw(o, "name", name->raw);
    if (description)
        sl_json_kv_raw(o, "description", description->raw);
    if (parameters)
        sl_json_kv_raw(o, "parameters", parameters->raw);
    if (strict)
        sl_json_kv_raw(o, "strict", strict->raw);
    sl_json_close(o, '}');
}

void sl_pivot_choose(struct sl_json_out *o, const struct sl_json *name)
{
    sl_json_raw(o, SL_SPAN("{\"type\":\"function\",\"function\":{\"name\":"));
    sl_buf_add(o->buf, name->raw);
    sl_buf_add(o->buf, SL_SPAN("}}"));
}

const char *sl_pivot_effort(int64_t budget)
{
    return budget < 2048 ? "low" : budget < 8192 ? "medium" : "high";
}
