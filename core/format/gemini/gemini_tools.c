/* SPDX-License-Identifier: Apache-2.0 */
/* gemini_tools.c - tools of a Gemini request as functions of a chat request, and schemas in
 * Google's words as JSON Schema. */
#include "format/gemini/gemini.h"

const struct sl_json *sl_gemini_opt(const struct sl_json *j, const char *name)
{
    const struct sl_json *found = sl_json_opt(j, name);
    char snake[64];
    size_t n = 0;

    if (found || !j)
        return found;
    for (; *name && n + 2 < sizeof snake; name++) {
        if (*name >= 'A' && *name <= 'Z')
            snake[n++] = '_';
        snake[n++] = sl_lower(*name);
    }
    snake[n] = 0;
    return sl_json_opt(j, snake);
}

/* ---- schemas ---- */

static void lower_case(struct sl_json_out *o, sluice_span inside)
{
    sl_json_raw(o, SL_SPAN("\""));
    for (size_t i = 0; i < inside.len; i++)
        sl_buf_add_char(o->buf, sl_lower(inside.ptr[i]));
    sl_buf_add_char(o->buf, '"');
}

/* Limits are 64 bits wide there, and so written as strings. */
static bool is_number_in_string(const struct sl_json *m)
{
    sluice_span inside = sl_json_inside(m);
    uint64_t n;

    return (sl_span_starts(m->name, SL_SPAN("min")) || sl_span_starts(m->name, SL_SPAN("max"))) &&
           m->type == SL_JSON_STRING && sl_span_u64(inside, UINT64_MAX, &n) &&
           (inside.len == 1 || inside.ptr[0] != '0'); /* 007 is no number of JSON's */
}

static void schema_list(struct sl_json_out *o, const struct sl_json *list)
{
    sl_json_open(o, '[');
    sl_json_each(s, list)
    {
        sl_gemini_schema(o, s);
    }

    sl_json_close(o, ']');
}

static void type_of(struct sl_json_out *o, const struct sl_json *type, bool nullable)
{
    sl_json_key(o, "type");
    if (!nullable) {
        lower_case(o, sl_json_inside(type));
        return;
    }
    sl_json_open(o, '[');
    lower_case(o, sl_json_inside(type));
    sl_json_raw(o, SL_SPAN("\"null\""));
    sl_json_close(o, ']');
}

static void schema_member(struct sl_json_out *o, const struct sl_json *m, bool nullable)
{
    if (sl_span_eq(m->name, SL_SPAN("nullable")) ||
        sl_span_eq(m->name, SL_SPAN("propertyOrdering")) ||
        sl_span_eq(m->name, SL_SPAN("property_ordering")))
        return;
    if (sl_span_eq(m->name, SL_SPAN("type")) && m->type == SL_JSON_STRING) {
        type_of(o, m, nullable);
        return;
    }
    if (sl_span_eq(m->name, SL_SPAN("any_of")))
        sl_json_key(o, "anyOf");
    else
        sl_json_key_span(o, m->name);
    if (sl_span_eq(m->name, SL_SPAN("properties")) && m->type == SL_JSON_OBJECT) {
        sl_json_open(o, '{');
        sl_json_each(p, m)
        {
            sl_json_key_span(o, p->name);
            sl_gemini_schema(o, p);
        }
        sl_json_close(o, '}');
    } else if (sl_span_eq(m->name, SL_SPAN("items"))) {
        sl_gemini_schema(o, m);
    } else if ((sl_span_eq(m->name, SL_SPAN("anyOf")) || sl_span_eq(m->name, SL_SPAN("any_of"))) &&
               m->type == SL_JSON_ARRAY) {
        schema_list(o, m);
    } else if (is_number_in_string(m)) {
        sl_json_raw(o, sl_json_inside(m));
    } else {
        sl_json_raw(o, m->raw);
    }
}

void sl_gemini_schema(struct sl_json_out *o, const struct sl_json *schema)
{
    const struct sl_json *nullable = sl_json_opt(schema, "nullable");

    if (schema->type != SL_JSON_OBJECT) {
        sl_json_raw(o, schema->raw);
        return;
    }
    sl_json_open(o, '{');
    sl_json_each(m, schema)
    {
        schema_member(o, m, nullable && sl_json_is_true(nullable->raw));
    }

    sl_json_close(o, '}');
}

/* ---- tools ---- */

struct tools {
    struct sl_translation *t;
    const struct sl_json *allowed; /* names; NULL = all */
    size_t at, n;
};

