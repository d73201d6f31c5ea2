/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compat_usage.c - one reading of the many spellings of `usage`. Where vendors disagree on whether
 * a part belongs to its sum, their own total decides.
 */
#include <sluice_sdk/compat.h>

#include "format/json_scan.h"

/* Where a count may stand, best first. */
static const char *const input_at[] = { "prompt_tokens", "input_tokens", NULL };
static const char *const output_at[] = { "completion_tokens", "output_tokens", NULL };
static const char *const cached_at[] = { "prompt_tokens_details.cached_tokens",
                                         "input_tokens_details.cached_tokens",
                                         "prompt_cache_hit_tokens",
                                         "cached_tokens",
                                         "num_cached_tokens",
                                         "cache_read_input_tokens",
                                         NULL };
static const char *const written_at[] = { "prompt_tokens_details.cache_write_tokens",
                                          "input_tokens_details.cache_write_tokens",
                                          "cache_creation_input_tokens", NULL };
static const char *const reasoning_at[] = { "completion_tokens_details.reasoning_tokens",
                                            "output_tokens_details.reasoning_tokens",
                                            "reasoning_tokens", NULL };
static const char *const audio_in_at[] = { "prompt_tokens_details.audio_tokens",
                                           "input_tokens_details.audio_tokens", NULL };
static const char *const audio_out_at[] = { "completion_tokens_details.audio_tokens",
                                            "output_tokens_details.audio_tokens", NULL };
static const char *const image_in_at[] = { "prompt_tokens_details.image_tokens",
                                           "input_tokens_details.image_tokens", NULL };
static const char *const searches_at[] = { "num_search_queries", "num_sources_used", NULL };
static const char *const total_at[] = { "total_tokens", NULL };
static const char *const cost_at[] = { "cost", "cost.total_cost", "estimated_cost", NULL };

/* -1 when none of the places holds a count. */
static int64_t count_at(sluice_span usage, const char *const *places)
{
    int64_t n;

    for (; *places; places++) {
        sluice_span v = sl_json_find(usage, *places);

        if (v.ptr && sl_json_i64(v, &n) && n >= 0)
            return n;
    }
    return -1;
}

static int64_t cost_nano_usd(sluice_span usage)
{
    double usd;

    for (const char *const *at = cost_at; *at; at++) {
        sluice_span v = sl_json_find(usage, *at);

        if (v.ptr && sl_json_type(v) == SL_JSON_NUMBER && sl_json_f64(v, &usd) && usd >= 0 &&
            usd < 1e9)
            return (int64_t)(usd * 1e9 + 0.5);
    }
    return -1;
}

static void add(struct sl_compat_usage *u, uint32_t kind, int64_t n)
{
    if (n >= 0)
        u->counts[u->n++] = (sluice_count){ kind, 0, n };
}

bool sl_compat_usage(sluice_span usage, struct sl_compat_usage *out)
{
    int64_t input, output, total, cached, written, reasoning;

    out->n = 0;
    if (!usage.ptr || sl_json_type(usage) != SL_JSON_OBJECT)
        return false;
    input = count_at(usage, input_at);
    output = count_at(usage, output_at);
    total = count_at(usage, total_at);
    cached = count_at(usage, cached_at);
    written = count_at(usage, written_at);
    reasoning = count_at(usage, reasoning_at);

    /* Embeddings of some vendors give only a total. */
    if (input < 0 && output < 0)
        input = total;
    /* A part greater than its whole was not counted in it. */
    if (input >= 0 && cached > input)
        input += cached;
    if (output >= 0 && reasoning > 0) {
        bool outside = total > 0 && input >= 0 && input + output != total &&
                       input + output + reasoning == total;

        if (reasoning > output || outside)
            output += reasoning;
    }
    add(out, SLUICE_USE_INPUT, input);
    add(out, SLUICE_USE_OUTPUT, output);
    add(out, SLUICE_USE_CACHED_INPUT, cached);
    add(out, SLUICE_USE_CACHE_WRITE, written);
    add(out, SLUICE_USE_REASONING, reasoning);
    add(out, SLUICE_USE_AUDIO_INPUT, count_at(usage, audio_in_at));
    add(out, SLUICE_USE_AUDIO_OUTPUT, count_at(usage, audio_out_at));
    add(out, SLUICE_USE_IMAGE_INPUT, count_at(usage, image_in_at));
    add(out, SLUICE_USE_SEARCHES, count_at(usage, searches_at));
    add(out, SLUICE_USE_COST_NANO_USD, cost_nano_usd(usage));
    return out->n > 0;
}
