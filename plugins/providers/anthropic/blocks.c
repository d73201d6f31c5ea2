/* SPDX-License-Identifier: Apache-2.0 */
/* blocks.c - writes turns and their blocks in the vendor's form. */
#include "request.h"

static void write_blocks(struct sl_parts *b, const struct block *block);

static void key_inside(struct sl_parts *b, const char *name, sluice_span inside)
{
    sl_json_key(&b->out, name);
    sl_parts_inside(b, inside);
}

static void key_raw(struct sl_parts *b, const char *name, sluice_span json)
{
    sl_json_key(&b->out, name);
    sl_parts_raw(b, json);
}

static void write_media(struct sl_parts *b, const struct block *m)
{
    static const char *const kinds[] = { "base64", "url", "text" };

    sl_json_kv_str(&b->out, "type", m->document ? SL_SPAN("document") : SL_SPAN("image"));
    sl_json_key(&b->out, "source");
    sl_json_open(&b->out, '{');
    sl_json_kv_str(&b->out, "type", sl_span_str(kinds[m->source]));
    if (m->source != SOURCE_URL)
        sl_json_kv_str(&b->out, "media_type", m->media_type);
    key_inside(b, m->source == SOURCE_URL ? "url" : "data", m->text);
    sl_json_close(&b->out, '}');
    if (m->document && m->title.len)
        key_inside(b, "title", m->title);
}

static void write_result(struct sl_parts *b, const struct block *result)
{
    const struct block *only = result->content.n == 1 ? result->content.head : NULL;

    sl_json_kv_str(&b->out, "type", SL_SPAN("tool_result"));
    sl_json_kv_str(&b->out, "tool_use_id", result->id);
    if (only && only->kind == B_TEXT) {
        key_inside(b, "content", only->text);
    } else if (result->content.n) {
        sl_json_key(&b->out, "content");
        write_blocks(b, result->content.head);
    }
    if (result->is_error)
        sl_json_kv_bool(&b->out, "is_error", true);
}

static void write_block(struct sl_parts *b, const struct block *block)
{
    if (block->kind == B_RAW) {
        sl_parts_raw(b, block->text);
        return;
    }
    sl_json_open(&b->out, '{');
    switch (block->kind) {
    case B_TEXT:
        sl_json_kv_str(&b->out, "type", SL_SPAN("text"));
        key_inside(b, "text", block->text);
        break;
    case B_THINKING:
        sl_json_kv_str(&b->out, "type", SL_SPAN("thinking"));
        key_inside(b, "thinking", block->text);
        key_inside(b, "signature", block->signature);
        break;
    case B_REDACTED:
        sl_json_kv_str(&b->out, "type", SL_SPAN("redacted_thinking"));
        key_inside(b, "data", block->text);
        break;
    case B_MEDIA:
        write_media(b, block);
        break;
    case B_TOOL_USE:
        sl_json_kv_str(&b->out, "type", SL_SPAN("tool_use"));
        sl_json_kv_str(&b->out, "id", block->id);
        key_inside(b, "name", block->name);
        key_raw(b, "input", block->input);
        break;
    case B_RESULT:
        write_result(b, block);
        break;
    case B_RAW:
        break;
    }
    if (block->cache.len)
        key_raw(b, "cache_control", block->cache);
    sl_json_close(&b->out, '}');
}

static void write_each(struct sl_parts *b, const struct block *block)
{
    for (; block; block = block->next)
        write_block(b, block);
}

static void write_blocks(struct sl_parts *b, const struct block *block)
{
    sl_json_open(&b->out, '[');
    write_each(b, block);
    sl_json_close(&b->out, ']');
}

void anthropic_write_system(struct request *r, struct sl_parts *b)
{
    if (!r->turns.system.n)
        return;
    sl_json_key(&b->out, "system");
    write_blocks(b, r->turns.system.head);
}

void anthropic_write_messages(struct request *r, struct sl_parts *b)
{
    sl_json_key(&b->out, "messages");
    sl_json_open(&b->out, '[');
    for (const struct turn *t = r->turns.first; t; t = t->next) {
        sl_json_open(&b->out, '{');
        sl_json_kv_str(&b->out, "role", t->assistant ? SL_SPAN("assistant") : SL_SPAN("user"));
        sl_json_key(&b->out, "content");
        sl_json_open(&b->out, '[');
        write_each(b, t->results.head);
        write_each(b, t->rest.head);
        sl_json_close(&b->out, ']');
        sl_json_close(&b->out, '}');
    }
    sl_json_close(&b->out, ']');
}
