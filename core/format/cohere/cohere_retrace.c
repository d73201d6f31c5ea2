/* SPDX-License-Identifier: Apache-2.0 */
/* cohere_retrace.c - an event of a Cohere stream as steps: see retrace.h. */
#include "format/cohere/cohere.h"

#include "format/json_scan.h"
#include "format/dialect/retrace.h"

static bool is(const struct sl_event_view *view, const char *name)
{
    return sl_span_eq(view->event, sl_span_str(name));
}

/* Text or thoughts; begins: nothing but what kind it is may be told yet. */
static sluice_status content(const struct sl_retrace *r, sluice_span text, bool begins)
{
    sluice_span delta = sl_retrace_member(text, "delta");
    sluice_span content = sl_retrace_member(sl_retrace_member(delta, "message"), "content");
    sluice_span thinking = sl_retrace_member(content, "thinking");
    sluice_status st = SLUICE_OK;

    if (thinking.ptr && begins)
        st = sl_retrace_step(r, SLUICE_DELTA_REASONING);
    if (st >= 0)
        st = sl_retrace_text(r, SLUICE_DELTA_REASONING, thinking);
    return st < 0 ? st : sl_retrace_text(r, SLUICE_DELTA_TEXT, sl_retrace_member(content, "text"));
}

sluice_status sl_cohere_retrace(const struct sl_retrace *r, const struct sl_event_view *view,
                                sluice_span text)
{
    if (is(view, "message-start"))
        return sl_retrace_step(r, SLUICE_DELTA_START);
    if (is(view, "content-start") || is(view, "content-delta"))
        return content(r, text, is(view, "content-start"));
    if (is(view, "content-end"))
        return sl_retrace_close(r);
    if (is(view, "message-end"))
        return sl_retrace_step(r, SLUICE_DELTA_FINISH);
    return sl_span_starts(view->event, SL_SPAN("tool-"))
               ? sl_retrace_step(r, SLUICE_DELTA_TOOL_START)
               : SLUICE_OK;
}
