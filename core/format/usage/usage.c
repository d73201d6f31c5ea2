/* SPDX-License-Identifier: Apache-2.0 */
/* usage.c - reading and writing OpenAI's usage object; see usage.h. */
#include "format/usage/usage.h"

#include "format/json_scan.h"
#include "format/json_write.h"

void sl_usage_merge(struct sl_usage *u, const sluice_usage *report)
{
    for (uint32_t i = 0; i < report->n_counts; i++)
        sl_usage_set(u, report->counts[i].kind, report->counts[i].n);
}

size_t sl_usage_counts(const struct sl_usage *u, sluice_count *out)
{
    size_t n = 0;

    for (uint32_t left = u->known; left; left &= left - 1) {
        uint32_t kind = (uint32_t)__builtin_ctz(left);

        out[n++] = (sluice_count){ .kind = kind, .n = u->n[kind] };
    }
    return n;
}

struct field {
    sluice_span name;
    uint32_t kind;
};

#define NAME(text)                                                                                 \
    {                                                                                              \
        text, sizeof text - 1                                                                      \
    }

static const struct field top_fields[] = {
    { NAME("prompt_tokens"), SLUICE_USE_INPUT },
    { NAME("completion_tokens"), SLUICE_USE_OUTPUT },
    { NAME("input_tokens"), SLUICE_USE_INPUT },
    { NAME("output_tokens"), SLUICE_USE_OUTPUT },
    { NAME("prompt_cache_hit_tokens"), SLUICE_USE_CACHED_INPUT },
    { NAME("cached_tokens"), SLUICE_USE_CACHED_INPUT },
    { NAME("cache_read_input_tokens"), SLUICE_USE_CACHED_INPUT },
    { NAME("num_cached_tokens"), SLUICE_USE_CACHED_INPUT },
    { NAME("cache_creation_input_tokens"), SLUICE_USE_CACHE_WRITE },
    { NAME("reasoning_tokens"), SLUICE_USE_REASONING },
    { NAME("num_search_queries"), SLUICE_USE_SEARCHES },
};
static const struct field input_details[] = {
    { NAME("cached_tokens"), SLUICE_USE_CACHED_INPUT },
    { NAME("cache_write_tokens"), SLUICE_USE_CACHE_WRITE },
    { NAME("audio_tokens"), SLUICE_USE_AUDIO_INPUT },
    { NAME("image_tokens"), SLUICE_USE_IMAGE_INPUT },
};
static const struct field output_details[] = {
    { NAME("reasoning_tokens"), SLUICE_USE_REASONING },
    { NAME("audio_tokens"), SLUICE_USE_AUDIO_OUTPUT },
};
#define N_FIELDS(table) (sizeof(table) / sizeof((table)[0]))

/* Where what is found goes. */
struct fields {
    struct sl_usage_field *list;
    size_t n;
};

static void add_field(struct fields *f, uint32_t kind, sluice_span value)
{
    if (f->n < SL_USAGE_FIELDS)
        f->list[f->n++] = (struct sl_usage_field){ kind, value };
}

static void read_field(struct fields *f, const struct field *table, size_t n, sluice_span name,
                       sluice_span value)
{
    for (size_t i = 0; i < n; i++)
        if (sl_span_eq(name, table[i].name)) {
            add_field(f, table[i].kind, value);
            return;
        }
}

static void read_details(struct fields *f, const struct field *table, size_t n, sluice_span object)
{
    struct sl_json_iter it = { 0 };
    sluice_span name, value;

    if (sl_json_type(object) != SL_JSON_OBJECT)
        return;
    while (sl_json_next(&it, object, &name, &value))
        read_field(f, table, n, name, value);
}

size_t sl_usage_fields(sluice_span object, struct sl_usage_field *out)
{
    struct fields f = { out, 0 };
    struct sl_json_iter it = { 0 };
    sluice_span name, value;

    if (sl_json_type(object) != SL_JSON_OBJECT)
        return 0;
    while (sl_json_next(&it, object, &name, &value)) {
        if (sl_span_eq(name, SL_SPAN("total_tokens")))
            add_field(&f, SL_USAGE_TOTAL, value);
        else if (sl_span_eq(name, SL_SPAN("prompt_tokens_details")) ||
                 sl_span_eq(name, SL_SPAN("input_tokens_details")) ||
                 sl_span_eq(name, SL_SPAN("input_token_details")))
            read_details(&f, input_details, N_FIELDS(input_details), value);
        else if (sl_span_eq(name, SL_SPAN("completion_tokens_details")) ||
                 sl_span_eq(name, SL_SPAN("output_tokens_details")) ||
                 sl_span_eq(name, SL_SPAN("output_token_details")))
            read_details(&f, output_details, N_FIELDS(output_details), value);
        else if (sl_span_eq(name, SL_SPAN("cost")))
            add_field(&f, SLUICE_USE_COST_NANO_USD, value);
        else
            read_field(&f, top_fields, N_FIELDS(top_fields), name, value);
    }
    return f.n;
}

