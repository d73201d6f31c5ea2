/* SPDX-License-Identifier: Apache-2.0 */
/* state.c - see state.h. Averages move by an eighth per sample; the minute rolls over by itself. */
#include "route/state.h"

#include <pthread.h>
#include <stdlib.h>
#include "base/map.h"

struct sl_state_registry {
    pthread_mutex_t lock; /* guards the map and the slots, never the counters */
    struct sl_map by_id;
    uint32_t next_slot;
};

struct sl_state_registry *sl_state_registry_create(void)
{
    struct sl_state_registry *r = calloc(1, sizeof *r);

    if (!r)
        return NULL;
    pthread_mutex_init(&r->lock, NULL);
    sl_map_init(&r->by_id);
    return r;
}

void sl_state_registry_destroy(struct sl_state_registry *r)
{
    if (!r)
        return;
    sl_map_finish(&r->by_id);
    pthread_mutex_destroy(&r->lock);
    free(r);
}

static struct sl_deployment_state *create(struct sl_state_registry *r, sluice_span id)
{
    struct sl_deployment_state *s = calloc(1, sizeof *s + id.len + 1);
    char *text;

    if (!s)
        return NULL;
    text = (char *)(s + 1);
    memcpy(text, id.ptr, id.len);
    s->id = sl_span(text, id.len);
    s->slot = r->next_slot++;
    s->registry = r;
    atomic_init(&s->refs, 1);
    atomic_init(&s->latency_us, -1);
    atomic_init(&s->first_byte_us, -1);
    atomic_init(&s->error_ppm, -1);
    return s;
}

struct sl_deployment_state *sl_state_hold(struct sl_state_registry *r, sluice_span id)
{
    struct sl_deployment_state *s;

    pthread_mutex_lock(&r->lock);
    s = sl_map_get(&r->by_id, id);
    if (s) {
        atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
    } else {
        s = create(r, id);
        if (s && !sl_map_put(&r->by_id, s->id, s)) {
            free(s);
            s = NULL;
        }
    }
    pthread_mutex_unlock(&r->lock);
    return s;
}

void sl_state_drop(struct sl_deployment_state *s)
{
    struct sl_state_registry *r;

    if (!s)
        return;
    r = s->registry;
    pthread_mutex_lock(&r->lock);
    if (atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) == 1) {
        (void)sl_map_remove(&r->by_id, s->id);
        free(s);
    }
    pthread_mutex_unlock(&r->lock);
}

/* Two loops may roll the minute over at once: the one that changes it clears the counters. */
static void roll_minute(struct sl_deployment_state *s, int64_t minute)
{
    int64_t seen = atomic_load_explicit(&s->minute, memory_order_relaxed);

    if (seen != minute &&
        atomic_compare_exchange_strong_explicit(&s->minute, &seen, minute, memory_order_relaxed,
                                                memory_order_relaxed)) {
        atomic_store_explicit(&s->minute_requests, 0, memory_order_relaxed);
        atomic_store_explicit(&s->minute_tokens, 0, memory_order_relaxed);
    }
}

static void average(_Atomic int64_t *value, int64_t sample)
{
    int64_t old = atomic_load_explicit(value, memory_order_relaxed);

    /* A lost update between two loops costs one sample: good enough for an average. */
    atomic_store_explicit(value, old < 0 ? sample : old + (sample - old) / 8, memory_order_relaxed);
}

void sl_state_begin(struct sl_deployment_state *s, int64_t unix_ms)
{
    roll_minute(s, unix_ms / 60000);
    atomic_fetch_add_explicit(&s->in_flight, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&s->minute_requests, 1, memory_order_relaxed);
}

void sl_state_end(struct sl_deployment_state *s, sluice_status status, int64_t unix_ms,
                  int64_t first_byte_us, int64_t total_us, int64_t tokens)
{
    roll_minute(s, unix_ms / 60000);
    atomic_fetch_sub_explicit(&s->in_flight, 1, memory_order_relaxed);
    if (tokens > 0)
        atomic_fetch_add_explicit(&s->minute_tokens, tokens, memory_order_relaxed);
    if (status == SLUICE_E_CANCELLED)
        return;
    atomic_fetch_add_explicit(&s->calls, 1, memory_order_relaxed);
    average(&s->error_ppm, status < 0 ? 1000000 : 0);
    if (status < 0) {
        atomic_fetch_add_explicit(&s->failures, 1, memory_order_relaxed);
        return;
    }
    if (first_byte_us >= 0)
        average(&s->first_byte_us, first_byte_us);
    if (total_us >= 0)
        average(&s->latency_us, total_us);
}

void sl_state_minute(struct sl_deployment_state *s, int64_t unix_ms, int64_t *requests,
                     int64_t *tokens)
{
    roll_minute(s, unix_ms / 60000);
    *requests = atomic_load_explicit(&s->minute_requests, memory_order_relaxed);
    *tokens = atomic_load_explicit(&s->minute_tokens, memory_order_relaxed);
}
