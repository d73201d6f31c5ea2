/* SPDX-License-Identifier: Apache-2.0 */
/*
 * response.c - answers that speak OpenAI's format with an accent, put right by replacing pieces:
 * the rest of each event stays the vendor's bytes. Only data files that ask for it
 * (response.normalize) come here; all others are relayed by the host without being looked at.
 */
#include "vendor.h"

#include <sluice_sdk/base64.h>
#include <sluice_sdk/buf.h>
#include <sluice_sdk/span.h>

#define FLOATS_MAX 65536 /* dimensions of one vector */

struct normalizer {
    const struct vendor *v;
    struct normal_state *state;
    struct splice s;
    uint64_t choice; /* of the choice at work: 1 << index, 0 beyond 63 */
    bool first_choice;
};

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

static void replace(struct normalizer *n, sluice_span old, sluice_span with)
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
        replace(n, value, SL_SPAN("null"));
        return;
    }
    n->state->finished |= n->choice;
    if (!(n->v->normalize & NORMAL_FINISH))
        return;
    to = finish_word(n, inside);
    if (!sl_span_eq(to, inside))
        replace(n, inside, to);
}

/* ---- tools ---- */

static uint64_t hash(sluice_span s)
{
    uint64_t h = 0xCBF29CE484222325u;

    for (size_t i = 0; i < s.len; i++)
        h = (h ^ (unsigned char)s.ptr[i]) * 0x100000001B3u;
    return h;
}

/* The index of a fragment that has none: a new id begins a new call. */
static uint64_t guess_index(struct normal_state *st, sluice_span id)
{
    uint64_t h = id.len ? hash(id) : 0;

    if (st->next_index == 0 || (id.len && h != st->last_id)) {
        st->next_index++;
        st->last_id = h;
    }
    return st->next_index - 1;
}

/* Arguments as JSON text in a string, which is what OpenAI's clients parse. */
static void arguments(struct normalizer *n, sluice_span value)
{
    enum sl_json_type t = sl_json_type(value);
    struct sl_buf b;

    if (t == SL_JSON_STRING)
        return;
    if (t == SL_JSON_NULL) {
        replace(n, value, SL_SPAN("\"\""));
        return;
    }
    sl_buf_init(&b, value.len * 6 + 16);
    sl_buf_add_char(&b, '"');
    sl_json_escape(&b, value);
    sl_buf_add_char(&b, '"');
    if (sl_buf_ok(&b)) {
        sluice_span text = sl_arena_dup(n->s.mem, sl_buf_span(&b));

        n->s.failed |= !text.ptr;
        replace(n, value, text);
    } else {
        n->s.failed = true;
    }
    sl_buf_finish(&b);
}

static void tool_function(struct normalizer *n, sluice_span function, bool again)
{
    struct sl_json_iter it = { 0 };
    sluice_span name, value;

    while (sl_json_next(&it, function, &name, &value)) {
        if (sl_span_eq(name, SL_SPAN("arguments")))
            arguments(n, value);
        else if (again && sl_span_eq(name, SL_SPAN("name")))
            replace(n, value, SL_SPAN("\"\""));
    }
}

/* What a fragment lacks goes in front of its first member. */
static void tool_missing(struct normalizer *n, sluice_span call, bool index, uint64_t i, bool type)
{
    sluice_span text;

    oc_splice_upto(&n->s, call.ptr + 1);
    if (index) {
        text = sl_arena_printf(n->s.mem, "\"index\":%llu,", (unsigned long long)i);
        n->s.failed |= !text.ptr;
        oc_splice_add(&n->s, text);
    }
    if (type)
        oc_splice_add(&n->s, SL_SPAN("\"type\":\"function\","));
}

