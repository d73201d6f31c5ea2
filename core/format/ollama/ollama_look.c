/* SPDX-License-Identifier: Apache-2.0 */
/* ollama_look.c - what one line, or one whole answer, of Ollama's API says to a gateway. Validates
 * the text on the way. */
#include "format/ollama/ollama.h"

#include "format/json_scan.h"

static bool has_text(sluice_span value)
{
    sluice_span inside;

    return sl_json_raw_string(value, &inside) && inside.len;
}

static enum sl_event_class class_of_message(sluice_span message)
{
    if (sl_json_type(message) != SL_JSON_OBJECT)
        return SL_EVENT_PREAMBLE;
    if (sl_json_find(message, "tool_calls.0").ptr)
        return SL_EVENT_TOOL;
    return has_text(sl_json_member(message, SL_SPAN("content"))) ||
                   has_text(sl_json_member(message, SL_SPAN("thinking")))
               ? SL_EVENT_CONTENT
               : SL_EVENT_PREAMBLE;
}

static void count(struct sl_usage *u, uint32_t kind, sluice_span value, struct sl_event_view *view)
{
    int64_t n;

    if (!sl_json_i64(value, &n))
        return;
    sl_usage_set(u, kind, n);
    view->has_usage = true;
}

sluice_status sl_ollama_look(sluice_span event, sluice_span text, bool whole,
                             struct sluice_arena *scratch, struct sl_event_view *view,
                             struct sl_usage *usage)
{
    sluice_header *members;
    struct sl_json_error why;
    bool done = false;
    sluice_status st;

    (void)event;
    *view = (struct sl_event_view){ .cls = SL_EVENT_PREAMBLE };
    st = sl_json_members(text, scratch, &members, &view->n_members, &why);
    if (st < 0)
        return st;
    view->members = members;
    for (size_t i = 0; i < view->n_members; i++) {
        sluice_span name = members[i].name, value = members[i].value;

        if (sl_span_eq(name, SL_SPAN("model")))
            view->model = value;
        else if (sl_span_eq(name, SL_SPAN("message")))
            view->cls = class_of_message(value);
        else if (sl_span_eq(name, SL_SPAN("response")) || sl_span_eq(name, SL_SPAN("thinking")))
            view->cls = has_text(value) ? SL_EVENT_CONTENT : view->cls;
        else if (sl_span_eq(name, SL_SPAN("done")))
            done = sl_json_is_true(value);
        else if (sl_span_eq(name, SL_SPAN("prompt_eval_count")))
            count(usage, SLUICE_USE_INPUT, value, view);
        else if (sl_span_eq(name, SL_SPAN("eval_count")))
            count(usage, SLUICE_USE_OUTPUT, value, view);
        else if (sl_span_eq(name, SL_SPAN("error")) && sl_json_type(value) != SL_JSON_NULL)
            view->error = value;
    }
    if (whole)
        view->cls = SL_EVENT_CONTENT;
    else if (done)
        view->cls = SL_EVENT_END;
    if (view->error.ptr)
        view->cls = SL_EVENT_ERROR;
    return SLUICE_OK;
}
