/* SPDX-License-Identifier: Apache-2.0 */
/* messages.c - walks OpenAI's messages into turns: system text is hoisted, neighbours of one role
 * become one turn, tool results go in front of the rest, blank text is left out. */
#include "turns.h"

static void append(struct blocks *to, struct blocks more)
{
    if (!more.n)
        return;
    if (to->tail)
        to->tail->next = more.head;
    else
        to->head = more.head;
    to->tail = more.tail;
    to->n += more.n;
}

void turns_push(struct blocks *to, struct block *b)
{
    b->next = NULL;
    append(to, (struct blocks){ b, b, 1 });
}

void turns_put_in_front(struct turn *t, struct blocks front)
{
    append(&front, t->rest);
    t->rest = front;
}

struct block *turns_block_add(struct turns *r, struct blocks *to, enum block_kind kind)
{
    struct block *b = sl_alloc0(r->c->arena, sizeof *b);

    if (!b)
        return NULL;
    b->kind = kind;
    turns_push(to, b);
    return b;
}

sluice_span turns_cache_control(const struct sl_json *j)
{
    const struct sl_json *c = sl_json_opt(j, "cache_control");

    if (c && c->type == SL_JSON_OBJECT)
        return c->raw;
    if (sl_json_is(sl_json_get(sl_json_opt(j, "prompt_cache_breakpoint"), "mode"), "explicit"))
        return SL_SPAN("{\"type\":\"ephemeral\"}");
    return SL_SPAN("");
}

static struct turn *turn_push(struct turns *r, bool assistant)
{
    struct turn *t = sl_alloc0(r->c->arena, sizeof *t);

    if (!t)
        return NULL;
    t->assistant = assistant;
    if (r->last)
        r->last->next = t;
    else
        r->first = t;
    r->last = t;
    return t;
}

/* Add a message's blocks to the turn they belong to; a message without any leaves no trace. */
sluice_status turns_add(struct turns *r, bool assistant, struct blocks results, struct blocks rest)
{
    if (!results.n && !rest.n)
        return SLUICE_OK;
    if ((!r->last || r->last->assistant != assistant) && !turn_push(r, assistant))
        return SLUICE_E_NOMEM;
    append(&r->last->results, results);
    append(&r->last->rest, rest);
    return SLUICE_OK;
}

/* cache_control of the message itself counts for its last block that may have one. */
void turns_cache_last(const struct sl_json *message, struct blocks *blocks)
{
    sluice_span cache = turns_cache_control(message);
    struct block *b = blocks->tail;

    if (cache.len && b && !b->cache.len && b->kind != B_THINKING && b->kind != B_REDACTED &&
        b->kind != B_RAW)
        b->cache = cache;
}

sluice_status turns_placeholder(struct turns *r, struct blocks *to)
{
    return turns_add_text(r, SL_SPAN("."), SL_SPAN(""), to);
}

/* ---- one function a role ---- */

static sluice_status walk_system(struct turns *r, const struct sl_json *m, size_t i)
{
    struct blocks text = { NULL, NULL, 0 };
    sluice_status st = turns_content(r, sl_json_opt(m, "content"), i, &text);

    if (st < 0)
        return st;
    for (const struct block *b = text.head; b; b = b->next)
        if (b->kind != B_TEXT)
            return sl_chat_bad(r->c, NULL, "System messages hold text only.",
                               "messages.[%zu].content", i);
    turns_cache_last(m, &text);
    append(&r->system, text);
    return SLUICE_OK;
}

static sluice_status walk_user(struct turns *r, const struct sl_json *m, size_t i)
{
    struct blocks rest = { NULL, NULL, 0 };
    sluice_status st = turns_content(r, sl_json_opt(m, "content"), i, &rest);

    if (st >= 0 && !rest.n && !m->next && (!r->last || r->last->assistant))
        st = turns_placeholder(r, &rest); /* the turn to be answered must exist */
    if (st < 0)
        return st;
    turns_cache_last(m, &rest);
    return turns_add(r, false, (struct blocks){ NULL, NULL, 0 }, rest);
}

