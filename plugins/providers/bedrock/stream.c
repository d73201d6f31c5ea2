/* SPDX-License-Identifier: Apache-2.0 */
/* stream.c - ConverseStream's events, one message of the binary stream at a time. No tree is built:
 * the few members that matter are picked out of each payload. */
#include "answer.h"

/* word is a literal: its length costs nothing. */
static inline bool is(sluice_span text, const char *word)
{
    size_t n = strlen(word);

    return text.len == n && memcmp(text.ptr, word, n) == 0;
}

static uint32_t index_of(sluice_span payload)
{
    int64_t n = 0;

    if (!sl_json_i64(sl_json_find(payload, "contentBlockIndex"), &n) || n < 0 ||
        n >= BEDROCK_NO_BLOCK)
        return 0;
    return (uint32_t)n;
}

static sluice_status on_start(sluice_exchange *x, sluice_span payload, const sluice_sink *sink,
                              sluice_error *err)
{
    (void)payload;
    (void)err;
    return bedrock_answer_start(x, sink);
}

static sluice_status on_block_start(sluice_exchange *x, sluice_span payload,
                                    const sluice_sink *sink, sluice_error *err)
{
    sluice_span tool = sl_json_find(payload, "start.toolUse");

    (void)err;
    if (sl_json_type(tool) != SL_JSON_OBJECT)
        return bedrock_tool_end(x, sink);
    return bedrock_tool_begin(x, sink, index_of(payload), tool);
}

static sluice_status on_delta(sluice_exchange *x, sluice_span payload, const sluice_sink *sink,
                              sluice_error *err)
{
    sluice_span delta = sl_json_find(payload, "delta"), part;

    if (sl_json_type(delta) != SL_JSON_OBJECT)
        return SLUICE_OK;
    part = sl_json_find(delta, "text");
    if (part.ptr)
        return bedrock_answer_text(sink, sl_chat_member(delta, "text"));
    part = sl_json_find(delta, "toolUse");
    if (part.ptr) {
        if (x->answer.index != index_of(payload))
            return sl_fail(err, SLUICE_E_UPSTREAM,
                           "The provider sent arguments of a tool call that is not open.");
        return bedrock_tool_args(x, sink, sl_chat_member(part, "input"));
    }
    part = sl_json_find(delta, "reasoningContent");
    if (sl_json_type(part) == SL_JSON_OBJECT)
        return bedrock_reasoning(sink, index_of(payload), part);
    return bedrock_citation(x, sl_json_find(delta, "citation"));
}

static sluice_status on_block_stop(sluice_exchange *x, sluice_span payload, const sluice_sink *sink,
                                   sluice_error *err)
{
    (void)err;
    return x->answer.index == index_of(payload) ? bedrock_tool_end(x, sink) : SLUICE_OK;
}

/* The finish waits for the usage that comes behind it: end() writes it. */
static sluice_status on_stop(sluice_exchange *x, sluice_span payload, const sluice_sink *sink,
                             sluice_error *err)
{
    (void)sink;
    (void)err;
    bedrock_answer_reason(x, sl_json_find(payload, "stopReason"));
    x->answer.stopped = true;
    return bedrock_extra(x, "additionalModelResponseFields",
                         sl_json_find(payload, "additionalModelResponseFields"));
}

static sluice_status on_metadata(sluice_exchange *x, sluice_span payload, const sluice_sink *sink,
                                 sluice_error *err)
{
    (void)err;
    x->answer.ended = true;
    bedrock_usage(sink, sl_json_find(payload, "usage"));
    return bedrock_extra(x, "trace", sl_json_find(payload, "trace"));
}

/* Most frequent first. Others, which are not invented yet, are skipped. */
static const struct {
    const char *type;
    sluice_status (*fn)(sluice_exchange *x, sluice_span payload, const sluice_sink *sink,
                        sluice_error *err);
} events[] = {
    { "contentBlockDelta", on_delta },
    { "contentBlockStop", on_block_stop },
    { "contentBlockStart", on_block_start },
    { "messageStart", on_start },
    { "messageStop", on_stop },
    { "metadata", on_metadata },
};

static sluice_status failed(sluice_exchange *x, sluice_span type, sluice_span text,
                            const sluice_sink *sink, sluice_error *err)
{
    bedrock_failure_event(&x->failure, type, text, sink->scratch);
    return sl_verdict_report(&x->failure, err);
}

sluice_status bedrock_event(sluice_exchange *x, const sluice_frame *frame, const sluice_sink *sink,
                            sluice_error *err)
{
    struct sl_es_message m;
    struct sl_json_error je;
    sluice_span kind, type;
    const char *what;

    if (sl_es_decode(frame->data, &m, &what) < 0)
        return sl_fail(err, SLUICE_E_UPSTREAM, "A message of the provider's stream is broken: %s.",
                       what);
    kind = sl_es_text(&m, ":message-type");
    if (is(kind, "exception"))
        return failed(x, sl_es_text(&m, ":exception-type"), m.payload, sink, err);
    if (is(kind, "error")) {
        sluice_span text = sl_es_text(&m, ":error-message");
        sluice_status st = failed(x, sl_es_text(&m, ":error-code"), SL_SPAN(""), sink, err);

        if (text.len && err)
            sl_copy_text(err->message, sizeof err->message, text);
        return st;
    }
    if (!m.payload.len)
        return SLUICE_OK;
    if (sl_json_type(m.payload) != SL_JSON_OBJECT || sl_json_validate(m.payload, &je) < 0)
        return sl_fail(err, SLUICE_E_UPSTREAM, "The provider sent an event that is no JSON.");
    type = sl_es_text(&m, ":event-type");
    for (size_t i = 0; i < sizeof events / sizeof *events; i++)
        if (is(type, events[i].type)) {
            sluice_status st = bedrock_answer_start(x, sink);

            return st < 0 ? st : events[i].fn(x, m.payload, sink, err);
        }
    return SLUICE_OK;
}
