/* SPDX-License-Identifier: Apache-2.0 */
/* blocks.c - writes turns and their blocks in the vendor's form. */
#include "request.h"

static turns_write_fn write_block;

static void key_raw(struct sl_parts *b, const char *name, sluice_span json)
{
    sl_json_key(&b->out, name);
    sl_parts_raw(b, json);
}

static void write_media(struct sl_parts *b, const struct block *m)
{
    static const char *const kinds[] = { "base64", "url", "text", "file" };
    static const char *const members[] = { "data", "url", "data", "file_id" };

    sl_json_kv_str(&b->out, "type", m->document ? SL_SPAN("document") : SL_SPAN("image"));
    sl_json_key(&b->out, "source");
    sl_json_open(&b->out, '{');
    sl_json_kv_str(&b->out, "type", sl_span_str(kinds[m->source]));
    if (m->source == SOURCE_BASE64 || m->source == SOURCE_TEXT)
        sl_json_kv_str(&b->out, "media_type", m->media_type);
    turns_key_inside(b, members[m->source], m->text);
    sl_json_close(&b->out, '}');
    if (m->document && m->title.len)
        turns_key_inside(b, "title", m->title);
}

static void write_result(struct turns *r, struct sl_parts *b, const struct block *result)
{
    const struct block *only = result->content.n == 1 ? result->content.head : NULL;

    sl_json_kv_str(&b->out, "type", SL_SPAN("tool_result"));
    sl_json_kv_str(&b->out, "tool_use_id", result->id);
    if (only && only->kind == B_TEXT) {
        turns_key_inside(b, "content", only->text);
    } else if (result->content.n) {
        sl_json_key(&b->out, "content");
        turns_write_blocks(r, b, &result->content, write_block);
    }
    if (result->is_error)
        sl_json_kv_bool(&b->out, "is_error", true);
}

static void write_block(struct turns *r, struct sl_parts *b, const struct block *block)
{
    if (block->kind == B_RAW) {
        sl_parts_raw(b, block->text);
        return;
    }
    sl_json_open(&b->out, '{');
    switch (block->kind) {
    case B_TEXT:
        sl_json_kv_str(&b->out, "type", SL_SPAN("text"));
        turns_key_inside(b, "text", block->text);
        break;
    case B_THINKING:
        sl_json_kv_str(&b->out, "type", SL_SPAN("thinking"));
        turns_key_inside(b, "thinking", block->text);
        turns_key_inside(b, "signature", block->signature);
        break;
    case B_REDACTED:
        sl_json_kv_str(&b->out, "type", SL_SPAN("redacted_thinking"));
        turns_key_inside(b, "data", block->text);
        break;
    case B_MEDIA:
        write_media(b, block);
        break;
    case B_TOOL_USE:
        sl_json_kv_str(&b->out, "type", SL_SPAN("tool_use"));
        sl_json_kv_str(&b->out, "id", block->id);
        turns_key_inside(b, "name", block->name);
        key_raw(b, "input", block->input);
        break;
    case B_RESULT:
        write_result(r, b, block);
        break;
    case B_RAW:
        break;
    }
    if (block->cache.len)
        key_raw(b, "cache_control", block->cache);
    sl_json_close(&b->out, '}');
}

void anthropic_write_system(struct request *r, struct sl_parts *b)
{
    turns_write_system(&r->turns, b, write_block);
}

void anthropic_write_messages(struct request *r, struct sl_parts *b)
{
    turns_write_messages(&r->turns, b, write_block);
}
