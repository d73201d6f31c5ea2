/* SPDX-License-Identifier: Apache-2.0 */
/* converse_look.c - what one event, or one whole answer, of Converse says to a gateway. Validates
 * the text on the way. */
#include "format/converse/converse.h"

#include "format/json_scan.h"

static const struct {
    const char *name;
    enum sl_event_class cls;
} classes[] = {
    { "contentBlockDelta", SL_EVENT_CONTENT }, { "contentBlockStart", SL_EVENT_PREAMBLE },
    { "contentBlockStop", SL_EVENT_PREAMBLE }, { "messageStart", SL_EVENT_PREAMBLE },
    { "messageStop", SL_EVENT_FINISH },        { "metadata", SL_EVENT_END },
};

static int64_t count(sluice_span usage, const char *name)
{
    int64_t n;

    return sl_json_i64(sl_json_member(usage, sl_span_str(name)), &n) && n > 0 && n <= SL_USAGE_MOST
               ? n
               : 0;
}

/* The three counts of input are disjoint here. */
static void note_usage(sluice_span usage, struct sl_event_view *view, struct sl_usage *u)
{
    int64_t read, written;

    if (sl_json_type(usage) != SL_JSON_OBJECT)
        return;
    view->has_usage = true;
    read = count(usage, "cacheReadInputTokens");
    written = count(usage, "cacheWriteInputTokens");
    sl_usage_set(u, SLUICE_USE_INPUT, count(usage, "inputTokens") + read + written);
    sl_usage_set(u, SLUICE_USE_OUTPUT, count(usage, "outputTokens"));
    if (sl_json_member(usage, SL_SPAN("cacheReadInputTokens")).ptr)
        sl_usage_set(u, SLUICE_USE_CACHED_INPUT, read);
    if (sl_json_member(usage, SL_SPAN("cacheWriteInputTokens")).ptr)
        sl_usage_set(u, SLUICE_USE_CACHE_WRITE, written);
}

/* An exception's name is not in its payload: put there. */
static sluice_status note_exception(sluice_span event, sluice_span text,
                                    struct sluice_arena *scratch, struct sl_event_view *view)
{
    sluice_span message = sl_json_member(text, SL_SPAN("message"));

    view->cls = SL_EVENT_ERROR;
    view->error = sl_arena_printf(scratch, "{\"__type\":\"%.*s\",\"message\":%.*s}", SL_FMT(event),
                                  SL_FMT(message.ptr ? message : SL_SPAN("null")));
    return view->error.ptr ? SLUICE_OK : SLUICE_E_NOMEM;
}

static bool is_tool(sluice_span container, const char *member)
{
    return sl_json_type(container) == SL_JSON_OBJECT &&
           sl_json_type(sl_json_member(container, sl_span_str(member))) == SL_JSON_OBJECT;
}

static void look_at_event(const sluice_header *m, size_t n, struct sl_event_view *view,
                          struct sl_usage *usage)
{
    for (size_t i = 0; i < n; i++)
        if (sl_span_eq(m[i].name, SL_SPAN("usage")) && view->cls == SL_EVENT_END)
            note_usage(m[i].value, view, usage);
        else if (sl_span_eq(m[i].name, SL_SPAN("delta")) && is_tool(m[i].value, "toolUse"))
            view->cls = SL_EVENT_TOOL;
        else if (sl_span_eq(m[i].name, SL_SPAN("start")) && is_tool(m[i].value, "toolUse"))
            view->cls = SL_EVENT_TOOL;
}

sluice_status sl_converse_look(sluice_span event, sluice_span text, bool whole,
                               struct sluice_arena *scratch, struct sl_event_view *view,
                               struct sl_usage *usage)
{
    sluice_span ending = SL_SPAN("xception");
    sluice_header *members;
    struct sl_json_error why;
    bool output = false;
    sluice_status st;

    *view = (struct sl_event_view){ .cls = SL_EVENT_PREAMBLE, .event = event };
    st = sl_json_members(text, scratch, &members, &view->n_members, &why);
    if (st < 0)
        return st;
    view->members = members;
    if (!whole && sl_span_ends(event, ending))
        return note_exception(event, text, scratch, view);
    if (!whole) {
        for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
            if (sl_span_eq(event, sl_span_str(classes[i].name)))
                view->cls = classes[i].cls;
        look_at_event(members, view->n_members, view, usage);
        return SLUICE_OK;
    }
    for (size_t i = 0; i < view->n_members; i++) {
        output = output || sl_span_eq(members[i].name, SL_SPAN("output"));
        if (sl_span_eq(members[i].name, SL_SPAN("usage")))
            note_usage(members[i].value, view, usage);
    }
    /* what is answered without an output is no answer, whatever its status */
    view->cls = output ? SL_EVENT_CONTENT : SL_EVENT_ERROR;
    view->error = output ? sl_span(NULL, 0) : text;
    return SLUICE_OK;
}