static sluice_status walk_result(struct turns *r, const struct sl_json *m, size_t i)
{
    struct blocks results = { NULL, NULL, 0 };
    struct block *b = turns_block_add(r, &results, B_RESULT);
    const char *id = sl_json_get(m, "tool_call_id") ? "tool_call_id" : "name";
    sluice_status st;

    if (!b)
        return SLUICE_E_NOMEM;
    st = sl_chat_text(r->c, sl_json_get(m, id), &b->key);
    if (st >= 0)
        st = turns_content(r, sl_json_opt(m, "content"), i, &b->content);
    if (st < 0)
        return st;
    b->is_error = sl_json_get(m, "is_error") && sl_json_is_true(sl_json_get(m, "is_error")->raw);
    b->cache = turns_cache_control(m);
    for (struct block *c = b->content.head; c; c = c->next) {
        if (c->cache.len)
            b->cache = c->cache; /* a breakpoint belongs on the block of the message */
        c->cache = SL_SPAN("");
    }
    r->tool_history = true;
    return turns_add(r, false, results, (struct blocks){ NULL, NULL, 0 });
}

static const struct {
    const char *role;
    sluice_status (*walk)(struct turns *r, const struct sl_json *m, size_t i);
} roles[] = {
    { "user", walk_user },     { "assistant", turns_walk_assistant }, { "tool", walk_result },
    { "system", walk_system }, { "developer", walk_system },          { "function", walk_result },
};

static sluice_status walk(struct turns *r, const struct sl_json *m, size_t i)
{
    for (size_t k = 0; k < sizeof roles / sizeof *roles; k++)
        if (sl_json_is(sl_json_get(m, "role"), roles[k].role))
            return roles[k].walk(r, m, i);
    return sl_chat_bad(r->c, NULL,
                       "A message's role is system, developer, user, assistant or tool.",
                       "messages.[%zu].role", i);
}

/* A trailing assistant turn is a prefill: the vendor refuses blanks at its end. */
static void trim_prefill(struct turns *r)
{
    struct block *b = r->last && r->last->assistant ? r->last->rest.tail : NULL;

    if (b && b->kind == B_TEXT)
        b->text = sl_chat_trim_end(b->text);
}

static sluice_status first_is_user(struct turns *r)
{
    struct turn *t;

    if (r->first && !r->first->assistant)
        return SLUICE_OK;
    t = sl_alloc0(r->c->arena, sizeof *t);
    if (!t)
        return SLUICE_E_NOMEM;
    t->next = r->first;
    r->first = t;
    if (!r->last)
        r->last = t;
    return turns_placeholder(r, &t->rest);
}

sluice_status turns_messages(struct turns *r, const struct sl_json *list)
{
    sluice_status st = SLUICE_OK;
    size_t i = 0;

    if (!list || list->type != SL_JSON_ARRAY || !list->n)
        return sl_chat_bad(r->c, NULL, "A list of one message or more is needed.", "messages");
    sl_json_each(m, list)
    {
        st = walk(r, m, i++);
        if (st < 0)
            return st;
    }
    trim_prefill(r);
    st = first_is_user(r);
    return st < 0 ? st : turns_pair(r);
}

static struct blocks without_thinking(struct blocks from)
{
    struct blocks kept = { NULL, NULL, 0 };

    for (struct block *b = from.head, *next; b; b = next) {
        next = b->next;
        if (b->kind == B_THINKING || b->kind == B_REDACTED)
            continue;
        turns_push(&kept, b);
    }
    return kept;
}

void turns_drop_thinking(struct turns *r)
{
    struct turn *last = r->first;

    for (struct turn *t = r->first, *next; t; t = next) {
        next = t->next;
        t->rest = without_thinking(t->rest);
        if (t == last)
            continue;
        if (last->assistant == t->assistant)
            append(&last->rest, t->rest); /* what stood between has gone; so t has no results */
        else if (t->results.n || t->rest.n)
            last = last->next = t;
    }
    last->next = NULL;
    r->last = last;
}
