/* SPDX-License-Identifier: Apache-2.0 */
/* out.c - the chain of blocks of out.h. */
#include "server/out.h"

#include <sluice_sdk/arena.h>
#include <sluice_sdk/list.h>
#include <stdlib.h>

static struct gw_block *take(struct gw_block_pool *pool)
{
    struct sl_pooled *p = sl_pool_take(&pool->spare);
    struct gw_block *b;

    if (p) {
        b = SL_CONTAINER(p, struct gw_block, pooled);
    } else {
        b = sl_fault_hit() ? NULL : malloc(sizeof *b);
        if (!b)
            return NULL;
    }
    pool->n_used++;
    b->next = NULL;
    b->from = b->to = 0;
    return b;
}

static void give(struct gw_block_pool *pool, struct gw_block *b)
{
    pool->n_used--;
    sl_pool_give(&pool->spare, &b->pooled);
}

static void destroy(struct sl_pooled *p)
{
    free(SL_CONTAINER(p, struct gw_block, pooled));
}

void gw_block_pool_init(struct gw_block_pool *pool, size_t most)
{
    pool->n_used = 0;
    sl_pool_init(&pool->spare, most, destroy);
}

/* A fresh block behind the others. */
static struct gw_block *append(struct gw_out *out, struct gw_block_pool *pool)
{
    struct gw_block *b = take(pool);

    if (!b)
        return NULL;
    if (out->last)
        out->last->next = b;
    else
        out->first = b;
    return out->last = b;
}

bool gw_out_add(struct gw_out *out, struct gw_block_pool *pool, sluice_span s)
{
    while (s.len) {
        struct gw_block *b = out->last;
        size_t n;

        if (!b || b->to == GW_BLOCK_ROOM)
            b = append(out, pool);
        if (!b)
            return false;
        n = GW_BLOCK_ROOM - b->to < s.len ? GW_BLOCK_ROOM - b->to : s.len;
        memcpy(b->data + b->to, s.ptr, n);
        b->to += (uint32_t)n;
        out->len += n;
        s = sl_span_from(s, n);
    }
    return true;
}

char *gw_out_room(struct gw_out *out, struct gw_block_pool *pool, size_t n)
{
    struct gw_block *b = out->last;

    if (n > GW_BLOCK_ROOM)
        return NULL;
    if (!b || GW_BLOCK_ROOM - b->to < n)
        b = append(out, pool);
    return b ? b->data + b->to : NULL;
}

void gw_out_wrote(struct gw_out *out, size_t n)
{
    out->last->to += (uint32_t)n;
    out->len += n;
}

void gw_out_consume(struct gw_out *out, struct gw_block_pool *pool, size_t n)
{
    out->len -= n;
    while (out->first) {
        struct gw_block *b = out->first;
        size_t here = b->to - b->from;

        if (n < here) {
            b->from += (uint32_t)n;
            return;
        }
        n -= here;
        out->first = b->next;
        give(pool, b);
        if (n == 0 && out->len)
            return;
    }
    out->last = NULL;
}

size_t gw_out_vectors(const struct gw_out *out, struct iovec *iov, size_t max)
{
    size_t n = 0;

    for (struct gw_block *b = out->first; b && n < max; b = b->next)
        iov[n++] = (struct iovec){ b->data + b->from, b->to - b->from };
    return n;
}
