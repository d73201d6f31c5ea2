/* SPDX-License-Identifier: Apache-2.0 */
/* response_message.c - a message or delta: its thoughts under the name that clients read, its
 * content as text. */
#include "response.h"

#include <sluice_sdk/span.h>

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

/* "text", or null where a delta has none. */
static void add_string(struct normalizer *n, const struct pieces *p, bool or_null)
{
    if (!p->n && or_null) {
        oc_splice_add(&n->s, SL_SPAN("null"));
        return;
    }
    oc_splice_add(&n->s, SL_SPAN("\""));
    for (size_t i = 0; i < p->n; i++)
        oc_splice_add(&n->s, p->at[i]);
    oc_splice_add(&n->s, SL_SPAN("\""));
}

/* What a message says of thoughts, and which of it is to be put right. */
struct thoughts {
    sluice_span own;       /* reasoning_content; ptr NULL: there is no such member */
    sluice_span reasoning; /* the same by another name; ptr NULL: there is none */
    struct halves halves;  /* of the content */
    bool split;            /* its content is to be written anew */
};

static bool is_text(sluice_span value)
{
    return value.ptr && sl_json_type(value) == SL_JSON_STRING;
}

static struct thoughts look(struct normalizer *n, sluice_span object)
{
    struct thoughts t = { .own = sl_json_member(object, SL_SPAN("reasoning_content")) };
    sluice_span content, inside = SL_SPAN("");

    if (n->v->normalize & NORMAL_REASONING)
        t.reasoning = sl_json_member(object, SL_SPAN("reasoning"));
    if (!is_text(t.reasoning))
        t.reasoning = sl_span(NULL, 0);
    if (!n->think || is_text(t.own) || t.reasoning.ptr)
        return t;
    content = sl_json_member(object, SL_SPAN("content"));
    if (!content.ptr || sl_json_type(content) == SL_JSON_NULL ||
        sl_json_raw_string(content, &inside))
        t.split = oc_think_split(n->think, inside, n->last, &t.halves);
    return t;
}

/* reasoning_details, of a vendor that has no other place: the texts go where all clients read. */
static void details(struct normalizer *n, sluice_span list)
{
    struct sl_json_iter it = { 0 };
    sluice_span name, one, inside;
    bool any = false;

    oc_splice_upto(&n->s, list.ptr + list.len);
    while (sl_json_next(&it, list, &name, &one)) {
        sluice_span text = sl_json_type(one) == SL_JSON_OBJECT
                               ? sl_json_member(one, SL_SPAN("text"))
                               : sl_span(NULL, 0);

        if (!text.ptr || !sl_json_raw_string(text, &inside))
            continue;
        if (!any)
            oc_splice_add(&n->s, SL_SPAN(",\"reasoning_content\":\""));
        any = true;
        oc_splice_add(&n->s, inside);
    }
    if (any)
        oc_splice_add(&n->s, SL_SPAN("\""));
}

static void split_content(struct normalizer *n, sluice_span value, const struct thoughts *t)
{
    oc_splice_skip(&n->s, value);
    add_string(n, &t->halves.text, n->state->stream && t->halves.thought.n);
    if (t->own.ptr || !t->halves.thought.n)
        return;
    oc_splice_add(&n->s, SL_SPAN(",\"reasoning_content\":"));
    add_string(n, &t->halves.thought, false);
}

static void text_content(struct normalizer *n, sluice_span object, sluice_span value,
                         const struct thoughts *t)
{
    struct pieces whole = { .n = 1 };

    if (t->split)
        split_content(n, value, t);
    if (!n->sources.len || sl_json_member(object, SL_SPAN("annotations")).ptr ||
        !sl_json_raw_string(value, &whole.at[0]))
        return;
    oc_splice_upto(&n->s, value.ptr + value.len);
    oc_response_cite(n, t->split ? &t->halves.text : &whole);
}

/* The end of a stream has no content of its own, but there may be some left. */
static void add_left(struct normalizer *n, sluice_span object, const struct halves *h)
{
    bool thought = h->thought.n > 0;

    oc_splice_upto(&n->s, object.ptr + 1);
    oc_splice_add(&n->s, thought ? SL_SPAN("\"reasoning_content\":") : SL_SPAN("\"content\":"));
    add_string(n, thought ? &h->thought : &h->text, false);
    if (sl_span_trim(sl_span_from(object, 1)).ptr[0] != '}')
        oc_splice_add(&n->s, SL_SPAN(","));
}

static void own_thought(struct normalizer *n, sluice_span value, const struct thoughts *t)
{
    if (t->reasoning.ptr) {
        oc_response_replace(n, value, t->reasoning);
    } else if (t->halves.thought.n) {
        oc_splice_skip(&n->s, value);
        add_string(n, &t->halves.thought, false);
    }
}

/* A message or delta. */
void oc_response_message(struct normalizer *n, sluice_span object)
{
    struct thoughts t = look(n, object);
    bool has_content = sl_json_member(object, SL_SPAN("content")).ptr != NULL;
    sluice_span name, value;
    struct sl_json_iter it = { 0 };
    bool any = t.halves.text.n + t.halves.thought.n > 0;

    if (!has_content && any && !(t.own.ptr && t.halves.thought.n))
        add_left(n, object, &t.halves);
    while (sl_json_next(&it, object, &name, &value)) {
        enum sl_json_type type = sl_json_type(value);

        if (sl_span_eq(name, SL_SPAN("reasoning")) && t.reasoning.ptr && !t.own.ptr)
            oc_response_replace(n, name, SL_SPAN("reasoning_content"));
        else if (sl_span_eq(name, SL_SPAN("reasoning_content")) && type == SL_JSON_NULL)
            own_thought(n, value, &t);
        else if (sl_span_eq(name, SL_SPAN("reasoning_details")) && type == SL_JSON_ARRAY &&
                 (n->v->normalize & NORMAL_DETAILS) && !t.own.ptr && !t.reasoning.ptr)
            details(n, value);
        else if (sl_span_eq(name, SL_SPAN("content")) &&
                 (type == SL_JSON_STRING || (type == SL_JSON_NULL && any)))
            text_content(n, object, value, &t);
        else if ((n->v->normalize & NORMAL_CONTENT) && sl_span_eq(name, SL_SPAN("content")) &&
                 type == SL_JSON_ARRAY)
            content_array(n, value);
        else if (sl_span_eq(name, SL_SPAN("tool_calls")))
            oc_response_tools(n, value);
    }
}
