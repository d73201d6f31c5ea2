/* SPDX-License-Identifier: Apache-2.0 */
/* converse_retrace.c - an event of a ConverseStream as steps: see retrace.h. */
#include "format/converse/converse.h"

#include "format/json_scan.h"
#include "format/dialect/retrace.h"

static bool is(const struct sl_event_view *view, const char *name)
{
    return sl_span_eq(view->event, sl_span_str(name));
}

static sluice_status thoughts(const struct sl_retrace *r, sluice_span content)
{
    sluice_span redacted = sl_retrace_member(content, "redactedContent");
    sluice_status st;

    if (redacted.ptr) {
        redacted = sl_arena_printf(r->scratch, "{\"type\":\"redacted_thinking\",\"data\":%.*s}",
                                   SL_FMT(redacted));
        return redacted.ptr ? sl_retrace_opaque(r, redacted) : SLUICE_E_NOMEM;
    }
    st = sl_retrace_text(r, SLUICE_DELTA_REASONING, sl_retrace_member(content, "text"));
    return st < 0 ? st
                  : sl_retrace_text(r, SLUICE_DELTA_SIGNATURE,
                                    sl_retrace_member(content, "signature"));
}

static sluice_status block_grows(const struct sl_retrace *r, sluice_span delta)
{
    sluice_span text = sl_retrace_member(delta, "text");
    sluice_span reasoning = sl_retrace_member(delta, "reasoningContent");

    if (text.ptr)
        return sl_retrace_text(r, SLUICE_DELTA_TEXT, text);
    return reasoning.ptr ? thoughts(r, reasoning) : sl_retrace_step(r, SLUICE_DELTA_TOOL_START);
}

sluice_status sl_converse_retrace(const struct sl_retrace *r, const struct sl_event_view *view,
                                  sluice_span text)
{
    if (is(view, "messageStart"))
        return sl_retrace_step(r, SLUICE_DELTA_START);
    if (is(view, "contentBlockStart")) /* text and thoughts have none */
        return sl_retrace_step(r, SLUICE_DELTA_TOOL_START);
    if (is(view, "contentBlockDelta"))
        return block_grows(r, sl_retrace_member(text, "delta"));
    if (is(view, "contentBlockStop"))
        return sl_retrace_close(r);
    return is(view, "messageStop") ? sl_retrace_step(r, SLUICE_DELTA_FINISH) : SLUICE_OK;
}