static void tool_call(struct normalizer *n, sluice_span call)
{
    sluice_span id = sl_json_member(call, SL_SPAN("id")), text = sl_span(NULL, 0);
    sluice_span at = sl_json_member(call, SL_SPAN("index")), name, value;
    sluice_span type = sl_json_member(call, SL_SPAN("type"));
    struct sl_json_iter it = { 0 };
    int64_t given = -1;
    uint64_t index, bit;
    bool again;

    if (!id.ptr || !sl_json_raw_string(id, &text))
        text = sl_span(NULL, 0);
    if (at.ptr)
        sl_json_i64(at, &given);
    index = given >= 0 ? (uint64_t)given : guess_index(n->state, text);
    bit = n->first_choice && index < 64 ? (uint64_t)1 << index : 0;
    again = n->state->stream && (n->state->named & bit);
    n->state->named |= bit;
    /* An object without any member has no place for a comma. */
    if (id.ptr || sl_json_member(call, SL_SPAN("function")).ptr)
        tool_missing(n, call, n->state->stream && !at.ptr, index, !again && !type.ptr);
    while (sl_json_next(&it, call, &name, &value)) {
        if (sl_span_eq(name, SL_SPAN("function")) && sl_json_type(value) == SL_JSON_OBJECT)
            tool_function(n, value, again);
        else if (again && text.len && sl_span_eq(name, SL_SPAN("id")))
            replace(n, value, SL_SPAN("\"\""));
    }
}

static void tool_calls(struct normalizer *n, sluice_span calls)
{
    struct sl_json_iter it = { 0 };
    sluice_span name, call;

    if (sl_json_type(calls) != SL_JSON_ARRAY)
        return;
    while (sl_json_next(&it, calls, &name, &call)) {
        if (sl_json_type(call) != SL_JSON_OBJECT)
            continue;
        n->state->tool_choices |= n->choice;
        if (n->v->normalize & NORMAL_TOOLS)
            tool_call(n, call);
    }
}

/* ---- text ---- */

static bool is(sluice_span value, const char *text)
{
    sluice_span inside;

    return value.ptr && sl_json_raw_string(value, &inside) && sl_span_eq(inside, sl_span_str(text));
}

/* The texts of one kind of a content array, joined inside one string. false: there is none. */
static bool join_texts(struct normalizer *n, sluice_span content, bool reasoning, sluice_span open)
{
    struct sl_json_iter it = { 0 };
    sluice_span name, part, inside;
    bool any = false;

    while (sl_json_next(&it, content, &name, &part)) {
        sluice_span text;

        if (sl_json_type(part) != SL_JSON_OBJECT)
            continue;
        if (reasoning) {
            text = is(sl_json_member(part, SL_SPAN("type")), "reasoning")
                       ? sl_json_find(part, "summary.0.text")
                       : sl_json_find(part, "thinking.0.text");
        } else {
            text = sl_json_member(part, SL_SPAN("text"));
        }
        if (!text.ptr || !sl_json_raw_string(text, &inside))
            continue;
        if (!any)
            oc_splice_add(&n->s, open);
        any = true;
        oc_splice_add(&n->s, inside);
    }
    if (any)
        oc_splice_add(&n->s, SL_SPAN("\""));
    return any;
}

static void content_array(struct normalizer *n, sluice_span content)
{
    oc_splice_skip(&n->s, content);
    if (!join_texts(n, content, false, SL_SPAN("\"")))
        oc_splice_add(&n->s, SL_SPAN("null"));
    join_texts(n, content, true, SL_SPAN(",\"reasoning_content\":\""));
}

/* A message or delta. */
static void message(struct normalizer *n, sluice_span object)
{
    sluice_span reasoning = (n->v->normalize & NORMAL_REASONING)
                                ? sl_json_member(object, SL_SPAN("reasoning"))
                                : sl_span(NULL, 0);
    bool rename = reasoning.ptr && sl_json_type(reasoning) == SL_JSON_STRING;
    sluice_span content =
        rename ? sl_json_member(object, SL_SPAN("reasoning_content")) : sl_span(NULL, 0);
    sluice_span name, value;
    struct sl_json_iter it = { 0 };

    while (sl_json_next(&it, object, &name, &value)) {
        if (rename && !content.ptr && sl_span_eq(name, SL_SPAN("reasoning")))
            replace(n, name, SL_SPAN("reasoning_content"));
        else if (rename && sl_span_eq(name, SL_SPAN("reasoning_content")) &&
                 sl_json_type(value) == SL_JSON_NULL)
            replace(n, value, reasoning);
        else if ((n->v->normalize & NORMAL_CONTENT) && sl_span_eq(name, SL_SPAN("content")) &&
                 sl_json_type(value) == SL_JSON_ARRAY)
            content_array(n, value);
        else if (sl_span_eq(name, SL_SPAN("tool_calls")))
            tool_calls(n, value);
    }
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
    /* finish_reason may stand before the message whose tools decide on it. */
    if (!n->state->stream && sl_json_find(object, "message.tool_calls.0").ptr)
        n->state->tool_choices |= n->choice;
    while (sl_json_next(&it, object, &name, &value)) {
        if (sl_span_eq(name, SL_SPAN("finish_reason")))
            finish_reason(n, value);
        else if (sl_json_type(value) == SL_JSON_OBJECT &&
                 (sl_span_eq(name, SL_SPAN("delta")) || sl_span_eq(name, SL_SPAN("message"))))
            message(n, value);
    }
}

