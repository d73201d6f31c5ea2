/* SPDX-License-Identifier: Apache-2.0 */
/* blocks.c - writes turns and their blocks in the vendor's form; and what turns still need for it.
 */
#include <sluice_sdk/list.h>
#include "request.h"

static turns_write_fn write_block;

/* A marker of its own behind the block, where the family knows such. */
void bedrock_write_cache_point(struct request *r, struct sl_parts *b, sluice_span cache)
{
    sluice_span ttl = SL_SPAN("");

    if (!cache.len || !r->family->cache)
        return;
    sl_json_raw_string(sl_json_find(cache, "ttl"), &ttl);
    sl_json_open(&b->out, '{');
    sl_json_key(&b->out, "cachePoint");
    sl_json_open(&b->out, '{');
    sl_json_kv_str(&b->out, "type", SL_SPAN("default"));
    if (sl_span_eq(ttl, SL_SPAN("1h")) && r->family->maker == MAKER_CLAUDE)
        sl_json_kv_str(&b->out, "ttl", ttl);
    sl_json_close(&b->out, '}');
    sl_json_close(&b->out, '}');
}

static void write_media(struct sl_parts *b, const struct block *m)
{
    sl_json_key(&b->out, m->member);
    sl_json_open(&b->out, '{');
    sl_json_kv_str(&b->out, "format", sl_span_str(m->format));
    if (m->name.len)
        sl_json_kv_str(&b->out, "name", m->name);
    sl_json_key(&b->out, "source");
    sl_json_open(&b->out, '{');
    if (m->bucket) {
        sl_json_key(&b->out, "s3Location");
        sl_json_open(&b->out, '{');
        turns_key_inside(b, "uri", m->text);
        sl_json_close(&b->out, '}');
    } else {
        turns_key_inside(b, "bytes", m->text);
    }
    sl_json_close(&b->out, '}');
    sl_json_close(&b->out, '}');
}

static void write_thinking(struct sl_parts *b, const struct block *t)
{
    sl_json_key(&b->out, "reasoningContent");
    sl_json_open(&b->out, '{');
    if (t->kind == B_REDACTED) {
        turns_key_inside(b, "redactedContent", t->text);
    } else {
        sl_json_key(&b->out, "reasoningText");
        sl_json_open(&b->out, '{');
        turns_key_inside(b, "text", t->text);
        turns_key_inside(b, "signature", t->signature);
        sl_json_close(&b->out, '}');
    }
    sl_json_close(&b->out, '}');
}

static void write_result(struct request *r, struct sl_parts *b, const struct block *result)
{
    sl_json_key(&b->out, "toolResult");
    sl_json_open(&b->out, '{');
    sl_json_kv_str(&b->out, "toolUseId", result->id);
    sl_json_key(&b->out, "content");
    if (result->content.n) {
        turns_write_blocks(&r->turns, b, &result->content, write_block);
    } else {
        sl_json_raw(&b->out,
                    SL_SPAN("[{\"text\":\".\"}]")); /* neither list nor text may be empty */
    }
    if (r->family->status)
        sl_json_kv_str(&b->out, "status", result->is_error ? SL_SPAN("error") : SL_SPAN("success"));
    sl_json_close(&b->out, '}');
}

static void write_block(struct turns *turns, struct sl_parts *b, const struct block *block)
{
    struct request *r = SL_CONTAINER(turns, struct request, turns);

    if (block->kind == B_RAW) {
        sl_parts_raw(b, block->text);
        return;
    }
    sl_json_open(&b->out, '{');
    switch (block->kind) {
    case B_TEXT:
        turns_key_inside(b, "text", block->text);
        break;
    case B_THINKING:
    case B_REDACTED:
        write_thinking(b, block);
        break;
    case B_MEDIA:
        write_media(b, block);
        break;
    case B_TOOL_USE:
        sl_json_key(&b->out, "toolUse");
        sl_json_open(&b->out, '{');
        sl_json_kv_str(&b->out, "toolUseId", block->id);
        turns_key_inside(b, "name", block->name);
        sl_json_key(&b->out, "input");
        sl_parts_raw(b, block->input);
        sl_json_close(&b->out, '}');
        break;
    case B_RESULT:
        write_result(r, b, block);
        break;
    case B_RAW:
        break;
    }
    sl_json_close(&b->out, '}');
    bedrock_write_cache_point(r, b, block->cache);
}

/* ---- before it is written ---- */

/* Models without a system prompt are told in the first user message; one with a document has to
 * hold some text. */
sluice_status bedrock_finish_turns(struct request *r)
{
    sluice_status st = SLUICE_OK;

    if (!r->family->system) {
        turns_put_in_front(r->turns.first, r->turns.system);
        r->turns.system = (struct blocks){ NULL, NULL, 0 };
    }
    for (struct turn *t = r->turns.first; t && st >= 0; t = t->next) {
        bool document = false, text = false;

        for (const struct block *b = t->rest.head; b; b = b->next) {
            document |= b->kind == B_MEDIA && !strcmp(b->member, "document");
            text |= b->kind == B_TEXT;
        }
        if (document && !text)
            st = turns_placeholder(&r->turns, &t->rest);
    }
    return st;
}

void bedrock_write_system(struct request *r, struct sl_parts *b)
{
    turns_write_system(&r->turns, b, write_block);
}

void bedrock_write_messages(struct request *r, struct sl_parts *b)
{
    turns_write_messages(&r->turns, b, write_block);
}
