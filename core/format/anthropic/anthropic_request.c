/* SPDX-License-Identifier: Apache-2.0 */
/*
 * anthropic_request.c - a Messages request becomes a chat request. What the pivot has words for is
 * said in them; the dialect's own members go along as they are to providers that know them, and
 * what would change the answer is refused elsewhere. Messages are anthropic_message.c's.
 */
#include "format/anthropic/anthropic.h"

/* ---- tools ---- */

/* A tool without a type, or of type custom, is a function; others are the vendor's own. */
static bool is_function(const struct sl_json *tool)
{
    const struct sl_json *type = sl_json_opt(tool, "type");

    return !type || sl_json_is(type, "custom");
}

static void function_tool(struct sl_translation *t, const struct sl_json *tool)
{
    const struct sl_json *cache = sl_json_opt(tool, "cache_control");
    struct sl_json_out *o = &t->out;

    sl_pivot_function(o, sl_json_get(tool, "name"), sl_json_opt(tool, "description"),
                      sl_json_opt(tool, "input_schema"), sl_json_opt(tool, "strict"));
    if (cache && t->extended)
        sl_json_kv_raw(o, "cache_control", cache->raw);
    sl_json_close(o, '}');
}

static sluice_status check_tools(struct sl_translation *t, const struct sl_json *tools,
                                 size_t *n_out)
{
    sluice_status st = SLUICE_OK;
    size_t i = 0;

    if (tools->type != SL_JSON_ARRAY)
        return sl_pivot_refuse(t, NULL, "Tools are a list.", "tools");
    sl_json_each(tool, tools)
    {
        if (!sl_json_inside(sl_json_get(tool, "name")).len && is_function(tool))
            return sl_pivot_refuse(t, NULL, "A tool needs its name.", "tools.[%zu].name", i);
        if (is_function(tool) || t->extended)
            ++*n_out;
        else
            st = sl_pivot_lacking(t, "tools.[%zu].type", i);
        if (st < 0)
            return st;
        i++;
    }
    return st;
}

static sluice_status tools(struct sl_translation *t)
{
    const struct sl_json *list = sl_json_opt(t->root, "tools");
    size_t n = 0;
    sluice_status st = list ? check_tools(t, list, &n) : SLUICE_OK;

    if (st < 0 || !n)
        return st;
    sl_pivot_key(t, "tools");
    sl_json_open(&t->out, '[');
    sl_json_each(tool, list)
    {
        if (is_function(tool))
            function_tool(t, tool);
        else if (t->extended)
            sl_json_raw(&t->out, tool->raw);
    }
    sl_json_close(&t->out, ']');
    return SLUICE_OK;
}

static sluice_status tool_choice(struct sl_translation *t)
{
    const struct sl_json *choice = sl_json_opt(t->root, "tool_choice");
    const struct sl_json *type = sl_json_get(choice, "type");
    const struct sl_json *alone = sl_json_opt(choice, "disable_parallel_tool_use");

    if (!choice)
        return SLUICE_OK;
    sl_pivot_key(t, "tool_choice");
    if (sl_json_is(type, "auto")) {
        sl_json_raw(&t->out, SL_SPAN("\"auto\""));
    } else if (sl_json_is(type, "any")) {
        sl_json_raw(&t->out, SL_SPAN("\"required\""));
    } else if (sl_json_is(type, "none")) {
        sl_json_raw(&t->out, SL_SPAN("\"none\""));
    } else if (sl_json_is(type, "tool") && sl_json_inside(sl_json_get(choice, "name")).len) {
        sl_pivot_choose(&t->out, sl_json_get(choice, "name"));
    } else {
        return sl_pivot_refuse(t, NULL, "This is auto, any, none, or tool with a name.",
                               "tool_choice");
    }
    if (alone && sl_json_is_true(alone->raw)) {
        sl_pivot_key(t, "parallel_tool_calls");
        sl_json_bool(&t->out, false);
    }
    return SLUICE_OK;
}

/* ---- thinking, effort and form ---- */

static void thinking(struct sl_translation *t)
{
    const struct sl_json *own = sl_json_opt(t->root, "thinking");
    const struct sl_json *effort = sl_json_opt(sl_json_opt(t->root, "output_config"), "effort");

    if (own && t->extended)
        sl_pivot_copy(t, "thinking", "thinking");
    if (effort) {
        sl_pivot_key(t, "reasoning_effort");
        sl_json_raw(&t->out, effort->raw);
    } else if (own && !t->extended && sl_json_is(sl_json_get(own, "type"), "enabled")) {
        int64_t budget = sl_json_int(sl_json_get(own, "budget_tokens"), 0);

        sl_pivot_key(t, "reasoning_effort");
        sl_json_str(&t->out, sl_span_str(sl_pivot_effort(budget)));
    }
}