static bool is_allowed(const struct tools *x, sluice_span name)
{
    if (!x->allowed || !x->allowed->n)
        return true;
    sl_json_each(a, x->allowed)
    {
        if (sl_span_eq(sl_json_inside(a), name))
            return true;
    }

    return false;
}

static sluice_status function(struct tools *x, const struct sl_json *f)
{
    const struct sl_json *name = sl_json_opt(f, "name");
    const struct sl_json *description = sl_json_opt(f, "description");
    const struct sl_json *schema = sl_json_opt(f, "parameters");
    const struct sl_json *json_schema = sl_gemini_opt(f, "parametersJsonSchema");
    struct sl_json_out *o = &x->t->out;

    if (!sl_json_inside(name).len)
        return sl_pivot_refuse(x->t, NULL, "A function needs its name.",
                               "tools.[%zu].functionDeclarations", x->at);
    if (!is_allowed(x, sl_json_inside(name)))
        return SLUICE_OK;
    if (!x->n++) {
        sl_pivot_key(x->t, "tools");
        sl_json_open(o, '[');
    }
    sl_json_open(o, '{');
    sl_json_kv_raw(o, "type", SL_SPAN("\"function\""));
    sl_json_key(o, "function");
    sl_json_open(o, '{');
    sl_json_kv_raw(o, "name", name->raw);
    if (description)
        sl_json_kv_raw(o, "description", description->raw);
    if (json_schema) {
        sl_json_kv_raw(o, "parameters", json_schema->raw);
    } else if (schema) {
        sl_json_key(o, "parameters");
        sl_gemini_schema(o, schema);
    }
    sl_json_close(o, '}');
    sl_json_close(o, '}');
    return SLUICE_OK;
}

static sluice_status choice(struct tools *x, const struct sl_json *config)
{
    const struct sl_json *mode = sl_json_opt(config, "mode");
    sluice_span word = sl_json_inside(mode);
    struct sl_json_out *o = &x->t->out;

    if (!word.len || !x->n)
        return SLUICE_OK;
    if (sl_span_ieq(word, SL_SPAN("ANY"))) {
        sl_pivot_key(x->t, "tool_choice");
        sl_json_raw(o, SL_SPAN("\"required\""));
    } else if (sl_span_ieq(word, SL_SPAN("NONE"))) {
        sl_pivot_key(x->t, "tool_choice");
        sl_json_raw(o, SL_SPAN("\"none\""));
    } else if (!sl_span_ieq(word, SL_SPAN("AUTO")) && !sl_span_ieq(word, SL_SPAN("VALIDATED")) &&
               !sl_span_ieq(word, SL_SPAN("MODE_UNSPECIFIED"))) {
        return sl_pivot_refuse(x->t, NULL, "This is AUTO, ANY, NONE or VALIDATED.",
                               "toolConfig.functionCallingConfig.mode");
    }
    return SLUICE_OK;
}

static sluice_status tool(struct tools *x, const struct sl_json *tool, bool *search)
{
    sluice_status st = SLUICE_OK;

    sl_json_each(m, tool)
    {
        if (st < 0)
            return st;
        if (sl_span_eq(m->name, SL_SPAN("functionDeclarations")) ||
            sl_span_eq(m->name, SL_SPAN("function_declarations"))) {
            sl_json_each(f, m)
            {
                if (st >= 0)
                    st = function(x, f);
            }
        } else if (x->t->extended && (sl_span_eq(m->name, SL_SPAN("googleSearch")) ||
                                      sl_span_eq(m->name, SL_SPAN("google_search")))) {
            *search = true;
        } else if (m->type != SL_JSON_NULL) {
            st = sl_pivot_lacking(x->t, "tools.[%zu].%.*s", x->at,
                                  SL_FMT(sl_span_head(m->name, 40)));
        }
    }
    return st;
}

sluice_status sl_gemini_tools(struct sl_translation *t)
{
    const struct sl_json *config =
        sl_gemini_opt(sl_gemini_opt(t->root, "toolConfig"), "functionCallingConfig");
    struct tools x = { .t = t, .allowed = sl_gemini_opt(config, "allowedFunctionNames") };
    bool search = false;
    sluice_status st = SLUICE_OK;

    sl_json_each(entry, sl_json_opt(t->root, "tools"))
    {
        if (st >= 0)
            st = tool(&x, entry, &search);
        x.at++;
    }
    if (x.n)
        sl_json_close(&t->out, ']');
    if (search) {
        sl_pivot_key(t, "web_search_options");
        sl_json_raw(&t->out, SL_SPAN("{}"));
    }
    return st < 0 ? st : choice(&x, config);
}
