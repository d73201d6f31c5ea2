/* SPDX-License-Identifier: Apache-2.0 */
/*
 * openai_chunks.c - steps of an answer become OpenAI chat chunks: role first, dense tool indices,
 * one finish per choice after everything else, usage only if asked for, [DONE] once.
 */
#include "format/openai/openai_chat.h"

#include "format/dialect/chat_state.h"
#include "format/json_write.h"

static bool make_prefix(struct sl_encoder *e)
{
    struct sl_buf b;
    struct sl_json_out o;

    sl_buf_init(&b, 64 * 1024);
    sl_buf_add(&b, SL_SPAN("data: "));
    o = sl_json_out(&b);
    sl_json_open(&o, '{');
    sl_json_kv_str(&o, "id", e->id);
    sl_json_kv_str(&o, "object", SL_SPAN("chat.completion.chunk"));
    sl_json_kv_i64(&o, "created", e->created);
    sl_json_kv_str(&o, "model", e->model);
    sl_buf_add(&b, SL_SPAN(",\"choices\":["));
    if (sl_buf_ok(&b))
        e->prefix = sl_arena_dup(e->arena, sl_buf_span(&b));
    sl_buf_finish(&b);
    return e->prefix.ptr != NULL;
}

/* Everything up to and including `"delta":`. */
static bool chunk_open(struct sl_encoder *e, const struct sl_chat_choice *c, struct sl_buf *b)
{
    if (!e->prefix.ptr && !make_prefix(e))
        return false;
    sl_buf_add(b, e->prefix);
    sl_buf_add(b, SL_SPAN("{\"index\":"));
    sl_buf_add_u64(b, c->number);
    sl_buf_add(b, SL_SPAN(",\"delta\":"));
    return true;
}

static void chunk_close(const struct sl_encoder *e, sluice_span finish, struct sl_buf *b)
{
    sl_buf_add(b, SL_SPAN(",\"logprobs\":null,\"finish_reason\":"));
    if (finish.len) {
        sl_buf_add_char(b, '"');
        sl_buf_add(b, finish);
        sl_buf_add(b, SL_SPAN("\"}]"));
    } else {
        sl_buf_add(b, SL_SPAN("null}]"));
    }
    sl_buf_add(b, e->include_usage ? SL_SPAN(",\"usage\":null}\n\n") : SL_SPAN("}\n\n"));
}

static sluice_status chunk(struct sl_encoder *e, const struct sl_chat_choice *c, struct sl_buf *b,
                           sluice_span before, sluice_span inside, sluice_span after)
{
    if (!chunk_open(e, c, b))
        return SLUICE_E_NOMEM;
    sl_buf_add(b, before);
    sl_buf_add(b, inside);
    sl_buf_add(b, after);
    chunk_close(e, SL_SPAN(""), b);
    return sl_buf_ok(b) ? SLUICE_OK : SLUICE_E_NOMEM;
}

static sluice_status raw_chunk(struct sl_encoder *e, const struct sl_chat_choice *c,
                               struct sl_buf *b, sluice_span before, sluice_span members,
                               sluice_span after)
{
    if (!chunk_open(e, c, b))
        return SLUICE_E_NOMEM;
    sl_buf_add(b, before);
    sl_frame_raw(b, members);
    sl_buf_add(b, after);
    chunk_close(e, SL_SPAN(""), b);
    return sl_buf_ok(b) ? SLUICE_OK : SLUICE_E_NOMEM;
}

static sluice_status text_chunk(struct sl_encoder *e, struct sl_chat_choice *c, struct sl_buf *b,
                                sluice_span text)
{
    bool hold = sl_json_half_pair(text);
    sluice_span now = hold ? sl_span_head(text, text.len - 6) : text;
    sluice_status st = SLUICE_OK;

    if (now.len || c->n_held) {
        if (!chunk_open(e, c, b))
            return SLUICE_E_NOMEM;
        sl_buf_add(b, SL_SPAN("{\"content\":\""));
        sl_buf_add(b, sl_span(c->held, c->n_held));
        sl_buf_add(b, now);
        sl_buf_add(b, SL_SPAN("\"}"));
        chunk_close(e, SL_SPAN(""), b);
        c->n_held = 0;
        st = sl_buf_ok(b) ? SLUICE_OK : SLUICE_E_NOMEM;
    }
    if (hold) {
        memcpy(c->held, text.ptr + text.len - 6, 6);
        c->n_held = 6;
    }
    return st;
}

