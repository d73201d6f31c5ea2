/* SPDX-License-Identifier: Apache-2.0 */
/* rerank.c - documents in the order of a question. The vendor sends no texts back: those that the
 * caller wants are put in from the request. */
#include "cohere.h"

enum { R_QUERY, R_DOCUMENTS, R_TOP_N, R_RETURN, R_MAX_TOKENS, R_MEMBERS };

static const char *const names[R_MEMBERS] = {
    [R_QUERY] = "query",
    [R_DOCUMENTS] = "documents",
    [R_TOP_N] = "top_n",
    [R_RETURN] = "return_documents",
    [R_MAX_TOKENS] = "max_tokens_per_doc",
};

static const char *const left_out[] = { "model", "user", "rank_fields", "max_chunks_per_doc",
                                        NULL };

/* A document is a string, or an object with its text. */
static sluice_span text_of(const struct sl_json *document)
{
    return sl_json_inside(document->type == SL_JSON_OBJECT ? sl_json_opt(document, "text")
                                                           : document);
}

sluice_status cohere_rerank_begin(sluice_exchange *x)
{
    const struct sl_json *m[R_MEMBERS];
    const sluice_header **extra;
    size_t n_extra, i = 0;
    struct sl_json_out *o = &x->body.out;
    sluice_status st = sl_chat_members(&x->chat, names, R_MEMBERS, m, left_out, &extra, &n_extra);

    if (st < 0)
        return st;
    if (!m[R_QUERY] || m[R_QUERY]->type != SL_JSON_STRING)
        return sl_chat_bad(&x->chat, NULL, "A question is needed.", "query");
    if (!m[R_DOCUMENTS] || m[R_DOCUMENTS]->type != SL_JSON_ARRAY || !m[R_DOCUMENTS]->n)
        return sl_chat_bad(&x->chat, NULL, "A list of one document or more is needed.",
                           "documents");
    x->documents = m[R_DOCUMENTS];
    x->return_documents = m[R_RETURN] && sl_json_is_true(m[R_RETURN]->raw);
    sl_json_open(o, '{');
    sl_json_kv_str(o, "model", x->call->model);
    sl_json_key(o, "query");
    sl_parts_raw(&x->body, m[R_QUERY]->raw);
    sl_json_key(o, "documents");
    sl_json_open(o, '[');
    sl_json_each(d, m[R_DOCUMENTS])
    {
        if (d->type != SL_JSON_STRING && !sl_json_opt(d, "text"))
            return sl_chat_bad(&x->chat, NULL, "A document is a string, or has a text.",
                               "documents.[%zu]", i);
        sl_parts_inside(&x->body, text_of(d));
        i++;
    }
    sl_json_close(o, ']');
    if (m[R_TOP_N])
        sl_json_kv_raw(o, "top_n", m[R_TOP_N]->raw);
    if (m[R_MAX_TOKENS])
        sl_json_kv_raw(o, "max_tokens_per_doc", m[R_MAX_TOKENS]->raw);
    for (i = 0; i < n_extra; i++) {
        sl_json_key_span(o, extra[i]->name);
        sl_parts_raw(&x->body, extra[i]->value);
    }
    sl_json_close(o, '}');
    /* the texts are needed when the answer comes, and the body may be gone by then */
    if (x->return_documents) {
        sluice_span copy = sl_arena_dup(x->arena, m[R_DOCUMENTS]->raw);
        struct sl_json_error e;
        struct sl_json *tree;

        if (!copy.ptr || sl_json_parse(copy, x->arena, &tree, &e) < 0)
            return SLUICE_E_NOMEM;
        x->documents = tree;
    }
    return sl_parts_end(&x->body, &x->parts, &x->n_parts);
}

static const struct sl_json *document(const sluice_exchange *x, int64_t index)
{
    sl_json_each(d, x->documents)
    {
        if (index-- == 0)
            return d;
    }
    return NULL;
}

static void write_result(sluice_exchange *x, struct sl_json_out *o, sluice_span result)
{
    sluice_span index = sl_json_find(result, "index");
    sluice_span score = sl_json_find(result, "relevance_score");
    const struct sl_json *d = NULL;
    int64_t i = -1;

    sl_json_open(o, '{');
    if (sl_json_i64(index, &i))
        sl_json_kv_i64(o, "index", i);
    if (sl_json_type(score) == SL_JSON_NUMBER)
        sl_json_kv_raw(o, "relevance_score", score);
    if (x->return_documents && i >= 0)
        d = document(x, i);
    if (d) {
        sl_json_key(o, "document");
        sl_json_open(o, '{');
        sl_json_key(o, "text");
        sl_json_inside_str(o, text_of(d));
        sl_json_close(o, '}');
    }
    sl_json_close(o, '}');
}

sluice_status cohere_rerank_data(sluice_exchange *x, sluice_span text, const sluice_sink *sink,
                                 sluice_error *err)
{
    struct sl_json_iter it = { .started = false };
    struct sl_json_error e;
    sluice_span list, meta, name, value, whole;
    struct sl_json_out o;
    struct sl_buf b;
    sluice_status st = SLUICE_E_NOMEM;

    text = sl_span_trim(text);
    if (sl_json_type(text) != SL_JSON_OBJECT || sl_json_validate(text, &e) < 0)
        return sl_fail(err, SLUICE_E_UPSTREAM, "The provider's answer is no JSON object.");
    list = sl_json_find(text, "results");
    meta = sl_json_find(text, "meta");
    if (sl_json_type(list) != SL_JSON_ARRAY)
        return sl_fail(err, SLUICE_E_UPSTREAM, "The provider's answer has no results.");
    sl_buf_init(&b, (size_t)64 << 20);
    o = sl_json_out(&b);
    sl_json_open(&o, '{');
    sl_json_key(&o, "id");
    sl_json_inside_str(&o, sl_chat_member(text, "id"));
    sl_json_key(&o, "model");
    sl_json_str(&o, x->call->model);
    sl_json_key(&o, "results");
    sl_json_open(&o, '[');
    while (sl_json_next(&it, list, &name, &value))
        if (sl_json_type(value) == SL_JSON_OBJECT)
            write_result(x, &o, value);
    sl_json_close(&o, ']');
    if (sl_json_type(meta) == SL_JSON_OBJECT)
        sl_json_kv_raw(&o, "meta", meta);
    sl_json_close(&o, '}');
    whole = sl_buf_span(&b);
    if (sl_buf_ok(&b))
        st = sink->whole(sink, &whole, 1);
    sl_buf_finish(&b);
    x->finished = true;
    return st == SLUICE_E_NOMEM ? sl_fail(err, st, "out of memory for the results") : st;
}
