/* SPDX-License-Identifier: Apache-2.0 */
/* attempt_pool.c - attempts that ended wait here for the next call of their loop, with their
 * arenas' first blocks. */
#include "call/attempt/attempt.h"
#include "credential/grant.h"

#include <stdlib.h>

#define ATTEMPT_ARENA (64u << 20)
#define ATTEMPT_FIRST 1840 /* an ordinary one takes 1,700 bytes */
#define SCRATCH_ARENA (64u << 20)
#define POOL_ATTEMPTS 256 /* kept for the next ones, per loop */

struct sl_attempt *sl_attempt_take(struct sl_worker *w)
{
    struct sl_pooled *p = sl_pool_take(&w->attempt_pool);
    struct sl_attempt *a;

    if (p)
        return SL_CONTAINER(p, struct sl_attempt, pooled);
    a = calloc(1, sizeof *a);
    if (a) {
        sl_arena_init_small(&a->arena, ATTEMPT_ARENA, ATTEMPT_FIRST);
        sl_arena_init(&a->scratch, SCRATCH_ARENA);
    }
    return a;
}

void sl_attempt_recycle(struct sl_attempt *a)
{
    struct sl_worker *w = a->call->worker;
    struct sluice_arena arena = a->arena, scratch = a->scratch;

    sl_list_remove(&a->node);
    sl_grant_drop(a->grant);
    memset(a, 0, offsetof(struct sl_attempt, call_view));
    a->arena = arena;
    a->scratch = scratch;
    sl_arena_reset(&a->arena);
    sl_arena_reset(&a->scratch);
    sl_pool_give(&w->attempt_pool, &a->pooled);
}

static void destroy(struct sl_pooled *p)
{
    struct sl_attempt *a = SL_CONTAINER(p, struct sl_attempt, pooled);

    sl_arena_finish(&a->arena);
    sl_arena_finish(&a->scratch);
    free(a);
}

void sl_attempt_pool_init(struct sl_pool *pool)
{
    sl_pool_init(pool, POOL_ATTEMPTS, destroy);
}
