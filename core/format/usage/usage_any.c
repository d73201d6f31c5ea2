/* SPDX-License-Identifier: Apache-2.0 */
/* usage_any.c - see usage_any.h. */
#include "format/usage/usage_any.h"

#include "format/json_scan.h"

/* Where such an object stands. The empty path is the answer itself. */
static const char *const places[] = { "usage",         "message.usage",     "response.usage",
                                      "usageMetadata", "meta.billed_units", "meta.tokens",
                                      "delta.usage",   "x_groq.usage",      "" };

struct name {
    const char *name;
    uint32_t kind;
};

static const struct name names[] = {
    { "prompt_tokens", SLUICE_USE_INPUT },
    { "input_tokens", SLUICE_USE_INPUT },
    { "inputTokens", SLUICE_USE_INPUT },
    { "promptTokenCount", SLUICE_USE_INPUT },
    { "prompt_eval_count", SLUICE_USE_INPUT },
    { "inputTextTokenCount", SLUICE_USE_INPUT },
    { "completion_tokens", SLUICE_USE_OUTPUT },
    { "output_tokens", SLUICE_USE_OUTPUT },
    { "outputTokens", SLUICE_USE_OUTPUT },
    { "candidatesTokenCount", SLUICE_USE_OUTPUT },
    { "eval_count", SLUICE_USE_OUTPUT },
    { "thoughtsTokenCount", SLUICE_USE_REASONING },
    { "reasoning_tokens", SLUICE_USE_REASONING },
    { "cached_tokens", SLUICE_USE_CACHED_INPUT },
    { "cachedContentTokenCount", SLUICE_USE_CACHED_INPUT },
    { "cache_read_input_tokens", SLUICE_USE_CACHED_INPUT },
    { "cacheReadInputTokens", SLUICE_USE_CACHED_INPUT },
    { "cache_creation_input_tokens", SLUICE_USE_CACHE_WRITE },
    { "cacheWriteInputTokens", SLUICE_USE_CACHE_WRITE },
};

struct found {
    int64_t n[SLUICE_USE_KINDS]; /* -1 = not said */
    bool apart;                  /* the cache's tokens are not in INPUT */
    bool thoughts;               /* nor are thoughts in OUTPUT */
};

static void read_object(struct found *f, sluice_span object, int depth)
{
    struct sl_json_iter it = { 0 };
    sluice_span name, value;
    int64_t n;

    while (sl_json_next(&it, object, &name, &value)) {
        if (sl_json_type(value) == SL_JSON_OBJECT && depth == 0 &&
            sl_span_ends(name, SL_SPAN("_details")))
            read_object(f, value, 1);
        if (!sl_json_i64(value, &n) || n < 0 || n > SL_USAGE_MOST)
            continue;
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
            if (!sl_span_eq(name, sl_span_str(names[i].name)))
                continue;
            f->n[names[i].kind] = n;
            f->apart = f->apart || sl_span_starts(name, SL_SPAN("cache_")) ||
                       sl_span_starts(name, SL_SPAN("cacheRead")) ||
                       sl_span_starts(name, SL_SPAN("cacheWrite"));
            f->thoughts = f->thoughts || sl_span_eq(name, SL_SPAN("thoughtsTokenCount"));
        }
    }
}

void sl_usage_any(struct sl_usage *u, sluice_span text)
{
    struct found f = { .apart = false };
    sluice_span object = { 0 };

    if (sl_json_validate(text, NULL) < 0 || sl_json_type(sl_span_trim(text)) != SL_JSON_OBJECT)
        return;
    text = sl_span_trim(text);
    for (size_t i = 0; i < sizeof f.n / sizeof f.n[0]; i++)
        f.n[i] = -1;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        object = *places[i] ? sl_json_find(text, places[i]) : text;
        if (object.ptr && sl_json_type(object) == SL_JSON_OBJECT)
            read_object(&f, object, 0);
        if (f.n[SLUICE_USE_INPUT] >= 0 || f.n[SLUICE_USE_OUTPUT] >= 0)
            break;
    }
    if (f.apart && f.n[SLUICE_USE_INPUT] >= 0) {
        for (uint32_t k = SLUICE_USE_CACHED_INPUT; k <= SLUICE_USE_CACHE_WRITE; k++)
            f.n[SLUICE_USE_INPUT] += f.n[k] > 0 ? f.n[k] : 0;
    }
    if (f.thoughts)
        f.n[SLUICE_USE_OUTPUT] =
            (f.n[SLUICE_USE_OUTPUT] > 0 ? f.n[SLUICE_USE_OUTPUT] : 0) + f.n[SLUICE_USE_REASONING];
    for (uint32_t k = 1; k < SLUICE_USE_KINDS; k++)
        if (f.n[k] >= 0)
            sl_usage_set(u, k, f.n[k]);
}
