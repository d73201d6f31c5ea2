/* SPDX-License-Identifier: Apache-2.0 */
/* pool.c - see pool.h. */
#include "base/pool.h"

void sl_pool_init(struct sl_pool *pool, size_t most, void (*destroy)(struct sl_pooled *p))
{
    *pool = (struct sl_pool){ .most = most, .destroy = destroy };
}

/* All but the `keep` that were used last. */
static void shrink(struct sl_pool *pool, size_t keep)
{
    struct sl_pooled **from = &pool->first, *rest;

    for (size_t i = 0; i < keep && *from; i++)
        from = &(*from)->next;
    rest = *from;
    *from = NULL;
    while (rest) {
        struct sl_pooled *p = rest;

        rest = p->next;
        pool->n--;
        pool->destroy(p);
    }
}

void sl_pool_finish(struct sl_pool *pool)
{
    shrink(pool, 0);
    pool->least = 0;
}

void sl_pool_age(struct sl_pool *pool)
{
    shrink(pool, pool->n - pool->least);
    pool->least = pool->n;
}
