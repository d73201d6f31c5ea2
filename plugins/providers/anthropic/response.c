/* SPDX-License-Identifier: Apache-2.0 */
/* response.c - a whole answer: its blocks take the way of a stream's. */
#include "answer.h"

sluice_status anthropic_whole(sluice_exchange *x, const sluice_frame *frame,
                              const sluice_sink *sink, sluice_error *err)
{
    struct sl_json_iter it = { .started = false };
    struct sl_json_error je;
    sluice_span content, name, block, type = SL_SPAN("");
    sluice_status st;
    uint32_t index = 0;

    if (sl_json_type(sl_span_trim(frame->data)) != SL_JSON_OBJECT ||
        sl_json_validate(frame->data, &je) < 0)
        return sl_fail(err, SLUICE_E_UPSTREAM, "The provider's answer is no JSON object.");
    sl_json_raw_string(sl_json_find(frame->data, "type"), &type);
    if (sl_span_eq(type, SL_SPAN("error"))) {
        anthropic_failure_event(&x->failure, sl_json_find(frame->data, "error"), sink->scratch);
        return sl_verdict_report(&x->failure, err);
    }
    content = sl_json_find(frame->data, "content");
    if (sl_json_type(content) != SL_JSON_ARRAY)
        return sl_fail(err, SLUICE_E_UPSTREAM, "The provider's answer has no content.");
    st = anthropic_answer_start(x, sink, sl_span_trim(frame->data));
    while (st >= 0 && sl_json_next(&it, content, &name, &block))
        if (sl_json_type(block) == SL_JSON_OBJECT)
            st = anthropic_block_begin(x, sink, index++, block);
    if (st < 0)
        return st;
    anthropic_answer_reason(x, sl_json_find(frame->data, "stop_reason"));
    return anthropic_answer_finish(x, sink);
}
