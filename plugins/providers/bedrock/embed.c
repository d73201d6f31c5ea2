/* SPDX-License-Identifier: Apache-2.0 */
/*
 * embed.c - vectors by InvokeModel. Titan and Nova take one text at a time, Cohere 96: a request
 * for more becomes several, one after the other, whose answers are gathered into OpenAI's form.
 */
#include <sluice_sdk/base64.h>
#include "answer.h"

#define COHERE_MOST 96
#define INPUTS_MOST 2048
#define OUT_CAP ((size_t)64 << 20)

static sluice_status bad(sluice_error *err, const char *param, const char *message)
{
    return sl_fail_param(err, SLUICE_E_INVALID, NULL, param, "%s", message);
}

static sluice_span member(const sluice_exchange *x, const char *name)
{
    for (size_t i = 0; i < x->call->n_members; i++)
        if (sl_span_eq(x->call->members[i].name, sl_span_str(name)))
            return x->call->members[i].value;
    return sl_span(NULL, 0);
}

/* A text, or a list of texts. */
static sluice_status read_inputs(sluice_exchange *x, sluice_error *err)
{
    struct bedrock_series *s = &x->series;
    sluice_span raw = member(x, "input");
    struct sl_json_error e;
    struct sl_json *tree = NULL;
    sluice_status st = raw.ptr ? sl_json_parse(raw, x->arena, &tree, &e) : SLUICE_E_INVALID;

    if (st == SLUICE_E_NOMEM)
        return st;
    if (st < 0 || (tree->type != SL_JSON_STRING && tree->type != SL_JSON_ARRAY))
        return bad(err, "input", "This is a text or a list of texts.");
    if (tree->type == SL_JSON_ARRAY && (!tree->n || tree->n > INPUTS_MOST))
        return bad(err, "input", "Between 1 and 2048 texts are taken.");
    s->inputs = sl_alloc(x->arena, (tree->n + 1) * sizeof *s->inputs);
    if (!s->inputs)
        return SLUICE_E_NOMEM;
    if (tree->type == SL_JSON_STRING)
        s->inputs[s->n++] = tree;
    sl_json_each(one, tree->type == SL_JSON_ARRAY ? tree : NULL)
    {
        if (one->type != SL_JSON_STRING)
            return bad(err, "input", "The provider takes texts, no tokens.");
        s->inputs[s->n++] = one;
    }
    return SLUICE_OK;
}

sluice_status bedrock_embed_begin(sluice_exchange *x, sluice_error *err)
{
    struct bedrock_series *s = &x->series;
    sluice_span format = SL_SPAN("");
    sluice_status st;

    sl_buf_init(&s->out, OUT_CAP);
    s->tokens = -1;
    s->step = x->family->job == JOB_COHERE ? COHERE_MOST : 1;
    x->action = "invoke";
    sl_json_raw_string(member(x, "encoding_format"), &format);
    s->base64 = sl_span_eq(format, SL_SPAN("base64"));
    st = read_inputs(x, err);
    if (st >= 0)
        st = bedrock_embed_body(x, err);
    return st == SLUICE_E_NOMEM ? sl_fail(err, st, "out of memory writing the request") : st;
}

/* ---- one body a family ---- */

static void pass(sluice_exchange *x, const char *from, const char *to)
{
    sluice_span value = member(x, from);

    if (value.ptr && sl_json_type(value) != SL_JSON_NULL)
        sl_json_kv_raw(&x->body.out, to, value);
}

static void write_text(sluice_exchange *x, const char *name, const struct sl_json *text)
{
    sl_json_key(&x->body.out, name);
    sl_parts_inside(&x->body, sl_json_inside(text));
}

static void write_titan(sluice_exchange *x, const struct sl_json *text)
{
    write_text(x, "inputText", text);
    pass(x, "dimensions", "dimensions");
    pass(x, "normalize", "normalize");
}

