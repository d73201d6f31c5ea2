/* SPDX-License-Identifier: Apache-2.0 */
/*
 * body.h - a request's body: counted, outside of the call's arena, so that it can go at commit,
 * when the first byte has reached the client and nobody needs it any more. All bodies together are
 * bounded. One loop's; not shared.
 */
#ifndef SL_CALL_BODY_H
#define SL_CALL_BODY_H

#include "base/buf.h"
#include "base/list.h"
#include "base/pool.h"
#include "call/runtime/owner.h"

struct sl_body {
    union {
        unsigned refs;
        struct sl_pooled pooled;
    };
    struct sl_owner *owner;
    struct sl_pool *pool; /* where it goes; NULL = it is freed */
    char *ptr;
    size_t len, size, expected;
    bool borrowed;
    void (*released)(void *ctx); /* of a borrowed one */
    void *ctx;
};

/* For bodies that are over, with their memory: for the next ones of the same loop. Who takes one
 * sees nothing of what was there: a body's text is as long as what was added to it. */
void sl_body_pool_init(struct sl_pool *pool);
/* expected: bytes announced, 0 = not known. NULL when out of memory. */
struct sl_body *sl_body_create(struct sl_owner *owner, struct sl_pool *pool, size_t expected);
struct sl_body *sl_body_borrow(struct sl_owner *owner, sluice_span data,
                               void (*released)(void *ctx), void *ctx);
/* Takes the buffer's memory, which is then empty. */
struct sl_body *sl_body_adopt(struct sl_owner *owner, struct sl_buf *b);
/* Where sl_body_add() would copy the next bytes to, *room of them, so that they can be put there in
 * the first place; NULL: nowhere, or out of memory. */
char *sl_body_room(struct sl_body *b, size_t *room);
/* LIMITED: more than max_body; NOMEM: memory or max_in_flight of all bodies. */
sluice_status sl_body_add(struct sl_body *b, sluice_span data, uint64_t max_body,
                          int64_t max_in_flight);
/* Would len more bytes be beyond the bound of all bodies? */
bool sl_body_is_full(struct sl_owner *owner, size_t len, int64_t max_in_flight);
struct sl_body *sl_body_hold(struct sl_body *b);
void sl_body_drop(struct sl_body *b); /* NULL is fine */

static inline sluice_span sl_body_span(const struct sl_body *b)
{
    return b ? sl_span(b->ptr, b->len) : sl_span(NULL, 0);
}

#endif
