/* SPDX-License-Identifier: Apache-2.0 */
/* responses_look.c - what one event, or one whole answer, of the Responses API says to a gateway.
 * Validates the text on the way. */
#include "format/responses/responses.h"

#include "format/json_scan.h"

static const struct {
    const char *type;
    enum sl_event_class cls;
} classes[] = {
    { "response.completed", SL_EVENT_END },
    { "response.incomplete", SL_EVENT_END },
    { "response.failed", SL_EVENT_ERROR },
    { "error", SL_EVENT_ERROR },
    { "response.function_call_arguments.delta", SL_EVENT_TOOL },
    { "response.custom_tool_call_input.delta", SL_EVENT_TOOL },
    { "response.image_generation_call.partial_image", SL_EVENT_CONTENT },
};

static enum sl_event_class class_of(sluice_span type)
{
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
        if (sl_span_eq(type, sl_span_str(classes[i].type)))
            return classes[i].cls;
    return sl_span_ends(type, SL_SPAN(".delta")) ? SL_EVENT_CONTENT : SL_EVENT_PREAMBLE;
}

static sluice_span word(sluice_span value)
{
    sluice_span inside = { 0 };

    (void)sl_json_raw_string(value, &inside);
    return inside;
}

/* The response itself, alone or within an event; its status. */
static sluice_span look_at_response(sluice_span response, struct sl_event_view *view,
                                    struct sl_usage *usage)
{
    struct sl_json_iter it = { 0 };
    sluice_span name, value, status = { 0 };

    while (sl_json_next(&it, response, &name, &value)) {
        if (sl_span_eq(name, SL_SPAN("id"))) {
            view->id = value;
        } else if (sl_span_eq(name, SL_SPAN("model"))) {
            view->model = value;
        } else if (sl_span_eq(name, SL_SPAN("status"))) {
            status = word(value);
        } else if (sl_span_eq(name, SL_SPAN("error"))) {
            if (sl_json_type(value) == SL_JSON_OBJECT)
                view->error = value;
        } else if (sl_span_eq(name, SL_SPAN("usage"))) {
            view->has_usage = sl_json_type(value) == SL_JSON_OBJECT;
            if (view->has_usage)
                sl_usage_read(usage, value);
        }
    }
    return status;
}

static sluice_status members_of(sluice_span event, sluice_span text, struct sluice_arena *scratch,
                                struct sl_event_view *view)
{
    sluice_header *members;
    struct sl_json_error why;
    sluice_status st;

    *view = (struct sl_event_view){ .cls = SL_EVENT_PREAMBLE, .event = event };
    st = sl_json_members(text, scratch, &members, &view->n_members, &why);
    view->members = members;
    return st;
}

static sluice_span member(const struct sl_event_view *view, sluice_span name)
{
    for (size_t i = 0; i < view->n_members; i++)
        if (sl_span_eq(view->members[i].name, name))
            return view->members[i].value;
    return sl_span(NULL, 0);
}

sluice_status sl_responses_look(sluice_span event, sluice_span text, bool whole,
                                struct sluice_arena *scratch, struct sl_event_view *view,
                                struct sl_usage *usage)
{
    sluice_span type, response;
    sluice_status st = members_of(event, text, scratch, view);

    if (st < 0)
        return st;
    if (whole) {
        bool failed = sl_span_eq(look_at_response(text, view, usage), SL_SPAN("failed"));

        view->cls =
            failed || (view->error.ptr && !view->id.ptr) ? SL_EVENT_ERROR : SL_EVENT_CONTENT;
    } else {
        type = word(member(view, SL_SPAN("type")));
        if (!type.len)
            type = event;
        if (!view->event.len)
            view->event = type;
        view->cls = class_of(type);
        response = member(view, SL_SPAN("response"));
        if (sl_json_type(response) == SL_JSON_OBJECT)
            (void)look_at_response(response, view, usage);
        /* A call that is there at once, whole. */
        if (sl_span_eq(type, SL_SPAN("response.output_item.added")) &&
            sl_span_ends(word(sl_json_find(text, "item.type")), SL_SPAN("_call")))
            view->cls = SL_EVENT_TOOL;
        if (sl_json_type(member(view, SL_SPAN("error"))) == SL_JSON_OBJECT)
            view->error = member(view, SL_SPAN("error"));
    }
    if (view->cls == SL_EVENT_ERROR && !view->error.ptr)
        view->error = text; /* code and message stand in the event itself */
    return SLUICE_OK;
}

sluice_status sl_responses_look_kept(sluice_span event, sluice_span text, bool whole,
                                     struct sluice_arena *scratch, struct sl_event_view *view,
                                     struct sl_usage *usage)
{
    struct sl_usage paid = { 0 }; /* was counted when it was asked for */
    sluice_status st = members_of(event, text, scratch, view);

    (void)usage;
    if (st < 0)
        return st;
    view->cls = SL_EVENT_CONTENT;
    if (whole) {
        (void)look_at_response(text, view, &paid);
        view->error = sl_span(NULL, 0);
    } else {
        sluice_span type = word(member(view, SL_SPAN("type")));

        if (class_of(type) == SL_EVENT_END || sl_span_eq(type, SL_SPAN("response.failed")))
            view->cls = SL_EVENT_END;
        if (!view->event.len)
            view->event = type;
    }
    view->has_usage = false;
    return SLUICE_OK;
}
