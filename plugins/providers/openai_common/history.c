/* SPDX-License-Identifier: Apache-2.0 */
/*
 * history.c - turns as a vendor wants them. The reasoning in earlier ones: kept, gone, under
 * another name, or there at any rate where tools were called. Roles by other names, contents as one
 * text. Only messages that must change are copied.
 */
#include "vendor.h"

#include <sluice_sdk/span.h>

#define REASONING SL_SPAN("reasoning_content")

/* ---- reasoning ---- */

struct wish {
    sluice_span name, on_tools;
    bool drop, in_content;
};

static struct wish wish_of(const struct rules *const *rules, size_t n)
{
    struct wish w = { .name = REASONING };

    for (size_t i = 0; i < n; i++) {
        if (rules[i]->reasoning_name.len)
            w.name = rules[i]->reasoning_name;
        if (rules[i]->reasoning_on_tools.ptr)
            w.on_tools = rules[i]->reasoning_on_tools;
        w.drop = w.drop || rules[i]->drop_reasoning;
        w.in_content = w.in_content || rules[i]->reasoning_in_content;
    }
    return w;
}

static bool is_assistant(sluice_span message)
{
    sluice_span role;

    return sl_json_type(message) == SL_JSON_OBJECT &&
           sl_json_raw_string(sl_json_member(message, SL_SPAN("role")), &role) &&
           sl_span_eq(role, SL_SPAN("assistant"));
}

/* The content with the thoughts in front of it, in tags. */
static sluice_span with_thoughts(sluice_span content, sluice_span thoughts,
                                 struct sluice_arena *mem)
{
    sluice_span inside = SL_SPAN(""), rest;

    if (!content.ptr || sl_json_type(content) != SL_JSON_ARRAY) {
        if (content.ptr && !sl_json_raw_string(content, &inside))
            inside = SL_SPAN("");
        return sl_arena_printf(mem, "\"<think>%.*s</think>%.*s\"", SL_FMT(thoughts),
                               SL_FMT(inside));
    }
    rest = sl_span_trim(sl_span_from(content, 1));
    return sl_arena_printf(mem, "[{\"type\":\"text\",\"text\":\"<think>%.*s</think>\"}%s%.*s",
                           SL_FMT(thoughts), rest.ptr[0] == ']' ? "" : ",", SL_FMT(rest));
}

/* One turn's edits; returns how many. */
static size_t edits_of(const struct wish *w, sluice_span message, struct sl_json_edit edits[2],
                       struct sluice_arena *mem)
{
    bool tools = sl_json_find(message, "tool_calls.0").ptr != NULL;
    sluice_span value = sl_json_member(message, REASONING);
    bool there = value.ptr && sl_json_type(value) == SL_JSON_STRING && value.len > 2;
    sluice_span inside;
    size_t n = 0;

    if (there && w->in_content && sl_json_raw_string(value, &inside)) {
        sluice_span content = sl_json_member(message, SL_SPAN("content"));

        edits[n++] =
            (struct sl_json_edit){ SL_SPAN("content"), with_thoughts(content, inside, mem) };
        edits[n++] = (struct sl_json_edit){ REASONING, { NULL, 0 } };
        return n;
    }
    if (!tools && w->drop) {
        if (value.ptr)
            edits[n++] = (struct sl_json_edit){ REASONING, { NULL, 0 } };
        return n;
    }
    if (!there && tools && w->on_tools.ptr) {
        value = w->on_tools;
        there = true;
        edits[n++] = (struct sl_json_edit){ w->name, value };
    }
    if (!sl_span_eq(w->name, REASONING) && there) {
        n = 0;
        edits[n++] = (struct sl_json_edit){ w->name, value };
        edits[n++] = (struct sl_json_edit){ REASONING, { NULL, 0 } };
    }
    return n;
}