static sluice_status tool_start(struct sl_encoder *e, struct sl_chat_choice *c,
                                const sluice_delta *d, struct sl_buf *b)
{
    struct sl_chat_block *block;
    sluice_status st = sl_chat_call_begins(e, c, d, &block);

    if (st < 0 || !block)
        return st;
    if (!chunk_open(e, c, b))
        return SLUICE_E_NOMEM;
    sl_buf_add(b, SL_SPAN("{\"tool_calls\":[{\"index\":"));
    sl_buf_add_u64(b, block->index);
    sl_buf_add(b, SL_SPAN(",\"id\":\""));
    sl_buf_add(b, d->id);
    sl_buf_add(b, SL_SPAN("\",\"type\":\"function\",\"function\":{\"name\":\""));
    sl_buf_add(b, d->name);
    sl_buf_add(b, SL_SPAN("\",\"arguments\":\"\"}"));
    if (d->extra.len) {
        sl_buf_add_char(b, ',');
        sl_frame_raw(b, d->extra);
    }
    sl_buf_add(b, SL_SPAN("}]}"));
    chunk_close(e, SL_SPAN(""), b);
    return sl_buf_ok(b) ? SLUICE_OK : SLUICE_E_NOMEM;
}

static sluice_status tool_args(struct sl_encoder *e, struct sl_chat_choice *c,
                               struct sl_chat_block *block, sluice_span text, struct sl_buf *b)
{
    if (!chunk_open(e, c, b))
        return SLUICE_E_NOMEM;
    sl_buf_add(b, SL_SPAN("{\"tool_calls\":[{\"index\":"));
    sl_buf_add_u64(b, block->index);
    sl_buf_add(b, SL_SPAN(",\"function\":{\"arguments\":\""));
    sl_buf_add(b, text);
    sl_buf_add(b, SL_SPAN("\"}}]}"));
    chunk_close(e, SL_SPAN(""), b);
    block->has_args = true;
    return sl_buf_ok(b) ? SLUICE_OK : SLUICE_E_NOMEM;
}

/* The text of a thinking block is kept until its signature comes: a client sends both back
 * together, in one element of thinking_blocks. */
static sluice_status reasoning(struct sl_encoder *e, struct sl_chat_choice *c,
                               const sluice_delta *d, struct sl_buf *b)
{
    struct sl_chat_block *block = sl_chat_block(e, c, d->index);

    if (!block)
        return SLUICE_E_NOMEM;
    sl_buf_add(&block->text, d->text);
    if (!sl_buf_ok(&block->text))
        return SLUICE_E_NOMEM;
    return d->text.len
               ? chunk(e, c, b, SL_SPAN("{\"reasoning_content\":\""), d->text, SL_SPAN("\"}"))
               : SLUICE_OK;
}

static sluice_status signature(struct sl_encoder *e, struct sl_chat_choice *c,
                               const sluice_delta *d, struct sl_buf *b)
{
    struct sl_chat_block *block = sl_chat_block(e, c, d->index);

    if (d->extra.len)
        return raw_chunk(e, c, b, SL_SPAN("{\"thinking_blocks\":[{"), d->extra, SL_SPAN("}]}"));
    if (!block || !chunk_open(e, c, b))
        return SLUICE_E_NOMEM;
    sl_buf_add(b, SL_SPAN("{\"thinking_blocks\":[{\"type\":\"thinking\",\"thinking\":\""));
    sl_buf_add(b, sl_buf_span(&block->text));
    sl_buf_add(b, SL_SPAN("\",\"signature\":\""));
    sl_buf_add(b, d->text);
    sl_buf_add(b, SL_SPAN("\"}]}"));
    chunk_close(e, SL_SPAN(""), b);
    return sl_buf_ok(b) ? SLUICE_OK : SLUICE_E_NOMEM;
}

static sluice_status logprobs(struct sl_encoder *e, const struct sl_chat_choice *c,
                              sluice_span extra, struct sl_buf *b)
{
    if (!chunk_open(e, c, b))
        return SLUICE_E_NOMEM;
    sl_buf_add(b, SL_SPAN("{},\"logprobs\":{"));
    sl_frame_raw(b, extra);
    sl_buf_add(b, e->include_usage
                      ? SL_SPAN(",\"refusal\":null},\"finish_reason\":null}],\"usage\":null}\n\n")
                      : SL_SPAN(",\"refusal\":null},\"finish_reason\":null}]}\n\n"));
    return sl_buf_ok(b) ? SLUICE_OK : SLUICE_E_NOMEM;
}

