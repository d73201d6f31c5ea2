/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tape.c - see tape.h. A segment is held by the link of the one before it, by readers that stand in
 * it, and the first and the last one by the tape. Its length is published with release order, so a
 * reader needs no lock.
 */
#include "call/cache/tape.h"

#include <stdlib.h>
#include "base/arena.h"

#define FIRST_SIZE (4u << 10)
#define MOST_SIZE (64u << 10)

struct sl_segment {
    atomic_uint refs;
    _Atomic size_t len;
    _Atomic(struct sl_segment *) next; /* held */
    struct sl_tape *tape;
    size_t size;
    char data[];
};

struct sl_tape {
    atomic_uint refs; /* all users together, and segments: of the struct itself */
    atomic_uint users;
    size_t most;
    _Atomic int64_t *counter;
    _Atomic size_t held; /* bytes of all segments there are */
    _Atomic size_t length;
    struct sl_segment *first; /* NULL: gone */
    struct sl_segment *last;
    atomic_bool whole;
};

static void drop_tape(struct sl_tape *t)
{
    if (atomic_fetch_sub_explicit(&t->refs, 1, memory_order_acq_rel) == 1)
        free(t);
}

static void drop_segment(struct sl_segment *s)
{
    while (s && atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) == 1) {
        struct sl_segment *next = atomic_load_explicit(&s->next, memory_order_acquire);

        atomic_fetch_sub_explicit(&s->tape->held, s->size, memory_order_relaxed);
        if (s->tape->counter)
            atomic_fetch_sub_explicit(s->tape->counter, (int64_t)s->size, memory_order_relaxed);
        drop_tape(s->tape);
        free(s);
        s = next;
    }
}

static struct sl_segment *new_segment(struct sl_tape *t, size_t size)
{
    struct sl_segment *s = sl_fault_hit() ? NULL : malloc(sizeof *s + size);

    if (!s)
        return NULL;
    atomic_init(&s->refs, 1);
    atomic_init(&s->len, 0);
    atomic_init(&s->next, NULL);
    s->tape = t;
    atomic_fetch_add_explicit(&t->refs, 1, memory_order_relaxed);
    s->size = size;
    atomic_fetch_add_explicit(&t->held, size, memory_order_relaxed);
    if (t->counter)
        atomic_fetch_add_explicit(t->counter, (int64_t)size, memory_order_relaxed);
    return s;
}

struct sl_tape *sl_tape_create(size_t most, _Atomic int64_t *counter)
{
    struct sl_tape *t = sl_fault_hit() ? NULL : calloc(1, sizeof *t);

    if (!t)
        return NULL;
    atomic_init(&t->refs, 1);
    atomic_init(&t->users, 1);
    atomic_init(&t->whole, true);
    t->most = most;
    t->counter = counter;
    t->first = t->last = new_segment(t, FIRST_SIZE);
    if (!t->first) {
        free(t);
        return NULL;
    }
    atomic_fetch_add_explicit(&t->first->refs, 1, memory_order_relaxed);
    return t;
}

struct sl_tape *sl_tape_hold(struct sl_tape *t)
{
    atomic_fetch_add_explicit(&t->users, 1, memory_order_relaxed);
    return t;
}

void sl_tape_drop(struct sl_tape *t)
{
    if (!t || atomic_fetch_sub_explicit(&t->users, 1, memory_order_acq_rel) != 1)
        return;
    /* What is left are the segments that readers stand in. */
    drop_segment(t->first);
    drop_segment(t->last);
    drop_tape(t);
}

static void forget_beginning(struct sl_tape *t)
{
    struct sl_segment *first = t->first;

    t->first = NULL;
    atomic_store_explicit(&t->whole, false, memory_order_release);
    drop_segment(first);
}

/* Another segment behind the last. */
static bool grow(struct sl_tape *t, size_t wanted)
{
    size_t size = t->last->size * 2 < MOST_SIZE ? t->last->size * 2 : MOST_SIZE;
    struct sl_segment *s, *last = t->last;

    if (size < wanted)
        size = wanted < MOST_SIZE ? wanted : MOST_SIZE;
    if (t->first && atomic_load_explicit(&t->held, memory_order_relaxed) + size > t->most)
        forget_beginning(t);
    if (atomic_load_explicit(&t->held, memory_order_relaxed) + size > 2 * t->most)
        return false;
    s = new_segment(t, size);
    if (!s)
        return false;
    atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed); /* the link's and the tape's */
    atomic_store_explicit(&last->next, s, memory_order_release);
    t->last = s;
    drop_segment(last);
    return true;
}

bool sl_tape_add(struct sl_tape *t, sluice_span bytes)
{
    while (bytes.len) {
        size_t len = atomic_load_explicit(&t->last->len, memory_order_relaxed);
        size_t n = t->last->size - len < bytes.len ? t->last->size - len : bytes.len;

        if (n == 0) {
            if (!grow(t, bytes.len))
                return false;
            continue;
        }
        memcpy(t->last->data + len, bytes.ptr, n);
        atomic_store_explicit(&t->last->len, len + n, memory_order_release);
        atomic_fetch_add_explicit(&t->length, n, memory_order_relaxed);
        bytes = sl_span_from(bytes, n);
    }
    return true;
}

size_t sl_tape_length(const struct sl_tape *t)
{
    return atomic_load_explicit(&t->length, memory_order_relaxed);
}

bool sl_tape_is_whole(const struct sl_tape *t)
{
    return atomic_load_explicit(&t->whole, memory_order_acquire);
}

bool sl_tape_open(struct sl_tape *t, struct sl_tape_cursor *c)
{
    *c = (struct sl_tape_cursor){ .segment = t->first };
    if (!t->first)
        return false;
    atomic_fetch_add_explicit(&t->first->refs, 1, memory_order_relaxed);
    return true;
}

void sl_tape_close(struct sl_tape_cursor *c)
{
    drop_segment(c->segment);
    c->segment = NULL;
}

sluice_span sl_tape_next(struct sl_tape_cursor *c)
{
    for (;;) {
        struct sl_segment *s = c->segment, *next;
        size_t len = atomic_load_explicit(&s->len, memory_order_acquire);
        sluice_span piece = sl_span(s->data + c->at, len - c->at);

        if (piece.len) {
            c->at = len;
            c->passed += piece.len;
            return piece;
        }
        next = len == s->size ? atomic_load_explicit(&s->next, memory_order_acquire) : NULL;
        if (!next)
            return sl_span(NULL, 0);
        atomic_fetch_add_explicit(&next->refs, 1, memory_order_relaxed);
        c->segment = next;
        c->at = 0;
        drop_segment(s);
    }
}

bool sl_tape_lags(const struct sl_tape *t, const struct sl_tape_cursor *c)
{
    return sl_tape_length(t) - c->passed > t->most;
}
