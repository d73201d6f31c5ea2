/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gemini_answer.c - steps of an answer become pieces of a Gemini stream, each a response of its
 * own, or one response. Texts come as they are; a call comes whole.
 */
#include "format/gemini/gemini.h"

#include "format/json_write.h"

static bool shows_thoughts(const struct sl_encoder *e)
{
    return e->echo.len > 0;
}

/* ---- parts ---- */

/* The vendor's own signature of a call, which goes beside it. */
static sluice_span google_signature(const struct sl_encoder *e, sluice_span members)
{
    sluice_span object =
        members.len ? sl_arena_printf(e->arena, "{%.*s}", SL_FMT(members)) : sl_span(NULL, 0);
    struct sl_json_error why;
    sluice_span inside = { 0 };

    if (object.ptr && sl_json_validate(object, &why) >= 0)
        (void)sl_json_raw_string(sl_json_find(object, "extra_content.google.thought_signature"),
                                 &inside);
    return inside;
}

static void signature(struct sl_json_out *o, const char *prefix, sluice_span inside)
{
    if (!inside.len)
        return;
    sl_json_key(o, "thoughtSignature");
    sl_json_raw(o, SL_SPAN("\""));
    sl_buf_add_str(o->buf, prefix);
    sl_buf_add(o->buf, inside);
    sl_buf_add_char(o->buf, '"');
}

static void call_part(struct sl_encoder *e, const struct sl_block *block, struct sl_json_out *o)
{
    sl_json_open(o, '{');
    sl_json_key(o, "functionCall");
    sl_json_open(o, '{');
    sl_json_key(o, "id");
    sl_json_inside_str(o, block->id);
    sl_json_key(o, "name");
    sl_json_inside_str(o, block->name);
    sl_json_kv_raw(o, "args", sl_block_object(block, e->arena));
    sl_json_close(o, '}');
    signature(o, "", google_signature(e, block->extra));
    sl_json_close(o, '}');
}

static void text_part(struct sl_json_out *o, sluice_span inside, bool thought)
{
    sl_json_open(o, '{');
    sl_json_key(o, "text");
    sl_json_inside_str(o, inside);
    if (thought)
        sl_json_kv_bool(o, "thought", true);
}

/* ---- a response ---- */

static void open(struct sl_json_out *o)
{
    sl_json_open(o, '{');
    sl_json_key(o, "candidates");
    sl_json_open(o, '[');
    sl_json_open(o, '{');
    sl_json_key(o, "content");
    sl_json_open(o, '{');
    sl_json_key(o, "parts");
    sl_json_open(o, '[');
}

static sluice_span reason(const struct sl_blocks *l)
{
    sluice_span word = sl_blocks_finish_word(l);

    if (sl_span_eq(word, SL_SPAN("length")))
        return SL_SPAN("MAX_TOKENS");
    return sl_span_eq(word, SL_SPAN("content_filter")) ? SL_SPAN("SAFETY") : SL_SPAN("STOP");
}

static void grounding(struct sl_encoder *e, struct sl_json_out *o)
{
    bool any = false;

    for (const struct sl_block *b = e->blocks->first; b; b = b->next) {
        struct sl_json_iter it = { 0 };
        sluice_span cited, title, list = sl_block_notes(b, e->arena);

        while (sl_block_cited(&it, list, &cited)) {
            title = sl_json_member(cited, SL_SPAN("title"));
            if (!any) {
                sl_json_key(o, "groundingMetadata");
                sl_json_open(o, '{');
                sl_json_key(o, "groundingChunks");
                sl_json_open(o, '[');
            }
            any = true;
            sl_json_open(o, '{');
            sl_json_key(o, "web");
            sl_json_open(o, '{');
            sl_json_kv_raw(o, "uri", sl_json_member(cited, SL_SPAN("url")));
            if (title.ptr)
                sl_json_kv_raw(o, "title", title);
            sl_json_close(o, '}');
            sl_json_close(o, '}');
        }
    }
    if (any) {
        sl_json_close(o, ']');
        sl_json_close(o, '}');
    }
}

static void usage_of(struct sl_json_out *o, const struct sl_usage *u)
{
    int64_t input = sl_usage_get(u, SLUICE_USE_INPUT, 0);
    int64_t output = sl_usage_get(u, SLUICE_USE_OUTPUT, 0);
    int64_t thoughts = sl_usage_get(u, SLUICE_USE_REASONING, 0);

    sl_json_key(o, "usageMetadata");
    sl_json_open(o, '{');
    sl_json_kv_i64(o, "promptTokenCount", input);
    sl_json_kv_i64(o, "candidatesTokenCount", output > thoughts ? output - thoughts : 0);
    if (thoughts)
        sl_json_kv_i64(o, "thoughtsTokenCount", thoughts);
    if (sl_usage_get(u, SLUICE_USE_CACHED_INPUT, 0))
        sl_json_kv_i64(o, "cachedContentTokenCount", u->n[SLUICE_USE_CACHED_INPUT]);
    sl_json_kv_i64(o, "totalTokenCount", input + (output > thoughts ? output : thoughts));
    sl_json_close(o, '}');
}

