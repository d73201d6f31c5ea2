/* SPDX-License-Identifier: Apache-2.0 */
/* response.c - a whole Converse answer: its blocks take the way of a stream's. */
#include "answer.h"

/* {"content":[{"text"}],"citations":[{...}]} */
static sluice_status cited(sluice_exchange *x, const sluice_sink *sink, sluice_span block)
{
    sluice_span texts = sl_json_find(block, "content"), list = sl_json_find(block, "citations");
    struct sl_json_iter a = { .started = false }, b = { .started = false };
    sluice_span name, one;
    sluice_status st = SLUICE_OK;

    while (st >= 0 && sl_json_type(texts) == SL_JSON_ARRAY && sl_json_next(&a, texts, &name, &one))
        st = bedrock_answer_text(sink, sl_chat_member(one, "text"));
    while (st >= 0 && sl_json_type(list) == SL_JSON_ARRAY && sl_json_next(&b, list, &name, &one))
        st = bedrock_citation(x, one);
    return st;
}

static sluice_status tool(sluice_exchange *x, const sluice_sink *sink, uint32_t index,
                          sluice_span use)
{
    sluice_span input = sl_json_find(use, "input"), text = SL_SPAN("");
    sluice_status st = bedrock_tool_begin(x, sink, index, use);

    if (st >= 0 && sl_json_type(input) == SL_JSON_OBJECT)
        st = sl_chat_compact(sink->scratch, input, &text);
    if (st >= 0)
        st = bedrock_tool_args(x, sink, text);
    return st < 0 ? st : bedrock_tool_end(x, sink);
}

static sluice_status block_of(sluice_exchange *x, const sluice_sink *sink, uint32_t index,
                              sluice_span block)
{
    sluice_span part;

    if (sl_json_type(block) != SL_JSON_OBJECT)
        return SLUICE_OK;
    part = sl_json_find(block, "text");
    if (sl_json_type(part) == SL_JSON_STRING)
        return bedrock_answer_text(sink, sl_chat_member(block, "text"));
    part = sl_json_find(block, "toolUse");
    if (sl_json_type(part) == SL_JSON_OBJECT)
        return tool(x, sink, index, part);
    part = sl_json_find(block, "reasoningContent");
    if (sl_json_type(part) == SL_JSON_OBJECT)
        return bedrock_reasoning(sink, index, part);
    part = sl_json_find(block, "citationsContent");
    if (sl_json_type(part) == SL_JSON_OBJECT)
        return cited(x, sink, part);
    return SLUICE_OK;
}

sluice_status bedrock_whole(sluice_exchange *x, const sluice_frame *frame, const sluice_sink *sink,
                            sluice_error *err)
{
    struct sl_json_iter it = { .started = false };
    struct sl_json_error je;
    sluice_span content, name, block;
    sluice_status st;
    uint32_t index = 0;

    if (sl_json_type(sl_span_trim(frame->data)) != SL_JSON_OBJECT ||
        sl_json_validate(frame->data, &je) < 0)
        return sl_fail(err, SLUICE_E_UPSTREAM, "The provider's answer is no JSON object.");
    content = sl_json_find(frame->data, "output.message.content");
    if (sl_json_type(content) != SL_JSON_ARRAY) {
        /* a path that matches no operation is answered with status 200 */
        if (sl_json_find(frame->data, "Output").ptr || !sl_json_find(frame->data, "output").ptr) {
            bedrock_failure_http(&x->failure, 404, SL_SPAN(""), frame->data, sink->scratch);
            sl_copy_text(x->failure.message, sizeof x->failure.message,
                         SL_SPAN("The provider knows no operation under this model's name."));
            return sl_verdict_report(&x->failure, err);
        }
        return sl_fail(err, SLUICE_E_UPSTREAM, "The provider's answer has no content.");
    }
    st = bedrock_answer_start(x, sink);
    while (st >= 0 && sl_json_next(&it, content, &name, &block))
        st = block_of(x, sink, index++, block);
    if (st >= 0)
        st = bedrock_extra(x, "trace", sl_json_find(frame->data, "trace"));
    if (st >= 0)
        st = bedrock_extra(x, "additionalModelResponseFields",
                           sl_json_find(frame->data, "additionalModelResponseFields"));
    if (st < 0)
        return st;
    bedrock_usage(sink, sl_json_find(frame->data, "usage"));
    bedrock_answer_reason(x, sl_json_find(frame->data, "stopReason"));
    x->answer.stopped = x->answer.ended = true;
    return SLUICE_OK;
}
