/* SPDX-License-Identifier: Apache-2.0 */
/*
 * responses_tools.c - tools of a Responses request as functions of a chat request. Functions of a
 * namespace stand among the others; a custom tool, which takes a text, becomes a function with one
 * parameter. What they were is found again in the request's own list when they are called.
 */
#include "format/responses/responses.h"

static void write_function(struct sl_translation *t, const struct sl_json *tool)
{
    sl_pivot_function(&t->out, sl_json_get(tool, "name"), sl_json_opt(tool, "description"),
                      sl_json_opt(tool, "parameters"), sl_json_opt(tool, "strict"));
    sl_json_close(&t->out, '}');
}

static void write_custom(struct sl_translation *t, const struct sl_json *tool)
{
    const struct sl_json *description = sl_json_opt(tool, "description");
    struct sl_json_out *o = &t->out;

    sl_json_raw(o, SL_SPAN("{\"type\":\"function\",\"function\":{\"name\":"));
    sl_buf_add(o->buf, sl_json_get(tool, "name")->raw);
    if (description)
        sl_json_kv_raw(o, "description", description->raw);
    sl_json_kv_raw(o, "parameters",
                   SL_SPAN("{\"type\":\"object\",\"properties\":{\"input\":{\"type\":\"string\"}},"
                           "\"required\":[\"input\"],\"additionalProperties\":false}"));
    sl_buf_add(o->buf, SL_SPAN("}}"));
}

static bool is_search(const struct sl_json *tool)
{
    return sl_span_starts(sl_json_inside(sl_json_get(tool, "type")), SL_SPAN("web_search"));
}

struct tools {
    struct sl_translation *t;
    size_t at; /* in the list, for errors */
    size_t n;  /* written */
    bool search;
};

static sluice_status one(struct tools *x, const struct sl_json *tool, bool inner)
{
    struct sl_translation *t = x->t;
    const struct sl_json *type = sl_json_get(tool, "type");
    bool function = sl_json_is(type, "function"), custom = sl_json_is(type, "custom");

    if (sl_json_is(type, "namespace") && !inner) {
        sluice_status st = SLUICE_OK;

        sl_json_each(within, sl_json_opt(tool, "tools"))
        {
            if (st >= 0)
                st = one(x, within, true);
        }
        return st;
    }
    if (is_search(tool) && t->extended) {
        x->search = true;
        return SLUICE_OK;
    }
    if (!function && !custom)
        return sl_pivot_lacking(t, "tools.[%zu].type", x->at);
    if (!sl_json_inside(sl_json_get(tool, "name")).len)
        return sl_pivot_refuse(t, NULL, "A tool needs its name.", "tools.[%zu].name", x->at);
    if (!x->n++) {
        sl_pivot_key(t, "tools");
        sl_json_open(&t->out, '[');
    }
    if (function)
        write_function(t, tool);
    else
        write_custom(t, tool);
    return SLUICE_OK;
}

static sluice_status choice(struct sl_translation *t, bool tools)
{
    const struct sl_json *choice = sl_json_opt(t->root, "tool_choice");
    const struct sl_json *name = sl_json_get(choice, "name");
    const struct sl_json *type = sl_json_get(choice, "type");

    if (!choice || !tools)
        return SLUICE_OK;
    if (choice->type == SL_JSON_STRING) {
        sl_pivot_key(t, "tool_choice");
        sl_json_raw(&t->out, choice->raw);
        return SLUICE_OK;
    }
    if ((!sl_json_is(type, "function") && !sl_json_is(type, "custom")) || !sl_json_inside(name).len)
        return sl_pivot_lacking(t, "tool_choice.type");
    sl_pivot_key(t, "tool_choice");
    sl_pivot_choose(&t->out, name);
    return SLUICE_OK;
}

sluice_status sl_responses_tools(struct sl_translation *t)
{
    struct tools x = { .t = t };
    sluice_status st = SLUICE_OK;

    sl_json_each(tool, sl_json_opt(t->root, "tools"))
    {
        if (st >= 0)
            st = one(&x, tool, false);
        x.at++;
    }
    if (x.n)
        sl_json_close(&t->out, ']');
    if (x.search) {
        sl_pivot_key(t, "web_search_options");
        sl_json_raw(&t->out, SL_SPAN("{}"));
    }
    if (st >= 0)
        st = choice(t, x.n > 0);
    if (st >= 0 && x.n)
        sl_pivot_copy(t, "parallel_tool_calls", "parallel_tool_calls");
    return st;
}

/* ---- what was called ---- */

static bool is_named(sluice_span tool, sluice_span name)
{
    sluice_span inside;

    return sl_json_raw_string(sl_json_member(tool, SL_SPAN("name")), &inside) &&
           sl_span_eq(inside, name);
}

static bool is_of_type(sluice_span tool, const char *type)
{
    sluice_span inside;

    return sl_json_raw_string(sl_json_member(tool, SL_SPAN("type")), &inside) &&
           sl_span_eq(inside, sl_span_str(type));
}

static bool find(sluice_span tools, sluice_span name, struct sl_responses_tool *found)
{
    struct sl_json_iter it = { 0 };
    sluice_span none, tool;

    while (sl_json_type(tools) == SL_JSON_ARRAY && sl_json_next(&it, tools, &none, &tool)) {
        if (sl_json_type(tool) != SL_JSON_OBJECT)
            continue;
        if (is_of_type(tool, "namespace")) {
            if (!find(sl_json_member(tool, SL_SPAN("tools")), name, found))
                continue;
            found->space = sl_json_member(tool, SL_SPAN("name"));
            return true;
        }
        if (!is_named(tool, name))
            continue;
        found->custom = is_of_type(tool, "custom");
        return true;
    }
    return false;
}

struct sl_responses_tool sl_responses_tool_of(sluice_span tools, sluice_span name)
{
    struct sl_responses_tool found = { 0 };

    (void)find(tools, name, &found);
    return found;
}
