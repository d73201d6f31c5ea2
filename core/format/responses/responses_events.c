/* SPDX-License-Identifier: Apache-2.0 */
/*
 * responses_events.c - steps of an answer become the events of a Responses stream: numbered from
 * nought, every item announced before anything of it comes, and one terminal event.
 */
#include "format/responses/responses.h"

#include "format/json_write.h"
#include "format/openai/openai_error.h"

struct stream {
    uint64_t sequence;
};

static struct stream *stream_of(struct sl_encoder *e)
{
    if (!e->state)
        e->state = sl_alloc0(e->arena, sizeof(struct stream));
    return e->state;
}

sluice_status sl_responses_number(struct sl_encoder *e, uint64_t next)
{
    struct stream *s = stream_of(e);

    if (!s)
        return SLUICE_E_NOMEM;
    s->sequence = next;
    return SLUICE_OK;
}

/* An event under way: members are to follow. */
struct event {
    struct sl_json_out o;
    enum sl_framing framing;
    size_t at;
};

static struct event event_open(struct sl_encoder *e, struct sl_buf *b, const char *type)
{
    struct stream *s = e->state;
    struct event ev;

    sl_frame_open(b, e->dialect->framing, sl_span_str(type));
    ev = (struct event){ sl_json_out(b), e->dialect->framing, b->len };
    sl_json_open(&ev.o, '{');
    sl_json_kv_str(&ev.o, "type", sl_span_str(type));
    sl_json_kv_i64(&ev.o, "sequence_number", (int64_t)s->sequence++);
    return ev;
}

/* Values are written as they came: a line end in one would end the line of data. */
static void event_close(struct event *ev)
{
    struct sl_buf *b = ev->o.buf;

    sl_json_close(&ev->o, '}');
    for (size_t i = ev->at; i < b->len; i++)
        if (b->ptr[i] == '\n' || b->ptr[i] == '\r')
            b->ptr[i] = ' ';
    sl_buf_add(b, sl_frame_close(ev->framing));
}

static void response_event(struct sl_encoder *e, struct sl_buf *b, const char *type,
                           enum sl_responses_state state, const struct sl_usage *usage,
                           sluice_status status, const sluice_error *err)
{
    struct event ev = event_open(e, b, type);

    sl_json_key(&ev.o, "response");
    sl_responses_write(e, &ev.o, state, usage, status, err);
    event_close(&ev);
}

static sluice_status start(struct sl_encoder *e, struct sl_buf *b)
{
    if (!sl_blocks(e) || !stream_of(e))
        return SLUICE_E_NOMEM;
    if (e->blocks->started)
        return SLUICE_OK;
    e->blocks->started = true;
    response_event(e, b, "response.created", SL_RESPONSE_OPEN, NULL, SLUICE_OK, NULL);
    response_event(e, b, "response.in_progress", SL_RESPONSE_OPEN, NULL, SLUICE_OK, NULL);
    return sl_buf_ok(b) ? SLUICE_OK : SLUICE_E_NOMEM;
}

/* ---- items ---- */

static void item_event(struct sl_encoder *e, struct sl_block *block, struct sl_buf *b, bool open)
{
    struct event ev =
        event_open(e, b, open ? "response.output_item.added" : "response.output_item.done");

    sl_json_kv_i64(&ev.o, "output_index", block->index);
    sl_json_key(&ev.o, "item");
    sl_responses_write_item(e, &ev.o, block, open);
    event_close(&ev);
}

/* One that belongs to a piece of an item. index: "content_index" or "summary_index", always the
 * first; NULL = none. */
static struct event piece_open(struct sl_encoder *e, struct sl_block *block, struct sl_buf *b,
                               const char *type, const char *index)
{
    struct event ev = event_open(e, b, type);

    sl_json_kv_str(&ev.o, "item_id", sl_responses_item_id(block));
    sl_json_kv_i64(&ev.o, "output_index", block->index);
    if (index)
        sl_json_kv_i64(&ev.o, index, 0);
    return ev;
}

static void text_event(struct sl_encoder *e, struct sl_block *block, struct sl_buf *b,
                       const char *type, const char *index, const char *member, sluice_span inside)
{
    struct event ev = piece_open(e, block, b, type, index);

    sl_json_key(&ev.o, member);
    sl_json_inside_str(&ev.o, inside);
    if (sl_span_starts(sl_span_str(type), SL_SPAN("response.output_text.")))
        sl_json_kv_raw(&ev.o, "logprobs", SL_SPAN("[]"));
    event_close(&ev);
}