static sluice_status write_titan_image(sluice_exchange *x, const struct sl_json *text)
{
    sluice_span dimensions = member(x, "dimensions");
    struct sl_media media;

    if (sl_span_starts(sl_json_inside(text), SL_SPAN("data:image/"))) {
        sluice_status st = sl_media(x->arena, sl_json_inside(text), &media);

        if (st < 0)
            return st;
        sl_json_key(&x->body.out, "inputImage");
        sl_parts_inside(&x->body, media.data);
    } else {
        write_text(x, "inputText", text);
    }
    if (dimensions.ptr && sl_json_type(dimensions) == SL_JSON_NUMBER) {
        sl_json_key(&x->body.out, "embeddingConfig");
        sl_json_open(&x->body.out, '{');
        sl_json_kv_raw(&x->body.out, "outputEmbeddingLength", dimensions);
        sl_json_close(&x->body.out, '}');
    }
    return SLUICE_OK;
}

static void write_nova(sluice_exchange *x, const struct sl_json *text)
{
    struct sl_json_out *o = &x->body.out;

    sl_json_kv_str(o, "taskType", SL_SPAN("SINGLE_EMBEDDING"));
    sl_json_key(o, "singleEmbeddingParams");
    sl_json_open(o, '{');
    sl_json_kv_str(o, "embeddingPurpose", SL_SPAN("GENERIC_INDEX"));
    pass(x, "dimensions", "embeddingDimension");
    sl_json_key(o, "text");
    sl_json_open(o, '{');
    sl_json_kv_str(o, "truncationMode", SL_SPAN("END"));
    write_text(x, "value", text);
    sl_json_close(o, '}');
    sl_json_close(o, '}');
}

static void write_cohere(sluice_exchange *x, size_t n)
{
    struct sl_json_out *o = &x->body.out;
    sluice_span type = member(x, "input_type");

    sl_json_key(o, "texts");
    sl_json_open(o, '[');
    for (size_t i = 0; i < n; i++)
        sl_parts_inside(&x->body, sl_json_inside(x->series.inputs[x->series.next + i]));
    sl_json_close(o, ']');
    if (type.ptr && sl_json_type(type) == SL_JSON_STRING)
        sl_json_kv_raw(o, "input_type", type);
    else
        sl_json_kv_str(o, "input_type", SL_SPAN("search_document"));
    pass(x, "truncate", "truncate");
    pass(x, "dimensions", "output_dimension");
}

static size_t round_size(const struct bedrock_series *s)
{
    return s->n - s->next < s->step ? s->n - s->next : s->step;
}

sluice_status bedrock_embed_body(sluice_exchange *x, sluice_error *err)
{
    struct bedrock_series *s = &x->series;
    sluice_status st = SLUICE_OK;

    sl_parts_finish(&x->body);
    sl_parts_init(&x->body, x->arena);
    sl_json_open(&x->body.out, '{');
    switch (x->family->job) {
    case JOB_TITAN_IMAGE:
        st = write_titan_image(x, s->inputs[s->next]);
        break;
    case JOB_NOVA_EMBED:
        write_nova(x, s->inputs[s->next]);
        break;
    case JOB_COHERE:
        write_cohere(x, round_size(s));
        break;
    default:
        write_titan(x, s->inputs[s->next]);
        break;
    }
    sl_json_close(&x->body.out, '}');
    if (st == SLUICE_E_INVALID)
        return bad(err, "input", "This is no data URL with base64 in it.");
    return st < 0 ? st : sl_parts_end(&x->body, &x->parts, &x->n_parts);
}

/* ---- answers ---- */

/* Little-endian floats in base64, whatever this machine is. */
static sluice_status add_base64(struct sl_buf *out, sluice_span vector)
{
    struct sl_json_iter it = { .started = false };
    sluice_span name, number;
    struct sl_buf bytes;
    sluice_status st = SLUICE_E_NOMEM;

    sl_buf_init(&bytes, OUT_CAP);
    while (sl_json_next(&it, vector, &name, &number)) {
        uint32_t bits;
        double d = 0;
        float f;
        char four[4];

        sl_json_f64(number, &d);
        f = (float)d;
        memcpy(&bits, &f, sizeof bits);
        for (int i = 0; i < 4; i++)
            four[i] = (char)(bits >> (8 * i));
        sl_buf_add(&bytes, sl_span(four, 4));
    }
    sl_buf_add_char(out, '"');
    if (sl_buf_ok(&bytes) && sl_buf_reserve(out, SL_BASE64_SIZE(bytes.len) + 1)) {
        out->len += sl_base64(sl_buf_span(&bytes), out->ptr + out->len);
        st = SLUICE_OK;
    }
    sl_buf_add_char(out, '"');
    sl_buf_finish(&bytes);
    return st;
}

