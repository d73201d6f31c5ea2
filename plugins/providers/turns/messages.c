/* SPDX-License-Identifier: Apache-2.0 */
/* messages.c - walks OpenAI's messages into turns: system text is hoisted, neighbours of one role
 * become one turn, tool results go in front of the rest, blank text is left out. */
#include <sluice_sdk/dropped.h>
#include <stdarg.h>
#include <stdio.h>
#include "turns.h"

sluice_status turns_bad(struct turns *r, const char *code, const char *message, const char *param,
                        ...)
{
    char name[96];
    va_list ap;

    va_start(ap, param);
    vsnprintf(name, sizeof name, param, ap);
    va_end(ap);
    return sl_fail_param(r->err, SLUICE_E_INVALID, code, name, "%s", message);
}

sluice_status turns_lacking(struct turns *r, const char *param)
{
    if (r->drop) {
        sl_dropped(r->call, sl_span_str(param));
        return SLUICE_OK;
    }
    return sl_fail_param(r->err, SLUICE_E_INVALID, "unsupported_parameter", param,
                         "The provider has no equivalent of '%s'; with drop_params it is left out.",
                         param);
}

sluice_status turns_text(struct turns *r, const struct sl_json *j, sluice_span *out)
{
    *out = SL_SPAN("");
    if (!j || j->type != SL_JSON_STRING)
        return SLUICE_OK;
    return sl_json_string(j->raw, r->arena, out) ? SLUICE_OK : SLUICE_E_NOMEM;
}

struct block *turns_block_add(struct turns *r, struct blocks *to, enum block_kind kind)
{
    struct block *b = sl_alloc0(r->arena, sizeof *b);

    if (!b)
        return NULL;
    b->kind = kind;
    if (to->tail)
        to->tail->next = b;
    else
        to->head = b;
    to->tail = b;
    to->n++;
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

/* Length of the blank that escaped text begins with: a space or one of \n \r \t \f \u00xx. */
static size_t blank_at(sluice_span s)
{
    static const char *const units[] = { "\\n",     "\\r",     "\\t",     "\\f",     "\\u0009",
                                         "\\u000a", "\\u000b", "\\u000c", "\\u000d", "\\u0020",
                                         "\\u000A", "\\u000B", "\\u000C", "\\u000D" };

    if (!s.len || s.ptr[0] != '\\')
        return s.len && s.ptr[0] == ' ';
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (sl_span_starts(s, sl_span_str(units[i])))
            return strlen(units[i]);
    return 0;
}

bool turns_blank(sluice_span inside)
{
    size_t n;

    while ((n = blank_at(inside)) > 0)
        inside = sl_span_from(inside, n);
    return inside.len == 0;
}

/* Escaped text without the blanks at its end. Escapes can only be told from the front. */
static sluice_span without_end_blanks(sluice_span inside)
{
    size_t end = 0, i = 0;

    while (i < inside.len) {
        size_t n = blank_at(sl_span_from(inside, i));

        if (n) {
            i += n;
            continue;
        }
        i += inside.ptr[i] == '\\' ? 2 : 1;
        end = i < inside.len ? i : inside.len;
    }
    return sl_span_head(inside, end);
}

static struct turn *turn_push(struct turns *r, bool assistant)
{
    struct turn *t = sl_alloc0(r->arena, sizeof *t);

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

static sluice_status placeholder(struct turns *r, struct blocks *to)
{
    struct block *b = turns_block_add(r, to, B_TEXT);

    if (!b)
        return SLUICE_E_NOMEM;
    b->text = SL_SPAN(".");
    return SLUICE_OK;
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
            return turns_bad(r, NULL, "System messages hold text only.", "messages.[%zu].content",
                             i);
    turns_cache_last(m, &text);
    append(&r->system, text);
    return SLUICE_OK;
}

static sluice_status walk_user(struct turns *r, const struct sl_json *m, size_t i)
{
    struct blocks rest = { NULL, NULL, 0 };
    sluice_status st = turns_content(r, sl_json_opt(m, "content"), i, &rest);

    if (st >= 0 && !rest.n && !m->next && (!r->last || r->last->assistant))
        st = placeholder(r, &rest); /* the turn to be answered must exist */
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
    st = turns_text(r, sl_json_get(m, id), &b->key);
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
    return turns_bad(r, NULL, "A message's role is system, developer, user, assistant or tool.",
                     "messages.[%zu].role", i);
}

/* A trailing assistant turn is a prefill: the vendor refuses blanks at its end. */
static void trim_prefill(struct turns *r)
{
    struct block *b = r->last && r->last->assistant ? r->last->rest.tail : NULL;

    if (b && b->kind == B_TEXT)
        b->text = without_end_blanks(b->text);
}

static sluice_status first_is_user(struct turns *r)
{
    struct turn *t;

    if (r->first && !r->first->assistant)
        return SLUICE_OK;
    t = sl_alloc0(r->arena, sizeof *t);
    if (!t)
        return SLUICE_E_NOMEM;
    t->next = r->first;
    r->first = t;
    if (!r->last)
        r->last = t;
    return placeholder(r, &t->rest);
}

sluice_status turns_messages(struct turns *r, const struct sl_json *list)
{
    sluice_status st = SLUICE_OK;
    size_t i = 0;

    if (!list || list->type != SL_JSON_ARRAY || !list->n)
        return turns_bad(r, NULL, "A list of one message or more is needed.", "messages");
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
        b->next = NULL;
        append(&kept, (struct blocks){ b, b, 1 });
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

bool turns_thinking_lost(const struct turns *r)
{
    const struct turn *last = NULL;

    for (const struct turn *t = r->first; t; t = t->next)
        for (const struct block *b = t->rest.head; t->assistant && b; b = b->next)
            if (b->kind == B_TOOL_USE)
                last = t;
    return last && last->rest.head->kind != B_THINKING && last->rest.head->kind != B_REDACTED;
}