static void part_event(struct sl_encoder *e, struct sl_block *block, struct sl_buf *b, bool open)
{
    struct event ev =
        piece_open(e, block, b, open ? "response.content_part.added" : "response.content_part.done",
                   "content_index");

    sl_json_key(&ev.o, "part");
    sl_responses_write_part(e, &ev.o, block, open);
    event_close(&ev);
}

static void summary_part_event(struct sl_encoder *e, struct sl_block *block, struct sl_buf *b,
                               bool open)
{
    struct event ev = piece_open(e, block, b,
                                 open ? "response.reasoning_summary_part.added"
                                      : "response.reasoning_summary_part.done",
                                 "summary_index");

    sl_json_key(&ev.o, "part");
    sl_json_open(&ev.o, '{');
    sl_json_kv_raw(&ev.o, "type", SL_SPAN("\"summary_text\""));
    sl_json_key(&ev.o, "text");
    sl_json_inside_str(&ev.o, open ? SL_SPAN("") : sl_buf_span(&block->text));
    sl_json_close(&ev.o, '}');
    event_close(&ev);
}

static void begin_block(struct sl_encoder *e, struct sl_block *block, struct sl_buf *b)
{
    item_event(e, block, b, true);
    if (block->kind == SL_BLOCK_TEXT || block->kind == SL_BLOCK_REFUSAL)
        part_event(e, block, b, true);
}

static void block_text(struct sl_encoder *e, struct sl_block *block, sluice_span inside,
                       struct sl_buf *b)
{
    switch (block->kind) {
    case SL_BLOCK_TEXT:
        text_event(e, block, b, "response.output_text.delta", "content_index", "delta", inside);
        break;
    case SL_BLOCK_REFUSAL:
        text_event(e, block, b, "response.refusal.delta", "content_index", "delta", inside);
        break;
    case SL_BLOCK_THINKING:
        if (!block->sent)
            summary_part_event(e, block, b, true);
        text_event(e, block, b, "response.reasoning_summary_text.delta", "summary_index", "delta",
                   inside);
        break;
    case SL_BLOCK_TOOL: /* what a custom tool takes is known when all of it is here */
        if (!sl_responses_tool_of_block(e, block).custom)
            text_event(e, block, b, "response.function_call_arguments.delta", NULL, "delta",
                       inside);
        break;
    case SL_BLOCK_OPAQUE:
        break;
    }
}

static void annotation_events(struct sl_encoder *e, struct sl_block *block, struct sl_buf *b)
{
    struct sl_json_iter it = { 0 };
    sluice_span none, note, list;
    struct sl_json_out o;
    struct sl_buf part;
    int64_t n = 0;

    if (!block->notes.len)
        return;
    sl_buf_init(&part, 64u << 20);
    o = sl_json_out(&part);
    sl_responses_write_part(e, &o, block, false);
    list = sl_buf_ok(&part) ? sl_json_find(sl_buf_span(&part), "annotations") : sl_span(NULL, 0);
    while (list.ptr && sl_json_next(&it, list, &none, &note)) {
        struct event ev =
            piece_open(e, block, b, "response.output_text.annotation.added", "content_index");

        sl_json_kv_i64(&ev.o, "annotation_index", n++);
        sl_json_kv_raw(&ev.o, "annotation", note);
        event_close(&ev);
    }
    sl_buf_finish(&part);
}

static void end_call(struct sl_encoder *e, struct sl_block *block, struct sl_buf *b)
{
    sluice_span input;
    struct event ev;

    if (sl_responses_tool_of_block(e, block).custom) {
        input = sl_responses_custom_input(e, block);
        text_event(e, block, b, "response.custom_tool_call_input.delta", NULL, "delta", input);
        text_event(e, block, b, "response.custom_tool_call_input.done", NULL, "input", input);
        return;
    }
    ev = piece_open(e, block, b, "response.function_call_arguments.done", NULL);
    sl_json_key(&ev.o, "name");
    sl_json_inside_str(&ev.o, block->name);
    sl_json_key(&ev.o, "arguments");
    sl_json_inside_str(&ev.o, sl_buf_span(&block->text));
    event_close(&ev);
}

