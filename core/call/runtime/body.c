/* SPDX-License-Identifier: Apache-2.0 */
/* body.c - see body.h. */
#include "call/runtime/body.h"

#include <stdlib.h>

/* What was announced is not believed at once: so much is, and then a multiple of what has come. */
#define BELIEVED (64u << 10)
#define BELIEVED_TIMES 16
#define POOL_MOST 64          /* bodies that are kept ... */
#define KEPT_MOST (16u << 10) /* ... and the memory of each */

static struct sl_body *take(struct sl_pool *pool)
{
    struct sl_pooled *p = sl_pool_take(pool);

    return p ? SL_CONTAINER(p, struct sl_body, pooled) : calloc(1, sizeof(struct sl_body));
}

static void destroy(struct sl_pooled *p)
{
    struct sl_body *b = SL_CONTAINER(p, struct sl_body, pooled);

    free(b->ptr);
    free(b);
}

static void release(struct sl_body *b)
{
    if (!b->pool || b->size > KEPT_MOST)
        destroy(&b->pooled);
    else
        sl_pool_give(b->pool, &b->pooled);
}

void sl_body_pool_init(struct sl_pool *pool)
{
    sl_pool_init(pool, POOL_MOST, destroy);
}

struct sl_body *sl_body_create(struct sl_owner *owner, struct sl_pool *pool, size_t expected)
{
    struct sl_body *b = take(pool);

    if (!b)
        return NULL;
    *b = (struct sl_body){ .refs = 1,
                           .owner = owner,
                           .pool = pool,
                           .expected = expected,
                           .ptr = b->ptr,
                           .size = b->size };
    if (expected > BELIEVED)
        expected = BELIEVED;
    if (expected > b->size) {
        free(b->ptr);
        b->ptr = malloc(expected);
        b->size = b->ptr ? expected : 0;
        if (!b->ptr) {
            release(b);
            return NULL;
        }
    }
    return b;
}

struct sl_body *sl_body_borrow(struct sl_owner *owner, sluice_span data,
                               void (*released)(void *ctx), void *ctx)
{
    struct sl_body *b = calloc(1, sizeof *b);

    if (!b)
        return NULL;
    *b = (struct sl_body){
        .refs = 1,
        .owner = owner,
        .ptr = (char *)(uintptr_t)data.ptr, /* read only: borrowed says so */
        .len = data.len,
        .borrowed = true,
        .released = released,
        .ctx = ctx,
    };
    return b;
}

struct sl_body *sl_body_adopt(struct sl_owner *owner, struct sl_buf *b)
{
    struct sl_body *body = calloc(1, sizeof *body);

    if (!body)
        return NULL;
    *body = (struct sl_body){
        .refs = 1, .owner = owner, .ptr = b->ptr, .len = b->len, .size = b->size
    };
    b->ptr = NULL;
    b->len = b->size = 0;
    atomic_fetch_add_explicit(&owner->body_bytes, (int64_t)body->len, memory_order_relaxed);
    return body;
}

/* So that `len` bytes in all have room. */
static bool grow(struct sl_body *b, size_t len)
{
    size_t believed = b->len * BELIEVED_TIMES, size = b->size * 2;
    char *ptr;

    if (b->expected >= len)
        size = b->expected < believed ? b->expected : believed;
    if (size < len)
        size = len;
    ptr = realloc(b->ptr, size);
    if (!ptr)
        return false;
    b->ptr = ptr;
    b->size = size;
    return true;
}

char *sl_body_room(struct sl_body *b, size_t *room)
{
    if (b->len >= b->expected || (b->len == b->size && !grow(b, b->len + 1)))
        return NULL;
    *room = (b->size < b->expected ? b->size : b->expected) - b->len;
    return b->ptr + b->len;
}

sluice_status sl_body_add(struct sl_body *b, sluice_span data, uint64_t max_body,
                          int64_t max_in_flight)
{
    if (data.len > max_body || b->len > max_body - data.len)
        return SLUICE_E_LIMITED;
    if (sl_body_is_full(b->owner, data.len, max_in_flight))
        return SLUICE_E_NOMEM;
    if (b->len + data.len > b->size && !grow(b, b->len + data.len))
        return SLUICE_E_NOMEM;
    if (data.len && data.ptr != b->ptr + b->len) /* else it was put there: sl_body_room() */
        memcpy(b->ptr + b->len, data.ptr, data.len);
    b->len += data.len;
    atomic_fetch_add_explicit(&b->owner->body_bytes, (int64_t)data.len, memory_order_relaxed);
    return SLUICE_OK;
}

bool sl_body_is_full(struct sl_owner *owner, size_t len, int64_t max_in_flight)
{
    return atomic_load_explicit(&owner->body_bytes, memory_order_relaxed) + (int64_t)len >
           max_in_flight;
}

struct sl_body *sl_body_hold(struct sl_body *b)
{
    b->refs++;
    return b;
}

void sl_body_drop(struct sl_body *b)
{
    if (!b || --b->refs > 0)
        return;
    if (b->borrowed) {
        b->ptr = NULL; /* not ours to free */
        if (b->released)
            b->released(b->ctx);
    } else {
        atomic_fetch_sub_explicit(&b->owner->body_bytes, (int64_t)b->len, memory_order_relaxed);
    }
    release(b);
}