void sl_usage_apply(struct sl_usage *u, const struct sl_usage_field *fields, size_t n)
{
    int64_t total = -1, in, out, reasoning, number;
    double cost;

    for (size_t i = 0; i < n; i++) {
        sluice_span value = fields[i].value;

        if (fields[i].kind == SLUICE_USE_COST_NANO_USD) {
            if (sl_json_f64(value, &cost) && cost >= 0 && cost < 1e9)
                sl_usage_set(u, SLUICE_USE_COST_NANO_USD, (int64_t)(cost * 1e9 + 0.5));
        } else if (sl_json_i64(value, &number)) {
            if (fields[i].kind == SL_USAGE_TOTAL)
                total = number <= SL_USAGE_MOST ? number : -1;
            else
                sl_usage_set(u, fields[i].kind, number);
        }
    }
    in = sl_usage_get(u, SLUICE_USE_INPUT, 0);
    out = sl_usage_get(u, SLUICE_USE_OUTPUT, 0);
    reasoning = sl_usage_get(u, SLUICE_USE_REASONING, 0);
    /* Some vendors count reasoning apart; the total tells them from those that include it. */
    if (reasoning > 0 && total == in + out + reasoning && total != in + out)
        sl_usage_set(u, SLUICE_USE_OUTPUT, out + reasoning);
    /* Embeddings report a total only, here and there. */
    if (!sl_usage_has(u, SLUICE_USE_INPUT) && total >= 0)
        sl_usage_set(u, SLUICE_USE_INPUT, total - out > 0 ? total - out : 0);
}

void sl_usage_read(struct sl_usage *u, sluice_span object)
{
    struct sl_usage_field fields[SL_USAGE_FIELDS];

    sl_usage_apply(u, fields, sl_usage_fields(object, fields));
}

void sl_usage_write(const struct sl_usage *u, struct sl_buf *b)
{
    struct sl_json_out o = sl_json_out(b);
    int64_t in = sl_usage_get(u, SLUICE_USE_INPUT, 0), out = sl_usage_get(u, SLUICE_USE_OUTPUT, 0);

    sl_json_open(&o, '{');
    sl_json_kv_i64(&o, "prompt_tokens", in);
    sl_json_kv_i64(&o, "completion_tokens", out);
    sl_json_kv_i64(&o, "total_tokens", in + out);
    sl_json_key(&o, "prompt_tokens_details");
    sl_json_open(&o, '{');
    sl_json_kv_i64(&o, "cached_tokens", sl_usage_get(u, SLUICE_USE_CACHED_INPUT, 0));
    sl_json_kv_i64(&o, "audio_tokens", sl_usage_get(u, SLUICE_USE_AUDIO_INPUT, 0));
    if (sl_usage_has(u, SLUICE_USE_CACHE_WRITE))
        sl_json_kv_i64(&o, "cache_write_tokens", u->n[SLUICE_USE_CACHE_WRITE]);
    sl_json_close(&o, '}');
    sl_json_key(&o, "completion_tokens_details");
    sl_json_open(&o, '{');
    sl_json_kv_i64(&o, "reasoning_tokens", sl_usage_get(u, SLUICE_USE_REASONING, 0));
    sl_json_kv_i64(&o, "audio_tokens", sl_usage_get(u, SLUICE_USE_AUDIO_OUTPUT, 0));
    sl_json_close(&o, '}');
    /* Names that clients of Anthropic-style caching read, as LiteLLM adds them. */
    if (sl_usage_has(u, SLUICE_USE_CACHE_WRITE))
        sl_json_kv_i64(&o, "cache_creation_input_tokens", u->n[SLUICE_USE_CACHE_WRITE]);
    if (sl_usage_has(u, SLUICE_USE_CACHE_WRITE))
        sl_json_kv_i64(&o, "cache_read_input_tokens", sl_usage_get(u, SLUICE_USE_CACHED_INPUT, 0));
    sl_json_close(&o, '}');
}
