/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pairing.c - every tool call gets exactly one result in the turn that follows, which the vendor
 * demands. Ids are made fit and unique; of several results for one call the last stands; results
 * without a call become user text; calls without a result get one that says so.
 */
#include <sluice_sdk/map.h>
#include "turns.h"

/* One id of the caller's: its calls in the latest turn that has any. */
struct entry {
    sluice_span key;
    const struct turn *turn;
    struct block *next; /* the first of the calls that has no result yet */
    struct block *seen; /* the call that got a result last */
    size_t n;           /* calls so far in all turns */
};

struct table {
    struct entry *entries;
    size_t size; /* a power of two, more than twice the ids */
};

static bool table_init(struct table *t, size_t ids, struct sluice_arena *arena)
{
    t->size = 16;
    while (t->size < ids * 4)
        t->size *= 2;
    t->entries = sl_alloc0(arena, t->size * sizeof *t->entries);
    return t->entries != NULL;
}

/* The entry of a key, new ones with n = 0. There is always room: see table_init. */
static struct entry *find(struct table *t, sluice_span key)
{
    size_t i = (size_t)sl_hash(key) & (t->size - 1);

    while (t->entries[i].key.ptr && !sl_span_eq(t->entries[i].key, key))
        i = (i + 1) & (t->size - 1);
    if (!t->entries[i].key.ptr)
        t->entries[i].key = key.ptr ? key : SL_SPAN("");
    return &t->entries[i];
}

/* FNV-1a: the same in every process, unlike sl_hash(), so that ids stay the same too. */
static uint64_t id_hash(sluice_span s)
{
    uint64_t h = 14695981039346656037u;

    for (size_t i = 0; i < s.len; i++)
        h = (h ^ (unsigned char)s.ptr[i]) * 1099511628211u;
    return h ^ h >> 29;
}

#define ID_MAX 64
#define ID_MISTRAL 9
#define ID_KEPT 48 /* of an unfit id, in front of its hash */

static bool id_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/* Nine letters and digits, no more and no less. */
static sluice_span nine(sluice_span key, struct sluice_arena *arena)
{
    uint64_t h = id_hash(key);
    size_t n = 0;
    char *p;

    while (n < key.len && id_char(key.ptr[n]) && key.ptr[n] != '_' && key.ptr[n] != '-')
        n++;
    if (n == key.len && n == ID_MISTRAL)
        return key;
    p = sl_alloc(arena, ID_MISTRAL);
    for (n = 0; p && n < ID_MISTRAL; n++, h /= 62)
        p[n] = digits[h % 62];
    return sl_span(p, p ? n : 0);
}

/* A fixed function of the caller's id: itself where the vendor takes it, else its fit characters
 * and a hash, so that two different ids stay different. */
static sluice_span fit_id(const struct turns *r, sluice_span key)
{
    uint64_t h = id_hash(key);
    size_t n = 0;
    char *p;

    if (r->nine)
        return nine(key, r->c->arena);
    while (n < key.len && id_char(key.ptr[n]))
        n++;
    if (n == key.len && n && n <= ID_MAX)
        return key;
    p = sl_alloc(r->c->arena, ID_MAX);
    if (!p)
        return sl_span(NULL, 0);
    for (n = 0; n < key.len && n < ID_KEPT; n++)
        p[n] = id_char(key.ptr[n]) ? key.ptr[n] : '_';
    p[n++] = '_';
    for (int i = 0; i < 11; i++, h /= 62)
        p[n++] = digits[h % 62];
    return sl_span(p, n);
}

/* Give a call its outgoing id: the vendor refuses one that was used before. */
static sluice_status name_call(const struct turns *r, struct table *t, struct block *use,
                               struct entry *e)
{
    struct sluice_arena *arena = r->c->arena;

    use->id = fit_id(r, use->key);
    /* Steps that grow: ids made to collide must not make this loop long. */
    for (size_t n = e->n; use->id.ptr && n > 1; n = n * 31 + 7) {
        sluice_span id = sl_arena_printf(arena, "%.*s_%zu", SL_FMT(sl_span_head(use->id, 40)), n);

        if (id.ptr && r->nine)
            id = nine(id, arena);

        if (!id.ptr)
            return SLUICE_E_NOMEM;
        if (find(t, id)->n == 0) {
            find(t, id)->n = 1;
            use->id = id;
            break;
        }
    }
    return use->id.ptr ? SLUICE_OK : SLUICE_E_NOMEM;
}

