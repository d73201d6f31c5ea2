/* SPDX-License-Identifier: Apache-2.0 */
/*
 * responses_answer.c - what the Responses API answers, in steps of a chat. A whole answer is a list
 * of items; a stream's events name the item they belong to by its place, which tells calls and
 * thoughts apart here as well.
 */
#include "responses.h"

#include <sluice_sdk/buf.h>
#include <sluice_sdk/compat.h>
#include <sluice_sdk/failed.h>
#include <sluice_sdk/status.h>

static bool is(sluice_span text, const char *word)
{
    return sl_span_eq(text, sl_span_str(word));
}

static sluice_span string_at(sluice_span object, const char *path)
{
    sluice_span inside = SL_SPAN("");

    (void)sl_json_raw_string(sl_json_find(object, path), &inside);
    return inside;
}

static uint32_t index_at(sluice_span object, const char *name)
{
    int64_t i = 0;

    return sl_json_i64(sl_json_find(object, name), &i) && i > 0 && i < 65536 ? (uint32_t)i : 0;
}

static sluice_status text_step(const sluice_sink *sink, uint32_t kind, uint32_t index,
                               sluice_span text)
{
    return text.len ? sl_chat_emit(sink, kind, 0, index, text) : SLUICE_OK;
}

static sluice_status start(struct oc_responses *x, sluice_span response, const sluice_sink *sink)
{
    sluice_delta d = { .struct_size = sizeof d, .kind = SLUICE_DELTA_START };

    if (x->started)
        return SLUICE_OK;
    x->started = true;
    d.id = string_at(response, "id");
    d.name = string_at(response, "model");
    return sink->delta(sink, &d);
}

/* ---- what a text has beside its words ---- */

/* Flat there, nested in a chat. */
static sluice_status annotation(const sluice_sink *sink, sluice_span note)
{
    static const char *const members[] = { "url", "title", "start_index", "end_index" };
    struct sl_json_out o;
    struct sl_buf b;
    sluice_status st = SLUICE_E_NOMEM;

    if (sl_json_type(note) != SL_JSON_OBJECT || !is(string_at(note, "type"), "url_citation"))
        return SLUICE_OK;
    sl_buf_init(&b, note.len + 256);
    o = sl_json_out(&b);
    sl_buf_add_str(&b, "\"annotations\":[{\"type\":\"url_citation\",\"url_citation\":");
    sl_json_open(&o, '{');
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        sluice_span value = sl_json_find(note, members[i]);

        if (value.ptr)
            sl_json_kv_raw(&o, members[i], value);
    }
    sl_json_close(&o, '}');
    sl_buf_add_str(&b, "}]");
    if (sl_buf_ok(&b))
        st = sl_chat_emit_extra(sink, 0, sl_buf_span(&b));
    sl_buf_finish(&b);
    return st;
}

static sluice_status logprobs(const sluice_sink *sink, sluice_span list)
{
    sluice_delta d = { .struct_size = sizeof d, .kind = SLUICE_DELTA_LOGPROBS };

    if (sl_json_type(list) != SL_JSON_ARRAY || !sl_json_find(list, "0").ptr)
        return SLUICE_OK;
    d.extra = sl_arena_printf(sink->scratch, "\"content\":%.*s", SL_FMT(list));
    return d.extra.ptr ? sink->delta(sink, &d) : SLUICE_E_NOMEM;
}

/* ---- thoughts ---- */

/* Id and encrypted content go and come as one; without the latter nothing is proved. */
static sluice_status signature(const sluice_sink *sink, sluice_span item, uint32_t index)
{
    sluice_span id = string_at(item, "id"), proof = string_at(item, "encrypted_content"), both;

    if (!sl_span_starts(id, SL_SPAN("rs_")) || !proof.len)
        return SLUICE_OK;
    both = sl_arena_printf(sink->scratch, "%.*s.%.*s", SL_FMT(id), SL_FMT(proof));
    return both.ptr ? sl_chat_emit(sink, SLUICE_DELTA_SIGNATURE, 0, index, both) : SLUICE_E_NOMEM;
}

/* ---- calls ---- */

static struct oc_pending *pending(struct oc_responses *x, uint32_t index)
{
    struct oc_pending *p = x->calls;

    while (p && p->index != index)
        p = p->next;
    return p;
}

static sluice_status call_start(struct oc_responses *x, sluice_span item, uint32_t index,
                                const sluice_sink *sink)
{
    sluice_delta d = { .struct_size = sizeof d,
                       .kind = SLUICE_DELTA_TOOL_START,
                       .index = index,
                       .id = string_at(item, "call_id"),
                       .name = string_at(item, "name") };
    struct oc_pending *p;

    if (pending(x, index))
        return SLUICE_OK;
    p = sl_alloc0(x->mem, sizeof *p);
    if (!p)
        return SLUICE_E_NOMEM;
    p->index = index;
    p->next = x->calls;
    x->calls = p;
    return sink->delta(sink, &d);
}

