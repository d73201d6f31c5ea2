/* SPDX-License-Identifier: Apache-2.0 */
/* answer.c - blocks of an answer as steps for the sink; see answer.h. */
#include "answer.h"

#define HELD_CAP ((size_t)8 << 20)

static struct sl_buf *const *buffers(struct anthropic_answer *a, struct sl_buf *out[4])
{
    out[0] = &a->held;
    out[1] = &a->annotations;
    out[2] = &a->citations;
    out[3] = &a->searches;
    return out;
}

void anthropic_answer_init(struct anthropic_answer *a)
{
    struct sl_buf *b[4];

    memset(a, 0, sizeof *a);
    a->index = ANTHROPIC_NO_BLOCK;
    for (size_t i = 0; i < 4; i++)
        sl_buf_init(buffers(a, b)[i], HELD_CAP);
}

void anthropic_answer_close(struct anthropic_answer *a)
{
    struct sl_buf *b[4];

    for (size_t i = 0; i < 4; i++)
        sl_buf_finish(buffers(a, b)[i]);
}

static bool is(sluice_span text, const char *word)
{
    return sl_span_eq(text, sl_span_str(word));
}

sluice_status anthropic_answer_start(sluice_exchange *x, const sluice_sink *sink,
                                     sluice_span message)
{
    sluice_delta d = { .struct_size = sizeof d, .kind = SLUICE_DELTA_START };
    sluice_status st;

    if (sl_json_type(message) != SL_JSON_OBJECT || x->answer.started)
        return SLUICE_OK;
    x->answer.started = true;
    d.id = sl_chat_member(message, "id");
    d.name = sl_chat_member(message, "model");
    st = sink->delta(sink, &d);
    if (st >= 0)
        anthropic_usage(&x->answer, sink, sl_json_find(message, "usage"));
    return st;
}

/* ---- text and its citations ---- */

/* Bytes that begin a code point. */
static uint64_t count_plain(const char *p, size_t n)
{
    uint64_t count = 0;

    for (size_t i = 0; i < n; i++)
        count += (signed char)p[i] > (signed char)0xBF;
    return count;
}

/* Code points in escaped text; the halves of an escaped pair are one. */
static uint64_t count_chars(sluice_span s)
{
    uint64_t n = 0;

    while (s.len) {
        size_t plain = sl_span_find_char(s, '\\');

        n += count_plain(s.ptr, plain);
        s = sl_span_from(s, plain);
        if (s.len >= 6 && s.ptr[1] == 'u') {
            n += !(sl_lower(s.ptr[2]) == 'd' && sl_lower(s.ptr[3]) >= 'c');
            s = sl_span_from(s, 6);
        } else if (s.len) {
            n++;
            s = sl_span_from(s, 2);
        }
    }
    return n;
}

sluice_status anthropic_block_text(sluice_exchange *x, const sluice_sink *sink, sluice_span inside)
{
    if (!inside.len)
        return SLUICE_OK;
    x->answer.chars += count_chars(inside);
    return sl_chat_emit(sink, SLUICE_DELTA_TEXT, 0, 0, inside);
}

/* ---- thinking ---- */

sluice_status anthropic_block_thinking(sluice_exchange *x, const sluice_sink *sink, uint32_t index,
                                       sluice_span inside)
{
    (void)x;
    return inside.len ? sl_chat_emit(sink, SLUICE_DELTA_REASONING, 0, index, inside) : SLUICE_OK;
}

sluice_status anthropic_block_signature(sluice_exchange *x, const sluice_sink *sink, uint32_t index,
                                        sluice_span inside)
{
    (void)x;
    return inside.len ? sl_chat_emit(sink, SLUICE_DELTA_SIGNATURE, 0, index, inside) : SLUICE_OK;
}

/* ---- tools ---- */

sluice_status anthropic_block_args(sluice_exchange *x, const sluice_sink *sink, sluice_span inside)
{
    struct anthropic_answer *a = &x->answer;

    if (!inside.len || (a->block != BLOCK_TOOL && a->block != BLOCK_JSON_TOOL))
        return SLUICE_OK; /* a server tool's */
    a->args_seen = true;
    if (a->block == BLOCK_JSON_TOOL)
        return anthropic_block_text(x, sink, inside);
    return sl_chat_emit(sink, SLUICE_DELTA_TOOL_ARGS, 0, a->index, inside);
}

