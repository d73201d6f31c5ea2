/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state.h - what is learned about a deployment while the process lives: in flight, this minute's
 * requests and tokens, averages. Kept by deployment id in a registry that outlives configuration
 * snapshots, so that a reload forgets nothing. Counters are atomics that all loops share ([any]).
 */
#ifndef SL_ROUTE_STATE_H
#define SL_ROUTE_STATE_H

#include <stdatomic.h>
#include "base/span.h"

struct sl_deployment_state {
    atomic_uint refs;
    uint32_t slot; /* small; a slot is never reused while the process lives */
    sluice_span id;
    struct sl_state_registry *registry;
    _Atomic int64_t in_flight;
    _Atomic int64_t calls, failures; /* attempts that ended; CANCELLED ones in neither */
    _Atomic int64_t minute;          /* Unix minute that the next two count */
    _Atomic int64_t minute_requests, minute_tokens;
    _Atomic int64_t retry_debt; /* budget.h */
    _Atomic int64_t latency_us, first_byte_us, error_ppm; /* moving averages; -1 = none yet */
};

struct sl_state_registry;

struct sl_state_registry *sl_state_registry_create(void);    /* NULL when out of memory */
void sl_state_registry_destroy(struct sl_state_registry *r); /* after the last drop */
/* Find or make, held for the caller; NULL when out of memory. */
struct sl_deployment_state *sl_state_hold(struct sl_state_registry *r, sluice_span id);
void sl_state_drop(struct sl_deployment_state *s);

/* An attempt begins. */
void sl_state_begin(struct sl_deployment_state *s, int64_t unix_ms);
/* It ended: how, and what it took. tokens and times -1 = not known. */
void sl_state_end(struct sl_deployment_state *s, sluice_status status, int64_t unix_ms,
                  int64_t first_byte_us, int64_t total_us, int64_t tokens);
/* Requests and tokens of the current minute. */
void sl_state_minute(struct sl_deployment_state *s, int64_t unix_ms, int64_t *requests,
                     int64_t *tokens);

#endif
