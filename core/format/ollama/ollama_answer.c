/* SPDX-License-Identifier: Apache-2.0 */
/* ollama_answer.c - steps of an answer become the lines of an Ollama stream, or one object. Texts
 * come as they are; calls come whole. */
#include "format/ollama/ollama.h"

#include <time.h>
#include "format/dialect/vectors.h"
#include "format/json_write.h"

static bool is_chat(const struct sl_encoder *e)
{
    return e->dialect == &sl_dialect_ollama_chat;
}

static void open(struct sl_encoder *e, struct sl_json_out *o)
{
    time_t at = (time_t)e->created;
    char text[32] = "";
    struct tm tm;

    if (gmtime_r(&at, &tm))
        (void)strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    sl_json_open(o, '{');
    sl_json_kv_str(o, "model", e->model);
    sl_json_kv_str(o, "created_at", sl_span_str(text));
}

/* Raw members, without braces. */
static void members(struct sl_json_out *o, sluice_span raw)
{
    if (!raw.len)
        return;
    sl_buf_add_char(o->buf, ',');
    sl_buf_add(o->buf, raw);
}

static void write_call(struct sl_encoder *e, struct sl_json_out *o, const struct sl_block *block)
{
    sl_json_open(o, '{');
    sl_json_key(o, "id");
    sl_json_inside_str(o, block->id);
    sl_json_key(o, "function");
    sl_json_open(o, '{');
    sl_json_key(o, "name");
    sl_json_inside_str(o, block->name);
    sl_json_kv_raw(o, "arguments", sl_block_object(block, e->arena));
    sl_json_close(o, '}');
    members(o, block->extra);
    sl_json_close(o, '}');
}

/* ---- members that are ours: what the API has no word for (docs/pivot.md) ---- */

static bool is_signed(const struct sl_block *block)
{
    return block->kind == SL_BLOCK_OPAQUE ||
           (block->kind == SL_BLOCK_THINKING && block->signature.len);
}

static void write_signed(struct sl_json_out *o, const struct sl_block *block)
{
    sl_json_open(o, '{');
    if (block->kind == SL_BLOCK_OPAQUE) {
        sl_buf_add(o->buf, block->extra);
    } else {
        sl_json_kv_raw(o, "type", SL_SPAN("\"thinking\""));
        sl_json_key(o, "thinking");
        sl_json_inside_str(o, sl_buf_span(&block->text));
        sl_json_key(o, "signature");
        sl_json_inside_str(o, sl_buf_span(&block->signature));
    }
    sl_json_close(o, '}');
}

/* What was found out about the message as a whole. */
static void write_extras(const struct sl_encoder *e, struct sl_json_out *o)
{
    bool any = false;

    for (const struct sl_block *b = e->blocks->first; b; b = b->next) {
        if (!b->notes.len)
            continue;
        if (!any) {
            sl_json_key(o, "annotations");
            sl_json_open(o, '[');
        }
        any = true;
        sl_json_raw(o, sl_buf_span(&b->notes));
    }
    if (any)
        sl_json_close(o, ']');
    members(o, sl_buf_span(&e->blocks->extra));
}

/* ---- a line ---- */

/* The words of a line: a text, thoughts, or a call; or a block with its signature. */
static void words(struct sl_encoder *e, struct sl_json_out *o, sluice_span text,
                  sluice_span thinking, const struct sl_block *block, bool done)
{
    if (!is_chat(e)) {
        sl_json_key(o, "response");
        sl_json_inside_str(o, text);
        if (thinking.len) {
            sl_json_key(o, "thinking");
            sl_json_inside_str(o, thinking);
        }
        return;
    }
    sl_json_key(o, "message");
    sl_json_open(o, '{');
    sl_json_kv_raw(o, "role", SL_SPAN("\"assistant\""));
    sl_json_key(o, "content");
    sl_json_inside_str(o, text);
    if (thinking.len) {
        sl_json_key(o, "thinking");
        sl_json_inside_str(o, thinking);
    }
    if (block) {
        bool call = block->kind == SL_BLOCK_TOOL;

        sl_json_key(o, call ? "tool_calls" : "thinking_blocks");
        sl_json_open(o, '[');
        if (call)
            write_call(e, o, block);
        else
            write_signed(o, block);
        sl_json_close(o, ']');
    }
    if (done)
        write_extras(e, o);
    sl_json_close(o, '}');
}

static void close_done(struct sl_encoder *e, struct sl_json_out *o, const struct sl_usage *usage)
{
    static const char *const times[] = { "total_duration", "load_duration", "prompt_eval_duration",
                                         "eval_duration" };
    bool cut = sl_span_eq(e->blocks->finish, SL_SPAN("length"));

    sl_json_kv_bool(o, "done", true);
    sl_json_kv_str(o, "done_reason", cut ? SL_SPAN("length") : SL_SPAN("stop"));
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
        sl_json_kv_i64(o, times[i], 0); /* of a machine that is not ours to measure */
    sl_json_kv_i64(o, "prompt_eval_count", sl_usage_get(usage, SLUICE_USE_INPUT, 0));
    sl_json_kv_i64(o, "eval_count", sl_usage_get(usage, SLUICE_USE_OUTPUT, 0));
    sl_json_close(o, '}');
}

static void line(struct sl_encoder *e, struct sl_buf *b, sluice_span text, sluice_span thinking,
                 const struct sl_block *block)
{
    struct sl_json_out o = sl_json_out(b);

    open(e, &o);
    words(e, &o, text, thinking, block, false);
    sl_json_kv_bool(&o, "done", false);
    sl_json_close(&o, '}');
    sl_buf_add_char(b, '\n');
}

