/* SPDX-License-Identifier: Apache-2.0 */
/* openai_whole.c - steps of an answer gathered into one OpenAI chat completion. */
#include "format/openai/openai_chat.h"

#include "format/dialect/chat_state.h"
#include "format/dialect/extras.h"
#include "format/json_write.h"

static void add_members(struct sl_buf *b, sluice_span members)
{
    if (!members.len)
        return;
    if (b->len)
        sl_buf_add_char(b, ',');
    sl_buf_add(b, members);
}

static bool keep(struct sl_encoder *e, sluice_span from, sluice_span *to)
{
    *to = sl_arena_dup(e->arena, from);
    return to->ptr != NULL;
}

/* Annotations are gathered, wherever they were found. */
static sluice_status extra_step(struct sl_encoder *e, struct sl_chat_choice *c,
                                const sluice_delta *d)
{
    struct sl_json_iter it = { 0 };
    sluice_span object, name, value;
    sluice_status st = sl_extras_object(d->extra, e->arena, &object);

    while (st >= 0 && sl_json_next(&it, object, &name, &value)) {
        bool ok = sl_span_eq(name, SL_SPAN("annotations")) && sl_json_type(value) == SL_JSON_ARRAY
                      ? sl_extras_join(&c->notes, value)
                      : sl_extras_set(&c->extra, name, value);

        if (!ok)
            return SLUICE_E_NOMEM;
    }
    return st;
}

sluice_status sl_openai_collect(struct sl_encoder *e, const sluice_delta *d)
{
    struct sl_chat_choice *c = sl_chat_choice(e, d->choice);
    struct sl_chat_block *block;
    struct sl_buf *to = NULL;

    if (!c)
        return SLUICE_E_NOMEM;
    switch (d->kind) {
    case SLUICE_DELTA_TEXT:
        to = &c->content;
        c->started = true;
        break;
    case SLUICE_DELTA_REFUSAL:
        to = &c->refusal;
        break;
    case SLUICE_DELTA_REASONING:
        block = sl_chat_block(e, c, d->index);
        if (!block)
            return SLUICE_E_NOMEM;
        sl_buf_add(&block->text, d->text);
        if (!sl_buf_ok(&block->text))
            return SLUICE_E_NOMEM;
        to = &c->reasoning;
        break;
    case SLUICE_DELTA_SIGNATURE:
        block = sl_chat_block(e, c, d->index);
        if (!block || (d->extra.len && !keep(e, d->extra, &block->opaque)))
            return SLUICE_E_NOMEM;
        to = &block->signature;
        break;
    case SLUICE_DELTA_TOOL_START:
        return sl_chat_call_begins(e, c, d, &block);
    case SLUICE_DELTA_TOOL_ARGS:
        block = sl_chat_call(c, d->index);
        if (!block)
            return SLUICE_E_INTERNAL;
        to = &block->text;
        break;
    case SLUICE_DELTA_EXTRA:
        return extra_step(e, c, d);
    case SLUICE_DELTA_LOGPROBS:
        add_members(&c->logprobs, sl_chat_elements(d->extra));
        return sl_buf_ok(&c->logprobs) ? SLUICE_OK : SLUICE_E_NOMEM;
    case SLUICE_DELTA_FINISH:
        return keep(e, d->text, &c->finish) ? SLUICE_OK : SLUICE_E_NOMEM;
    default:
        return SLUICE_OK;
    }
    sl_buf_add(to, d->text);
    return sl_buf_ok(to) ? SLUICE_OK : SLUICE_E_NOMEM;
}

static void write_tool_calls(const struct sl_chat_choice *c, struct sl_json_out *o)
{
    sl_json_key(o, "tool_calls");
    sl_json_open(o, '[');
    for (const struct sl_chat_block *b = c->blocks; b; b = b->next) {
        if (!b->tool)
            continue;
        sl_json_open(o, '{');
        sl_json_key(o, "id");
        sl_json_inside_str(o, b->id);
        sl_json_kv_str(o, "type", SL_SPAN("function"));
        sl_json_key(o, "function");
        sl_json_open(o, '{');
        sl_json_key(o, "name");
        sl_json_inside_str(o, b->name);
        sl_json_key(o, "arguments");
        sl_json_inside_str(o, b->text.len ? sl_buf_span(&b->text) : SL_SPAN("{}"));
        sl_json_close(o, '}');
        if (b->opaque.len)
            add_members(o->buf, b->opaque);
        sl_json_close(o, '}');
    }
    sl_json_close(o, ']');
}

