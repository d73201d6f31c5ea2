/* SPDX-License-Identifier: Apache-2.0 */
/* usage.c - the vendor's counts: those of tools' prompts and of thinking stand apart. */
#include "answer.h"

#define MOST ((int64_t)1 << 48) /* no counter is larger; keeps sums inside 64 bits */

struct counts {
    sluice_count list[SLUICE_USE_KINDS];
    uint32_t n;
};

static int64_t counter(sluice_span usage, const char *name, bool *there)
{
    int64_t n = 0;

    if (!sl_json_i64(sl_json_find(usage, name), &n) || n < 0)
        return 0;
    *there = true;
    return n < MOST ? n : MOST;
}

static void add(struct counts *c, uint32_t kind, int64_t n)
{
    c->list[c->n++] = (sluice_count){ kind, 0, n };
}

/* Tokens of one kind in a list of details; -1 = it is not in there. */
static int64_t modality(sluice_span usage, const char *member, const char *kind)
{
    struct sl_json_iter it = { .started = false };
    sluice_span list = sl_json_find(usage, member), name, value;
    int64_t n = -1, one;

    while (sl_json_type(list) == SL_JSON_ARRAY && sl_json_next(&it, list, &name, &value))
        if (sl_json_type(value) == SL_JSON_OBJECT &&
            sl_span_eq(gemini_member(value, "modality"), sl_span_str(kind)) &&
            sl_json_i64(sl_json_find(value, "tokenCount"), &one) && one >= 0 && one < MOST)
            n = (n < 0 ? 0 : n) + one;
    return n;
}

static void add_modality(struct counts *c, uint32_t kind, int64_t n)
{
    if (n >= 0)
        add(c, kind, n);
}

void gemini_usage(const sluice_sink *sink, sluice_span usage)
{
    bool prompt = false, output = false, cached = false, reasoned = false, all = false;
    int64_t in, out, thoughts, from_cache, total;
    struct counts c = { .n = 0 };
    sluice_usage report = { .struct_size = sizeof report, .counts = c.list };

    if (sl_json_type(usage) != SL_JSON_OBJECT)
        return;
    in = counter(usage, "promptTokenCount", &prompt);
    in += counter(usage, "toolUsePromptTokenCount", &prompt);
    out = counter(usage, "candidatesTokenCount", &output);
    thoughts = counter(usage, "thoughtsTokenCount", &reasoned);
    from_cache = counter(usage, "cachedContentTokenCount", &cached);
    total = counter(usage, "totalTokenCount", &all);
    /* some answers count the thinking among the candidates already: the total tells */
    if (!(all && in + out + thoughts != total && in + out == total))
        out += thoughts;
    if (prompt)
        add(&c, SLUICE_USE_INPUT, in);
    if (output || reasoned)
        add(&c, SLUICE_USE_OUTPUT, out);
    if (cached)
        add(&c, SLUICE_USE_CACHED_INPUT, from_cache);
    if (reasoned)
        add(&c, SLUICE_USE_REASONING, thoughts);
    add_modality(&c, SLUICE_USE_AUDIO_INPUT, modality(usage, "promptTokensDetails", "AUDIO"));
    add_modality(&c, SLUICE_USE_AUDIO_OUTPUT, modality(usage, "candidatesTokensDetails", "AUDIO"));
    add_modality(&c, SLUICE_USE_IMAGE_INPUT, modality(usage, "promptTokensDetails", "IMAGE"));
    report.n_counts = c.n;
    if (c.n)
        sink->usage(sink, &report);
}