sluice_status sl_openai_chunk(struct sl_encoder *e, const sluice_delta *d, struct sl_buf *b)
{
    struct sl_chat_choice *c = sl_chat_choice(e, d->choice);
    struct sl_chat_block *block;
    sluice_status st;

    if (!c)
        return SLUICE_E_NOMEM;
    if (!c->started) {
        c->started = true;
        st = chunk(e, c, b, SL_SPAN("{\"role\":\"assistant\",\"content\":\"\"}"), SL_SPAN(""),
                   SL_SPAN(""));
        if (st < 0)
            return st;
    }
    switch (d->kind) {
    case SLUICE_DELTA_TEXT:
        return d->text.len ? text_chunk(e, c, b, d->text) : SLUICE_OK;
    case SLUICE_DELTA_REASONING:
        return reasoning(e, c, d, b);
    case SLUICE_DELTA_REFUSAL:
        return chunk(e, c, b, SL_SPAN("{\"refusal\":\""), d->text, SL_SPAN("\"}"));
    case SLUICE_DELTA_SIGNATURE:
        return signature(e, c, d, b);
    case SLUICE_DELTA_TOOL_START:
        return tool_start(e, c, d, b);
    case SLUICE_DELTA_TOOL_ARGS:
        block = sl_chat_call(c, d->index);
        if (!block)
            return SLUICE_E_INTERNAL; /* arguments of a call that never began: the plugin's bug */
        return d->text.len ? tool_args(e, c, block, d->text, b) : SLUICE_OK;
    case SLUICE_DELTA_EXTRA:
        return d->extra.len ? raw_chunk(e, c, b, SL_SPAN("{"), d->extra, SL_SPAN("}")) : SLUICE_OK;
    case SLUICE_DELTA_LOGPROBS:
        return d->extra.len ? logprobs(e, c, d->extra, b) : SLUICE_OK;
    case SLUICE_DELTA_FINISH:
        c->finish = sl_arena_dup(e->arena, d->text);
        return c->finish.ptr ? SLUICE_OK : SLUICE_E_NOMEM;
    default:
        return SLUICE_OK;
    }
}

static sluice_status finish_choice(struct sl_encoder *e, struct sl_chat_choice *c, struct sl_buf *b)
{
    sluice_status st = SLUICE_OK;

    if (c->n_held) { /* its other half never came: what was sent is sent on */
        st =
            chunk(e, c, b, SL_SPAN("{\"content\":\""), sl_span(c->held, c->n_held), SL_SPAN("\"}"));
        c->n_held = 0;
    }
    for (struct sl_chat_block *block = c->blocks; block && st >= 0; block = block->next)
        if (block->tool && !block->has_args)
            st = tool_args(e, c, block, SL_SPAN("{}"), b);
    if (st < 0)
        return st;
    if (!chunk_open(e, c, b))
        return SLUICE_E_NOMEM;
    sl_buf_add(b, SL_SPAN("{}"));
    chunk_close(e, sl_chat_finish_word(c), b);
    return SLUICE_OK;
}

sluice_status sl_openai_chunks_end(struct sl_encoder *e, const struct sl_usage *usage,
                                   struct sl_buf *b)
{
    sluice_status st;

    if (!e->choices) { /* an answer without a single step still has one choice */
        st = sl_openai_chunk(
            e, &(sluice_delta){ .struct_size = sizeof(sluice_delta), .kind = SLUICE_DELTA_START },
            b);
        if (st < 0)
            return st;
    }
    for (struct sl_chat_choice *c = e->choices; c; c = c->next) {
        st = finish_choice(e, c, b);
        if (st < 0)
            return st;
    }
    if (e->include_usage) {
        sl_buf_add(b, e->prefix);
        sl_buf_add(b, SL_SPAN("],\"usage\":"));
        sl_usage_write(usage, b);
        sl_buf_add(b, SL_SPAN("}\n\n"));
    }
    sl_buf_add(b, SL_SPAN("data: [DONE]\n\n"));
    return sl_buf_ok(b) ? SLUICE_OK : SLUICE_E_NOMEM;
}
