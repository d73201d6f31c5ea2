/* SPDX-License-Identifier: Apache-2.0 */
/* cohere_answer.c - steps of an answer become the events of a Cohere stream, or one answer; vectors
 * become embeddings by type. */
#include "format/cohere.h"

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
        n += b->kind != SL_BLOCK_OPAQUE && (b->kind == SL_BLOCK_TOOL) == tool;
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

static void begin_block(struct sl_encoder *e, struct sl_block *block, struct sl_buf *b)
{
    if (block->kind == SL_BLOCK_TOOL) {
        sluice_span call = sl_arena_printf(e->arena,
                                           "\"id\":\"%.*s\",\"type\":\"function\","
                                           "\"function\":{\"name\":\"%.*s\",\"arguments\":\"\"}",
                                           SL_FMT(block->id), SL_FMT(block->name));

        b->failed = b->failed || !call.ptr;
        block_event(e, b, "tool-call-start", block, SL_SPAN("\"tool_calls\":{"), call,
                    SL_SPAN("}"));
    } else if (block->kind == SL_BLOCK_THINKING) {
        block_event(e, b, "content-start", block, SL_SPAN("\"content\":{"),
                    SL_SPAN("\"type\":\"thinking\",\"thinking\":\"\""), SL_SPAN("}"));
    } else if (block->kind != SL_BLOCK_OPAQUE) {
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
    else if (block->kind != SL_BLOCK_OPAQUE)
        block_event(e, b, "content-delta", block, SL_SPAN("\"content\":{\"text\":\""), inside,
                    SL_SPAN("\"}"));
}

static void end_block(struct sl_encoder *e, struct sl_block *block, struct sl_buf *b)
{
    if (block->kind != SL_BLOCK_OPAQUE)
        block_event(e, b, block->kind == SL_BLOCK_TOOL ? "tool-call-end" : "content-end", block,
                    SL_SPAN(""), SL_SPAN(""), SL_SPAN(""));
}

static const struct sl_block_writer writer = { begin_block, block_text, end_block, false };

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

static void write_content(struct sl_json_out *o, const struct sl_block *block)
{
    const char *name = block->kind == SL_BLOCK_THINKING ? "thinking" : "text";

    sl_json_open(o, '{');
    sl_json_kv_str(o, "type", sl_span_str(name));
    sl_json_key(o, name);
    sl_json_inside_str(o, sl_buf_span(&block->text));
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
        if (block->kind != SL_BLOCK_TOOL && block->kind != SL_BLOCK_OPAQUE)
            write_content(&o, block);
    sl_json_close(&o, ']');
    if (e->blocks->n_tools) {
        sl_json_key(&o, "tool_calls");
        sl_json_open(&o, '[');
        for (const struct sl_block *block = e->blocks->first; block; block = block->next)
            if (block->kind == SL_BLOCK_TOOL)
                write_call(&o, block);
        sl_json_close(&o, ']');
    }
    sl_json_close(&o, '}');
    write_usage(&o, usage);
    sl_json_close(&o, '}');
    return sl_buf_ok(b) ? SLUICE_OK : SLUICE_E_NOMEM;
}

sluice_status sl_cohere_embed_answer(struct sl_encoder *e, sluice_span text,
                                     struct sluice_arena *scratch, struct sl_buf *b)
{
    struct sl_json_out o = sl_json_out(b);
    const struct sl_json *data, *tokens;
    struct sl_json_error why;
    struct sl_json *root;
    sluice_status st = sl_json_parse(text, scratch, &root, &why);

    if (st < 0)
        return st == SLUICE_E_NOMEM ? st : SLUICE_E_UPSTREAM;
    data = sl_json_opt(root, "data");
    if (!data || data->type != SL_JSON_ARRAY)
        return SLUICE_E_UPSTREAM;
    tokens = sl_json_opt(sl_json_opt(root, "usage"), "prompt_tokens");
    sl_json_open(&o, '{');
    sl_json_kv_str(&o, "id", e->id);
    sl_json_key(&o, "embeddings");
    sl_json_open(&o, '{');
    sl_json_key(&o, "float");
    sl_json_open(&o, '[');
    sl_json_each(entry, data)
    {
        const struct sl_json *vector = sl_json_opt(entry, "embedding");

        sl_json_raw(&o, vector ? vector->raw : SL_SPAN("[]"));
    }
    sl_json_close(&o, ']');
    sl_json_close(&o, '}');
    sl_json_kv_raw(&o, "texts", e->echo.len ? e->echo : SL_SPAN("[]"));
    sl_json_kv_str(&o, "response_type", SL_SPAN("embeddings_by_type"));
    sl_json_key(&o, "meta");
    sl_json_open(&o, '{');
    sl_json_kv_raw(&o, "api_version", SL_SPAN("{\"version\":\"2\"}"));
    sl_json_key(&o, "billed_units");
    sl_json_open(&o, '{');
    sl_json_kv_raw(&o, "input_tokens", tokens ? tokens->raw : SL_SPAN("0"));
    sl_json_close(&o, '}');
    sl_json_close(&o, '}');
    sl_json_close(&o, '}');
    return sl_buf_ok(b) ? SLUICE_OK : SLUICE_E_NOMEM;
}
