/* SPDX-License-Identifier: Apache-2.0 */
/* gemini_embed.c - embedContent and batchEmbedContents through embeddings; countTokens' answer. */
#include "format/gemini/gemini.h"

#include "format/dialect/vectors.h"
#include "format/json_write.h"

/* The texts of a content as one. */
static void write_text(struct sl_json_out *o, const struct sl_json *content)
{
    bool first = true;

    sl_json_raw(o, SL_SPAN("\""));
    sl_json_each(p, sl_json_opt(content, "parts"))
    {
        if (!first)
            sl_buf_add(o->buf, SL_SPAN("\\n"));
        first = false;
        sl_buf_add(o->buf, sl_json_inside(sl_json_opt(p, "text")));
    }
    sl_buf_add_char(o->buf, '"');
}

static sluice_status check(struct sl_translation *t, const struct sl_json *content)
{
    const struct sl_json *parts = sl_json_opt(content, "parts");

    if (!parts || parts->type != SL_JSON_ARRAY || !parts->n)
        return sl_pivot_refuse(t, NULL, "A content is a list of parts.", "content");
    sl_json_each(p, parts)
    {
        if (!sl_json_opt(p, "text"))
            return sl_pivot_lacking(t, "content.parts");
    }

    return SLUICE_OK;
}

static void dimensions(struct sl_translation *t, const struct sl_json *request)
{
    const struct sl_json *n = sl_gemini_opt(request, "outputDimensionality");

    if (!n)
        return;
    sl_pivot_key(t, "dimensions");
    sl_json_raw(&t->out, n->raw);
}

static void head(struct sl_translation *t)
{
    sl_pivot_begin(t);
    sl_pivot_key(t, "model");
    sl_json_str(&t->out, t->model);
    sl_pivot_key(t, "input");
}

sluice_status sl_gemini_embed_request(struct sl_translation *t)
{
    const struct sl_json *content = sl_json_opt(t->root, "content");
    sluice_status st = check(t, content);

    if (st < 0)
        return st;
    head(t);
    write_text(&t->out, content);
    dimensions(t, t->root);
    return sl_pivot_end(t);
}

sluice_status sl_gemini_batch_request(struct sl_translation *t)
{
    const struct sl_json *list = sl_json_opt(t->root, "requests");
    sluice_status st = SLUICE_OK;

    head(t);
    sl_json_open(&t->out, '[');
    sl_json_each(r, list)
    {
        if (st >= 0)
            st = check(t, sl_json_opt(r, "content"));
        if (st >= 0)
            write_text(&t->out, sl_json_opt(r, "content"));
    }
    sl_json_close(&t->out, ']');
    if (st < 0)
        return st;
    if (list)
        dimensions(t, list->child);
    return sl_pivot_end(t);
}

static void write_values(struct sl_json_out *o, const struct sl_json *entry)
{
    sl_json_open(o, '{');
    sl_json_kv_raw(o, "values", sl_vector(entry));
    sl_json_close(o, '}');
}

sluice_status sl_gemini_embed_answer(struct sl_encoder *e, sluice_span text,
                                     struct sluice_arena *scratch, struct sl_buf *b)
{
    struct sl_json_out o = sl_json_out(b);
    struct sl_vectors v;
    sluice_status st = sl_vectors_read(text, scratch, &v);

    (void)e;
    if (st < 0)
        return st;
    sl_json_open(&o, '{');
    sl_json_key(&o, "embedding");
    write_values(&o, v.data->child);
    sl_json_close(&o, '}');
    return sl_buf_ok(b) ? SLUICE_OK : SLUICE_E_NOMEM;
}

sluice_status sl_gemini_batch_answer(struct sl_encoder *e, sluice_span text,
                                     struct sluice_arena *scratch, struct sl_buf *b)
{
    struct sl_json_out o = sl_json_out(b);
    struct sl_vectors v;
    sluice_status st = sl_vectors_read(text, scratch, &v);

    (void)e;
    if (st < 0)
        return st;
    sl_json_open(&o, '{');
    sl_json_key(&o, "embeddings");
    sl_json_open(&o, '[');
    sl_json_each(entry, v.data)
    {
        write_values(&o, entry);
    }
    sl_json_close(&o, ']');
    sl_json_close(&o, '}');
    return sl_buf_ok(b) ? SLUICE_OK : SLUICE_E_NOMEM;
}

void sl_gemini_count(struct sl_buf *b, int64_t tokens)
{
    struct sl_json_out o = sl_json_out(b);

    sl_json_open(&o, '{');
    sl_json_kv_i64(&o, "totalTokens", tokens);
    sl_json_close(&o, '}');
}
