/* SPDX-License-Identifier: Apache-2.0 */
/* converse_answer.c - steps of an answer become the events of a ConverseStream, or one Converse
 * answer. Text and reasoning blocks have no start event there; usage comes behind the stop. */
#include "format/converse/converse.h"

#include <stdio.h>
#include "format/dialect/blocks.h"
#include "format/eventstream.h"
#include "format/json_write.h"

#define USAGE_ROOM 256

/* ---- usage, reason ---- */

static int64_t count(const struct sl_usage *u, uint32_t kind)
{
    return u ? sl_usage_get(u, kind, 0) : 0;
}

/* {...}; the three counts of input are disjoint here. */
static sluice_span usage_text(const struct sl_usage *u, char *room)
{
    int64_t read = count(u, SLUICE_USE_CACHED_INPUT), written = count(u, SLUICE_USE_CACHE_WRITE);
    int64_t input = count(u, SLUICE_USE_INPUT) - read - written;
    int64_t output = count(u, SLUICE_USE_OUTPUT);
    int n;

    if (input < 0)
        input = 0;
    n = snprintf(room, USAGE_ROOM,
                 "{\"inputTokens\":%lld,\"outputTokens\":%lld,\"totalTokens\":%lld",
                 (long long)input, (long long)output, (long long)(input + output + read + written));
    if (read || written)
        n += snprintf(room + n, USAGE_ROOM - (size_t)n,
                      ",\"cacheReadInputTokens\":%lld,\"cacheWriteInputTokens\":%lld",
                      (long long)read, (long long)written);
    n += snprintf(room + n, USAGE_ROOM - (size_t)n, "}");
    return sl_span(room, (size_t)n);
}

static sluice_span stop_reason(const struct sl_blocks *l)
{
    static const struct sl_stop_reason reasons[] = {
        { "length", SL_SPAN("max_tokens") },
        { "tool_calls", SL_SPAN("tool_use") },
        { "function_call", SL_SPAN("tool_use") },
        { "content_filter", SL_SPAN("content_filtered") },
    };

    return sl_blocks_reason(l, reasons, sizeof reasons / sizeof *reasons, SL_SPAN("end_turn"));
}

/* ---- a stream ---- */

#define EVENT(b, type, ...)                                                                        \
    sl_es_event(b, SL_SPAN(type), (const sluice_span[]){ __VA_ARGS__ },                            \
                sizeof((const sluice_span[]){ __VA_ARGS__ }) / sizeof(sluice_span))

static sluice_span number(uint32_t n, char room[16])
{
    return sl_span(room, (size_t)snprintf(room, 16, "%u", n));
}

static void start(struct sl_encoder *e, struct sl_buf *b)
{
    e->blocks->started = true;
    EVENT(b, "messageStart", SL_SPAN("{\"role\":\"assistant\"}"));
}

static void delta_event(const struct sl_block *block, sluice_span before, sluice_span inside,
                        sluice_span after, struct sl_buf *b)
{
    char room[16];

    EVENT(b, "contentBlockDelta", SL_SPAN("{\"contentBlockIndex\":"), number(block->index, room),
          SL_SPAN(",\"delta\":"), before, inside, after, SL_SPAN("}"));
}

/* The data of a block that is not ours to read; empty when it is of another kind. */
static sluice_span redacted(const struct sl_block *block, struct sluice_arena *arena)
{
    sluice_span object = sl_arena_printf(arena, "{%.*s}", SL_FMT(block->extra)), data;

    if (object.ptr && sl_json_raw_string(sl_json_find(object, "data"), &data))
        return data;
    return sl_span("", 0);
}

static void begin_block(struct sl_encoder *e, struct sl_block *block, struct sl_buf *b)
{
    char room[16];

    if (block->kind == SL_BLOCK_TOOL)
        EVENT(b, "contentBlockStart", SL_SPAN("{\"contentBlockIndex\":"),
              number(block->index, room), SL_SPAN(",\"start\":{\"toolUse\":{\"toolUseId\":\""),
              block->id, SL_SPAN("\",\"name\":\""), block->name, SL_SPAN("\"}}}"));
    else if (block->kind == SL_BLOCK_OPAQUE && redacted(block, e->arena).len)
        delta_event(block, SL_SPAN("{\"reasoningContent\":{\"redactedContent\":\""),
                    redacted(block, e->arena), SL_SPAN("\"}}"), b);
}

static void block_text(struct sl_encoder *e, struct sl_block *block, sluice_span inside,
                       struct sl_buf *b)
{
    (void)e;
    switch (block->kind) {
    case SL_BLOCK_TEXT:
    case SL_BLOCK_REFUSAL:
        delta_event(block, SL_SPAN("{\"text\":\""), inside, SL_SPAN("\"}"), b);
        break;
    case SL_BLOCK_THINKING:
        delta_event(block, SL_SPAN("{\"reasoningContent\":{\"text\":\""), inside, SL_SPAN("\"}}"),
                    b);
        break;
    case SL_BLOCK_TOOL:
        delta_event(block, SL_SPAN("{\"toolUse\":{\"input\":\""), inside, SL_SPAN("\"}}"), b);
        break;
    case SL_BLOCK_OPAQUE:
        break;
    }
}

