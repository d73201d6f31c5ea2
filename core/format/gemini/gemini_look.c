/* SPDX-License-Identifier: Apache-2.0 */
/* gemini_look.c - what one piece of a stream, or one whole answer, of the Gemini API says to a
 * gateway. Validates the text on the way. */
#include "format/gemini/gemini.h"

#include "format/json_scan.h"

static int64_t count(sluice_span object, const char *name)
{
    int64_t n;

    return sl_json_i64(sl_json_member(object, sl_span_str(name)), &n) && n > 0 && n < SL_USAGE_MOST
               ? n
               : 0;
}

/* Thoughts stand beside the candidates' tokens; some answers have them inside already, which the
 * total tells. */
static void read_usage(struct sl_usage *u, sluice_span object)
{
    int64_t input = count(object, "promptTokenCount") + count(object, "toolUsePromptTokenCount");
    int64_t output = count(object, "candidatesTokenCount");
    int64_t thoughts = count(object, "thoughtsTokenCount");
    int64_t total = count(object, "totalTokenCount");

    if (!thoughts || input + output != total)
        output += thoughts;
    sl_usage_set(u, SLUICE_USE_INPUT, input);
    sl_usage_set(u, SLUICE_USE_OUTPUT, output);
    if (thoughts)
        sl_usage_set(u, SLUICE_USE_REASONING, thoughts);
    if (count(object, "cachedContentTokenCount"))
        sl_usage_set(u, SLUICE_USE_CACHED_INPUT, count(object, "cachedContentTokenCount"));
}

static enum sl_event_class class_of_part(sluice_span part)
{
    struct sl_json_iter it = { 0 };
    sluice_span name, value, text;
    enum sl_event_class cls = SL_EVENT_PREAMBLE;

    if (sl_json_type(part) != SL_JSON_OBJECT)
        return cls;
    while (sl_json_next(&it, part, &name, &value)) {
        if (sl_span_eq(name, SL_SPAN("functionCall")))
            return SL_EVENT_TOOL;
        if (sl_span_eq(name, SL_SPAN("text"))) {
            if (sl_json_raw_string(value, &text) && text.len)
                cls = SL_EVENT_CONTENT;
        } else if (sl_json_type(value) == SL_JSON_OBJECT) {
            cls = SL_EVENT_CONTENT; /* a picture, code that was run */
        }
    }
    return cls;
}

static enum sl_event_class class_of_candidate(sluice_span candidate)
{
    struct sl_json_iter it = { 0 };
    sluice_span name, part, content, parts, reason;
    enum sl_event_class cls = SL_EVENT_PREAMBLE, one;

    if (sl_json_type(candidate) != SL_JSON_OBJECT)
        return cls;
    if (sl_json_raw_string(sl_json_member(candidate, SL_SPAN("finishReason")), &reason) &&
        reason.len)
        return SL_EVENT_FINISH;
    content = sl_json_member(candidate, SL_SPAN("content"));
    parts = sl_json_type(content) == SL_JSON_OBJECT ? sl_json_member(content, SL_SPAN("parts"))
                                                    : sl_span(NULL, 0);
    while (sl_json_type(parts) == SL_JSON_ARRAY && sl_json_next(&it, parts, &name, &part)) {
        one = class_of_part(part);
        cls = one > cls ? one : cls;
    }
    return cls;
}

static enum sl_event_class class_of_candidates(sluice_span list)
{
    struct sl_json_iter it = { 0 };
    sluice_span name, candidate;
    enum sl_event_class cls = SL_EVENT_PREAMBLE, one;

    while (sl_json_type(list) == SL_JSON_ARRAY && sl_json_next(&it, list, &name, &candidate)) {
        one = class_of_candidate(candidate);
        cls = one > cls ? one : cls;
    }
    return cls;
}

sluice_status sl_gemini_look(sluice_span event, sluice_span text, bool whole,
                             struct sluice_arena *scratch, struct sl_event_view *view,
                             struct sl_usage *usage)
{
    sluice_header *members;
    struct sl_json_error why;
    sluice_status st;

    *view = (struct sl_event_view){ .cls = whole ? SL_EVENT_CONTENT : SL_EVENT_PREAMBLE,
                                    .event = event };
    st = sl_json_members(text, scratch, &members, &view->n_members, &why);
    if (st < 0)
        return st;
    view->members = members;
    for (size_t i = 0; i < view->n_members; i++) {
        sluice_span name = members[i].name, value = members[i].value;

        if (sl_span_eq(name, SL_SPAN("candidates")) && !whole) {
            view->cls = class_of_candidates(value);
        } else if (sl_span_eq(name, SL_SPAN("promptFeedback")) && !whole) {
            /* Refused: nothing else comes. */
            if (sl_json_type(sl_json_find(value, "blockReason")) == SL_JSON_STRING)
                view->cls = SL_EVENT_FINISH;
        } else if (sl_span_eq(name, SL_SPAN("responseId"))) {
            view->id = value;
        } else if (sl_span_eq(name, SL_SPAN("usageMetadata"))) {
            view->has_usage = sl_json_type(value) == SL_JSON_OBJECT;
            if (view->has_usage)
                read_usage(usage, value);
        } else if (sl_span_eq(name, SL_SPAN("error")) && sl_json_type(value) == SL_JSON_OBJECT) {
            view->error = value;
        }
    }
    if (view->error.ptr)
        view->cls = SL_EVENT_ERROR;
    return SLUICE_OK;
}