static void begin_block(struct sl_encoder *e, struct sl_block *block, struct sl_buf *b)
{
    (void)e;
    (void)block;
    (void)b;
}

static void block_text(struct sl_encoder *e, struct sl_block *block, sluice_span inside,
                       struct sl_buf *b)
{
    if (block->kind == SL_BLOCK_THINKING)
        line(e, b, SL_SPAN(""), inside, NULL);
    else if (block->kind != SL_BLOCK_TOOL)
        line(e, b, inside, SL_SPAN(""), NULL);
}

static void end_block(struct sl_encoder *e, struct sl_block *block, struct sl_buf *b)
{
    if (is_chat(e) && (block->kind == SL_BLOCK_TOOL || is_signed(block)))
        line(e, b, SL_SPAN(""), SL_SPAN(""), block);
}

static const struct sl_block_writer writer = {
    .begin = begin_block, .text = block_text, .end = end_block, .keeps_thoughts = true
};

sluice_status sl_ollama_delta(struct sl_encoder *e, const sluice_delta *d, struct sl_buf *b)
{
    return sl_blocks_step(e, &writer, d, b);
}

sluice_status sl_ollama_end(struct sl_encoder *e, const struct sl_usage *usage, struct sl_buf *b)
{
    struct sl_json_out o;
    sluice_status st = sl_blocks_end(e, &writer, b);

    if (st < 0)
        return st;
    o = sl_json_out(b);
    open(e, &o);
    words(e, &o, SL_SPAN(""), SL_SPAN(""), NULL, true);
    close_done(e, &o, usage);
    sl_buf_add_char(b, '\n');
    return sl_buf_ok(b) ? SLUICE_OK : SLUICE_E_NOMEM;
}

sluice_status sl_ollama_collect(struct sl_encoder *e, const sluice_delta *d)
{
    return sl_blocks_step(e, NULL, d, NULL);
}

static void signed_blocks(const struct sl_encoder *e, struct sl_json_out *o)
{
    bool any = false;

    for (const struct sl_block *b = e->blocks->first; b; b = b->next) {
        if (!is_signed(b))
            continue;
        if (!any) {
            sl_json_key(o, "thinking_blocks");
            sl_json_open(o, '[');
        }
        any = true;
        write_signed(o, b);
    }
    if (any)
        sl_json_close(o, ']');
}

/* All texts of a kind as one string. */
static void joined(struct sl_encoder *e, struct sl_json_out *o, const char *name, bool thinking)
{
    bool any = false;

    for (const struct sl_block *b = e->blocks->first; b; b = b->next) {
        bool thought = b->kind == SL_BLOCK_THINKING;
        bool text = b->kind == SL_BLOCK_TEXT || b->kind == SL_BLOCK_REFUSAL;

        if (thinking ? !thought || !b->text.len : !text)
            continue;
        if (!any) {
            sl_json_key(o, name);
            sl_json_raw(o, SL_SPAN("\""));
        }
        any = true;
        sl_buf_add(o->buf, sl_buf_span(&b->text));
    }
    if (any)
        sl_buf_add_char(o->buf, '"');
    else if (!thinking)
        sl_json_kv_raw(o, name, SL_SPAN("\"\""));
}

sluice_status sl_ollama_whole(struct sl_encoder *e, const struct sl_usage *usage, struct sl_buf *b)
{
    struct sl_json_out o = sl_json_out(b);
    sluice_status st = sl_blocks_end(e, NULL, NULL);

    if (st < 0)
        return st;
    open(e, &o);
    if (is_chat(e)) {
        sl_json_key(&o, "message");
        sl_json_open(&o, '{');
        sl_json_kv_raw(&o, "role", SL_SPAN("\"assistant\""));
    }
    joined(e, &o, is_chat(e) ? "content" : "response", false);
    joined(e, &o, "thinking", true);
    if (is_chat(e) && e->blocks->n_tools) {
        sl_json_key(&o, "tool_calls");
        sl_json_open(&o, '[');
        for (const struct sl_block *block = e->blocks->first; block; block = block->next)
            if (block->kind == SL_BLOCK_TOOL)
                write_call(e, &o, block);
        sl_json_close(&o, ']');
    }
    if (is_chat(e)) {
        signed_blocks(e, &o);
        write_extras(e, &o);
        sl_json_close(&o, '}');
    }
    close_done(e, &o, usage);
    return sl_buf_ok(b) ? SLUICE_OK : SLUICE_E_NOMEM;
}

sluice_status sl_ollama_embed_answer(struct sl_encoder *e, sluice_span text,
                                     struct sluice_arena *scratch, struct sl_buf *b)
{
    struct sl_json_out o = sl_json_out(b);
    struct sl_vectors v;
    sluice_status st = sl_vectors_read(text, scratch, &v);

    if (st < 0)
        return st;
    sl_json_open(&o, '{');
    sl_json_kv_str(&o, "model", e->model);
    sl_json_key(&o, "embeddings");
    sl_vectors_write(&o, &v);
    sl_json_kv_i64(&o, "total_duration", 0);
    sl_json_kv_i64(&o, "load_duration", 0);
    sl_json_kv_raw(&o, "prompt_eval_count", v.tokens);
    sl_json_close(&o, '}');
    return sl_buf_ok(b) ? SLUICE_OK : SLUICE_E_NOMEM;
}