static bool has_thinking(const struct sl_chat_choice *c)
{
    for (const struct sl_chat_block *b = c->blocks; b; b = b->next)
        if (!b->tool && (b->signature.len || b->opaque.len))
            return true;
    return false;
}

static void write_thinking(const struct sl_chat_choice *c, struct sl_json_out *o)
{
    sl_json_key(o, "thinking_blocks");
    sl_json_open(o, '[');
    for (const struct sl_chat_block *b = c->blocks; b; b = b->next) {
        if (b->tool)
            continue;
        sl_json_open(o, '{');
        if (b->opaque.len) {
            sl_json_raw(o, b->opaque);
        } else {
            sl_json_kv_str(o, "type", SL_SPAN("thinking"));
            sl_json_key(o, "thinking");
            sl_json_inside_str(o, sl_buf_span(&b->text));
            sl_json_key(o, "signature");
            sl_json_inside_str(o, sl_buf_span(&b->signature));
        }
        sl_json_close(o, '}');
    }
    sl_json_close(o, ']');
}

static void write_message(const struct sl_chat_choice *c, struct sl_json_out *o)
{
    sl_json_open(o, '{');
    sl_json_kv_str(o, "role", SL_SPAN("assistant"));
    sl_json_key(o, "content");
    if (c->started || (!c->n_tools && !c->refusal.len))
        sl_json_inside_str(o, sl_buf_span(&c->content));
    else
        sl_json_null(o);
    sl_json_key(o, "refusal");
    if (c->refusal.len)
        sl_json_inside_str(o, sl_buf_span(&c->refusal));
    else
        sl_json_null(o);
    if (c->reasoning.len) {
        sl_json_key(o, "reasoning_content");
        sl_json_inside_str(o, sl_buf_span(&c->reasoning));
    }
    if (has_thinking(c))
        write_thinking(c, o);
    if (c->n_tools)
        write_tool_calls(c, o);
    if (c->notes.len) {
        sl_json_key(o, "annotations");
        sl_json_open(o, '[');
        sl_json_raw(o, sl_buf_span(&c->notes));
        sl_json_close(o, ']');
    }
    if (c->extra.len)
        add_members(o->buf, sl_buf_span(&c->extra));
    sl_json_close(o, '}');
}

sluice_status sl_openai_whole(struct sl_encoder *e, const struct sl_usage *usage, struct sl_buf *b)
{
    struct sl_json_out o = sl_json_out(b);

    if (!sl_chat_choice(e, e->choices ? e->choices->number : 0))
        return SLUICE_E_NOMEM;
    sl_json_open(&o, '{');
    sl_json_kv_str(&o, "id", e->id);
    sl_json_kv_str(&o, "object", SL_SPAN("chat.completion"));
    sl_json_kv_i64(&o, "created", e->created);
    sl_json_kv_str(&o, "model", e->model);
    sl_json_key(&o, "choices");
    sl_json_open(&o, '[');
    for (const struct sl_chat_choice *c = e->choices; c; c = c->next) {
        sl_json_open(&o, '{');
        sl_json_kv_i64(&o, "index", c->number);
        sl_json_key(&o, "message");
        write_message(c, &o);
        sl_json_key(&o, "logprobs");
        if (c->logprobs.len) {
            sl_json_open(&o, '{');
            sl_json_key(&o, "content");
            sl_json_open(&o, '[');
            sl_json_raw(&o, sl_buf_span(&c->logprobs));
            sl_json_close(&o, ']');
            sl_json_key(&o, "refusal");
            sl_json_null(&o);
            sl_json_close(&o, '}');
        } else {
            sl_json_null(&o);
        }
        sl_json_kv_str(&o, "finish_reason", sl_chat_finish_word(c));
        sl_json_close(&o, '}');
    }
    sl_json_close(&o, ']');
    sl_json_key(&o, "usage");
    sl_usage_write(usage, b);
    o.comma = true;
    sl_json_close(&o, '}');
    return sl_buf_ok(b) ? SLUICE_OK : SLUICE_E_NOMEM;
}
