/* SPDX-License-Identifier: Apache-2.0 */
/* openai_look.c - what one event, or one whole answer, in an OpenAI format says to a gateway: is it
 * content, an error, the end; which model; how much was used. Validates the text on the way. */
#include "format/openai/openai_look.h"

#include "format/json_scan.h"

static bool has_elements(sluice_span value)
{
    return sl_json_type(value) == SL_JSON_ARRAY &&
           sl_span_trim(sl_span(value.ptr + 1, value.len - 2)).len > 0;
}

/* Has this raw delta or message something a reader waits for? */
static enum sl_event_class class_of_delta(sluice_span delta, sluice_span *content)
{
    struct sl_json_iter it = { 0 };
    sluice_span name, value, inside;
    enum sl_event_class cls = SL_EVENT_PREAMBLE;

    if (sl_json_type(delta) != SL_JSON_OBJECT)
        return cls;
    while (sl_json_next(&it, delta, &name, &value)) {
        if (sl_span_eq(name, SL_SPAN("role")))
            continue;
        if (sl_span_eq(name, SL_SPAN("tool_calls")) && has_elements(value))
            return SL_EVENT_TOOL;
        if (sl_json_raw_string(value, &inside)) {
            if (inside.len == 0)
                continue;
            *content = inside;
            cls = SL_EVENT_CONTENT;
        } else if (sl_json_type(value) == SL_JSON_OBJECT || has_elements(value)) {
            cls = SL_EVENT_CONTENT;
        }
    }
    return cls;
}

static enum sl_event_class class_of_choices(sluice_span choices, sluice_span *content)
{
    struct sl_json_iter it = { 0 }, inner;
    sluice_span name, value, choice;
    enum sl_event_class cls = SL_EVENT_PREAMBLE, one;
    bool finish = false;

    while (sl_json_next(&it, choices, &name, &choice)) {
        if (sl_json_type(choice) != SL_JSON_OBJECT)
            continue;
        inner = (struct sl_json_iter){ 0 };
        while (sl_json_next(&inner, choice, &name, &value)) {
            if (sl_span_eq(name, SL_SPAN("delta")) || sl_span_eq(name, SL_SPAN("message"))) {
                one = class_of_delta(value, content);
                cls = one > cls ? one : cls;
            } else if (sl_span_eq(name, SL_SPAN("text"))) {
                if (value.len > 2) {
                    cls = SL_EVENT_CONTENT;
                    (void)sl_json_raw_string(value, content);
                }
            } else if (sl_span_eq(name, SL_SPAN("finish_reason"))) {
                finish = finish || (sl_json_type(value) == SL_JSON_STRING && value.len > 2);
            }
        }
    }
    return finish ? SL_EVENT_FINISH : cls;
}

sluice_status sl_openai_look(sluice_span event, sluice_span text, bool whole,
                             struct sluice_arena *scratch, struct sl_event_view *view,
                             struct sl_usage *usage)
{
    sluice_header *members;
    sluice_span choices = { 0 };
    struct sl_json_error why;
    sluice_status st;

    *view = (struct sl_event_view){ .cls = SL_EVENT_PREAMBLE };
    if (!whole && sl_span_starts(text, SL_SPAN("[DONE]"))) {
        view->cls = SL_EVENT_END;
        return SLUICE_OK;
    }
    st = sl_json_members(text, scratch, &members, &view->n_members, &why);
    if (st < 0)
        return st;
    view->members = members;
    for (size_t i = 0; i < view->n_members; i++) {
        sluice_span name = members[i].name, value = members[i].value;

        if (sl_span_eq(name, SL_SPAN("choices"))) {
            choices = value;
        } else if (sl_span_eq(name, SL_SPAN("model"))) {
            view->model = value;
        } else if (sl_span_eq(name, SL_SPAN("id"))) {
            view->id = value;
        } else if (sl_span_eq(name, SL_SPAN("error"))) {
            if (sl_json_type(value) == SL_JSON_OBJECT || sl_json_type(value) == SL_JSON_STRING)
                view->error = value;
        } else if (sl_span_eq(name, SL_SPAN("usage"))) {
            view->has_usage = sl_json_type(value) == SL_JSON_OBJECT;
            view->usage_null = sl_json_type(value) == SL_JSON_NULL;
            if (view->has_usage) {
                view->usage = value;
                sl_usage_read(usage, value);
            }
        }
    }
    if (!view->error.ptr && sl_span_eq(event, SL_SPAN("error")))
        view->error = text; /* named so, it need not say it again */
    /* Of a whole answer the class is asked for only when it may be an error. */
    if (whole && !view->error.ptr)
        view->cls = SL_EVENT_CONTENT;
    else if (sl_json_type(choices) == SL_JSON_ARRAY)
        view->cls = class_of_choices(choices, &view->content);
    view->usage_only =
        view->has_usage && !whole && view->cls == SL_EVENT_PREAMBLE && choices.len <= 4;
    if (view->usage_only)
        view->cls = SL_EVENT_USAGE;
    if (view->error.ptr && (!choices.ptr || view->cls == SL_EVENT_PREAMBLE))
        view->cls = SL_EVENT_ERROR;
    return SLUICE_OK;
}

/* An event type that nothing follows. Of several pictures each ends with one. */
static bool is_last(sluice_span type)
{
    return sl_span_ends(type, SL_SPAN(".completed")) || sl_span_ends(type, SL_SPAN(".done"));
}

sluice_status sl_openai_look_typed(sluice_span event, sluice_span text, bool whole,
                                   struct sluice_arena *scratch, struct sl_event_view *view,
                                   struct sl_usage *usage)
{
    sluice_status st = sl_openai_look(event, text, whole, scratch, view, usage);
    sluice_span type = { 0 };

    if (st < 0 || whole || view->cls == SL_EVENT_END || view->cls == SL_EVENT_ERROR)
        return st;
    for (size_t i = 0; i < view->n_members; i++)
        if (sl_span_eq(view->members[i].name, SL_SPAN("type")))
            (void)sl_json_raw_string(view->members[i].value, &type);
    if (sl_span_eq(type, SL_SPAN("error"))) {
        view->cls = SL_EVENT_ERROR;
        view->error = text;
    } else {
        view->cls = is_last(type) ? SL_EVENT_FINISH : SL_EVENT_CONTENT;
    }
    view->usage_only = false;
    return SLUICE_OK;
}