static void end_block(struct sl_encoder *e, struct sl_block *block, struct sl_buf *b)
{
    sluice_span text = sl_buf_span(&block->text);

    switch (block->kind) {
    case SL_BLOCK_TEXT:
        annotation_events(e, block, b);
        text_event(e, block, b, "response.output_text.done", "content_index", "text", text);
        part_event(e, block, b, false);
        break;
    case SL_BLOCK_REFUSAL:
        text_event(e, block, b, "response.refusal.done", "content_index", "refusal", text);
        part_event(e, block, b, false);
        break;
    case SL_BLOCK_THINKING:
        if (!text.len)
            break;
        text_event(e, block, b, "response.reasoning_summary_text.done", "summary_index", "text",
                   text);
        summary_part_event(e, block, b, false);
        break;
    case SL_BLOCK_TOOL:
        end_call(e, block, b);
        break;
    case SL_BLOCK_OPAQUE:
        break;
    }
    item_event(e, block, b, false);
}

static const struct sl_block_writer writer = {
    .begin = begin_block, .text = block_text, .end = end_block, .keeps = true
};

/* ---- the stream ---- */

sluice_status sl_responses_delta(struct sl_encoder *e, const sluice_delta *d, struct sl_buf *b)
{
    sluice_status st = start(e, b);

    return st < 0 ? st : sl_blocks_step(e, &writer, d, b);
}

sluice_status sl_responses_end(struct sl_encoder *e, const struct sl_usage *usage, struct sl_buf *b)
{
    sluice_span word;
    bool cut;
    sluice_status st = start(e, b);

    if (st >= 0)
        st = sl_blocks_end(e, &writer, b);
    if (st < 0)
        return st;
    word = e->blocks->finish;
    cut = sl_span_eq(word, SL_SPAN("length")) || sl_span_eq(word, SL_SPAN("content_filter"));
    response_event(e, b, cut ? "response.incomplete" : "response.completed", SL_RESPONSE_OVER,
                   usage, SLUICE_OK, NULL);
    return sl_buf_ok(b) ? SLUICE_OK : SLUICE_E_NOMEM;
}

void sl_responses_error_message(struct sl_buf *b, sluice_status status, const sluice_error *err)
{
    size_t at;

    sl_buf_printf(b, "{\"type\":\"error\",\"status\":%d", sl_error_http_status(status, err));
    at = b->len;
    sl_openai_error_body(b, status, err);
    if (sl_buf_ok(b))
        b->ptr[at] = ','; /* its members go on in this object */
    sl_buf_add_char(b, '\n');
}

sluice_status sl_responses_break(struct sl_encoder *e, struct sl_buf *b,
                                 enum sl_responses_state state, sluice_status status,
                                 const sluice_error *err)
{
    sluice_status st = start(e, b);

    if (st < 0)
        return st;
    response_event(e, b, state == SL_RESPONSE_CANCELLED ? "response.cancelled" : "response.failed",
                   state, NULL, status, err);
    return sl_buf_ok(b) ? SLUICE_OK : SLUICE_E_NOMEM;
}

void sl_responses_error_event(struct sl_encoder *e, struct sl_buf *b, sluice_status status,
                              const sluice_error *err)
{
    const struct sl_status_info *info = sl_status_info(status);
    const char *code = err && err->code[0] ? err->code : info->code;
    struct event ev;

    if (e && e->blocks && e->blocks->started && e->state) {
        response_event(e, b, "response.failed", SL_RESPONSE_FAILED, NULL, status, err);
        return;
    }
    if (e && e->dialect == &sl_dialect_responses_messages) {
        sl_responses_error_message(b, status, err);
        return;
    }
    /* A stream of the vendor's own, numbered from nought. */
    sl_frame_open(b, SL_FRAMING_EVENTS, SL_SPAN("error"));
    ev = (struct event){ sl_json_out(b), SL_FRAMING_EVENTS, b->len };
    sl_json_open(&ev.o, '{');
    sl_json_kv_str(&ev.o, "type", SL_SPAN("error"));
    sl_json_kv_i64(&ev.o, "sequence_number", e ? (int64_t)e->passed : 0);
    sl_json_kv_str(&ev.o, "code", sl_span_str(code ? code : info->name));
    sl_json_kv_str(&ev.o, "message",
                   sl_span_str(err && err->message[0] ? err->message : info->name));
    sl_json_key(&ev.o, "param");
    if (err && err->param[0])
        sl_json_str(&ev.o, sl_span_str(err->param));
    else
        sl_json_null(&ev.o);
    event_close(&ev);
}
