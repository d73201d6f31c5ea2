/* SPDX-License-Identifier: Apache-2.0 */
/* anthropic_retrace.c - an event of a Messages stream as steps: see retrace.h. */
#include "format/anthropic/anthropic.h"

#include "format/json_scan.h"
#include "format/dialect/retrace.h"

static bool is(sluice_span type, const char *name)
{
    return sl_span_eq(type, sl_span_str(name));
}

static sluice_span type_of(sluice_span object)
{
    sluice_span inside = SL_SPAN("");

    (void)sl_json_raw_string(sl_retrace_member(object, "type"), &inside);
    return inside;
}

static sluice_status block_begins(const struct sl_retrace *r, sluice_span block)
{
    sluice_span type = type_of(block);

    if (is(type, "text"))
        return sl_retrace_text(r, SLUICE_DELTA_TEXT, sl_retrace_member(block, "text"));
    if (is(type, "thinking"))
        return sl_retrace_step(r, SLUICE_DELTA_REASONING);
    if (is(type, "redacted_thinking"))
        return sl_retrace_opaque(r, block);
    return sl_retrace_step(r, SLUICE_DELTA_TOOL_START);
}

static sluice_status block_grows(const struct sl_retrace *r, sluice_span delta)
{
    sluice_span type = type_of(delta);

    if (is(type, "text_delta"))
        return sl_retrace_text(r, SLUICE_DELTA_TEXT, sl_retrace_member(delta, "text"));
    if (is(type, "thinking_delta"))
        return sl_retrace_text(r, SLUICE_DELTA_REASONING, sl_retrace_member(delta, "thinking"));
    if (is(type, "signature_delta"))
        return sl_retrace_text(r, SLUICE_DELTA_SIGNATURE, sl_retrace_member(delta, "signature"));
    return is(type, "citations_delta") ? SLUICE_OK : sl_retrace_step(r, SLUICE_DELTA_TOOL_START);
}

sluice_status sl_anthropic_retrace(const struct sl_retrace *r, const struct sl_event_view *view,
                                   sluice_span text)
{
    if (is(view->event, "message_start"))
        return sl_retrace_step(r, SLUICE_DELTA_START);
    if (is(view->event, "content_block_start"))
        return block_begins(r, sl_retrace_member(text, "content_block"));
    if (is(view->event, "content_block_delta"))
        return block_grows(r, sl_retrace_member(text, "delta"));
    if (is(view->event, "content_block_stop"))
        return sl_retrace_close(r);
    return is(view->event, "message_delta") ? sl_retrace_step(r, SLUICE_DELTA_FINISH) : SLUICE_OK;
}
