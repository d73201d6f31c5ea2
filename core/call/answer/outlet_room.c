/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outlet_room.c - the memory that an answer is put together in. A loop writes one answer at a time:
 * it keeps one of each and lends them, so that thousands of streams which wait hold none.
 */
#include "call/answer/outlet.h"

#include <stdlib.h>

#define PARTS_FIRST 16

void sl_outlet_room_init(struct sl_outlet_room *r)
{
    *r = (struct sl_outlet_room){ .cap_parts = 0 };
    sl_buf_init(&r->pending, SL_PENDING_MOST);
}

void sl_outlet_room_finish(struct sl_outlet_room *r)
{
    free(r->parts);
    sl_buf_finish(&r->pending);
}

bool sl_out_more_parts(struct sl_call *c)
{
    struct sl_outlet_room *mine = &c->out.room, *loops = &c->worker->room;
    size_t cap = mine->cap_parts ? mine->cap_parts * 2 : PARTS_FIRST;
    sluice_span *parts;

    if (!mine->parts && loops->parts) {
        mine->parts = loops->parts;
        mine->cap_parts = loops->cap_parts;
        loops->parts = NULL;
        return true;
    }
    parts = realloc(mine->parts, cap * sizeof *parts);
    if (!parts)
        return false;
    mine->parts = parts;
    mine->cap_parts = cap;
    return true;
}

struct sl_buf *sl_out_pending(struct sl_call *c)
{
    struct sl_buf *mine = &c->out.room.pending, *loops = &c->worker->room.pending;

    if (!mine->ptr) {
        *mine = *loops;
        sl_buf_init(loops, SL_PENDING_MOST);
    }
    return mine;
}

void sl_out_return_room(struct sl_call *c, bool all)
{
    struct sl_outlet_room *mine = &c->out.room, *loops = &c->worker->room;

    if (mine->parts) {
        if (loops->parts) {
            free(mine->parts);
        } else {
            loops->parts = mine->parts;
            loops->cap_parts = mine->cap_parts;
        }
        mine->parts = NULL;
        mine->cap_parts = 0;
    }
    if (!all)
        return;
    sl_buf_reset(&mine->pending);
    if (mine->pending.ptr && !loops->pending.ptr) {
        loops->pending = mine->pending;
        sl_buf_init(&mine->pending, SL_PENDING_MOST);
    }
    sl_buf_finish(&mine->pending);
}