/* usage NULL: more follows. */
static void close(struct sl_encoder *e, struct sl_json_out *o, const struct sl_usage *usage)
{
    sl_json_close(o, ']');
    sl_json_kv_raw(o, "role", SL_SPAN("\"model\""));
    sl_json_close(o, '}');
    if (usage) {
        sl_json_kv_str(o, "finishReason", reason(e->blocks));
        grounding(e, o);
    }
    sl_json_kv_i64(o, "index", 0);
    sl_json_close(o, '}');
    sl_json_close(o, ']');
    if (usage)
        usage_of(o, usage);
    sl_json_kv_str(o, "modelVersion", e->model);
    sl_json_kv_str(o, "responseId", e->id);
    sl_json_close(o, '}');
}

/* ---- a stream ---- */

static struct sl_json_out frame_open(struct sl_encoder *e, struct sl_buf *b)
{
    struct sl_json_out o;

    if (e->dialect->framing != SL_FRAMING_LIST)
        sl_buf_add(b, SL_SPAN("data: "));
    else
        sl_buf_add(b, e->blocks->started ? SL_SPAN(",\r\n") : SL_SPAN("["));
    e->blocks->started = true;
    o = sl_json_out(b);
    open(&o);
    return o;
}

static void frame_close(struct sl_encoder *e, struct sl_json_out *o, const struct sl_usage *usage)
{
    close(e, o, usage);
    if (e->dialect->framing != SL_FRAMING_LIST)
        sl_buf_add(o->buf, SL_SPAN("\r\n\r\n"));
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
    bool thought = block->kind == SL_BLOCK_THINKING;
    struct sl_json_out o;

    if (block->kind == SL_BLOCK_TOOL || (thought && !shows_thoughts(e)))
        return;
    o = frame_open(e, b);
    text_part(&o, inside, thought);
    sl_json_close(&o, '}');
    frame_close(e, &o, NULL);
}

static void end_block(struct sl_encoder *e, struct sl_block *block, struct sl_buf *b)
{
    bool opaque = block->kind == SL_BLOCK_OPAQUE;
    struct sl_json_out o;

    if (block->kind == SL_BLOCK_TOOL) {
        o = frame_open(e, b);
        call_part(e, block, &o);
        frame_close(e, &o, NULL);
    } else if (shows_thoughts(e) && (opaque || block->signature.len)) {
        o = frame_open(e, b);
        text_part(&o, SL_SPAN(""), true);
        signature(&o, opaque ? SL_GEMINI_OPAQUE : SL_GEMINI_SIGNED,
                  opaque ? sl_block_data(block, e->arena) : sl_buf_span(&block->signature));
        sl_json_close(&o, '}');
        frame_close(e, &o, NULL);
    }
}

static const struct sl_block_writer writer = { .begin = begin_block,
                                               .text = block_text,
                                               .end = end_block };

sluice_status sl_gemini_delta(struct sl_encoder *e, const sluice_delta *d, struct sl_buf *b)
{
    return sl_blocks_step(e, &writer, d, b);
}

/* A signature of the message itself goes with its last text. */
static sluice_span last_signature(const struct sl_encoder *e)
{
    return google_signature(e, sl_buf_span(&e->blocks->extra));
}

sluice_status sl_gemini_end(struct sl_encoder *e, const struct sl_usage *usage, struct sl_buf *b)
{
    struct sl_json_out o;
    sluice_status st = sl_blocks_end(e, &writer, b);

    if (st < 0)
        return st;
    o = frame_open(e, b);
    text_part(&o, SL_SPAN(""), false);
    signature(&o, "", last_signature(e));
    sl_json_close(&o, '}');
    frame_close(e, &o, usage);
    if (e->dialect->framing == SL_FRAMING_LIST)
        sl_buf_add_char(b, ']');
    return sl_buf_ok(b) ? SLUICE_OK : SLUICE_E_NOMEM;
}

/* ---- one response ---- */

sluice_status sl_gemini_collect(struct sl_encoder *e, const sluice_delta *d)
{
    return sl_blocks_step(e, NULL, d, NULL);
}

static void whole_part(struct sl_encoder *e, const struct sl_block *block, struct sl_json_out *o)
{
    bool thought = block->kind == SL_BLOCK_THINKING, opaque = block->kind == SL_BLOCK_OPAQUE;

    if (block->kind == SL_BLOCK_TOOL) {
        call_part(e, block, o);
        return;
    }
    if ((thought || opaque) && !shows_thoughts(e))
        return;
    text_part(o, sl_buf_span(&block->text), thought || opaque);
    if (opaque)
        signature(o, SL_GEMINI_OPAQUE, sl_block_data(block, e->arena));
    else
        signature(o, SL_GEMINI_SIGNED, sl_buf_span(&block->signature));
    if (block->kind == SL_BLOCK_TEXT && !block->next)
        signature(o, "", last_signature(e));
    sl_json_close(o, '}');
}

sluice_status sl_gemini_whole(struct sl_encoder *e, const struct sl_usage *usage, struct sl_buf *b)
{
    struct sl_json_out o = sl_json_out(b);
    sluice_status st = sl_blocks_end(e, NULL, NULL);

    if (st < 0)
        return st;
    open(&o);
    for (const struct sl_block *block = e->blocks->first; block; block = block->next)
        whole_part(e, block, &o);
    close(e, &o, usage);
    return sl_buf_ok(b) ? SLUICE_OK : SLUICE_E_NOMEM;
}