static void all_choices(struct normalizer *n, sluice_span choices)
{
    struct sl_json_iter it = { 0 };
    sluice_span name, one;

    /* Clients walk the list without asking whether there is one. */
    if (choices.ptr && sl_json_type(choices) == SL_JSON_NULL)
        replace(n, choices, SL_SPAN("[]"));
    if (!choices.ptr || sl_json_type(choices) != SL_JSON_ARRAY)
        return;
    while (sl_json_next(&it, choices, &name, &one))
        if (sl_json_type(one) == SL_JSON_OBJECT)
            choice(n, one);
}

/* In a stream usage was reported by usage(); the host writes it where the client asked for it. */
static void hide_usage(struct normalizer *n, sluice_span usage)
{
    if (n->state->stream && usage.ptr && sl_json_type(usage) == SL_JSON_OBJECT)
        replace(n, usage, SL_SPAN("null"));
}

sluice_status oc_response_normal(const struct vendor *v, struct normal_state *state,
                                 sluice_span object, sluice_span choices, sluice_span usage,
                                 struct sluice_arena *mem, sluice_span **parts, size_t *count)
{
    struct normalizer n = { .v = v, .state = state };
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

/* ---- vectors ---- */

static void vector(struct splice *s, sluice_span numbers)
{
    struct sl_json_iter it = { 0 };
    sluice_span name, value;
    size_t n = 0, max = numbers.len / 2 + 1;
    char *raw, *text;
    double d;

    if (max > FLOATS_MAX)
        max = FLOATS_MAX;
    raw = sl_alloc(s->mem, max * 4);
    text = sl_alloc(s->mem, SL_BASE64_SIZE(max * 4) + 2);
    if (!raw || !text) {
        s->failed = true;
        return;
    }
    while (n < max && sl_json_next(&it, numbers, &name, &value)) {
        uint32_t bits;
        float f;

        if (!sl_json_f64(value, &d))
            return; /* not a vector: stays as it is */
        f = (float)d;
        memcpy(&bits, &f, sizeof bits);
        for (int i = 0; i < 4; i++)
            raw[4 * n + (size_t)i] = (char)(unsigned char)(bits >> (8 * i));
        n++;
    }
    text[0] = '"';
    n = 1 + sl_base64(sl_span(raw, 4 * n), text + 1);
    text[n++] = '"';
    oc_splice_skip(s, numbers);
    oc_splice_add(s, sl_span(text, n));
}

sluice_status oc_response_base64(sluice_span object, struct sluice_arena *mem, sluice_span **parts,
                                 size_t *count)
{
    sluice_span data = sl_json_member(object, SL_SPAN("data")), name, one, numbers;
    struct sl_json_iter it = { 0 };
    struct splice s;
    sluice_status st;

    oc_splice_begin(&s, object, mem);
    if (data.ptr && sl_json_type(data) == SL_JSON_ARRAY)
        while (sl_json_next(&it, data, &name, &one)) {
            if (sl_json_type(one) != SL_JSON_OBJECT)
                continue;
            numbers = sl_json_member(one, SL_SPAN("embedding"));
            if (numbers.ptr && sl_json_type(numbers) == SL_JSON_ARRAY)
                vector(&s, numbers);
        }
    st = oc_splice_end(&s);
    *parts = s.parts;
    *count = s.n;
    return st;
}
