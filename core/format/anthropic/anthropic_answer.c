/* SPDX-License-Identifier: Apache-2.0 */
/*
 * anthropic_answer.c - steps of an answer become the events of a Messages stream, or one message:
 * one message_start, blocks that never overlap, and usage that holds every count its clients add
 * up.
 */
#include "format/anthropic/anthropic.h"

#include "format/dialect/blocks.h"
#include "format/json_write.h"

/* ---- usage ---- */

static int64_t count(const struct sl_usage *u, uint32_t kind)
{
    return u ? sl_usage_get(u, kind, 0) : 0;
}

/* The three counts of input are disjoint here. */
static void write_usage(struct sl_json_out *o, const struct sl_usage *u)
{
    int64_t read = count(u, SLUICE_USE_CACHED_INPUT), written = count(u, SLUICE_USE_CACHE_WRITE);
    int64_t input = count(u, SLUICE_USE_INPUT) - read - written;
    int64_t hour = count(u, SLUICE_USE_CACHE_WRITE_1H);

    sl_json_key(o, "usage");
    sl_json_open(o, '{');
    sl_json_kv_i64(o, "input_tokens", input > 0 ? input : 0);
    sl_json_kv_i64(o, "cache_creation_input_tokens", written);
    sl_json_kv_i64(o, "cache_read_input_tokens", read);
    if (written) {
        sl_json_key(o, "cache_creation");
        sl_json_open(o, '{');
        sl_json_kv_i64(o, "ephemeral_5m_input_tokens", written > hour ? written - hour : 0);
        sl_json_kv_i64(o, "ephemeral_1h_input_tokens", hour);
        sl_json_close(o, '}');
    }
    sl_json_kv_i64(o, "output_tokens", count(u, SLUICE_USE_OUTPUT));
    if (u && sl_usage_has(u, SLUICE_USE_REASONING)) {
        sl_json_key(o, "output_tokens_details");
        sl_json_open(o, '{');
        sl_json_kv_i64(o, "thinking_tokens", u->n[SLUICE_USE_REASONING]);
        sl_json_close(o, '}');
    }
    sl_json_close(o, '}');
}

static sluice_span stop_reason(const struct sl_blocks *l)
{
    static const struct sl_stop_reason reasons[] = {
        { "length", SL_SPAN("max_tokens") },
        { "tool_calls", SL_SPAN("tool_use") },
        { "function_call", SL_SPAN("tool_use") },
        { "content_filter", SL_SPAN("refusal") },
    };

    return sl_blocks_reason(l, reasons, sizeof reasons / sizeof *reasons, SL_SPAN("end_turn"));
}

/* Up to and including `content`. */
static void message_open(struct sl_encoder *e, struct sl_json_out *o)
{
    sl_json_open(o, '{');
    sl_json_kv_str(o, "id", e->id);
    sl_json_kv_raw(o, "type", SL_SPAN("\"message\""));
    sl_json_kv_raw(o, "role", SL_SPAN("\"assistant\""));
    sl_json_kv_str(o, "model", e->model);
    sl_json_key(o, "content");
}

/* ---- a stream ---- */

static void event_open(struct sl_buf *b, const char *name)
{
    sl_frame_open(b, SL_FRAMING_EVENTS, sl_span_str(name));
    sl_buf_add(b, SL_SPAN("{\"type\":\""));
    sl_buf_add_str(b, name);
    sl_buf_add_char(b, '"');
}

static void block_event_open(struct sl_buf *b, const char *name, const struct sl_block *block)
{
    event_open(b, name);
    sl_buf_add(b, SL_SPAN(",\"index\":"));
    sl_buf_add_u64(b, block->index);
}

static void event_close(struct sl_buf *b)
{
    sl_buf_add(b, SL_SPAN("}\n\n"));
}

static void start(struct sl_encoder *e, struct sl_buf *b)
{
    struct sl_json_out o = sl_json_out(b);

    e->blocks->started = true;
    event_open(b, "message_start");
    sl_buf_add(b, SL_SPAN(",\"message\":"));
    message_open(e, &o);
    sl_json_raw(&o, SL_SPAN("[]"));
    sl_json_kv_raw(&o, "stop_reason", SL_SPAN("null"));
    sl_json_kv_raw(&o, "stop_sequence", SL_SPAN("null"));
    write_usage(&o, e->usage);
    sl_json_close(&o, '}');
    event_close(b);
}

