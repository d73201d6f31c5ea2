/* SPDX-License-Identifier: Apache-2.0 */
/* arena.c - bump allocation from growing blocks. What does not fit a block of normal size gets one
 * of its own behind the current one, so that one big piece neither wastes the rest of the current
 * block nor is kept over a reset. */
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_POISON 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_POISON 1
#endif
#endif
#ifdef ARENA_POISON
#include <sanitizer/asan_interface.h>
#define POISON(ptr, n) ASAN_POISON_MEMORY_REGION(ptr, n)
#define UNPOISON(ptr, n) ASAN_UNPOISON_MEMORY_REGION(ptr, n)
/* Between two pieces, so that running over the end of one is seen. */
#define GAP 16
#else
#define POISON(ptr, n) ((void)0)
#define UNPOISON(ptr, n) ((void)0)
#define GAP 0
#endif

#define ALIGN 16
#define FIRST_BLOCK 3072
#define LAST_BLOCK 65536 /* blocks double up to this size */

struct sl_arena_block {
    struct sl_arena_block *next;
    size_t size; /* of data */
    bool single; /* made for one piece */
    _Alignas(ALIGN) char data[];
};

struct sl_arena_clean {
    struct sl_arena_clean *next;
    void (*fn)(void *ctx);
    void *ctx;
};

static void *own_alloc(struct sluice_arena *a, size_t size);

void sl_arena_init(struct sluice_arena *a, size_t cap)
{
    sl_arena_init_small(a, cap, FIRST_BLOCK);
}

void sl_arena_init_small(struct sluice_arena *a, size_t cap, size_t first)
{
    *a = (struct sluice_arena){
        .alloc = own_alloc,
        .cap = cap < UINT32_MAX ? (uint32_t)cap : UINT32_MAX,
        .first = (uint32_t)first,
    };
}

static void run_cleanups(struct sluice_arena *a)
{
    while (a->clean) {
        struct sl_arena_clean *c = a->clean;

        a->clean = c->next;
        c->fn(c->ctx);
    }
}

static void block_free(struct sl_arena_block *b)
{
    UNPOISON(b->data, b->size);
    free(b);
}

void sl_arena_finish(struct sluice_arena *a)
{
    run_cleanups(a);
    while (a->head) {
        struct sl_arena_block *b = a->head;

        a->head = b->next;
        block_free(b);
    }
    sl_arena_init_small(a, a->cap, a->first);
}

/* All of the block is free again. */
static void begin(struct sluice_arena *a, struct sl_arena_block *b)
{
    a->head = b;
    a->next = b->data;
    a->end = b->data + b->size;
    a->used = 0;
    POISON(b->data, b->size);
}

void sl_arena_reset(struct sluice_arena *a)
{
    struct sl_arena_block *keep = NULL;

    if (a->head && !a->clean && !a->head->next && !a->head->single) { /* as nearly always */
        begin(a, a->head);
        return;
    }

    run_cleanups(a);
    while (a->head) {
        struct sl_arena_block *b = a->head;

        a->head = b->next;
        if (b->single) {
            block_free(b);
            continue;
        }
        if (keep)
            block_free(keep);
        keep = b;
    }
    sl_arena_init_small(a, a->cap, a->first);
    if (keep) {
        keep->next = NULL;
        begin(a, keep);
    }
}

void sl_arena_pass(struct sluice_arena *from, struct sluice_arena *to)
{
    sl_arena_reset(from);
    if (to->head || !from->head) {
        sl_arena_finish(from);
        return;
    }
    to->head = from->head;
    to->next = from->next;
    to->end = from->end;
    sl_arena_init_small(from, from->cap, from->first);
}

static struct sl_arena_block *block_create(size_t size, bool single)
{
    struct sl_arena_block *b = malloc(sizeof *b + size);

    if (!b)
        return NULL;
    b->next = NULL;
    b->size = size;
    b->single = single;
    POISON(b->data, size);
    return b;
}

/* A piece that the current block has no room for; size is rounded already. Out of line: what it
 * needs of registers, the usual way would have to save. */
static __attribute__((noinline)) char *alloc_slow(struct sluice_arena *a, size_t size)
{
    size_t normal = a->first - sizeof(struct sl_arena_block);
    struct sl_arena_block *b;

    if (a->next)
        normal = a->head->size * 2 > LAST_BLOCK ? LAST_BLOCK : a->head->size * 2;
    if (size > normal / 2) {
        b = block_create(size, true);
        if (!b)
            return NULL;
        /* Behind the current block, which stays in use. */
        b->next = a->next ? a->head->next : a->head;
        if (a->next)
            a->head->next = b;
        else
            a->head = b;
        return b->data;
    }
    b = block_create(normal, false);
    if (!b)
        return NULL;
    b->next = a->head;
    a->head = b;
    a->next = b->data + size;
    a->end = b->data + normal;
    return b->data;
}

static void *own_alloc(struct sluice_arena *a, size_t size)
{
    size_t need;
    char *p;

    /* The cap is below 4 GiB, so the sums below cannot overflow. */
    if (sl_fault_hit() || size > a->cap - a->used)
        return NULL;
    need = ((size ? size : 1) + ALIGN - 1 + GAP) & ~(size_t)(ALIGN - 1);
    if (need <= (size_t)(a->end - a->next)) {
        p = a->next;
        a->next += need;
    } else {
        p = alloc_slow(a, need);
        if (!p)
            return NULL;
    }
    a->used += (uint32_t)size;
    UNPOISON(p, size);
    return p;
}

/* By the arena's own function: in a plugin that links a copy of this file, the host's arenas are
 * the host's to fill, whatever their layout has become. */
void *sl_alloc(struct sluice_arena *a, size_t size)
{
    return a->alloc(a, size);
}

void *sl_alloc0(struct sluice_arena *a, size_t size)
{
    void *p = sl_alloc(a, size);

    if (p)
        memset(p, 0, size);
    return p;
}

sluice_span sl_arena_dup(struct sluice_arena *a, sluice_span s)
{
    char *p;

    if (s.len == SIZE_MAX)
        return sl_span(NULL, 0);
    p = sl_alloc(a, s.len + 1);
    if (!p)
        return sl_span(NULL, 0);
    if (s.len)
        memcpy(p, s.ptr, s.len);
    p[s.len] = '\0';
    return sl_span(p, s.len);
}

sluice_span sl_arena_printf(struct sluice_arena *a, const char *fmt, ...)
{
    va_list ap;
    char *p;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    p = n < 0 ? NULL : sl_alloc(a, (size_t)n + 1);
    if (!p)
        return sl_span(NULL, 0);
    va_start(ap, fmt);
    vsnprintf(p, (size_t)n + 1, fmt, ap);
    va_end(ap);
    return sl_span(p, (size_t)n);
}

bool sl_arena_cleanup(struct sluice_arena *a, void (*fn)(void *ctx), void *ctx)
{
    struct sl_arena_clean *c = sl_alloc(a, sizeof *c);

    if (!c)
        return false;
    *c = (struct sl_arena_clean){ a->clean, fn, ctx };
    a->clean = c;
    return true;
}

size_t sl_arena_used(const struct sluice_arena *a)
{
    return a->used;
}
