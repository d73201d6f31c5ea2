/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pool.h - things that ended and wait for the next of their kind. What went in last comes out
 * first: it is what the processor still has at hand. A pool does not keep what a burst left in it:
 * sl_pool_age(), called now and then, frees as many as have lain there unused since the call
 * before, so who has nothing to do soon keeps nothing. One thread's.
 */
#ifndef SL_BASE_POOL_H
#define SL_BASE_POOL_H

#include <stdbool.h>
#include <stddef.h>

/* To embed; the pool's own while the thing lies there. */
struct sl_pooled {
    struct sl_pooled *next;
};

struct sl_pool {
    struct sl_pooled *first;
    size_t n, most; /* that lie here, and may */
    size_t least;   /* that lay here at any time since sl_pool_age() */
    void (*destroy)(struct sl_pooled *p);
};

void sl_pool_init(struct sl_pool *pool, size_t most, void (*destroy)(struct sl_pooled *p));
/* Destroys what lies there. The pool can be used again. */
void sl_pool_finish(struct sl_pool *pool);
/* Destroys what nobody needed since the last time. */
void sl_pool_age(struct sl_pool *pool);

/* NULL = none is there. */
static inline struct sl_pooled *sl_pool_take(struct sl_pool *pool)
{
    struct sl_pooled *p = pool->first;

    if (p) {
        pool->first = p->next;
        pool->n--;
        if (pool->n < pool->least)
            pool->least = pool->n;
    }
    return p;
}

/* Destroyed, when the pool is full. */
static inline void sl_pool_give(struct sl_pool *pool, struct sl_pooled *p)
{
    if (pool->n >= pool->most) {
        pool->destroy(p);
        return;
    }
    p->next = pool->first;
    pool->first = p;
    pool->n++;
}

#endif
