/* SPDX-License-Identifier: Apache-2.0 */
/* ollama_retrace.c - a line of an Ollama stream as steps: see retrace.h. */
#include "format/ollama/ollama.h"

#include "format/json_scan.h"
#include "format/dialect/retrace.h"

sluice_status sl_ollama_retrace(const struct sl_retrace *r, const struct sl_event_view *view,
                                sluice_span text)
{
    sluice_span message = sl_retrace_member(text, "message");
    bool chat = message.ptr != NULL;
    sluice_span words = chat ? message : text;
    sluice_status st;

    (void)view;
    st = sl_retrace_text(r, SLUICE_DELTA_REASONING, sl_retrace_member(words, "thinking"));
    if (st >= 0)
        st = sl_retrace_text(r, SLUICE_DELTA_TEXT,
                             sl_retrace_member(words, chat ? "content" : "response"));
    if (st >= 0 && sl_json_type(sl_retrace_member(message, "tool_calls")) == SL_JSON_ARRAY)
        st = sl_retrace_step(r, SLUICE_DELTA_TOOL_START);
    if (st >= 0 && sl_json_is_true(sl_retrace_member(text, "done")))
        st = sl_retrace_step(r, SLUICE_DELTA_FINISH);
    return st;
}
