/* SPDX-License-Identifier: Apache-2.0 */
/* usage.c - the vendor's counts: those of tools' prompts and of thinking stand apart. */
#include "answer.h"

#define MOST ((int64_t)1 << 48) /* no counter is larger; keeps sums inside 64 bits */

enum { PROMPT, TOOLS, OUTPUT, THOUGHTS, CACHED, TOTAL, COUNTERS };

static const sluice_span names[COUNTERS] = {
    [PROMPT] = { "promptTokenCount", 16 },        [TOOLS] = { "toolUsePromptTokenCount", 23 },
    [OUTPUT] = { "candidatesTokenCount", 20 },    [THOUGHTS] = { "thoughtsTokenCount", 18 },
    [CACHED] = { "cachedContentTokenCount", 23 }, [TOTAL] = { "totalTokenCount", 15 },
};

struct counts {
    sluice_count list[SLUICE_USE_KINDS];
    uint32_t n;
};

static void add(struct counts *c, uint32_t kind, int64_t n)
{
    c->list[c->n++] = (sluice_count){ kind, 0, n };
}

/* Tokens of one kind in a list of details, when it is in there. */
static void add_modality(struct counts *c, uint32_t kind, sluice_span list, const char *word)
{
    struct sl_json_iter it = { .started = false };
    sluice_span name, value;
    int64_t n = -1, one;

    while (sl_json_type(list) == SL_JSON_ARRAY && sl_json_next(&it, list, &name, &value))
        if (sl_json_type(value) == SL_JSON_OBJECT &&
            sl_span_eq(sl_chat_member(value, "modality"), sl_span_str(word)) &&
            sl_json_i64(sl_json_find(value, "tokenCount"), &one) && one >= 0 && one < MOST)
            n = (n < 0 ? 0 : n) + one;
    if (n >= 0)
        add(c, kind, n);
}

void gemini_usage(const sluice_sink *sink, sluice_span usage)
{
    struct sl_json_iter it = { .started = false };
    sluice_span name, value, prompt = SL_SPAN(""), output = SL_SPAN("");
    int64_t n[COUNTERS] = { 0 }, in, out, one;
    unsigned there = 0;
    struct counts c = { .n = 0 };
    sluice_usage report = { .struct_size = sizeof report, .counts = c.list };

    if (sl_json_type(usage) != SL_JSON_OBJECT)
        return;
    while (sl_json_next(&it, usage, &name, &value)) {
        for (unsigned i = 0; i < COUNTERS; i++)
            if (sl_span_eq(name, names[i]) && sl_json_i64(value, &one) && one >= 0) {
                n[i] = one < MOST ? one : MOST;
                there |= 1u << i;
            }
        if (sl_span_eq(name, SL_SPAN("promptTokensDetails")))
            prompt = value;
        else if (sl_span_eq(name, SL_SPAN("candidatesTokensDetails")))
            output = value;
    }
    in = n[PROMPT] + n[TOOLS];
    out = n[OUTPUT];
    /* some answers count the thinking among the candidates already: the total tells */
    if (!(there & 1u << TOTAL && in + out + n[THOUGHTS] != n[TOTAL] && in + out == n[TOTAL]))
        out += n[THOUGHTS];
    if (there & (1u << PROMPT | 1u << TOOLS))
        add(&c, SLUICE_USE_INPUT, in);
    if (there & (1u << OUTPUT | 1u << THOUGHTS))
        add(&c, SLUICE_USE_OUTPUT, out);
    if (there & 1u << CACHED)
        add(&c, SLUICE_USE_CACHED_INPUT, n[CACHED]);
    if (there & 1u << THOUGHTS)
        add(&c, SLUICE_USE_REASONING, n[THOUGHTS]);
    add_modality(&c, SLUICE_USE_AUDIO_INPUT, prompt, "AUDIO");
    add_modality(&c, SLUICE_USE_AUDIO_OUTPUT, output, "AUDIO");
    add_modality(&c, SLUICE_USE_IMAGE_INPUT, prompt, "IMAGE");
    report.n_counts = c.n;
    if (c.n)
        sink->usage(sink, &report);
}
