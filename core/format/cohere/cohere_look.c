/* SPDX-License-Identifier: Apache-2.0 */
/* cohere_look.c - what one event, or one whole answer, of Cohere's API says to a gateway. Validates
 * the text on the way. */
#include "format/cohere/cohere.h"

#include "format/json_scan.h"

static const struct {
    const char *type;
    enum sl_event_class cls;
} classes[] = {
    { "content-delta", SL_EVENT_CONTENT },  { "tool-plan-delta", SL_EVENT_CONTENT },
    { "tool-call-start", SL_EVENT_TOOL },   { "tool-call-delta", SL_EVENT_TOOL },
    { "citation-start", SL_EVENT_CONTENT }, { "message-end", SL_EVENT_END },
};

static void read_usage(sluice_span object, struct sl_event_view *view, struct sl_usage *u)
{
    sluice_span tokens;
    int64_t n;

    if (sl_json_type(object) != SL_JSON_OBJECT)
        return;
    tokens = sl_json_member(object, SL_SPAN("tokens"));
    if (sl_json_type(tokens) != SL_JSON_OBJECT)
        tokens = sl_json_member(object, SL_SPAN("billed_units"));
    if (sl_json_type(tokens) != SL_JSON_OBJECT)
        return;
    view->has_usage = true;
    if (sl_json_i64(sl_json_member(tokens, SL_SPAN("input_tokens")), &n))
        sl_usage_set(u, SLUICE_USE_INPUT, n);
    if (sl_json_i64(sl_json_member(tokens, SL_SPAN("output_tokens")), &n))
        sl_usage_set(u, SLUICE_USE_OUTPUT, n);
    if (sl_json_i64(sl_json_member(object, SL_SPAN("cached_tokens")), &n) && n > 0)
        sl_usage_set(u, SLUICE_USE_CACHED_INPUT, n);
}

static void look_at_event(sluice_span text, struct sl_event_view *view, struct sl_usage *usage)
{
    sluice_span reason = sl_json_find(text, "delta.finish_reason"), word;

    if (view->cls != SL_EVENT_END)
        return;
    read_usage(sl_json_find(text, "delta.usage"), view, usage);
    if (sl_json_raw_string(reason, &word) && sl_span_eq(word, SL_SPAN("ERROR"))) {
        view->cls = SL_EVENT_ERROR;
        view->error = sl_json_find(text, "delta.error");
        if (!view->error.ptr)
            view->error = reason;
    }
}

sluice_status sl_cohere_look(sluice_span event, sluice_span text, bool whole,
                             struct sluice_arena *scratch, struct sl_event_view *view,
                             struct sl_usage *usage)
{
    sluice_header *members;
    sluice_span type = event;
    struct sl_json_error why;
    sluice_status st;

    *view = (struct sl_event_view){ .cls = whole ? SL_EVENT_CONTENT : SL_EVENT_PREAMBLE,
                                    .event = event };
    /* Some streams have this behind their last event. */
    if (!whole && sl_span_starts(text, SL_SPAN("[DONE]")))
        return SLUICE_OK;
    st = sl_json_members(text, scratch, &members, &view->n_members, &why);
    if (st < 0)
        return st;
    view->members = members;
    for (size_t i = 0; i < view->n_members; i++) {
        if (sl_span_eq(members[i].name, SL_SPAN("type")))
            (void)sl_json_raw_string(members[i].value, &type);
        else if (sl_span_eq(members[i].name, SL_SPAN("id")))
            view->id = members[i].value;
        else if (sl_span_eq(members[i].name, SL_SPAN("usage")) && whole)
            read_usage(members[i].value, view, usage);
    }
    if (whole)
        return SLUICE_OK;
    if (!view->event.len)
        view->event = type;
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
        if (sl_span_eq(type, sl_span_str(classes[i].type)))
            view->cls = classes[i].cls;
    look_at_event(text, view, usage);
    return SLUICE_OK;
}
