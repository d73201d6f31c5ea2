/* SPDX-License-Identifier: Apache-2.0 */
/* tools_write.c - tool definitions and tool_choice in the vendor's form. */
#include "request.h"

static void write_input_schema(struct sl_parts *b, const struct sl_json *parameters)
{
    sl_json_key(&b->out, "input_schema");
    turns_write_schema(b, parameters);
}

static void write_tool(struct request *r, struct sl_parts *b, const struct sl_json *tool)
{
    const struct sl_json *f = anthropic_function_of(tool), *parameters, *strict, *description;
    sluice_span cache = turns_cache_control(tool);

    if (!f) {
        sl_parts_raw(b, tool->raw);
        return;
    }
    parameters = sl_json_opt(f, "parameters");
    strict = sl_json_opt(f, "strict");
    description = sl_json_opt(f, "description");
    if (!cache.len)
        cache = turns_cache_control(f);
    sl_json_open(&b->out, '{');
    sl_json_key(&b->out, "name");
    sl_json_inside_str(&b->out, anthropic_name_of(tool));
    if (sl_json_inside(description).len) {
        sl_json_key(&b->out, "description");
        sl_parts_inside(b, sl_json_inside(description));
    }
    if (strict && strict->type == SL_JSON_TRUE && r->family->structured &&
        sl_json_is(sl_json_get(parameters, "type"), "object") &&
        anthropic_schema_fits(parameters)) {
        sl_json_key(&b->out, "input_schema");
        anthropic_write_schema(b, parameters);
        sl_json_kv_bool(&b->out, "strict", true);
    } else {
        write_input_schema(b, parameters);
    }
    if (cache.len)
        sl_json_kv_raw(&b->out, "cache_control", cache);
    sl_json_close(&b->out, '}');
}

/* The history calls tools but none is offered. */
static sluice_status write_history_tools(struct request *r, struct sl_parts *b)
{
    sluice_span *names;
    size_t n = 0;
    sluice_status st = turns_called(&r->turns, &names, &n);

    for (size_t i = 0; i < n; i++) {
        sl_json_open(&b->out, '{');
        sl_json_key(&b->out, "name");
        sl_json_inside_str(&b->out, names[i]);
        write_input_schema(b, NULL);
        sl_json_close(&b->out, '}');
    }
    return st;
}

static void write_json_tool(struct request *r, struct sl_parts *b)
{
    sl_json_open(&b->out, '{');
    sl_json_kv_str(&b->out, "name", r->x->json_tool);
    turns_key_inside(b, "description", turns_json_tool_description(&r->turns));
    write_input_schema(b, r->turns.schema);
    sl_json_close(&b->out, '}');
}

/* How much searching each size of context stands for. */
static const struct {
    const char *size;
    int64_t max_uses;
} searches[] = { { "low", 1 }, { "medium", 5 }, { "high", 10 } };

static void write_web_search(struct request *r, struct sl_parts *b)
{
    static const char *const fields[] = { "city", "region", "country", "timezone" };
    const struct sl_json *options = r->m[M_WEB_SEARCH_OPTIONS];
    const struct sl_json *at = sl_json_opt(sl_json_opt(options, "user_location"), "approximate");

    sl_json_open(&b->out, '{');
    sl_json_kv_str(&b->out, "type", SL_SPAN("web_search_20250305"));
    sl_json_kv_str(&b->out, "name", SL_SPAN("web_search"));
    for (size_t i = 0; i < sizeof searches / sizeof *searches; i++)
        if (sl_json_is(sl_json_get(options, "search_context_size"), searches[i].size))
            sl_json_kv_i64(&b->out, "max_uses", searches[i].max_uses);
    if (at) {
        sl_json_key(&b->out, "user_location");
        sl_json_open(&b->out, '{');
        sl_json_kv_str(&b->out, "type", SL_SPAN("approximate"));
        for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
            if (sl_json_opt(at, fields[i]))
                sl_json_kv_raw(&b->out, fields[i], sl_json_get(at, fields[i])->raw);
        sl_json_close(&b->out, '}');
    }
    sl_json_close(&b->out, '}');
}

static void write_choice(struct request *r, struct sl_parts *b, bool offered)
{
    static const char *const types[] = { "auto", "auto", "any", "tool", "none" };
    sluice_span name;
    enum turns_choice choice = turns_choice(&r->turns, offered, &name);
    bool serial = r->turns.no_parallel || r->turns.form == FORM_TOOL;

    if (choice == CHOICE_UNSET && !serial)
        return;
    sl_json_key(&b->out, "tool_choice");
    sl_json_open(&b->out, '{');
    sl_json_kv_str(&b->out, "type", sl_span_str(types[choice]));
    if (choice == CHOICE_TOOL) {
        sl_json_key(&b->out, "name");
        sl_json_inside_str(&b->out, name);
    }
    if (serial && choice != CHOICE_NONE)
        sl_json_kv_bool(&b->out, "disable_parallel_tool_use", true);
    sl_json_close(&b->out, '}');
}

sluice_status anthropic_write_tools(struct request *r, struct sl_parts *b)
{
    bool search = r->m[M_WEB_SEARCH_OPTIONS] != NULL, offered = search;
    sluice_status st = SLUICE_OK;

    for (size_t i = 0; i < r->turns.n_tools; i++)
        offered |= r->turns.tools[i] != NULL;
    if (!offered && !r->turns.tool_history && r->turns.form != FORM_TOOL)
        return st;
    sl_json_key(&b->out, "tools");
    sl_json_open(&b->out, '[');
    for (size_t i = 0; i < r->turns.n_tools; i++)
        if (r->turns.tools[i])
            write_tool(r, b, r->turns.tools[i]);
    if (search)
        write_web_search(r, b);
    if (!offered && r->turns.tool_history)
        st = write_history_tools(r, b);
    if (r->turns.form == FORM_TOOL)
        write_json_tool(r, b);
    sl_json_close(&b->out, ']');
    write_choice(r, b, offered);
    return st;
}
