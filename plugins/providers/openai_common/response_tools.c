/* SPDX-License-Identifier: Apache-2.0 */
/* response_tools.c - tool calls as OpenAI's clients put them together: with an index, arguments as
 * text, id and name once. */
#include "response.h"

#include <sluice_sdk/buf.h>
#include <sluice_sdk/span.h>

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
        oc_response_replace(n, value, SL_SPAN("\"\""));
        return;
    }
    sl_buf_init(&b, value.len * 6 + 16);
    sl_buf_add_char(&b, '"');
    sl_json_escape(&b, value);
    sl_buf_add_char(&b, '"');
    if (sl_buf_ok(&b)) {
        sluice_span text = sl_arena_dup(n->s.mem, sl_buf_span(&b));

        n->s.failed |= !text.ptr;
        oc_response_replace(n, value, text);
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
            oc_response_replace(n, value, SL_SPAN("\"\""));
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
            oc_response_replace(n, value, SL_SPAN("\"\""));
    }
}

void oc_response_tools(struct normalizer *n, sluice_span calls)
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
