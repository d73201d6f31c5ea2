/* SPDX-License-Identifier: Apache-2.0 */
/* stream.c - the vendor's events, one at a time. Each names its type inside, too. */
#include "cohere.h"

static uint32_t index_of(sluice_span event)
{
    int64_t i = 0;

    return sl_json_i64(sl_json_find(event, "index"), &i) && i > 0 && i < 65536 ? (uint32_t)i : 0;
}

static sluice_status on_start(sluice_exchange *x, sluice_span e, const sluice_sink *sink)
{
    return cohere_start(x, sink, sl_chat_member(e, "id"));
}

/* content-start and content-delta: the start may hold text already. */
static sluice_status on_content(sluice_exchange *x, sluice_span e, const sluice_sink *sink)
{
    sluice_span block = sl_json_find(e, "delta.message.content");
    sluice_span logprobs = sl_json_find(e, "logprobs"), text, thinking;
    sluice_status st = SLUICE_OK;

    (void)x;
    if (sl_json_type(block) != SL_JSON_OBJECT)
        return SLUICE_OK;
    text = sl_chat_member(block, "text");
    thinking = sl_chat_member(block, "thinking");
    if (thinking.len)
        st = sl_chat_emit(sink, SLUICE_DELTA_REASONING, 0, 0, thinking);
    if (st >= 0 && text.len)
        st = sl_chat_emit(sink, SLUICE_DELTA_TEXT, 0, 0, text);
    return st < 0 ? st : cohere_logprobs(sink, logprobs);
}

static sluice_status on_plan(sluice_exchange *x, sluice_span e, const sluice_sink *sink)
{
    sluice_span text = sl_chat_member(e, "delta.message.tool_plan");

    (void)x;
    return text.len ? sl_chat_emit(sink, SLUICE_DELTA_TEXT, 0, 0, text) : SLUICE_OK;
}

static sluice_status on_call_start(sluice_exchange *x, sluice_span e, const sluice_sink *sink)
{
    sluice_span call = sl_json_find(e, "delta.message.tool_calls");

    return sl_json_type(call) == SL_JSON_OBJECT ? cohere_call_start(x, sink, call, index_of(e))
                                                : SLUICE_OK;
}

static sluice_status on_call_delta(sluice_exchange *x, sluice_span e, const sluice_sink *sink)
{
    sluice_span text = sl_chat_member(e, "delta.message.tool_calls.function.arguments");

    /* pieces of a call that never began belong to nothing */
    return text.len && x->n_calls && x->call_index == index_of(e)
               ? sl_chat_emit(sink, SLUICE_DELTA_TOOL_ARGS, 0, index_of(e), text)
               : SLUICE_OK;
}

static sluice_status on_citation(sluice_exchange *x, sluice_span e, const sluice_sink *sink)
{
    (void)sink;
    return cohere_cite(x, sl_json_find(e, "delta.message.citations"));
}

/* Most frequent first; content-end, tool-call-end, citation-end, debug and what is not invented yet
 * are skipped. */
static const struct {
    const char *type;
    sluice_status (*fn)(sluice_exchange *x, sluice_span e, const sluice_sink *sink);
} types[] = {
    { "content-delta", on_content },      { "tool-call-delta", on_call_delta },
    { "tool-plan-delta", on_plan },       { "content-start", on_content },
    { "tool-call-start", on_call_start }, { "citation-start", on_citation },
    { "message-start", on_start },
};

sluice_status cohere_event(sluice_exchange *x, sluice_span text, const sluice_sink *sink,
                           sluice_error *err)
{
    struct sl_json_error e;
    sluice_span type;

    text = sl_span_trim(text);
    if (x->finished || !text.len || sl_span_eq(text, SL_SPAN("[DONE]")))
        return SLUICE_OK;
    if (sl_json_type(text) != SL_JSON_OBJECT || sl_json_validate(text, &e) < 0)
        return sl_fail(err, SLUICE_E_UPSTREAM, "An event of the provider's is no JSON object.");
    type = sl_chat_member(text, "type");
    if (sl_span_eq(type, SL_SPAN("message-end"))) {
        cohere_usage(sink, sl_json_find(text, "delta.usage"));
        return cohere_finish(x, sink, sl_chat_member(text, "delta.finish_reason"),
                             sl_json_type(sl_json_find(text, "delta")) == SL_JSON_OBJECT
                                 ? sl_json_find(text, "delta")
                                 : text,
                             err);
    }
    if (!type.len && sl_chat_member(text, "message").len)
        return sl_failed_inside(text, 502, cohere_rules, cohere_n_rules, err);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (sl_span_eq(type, sl_span_str(types[i].type)))
            return types[i].fn(x, text, sink);
    return SLUICE_OK;
}