static void end_block(struct sl_encoder *e, struct sl_block *block, struct sl_buf *b)
{
    char room[16];

    (void)e;
    if (block->signature.len)
        delta_event(block, SL_SPAN("{\"reasoningContent\":{\"signature\":\""),
                    sl_buf_span(&block->signature), SL_SPAN("\"}}"), b);
    EVENT(b, "contentBlockStop", SL_SPAN("{\"contentBlockIndex\":"), number(block->index, room),
          SL_SPAN("}"));
}

static const struct sl_block_writer writer = { .begin = begin_block,
                                               .text = block_text,
                                               .end = end_block };

sluice_status sl_converse_delta(struct sl_encoder *e, const sluice_delta *d, struct sl_buf *b)
{
    if (!sl_blocks(e))
        return SLUICE_E_NOMEM;
    if (!e->blocks->started)
        start(e, b);
    return sl_blocks_step(e, &writer, d, b);
}

sluice_status sl_converse_end(struct sl_encoder *e, const struct sl_usage *usage, struct sl_buf *b)
{
    char room[USAGE_ROOM];
    sluice_status st;

    if (!sl_blocks(e))
        return SLUICE_E_NOMEM;
    if (!e->blocks->started)
        start(e, b);
    st = sl_blocks_end(e, &writer, b);
    if (st < 0)
        return st;
    EVENT(b, "messageStop", SL_SPAN("{\"stopReason\":\""), stop_reason(e->blocks), SL_SPAN("\"}"));
    EVENT(b, "metadata", SL_SPAN("{\"usage\":"), usage_text(usage, room), SL_SPAN("}"));
    return sl_buf_ok(b) ? SLUICE_OK : SLUICE_E_NOMEM;
}

/* ---- one answer ---- */

sluice_status sl_converse_collect(struct sl_encoder *e, const sluice_delta *d)
{
    return sl_blocks_step(e, NULL, d, NULL);
}

static void write_thinking(struct sl_json_out *o, const struct sl_block *block)
{
    sl_json_key(o, "reasoningText");
    sl_json_open(o, '{');
    sl_json_key(o, "text");
    sl_json_inside_str(o, sl_buf_span(&block->text));
    if (block->signature.len) {
        sl_json_key(o, "signature");
        sl_json_inside_str(o, sl_buf_span(&block->signature));
    }
    sl_json_close(o, '}');
}

static void write_block(struct sl_encoder *e, const struct sl_block *block, struct sl_json_out *o)
{
    sl_json_open(o, '{');
    switch (block->kind) {
    case SL_BLOCK_TEXT:
    case SL_BLOCK_REFUSAL:
        sl_json_key(o, "text");
        sl_json_inside_str(o, sl_buf_span(&block->text));
        break;
    case SL_BLOCK_THINKING:
    case SL_BLOCK_OPAQUE:
        sl_json_key(o, "reasoningContent");
        sl_json_open(o, '{');
        if (block->kind == SL_BLOCK_THINKING) {
            write_thinking(o, block);
        } else {
            sl_json_key(o, "redactedContent");
            sl_json_inside_str(o, redacted(block, e->arena));
        }
        sl_json_close(o, '}');
        break;
    case SL_BLOCK_TOOL:
        sl_json_key(o, "toolUse");
        sl_json_open(o, '{');
        sl_json_key(o, "toolUseId");
        sl_json_inside_str(o, block->id);
        sl_json_key(o, "name");
        sl_json_inside_str(o, block->name);
        sl_json_kv_raw(o, "input", sl_block_object(block, e->arena));
        sl_json_close(o, '}');
        break;
    }
    sl_json_close(o, '}');
}

sluice_status sl_converse_whole(struct sl_encoder *e, const struct sl_usage *usage,
                                struct sl_buf *b)
{
    struct sl_json_out o = sl_json_out(b);
    sluice_status st = sl_blocks_end(e, NULL, NULL);
    char room[USAGE_ROOM];

    if (st < 0)
        return st;
    sl_json_open(&o, '{');
    sl_json_key(&o, "output");
    sl_json_open(&o, '{');
    sl_json_key(&o, "message");
    sl_json_open(&o, '{');
    sl_json_kv_str(&o, "role", SL_SPAN("assistant"));
    sl_json_key(&o, "content");
    sl_json_open(&o, '[');
    for (const struct sl_block *block = e->blocks->first; block; block = block->next)
        if (block->kind != SL_BLOCK_OPAQUE || redacted(block, e->arena).len)
            write_block(e, block, &o);
    sl_json_close(&o, ']');
    sl_json_close(&o, '}');
    sl_json_close(&o, '}');
    sl_json_kv_str(&o, "stopReason", stop_reason(e->blocks));
    sl_json_kv_raw(&o, "usage", usage_text(usage, room));
    sl_json_close(&o, '}');
    return sl_buf_ok(b) ? SLUICE_OK : SLUICE_E_NOMEM;
}
