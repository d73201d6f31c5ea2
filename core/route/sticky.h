/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sticky.h - calls that belong together go to the same deployment, so that the vendor's prompt
 * cache hits: rendezvous hashing. Nothing is stored; a deployment that goes moves only its own
 * sessions, and they come back with it. All replicas of one configuration agree.
 */
#ifndef SL_ROUTE_STICKY_H
#define SL_ROUTE_STICKY_H

#include <sluice/plugin.h>

/* Of a session's name or a prompt's beginning; never 0. The same in every process. */
uint64_t sl_sticky_hash(sluice_span text);
/* Go on with more text. */
uint64_t sl_sticky_more(uint64_t hash, sluice_span text);
/* How long a deployment of this weight waits for a session, on average: the shortest wait wins. A
 * weight of 0, or none where others have one: for ever. */
double sl_sticky_wait(int64_t weight_ppm);
/* The one of from[0..n) that the session belongs to: places in ids and waits. Over many sessions
 * the shares are as the weights; waits NULL: all alike. Returns a place in from. */
size_t sl_sticky_choose(uint64_t sticky, const uint64_t *ids, const double *waits,
                        const uint32_t *from, size_t n);

#endif
