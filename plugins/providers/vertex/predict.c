/* SPDX-License-Identifier: Apache-2.0 */
/* predict.c - OpenAI's embeddings as instances and predictions; newer models embed one content a
 * call. */
#include "vertex.h"

#define INSTANCES 250 /* of one request */

enum {
    E_INPUT,
    E_DIMENSIONS,
    E_FORMAT,
    E_TASK,
    E_TASK_NATIVE,
    E_INPUT_TYPE,
    E_TITLE,
    E_TRUNCATE,
    E_MEMBERS
};

static const char *const names[E_MEMBERS] = {
    [E_INPUT] = "input",    [E_DIMENSIONS] = "dimensions",  [E_FORMAT] = "encoding_format",
    [E_TASK] = "task_type", [E_TASK_NATIVE] = "taskType",   [E_INPUT_TYPE] = "input_type",
    [E_TITLE] = "title",    [E_TRUNCATE] = "auto_truncate",
};

static const char *const left_out[] = { "model", "user", NULL };

/* Cohere's words for the same thing. */
static const char *const kinds[][2] = {
    { "search_document", "RETRIEVAL_DOCUMENT" },
    { "search_query", "RETRIEVAL_QUERY" },
    { "classification", "CLASSIFICATION" },
    { "clustering", "CLUSTERING" },
};

static size_t batch(const sluice_exchange *x)
{
    /* this family takes one text at a time */
    bool one = sl_span_find(x->call.model, SL_SPAN("gemini-embedding")) < x->call.model.len;

    return one ? 1 : INSTANCES;
}

static void write_task(struct sl_json_out *o, const char *key, const struct sl_json *const *m)
{
    const struct sl_json *task = m[E_TASK] ? m[E_TASK] : m[E_TASK_NATIVE];

    if (task && task->type == SL_JSON_STRING)
        sl_json_kv_raw(o, key, task->raw);
    else
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
            if (sl_json_is(m[E_INPUT_TYPE], kinds[i][0]))
                sl_json_kv_str(o, key, sl_span_str(kinds[i][1]));
}

static void write_parameters(struct sl_json_out *o, const struct sl_json *const *m)
{
    if (!m[E_DIMENSIONS] && !m[E_TRUNCATE])
        return;
    sl_json_key(o, "parameters");
    sl_json_open(o, '{');
    if (m[E_DIMENSIONS])
        sl_json_kv_raw(o, "outputDimensionality", m[E_DIMENSIONS]->raw);
    if (m[E_TRUNCATE])
        sl_json_kv_raw(o, "autoTruncate", m[E_TRUNCATE]->raw);
    sl_json_close(o, '}');
}

/* One text, for :embedContent. */
static void write_content(sluice_exchange *x, const struct sl_json *const *m)
{
    struct sl_json_out *o = &x->body.out;

    sl_json_open(o, '{');
    sl_json_key(o, "content");
    sl_json_open(o, '{');
    sl_json_key(o, "parts");
    sl_json_open(o, '[');
    sl_json_open(o, '{');
    sl_json_key(o, "text");
    sl_parts_inside(&x->body, x->embed.inputs[x->embed_done]);
    sl_json_close(o, '}');
    sl_json_close(o, ']');
    sl_json_close(o, '}');
    sl_json_key(o, "embedContentConfig");
    sl_json_open(o, '{');
    write_task(o, "taskType", m);
    if (m[E_TITLE] && m[E_TITLE]->type == SL_JSON_STRING)
        sl_json_kv_raw(o, "title", m[E_TITLE]->raw);
    if (m[E_DIMENSIONS])
        sl_json_kv_raw(o, "outputDimensionality", m[E_DIMENSIONS]->raw);
    if (m[E_TRUNCATE])
        sl_json_kv_raw(o, "autoTruncate", m[E_TRUNCATE]->raw);
    sl_json_close(o, '}');
    sl_json_close(o, '}');
}

