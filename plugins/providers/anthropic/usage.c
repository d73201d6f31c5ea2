/* SPDX-License-Identifier: Apache-2.0 */
/* usage.c - the vendor's counters are cumulative and its three input counters disjoint; the host's
 * INPUT is their sum. */
#include "answer.h"

#define MOST ((int64_t)1 << 48) /* no counter is larger; keeps sums inside 64 bits */

/* A counter that is there, no null and no nonsense. */
static bool counter(sluice_span object, const char *path, int64_t *out)
{
    int64_t n;

    if (!sl_json_i64(sl_json_find(object, path), &n) || n < 0)
        return false;
    *out = n < MOST ? n : MOST;
    return true;
}

static void count(struct anthropic_answer *a, sluice_span usage, const char *path, uint32_t kind)
{
    if (counter(usage, path, &a->n[kind]))
        a->known |= 1u << kind;
}

/* With compaction the totals leave the compacting out: its entries and the messages' are the truth,
 * unless a fallback answered. */
static void count_iterations(struct anthropic_answer *a, sluice_span list)
{
    int64_t input = 0, output = 0, written = 0, cached = 0;
    struct sl_json_iter it = { .started = false };
    bool compacted = false;
    sluice_span name, entry;

    while (sl_json_next(&it, list, &name, &entry)) {
        sluice_span type = SL_SPAN("");
        int64_t n;

        if (sl_json_type(entry) != SL_JSON_OBJECT)
            return;
        sl_json_raw_string(sl_json_find(entry, "type"), &type);
        if (sl_span_eq(type, SL_SPAN("fallback_message")))
            return;
        if (sl_span_eq(type, SL_SPAN("compaction")))
            compacted = true;
        else if (!sl_span_eq(type, SL_SPAN("message")))
            continue;
        input += counter(entry, "input_tokens", &n) && input < MOST ? n : 0;
        output += counter(entry, "output_tokens", &n) && output < MOST ? n : 0;
        written += counter(entry, "cache_creation_input_tokens", &n) && written < MOST ? n : 0;
        cached += counter(entry, "cache_read_input_tokens", &n) && cached < MOST ? n : 0;
    }
    if (!compacted)
        return;
    a->input = input;
    a->cache_write = written;
    a->cache_read = cached;
    a->n[SLUICE_USE_OUTPUT] = output;
    a->known |= 1u << SLUICE_USE_INPUT | 1u << SLUICE_USE_OUTPUT | 1u << SLUICE_USE_CACHE_WRITE |
                1u << SLUICE_USE_CACHED_INPUT;
}

static void report(struct anthropic_answer *a, const sluice_sink *sink)
{
    sluice_count counts[SLUICE_USE_KINDS];
    sluice_usage usage = { sizeof usage, 0, counts };

    for (uint32_t kind = 1; kind < SLUICE_USE_KINDS; kind++)
        if (a->known >> kind & 1)
            counts[usage.n_counts++] = (sluice_count){ kind, 0, a->n[kind] };
    if (usage.n_counts)
        sink->usage(sink, &usage);
}

void anthropic_usage(struct anthropic_answer *a, const sluice_sink *sink, sluice_span usage)
{
    bool input, written, cached;

    if (sl_json_type(usage) != SL_JSON_OBJECT)
        return;
    input = counter(usage, "input_tokens", &a->input);
    written = counter(usage, "cache_creation_input_tokens", &a->cache_write);
    cached = counter(usage, "cache_read_input_tokens", &a->cache_read);
    count(a, usage, "output_tokens", SLUICE_USE_OUTPUT);
    count(a, usage, "cache_creation.ephemeral_1h_input_tokens", SLUICE_USE_CACHE_WRITE_1H);
    count(a, usage, "output_tokens_details.thinking_tokens", SLUICE_USE_REASONING);
    count(a, usage, "server_tool_use.web_search_requests", SLUICE_USE_SEARCHES);
    if (sl_json_type(sl_json_find(usage, "iterations")) == SL_JSON_ARRAY)
        count_iterations(a, sl_json_find(usage, "iterations"));
    if (input || written || cached)
        a->known |= 1u << SLUICE_USE_INPUT;
    if (written)
        a->known |= 1u << SLUICE_USE_CACHE_WRITE;
    if (cached)
        a->known |= 1u << SLUICE_USE_CACHED_INPUT;
    a->n[SLUICE_USE_INPUT] = a->input + a->cache_write + a->cache_read;
    a->n[SLUICE_USE_CACHE_WRITE] = a->cache_write;
    a->n[SLUICE_USE_CACHED_INPUT] = a->cache_read;
    report(a, sink);
}
