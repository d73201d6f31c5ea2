/* SPDX-License-Identifier: Apache-2.0 */
/* gemini_retrace.c - a piece of a Gemini stream as steps: see retrace.h. */
#include "format/gemini/gemini.h"

#include "format/json_scan.h"
#include "format/dialect/retrace.h"

/* A text, a thought, or a signature alone; everything else is a call, a picture, code. */
static sluice_status part(const struct sl_retrace *r, sluice_span part)
{
    bool thought = sl_json_is_true(sl_retrace_member(part, "thought"));
    sluice_span text = sl_retrace_member(part, "text");

    if (text.ptr)
        return sl_retrace_text(r, thought ? SLUICE_DELTA_REASONING : SLUICE_DELTA_TEXT, text);
    return sl_retrace_member(part, "thoughtSignature").ptr &&
                   !sl_retrace_member(part, "functionCall").ptr
               ? SLUICE_OK
               : sl_retrace_step(r, SLUICE_DELTA_TOOL_START);
}

static sluice_status candidate(const struct sl_retrace *r, sluice_span candidate)
{
    sluice_span parts = sl_retrace_member(sl_retrace_member(candidate, "content"), "parts");
    sluice_status st = SLUICE_OK;
    struct sl_json_iter it = { 0 };
    sluice_span name, one;
    int64_t index = 0;

    if (sl_json_i64(sl_retrace_member(candidate, "index"), &index) && index > 0)
        return sl_retrace_step(r, SLUICE_DELTA_TOOL_START);
    while (st >= 0 && sl_json_type(parts) == SL_JSON_ARRAY && sl_json_next(&it, parts, &name, &one))
        st = part(r, one);
    if (st >= 0 && sl_json_type(sl_retrace_member(candidate, "finishReason")) == SL_JSON_STRING)
        st = sl_retrace_step(r, SLUICE_DELTA_FINISH);
    return st;
}

sluice_status sl_gemini_retrace(const struct sl_retrace *r, const struct sl_event_view *view,
                                sluice_span text)
{
    sluice_span list = sl_retrace_member(text, "candidates"), model, name, one;
    sluice_status st = SLUICE_OK;
    struct sl_json_iter it = { 0 };

    (void)view;
    /* Every piece names the model, and is passed on as it came. */
    if (sl_json_raw_string(sl_retrace_member(text, "modelVersion"), &model) &&
        !sl_span_eq(model, r->e->model)) {
        r->e->model = sl_arena_dup(r->e->arena, model);
        if (!r->e->model.ptr)
            return SLUICE_E_NOMEM;
    }
    while (st >= 0 && sl_json_type(list) == SL_JSON_ARRAY && sl_json_next(&it, list, &name, &one))
        st = candidate(r, one);
    return st;
}
