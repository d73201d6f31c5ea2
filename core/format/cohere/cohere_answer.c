/* SPDX-License-Identifier: Apache-2.0 */
/* cohere_answer.c - steps of an answer become the events of a Cohere stream, or one answer; vectors
 * become embeddings by type. */
#include "format/cohere/cohere.h"

#include "format/dialect/vectors.h"
#include "format/json_write.h"

static sluice_span reason(const struct sl_blocks *l)
{
    sluice_span word = sl_blocks_finish_word(l);

    if (sl_span_eq(word, SL_SPAN("length")))
        return SL_SPAN("MAX_TOKENS");
    return sl_span_eq(word, SL_SPAN("tool_calls")) ? SL_SPAN("TOOL_CALL") : SL_SPAN("COMPLETE");
}

static void write_usage(struct sl_json_out *o, const struct sl_usage *u)
{
    static const char *const names[] = { "billed_units", "tokens" };

    sl_json_key(o, "usage");
    sl_json_open(o, '{');
    for (size_t i = 0; i < 2; i++) {
        sl_json_key(o, names[i]);
        sl_json_open(o, '{');
        sl_json_kv_i64(o, "input_tokens", sl_usage_get(u, SLUICE_USE_INPUT, 0));
        sl_json_kv_i64(o, "output_tokens", sl_usage_get(u, SLUICE_USE_OUTPUT, 0));
        sl_json_close(o, '}');
    }
    if (sl_usage_has(u, SLUICE_USE_CACHED_INPUT))
        sl_json_kv_i64(o, "cached_tokens", u->n[SLUICE_USE_CACHED_INPUT]);
    sl_json_close(o, '}');
}

/* ---- a stream ---- */

/* Contents and calls are counted apart. */
static int64_t index_of(const struct sl_encoder *e, const struct sl_block *block)
{
    bool tool = block->kind == SL_BLOCK_TOOL;
    int64_t n = 0;

    for (const struct sl_block *b = e->blocks->first; b != block; b = b->next)
        n += (b->kind == SL_BLOCK_TOOL) == tool;
    return n;
}

static void event_open(struct sl_buf *b, const char *type)
{
    sl_frame_open(b, SL_FRAMING_EVENTS, sl_span_str(type));
    sl_buf_add(b, SL_SPAN("{\"type\":\""));
    sl_buf_add_str(b, type);
    sl_buf_add_char(b, '"');
}

static void event_close(struct sl_buf *b)
{
    sl_buf_add_char(b, '}');
    sl_buf_add(b, sl_frame_close(SL_FRAMING_EVENTS));
}

/* One of a block; before, inside and after make its delta. */
static void block_event(struct sl_encoder *e, struct sl_buf *b, const char *type,
                        const struct sl_block *block, sluice_span before, sluice_span inside,
                        sluice_span after)
{
    event_open(b, type);
    sl_buf_add(b, SL_SPAN(",\"index\":"));
    sl_buf_add_i64(b, index_of(e, block));
    if (before.len) {
        sl_buf_add(b, SL_SPAN(",\"delta\":{\"message\":{"));
        sl_buf_add(b, before);
        sl_buf_add(b, inside);
        sl_buf_add(b, after);
        sl_buf_add(b, SL_SPAN("}}"));
    }
    event_close(b);
}

static sluice_status start(struct sl_encoder *e, struct sl_buf *b)
{
    struct sl_json_out o = { b, true };

    if (!sl_blocks(e))
        return SLUICE_E_NOMEM;
    if (e->blocks->started)
        return SLUICE_OK;
    e->blocks->started = true;
    event_open(b, "message-start");
    sl_json_kv_str(&o, "id", e->id);
    sl_buf_add(b, SL_SPAN(",\"delta\":{\"message\":{\"role\":\"assistant\",\"content\":[],"
                          "\"tool_plan\":\"\",\"tool_calls\":[],\"citations\":[]}}"));
    event_close(b);
    return sl_buf_ok(b) ? SLUICE_OK : SLUICE_E_NOMEM;
}

/* Thoughts that are not ours to read: a content without words, the rest of it under names that are
 * ours (docs/pivot.md). */
static sluice_span opaque(struct sl_encoder *e, const struct sl_block *block)
{
    return sl_arena_printf(e->arena, "\"type\":\"thinking\",\"thinking\":\"\",\"data\":\"%.*s\"",
                           SL_FMT(sl_block_data(block, e->arena)));
}

