/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state.h - what is learned about a deployment while the process lives: in flight, this minute's
 * requests and tokens, averages, the last measured times. Kept by deployment id in a registry that
 * outlives configuration snapshots, so that a reload forgets nothing. Counters are atomics that all
 * loops share ([any]); averages may lose a sample when two loops end an attempt at once.
 */
#ifndef SL_ROUTE_STATE_H
#define SL_ROUTE_STATE_H

#include <stdatomic.h>
#include "base/span.h"
#include "route/cooldown.h"

#define SL_SAMPLES 10      /* times that are kept: LiteLLM's max_latency_list_size */
#define SL_SAMPLES_MOST 32 /* that a configuration may ask for */

/* The last measured times of one kind. Written under the state's lock. */
struct sl_window {
    int64_t value[SL_SAMPLES_MOST];
    uint64_t at_ms[SL_SAMPLES_MOST];
    uint32_t next, n;
};

struct sl_deployment_state {
    /* What all choices read: one cache line, the end of the breaker's rest at its end. */
    _Alignas(64) _Atomic int64_t in_flight;
    _Atomic int64_t minute; /* Unix minute that the next two count */
    _Atomic int64_t minute_requests, minute_tokens;
    _Atomic int64_t latency_us, first_byte_us, error_ppm; /* moving averages; -1 = none yet */
    struct sl_breaker breaker;
    /* Measured times, which some routers go by: another line. */
    _Alignas(64) _Atomic int64_t token_ns; /* means of the windows; -1 = empty */
    _Atomic int64_t first_token_us;
    _Atomic int64_t token_at_ms, first_token_at_ms; /* their newest samples' times */
    _Atomic int64_t peak_us, peak_first_us;         /* peak-EWMA as of the next two; -1 */
    _Atomic int64_t peak_at_ms, peak_first_at_ms;

    _Atomic int64_t calls, failures; /* attempts that ended; CANCELLED ones in neither */
    atomic_uint refs;
    uint32_t slot; /* small; a slot is never reused while the process lives */
    sluice_span id;
    struct sl_state_registry *registry;
    _Atomic int64_t
        checked_ms; /* the last health check: Unix time, negative when it failed; 0 = none */
    _Atomic int64_t retry_debt;    /* budget.h */
    _Atomic int64_t turn;          /* of its keys; keys.h */
    _Atomic int64_t sample_ttl_ms; /* older samples do not count */
    _Atomic int64_t samples;       /* at most SL_SAMPLES_MOST */
    atomic_flag writing;           /* guards the windows */
    struct sl_window tokens, firsts;
};

struct sl_state_registry;

struct sl_state_registry *sl_state_registry_create(void);    /* NULL when out of memory */
void sl_state_registry_destroy(struct sl_state_registry *r); /* after the last drop */
/* Find or make, held for the caller; NULL when out of memory. */
struct sl_deployment_state *sl_state_hold(struct sl_state_registry *r, sluice_span id);
void sl_state_drop(struct sl_deployment_state *s);
/* How many samples the windows hold and how long they count; from a configuration. */
void sl_state_window(struct sl_deployment_state *s, int64_t samples, int64_t ttl_ms);

/* An attempt begins. */
void sl_state_begin(struct sl_deployment_state *s, int64_t unix_ms);
/* The same unless so many run already: false. most -1: no limit. */
bool sl_state_try(struct sl_deployment_state *s, int64_t unix_ms, int64_t most);

/* How one ended; numbers that nobody knows are -1. */
struct sl_sample {
    sluice_status status;
    bool stream;
    uint64_t now_ms; /* monotonic */
    int64_t unix_ms;
    int64_t first_byte_us;  /* to the head of the answer */
    int64_t first_token_us; /* to the first useful event; of streams */
    int64_t total_us;
    int64_t input_tokens, output_tokens;
};
void sl_state_end(struct sl_deployment_state *s, const struct sl_sample *sample);
/* Requests and tokens of the current minute. */
void sl_state_minute(const struct sl_deployment_state *s, int64_t unix_ms, int64_t *requests,
                     int64_t *tokens);

#endif