static sluice_status begin_tool(sluice_exchange *x, const sluice_sink *sink, sluice_span block)
{
    struct anthropic_answer *a = &x->answer;
    sluice_delta d = { .struct_size = sizeof d,
                       .kind = SLUICE_DELTA_TOOL_START,
                       .index = a->index };
    sluice_span input = sl_json_find(block, "input");

    d.id = sl_chat_member(block, "id");
    d.name = sl_chat_member(block, "name");
    a->args_seen = false;
    if (sl_json_type(input) == SL_JSON_OBJECT) {
        sl_buf_add(&a->held, input); /* stands if no fragments follow */
        if (!sl_buf_ok(&a->held))
            return SLUICE_E_NOMEM;
    }
    if (x->json_tool.len && sl_span_eq(d.name, x->json_tool)) {
        a->block = BLOCK_JSON_TOOL;
        return SLUICE_OK;
    }
    a->block = BLOCK_TOOL;
    a->tool_called = true;
    return sink->delta(sink, &d);
}

/* A call without a byte of arguments gets the input it began with, at least {}. */
static sluice_status end_tool(sluice_exchange *x, const sluice_sink *sink)
{
    struct anthropic_answer *a = &x->answer;
    sluice_span text = SL_SPAN("{}");

    if (a->args_seen)
        return SLUICE_OK;
    if (a->held.len) {
        sluice_status st = sl_chat_compact(sink->scratch, sl_buf_span(&a->held), &text);

        if (st < 0)
            return st;
    }
    return anthropic_block_args(x, sink, text);
}

/* ---- blocks ---- */

sluice_status anthropic_block_begin(sluice_exchange *x, const sluice_sink *sink, uint32_t index,
                                    sluice_span block)
{
    struct anthropic_answer *a = &x->answer;
    sluice_status st = anthropic_block_end(x, sink);
    sluice_span type = sl_chat_member(block, "type");

    if (st < 0)
        return st;
    a->index = index;
    a->block = BLOCK_SKIPPED;
    a->block_chars = a->chars;
    if (is(type, "text")) {
        struct sl_json_iter it = { .started = false };
        sluice_span name, citation, list = sl_json_find(block, "citations");

        a->block = BLOCK_TEXT;
        st = anthropic_block_text(x, sink, sl_chat_member(block, "text"));
        while (st >= 0 && sl_json_type(list) == SL_JSON_ARRAY &&
               sl_json_next(&it, list, &name, &citation))
            st = anthropic_block_citation(x, citation);
    } else if (is(type, "tool_use")) {
        st = begin_tool(x, sink, block);
    } else if (is(type, "thinking")) {
        a->block = BLOCK_THINKING;
        st = anthropic_block_thinking(x, sink, index, sl_chat_member(block, "thinking"));
        if (st >= 0)
            st = anthropic_block_signature(x, sink, index, sl_chat_member(block, "signature"));
    } else if (is(type, "redacted_thinking")) {
        st = turns_redacted(sink, index, sl_chat_member(block, "data"));
    } else if (is(type, "web_search_tool_result")) {
        anthropic_list_append(&a->searches, block);
        st = sl_buf_ok(&a->searches) ? SLUICE_OK : SLUICE_E_NOMEM;
    }
    return st;
}

sluice_status anthropic_block_end(sluice_exchange *x, const sluice_sink *sink)
{
    struct anthropic_answer *a = &x->answer;
    sluice_status st = SLUICE_OK;

    if (a->index == ANTHROPIC_NO_BLOCK)
        return st;
    if (a->block == BLOCK_TEXT)
        st = anthropic_text_end(a);
    else if (a->block == BLOCK_TOOL || a->block == BLOCK_JSON_TOOL)
        st = end_tool(x, sink);
    sl_buf_reset(&a->held);
    a->index = ANTHROPIC_NO_BLOCK;
    a->block = BLOCK_SKIPPED;
    return st;
}

/* ---- the end ---- */

static const struct turns_reason reasons[] = {
    { "max_tokens", "length" },
    { "model_context_window_exceeded", "length" },
    { "tool_use", "tool_calls" },
    { "refusal", "content_filter" },
};

void anthropic_answer_reason(sluice_exchange *x, sluice_span reason)
{
    x->answer.finish =
        turns_finish_word(reason, reasons, sizeof reasons / sizeof *reasons, x->answer.finish);
}

sluice_status anthropic_answer_finish(sluice_exchange *x, const sluice_sink *sink)
{
    struct anthropic_answer *a = &x->answer;
    sluice_status st = anthropic_block_end(x, sink);

    if (st >= 0)
        st = anthropic_sources(a, sink);
    if (st < 0)
        return st;
    a->stopped = true;
    return turns_finish(sink, a->finish, a->tool_called);
}