static void begin_block(struct sl_encoder *e, struct sl_block *block, struct sl_buf *b)
{
    (void)e;
    block_event_open(b, "content_block_start", block);
    sl_buf_add(b, SL_SPAN(",\"content_block\":{"));
    switch (block->kind) {
    case SL_BLOCK_TEXT:
    case SL_BLOCK_REFUSAL:
        sl_buf_add(b, SL_SPAN("\"type\":\"text\",\"text\":\"\""));
        break;
    case SL_BLOCK_THINKING:
        sl_buf_add(b, SL_SPAN("\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\""));
        break;
    case SL_BLOCK_OPAQUE:
        sl_buf_add(b, block->extra);
        break;
    case SL_BLOCK_TOOL:
        sl_buf_add(b, SL_SPAN("\"type\":\"tool_use\",\"id\":\""));
        sl_buf_add(b, block->id);
        sl_buf_add(b, SL_SPAN("\",\"name\":\""));
        sl_buf_add(b, block->name);
        sl_buf_add(b, SL_SPAN("\",\"input\":{}"));
        if (block->extra.len) {
            sl_buf_add_char(b, ',');
            sl_buf_add(b, block->extra);
        }
        break;
    }
    sl_buf_add_char(b, '}');
    event_close(b);
}

static void delta_event(struct sl_block *block, sluice_span before, sluice_span inside,
                        struct sl_buf *b)
{
    block_event_open(b, "content_block_delta", block);
    sl_buf_add(b, SL_SPAN(",\"delta\":{\"type\":\""));
    sl_buf_add(b, before);
    sl_buf_add(b, inside);
    sl_buf_add(b, SL_SPAN("\"}"));
    event_close(b);
}

static void block_text(struct sl_encoder *e, struct sl_block *block, sluice_span inside,
                       struct sl_buf *b)
{
    (void)e;
    switch (block->kind) {
    case SL_BLOCK_TEXT:
    case SL_BLOCK_REFUSAL:
        delta_event(block, SL_SPAN("text_delta\",\"text\":\""), inside, b);
        break;
    case SL_BLOCK_THINKING:
        delta_event(block, SL_SPAN("thinking_delta\",\"thinking\":\""), inside, b);
        break;
    case SL_BLOCK_TOOL:
        delta_event(block, SL_SPAN("input_json_delta\",\"partial_json\":\""), inside, b);
        break;
    case SL_BLOCK_OPAQUE:
        break;
    }
}

/* A citation of the pivot in this API's form. */
static void write_citation(struct sl_json_out *o, sluice_span cited)
{
    sluice_span url = sl_json_member(cited, SL_SPAN("url"));
    sluice_span title = sl_json_member(cited, SL_SPAN("title"));

    sl_json_open(o, '{');
    sl_json_kv_raw(o, "type", SL_SPAN("\"web_search_result_location\""));
    sl_json_kv_raw(o, "cited_text", SL_SPAN("\"\""));
    sl_json_kv_raw(o, "url", url);
    sl_json_kv_raw(o, "title", title.ptr ? title : SL_SPAN("null"));
    sl_json_kv_raw(o, "encrypted_index", SL_SPAN("\"\""));
    sl_json_close(o, '}');
}

static void citations(struct sl_encoder *e, struct sl_block *block, struct sl_buf *b)
{
    struct sl_json_iter it = { 0 };
    sluice_span note, list = sl_block_notes(block, e->arena);

    while (sl_block_cited(&it, list, &note)) {
        struct sl_json_out o = sl_json_out(b);

        block_event_open(b, "content_block_delta", block);
        sl_buf_add(b, SL_SPAN(",\"delta\":{\"type\":\"citations_delta\",\"citation\":"));
        write_citation(&o, note);
        sl_buf_add_char(b, '}');
        event_close(b);
    }
}

static void end_block(struct sl_encoder *e, struct sl_block *block, struct sl_buf *b)
{
    if (block->signature.len)
        delta_event(block, SL_SPAN("signature_delta\",\"signature\":\""),
                    sl_buf_span(&block->signature), b);
    citations(e, block, b);
    block_event_open(b, "content_block_stop", block);
    event_close(b);
}