static sluice_status register_calls(const struct turns *r, struct table *t, const struct turn *turn)
{
    for (struct block *b = turn->rest.head; b; b = b->next) {
        struct entry *e;
        sluice_status st;

        if (b->kind != B_TOOL_USE)
            continue;
        e = find(t, b->key);
        if (e->turn != turn) {
            e->turn = turn;
            e->next = b;
        } else {
            e->seen->twin = b;
        }
        e->seen = b; /* here: the last call of this key */
        e->n++;
        st = name_call(r, t, b, e);
        if (st < 0)
            return st;
    }
    for (struct block *b = turn->rest.head; b; b = b->next)
        if (b->kind == B_TOOL_USE)
            find(t, b->key)->seen = NULL;
    return SLUICE_OK;
}

/* A result nobody asked for: what it says stays, as text of the user. */
static void orphan(struct block *result, struct blocks *front)
{
    for (struct block *c = result->content.head, *next; c; c = next) {
        next = c->next;
        turns_push(front, c);
    }
}

static void match(struct table *t, struct turn *turn, const struct turn *calls)
{
    struct blocks results = { NULL, NULL, 0 }, front = { NULL, NULL, 0 };

    for (struct block *b = turn->results.head, *next; b; b = next) {
        struct entry *e = find(t, b->key);

        next = b->next;
        if (!calls || e->turn != calls || (!e->next && !e->seen)) {
            orphan(b, &front);
        } else if (e->next) {
            e->seen = e->next;
            e->next = e->next->twin;
            b->id = e->seen->id;
            e->seen->result = b;
            turns_push(&results, b);
        } else { /* one more for the same call: the last one stands, in the first one's place */
            struct block *old = e->seen->result, *after = old->next;

            b->id = old->id;
            *old = *b;
            old->next = after;
        }
    }
    turn->results = results;
    turns_put_in_front(turn, front);
}

static sluice_status add_missing(struct turns *r, const struct turn *calls, struct turn *turn)
{
    for (struct block *b = calls->rest.head; b; b = b->next) {
        struct block *result, *text;

        if (b->kind != B_TOOL_USE || b->result)
            continue;
        result = turns_block_add(r, &turn->results, B_RESULT);
        text = result ? turns_block_add(r, &result->content, B_TEXT) : NULL;
        if (!text)
            return SLUICE_E_NOMEM;
        text->text = SL_SPAN("no result");
        result->id = b->id;
        result->is_error = true;
        b->result = result;
    }
    return SLUICE_OK;
}

static bool has_calls(const struct turn *turn)
{
    for (const struct block *b = turn->rest.head; b; b = b->next)
        if (b->kind == B_TOOL_USE)
            return true;
    return false;
}

/* The user turn behind these calls, made if there is none. */
static struct turn *turn_after(struct turns *r, struct turn *calls)
{
    struct turn *t = calls->next;

    if (t || !has_calls(calls))
        return t;
    t = sl_alloc0(r->c->arena, sizeof *t);
    if (t) {
        calls->next = t;
        r->last = t;
    }
    return t;
}

/* Turns that lost all they had would be refused; orphans without text leave such. */
static sluice_status fill_empty(struct turns *r)
{
    sluice_status st = SLUICE_OK;

    for (struct turn *t = r->first; t && st >= 0; t = t->next)
        if (!t->results.n && !t->rest.n)
            st = turns_placeholder(r, &t->rest);
    return st;
}

sluice_status turns_pair(struct turns *r)
{
    const struct turn *calls = NULL;
    struct table table;
    size_t ids = 0;

    if (!r->tool_history)
        return SLUICE_OK;
    for (const struct turn *t = r->first; t; t = t->next)
        ids += t->results.n + 2 * t->rest.n;
    if (!table_init(&table, ids, r->c->arena))
        return SLUICE_E_NOMEM;
    for (struct turn *t = r->first; t; t = t->next) {
        sluice_status st = SLUICE_OK;

        if (t->assistant) {
            st = register_calls(r, &table, t);
            calls = t;
            if (st >= 0 && has_calls(t) && !turn_after(r, t))
                return SLUICE_E_NOMEM;
        } else {
            match(&table, t, calls);
            if (calls)
                st = add_missing(r, calls, t);
            calls = NULL;
        }
        if (st < 0)
            return st;
    }
    return fill_empty(r);
}
