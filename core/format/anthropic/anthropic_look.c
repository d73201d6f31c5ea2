/* SPDX-License-Identifier: Apache-2.0 */
/* anthropic_look.c - what one event, or one whole answer, of the Messages API says to a gateway.
 * Validates the text on the way. */
#include "format/anthropic/anthropic.h"

#include "format/json_scan.h"

struct names {
    const char *name;
    enum sl_event_class cls;
};

static const struct names classes[] = {
    { "content_block_delta", SL_EVENT_CONTENT },
    { "content_block_start", SL_EVENT_PREAMBLE },
    { "content_block_stop", SL_EVENT_PREAMBLE },
    { "message_delta", SL_EVENT_FINISH },
    { "message_start", SL_EVENT_PREAMBLE },
    { "message_stop", SL_EVENT_END },
    { "error", SL_EVENT_ERROR },
};

static void set(struct sl_usage *u, uint32_t kind, sluice_span object, const char *name)
{
    int64_t n;

    if (sl_json_i64(sl_json_member(object, sl_span_str(name)), &n))
        sl_usage_set(u, kind, n);
}

/* The three counts of input are disjoint here; a later report may leave some of them out, and those
 * stay what they were. */
static void read_usage(struct sl_usage *u, sluice_span object)
{
    sluice_span creation = sl_json_member(object, SL_SPAN("cache_creation"));
    int64_t before = sl_usage_get(u, SLUICE_USE_INPUT, 0), input;

    before -= sl_usage_get(u, SLUICE_USE_CACHED_INPUT, 0);
    before -= sl_usage_get(u, SLUICE_USE_CACHE_WRITE, 0);
    if (!sl_json_i64(sl_json_member(object, SL_SPAN("input_tokens")), &input) || input < 0)
        input = before;
    set(u, SLUICE_USE_CACHED_INPUT, object, "cache_read_input_tokens");
    set(u, SLUICE_USE_CACHE_WRITE, object, "cache_creation_input_tokens");
    if (input > SL_USAGE_MOST)
        input = 0;
    input += sl_usage_get(u, SLUICE_USE_CACHED_INPUT, 0);
    input += sl_usage_get(u, SLUICE_USE_CACHE_WRITE, 0);
    sl_usage_set(u, SLUICE_USE_INPUT, input);
    set(u, SLUICE_USE_OUTPUT, object, "output_tokens");
    if (sl_json_type(creation) == SL_JSON_OBJECT)
        set(u, SLUICE_USE_CACHE_WRITE_1H, creation, "ephemeral_1h_input_tokens");
    object = sl_json_member(object, SL_SPAN("output_tokens_details"));
    if (sl_json_type(object) == SL_JSON_OBJECT)
        set(u, SLUICE_USE_REASONING, object, "thinking_tokens");
}

static void note_usage(sluice_span value, struct sl_event_view *view, struct sl_usage *usage)
{
    if (sl_json_type(value) != SL_JSON_OBJECT)
        return;
    view->has_usage = true;
    read_usage(usage, value);
}

/* A block that begins with something to show: a call, text that is there already. */
static enum sl_event_class class_of_block(sluice_span block)
{
    sluice_span type, text;

    if (sl_json_type(block) != SL_JSON_OBJECT ||
        !sl_json_raw_string(sl_json_member(block, SL_SPAN("type")), &type))
        return SL_EVENT_PREAMBLE;
    if (sl_span_eq(type, SL_SPAN("text")))
        return sl_json_raw_string(sl_json_member(block, SL_SPAN("text")), &text) && text.len
                   ? SL_EVENT_CONTENT
                   : SL_EVENT_PREAMBLE;
    if (sl_span_eq(type, SL_SPAN("thinking")))
        return SL_EVENT_PREAMBLE;
    return sl_span_eq(type, SL_SPAN("tool_use")) ? SL_EVENT_TOOL : SL_EVENT_CONTENT;
}

/* Most events are one of these. */
static enum sl_event_class class_of_delta(sluice_span delta)
{
    sluice_span type;

    if (sl_json_type(delta) != SL_JSON_OBJECT ||
        !sl_json_raw_string(sl_json_member(delta, SL_SPAN("type")), &type))
        return SL_EVENT_PREAMBLE;
    if (sl_span_eq(type, SL_SPAN("signature_delta")))
        return SL_EVENT_PREAMBLE;
    return sl_span_eq(type, SL_SPAN("input_json_delta")) ? SL_EVENT_TOOL : SL_EVENT_CONTENT;
}

static void look_at_message(sluice_span message, struct sl_event_view *view, struct sl_usage *usage)
{
    struct sl_json_iter it = { 0 };
    sluice_span name, value;

    if (sl_json_type(message) != SL_JSON_OBJECT)
        return;
    while (sl_json_next(&it, message, &name, &value)) {
        if (sl_span_eq(name, SL_SPAN("id")))
            view->id = value;
        else if (sl_span_eq(name, SL_SPAN("model")))
            view->model = value;
        else if (sl_span_eq(name, SL_SPAN("usage")))
            note_usage(value, view, usage);
    }
}

static void look_at_event(const struct sluice_header *m, size_t n, sluice_span type,
                          struct sl_event_view *view, struct sl_usage *usage)
{
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
        if (sl_span_eq(type, sl_span_str(classes[i].name)))
            view->cls = classes[i].cls;
    for (size_t i = 0; i < n; i++) {
        sluice_span name = m[i].name, value = m[i].value;

        if (sl_span_eq(name, SL_SPAN("usage")))
            note_usage(value, view, usage);
        else if (sl_span_eq(name, SL_SPAN("message")) && view->cls == SL_EVENT_PREAMBLE)
            look_at_message(value, view, usage);
        else if (sl_span_eq(name, SL_SPAN("delta")) && view->cls == SL_EVENT_CONTENT)
            view->cls = class_of_delta(value);
        else if (sl_span_eq(name, SL_SPAN("content_block")))
            view->cls = class_of_block(value);
        else if (sl_span_eq(name, SL_SPAN("error")))
            view->error = value;
    }
}

sluice_status sl_anthropic_look(sluice_span event, sluice_span text, bool whole,
                                struct sluice_arena *scratch, struct sl_event_view *view,
                                struct sl_usage *usage)
{
    sluice_header *members;
    sluice_span type = { 0 };
    struct sl_json_error why;
    sluice_status st;

    *view = (struct sl_event_view){ .cls = SL_EVENT_PREAMBLE, .event = event };
    st = sl_json_members(text, scratch, &members, &view->n_members, &why);
    if (st < 0)
        return st;
    view->members = members;
    for (size_t i = 0; i < view->n_members; i++)
        if (sl_span_eq(members[i].name, SL_SPAN("type")))
            (void)sl_json_raw_string(members[i].value, &type);
    if (!type.len)
        type = event;
    if (!view->event.len)
        view->event = type;
    if (!whole) {
        look_at_event(members, view->n_members, type, view, usage);
    } else {
        view->cls = SL_EVENT_CONTENT;
        look_at_message(text, view, usage);
        for (size_t i = 0; i < view->n_members; i++)
            if (sl_span_eq(members[i].name, SL_SPAN("error")) && sl_span_eq(type, SL_SPAN("error")))
                view->error = members[i].value;
        if (view->error.ptr)
            view->cls = SL_EVENT_ERROR;
    }
    if (view->cls == SL_EVENT_ERROR && !view->error.ptr)
        view->error = text;
    return SLUICE_OK;
}