static sluice_status format(struct sl_translation *t)
{
    const struct sl_json *form = sl_json_opt(sl_json_opt(t->root, "output_config"), "format");
    const struct sl_json *schema = sl_json_opt(form, "schema");
    const char *name = "output_config.format";

    if (!form) { /* an older place of the same */
        form = sl_json_opt(t->root, "output_format");
        schema = sl_json_opt(form, "schema");
        name = "output_format";
    }
    if (!form)
        return SLUICE_OK;
    if (!sl_json_is(sl_json_get(form, "type"), "json_schema") || !schema)
        return sl_pivot_refuse(t, NULL, "This is a json_schema with its schema.", "%s", name);
    sl_pivot_key(t, "response_format");
    sl_json_raw(&t->out, SL_SPAN("{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"response\","
                                 "\"strict\":true,\"schema\":"));
    sl_buf_add(t->out.buf, schema->raw);
    sl_buf_add(t->out.buf, SL_SPAN("}}"));
    return SLUICE_OK;
}

/* ---- the rest ---- */

static void user_and_tier(struct sl_translation *t)
{
    const struct sl_json *user = sl_json_opt(sl_json_opt(t->root, "metadata"), "user_id");
    const struct sl_json *tier = sl_json_opt(t->root, "service_tier");

    if (user) {
        sl_pivot_key(t, "user");
        sl_json_raw(&t->out, user->raw);
    }
    if (tier) {
        sl_pivot_key(t, "service_tier");
        sl_json_raw(&t->out, sl_json_is(tier, "standard_only") ? SL_SPAN("\"default\"")
                                                               : SL_SPAN("\"auto\""));
    }
}

/* Members that were said in the pivot's words, or that only we read. */
static const char *const said[] = {
    "model",          "messages",     "system",        "max_tokens",
    "stop_sequences", "stream",       "temperature",   "top_p",
    "tools",          "tool_choice",  "thinking",      "output_config",
    "metadata",       "service_tier", "output_format", NULL,
};

/* A conversation that its vendor keeps: what was said before is not in this request, and nobody
 * else can know it. By this code clients learn that they have to send all of it. */
static sluice_status thread(struct sl_translation *t)
{
    if (!sl_json_opt(t->root, "thread"))
        return SLUICE_OK;
    return sl_pivot_refuse(
        t, "thread_unsupported_request",
        "The deployment's provider keeps no conversations; send the whole of it.", "thread");
}

static sluice_status others(struct sl_translation *t)
{
    const struct sl_json *servers = sl_json_opt(t->root, "mcp_servers");

    if (t->extended)
        return sl_pivot_others(t, said);
    return servers && servers->n ? sl_pivot_lacking(t, "mcp_servers") : SLUICE_OK;
}

static sluice_status messages(struct sl_translation *t)
{
    const struct sl_json *list = sl_json_get(t->root, "messages");
    sluice_status st;
    size_t i = 0;

    sl_pivot_key(t, "messages");
    sl_json_open(&t->out, '[');
    st = sl_anthropic_system(t, sl_json_opt(t->root, "system"));
    sl_json_each(m, list)
    {
        if (st >= 0)
            st = sl_anthropic_message(t, m, i++);
    }
    sl_json_close(&t->out, ']');
    return st;
}

sluice_status sl_anthropic_request(struct sl_translation *t)
{
    sluice_status st;

    sl_pivot_begin(t);
    sl_pivot_head(t);
    st = thread(t);
    if (st >= 0)
        st = messages(t);
    if (st >= 0)
        st = tools(t);
    if (st >= 0)
        st = tool_choice(t);
    if (st >= 0)
        st = format(t);
    if (st < 0)
        return st;
    sl_pivot_copy(t, "max_tokens", "max_tokens");
    sl_pivot_copy(t, "temperature", "temperature");
    sl_pivot_copy(t, "top_p", "top_p");
    sl_pivot_copy(t, "stop_sequences", "stop");
    thinking(t);
    user_and_tier(t);
    st = others(t);
    return st < 0 ? st : sl_pivot_end(t);
}

void sl_anthropic_count(struct sl_buf *b, int64_t tokens)
{
    struct sl_json_out o = sl_json_out(b);

    sl_json_open(&o, '{');
    sl_json_kv_i64(&o, "input_tokens", tokens);
    sl_json_close(&o, '}');
}