static const struct sl_block_writer writer = { .begin = begin_block,
                                               .text = block_text,
                                               .end = end_block };

sluice_status sl_anthropic_delta(struct sl_encoder *e, const sluice_delta *d, struct sl_buf *b)
{
    if (!sl_blocks(e))
        return SLUICE_E_NOMEM;
    if (!e->blocks->started)
        start(e, b);
    return sl_blocks_step(e, &writer, d, b);
}

sluice_status sl_anthropic_end(struct sl_encoder *e, const struct sl_usage *usage, struct sl_buf *b)
{
    struct sl_json_out o = sl_json_out(b);
    sluice_status st;

    if (!sl_blocks(e))
        return SLUICE_E_NOMEM;
    if (!e->blocks->started)
        start(e, b);
    st = sl_blocks_end(e, &writer, b);
    if (st < 0)
        return st;
    event_open(b, "message_delta");
    sl_buf_add(b, SL_SPAN(",\"delta\":{\"stop_reason\":\""));
    sl_buf_add(b, stop_reason(e->blocks));
    sl_buf_add(b, SL_SPAN("\",\"stop_sequence\":null}"));
    o.comma = true;
    write_usage(&o, usage);
    event_close(b);
    event_open(b, "message_stop");
    event_close(b);
    return sl_buf_ok(b) ? SLUICE_OK : SLUICE_E_NOMEM;
}

/* ---- one message ---- */

sluice_status sl_anthropic_collect(struct sl_encoder *e, const sluice_delta *d)
{
    return sl_blocks_step(e, NULL, d, NULL);
}

static void write_text(struct sl_encoder *e, const struct sl_block *block, struct sl_json_out *o)
{
    struct sl_json_iter it = { 0 };
    sluice_span note, list = sl_block_notes(block, e->arena);
    bool any = false;

    sl_json_kv_raw(o, "type", SL_SPAN("\"text\""));
    sl_json_key(o, "text");
    sl_json_inside_str(o, sl_buf_span(&block->text));
    while (sl_block_cited(&it, list, &note)) {
        if (!any) {
            sl_json_key(o, "citations");
            sl_json_open(o, '[');
        }
        any = true;
        write_citation(o, note);
    }
    if (any)
        sl_json_close(o, ']');
}

static void write_block(struct sl_encoder *e, const struct sl_block *block, struct sl_json_out *o)
{
    sl_json_open(o, '{');
    switch (block->kind) {
    case SL_BLOCK_TEXT:
    case SL_BLOCK_REFUSAL:
        write_text(e, block, o);
        break;
    case SL_BLOCK_THINKING:
        sl_json_kv_raw(o, "type", SL_SPAN("\"thinking\""));
        sl_json_key(o, "thinking");
        sl_json_inside_str(o, sl_buf_span(&block->text));
        sl_json_key(o, "signature");
        sl_json_inside_str(o, sl_buf_span(&block->signature));
        break;
    case SL_BLOCK_OPAQUE:
        sl_json_raw(o, block->extra);
        break;
    case SL_BLOCK_TOOL:
        sl_json_kv_raw(o, "type", SL_SPAN("\"tool_use\""));
        sl_json_key(o, "id");
        sl_json_inside_str(o, block->id);
        sl_json_key(o, "name");
        sl_json_inside_str(o, block->name);
        sl_json_kv_raw(o, "input", sl_block_object(block, e->arena));
        if (block->extra.len)
            sl_json_raw(o, block->extra);
        break;
    }
    sl_json_close(o, '}');
}

sluice_status sl_anthropic_whole(struct sl_encoder *e, const struct sl_usage *usage,
                                 struct sl_buf *b)
{
    struct sl_json_out o = sl_json_out(b);
    sluice_status st = sl_blocks_end(e, NULL, NULL);

    if (st < 0)
        return st;
    message_open(e, &o);
    sl_json_open(&o, '[');
    for (const struct sl_block *block = e->blocks->first; block; block = block->next)
        write_block(e, block, &o);
    sl_json_close(&o, ']');
    sl_json_kv_str(&o, "stop_reason", stop_reason(e->blocks));
    sl_json_kv_raw(&o, "stop_sequence", SL_SPAN("null"));
    write_usage(&o, usage);
    sl_json_close(&o, '}');
    return sl_buf_ok(b) ? SLUICE_OK : SLUICE_E_NOMEM;
}
