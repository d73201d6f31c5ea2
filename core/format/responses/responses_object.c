/* SPDX-License-Identifier: Apache-2.0 */
/* responses_object.c - a response as an object: what it says again of its request, its items, how
 * it ended. Every block of an answer is an item. */
#include "format/responses/responses.h"

#include "base/rng.h"
#include "format/json_write.h"

/* ---- ids ---- */

sluice_span sl_responses_item_id(struct sl_block *block)
{
    static const char *const prefixes[] = { [SL_BLOCK_TEXT] = "msg_",
                                            [SL_BLOCK_REFUSAL] = "msg_",
                                            [SL_BLOCK_THINKING] = "rs_",
                                            [SL_BLOCK_OPAQUE] = "rs_",
                                            [SL_BLOCK_TOOL] = "fc_" };
    size_t n = strlen(prefixes[block->kind]);

    if (!block->own_id.len) {
        memcpy(block->id_room, prefixes[block->kind], n);
        sl_random_alnum(block->id_room + n, 24);
        block->own_id = sl_span(block->id_room, n + 24);
    }
    return block->own_id;
}

struct sl_responses_tool sl_responses_tool_of_block(const struct sl_encoder *e,
                                                    const struct sl_block *block)
{
    return sl_responses_tool_of(sl_json_member(e->echo, SL_SPAN("tools")), block->name);
}

sluice_span sl_responses_custom_input(struct sl_encoder *e, const struct sl_block *block)
{
    sluice_span object = sl_block_object(block, e->arena), inside = SL_SPAN("");

    if (object.ptr)
        (void)sl_json_raw_string(sl_json_member(object, SL_SPAN("input")), &inside);
    return inside;
}

/* ---- items ---- */

/* An answer that was cut is cut in its last item; one that broke off, in those that were open. */
static bool is_cut(const struct sl_encoder *e, const struct sl_block *block)
{
    sluice_span word = e->blocks->finish;

    if (!block->ended)
        return true;
    return !block->next &&
           (sl_span_eq(word, SL_SPAN("length")) || sl_span_eq(word, SL_SPAN("content_filter")));
}

static void write_annotations(struct sl_encoder *e, struct sl_json_out *o,
                              const struct sl_block *block)
{
    struct sl_json_iter it = { 0 };
    sluice_span cited, list = sl_block_notes(block, e->arena);

    sl_json_key(o, "annotations");
    sl_json_open(o, '[');
    while (sl_block_cited(&it, list, &cited)) {
        /* Flat here, nested in the pivot. */
        sl_json_open(o, '{');
        sl_json_kv_raw(o, "type", SL_SPAN("\"url_citation\""));
        cited = sl_span_trim(sl_span(cited.ptr + 1, cited.len - 2));
        if (cited.len)
            sl_json_raw(o, cited);
        sl_json_close(o, '}');
    }
    sl_json_close(o, ']');
}

void sl_responses_write_part(struct sl_encoder *e, struct sl_json_out *o,
                             const struct sl_block *block, bool empty)
{
    bool refusal = block->kind == SL_BLOCK_REFUSAL;

    sl_json_open(o, '{');
    sl_json_kv_str(o, "type", refusal ? SL_SPAN("refusal") : SL_SPAN("output_text"));
    if (!refusal) {
        if (empty)
            sl_json_kv_raw(o, "annotations", SL_SPAN("[]"));
        else
            write_annotations(e, o, block);
        sl_json_kv_raw(o, "logprobs", SL_SPAN("[]"));
    }
    sl_json_key(o, refusal ? "refusal" : "text");
    sl_json_inside_str(o, empty ? SL_SPAN("") : sl_buf_span(&block->text));
    sl_json_close(o, '}');
}

static void write_message(struct sl_encoder *e, struct sl_json_out *o, const struct sl_block *block,
                          bool open)
{
    sluice_span extra;

    sl_json_kv_raw(o, "role", SL_SPAN("\"assistant\""));
    sl_json_key(o, "content");
    sl_json_open(o, '[');
    if (!open)
        sl_responses_write_part(e, o, block, false);
    sl_json_close(o, ']');
    /* A signature of the message goes with its last text. */
    extra = open || block->next ? sl_span(NULL, 0) : sl_blocks_extra(e, "extra_content");
    if (extra.ptr)
        sl_json_kv_raw(o, "extra_content", extra);
}