static void begin_block(struct sl_encoder *e, struct sl_block *block, struct sl_buf *b)
{
    if (block->kind == SL_BLOCK_TOOL) {
        sluice_span call = sl_arena_printf(e->arena,
                                           "\"id\":\"%.*s\",\"type\":\"function\","
                                           "\"function\":{\"name\":\"%.*s\",\"arguments\":\"\"}"
                                           "%s%.*s",
                                           SL_FMT(block->id), SL_FMT(block->name),
                                           block->extra.len ? "," : "", SL_FMT(block->extra));

        b->failed = b->failed || !call.ptr;
        block_event(e, b, "tool-call-start", block, SL_SPAN("\"tool_calls\":{"), call,
                    SL_SPAN("}"));
    } else if (block->kind == SL_BLOCK_THINKING) {
        block_event(e, b, "content-start", block, SL_SPAN("\"content\":{"),
                    SL_SPAN("\"type\":\"thinking\",\"thinking\":\"\""), SL_SPAN("}"));
    } else if (block->kind == SL_BLOCK_OPAQUE) {
        block_event(e, b, "content-start", block, SL_SPAN("\"content\":{"), opaque(e, block),
                    SL_SPAN("}"));
    } else {
        block_event(e, b, "content-start", block, SL_SPAN("\"content\":{"),
                    SL_SPAN("\"type\":\"text\",\"text\":\"\""), SL_SPAN("}"));
    }
}

static void block_text(struct sl_encoder *e, struct sl_block *block, sluice_span inside,
                       struct sl_buf *b)
{
    if (block->kind == SL_BLOCK_TOOL)
        block_event(e, b, "tool-call-delta", block,
                    SL_SPAN("\"tool_calls\":{\"function\":{\"arguments\":\""), inside,
                    SL_SPAN("\"}}"));
    else if (block->kind == SL_BLOCK_THINKING)
        block_event(e, b, "content-delta", block, SL_SPAN("\"content\":{\"thinking\":\""), inside,
                    SL_SPAN("\"}"));
    else
        block_event(e, b, "content-delta", block, SL_SPAN("\"content\":{\"text\":\""), inside,
                    SL_SPAN("\"}"));
}

/* ---- citations: of the pages that a text is based on; its own sources are documents ---- */

static void write_citation(struct sl_json_out *o, sluice_span cited, int64_t content)
{
    sluice_span url = sl_json_member(cited, SL_SPAN("url"));
    sluice_span title = sl_json_member(cited, SL_SPAN("title"));
    sluice_span start = sl_json_member(cited, SL_SPAN("start_index"));
    sluice_span end = sl_json_member(cited, SL_SPAN("end_index"));

    sl_json_open(o, '{');
    if (start.ptr && end.ptr) {
        sl_json_kv_raw(o, "start", start);
        sl_json_kv_raw(o, "end", end);
    }
    sl_json_key(o, "sources");
    sl_json_open(o, '[');
    sl_json_open(o, '{');
    sl_json_kv_raw(o, "type", SL_SPAN("\"document\""));
    sl_json_kv_raw(o, "id", url);
    sl_json_key(o, "document");
    sl_json_open(o, '{');
    sl_json_kv_raw(o, "url", url);
    if (title.ptr)
        sl_json_kv_raw(o, "title", title);
    sl_json_close(o, '}');
    sl_json_close(o, '}');
    sl_json_close(o, ']');
    sl_json_kv_i64(o, "content_index", content);
    sl_json_kv_raw(o, "type", SL_SPAN("\"TEXT_CONTENT\""));
    sl_json_close(o, '}');
}

/* They are counted over the whole message. */
static void citation_events(struct sl_encoder *e, struct sl_block *block, struct sl_buf *b)
{
    struct sl_json_iter it = { 0 };
    sluice_span cited, list = sl_block_notes(block, e->arena);
    int64_t n = 0;

    for (const struct sl_block *before = e->blocks->first; before != block; before = before->next) {
        struct sl_json_iter each = { 0 };
        sluice_span notes = sl_block_notes(before, e->arena);

        while (sl_block_cited(&each, notes, &cited))
            n++;
    }
    for (; sl_block_cited(&it, list, &cited); n++) {
        struct sl_json_out o = sl_json_out(b);

        event_open(b, "citation-start");
        sl_buf_add(b, SL_SPAN(",\"index\":"));
        sl_buf_add_i64(b, n);
        sl_buf_add(b, SL_SPAN(",\"delta\":{\"message\":{\"citations\":"));
        write_citation(&o, cited, index_of(e, block));
        sl_buf_add(b, SL_SPAN("}}"));
        event_close(b);
        event_open(b, "citation-end");
        sl_buf_add(b, SL_SPAN(",\"index\":"));
        sl_buf_add_i64(b, n);
        event_close(b);
    }
}

