/* SPDX-License-Identifier: Apache-2.0 */
/* out.h - bytes that wait to be written: a chain of small blocks, taken from a pool of the server's
 * so that a steady load allocates nothing and an idle connection holds nothing. */
#ifndef GW_OUT_H
#define GW_OUT_H

#include <sluice_sdk/pool.h>
#include <sluice_sdk/span.h>
#include <sys/uio.h>

#define GW_BLOCK_SIZE 4096
#define GW_BLOCK_ROOM (GW_BLOCK_SIZE - 16)

struct gw_block {
    union {
        struct gw_block *next;
        struct sl_pooled pooled;
    };
    uint32_t from, to; /* data[from..to) is still to be written */
    char data[GW_BLOCK_ROOM];
};

struct gw_block_pool {
    struct sl_pool spare;
    size_t n_used;
};

struct gw_out {
    struct gw_block *first, *last;
    size_t len;
};

void gw_block_pool_init(struct gw_block_pool *pool, size_t most);
/* False when memory is out; part of it may have been added. */
bool gw_out_add(struct gw_out *out, struct gw_block_pool *pool, sluice_span s);
/* Where the caller may write n bytes and then says how many they were; NULL: more than a block
 * holds, or memory is out. */
char *gw_out_room(struct gw_out *out, struct gw_block_pool *pool, size_t n);
void gw_out_wrote(struct gw_out *out, size_t n);
/* The first n bytes have been written. */
void gw_out_consume(struct gw_out *out, struct gw_block_pool *pool, size_t n);
/* The first blocks as vectors, at most max; returns how many. */
size_t gw_out_vectors(const struct gw_out *out, struct iovec *iov, size_t max);

#endif