/* Arguments that came in no pieces come now. */
static sluice_status call_end(struct oc_responses *x, uint32_t index, sluice_span arguments,
                              const sluice_sink *sink)
{
    struct oc_pending *p = pending(x, index);

    if (!p || p->told || !arguments.len)
        return SLUICE_OK;
    p->told = true;
    return sl_chat_emit(sink, SLUICE_DELTA_TOOL_ARGS, 0, index, arguments);
}

static sluice_status call_piece(struct oc_responses *x, sluice_span e, const sluice_sink *sink)
{
    struct oc_pending *p = pending(x, index_at(e, "output_index"));

    /* Pieces of a call that never began belong to nothing. */
    if (!p || !string_at(e, "delta").len)
        return SLUICE_OK;
    p->told = true;
    return sl_chat_emit(sink, SLUICE_DELTA_TOOL_ARGS, 0, p->index, string_at(e, "delta"));
}

/* ---- the end ---- */

static sluice_status failed(sluice_span response, sluice_error *err)
{
    sluice_span error = sl_json_find(response, "error");

    if (sl_json_type(error) == SL_JSON_OBJECT)
        return sl_failed_inside(response, 500, NULL, 0, err);
    return sl_fail(err, SLUICE_E_UPSTREAM, "The provider's answer failed.");
}

static sluice_status finish(struct oc_responses *x, sluice_span response, const sluice_sink *sink,
                            sluice_error *err)
{
    sluice_span status = string_at(response, "status"), usage = sl_json_find(response, "usage");
    sluice_span why = string_at(response, "incomplete_details.reason");
    struct sl_compat_usage counts;
    sluice_usage u = { .struct_size = sizeof u };
    const char *word = x->calls ? "tool_calls" : "stop";

    if (is(status, "failed") || is(status, "cancelled"))
        return failed(response, err);
    if (usage.ptr && sl_compat_usage(usage, &counts)) {
        u.counts = counts.counts;
        u.n_counts = counts.n;
        sink->usage(sink, &u);
    }
    if (is(status, "incomplete"))
        word = is(why, "content_filter") ? "content_filter" : "length";
    x->finished = true;
    return sl_chat_emit(sink, SLUICE_DELTA_FINISH, 0, 0, sl_span_str(word));
}

/* ---- whole ---- */

/* Summaries come in parts, a blank line between two. */
static sluice_status thoughts(sluice_span list, uint32_t index, const sluice_sink *sink)
{
    struct sl_json_iter it = { .started = false };
    sluice_span name, part;
    sluice_status st = SLUICE_OK;
    bool any = false;

    while (st >= 0 && sl_json_type(list) == SL_JSON_ARRAY &&
           sl_json_next(&it, list, &name, &part)) {
        sluice_span text =
            sl_json_type(part) == SL_JSON_OBJECT ? string_at(part, "text") : SL_SPAN("");

        if (any && text.len)
            st = sl_chat_emit(sink, SLUICE_DELTA_REASONING, 0, index, SL_SPAN("\\n\\n"));
        any = any || text.len;
        if (st >= 0)
            st = text_step(sink, SLUICE_DELTA_REASONING, index, text);
    }
    return st;
}

static sluice_status message(sluice_span item, const sluice_sink *sink)
{
    sluice_span list = sl_json_find(item, "content"), name, part, note;
    struct sl_json_iter it = { .started = false };
    sluice_status st = SLUICE_OK;

    while (st >= 0 && sl_json_type(list) == SL_JSON_ARRAY &&
           sl_json_next(&it, list, &name, &part)) {
        struct sl_json_iter notes = { .started = false };
        sluice_span annotations;

        if (sl_json_type(part) != SL_JSON_OBJECT)
            continue;
        st = text_step(sink, SLUICE_DELTA_TEXT, 0, string_at(part, "text"));
        if (st >= 0)
            st = text_step(sink, SLUICE_DELTA_REFUSAL, 0, string_at(part, "refusal"));
        if (st >= 0)
            st = logprobs(sink, sl_json_find(part, "logprobs"));
        annotations = sl_json_find(part, "annotations");
        while (st >= 0 && sl_json_type(annotations) == SL_JSON_ARRAY &&
               sl_json_next(&notes, annotations, &name, &note))
            st = annotation(sink, note);
    }
    return st;
}

static sluice_status whole_item(struct oc_responses *x, sluice_span item, uint32_t index,
                                const sluice_sink *sink)
{
    sluice_span type = string_at(item, "type");
    sluice_status st;

    if (is(type, "message"))
        return message(item, sink);
    if (is(type, "function_call")) {
        st = call_start(x, item, index, sink);
        return st < 0 ? st : call_end(x, index, string_at(item, "arguments"), sink);
    }
    if (!is(type, "reasoning"))
        return SLUICE_OK; /* what the vendor's own tools did */
    st = thoughts(sl_json_find(item, "summary"), index, sink);
    if (st >= 0)
        st = thoughts(sl_json_find(item, "content"), index, sink);
    return st < 0 ? st : signature(sink, item, index);
}

