/* SPDX-License-Identifier: Apache-2.0 */
/*
 * response.c - answers that speak OpenAI's format with an accent, put right by replacing pieces:
 * the rest of each event stays the vendor's bytes. Only data files that ask for it
 * (response.normalize) come here; all others are relayed by the host without being looked at.
 */
#include "response.h"

#include <sluice_sdk/span.h>

/* finish_reason words beside the data file's own. */
static const struct {
    const char *from, *to;
} finish_words[] = {
    { "stop", "stop" },
    { "length", "length" },
    { "tool_calls", "tool_calls" },
    { "content_filter", "content_filter" },
    { "function_call", "function_call" },
    { "max_tokens", "length" },
    { "model_length", "length" },
    { "tool_call", "tool_calls" },
    { "tool_use", "tool_calls" },
    { "sensitive", "content_filter" },
    { "safety", "content_filter" },
    { "SAFETY", "content_filter" },
};

static sluice_span finish_word(const struct normalizer *n, sluice_span word)
{
    sluice_span to = oc_pairs_get(&n->v->finish_reasons, word);

    for (size_t i = 0; !to.ptr && i < sizeof finish_words / sizeof *finish_words; i++)
        if (sl_span_eq(word, sl_span_str(finish_words[i].from)))
            to = sl_span_str(finish_words[i].to);
    if (!to.ptr)
        to = SL_SPAN("stop");
    /* Some say "stop" after a call, which would keep clients from running the tool. */
    if (sl_span_eq(to, SL_SPAN("stop")) && (n->state->tool_choices & n->choice))
        to = SL_SPAN("tool_calls");
    return to;
}

void oc_response_replace(struct normalizer *n, sluice_span old, sluice_span with)
{
    oc_splice_skip(&n->s, old);
    oc_splice_add(&n->s, with);
}

static void finish_reason(struct normalizer *n, sluice_span value)
{
    sluice_span inside, to;

    if (!sl_json_raw_string(value, &inside))
        return;
    if (!inside.len && n->state->stream) {
        oc_response_replace(n, value, SL_SPAN("null"));
        return;
    }
    n->state->finished |= n->choice;
    if (!(n->v->normalize & NORMAL_FINISH))
        return;
    to = finish_word(n, inside);
    if (!sl_span_eq(to, inside))
        oc_response_replace(n, inside, to);
}

static bool is_finished(sluice_span choice)
{
    sluice_span reason = sl_json_member(choice, SL_SPAN("finish_reason")), inside;

    return reason.ptr && sl_json_raw_string(reason, &inside) && inside.len;
}

static void choice(struct normalizer *n, sluice_span object)
{
    sluice_span at = sl_json_member(object, SL_SPAN("index")), name, value;
    struct sl_json_iter it = { 0 };
    int64_t index = 0;

    if (at.ptr)
        sl_json_i64(at, &index);
    n->choice = index >= 0 && index < 64 ? (uint64_t)1 << index : 0;
    n->first_choice = index == 0;
    n->think = (n->v->normalize & NORMAL_THINK) && index >= 0 && index < THINK_CHOICES
                   ? &n->state->think[index]
                   : NULL;
    n->last = !n->state->stream || is_finished(object);
    /* finish_reason may stand before the message whose tools decide on it. */
    if (!n->state->stream && sl_json_find(object, "message.tool_calls.0").ptr)
        n->state->tool_choices |= n->choice;
    while (sl_json_next(&it, object, &name, &value)) {
        if (sl_span_eq(name, SL_SPAN("finish_reason")))
            finish_reason(n, value);
        else if (sl_json_type(value) == SL_JSON_OBJECT &&
                 (sl_span_eq(name, SL_SPAN("delta")) || sl_span_eq(name, SL_SPAN("message"))))
            oc_response_message(n, value);
    }
}

static void all_choices(struct normalizer *n, sluice_span choices)
{
    struct sl_json_iter it = { 0 };
    sluice_span name, one;

    /* Clients walk the list without asking whether there is one. */
    if (choices.ptr && sl_json_type(choices) == SL_JSON_NULL)
        oc_response_replace(n, choices, SL_SPAN("[]"));
    if (!choices.ptr || sl_json_type(choices) != SL_JSON_ARRAY)
        return;
    while (sl_json_next(&it, choices, &name, &one))
        if (sl_json_type(one) == SL_JSON_OBJECT)
            choice(n, one);
}

/* Among choices, where OpenAI has none, in a stream: it was reported by usage(), and the host
 * writes it where the client asked for it. */
static void hide_usage(struct normalizer *n, sluice_span usage)
{
    if (n->state->stream && usage.ptr && sl_json_type(usage) == SL_JSON_OBJECT)
        oc_response_replace(n, usage, SL_SPAN("null"));
}

/* What an answer was made of; the list that says more of it comes first. */
static sluice_span sources_of(const struct vendor *v, const struct normal_state *state,
                              sluice_span object)
{
    sluice_span list = { NULL, 0 };

    if (!(v->normalize & NORMAL_CITATIONS) || state->stream)
        return sl_span("", 0);
    list = sl_json_member(object, SL_SPAN("search_results"));
    if (!list.ptr || sl_json_type(list) != SL_JSON_ARRAY)
        list = sl_json_member(object, SL_SPAN("citations"));
    return list.ptr && sl_json_type(list) == SL_JSON_ARRAY ? list : sl_span("", 0);
}

sluice_status oc_response_normal(const struct vendor *v, struct normal_state *state,
                                 sluice_span object, sluice_span choices, sluice_span usage,
                                 struct sluice_arena *mem, sluice_span **parts, size_t *count)
{
    struct normalizer n = { .v = v, .state = state, .sources = sources_of(v, state, object) };
    sluice_status st;

    oc_splice_begin(&n.s, object, mem);
    /* Pieces are replaced from left to right. */
    if (usage.ptr && (!choices.ptr || usage.ptr < choices.ptr)) {
        hide_usage(&n, usage);
        all_choices(&n, choices);
    } else {
        all_choices(&n, choices);
        hide_usage(&n, usage);
    }
    st = oc_splice_end(&n.s);
    *parts = n.s.parts;
    *count = n.s.n;
    return st;
}
