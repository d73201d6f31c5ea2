/* SPDX-License-Identifier: Apache-2.0 */
/* extras.c - what a message gets besides its text, written once and last: annotations from the
 * grounding metadata, pictures, speech, the signature of the text, and what has no place else. */
#include <stdio.h>
#include <sluice_sdk/base64.h>
#include "answer.h"

#define CAP ((size_t)128 << 20)

/* Characters in the first n bytes of UTF-8 text. */
static int64_t characters(sluice_span text, int64_t n)
{
    int64_t chars = 0;

    for (int64_t i = 0; i < n && (size_t)i < text.len; i++)
        chars += ((unsigned char)text.ptr[i] & 0xc0) != 0x80;
    return chars;
}

static sluice_span element(sluice_span list, int64_t index)
{
    struct sl_json_iter it = { .started = false };
    sluice_span name, value;

    while (index >= 0 && sl_json_type(list) == SL_JSON_ARRAY &&
           sl_json_next(&it, list, &name, &value))
        if (index-- == 0)
            return value;
    return SL_SPAN("");
}

static void write_annotation(struct sl_json_out *o, sluice_span web, int64_t from, int64_t to)
{
    sl_json_open(o, '{');
    sl_json_kv_str(o, "type", SL_SPAN("url_citation"));
    sl_json_key(o, "url_citation");
    sl_json_open(o, '{');
    sl_json_kv_i64(o, "start_index", from);
    sl_json_kv_i64(o, "end_index", to);
    sl_json_key(o, "url");
    sl_json_inside_str(o, sl_chat_member(web, "uri"));
    sl_json_key(o, "title");
    sl_json_inside_str(o, sl_chat_member(web, "title"));
    sl_json_close(o, '}');
    sl_json_close(o, '}');
}

/* One annotation for each source of each passage; offsets count bytes there, characters here. */
static void write_annotations(struct sl_json_out *o, const struct gemini_candidate *c)
{
    sluice_span meta = sl_buf_span(&c->grounding), name, support, index;
    sluice_span chunks = sl_json_find(meta, "groundingChunks");
    sluice_span supports = sl_json_find(meta, "groundingSupports");
    struct sl_json_iter it = { .started = false };
    bool open = false;

    while (sl_json_type(supports) == SL_JSON_ARRAY &&
           sl_json_next(&it, supports, &name, &support)) {
        struct sl_json_iter each = { .started = false };
        sluice_span indices;
        int64_t from = 0, to = 0, n;

        if (sl_json_type(support) != SL_JSON_OBJECT)
            continue;
        indices = sl_json_find(support, "groundingChunkIndices");
        sl_json_i64(sl_json_find(support, "segment.startIndex"), &from);
        sl_json_i64(sl_json_find(support, "segment.endIndex"), &to);
        if (c->text.len) {
            from = characters(sl_buf_span(&c->text), from);
            to = characters(sl_buf_span(&c->text), to);
        }
        while (sl_json_type(indices) == SL_JSON_ARRAY &&
               sl_json_next(&each, indices, &name, &index)) {
            sluice_span web, chunk;

            if (!sl_json_i64(index, &n))
                continue;
            chunk = element(chunks, n);
            web = sl_json_type(chunk) == SL_JSON_OBJECT ? sl_json_find(chunk, "web") : chunk;
            if (sl_json_type(web) != SL_JSON_OBJECT)
                continue;
            if (!open) {
                sl_json_key(o, "annotations");
                sl_json_open(o, '[');
                open = true;
            }
            write_annotation(o, web, from, to);
        }
    }
    if (open)
        sl_json_close(o, ']');
}

static void write_own(struct sl_json_out *o, const struct gemini_candidate *c)
{
    if (!c->grounding.len && !c->citations.len && !c->parts.len)
        return;
    sl_json_key(o, "provider_specific_fields");
    sl_json_open(o, '{');
    if (c->grounding.len)
        sl_json_kv_raw(o, "grounding_metadata", sl_buf_span(&c->grounding));
    if (c->citations.len)
        sl_json_kv_raw(o, "citation_metadata", sl_buf_span(&c->citations));
    if (c->parts.len) {
        sl_json_key(o, "parts");
        sl_json_open(o, '[');
        sl_json_raw(o, sl_buf_span(&c->parts));
        sl_json_close(o, ']');
    }
    sl_json_close(o, '}');
}

static void write_audio(sluice_exchange *x, struct sl_json_out *o, const struct gemini_candidate *c)
{
    static const char prefix[] = "audio_";
    char name[SL_CHAT_ID + sizeof prefix];
    size_t room = SL_BASE64_SIZE(c->audio.len);
    char id[SL_CHAT_ID];

    sl_json_key(o, "audio");
    sl_json_open(o, '{');
    sl_chat_id(x->self->host, id);
    snprintf(name, sizeof name, "%s%s", prefix, id + 5);
    sl_json_kv_str(o, "id", sl_span_str(name));
    sl_json_kv_str(o, "data", SL_SPAN(""));
    if (sl_buf_ok(o->buf) && sl_buf_reserve(o->buf, room + 1)) {
        o->buf->len--; /* between the quotes */
        o->buf->len += sl_base64(sl_buf_span(&c->audio), o->buf->ptr + o->buf->len);
        sl_buf_add_char(o->buf, '"');
    }
    sl_json_kv_i64(o, "expires_at", x->self->host->unix_ms(x->self->host) / 1000 + 3600);
    sl_json_kv_str(o, "transcript", SL_SPAN(""));
    sl_json_close(o, '}');
}

sluice_status gemini_extras(sluice_exchange *x, struct gemini_candidate *c, const sluice_sink *sink)
{
    struct sl_buf b;
    struct sl_json_out o;
    sluice_status st = SLUICE_OK;

    sl_buf_init(&b, CAP);
    o = sl_json_out(&b);
    if (c->grounding.len)
        write_annotations(&o, c);
    write_own(&o, c);
    if (c->images.len) {
        sl_json_key(&o, "images");
        sl_json_open(&o, '[');
        sl_json_raw(&o, sl_buf_span(&c->images));
        sl_json_close(&o, ']');
    }
    if (c->audio.len)
        write_audio(x, &o, c);
    if (c->signature.len) {
        sl_json_key(&o, "extra_content");
        sl_json_open(&o, '{');
        sl_json_key(&o, "google");
        sl_json_open(&o, '{');
        sl_json_key(&o, "thought_signature");
        sl_json_inside_str(&o, sl_buf_span(&c->signature));
        sl_json_close(&o, '}');
        sl_json_close(&o, '}');
    }
    if (!sl_buf_ok(&b))
        st = SLUICE_E_NOMEM;
    else if (b.len)
        st = sl_chat_emit_extra(sink, c->number, sl_buf_span(&b));
    sl_buf_finish(&b);
    return st;
}
