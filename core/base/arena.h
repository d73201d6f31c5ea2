/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arena.h - memory that is freed in one go: of a call, an attempt, a configuration.
 * Not a cache of freed pieces: nothing in an arena is freed alone. One thread at a time.
 */
#ifndef SL_BASE_ARENA_H
#define SL_BASE_ARENA_H

#include <stdatomic.h>
#include "base/span.h"

/* Complete so that owners embed it; the members are arena.c's own. The first is part of the plugin
 * ABI (plugin.h): a plugin carries its own copy of this code, and all that it may do with an arena
 * of the host is sl_alloc() and what is built on it, not reset, finish, cleanup or used. */
struct sluice_arena {
    void *(*alloc)(struct sluice_arena *a, size_t size);
    struct sl_arena_block *head;  /* current block first */
    struct sl_arena_clean *clean; /* to run at reset, last registered first */
    char *next, *end;
    uint32_t used, cap; /* bytes handed out and the most that may be */
    uint32_t first;     /* size of the first block */
};

/* cap: the most bytes this arena ever hands out (at most 4 GiB); hitting it is an error like any
 * other. No allocation happens before the first sl_alloc(). */
void sl_arena_init(struct sluice_arena *a, size_t cap);
/* The same for an arena of which there are thousands, and known to be small: its first block is of
 * this size, all told. */
void sl_arena_init_small(struct sluice_arena *a, size_t cap, size_t first);
/* Frees all blocks and runs cleanups. The arena can be used again. */
void sl_arena_finish(struct sluice_arena *a);
/* Like finish, but keeps the first block for the next user: no malloc in steady state. */
void sl_arena_reset(struct sluice_arena *a);
/* Resets `from`; the block it would keep goes to `to`, unless that has one. So many users who are
 * never at work at the same time share one block. */
void sl_arena_pass(struct sluice_arena *from, struct sluice_arena *to);
/* 16-byte aligned, uninitialised; NULL at the cap or when memory is out. */
void *sl_alloc(struct sluice_arena *a, size_t size);
void *sl_alloc0(struct sluice_arena *a, size_t size);
sluice_span sl_arena_dup(struct sluice_arena *a, sluice_span s);
sluice_span sl_arena_printf(struct sluice_arena *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Run fn(ctx) at reset or finish; false when out of memory (fn did not run). */
bool sl_arena_cleanup(struct sluice_arena *a, void (*fn)(void *ctx), void *ctx);
size_t sl_arena_used(const struct sluice_arena *a);

/* For tests: the n-th allocation from now on (1 = next) fails, process-wide for this thread, in
 * arenas and buffers alike; 0 switches it off. Returns how many were counted since the last call.
 */
uint64_t sl_fault_after(uint64_t n);
/* True when the current allocation is to fail. For base/ and the test kit. */
extern atomic_bool sl_fault_counting;
bool sl_fault_count(void);
static inline bool sl_fault_hit(void)
{
    return atomic_load_explicit(&sl_fault_counting, memory_order_relaxed) && sl_fault_count();
}

#endif
