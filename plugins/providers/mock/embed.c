/* SPDX-License-Identifier: Apache-2.0 */
/* embed.c - vectors of length one that depend on nothing but the input's bytes, as numbers or in
 * base64 of little-endian floats; and the list of models. */
#include "mock.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sluice_sdk/base64.h>
#include <sluice_sdk/span.h>

#define MICRO 1000000

static uint64_t seed_of(sluice_span s)
{
    uint64_t h = 0xCBF29CE484222325u;

    for (size_t i = 0; i < s.len; i++)
        h = (h ^ (unsigned char)s.ptr[i]) * 0x100000001B3u;
    return h;
}

static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9E3779B97F4A7C15u;

    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

/* In [-1, 1). */
static double next_value(uint64_t *state)
{
    return (double)(next_random(state) >> 11) / (double)((uint64_t)1 << 52) - 1.0;
}

/* Millionths, so that both forms carry the same number. */
static int32_t micro(double value)
{
    return (int32_t)lrint(value * MICRO);
}

/* Locale-free: printf would write a decimal comma where an embedder asked for one. */
static void write_micro(struct sl_buf *b, int32_t n)
{
    char text[16];
    int len =
        snprintf(text, sizeof text, "%s%d.%06d", n < 0 ? "-" : "", abs(n) / MICRO, abs(n) % MICRO);

    sl_buf_add(b, sl_span(text, (size_t)len));
}

/* Little-endian, whatever this machine is. */
static void put_float(char *at, float f)
{
    uint32_t bits;

    memcpy(&bits, &f, sizeof bits);
    for (int i = 0; i < 4; i++)
        at[i] = (char)(unsigned char)(bits >> (8 * i));
}

static void write_vector(struct sl_json_out *o, sluice_span input, int64_t dimensions, bool base64)
{
    size_t size = (size_t)dimensions * 4;
    char raw[MOCK_DIMENSIONS_MAX * 4];
    uint64_t state = seed_of(input);
    double sum = 0, scale;

    for (int64_t i = 0; i < dimensions; i++) {
        double v = next_value(&state);

        sum += v * v;
    }
    scale = sum > 0 ? 1 / sqrt(sum) : 0;
    state = seed_of(input);
    sl_json_raw(o, base64 ? SL_SPAN("\"") : SL_SPAN("["));
    for (int64_t i = 0; i < dimensions; i++) {
        int32_t v = micro(next_value(&state) * scale);

        if (base64) {
            put_float(raw + 4 * i, (float)v / MICRO);
            continue;
        }
        if (i)
            sl_buf_add_char(o->buf, ',');
        write_micro(o->buf, v);
    }
    if (base64 && sl_buf_reserve(o->buf, SL_BASE64_SIZE(size)))
        o->buf->len += sl_base64(sl_span(raw, size), o->buf->ptr + o->buf->len);
    sl_buf_add_char(o->buf, base64 ? '"' : ']');
}

static void write_one(struct sl_json_out *o, const struct mock_ask *ask, sluice_span input,
                      int64_t index)
{
    sl_json_open(o, '{');
    sl_json_kv_str(o, "object", SL_SPAN("embedding"));
    sl_json_kv_i64(o, "index", index);
    sl_json_key(o, "embedding");
    write_vector(o, input, ask->dimensions, ask->base64);
    sl_json_close(o, '}');
}

void mock_embedding_write(const struct mock_ask *ask, struct mock_body *body)
{
    struct sl_json_out o = sl_json_out(&body->text);
    struct sl_json_iter it = { 0 };
    sluice_span first = sl_json_type(ask->input) == SL_JSON_ARRAY ? sl_json_find(ask->input, "0")
                                                                  : sl_span(NULL, 0);
    sluice_span name, input;
    int64_t index = 0, tokens = (int64_t)(ask->input.len + 3) / 4;

    sl_json_open(&o, '{');
    sl_json_kv_str(&o, "object", SL_SPAN("list"));
    sl_json_key(&o, "data");
    sl_json_open(&o, '[');
    /* An array of numbers is one input: its tokens. */
    if (!first.ptr || sl_json_type(first) == SL_JSON_NUMBER)
        write_one(&o, ask, ask->input, index);
    else
        while (sl_json_next(&it, ask->input, &name, &input))
            write_one(&o, ask, input, index++);
    sl_json_close(&o, ']');
    sl_json_kv_str(&o, "model", ask->model);
    sl_json_key(&o, "usage");
    sl_json_open(&o, '{');
    sl_json_kv_i64(&o, "prompt_tokens", tokens);
    sl_json_kv_i64(&o, "total_tokens", tokens);
    sl_json_close(&o, '}');
    sl_json_close(&o, '}');
    mock_cut(body);
}

void mock_models_write(int64_t created, struct mock_body *body)
{
    static const char *const names[] = { "echo",      "slow",        "stream-slow", "long",
                                         "reasoning", "tools",       "error-429",   "error-500",
                                         "reset",     "stream-bytes" };
    struct sl_json_out o = sl_json_out(&body->text);

    sl_json_open(&o, '{');
    sl_json_kv_str(&o, "object", SL_SPAN("list"));
    sl_json_key(&o, "data");
    sl_json_open(&o, '[');
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        sl_json_open(&o, '{');
        sl_json_kv_str(&o, "id", sl_span_str(names[i]));
        sl_json_kv_str(&o, "object", SL_SPAN("model"));
        sl_json_kv_i64(&o, "created", created);
        sl_json_kv_str(&o, "owned_by", SL_SPAN("mock"));
        sl_json_close(&o, '}');
    }
    sl_json_close(&o, ']');
    sl_json_close(&o, '}');
    mock_cut(body);
}
