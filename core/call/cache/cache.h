/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cache.h - answers kept and played again. What is stored is the vendor's native answer, with the
 * deployment it came from and how it was read: a hit is an attempt on the replay transport, through
 * the same provider and outlet.
 */
#ifndef SL_CALL_CACHE_H
#define SL_CALL_CACHE_H

#include "call/attempt/attempt.h"

#define SL_CACHED_FORMAT 1u /* of packed values; others are misses */

/* What a hit holds, unpacked: spans of the stored value. */
struct sl_cached {
    sluice_span deployment, content_type;
    sluice_span body;     /* unpacked */
    struct sl_tape *tape; /* to pack */
    uint32_t framing;
};

/* In the call's arena; ptr NULL when it is full. */
sluice_span sl_cached_pack(struct sl_call *c, const struct sl_cached *parts);
/* false: not a value of ours. */
bool sl_cached_unpack(const sluice_cache_entry *entry, struct sl_cached *out);

/* The call was answered well by this attempt: keep its answer, if the call may. */
void sl_cache_put(struct sl_attempt *a);
/* Let go of a hit. */
void sl_cache_release(struct sl_call *c);

#endif
