/* SPDX-License-Identifier: Apache-2.0 */
/*
 * converse_request.c - a Converse request becomes a chat request. What the pivot has words for is
 * said in them; fields of the model's own go along to providers that know extension members, and
 * what would change the answer is refused elsewhere.
 */
#include "format/converse/converse.h"

/* ---- inferenceConfig ---- */

static void inference(struct sl_translation *t)
{
    static const struct {
        const char *from, *to;
    } names[] = {
        { "maxTokens", "max_tokens" },
        { "temperature", "temperature" },
        { "topP", "top_p" },
        { "stopSequences", "stop" },
    };
    const struct sl_json *config = sl_json_opt(t->root, "inferenceConfig");

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const struct sl_json *value = sl_json_opt(config, names[i].from);

        if (!value || (value->type == SL_JSON_ARRAY && !value->n))
            continue;
        sl_pivot_key(t, names[i].to);
        sl_json_raw(&t->out, value->raw);
    }
}

/* ---- tools ---- */

static sluice_status tool(struct sl_translation *t, const struct sl_json *entry, size_t i)
{
    const struct sl_json *spec = sl_json_opt(entry, "toolSpec");
    const struct sl_json *schema = sl_json_opt(sl_json_opt(spec, "inputSchema"), "json");
    struct sl_json_out *o = &t->out;

    if (sl_json_opt(entry, "cachePoint"))
        return SLUICE_OK;
    if (!spec)
        return sl_pivot_lacking(t, "toolConfig.tools.[%zu]", i);
    if (!sl_json_inside(sl_json_get(spec, "name")).len)
        return sl_pivot_refuse(t, NULL, "A tool needs its name.",
                               "toolConfig.tools.[%zu].toolSpec.name", i);
    sl_pivot_function(o, sl_json_get(spec, "name"), sl_json_opt(spec, "description"), schema,
                      sl_json_opt(spec, "strict"));
    sl_converse_cache(t, entry);
    sl_json_close(o, '}');
    return SLUICE_OK;
}

static sluice_status tools(struct sl_translation *t)
{
    const struct sl_json *config = sl_json_opt(t->root, "toolConfig");
    const struct sl_json *list = sl_json_opt(config, "tools");
    const struct sl_json *choice = sl_json_opt(config, "toolChoice");
    const struct sl_json *name = sl_json_opt(sl_json_opt(choice, "tool"), "name");
    sluice_status st = SLUICE_OK;
    size_t i = 0;

    if (!list || !list->n)
        return st;
    if (list->type != SL_JSON_ARRAY)
        return sl_pivot_refuse(t, NULL, "Tools are a list.", "toolConfig.tools");
    sl_pivot_key(t, "tools");
    sl_json_open(&t->out, '[');
    sl_json_each(entry, list)
    {
        if (st >= 0)
            st = tool(t, entry, i++);
    }
    sl_json_close(&t->out, ']');
    if (st < 0 || !choice)
        return st;
    sl_pivot_key(t, "tool_choice");
    if (name && sl_json_inside(name).len) {
        sl_pivot_choose(&t->out, name);
    } else if (sl_json_opt(choice, "any")) {
        sl_json_raw(&t->out, SL_SPAN("\"required\""));
    } else if (sl_json_opt(choice, "auto")) {
        sl_json_raw(&t->out, SL_SPAN("\"auto\""));
    } else {
        return sl_pivot_refuse(t, NULL, "This is auto, any, or tool with a name.",
                               "toolConfig.toolChoice");
    }
    return SLUICE_OK;
}

/* ---- the form of the answer ---- */

static sluice_status format(struct sl_translation *t)
{
    const struct sl_json *form = sl_json_opt(sl_json_opt(t->root, "outputConfig"), "textFormat");
    const struct sl_json *schema = sl_json_opt(sl_json_opt(form, "structure"), "jsonSchema");
    const struct sl_json *name = sl_json_opt(schema, "name");
    struct sl_json_error why;
    sluice_span text;

    if (!form)
        return SLUICE_OK;
    text = sl_json_text(sl_json_opt(schema, "schema"), t->arena);
    if (!text.len || sl_json_validate(text, &why) < 0)
        return sl_pivot_refuse(t, NULL, "The schema is JSON in a string.",
                               "outputConfig.textFormat.structure.jsonSchema.schema");
    sl_pivot_key(t, "response_format");
    sl_json_raw(&t->out,
                SL_SPAN("{\"type\":\"json_schema\",\"json_schema\":{\"strict\":true,\"name\":"));
    sl_buf_add(t->out.buf, name ? name->raw : SL_SPAN("\"response\""));
    sl_buf_add(t->out.buf, SL_SPAN(",\"schema\":"));
    sl_buf_add(t->out.buf, text);
    sl_buf_add(t->out.buf, SL_SPAN("}}"));
    return SLUICE_OK;
}

