/* SPDX-License-Identifier: Apache-2.0 */
/* watch.h - a descriptor that somebody else owns, watched on a loop. Level-triggered. [loop] */
#ifndef SL_NET_WATCH_H
#define SL_NET_WATCH_H

#include "net/loop.h"

struct sl_watch;

#define SL_WATCH_READ 1u
#define SL_WATCH_WRITE 2u

/* Error and hang-up show as every event asked for. NULL when out of memory. */
struct sl_watch *sl_watch_create(struct sl_loop *l, int fd, uint32_t events,
                                 void (*fn)(void *ctx, int fd, uint32_t events), void *ctx);
/* 0 pauses. */
void sl_watch_set(struct sl_watch *w, uint32_t events);
/* Allowed in every callback, its own too; fn does not run any more. The descriptor stays open. */
void sl_watch_destroy(struct sl_watch *w);

#endif