static sluice_status write(sluice_exchange *x, const struct sl_json *const *m)
{
    struct sl_json_out *o;
    size_t last = x->embed_done + batch(x);

    if (last > x->embed.n_inputs)
        last = x->embed.n_inputs;
    sl_parts_finish(&x->body);
    sl_parts_init(&x->body, x->arena);
    if (x->embeds) {
        write_content(x, m);
        return sl_parts_end(&x->body, &x->parts, &x->n_parts);
    }
    o = &x->body.out;
    sl_json_open(o, '{');
    sl_json_key(o, "instances");
    sl_json_open(o, '[');
    for (size_t i = x->embed_done; i < last; i++) {
        sl_json_open(o, '{');
        sl_json_key(o, "content");
        sl_parts_inside(&x->body, x->embed.inputs[i]);
        write_task(o, "task_type", m);
        if (m[E_TITLE] && m[E_TITLE]->type == SL_JSON_STRING)
            sl_json_kv_raw(o, "title", m[E_TITLE]->raw);
        sl_json_close(o, '}');
    }
    sl_json_close(o, ']');
    write_parameters(o, m);
    sl_json_close(o, '}');
    return sl_parts_end(&x->body, &x->parts, &x->n_parts);
}

static sluice_status sort(sluice_exchange *x, const struct sl_json **m)
{
    const sluice_header **extra;
    size_t n_extra;

    return sl_chat_members(&x->chat, names, E_MEMBERS, m, left_out, &extra, &n_extra);
}

sluice_status vertex_predict_begin(sluice_exchange *x)
{
    const struct sl_json *m[E_MEMBERS];
    sluice_status st = sort(x, m);

    x->embed_tokens = -1;
    if (st >= 0)
        st = sl_embed_init(&x->embed, &x->chat, m[E_INPUT], m[E_FORMAT]);
    return st < 0 ? st : write(x, m);
}

sluice_status vertex_predict_data(sluice_exchange *x, sluice_span body, sluice_error *err)
{
    struct sl_json_iter it = { .started = false };
    struct sl_json_error e;
    sluice_span list, name, value;
    int64_t tokens;
    sluice_status st = SLUICE_OK;

    body = sl_span_trim(body);
    if (sl_json_type(body) != SL_JSON_OBJECT || sl_json_validate(body, &e) < 0)
        return sl_fail(err, SLUICE_E_UPSTREAM, "The provider's answer is no JSON object.");
    if (x->embeds) {
        if (sl_json_i64(sl_json_find(body, "usageMetadata.promptTokenCount"), &tokens) &&
            tokens >= 0)
            x->embed_tokens =
                (x->embed_tokens < 0 ? 0 : x->embed_tokens) + tokens % (INT64_C(1) << 40);
        return sl_embed_add(&x->embed, sl_json_find(body, "embedding.values"), err);
    }
    list = sl_json_find(body, "predictions");
    while (st >= 0 && sl_json_type(list) == SL_JSON_ARRAY &&
           sl_json_next(&it, list, &name, &value)) {
        if (sl_json_type(value) != SL_JSON_OBJECT)
            return sl_fail(err, SLUICE_E_UPSTREAM, "A prediction of the provider is no object.");
        if (sl_json_i64(sl_json_find(value, "embeddings.statistics.token_count"), &tokens) &&
            tokens >= 0)
            x->embed_tokens =
                (x->embed_tokens < 0 ? 0 : x->embed_tokens) + tokens % (INT64_C(1) << 40);
        st = sl_embed_add(&x->embed, sl_json_find(value, "embeddings.values"), err);
    }
    return st;
}

sluice_status vertex_predict_end(sluice_exchange *x, const sluice_sink *sink, sluice_error *err)
{
    size_t want = x->embed_done + batch(x);

    if (want < x->embed.n_inputs && x->embed.n == want) {
        const struct sl_json *m[E_MEMBERS];

        x->embed_done = want;
        return sort(x, m) < 0 || write(x, m) < 0
                   ? sl_fail(err, SLUICE_E_NOMEM, "out of memory writing the request")
                   : SLUICE_MORE;
    }
    return sl_embed_end(&x->embed, sink, x->call.model, x->embed_tokens, err);
}