static void write_citations(struct sl_encoder *e, struct sl_json_out *o)
{
    bool any = false;

    for (const struct sl_block *block = e->blocks->first; block; block = block->next) {
        struct sl_json_iter it = { 0 };
        sluice_span cited, list = sl_block_notes(block, e->arena);

        while (sl_block_cited(&it, list, &cited)) {
            if (!any) {
                sl_json_key(o, "citations");
                sl_json_open(o, '[');
            }
            any = true;
            write_citation(o, cited, index_of(e, block));
        }
    }
    if (any)
        sl_json_close(o, ']');
}

/* A signature of the message goes with its last text, as a member that is ours. */
static sluice_span message_extra(const struct sl_encoder *e, const struct sl_block *block)
{
    return block->kind == SL_BLOCK_TEXT && !block->next ? sl_blocks_extra(e, "extra_content")
                                                        : sl_span(NULL, 0);
}

static void end_block(struct sl_encoder *e, struct sl_block *block, struct sl_buf *b)
{
    sluice_span extra = message_extra(e, block);

    citation_events(e, block, b);
    if (extra.ptr)
        block_event(e, b, "content-delta", block, SL_SPAN("\"content\":{\"extra_content\":"), extra,
                    SL_SPAN("}"));
    if (block->signature.len)
        block_event(e, b, "content-delta", block, SL_SPAN("\"content\":{\"signature\":\""),
                    sl_buf_span(&block->signature), SL_SPAN("\"}"));
    block_event(e, b, block->kind == SL_BLOCK_TOOL ? "tool-call-end" : "content-end", block,
                SL_SPAN(""), SL_SPAN(""), SL_SPAN(""));
}

static const struct sl_block_writer writer = { .begin = begin_block,
                                               .text = block_text,
                                               .end = end_block };

sluice_status sl_cohere_delta(struct sl_encoder *e, const sluice_delta *d, struct sl_buf *b)
{
    sluice_status st = start(e, b);

    return st < 0 ? st : sl_blocks_step(e, &writer, d, b);
}

sluice_status sl_cohere_end(struct sl_encoder *e, const struct sl_usage *usage, struct sl_buf *b)
{
    struct sl_json_out o;
    sluice_status st = start(e, b);

    if (st >= 0)
        st = sl_blocks_end(e, &writer, b);
    if (st < 0)
        return st;
    event_open(b, "message-end");
    o = (struct sl_json_out){ b, true };
    sl_json_kv_str(&o, "id", e->id);
    sl_json_key(&o, "delta");
    sl_json_open(&o, '{');
    sl_json_kv_str(&o, "finish_reason", reason(e->blocks));
    write_usage(&o, usage);
    sl_json_close(&o, '}');
    event_close(b);
    return sl_buf_ok(b) ? SLUICE_OK : SLUICE_E_NOMEM;
}

void sl_cohere_error_event(struct sl_encoder *e, struct sl_buf *b, sluice_status status,
                           const sluice_error *err)
{
    const char *message = err && err->message[0] ? err->message : sl_status_info(status)->name;
    struct sl_json_out o;

    (void)e;
    event_open(b, "message-end");
    sl_buf_add(b, SL_SPAN(",\"delta\":{\"finish_reason\":\"ERROR\""));
    o = (struct sl_json_out){ b, true };
    sl_json_kv_str(&o, "error", sl_span_str(message));
    sl_buf_add_char(b, '}');
    event_close(b);
}

/* ---- one answer ---- */

sluice_status sl_cohere_collect(struct sl_encoder *e, const sluice_delta *d)
{
    return sl_blocks_step(e, NULL, d, NULL);
}

