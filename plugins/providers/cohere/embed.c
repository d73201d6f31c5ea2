/* SPDX-License-Identifier: Apache-2.0 */
/* embed.c - OpenAI's embeddings, 96 inputs at a time; inputs that are data URLs are images. */
#include "cohere.h"

#define BATCH 96

enum {
    E_INPUT,
    E_DIMENSIONS,
    E_FORMAT,
    E_INPUT_TYPE,
    E_TRUNCATE,
    E_MAX_TOKENS,
    E_PRIORITY,
    E_MEMBERS
};

static const char *const names[E_MEMBERS] = {
    [E_INPUT] = "input",           [E_DIMENSIONS] = "dimensions", [E_FORMAT] = "encoding_format",
    [E_INPUT_TYPE] = "input_type", [E_TRUNCATE] = "truncate",     [E_MAX_TOKENS] = "max_tokens",
    [E_PRIORITY] = "priority",
};

static const char *const left_out[] = { "model", "user", NULL };

static bool is_image(sluice_span inside)
{
    return sl_span_starts(inside, SL_SPAN("data:image"));
}

/* Inputs of the next round: images go one by one. */
static size_t batch_end(const sluice_exchange *x)
{
    size_t from = x->embed_done, to = from;

    if (is_image(x->embed.inputs[from]))
        return from + 1;
    while (to < x->embed.n_inputs && to - from < BATCH && !is_image(x->embed.inputs[to]))
        to++;
    return to;
}

static sluice_status write(sluice_exchange *x)
{
    const struct sl_json *m[E_MEMBERS];
    const sluice_header **extra;
    size_t n_extra, to = batch_end(x);
    bool image = is_image(x->embed.inputs[x->embed_done]);
    struct sl_json_out *o;
    sluice_status st = sl_chat_members(&x->chat, names, E_MEMBERS, m, left_out, &extra, &n_extra);

    if (st < 0)
        return st;
    sl_parts_finish(&x->body);
    sl_parts_init(&x->body, x->arena);
    o = &x->body.out;
    sl_json_open(o, '{');
    sl_json_kv_str(o, "model", x->call->model);
    sl_json_key(o, image ? "images" : "texts");
    sl_json_open(o, '[');
    for (size_t i = x->embed_done; i < to; i++)
        sl_parts_inside(&x->body, x->embed.inputs[i]);
    sl_json_close(o, ']');
    if (image)
        sl_json_kv_str(o, "input_type", SL_SPAN("image"));
    else
        sl_json_kv_raw(o, "input_type",
                       m[E_INPUT_TYPE] ? m[E_INPUT_TYPE]->raw : SL_SPAN("\"search_document\""));
    sl_json_kv_raw(o, "embedding_types", SL_SPAN("[\"float\"]"));
    if (m[E_DIMENSIONS])
        sl_json_kv_raw(o, "output_dimension", m[E_DIMENSIONS]->raw);
    for (unsigned i = E_TRUNCATE; i < E_MEMBERS; i++)
        if (m[i])
            sl_json_kv_raw(o, names[i], m[i]->raw);
    sl_json_close(o, '}');
    return sl_parts_end(&x->body, &x->parts, &x->n_parts);
}

sluice_status cohere_embed_begin(sluice_exchange *x)
{
    const struct sl_json *m[E_MEMBERS];
    const sluice_header **extra;
    size_t n_extra;
    sluice_status st = sl_chat_members(&x->chat, names, E_MEMBERS, m, left_out, &extra, &n_extra);

    x->embed_tokens = -1;
    if (st >= 0)
        st = sl_embed_init(&x->embed, &x->chat, m[E_INPUT], m[E_FORMAT]);
    return st < 0 ? st : write(x);
}

sluice_status cohere_embed_data(sluice_exchange *x, sluice_span text, sluice_error *err)
{
    struct sl_json_iter it = { .started = false };
    struct sl_json_error e;
    sluice_span list, name, value;
    int64_t n;
    sluice_status st = SLUICE_OK;

    text = sl_span_trim(text);
    if (sl_json_type(text) != SL_JSON_OBJECT || sl_json_validate(text, &e) < 0)
        return sl_fail(err, SLUICE_E_UPSTREAM, "The provider's answer is no JSON object.");
    if ((sl_json_i64(sl_json_find(text, "meta.billed_units.input_tokens"), &n) ||
         sl_json_i64(sl_json_find(text, "meta.billed_units.image_tokens"), &n)) &&
        n >= 0)
        x->embed_tokens = (x->embed_tokens < 0 ? 0 : x->embed_tokens) + n % (INT64_C(1) << 40);
    list = sl_json_find(text, "embeddings.float");
    while (st >= 0 && sl_json_type(list) == SL_JSON_ARRAY && sl_json_next(&it, list, &name, &value))
        st = sl_embed_add(&x->embed, value, err);
    return st;
}

sluice_status cohere_embed_end(sluice_exchange *x, const sluice_sink *sink, sluice_error *err)
{
    size_t want = batch_end(x);

    if (want < x->embed.n_inputs && x->embed.n == want) {
        x->embed_done = want;
        return write(x) < 0 ? sl_fail(err, SLUICE_E_NOMEM, "out of memory writing the request")
                            : SLUICE_MORE;
    }
    return sl_embed_end(&x->embed, sink, x->call->model, x->embed_tokens, err);
}
