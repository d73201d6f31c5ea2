/* SPDX-License-Identifier: Apache-2.0 */
/* needs.c - see needs.h. Bodies are looked at only where a check was asked for: most calls pay for
 * one comparison. */
#include "call/choice/needs.h"

#include "call/call.h"
#include "call/choice/known.h"

#define LARGE 65536      /* bytes; smaller bodies are taken for four bytes a token */
#define REPLY_TOKENS 300 /* hundredths: what a chat's answer begins with counts as prompt */

static const struct {
    const char *name;
    enum sl_prompt_part part;
} parts[] = {
    { "messages", SL_PROMPT_MESSAGES },
    { "input", SL_PROMPT_MESSAGES },
    { "prompt", SL_PROMPT_MESSAGES },
    { "contents", SL_PROMPT_MESSAGES },
    { "system", SL_PROMPT_MESSAGES },
    { "instructions", SL_PROMPT_MESSAGES },
    { "systemInstruction", SL_PROMPT_MESSAGES },
    { "system_instruction", SL_PROMPT_MESSAGES },
    { "query", SL_PROMPT_MESSAGES },
    { "documents", SL_PROMPT_MESSAGES },
    { "texts", SL_PROMPT_MESSAGES },
    { "tools", SL_PROMPT_SCHEMA },
    { "functions", SL_PROMPT_SCHEMA },
    { "response_format", SL_PROMPT_SCHEMA },
};

void sl_needs_weigh(const sluice_header *members, size_t n, struct sl_prompt *out)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < sizeof parts / sizeof *parts; k++)
            if (sl_span_eq(members[i].name, sl_span_str(parts[k].name)))
                sl_prompt_add(out, members[i].value, parts[k].part);
    for (size_t i = 0; i < n; i++)
        if (sl_span_eq(members[i].name, SL_SPAN("messages")))
            out->weight += REPLY_TOKENS;
}

/* Given, and neither null nor an empty list. */
static bool is_given(const struct sl_call *c, const char *name)
{
    sluice_span value = sl_call_member(c, sl_span_str(name));
    enum sl_json_type type = sl_json_type(value);

    return type == SL_JSON_ARRAY ? sl_span_trim(sl_span(value.ptr + 1, value.len - 2)).len > 0
                                 : type != SL_JSON_NONE && type != SL_JSON_NULL;
}

static bool lists(sluice_span array, sluice_span word)
{
    struct sl_json_iter it = { 0 };
    sluice_span name, item, text;

    if (sl_json_type(array) != SL_JSON_ARRAY)
        return false;
    while (sl_json_next(&it, array, &name, &item))
        if (sl_json_raw_string(item, &text) && sl_span_eq(text, word))
            return true;
    return false;
}

static bool is_text(sluice_span value, const char *text)
{
    sluice_span inside;

    return sl_json_raw_string(value, &inside) && sl_span_eq(inside, sl_span_str(text));
}

static uint32_t params_of(const struct sl_call *c)
{
    sluice_span format = sl_call_member(c, SL_SPAN("response_format")), type = { NULL, 0 };
    uint32_t out = 0;

    if (sl_json_type(format) == SL_JSON_OBJECT)
        type = sl_json_member(format, SL_SPAN("type"));
    if (is_given(c, "tools") || is_given(c, "functions"))
        out |= 1u << SL_ABLE_TOOLS;
    if (is_text(type, "json_schema"))
        out |= 1u << SL_ABLE_SCHEMA;
    if (lists(sl_call_member(c, SL_SPAN("modalities")), SL_SPAN("audio")))
        out |= 1u << SL_ABLE_AUDIO_OUT;
    if (is_given(c, "reasoning_effort") &&
        !is_text(sl_call_member(c, SL_SPAN("reasoning_effort")), "none"))
        out |= 1u << SL_ABLE_REASONING;
    return out;
}

static const struct sl_model *known(void *ctx, const struct sl_deployment *d)
{
    struct sl_call *c = ctx;
    const struct sl_leg *leg = c->plan.leg;
    sluice_span name =
        sl_wildcard_apply(d->settings->model, leg && leg->match ? leg->match : &c->match,
                          leg ? leg->model : c->model, &c->arena);

    return name.ptr ? sl_known_model(c, d, name) : NULL;
}

void sl_needs_read(struct sl_call *c, bool whole)
{
    struct sl_prompt prompt = { .longs = &c->longs };

    c->needs =
        (struct sl_needs){ .checked = c->settings->pre_call_checks, .known = known, .ctx = c };
    if (is_given(c, "web_search_options"))
        c->needs.always |= 1u << SL_ABLE_WEB_SEARCH;
    /* Large bodies are looked at in any case: most of their bytes may be pictures. */
    if (!c->needs.checked && !whole && c->input_tokens * 4 < LARGE)
        return;
    sl_needs_weigh(c->members, c->n_members, &prompt);
    c->input_tokens = c->needs.tokens = sl_prompt_tokens(&prompt);
    c->needs.modalities =
        (prompt.images ? 1u << SL_ABLE_IMAGES : 0) | (prompt.sounds ? 1u << SL_ABLE_AUDIO : 0) |
        (prompt.films ? 1u << SL_ABLE_VIDEO : 0) | (prompt.papers ? 1u << SL_ABLE_PDF : 0);
    c->needs.params = params_of(c);
}