static void write_reasoning(struct sl_encoder *e, struct sl_json_out *o,
                            const struct sl_block *block, bool open)
{
    sl_json_key(o, "summary");
    sl_json_open(o, '[');
    if (!open && block->text.len) {
        sl_json_open(o, '{');
        sl_json_kv_raw(o, "type", SL_SPAN("\"summary_text\""));
        sl_json_key(o, "text");
        sl_json_inside_str(o, sl_buf_span(&block->text));
        sl_json_close(o, '}');
    }
    sl_json_close(o, ']');
    if (open)
        return;
    if (block->signature.len) {
        sl_json_key(o, "encrypted_content");
        sl_json_raw(o, SL_SPAN("\"" SL_RESPONSES_SIGNED));
        sl_buf_add(o->buf, sl_buf_span(&block->signature));
        sl_buf_add_char(o->buf, '"');
    } else if (block->kind == SL_BLOCK_OPAQUE) {
        sl_json_key(o, "encrypted_content");
        sl_json_raw(o, SL_SPAN("\"" SL_RESPONSES_OPAQUE));
        sl_buf_add(o->buf, sl_block_data(block, e->arena));
        sl_buf_add_char(o->buf, '"');
    }
}

static void write_call(struct sl_encoder *e, struct sl_json_out *o, const struct sl_block *block,
                       bool open, const struct sl_responses_tool *tool)
{
    sl_json_key(o, "call_id");
    sl_json_inside_str(o, block->id);
    sl_json_key(o, "name");
    sl_json_inside_str(o, block->name);
    if (tool->space.ptr)
        sl_json_kv_raw(o, "namespace", tool->space);
    sl_json_key(o, tool->custom ? "input" : "arguments");
    if (open)
        sl_json_inside_str(o, SL_SPAN(""));
    else
        sl_json_inside_str(o, tool->custom ? sl_responses_custom_input(e, block)
                                           : sl_buf_span(&block->text));
    if (block->extra.len)
        sl_json_raw(o, block->extra);
}

void sl_responses_write_item(struct sl_encoder *e, struct sl_json_out *o, struct sl_block *block,
                             bool open)
{
    struct sl_responses_tool tool = { 0 };
    sluice_span type = SL_SPAN("message");

    if (block->kept.ptr) {
        sl_json_raw(o, block->kept);
        return;
    }
    if (block->kind == SL_BLOCK_TOOL) {
        tool = sl_responses_tool_of_block(e, block);
        type = tool.custom ? SL_SPAN("custom_tool_call") : SL_SPAN("function_call");
    } else if (block->kind == SL_BLOCK_THINKING || block->kind == SL_BLOCK_OPAQUE) {
        type = SL_SPAN("reasoning");
    }
    sl_json_open(o, '{');
    sl_json_kv_str(o, "id", sl_responses_item_id(block));
    sl_json_kv_str(o, "type", type);
    if (!sl_span_eq(type, SL_SPAN("reasoning")))
        sl_json_kv_str(o, "status",
                       open               ? SL_SPAN("in_progress")
                       : is_cut(e, block) ? SL_SPAN("incomplete")
                                          : SL_SPAN("completed"));
    switch (block->kind) {
    case SL_BLOCK_TEXT:
    case SL_BLOCK_REFUSAL:
        write_message(e, o, block, open);
        break;
    case SL_BLOCK_THINKING:
    case SL_BLOCK_OPAQUE:
        write_reasoning(e, o, block, open);
        break;
    case SL_BLOCK_TOOL:
        write_call(e, o, block, open, &tool);
        break;
    }
    sl_json_close(o, '}');
}

/* ---- the response ---- */

static int64_t count(const struct sl_usage *u, uint32_t kind)
{
    return u ? sl_usage_get(u, kind, 0) : 0;
}