static sluice_status add_vector(struct bedrock_series *s, sluice_span vector, sluice_error *err)
{
    sluice_status st = SLUICE_OK;

    if (sl_json_type(vector) != SL_JSON_ARRAY || s->written == s->n)
        return sl_fail(err, SLUICE_E_UPSTREAM,
                       "The provider's answer holds other vectors than were "
                       "asked for.");
    sl_buf_printf(&s->out,
                  "%s{\"object\":\"embedding\",\"index\":%zu,\"embedding\":", s->written ? "," : "",
                  s->written);
    if (s->base64)
        st = add_base64(&s->out, vector);
    else
        sl_buf_add(&s->out, vector);
    sl_buf_add_char(&s->out, '}');
    s->written++;
    return st >= 0 && sl_buf_ok(&s->out) ? SLUICE_OK
                                         : sl_fail(err, SLUICE_E_NOMEM, "out of memory");
}

static void add_tokens(struct bedrock_series *s, int64_t n)
{
    if (n >= 0 && n < (int64_t)1 << 40)
        s->tokens = (s->tokens < 0 ? 0 : s->tokens) + n;
}

sluice_status bedrock_embed_answer(sluice_exchange *x, sluice_span json, sluice_error *err)
{
    struct bedrock_series *s = &x->series;
    sluice_span vectors = sl_json_find(json, "embeddings"), name, one;
    struct sl_json_iter it = { .started = false };
    size_t before = s->written;
    int64_t tokens;
    uint64_t told;
    sluice_status st = SLUICE_OK;

    if (sl_json_type(vectors) == SL_JSON_OBJECT)
        vectors = sl_json_find(vectors, "float");
    if (sl_json_type(vectors) != SL_JSON_ARRAY) {
        st = add_vector(s, sl_json_find(json, "embedding"), err);
    } else {
        while (st >= 0 && sl_json_next(&it, vectors, &name, &one))
            st = add_vector(
                s, sl_json_type(one) == SL_JSON_OBJECT ? sl_json_find(one, "embedding") : one, err);
    }
    if (st < 0)
        return st;
    if (s->written - before != round_size(s))
        return sl_fail(err, SLUICE_E_UPSTREAM,
                       "The provider's answer holds fewer vectors than were asked for.");
    if (sl_json_i64(sl_json_find(json, "inputTextTokenCount"), &tokens))
        add_tokens(s, tokens);
    else if (sl_span_u64(x->tokens_in, (uint64_t)1 << 40, &told))
        add_tokens(s, (int64_t)told);
    return SLUICE_OK;
}

sluice_status bedrock_embed_end(sluice_exchange *x, const sluice_sink *sink, sluice_error *err)
{
    struct bedrock_series *s = &x->series;
    sluice_count count = { SLUICE_USE_INPUT, 0, s->tokens };
    sluice_usage usage = { sizeof usage, 1, &count };
    sluice_span model, tail;
    sluice_status st;

    s->next += round_size(s);
    if (s->next < s->n) {
        st = bedrock_embed_body(x, err);
        if (st == SLUICE_E_NOMEM)
            sl_fail(err, st, "out of memory writing the request");
        return st < 0 ? st : SLUICE_MORE;
    }
    if (s->tokens >= 0)
        sink->usage(sink, &usage);
    st = sl_chat_escape(sink->scratch, x->call->model, &model);
    if (st < 0)
        return st;
    tail = sl_arena_printf(sink->scratch,
                           "],\"model\":\"%.*s\",\"usage\":{\"prompt_tokens\":%lld,"
                           "\"total_tokens\":%lld}}",
                           SL_FMT(model), (long long)(s->tokens < 0 ? 0 : s->tokens),
                           (long long)(s->tokens < 0 ? 0 : s->tokens));
    if (!tail.ptr)
        return SLUICE_E_NOMEM;
    return sink->whole(
        sink,
        (sluice_span[]){ SL_SPAN("{\"object\":\"list\",\"data\":["), sl_buf_span(&s->out), tail },
        3);
}
