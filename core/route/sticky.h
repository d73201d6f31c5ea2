/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sticky.h - calls that belong together go to the same deployment, so that the vendor's prompt
 * cache hits: rendezvous hashing. Nothing is stored; a deployment that goes moves only its own
 * sessions, and they come back with it. All replicas of one configuration agree.
 */
#ifndef SL_ROUTE_STICKY_H
#define SL_ROUTE_STICKY_H

#include <sluice/router.h>

/* Of a session's name or a prompt's beginning; never 0. The same in every process. */
uint64_t sl_sticky_hash(sluice_span text);
/* Go on with more text. */
uint64_t sl_sticky_more(uint64_t hash, sluice_span text);
/* The candidate that the session belongs to; shares over many sessions are as the weights, where
 * the first candidate has one. */
size_t sl_sticky_choose(uint64_t sticky, const sluice_deployment *const *candidates,
                        const uint64_t *ids, const uint32_t *from, size_t n);

#endif