/* Every member is there, whatever was told: typed clients want them. */
static void write_usage(struct sl_json_out *o, const struct sl_usage *u)
{
    int64_t input = count(u, SLUICE_USE_INPUT), output = count(u, SLUICE_USE_OUTPUT);

    sl_json_key(o, "usage");
    sl_json_open(o, '{');
    sl_json_kv_i64(o, "input_tokens", input);
    sl_json_key(o, "input_tokens_details");
    sl_json_open(o, '{');
    sl_json_kv_i64(o, "cached_tokens", count(u, SLUICE_USE_CACHED_INPUT));
    sl_json_kv_i64(o, "cache_write_tokens", count(u, SLUICE_USE_CACHE_WRITE));
    sl_json_close(o, '}');
    sl_json_kv_i64(o, "output_tokens", output);
    sl_json_key(o, "output_tokens_details");
    sl_json_open(o, '{');
    sl_json_kv_i64(o, "reasoning_tokens", count(u, SLUICE_USE_REASONING));
    sl_json_close(o, '}');
    sl_json_kv_i64(o, "total_tokens", input + output);
    sl_json_close(o, '}');
}

static void write_error(struct sl_json_out *o, sluice_status status, const sluice_error *err)
{
    bool limited = status == SLUICE_E_RATE_LIMIT || status == SLUICE_E_LIMITED;

    sl_json_key(o, "error");
    sl_json_open(o, '{');
    sl_json_kv_str(o, "code", limited ? SL_SPAN("rate_limit_exceeded") : SL_SPAN("server_error"));
    sl_json_kv_str(
        o, "message",
        sl_span_str(err && err->message[0] ? err->message : sl_status_info(status)->name));
    sl_json_close(o, '}');
}

/* Why it is not complete; ptr NULL: it is. */
static const char *cut_by(const struct sl_encoder *e)
{
    if (sl_span_eq(e->blocks->finish, SL_SPAN("length")))
        return "max_output_tokens";
    return sl_span_eq(e->blocks->finish, SL_SPAN("content_filter")) ? "content_filter" : NULL;
}

void sl_responses_write(struct sl_encoder *e, struct sl_json_out *o, enum sl_responses_state state,
                        const struct sl_usage *usage, sluice_status status, const sluice_error *err)
{
    static const char *const words[] = { [SL_RESPONSE_QUEUED] = "queued",
                                         [SL_RESPONSE_OPEN] = "in_progress",
                                         [SL_RESPONSE_OVER] = "completed",
                                         [SL_RESPONSE_FAILED] = "failed",
                                         [SL_RESPONSE_CANCELLED] = "cancelled" };
    const char *cut = state == SL_RESPONSE_OVER ? cut_by(e) : NULL;
    sluice_span echo = e->echo;

    sl_json_open(o, '{');
    sl_json_kv_str(o, "id", e->id);
    sl_json_kv_raw(o, "object", SL_SPAN("\"response\""));
    sl_json_kv_i64(o, "created_at", e->created);
    sl_json_kv_str(o, "status", cut ? SL_SPAN("incomplete") : sl_span_str(words[state]));
    if (state == SL_RESPONSE_FAILED)
        write_error(o, status, err);
    else
        sl_json_kv_raw(o, "error", SL_SPAN("null"));
    sl_json_key(o, "incomplete_details");
    if (cut) {
        sl_json_open(o, '{');
        sl_json_kv_str(o, "reason", sl_span_str(cut));
        sl_json_close(o, '}');
    } else {
        sl_json_null(o);
    }
    sl_json_kv_str(o, "model", e->model);
    sl_json_key(o, "output");
    sl_json_open(o, '[');
    for (struct sl_block *b = e->blocks->first; b && state >= SL_RESPONSE_OVER; b = b->next)
        if (b->begun)
            sl_responses_write_item(e, o, b, false);
    sl_json_close(o, ']');
    if (echo.len > 2)
        sl_json_raw(o, sl_span(echo.ptr + 1, echo.len - 2));
    if (state == SL_RESPONSE_OVER)
        write_usage(o, usage);
    sl_json_close(o, '}');
}

sluice_status sl_responses_collect(struct sl_encoder *e, const sluice_delta *d)
{
    return sl_blocks_step(e, NULL, d, NULL);
}

sluice_status sl_responses_whole(struct sl_encoder *e, const struct sl_usage *usage,
                                 struct sl_buf *b)
{
    struct sl_json_out o = sl_json_out(b);
    sluice_status st = sl_blocks_end(e, NULL, NULL);

    if (st < 0)
        return st;
    sl_responses_write(e, &o, SL_RESPONSE_OVER, usage, SLUICE_OK, NULL);
    return sl_buf_ok(b) ? SLUICE_OK : SLUICE_E_NOMEM;
}
