/* SPDX-License-Identifier: Apache-2.0 */
/* embeddings.c - OpenAI's embeddings by embedContent, or by batchEmbedContents a hundred at a time.
 */
#include "answer.h"

#define BATCH 100

enum { E_INPUT, E_DIMENSIONS, E_FORMAT, E_TASK, E_TASK_NATIVE, E_INPUT_TYPE, E_TITLE, E_MEMBERS };

static const char *const names[E_MEMBERS] = {
    [E_INPUT] = "input",    [E_DIMENSIONS] = "dimensions", [E_FORMAT] = "encoding_format",
    [E_TASK] = "task_type", [E_TASK_NATIVE] = "taskType",  [E_INPUT_TYPE] = "input_type",
    [E_TITLE] = "title",
};

static const char *const left_out[] = { "model", "user", NULL };

/* Cohere's words for the same thing. */
static const char *const kinds[][2] = {
    { "search_document", "RETRIEVAL_DOCUMENT" },
    { "search_query", "RETRIEVAL_QUERY" },
    { "classification", "CLASSIFICATION" },
    { "clustering", "CLUSTERING" },
};

static sluice_status sort(sluice_exchange *x, const struct sl_json **m)
{
    const sluice_header **extra;
    size_t n_extra;

    return sl_chat_members(&x->chat, names, E_MEMBERS, m, left_out, &extra, &n_extra);
}

sluice_status gemini_embed_begin(sluice_exchange *x)
{
    const struct sl_json *m[E_MEMBERS];
    sluice_status st = sort(x, m);

    x->resource = x->call->model;
    if (st >= 0 && sl_span_find_char(x->call->model, '/') == x->call->model.len)
        x->resource = sl_arena_printf(x->arena, "models/%.*s", SL_FMT(x->call->model));
    if (!x->resource.ptr)
        return SLUICE_E_NOMEM;
    if (st >= 0)
        st = sl_embed_init(&x->embed, &x->chat, m[E_INPUT], m[E_FORMAT]);
    x->embed_tokens = -1;
    return st < 0 ? st : gemini_embed_write(x);
}

static void write_task(struct sl_json_out *o, const struct sl_json *const *m)
{
    const struct sl_json *task = m[E_TASK] ? m[E_TASK] : m[E_TASK_NATIVE];

    if (task && task->type == SL_JSON_STRING)
        sl_json_kv_raw(o, "taskType", task->raw);
    else
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
            if (sl_json_is(m[E_INPUT_TYPE], kinds[i][0]))
                sl_json_kv_str(o, "taskType", sl_span_str(kinds[i][1]));
}

static void write_one(sluice_exchange *x, const struct sl_json *const *m, size_t i)
{
    struct sl_json_out *o = &x->body.out;

    sl_json_open(o, '{');
    sl_json_kv_str(o, "model", x->resource);
    sl_json_key(o, "content");
    sl_json_open(o, '{');
    sl_json_key(o, "parts");
    sl_json_open(o, '[');
    sl_json_open(o, '{');
    sl_json_key(o, "text");
    sl_parts_inside(&x->body, x->embed.inputs[i]);
    sl_json_close(o, '}');
    sl_json_close(o, ']');
    sl_json_close(o, '}');
    write_task(o, m);
    if (m[E_TITLE] && m[E_TITLE]->type == SL_JSON_STRING)
        sl_json_kv_raw(o, "title", m[E_TITLE]->raw);
    if (m[E_DIMENSIONS] && m[E_DIMENSIONS]->type == SL_JSON_NUMBER)
        sl_json_kv_raw(o, "outputDimensionality", m[E_DIMENSIONS]->raw);
    sl_json_close(o, '}');
}

sluice_status gemini_embed_write(sluice_exchange *x)
{
    const struct sl_json *m[E_MEMBERS];
    sluice_status st = sort(x, m);
    size_t last = x->embed_done + BATCH;
    bool one = x->embed.n_inputs == 1;

    if (st < 0)
        return st;
    if (last > x->embed.n_inputs)
        last = x->embed.n_inputs;
    sl_parts_finish(&x->body);
    sl_parts_init(&x->body, x->arena);
    if (one) {
        write_one(x, m, 0);
    } else {
        sl_json_open(&x->body.out, '{');
        sl_json_key(&x->body.out, "requests");
        sl_json_open(&x->body.out, '[');
        for (size_t i = x->embed_done; i < last; i++)
            write_one(x, m, i);
        sl_json_close(&x->body.out, ']');
        sl_json_close(&x->body.out, '}');
    }
    x->url = gemini_url(x, one ? "embedContent" : "batchEmbedContents", false);
    return x->url.ptr ? sl_parts_end(&x->body, &x->parts, &x->n_parts) : SLUICE_E_NOMEM;
}

sluice_status gemini_embed_data(sluice_exchange *x, sluice_span body, sluice_error *err)
{
    struct sl_json_iter it = { .started = false };
    struct sl_json_error e;
    sluice_span list, name, value;
    int64_t tokens;
    sluice_status st = SLUICE_OK;

    body = sl_span_trim(body);
    if (sl_json_type(body) != SL_JSON_OBJECT || sl_json_validate(body, &e) < 0)
        return sl_fail(err, SLUICE_E_UPSTREAM, "The provider's answer is no JSON object.");
    if (sl_json_i64(sl_json_find(body, "usageMetadata.promptTokenCount"), &tokens) && tokens >= 0)
        x->embed_tokens = (x->embed_tokens < 0 ? 0 : x->embed_tokens) + tokens % (INT64_C(1) << 48);
    if (x->embed.n_inputs == 1)
        return sl_embed_add(&x->embed, sl_json_find(body, "embedding.values"), err);
    list = sl_json_find(body, "embeddings");
    while (st >= 0 && sl_json_type(list) == SL_JSON_ARRAY && sl_json_next(&it, list, &name, &value))
        st = sl_json_type(value) == SL_JSON_OBJECT
                 ? sl_embed_add(&x->embed, sl_json_find(value, "values"), err)
                 : SLUICE_E_UPSTREAM;
    return st;
}

sluice_status gemini_embed_end(sluice_exchange *x, const sluice_sink *sink, sluice_error *err)
{
    size_t want = x->embed_done + BATCH;

    if (want < x->embed.n_inputs && x->embed.n == want) {
        x->embed_done = want;
        return gemini_embed_write(x) < 0
                   ? sl_fail(err, SLUICE_E_NOMEM, "out of memory writing the request")
                   : SLUICE_MORE;
    }
    return sl_embed_end(&x->embed, sink, x->call->model, x->embed_tokens, err);
}