/* ---- the model's own fields ---- */

static void put(struct sl_translation *t, const char *name, const struct sl_json *value)
{
    if (!value || sl_pivot_has(t, sl_span_str(name)))
        return;
    sl_pivot_key(t, name);
    sl_json_raw(&t->out, value->raw);
}

/* Thinking and effort in the words of several makers. */
static void fields(struct sl_translation *t)
{
    const struct sl_json *own = sl_json_opt(t->root, "additionalModelRequestFields");
    const struct sl_json *thinking = sl_json_opt(own, "thinking");
    const struct sl_json *nova = sl_json_opt(own, "reasoningConfig");

    put(t, "reasoning_effort", sl_json_opt(sl_json_opt(t->root, "outputConfig"), "effort"));
    put(t, "reasoning_effort", sl_json_opt(sl_json_opt(own, "output_config"), "effort"));
    put(t, "reasoning_effort", sl_json_opt(own, "reasoning_effort"));
    put(t, "reasoning_effort", sl_json_opt(nova, "maxReasoningEffort"));
    if (t->extended) {
        put(t, "thinking", thinking);
        put(t, "top_k", sl_json_opt(own, "top_k"));
        put(t, "top_k", sl_json_opt(sl_json_opt(own, "inferenceConfig"), "topK"));
    } else if (sl_json_is(sl_json_get(thinking, "type"), "enabled") &&
               !sl_pivot_has(t, SL_SPAN("reasoning_effort"))) {
        sl_pivot_key(t, "reasoning_effort");
        sl_json_str(&t->out, sl_span_str(sl_pivot_effort(
                                 sl_json_int(sl_json_get(thinking, "budget_tokens"), 0))));
    }
}

static void tier_and_metadata(struct sl_translation *t)
{
    put(t, "metadata", sl_json_opt(t->root, "requestMetadata"));
    put(t, "service_tier", sl_json_opt(sl_json_opt(t->root, "serviceTier"), "type"));
}

/* What changes the answer and has no word in the pivot. */
static sluice_status rest(struct sl_translation *t)
{
    static const char *const names[] = { "guardrailConfig", "promptVariables" };
    sluice_status st = SLUICE_OK;

    for (size_t i = 0; i < sizeof names / sizeof names[0] && st >= 0; i++) {
        const struct sl_json *value = sl_json_opt(t->root, names[i]);

        if (value && t->extended)
            put(t, names[i], value);
        else if (value)
            st = sl_pivot_lacking(t, "%s", names[i]);
    }
    return st;
}

static sluice_status messages(struct sl_translation *t)
{
    const struct sl_json *list = sl_json_get(t->root, "messages");
    sluice_status st;
    size_t i = 0;

    if (!list || list->type != SL_JSON_ARRAY)
        return sl_pivot_refuse(t, NULL, "Messages are a list.", "messages");
    sl_pivot_key(t, "messages");
    sl_json_open(&t->out, '[');
    st = sl_converse_system(t, sl_json_opt(t->root, "system"));
    sl_json_each(m, list)
    {
        if (st >= 0)
            st = sl_converse_message(t, m, i++);
    }
    sl_json_close(&t->out, ']');
    return st;
}

sluice_status sl_converse_request(struct sl_translation *t)
{
    sluice_status st;

    sl_pivot_begin(t);
    sl_pivot_head(t);
    st = messages(t);
    if (st >= 0)
        st = tools(t);
    if (st >= 0)
        st = format(t);
    if (st < 0)
        return st;
    inference(t);
    fields(t);
    tier_and_metadata(t);
    st = rest(t);
    return st < 0 ? st : sl_pivot_end(t);
}