sluice_status oc_responses_whole(struct oc_responses *x, sluice_span object,
                                 const sluice_sink *sink, sluice_error *err)
{
    sluice_span list = sl_json_find(object, "output"), name, item;
    struct sl_json_iter it = { .started = false };
    sluice_status st = SLUICE_OK;
    uint32_t index = 0;

    if (sl_json_type(list) != SL_JSON_ARRAY)
        return failed(object, err);
    st = start(x, object, sink);
    for (; st >= 0 && sl_json_next(&it, list, &name, &item); index++)
        if (sl_json_type(item) == SL_JSON_OBJECT)
            st = whole_item(x, item, index, sink);
    return st < 0 ? st : finish(x, object, sink, err);
}

/* ---- a stream ---- */

static sluice_status on_created(struct oc_responses *x, sluice_span e, const sluice_sink *sink)
{
    return start(x, sl_json_find(e, "response"), sink);
}

static sluice_status on_text(struct oc_responses *x, sluice_span e, const sluice_sink *sink)
{
    sluice_status st = text_step(sink, SLUICE_DELTA_TEXT, 0, string_at(e, "delta"));

    (void)x;
    return st < 0 ? st : logprobs(sink, sl_json_find(e, "logprobs"));
}

static sluice_status on_refusal(struct oc_responses *x, sluice_span e, const sluice_sink *sink)
{
    (void)x;
    return text_step(sink, SLUICE_DELTA_REFUSAL, 0, string_at(e, "delta"));
}

static sluice_status on_thought(struct oc_responses *x, sluice_span e, const sluice_sink *sink)
{
    (void)x;
    return text_step(sink, SLUICE_DELTA_REASONING, index_at(e, "output_index"),
                     string_at(e, "delta"));
}

static sluice_status on_summary(struct oc_responses *x, sluice_span e, const sluice_sink *sink)
{
    (void)x;
    return index_at(e, "summary_index")
               ? sl_chat_emit(sink, SLUICE_DELTA_REASONING, 0, index_at(e, "output_index"),
                              SL_SPAN("\\n\\n"))
               : SLUICE_OK;
}

static sluice_status on_note(struct oc_responses *x, sluice_span e, const sluice_sink *sink)
{
    (void)x;
    return annotation(sink, sl_json_find(e, "annotation"));
}

static sluice_status on_added(struct oc_responses *x, sluice_span e, const sluice_sink *sink)
{
    return is(string_at(e, "item.type"), "function_call")
               ? call_start(x, sl_json_find(e, "item"), index_at(e, "output_index"), sink)
               : SLUICE_OK;
}

static sluice_status on_arguments(struct oc_responses *x, sluice_span e, const sluice_sink *sink)
{
    return call_end(x, index_at(e, "output_index"), string_at(e, "arguments"), sink);
}

static sluice_status on_item(struct oc_responses *x, sluice_span e, const sluice_sink *sink)
{
    sluice_span item = sl_json_find(e, "item"), type = string_at(e, "item.type");
    uint32_t index = index_at(e, "output_index");

    if (is(type, "function_call"))
        return whole_item(x, item, index, sink);
    return is(type, "reasoning") ? signature(sink, item, index) : SLUICE_OK;
}

/* Most frequent first; what is not here says nothing that others do not. */
static const struct {
    const char *type;
    sluice_status (*fn)(struct oc_responses *x, sluice_span e, const sluice_sink *sink);
} types[] = {
    { "response.output_text.delta", on_text },
    { "response.function_call_arguments.delta", call_piece },
    { "response.reasoning_summary_text.delta", on_thought },
    { "response.reasoning_text.delta", on_thought },
    { "response.refusal.delta", on_refusal },
    { "response.output_item.added", on_added },
    { "response.output_item.done", on_item },
    { "response.function_call_arguments.done", on_arguments },
    { "response.reasoning_summary_part.added", on_summary },
    { "response.output_text.annotation.added", on_note },
    { "response.created", on_created },
};

sluice_status oc_responses_event(struct oc_responses *x, sluice_span object,
                                 const sluice_sink *sink, sluice_error *err)
{
    sluice_span type = string_at(object, "type");

    if (x->finished)
        return SLUICE_OK;
    if (is(type, "error"))
        return sl_failed_inside(object, 500, NULL, 0, err);
    if (is(type, "response.completed") || is(type, "response.incomplete") ||
        is(type, "response.failed"))
        return finish(x, sl_json_find(object, "response"), sink, err);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (is(type, types[i].type))
            return types[i].fn(x, object, sink);
    return SLUICE_OK;
}
