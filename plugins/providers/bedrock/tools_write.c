/* SPDX-License-Identifier: Apache-2.0 */
/* tools_write.c - toolConfig: definitions and toolChoice in the vendor's form. */
#include "request.h"

static void write_input_schema(struct sl_parts *b, const struct sl_json *parameters)
{
    sl_json_key(&b->out, "inputSchema");
    sl_json_open(&b->out, '{');
    sl_json_key(&b->out, "json");
    turns_write_schema(b, parameters);
    sl_json_close(&b->out, '}');
}

static void open_spec(struct sl_parts *b, sluice_span name, sluice_span description)
{
    sl_json_open(&b->out, '{');
    sl_json_key(&b->out, "toolSpec");
    sl_json_open(&b->out, '{');
    sl_json_key(&b->out, "name");
    sl_json_inside_str(&b->out, name);
    if (!sl_chat_blank(description)) {
        sl_json_key(&b->out, "description");
        sl_parts_inside(b, description);
    }
}

static void close_spec(struct sl_parts *b)
{
    sl_json_close(&b->out, '}');
    sl_json_close(&b->out, '}');
}

static void write_tool(struct request *r, struct sl_parts *b, const struct sl_json *tool)
{
    const struct sl_json *f = bedrock_function_of(tool), *strict;
    sluice_span cache = turns_cache_control(tool);

    if (!f) {
        sl_parts_raw(b, tool->raw);
        return;
    }
    strict = sl_json_opt(f, "strict");
    if (!cache.len)
        cache = turns_cache_control(f);
    open_spec(b, bedrock_name_of(tool), sl_json_inside(sl_json_opt(f, "description")));
    write_input_schema(b, sl_json_opt(f, "parameters"));
    if (strict && strict->type == SL_JSON_TRUE && r->family->structured)
        sl_json_kv_bool(&b->out, "strict", true);
    close_spec(b);
    bedrock_write_cache_point(r, b, cache);
}

/* The history calls tools but none is offered. */
static sluice_status write_history_tools(struct request *r, struct sl_parts *b)
{
    sluice_span *names;
    size_t n = 0;
    sluice_status st = turns_called(&r->turns, &names, &n);

    for (size_t i = 0; i < n; i++) {
        open_spec(b, names[i], SL_SPAN(""));
        write_input_schema(b, NULL);
        close_spec(b);
    }
    return st;
}

static void write_json_tool(struct request *r, struct sl_parts *b)
{
    open_spec(b, r->x->json_tool, turns_json_tool_description(&r->turns));
    write_input_schema(b, r->turns.schema);
    close_spec(b);
}

static void write_choice(struct request *r, struct sl_parts *b, bool offered)
{
    static const char *const types[] = {
        [CHOICE_AUTO] = "auto", [CHOICE_ANY] = "any", [CHOICE_TOOL] = "tool"
    };
    sluice_span name;
    enum turns_choice choice = turns_choice(&r->turns, offered, &name);

    if (choice == CHOICE_UNSET || choice == CHOICE_NONE)
        return;
    sl_json_key(&b->out, "toolChoice");
    sl_json_open(&b->out, '{');
    sl_json_key(&b->out, types[choice]);
    sl_json_open(&b->out, '{');
    if (choice == CHOICE_TOOL) {
        sl_json_key(&b->out, "name");
        sl_json_inside_str(&b->out, name);
    }
    sl_json_close(&b->out, '}');
    sl_json_close(&b->out, '}');
}

/* There is no "none": then nothing is offered, as far as the history allows. */
sluice_status bedrock_write_tools(struct request *r, struct sl_parts *b)
{
    bool offered = false, none = r->turns.choice == CHOICE_NONE;
    bool history = false;
    sluice_status st = SLUICE_OK;

    for (size_t i = 0; i < r->turns.n_tools && !none; i++)
        offered |= r->turns.tools[i] && !bedrock_is_makers(r, r->turns.tools[i]);
    for (const struct turn *t = r->turns.first; t && !history; t = t->next)
        for (const struct block *u = t->rest.head; u; u = u->next)
            history |= u->kind == B_TOOL_USE;
    if (!offered && !history && r->turns.form != FORM_TOOL)
        return st;
    sl_json_key(&b->out, "toolConfig");
    sl_json_open(&b->out, '{');
    sl_json_key(&b->out, "tools");
    sl_json_open(&b->out, '[');
    for (size_t i = 0; i < r->turns.n_tools && offered; i++)
        if (r->turns.tools[i] && !bedrock_is_makers(r, r->turns.tools[i]))
            write_tool(r, b, r->turns.tools[i]);
    if (!offered && history)
        st = write_history_tools(r, b);
    if (r->turns.form == FORM_TOOL)
        write_json_tool(r, b);
    sl_json_close(&b->out, ']');
    write_choice(r, b, offered);
    sl_json_close(&b->out, '}');
    return st;
}
