/* SPDX-License-Identifier: Apache-2.0 */
/* stream.c - the vendor's events, one at a time. No tree is built: the few members that matter are
 * picked up in one walk over the event and one over its delta. */
#include "answer.h"

/* One event's members, raw. */
struct event {
    sluice_span type; /* inside of the string */
    sluice_span delta, block, message, usage, error;
    uint32_t index;
};

/* word is a literal: its length costs nothing. */
static inline bool is(sluice_span text, const char *word)
{
    size_t n = strlen(word);

    return text.len == n && memcmp(text.ptr, word, n) == 0;
}

static void read_event(sluice_span data, struct event *e)
{
    struct sl_json_iter it = { .started = false };
    sluice_span name, value;
    int64_t index = 0;

    memset(e, 0, sizeof *e);
    while (sl_json_next(&it, data, &name, &value)) {
        if (is(name, "type"))
            sl_json_raw_string(value, &e->type);
        else if (is(name, "index"))
            sl_json_i64(value, &index);
        else if (is(name, "delta"))
            e->delta = value;
        else if (is(name, "content_block"))
            e->block = value;
        else if (is(name, "message"))
            e->message = value;
        else if (is(name, "usage"))
            e->usage = value;
        else if (is(name, "error"))
            e->error = value;
    }
    if (index > 0 && index < ANTHROPIC_NO_BLOCK)
        e->index = (uint32_t)index;
}

static sluice_status on_start(sluice_exchange *x, const struct event *e, const sluice_sink *sink,
                              sluice_error *err)
{
    (void)err;
    return anthropic_answer_start(x, sink, e->message);
}

static sluice_status on_block_start(sluice_exchange *x, const struct event *e,
                                    const sluice_sink *sink, sluice_error *err)
{
    if (sl_json_type(e->block) != SL_JSON_OBJECT)
        return sl_fail(err, SLUICE_E_UPSTREAM, "The provider began a block without saying what.");
    return anthropic_block_begin(x, sink, e->index, e->block);
}

static sluice_status on_delta(sluice_exchange *x, const struct event *e, const sluice_sink *sink,
                              sluice_error *err)
{
    struct sl_json_iter it = { .started = false };
    sluice_span name, value, type = SL_SPAN(""), text = SL_SPAN(""), citation = SL_SPAN("");
    bool open = x->answer.index == e->index;

    if (sl_json_type(e->delta) != SL_JSON_OBJECT)
        return SLUICE_OK;
    while (sl_json_next(&it, e->delta, &name, &value)) {
        if (is(name, "type"))
            sl_json_raw_string(value, &type);
        else if (is(name, "citation"))
            citation = value;
        else if (is(name, "text") || is(name, "partial_json") || is(name, "thinking") ||
                 is(name, "signature"))
            sl_json_raw_string(value, &text);
    }
    if (is(type, "text_delta"))
        return anthropic_block_text(x, sink, text);
    if (is(type, "thinking_delta"))
        return anthropic_block_thinking(x, sink, e->index, text);
    if (is(type, "signature_delta"))
        return anthropic_block_signature(x, sink, e->index, text);
    if (is(type, "input_json_delta") && !open && text.len)
        return sl_fail(err, SLUICE_E_UPSTREAM,
                       "The provider sent arguments of a tool call that is not open.");
    if (is(type, "input_json_delta"))
        return anthropic_block_args(x, sink, text);
    if (is(type, "citations_delta") && open)
        return anthropic_block_citation(x, citation);
    return SLUICE_OK;
}

static sluice_status on_block_stop(sluice_exchange *x, const struct event *e,
                                   const sluice_sink *sink, sluice_error *err)
{
    (void)err;
    return x->answer.index == e->index ? anthropic_block_end(x, sink) : SLUICE_OK;
}

static sluice_status on_message_delta(sluice_exchange *x, const struct event *e,
                                      const sluice_sink *sink, sluice_error *err)
{
    (void)err;
    if (sl_json_type(e->delta) == SL_JSON_OBJECT)
        anthropic_answer_reason(x, sl_json_find(e->delta, "stop_reason"));
    anthropic_usage(&x->answer, sink, e->usage);
    return SLUICE_OK;
}

static sluice_status on_stop(sluice_exchange *x, const struct event *e, const sluice_sink *sink,
                             sluice_error *err)
{
    (void)e;
    (void)err;
    return anthropic_answer_finish(x, sink);
}

static sluice_status on_error(sluice_exchange *x, const struct event *e, const sluice_sink *sink,
                              sluice_error *err)
{
    anthropic_failure_event(&x->failure, e->error, sink->scratch);
    return sl_verdict_report(&x->failure, err);
}

/* Most frequent first. Others (ping, what is not invented yet) are skipped. */
static const struct {
    sluice_span type;
    sluice_status (*fn)(sluice_exchange *x, const struct event *e, const sluice_sink *sink,
                        sluice_error *err);
} events[] = {
    { SL_SPAN("content_block_delta"), on_delta },
    { SL_SPAN("content_block_start"), on_block_start },
    { SL_SPAN("content_block_stop"), on_block_stop },
    { SL_SPAN("message_delta"), on_message_delta },
    { SL_SPAN("message_start"), on_start },
    { SL_SPAN("message_stop"), on_stop },
    { SL_SPAN("error"), on_error },
};

static sluice_status look(const sluice_frame *frame, struct event *e, sluice_error *err)
{
    struct sl_json_error je;

    if (sl_json_type(frame->data) != SL_JSON_OBJECT || sl_json_validate(frame->data, &je) < 0)
        return sl_fail(err, SLUICE_E_UPSTREAM, "The provider sent an event that is no JSON.");
    read_event(frame->data, e);
    if (!e->type.len)
        e->type = frame->event;
    return SLUICE_OK;
}

sluice_status anthropic_event(sluice_exchange *x, const sluice_frame *frame,
                              const sluice_sink *sink, sluice_error *err)
{
    struct event e;
    sluice_status st;

    if (x->answer.stopped)
        return SLUICE_OK;
    st = look(frame, &e, err);
    if (st < 0)
        return st;
    for (size_t i = 0; i < sizeof events / sizeof *events; i++)
        if (sl_span_eq(e.type, events[i].type))
            return events[i].fn(x, &e, sink, err);
    return SLUICE_OK;
}

sluice_status anthropic_relayed(sluice_exchange *x, const sluice_frame *frame,
                                const sluice_sink *sink, sluice_error *err)
{
    struct event e;

    if (x->count_only || look(frame, &e, err) < 0)
        return SLUICE_OK; /* shown to the client as it is; not ours to judge */
    if (is(e.type, "error"))
        return on_error(x, &e, sink, err);
    if (is(e.type, "message_start")) {
        x->answer.started = true;
        anthropic_usage(&x->answer, sink, sl_json_find(e.message, "usage"));
    } else if (is(e.type, "message_delta") || is(e.type, "message")) {
        anthropic_usage(&x->answer, sink, e.usage);
    } else if (is(e.type, "message_stop")) {
        x->answer.stopped = true;
    }
    return SLUICE_OK;
}