/* ---- answers in a model's own form ---- */

static void note_invoked(sluice_span usage, struct sl_event_view *view, struct sl_usage *u)
{
    int64_t read = count(usage, "cache_read_input_tokens");
    int64_t written = count(usage, "cache_creation_input_tokens");

    view->has_usage = true;
    sl_usage_set(u, SLUICE_USE_INPUT, count(usage, "input_tokens") + read + written);
    sl_usage_set(u, SLUICE_USE_OUTPUT, count(usage, "output_tokens"));
    sl_usage_set(u, SLUICE_USE_CACHED_INPUT, read);
    sl_usage_set(u, SLUICE_USE_CACHE_WRITE, written);
}

static int base64_value(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(digits, c) : NULL;

    return at ? (int)(at - digits) : -1;
}

/* What a chunk holds, as far as it is base64. */
static sluice_span decoded(sluice_span text, struct sluice_arena *scratch)
{
    char *out = sl_alloc(scratch, text.len + 1);
    uint32_t bits = 0;
    size_t n = 0;
    int held = 0, v;

    for (size_t i = 0; out && i < text.len && (v = base64_value(text.ptr[i])) >= 0; i++) {
        bits = bits << 6 | (uint32_t)v;
        held += 6;
        if (held >= 8)
            out[n++] = (char)(bits >> (held -= 8));
    }
    return sl_span(out, n);
}

/* Whatever the model, the last chunk says what was used, and only that one does. */
static sluice_status note_chunk(sluice_span bytes, struct sluice_arena *scratch,
                                struct sl_event_view *view, struct sl_usage *u)
{
    sluice_span text, name = SL_SPAN("\"amazon-bedrock-invocationMetrics\":");
    struct sl_json_error why;
    size_t at;

    if (!sl_json_raw_string(bytes, &text))
        return SLUICE_OK;
    text = decoded(text, scratch);
    if (!text.ptr)
        return SLUICE_E_NOMEM;
    at = sl_span_find(text, name);
    if (at == text.len || sl_json_validate(text, &why) < 0)
        return SLUICE_OK;
    text = sl_json_member(text, SL_SPAN("amazon-bedrock-invocationMetrics"));
    if (sl_json_type(text) != SL_JSON_OBJECT)
        return SLUICE_OK;
    view->cls = SL_EVENT_END;
    view->has_usage = true;
    sl_usage_set(u, SLUICE_USE_INPUT, count(text, "inputTokenCount"));
    sl_usage_set(u, SLUICE_USE_OUTPUT, count(text, "outputTokenCount"));
    return SLUICE_OK;
}

sluice_status sl_invoke_look(sluice_span event, sluice_span text, bool whole,
                             struct sluice_arena *scratch, struct sl_event_view *view,
                             struct sl_usage *usage)
{
    sluice_header *members;
    struct sl_json_error why;
    sluice_status st;

    *view = (struct sl_event_view){ .cls = SL_EVENT_CONTENT, .event = event };
    st = sl_json_members(text, scratch, &members, &view->n_members, &why);
    if (st < 0)
        return st;
    view->members = members;
    if (!whole && sl_span_ends(event, SL_SPAN("xception")))
        return note_exception(event, text, scratch, view);
    for (size_t i = 0; i < view->n_members && st >= 0; i++) {
        sluice_span name = members[i].name, value = members[i].value;
        int64_t n;

        if (!whole && sl_span_eq(name, SL_SPAN("bytes")))
            st = note_chunk(value, scratch, view, usage);
        else if (sl_span_eq(name, SL_SPAN("inputTextTokenCount")) && sl_json_i64(value, &n) &&
                 n >= 0 && n <= SL_USAGE_MOST)
            sl_usage_set(usage, SLUICE_USE_INPUT, n);
        else if (!sl_span_eq(name, SL_SPAN("usage")) || sl_json_type(value) != SL_JSON_OBJECT)
            continue;
        else if (sl_json_member(value, SL_SPAN("input_tokens")).ptr)
            note_invoked(value, view, usage);
        else if (sl_json_member(value, SL_SPAN("inputTokens")).ptr)
            note_usage(value, view, usage);
    }
    return st;
}