static void write_content(struct sl_encoder *e, struct sl_json_out *o, const struct sl_block *block)
{
    const char *name = block->kind == SL_BLOCK_THINKING ? "thinking" : "text";
    sluice_span extra = message_extra(e, block);

    sl_json_open(o, '{');
    if (block->kind == SL_BLOCK_OPAQUE) {
        sl_frame_raw(o->buf, opaque(e, block));
        sl_json_close(o, '}');
        return;
    }
    sl_json_kv_str(o, "type", sl_span_str(name));
    sl_json_key(o, name);
    sl_json_inside_str(o, sl_buf_span(&block->text));
    if (block->signature.len) {
        sl_json_key(o, "signature");
        sl_json_inside_str(o, sl_buf_span(&block->signature));
    }
    if (extra.ptr)
        sl_json_kv_raw(o, "extra_content", extra);
    sl_json_close(o, '}');
}

static void write_call(struct sl_json_out *o, const struct sl_block *block)
{
    sl_json_open(o, '{');
    sl_json_key(o, "id");
    sl_json_inside_str(o, block->id);
    sl_json_kv_raw(o, "type", SL_SPAN("\"function\""));
    sl_json_key(o, "function");
    sl_json_open(o, '{');
    sl_json_key(o, "name");
    sl_json_inside_str(o, block->name);
    sl_json_key(o, "arguments");
    sl_json_inside_str(o, sl_buf_span(&block->text));
    sl_json_close(o, '}');
    if (block->extra.len) {
        sl_buf_add_char(o->buf, ',');
        sl_frame_raw(o->buf, block->extra);
    }
    sl_json_close(o, '}');
}

sluice_status sl_cohere_whole(struct sl_encoder *e, const struct sl_usage *usage, struct sl_buf *b)
{
    struct sl_json_out o = sl_json_out(b);
    sluice_status st = sl_blocks_end(e, NULL, NULL);

    if (st < 0)
        return st;
    sl_json_open(&o, '{');
    sl_json_kv_str(&o, "id", e->id);
    sl_json_kv_str(&o, "finish_reason", reason(e->blocks));
    sl_json_key(&o, "message");
    sl_json_open(&o, '{');
    sl_json_kv_raw(&o, "role", SL_SPAN("\"assistant\""));
    sl_json_key(&o, "content");
    sl_json_open(&o, '[');
    for (const struct sl_block *block = e->blocks->first; block; block = block->next)
        if (block->kind != SL_BLOCK_TOOL)
            write_content(e, &o, block);
    sl_json_close(&o, ']');
    if (e->blocks->n_tools) {
        sl_json_key(&o, "tool_calls");
        sl_json_open(&o, '[');
        for (const struct sl_block *block = e->blocks->first; block; block = block->next)
            if (block->kind == SL_BLOCK_TOOL)
                write_call(&o, block);
        sl_json_close(&o, ']');
    }
    write_citations(e, &o);
    sl_json_close(&o, '}');
    write_usage(&o, usage);
    sl_json_close(&o, '}');
    return sl_buf_ok(b) ? SLUICE_OK : SLUICE_E_NOMEM;
}

sluice_status sl_cohere_embed_answer(struct sl_encoder *e, sluice_span text,
                                     struct sluice_arena *scratch, struct sl_buf *b)
{
    struct sl_json_out o = sl_json_out(b);
    struct sl_vectors v;
    sluice_status st = sl_vectors_read(text, scratch, &v);

    if (st < 0)
        return st;
    sl_json_open(&o, '{');
    sl_json_kv_str(&o, "id", e->id);
    sl_json_key(&o, "embeddings");
    sl_json_open(&o, '{');
    sl_json_key(&o, "float");
    sl_vectors_write(&o, &v);
    sl_json_close(&o, '}');
    sl_json_kv_raw(&o, "texts", e->echo.len ? e->echo : SL_SPAN("[]"));
    sl_json_kv_str(&o, "response_type", SL_SPAN("embeddings_by_type"));
    sl_json_key(&o, "meta");
    sl_json_open(&o, '{');
    sl_json_kv_raw(&o, "api_version", SL_SPAN("{\"version\":\"2\"}"));
    sl_json_key(&o, "billed_units");
    sl_json_open(&o, '{');
    sl_json_kv_raw(&o, "input_tokens", v.tokens);
    sl_json_close(&o, '}');
    sl_json_close(&o, '}');
    sl_json_close(&o, '}');
    return sl_buf_ok(b) ? SLUICE_OK : SLUICE_E_NOMEM;
}
