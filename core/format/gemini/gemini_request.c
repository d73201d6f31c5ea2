/* SPDX-License-Identifier: Apache-2.0 */
/* gemini_request.c - a Gemini request becomes a chat request. Contents are gemini_contents.c's,
 * tools gemini_tools.c's. */
#include "format/gemini/gemini.h"

static void copy(struct sl_translation *t, const struct sl_json *config, const char *from,
                 const char *to)
{
    const struct sl_json *value = sl_gemini_opt(config, from);

    if (!value)
        return;
    sl_pivot_key(t, to);
    sl_json_raw(&t->out, value->raw);
}

static sluice_status form(struct sl_translation *t, const struct sl_json *config)
{
    const struct sl_json *mime = sl_gemini_opt(config, "responseMimeType");
    const struct sl_json *schema = sl_gemini_opt(config, "responseSchema");
    const struct sl_json *json_schema = sl_gemini_opt(config, "responseJsonSchema");
    struct sl_json_out *o = &t->out;

    if (!mime || sl_json_is(mime, "text/plain"))
        return SLUICE_OK;
    if (!sl_json_is(mime, "application/json"))
        return sl_pivot_lacking(t, "generationConfig.responseMimeType");
    sl_pivot_key(t, "response_format");
    if (!schema && !json_schema) {
        sl_json_raw(o, SL_SPAN("{\"type\":\"json_object\"}"));
        return SLUICE_OK;
    }
    sl_json_open(o, '{');
    sl_json_kv_raw(o, "type", SL_SPAN("\"json_schema\""));
    sl_json_key(o, "json_schema");
    sl_json_open(o, '{');
    sl_json_kv_raw(o, "name", SL_SPAN("\"response\""));
    sl_json_key(o, "schema");
    if (json_schema)
        sl_json_raw(o, json_schema->raw);
    else
        sl_gemini_schema(o, schema);
    sl_json_close(o, '}');
    sl_json_close(o, '}');
    return SLUICE_OK;
}

/* A budget is said as it is where that is known; a level is an effort everywhere. */
static void thinking(struct sl_translation *t, const struct sl_json *config)
{
    const struct sl_json *level = sl_gemini_opt(config, "thinkingLevel");
    int64_t budget = sl_json_int(sl_gemini_opt(config, "thinkingBudget"), -1);
    struct sl_json_out *o = &t->out;
    sluice_span word = sl_json_inside(level);

    if (word.len && !sl_span_ieq(word, SL_SPAN("THINKING_LEVEL_UNSPECIFIED"))) {
        sl_pivot_key(t, "reasoning_effort");
        sl_json_raw(o, SL_SPAN("\""));
        for (size_t i = 0; i < word.len; i++)
            sl_buf_add_char(o->buf, sl_lower(word.ptr[i]));
        sl_buf_add_char(o->buf, '"');
    } else if (budget >= 1024 && t->extended) {
        sl_pivot_key(t, "thinking");
        sl_json_open(o, '{');
        sl_json_kv_raw(o, "type", SL_SPAN("\"enabled\""));
        sl_json_kv_i64(o, "budget_tokens", budget);
        sl_json_close(o, '}');
    } else if (budget > 0) {
        sl_pivot_key(t, "reasoning_effort");
        sl_json_str(o, sl_span_str(sl_pivot_effort(budget)));
    } else if (budget == 0 && t->extended) {
        sl_pivot_key(t, "thinking");
        sl_json_raw(o, SL_SPAN("{\"type\":\"disabled\"}"));
    }
}

/* What would make another answer than the one that can be had. */
static sluice_status refuse_lacking(struct sl_translation *t, const struct sl_json *config)
{
    const struct sl_json *logprobs = sl_gemini_opt(config, "responseLogprobs");
    sluice_status st = SLUICE_OK;

    if (sl_json_int(sl_gemini_opt(config, "candidateCount"), 1) > 1)
        st = sl_pivot_lacking(t, "generationConfig.candidateCount");
    if (st >= 0 && logprobs && sl_json_is_true(logprobs->raw))
        st = sl_pivot_lacking(t, "generationConfig.responseLogprobs");
    sl_json_each(m, sl_gemini_opt(config, "responseModalities"))
    {
        if (st >= 0 && !sl_span_ieq(sl_json_inside(m), SL_SPAN("TEXT")))
            st = sl_pivot_lacking(t, "generationConfig.responseModalities");
    }
    if (st >= 0 && !t->extended && sl_gemini_opt(t->root, "cachedContent"))
        st = sl_pivot_lacking(t, "cachedContent");
    return st;
}

sluice_status sl_gemini_request(struct sl_translation *t)
{
    static const struct {
        const char *from, *to;
    } same[] = {
        { "temperature", "temperature" },
        { "topP", "top_p" },
        { "maxOutputTokens", "max_tokens" },
        { "stopSequences", "stop" },
        { "presencePenalty", "presence_penalty" },
        { "seed", "seed" },
        { "frequencyPenalty", "frequency_penalty" },
    };
    const struct sl_json *config = sl_gemini_opt(t->root, "generationConfig");
    const struct sl_json *think = sl_gemini_opt(config, "thinkingConfig");
    const struct sl_json *shown = sl_gemini_opt(think, "includeThoughts");
    sluice_status st = refuse_lacking(t, config);

    if (st < 0)
        return st;
    sl_pivot_begin(t);
    sl_pivot_head(t);
    st = sl_gemini_messages(t);
    if (st >= 0)
        st = sl_gemini_tools(t);
    if (st >= 0)
        st = form(t, config);
    if (st < 0)
        return st;
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        copy(t, config, same[i].from, same[i].to);
    thinking(t, think);
    if (t->extended) {
        copy(t, config, "topK", "top_k");
        copy(t, t->root, "safetySettings", "safety_settings");
        copy(t, t->root, "cachedContent", "cached_content");
    }
    /* Thoughts are told to those who asked for them. */
    t->echo = shown && sl_json_is_true(shown->raw) ? SL_SPAN("true") : sl_span(NULL, 0);
    return sl_pivot_end(t);
}