static sluice_status edit_reasoning(const struct rules *const *rules, size_t n_rules,
                                    sluice_span *messages, struct sluice_arena *mem)
{
    struct wish w = wish_of(rules, n_rules);
    struct sl_json_iter it = { 0 };
    sluice_span name, message, flat;
    struct splice s;

    if (!w.on_tools.ptr && !w.drop && !w.in_content && sl_span_eq(w.name, REASONING))
        return SLUICE_OK;
    oc_splice_begin(&s, *messages, mem);
    while (sl_json_next(&it, *messages, &name, &message)) {
        struct sl_json_edit edits[2];
        sluice_span *parts;
        size_t n = is_assistant(message) ? edits_of(&w, message, edits, mem) : 0, n_parts;

        if (!n)
            continue;
        if (w.in_content && !edits[0].value.ptr)
            return SLUICE_E_NOMEM;
        if (sl_json_edit(message, edits, n, mem, &parts, &n_parts) < 0)
            return SLUICE_E_NOMEM;
        oc_splice_skip(&s, message);
        for (size_t i = 0; i < n_parts; i++)
            oc_splice_add(&s, parts[i]);
    }
    flat = oc_splice_flat(&s);
    if (flat.ptr)
        *messages = flat;
    return flat.ptr ? SLUICE_OK : SLUICE_E_NOMEM;
}

/* ---- roles and contents ---- */

/* A role's new name, or ptr NULL. */
static sluice_span role_for(const struct rules *const *rules, size_t n, sluice_span role)
{
    for (size_t i = n; i-- > 0;) {
        sluice_span to = oc_pairs_get(&rules[i]->roles, role);

        if (to.ptr)
            return to;
    }
    return sl_span(NULL, 0);
}

static bool only_text(sluice_span content)
{
    struct sl_json_iter it = { 0 };
    sluice_span name, part, inside;

    while (sl_json_next(&it, content, &name, &part)) {
        sluice_span text;

        if (sl_json_type(part) != SL_JSON_OBJECT)
            return false;
        text = sl_json_member(part, SL_SPAN("text"));
        if (!text.ptr || !sl_json_raw_string(text, &inside))
            return false;
    }
    return true;
}

static void flatten_content(struct splice *s, sluice_span content)
{
    struct sl_json_iter it = { 0 };
    sluice_span name, part, inside;

    oc_splice_skip(s, content);
    oc_splice_add(s, SL_SPAN("\""));
    while (sl_json_next(&it, content, &name, &part))
        if (sl_json_raw_string(sl_json_member(part, SL_SPAN("text")), &inside))
            oc_splice_add(s, inside);
    oc_splice_add(s, SL_SPAN("\""));
}

static bool flat_content(const struct rules *const *rules, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (rules[i]->flat_content)
            return true;
    return false;
}

/* A cheap look before a walk through what may be a megabyte. */
static bool turns_concern(const struct rules *const *rules, size_t n, sluice_span messages)
{
    if (flat_content(rules, n))
        return true;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < rules[i]->roles.n; k++)
            if (sl_span_find(messages, rules[i]->roles.at[k].name) < messages.len)
                return true;
    return false;
}

static sluice_status edit_turns(const struct rules *const *rules, size_t n, sluice_span *messages,
                                struct sluice_arena *mem)
{
    struct sl_json_iter it = { 0 };
    sluice_span name, message, flat;
    bool content = flat_content(rules, n);
    struct splice s;

    oc_splice_begin(&s, *messages, mem);
    while (sl_json_next(&it, *messages, &name, &message)) {
        struct sl_json_iter members = { 0 };
        sluice_span value, inside, to;

        if (sl_json_type(message) != SL_JSON_OBJECT)
            continue;
        while (sl_json_next(&members, message, &name, &value)) {
            if (sl_span_eq(name, SL_SPAN("role")) && sl_json_raw_string(value, &inside)) {
                to = role_for(rules, n, inside);
                if (to.ptr) {
                    oc_splice_skip(&s, inside);
                    oc_splice_add(&s, to);
                }
            } else if (content && sl_span_eq(name, SL_SPAN("content")) &&
                       sl_json_type(value) == SL_JSON_ARRAY && only_text(value)) {
                flatten_content(&s, value);
            }
        }
    }
    flat = oc_splice_flat(&s);
    if (flat.ptr)
        *messages = flat;
    return flat.ptr ? SLUICE_OK : SLUICE_E_NOMEM;
}

sluice_status oc_request_history(const struct rules *const *rules, size_t n, sluice_span *messages,
                                 struct sluice_arena *mem)
{
    sluice_status st = edit_reasoning(rules, n, messages, mem);

    if (st == SLUICE_OK && turns_concern(rules, n, *messages))
        st = edit_turns(rules, n, messages, mem);
    return st;
}
