/* SPDX-License-Identifier: Apache-2.0 */
/* state.c - see state.h. Averages move by an eighth per sample; the minute rolls over by itself. */
#include "route/state.h"

#include <pthread.h>
#include <stdlib.h>
#include "base/map.h"

#define PEAK_DECAY_MS 10000   /* how fast a peak is forgotten: to a third in this time */
#define TIMEOUT_US 1000000000 /* what a timeout counts for in the windows, as with LiteLLM */
#define SAMPLE_TTL_MS 3600000

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

static void set(_Atomic int64_t *value, int64_t n)
{
    atomic_store_explicit(value, n, memory_order_relaxed);
}

static int64_t get(const _Atomic int64_t *value)
{
    return atomic_load_explicit(value, memory_order_relaxed);
}

static struct sl_deployment_state *create(struct sl_state_registry *r, sluice_span id)
{
    size_t size = (sizeof(struct sl_deployment_state) + id.len + 64) / 64 * 64;
    struct sl_deployment_state *s = aligned_alloc(64, size);
    char *text;

    if (!s)
        return NULL;
    memset(s, 0, size);
    text = (char *)(s + 1);
    memcpy(text, id.ptr, id.len);
    s->id = sl_span(text, id.len);
    s->slot = r->next_slot++;
    s->registry = r;
    atomic_init(&s->refs, 1);
    atomic_flag_clear(&s->writing);
    set(&s->latency_us, -1);
    set(&s->first_byte_us, -1);
    set(&s->error_ppm, -1);
    set(&s->token_ns, -1);
    set(&s->first_token_us, -1);
    set(&s->peak_us, -1);
    set(&s->peak_first_us, -1);
    sl_state_window(s, SL_SAMPLES, SAMPLE_TTL_MS);
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

void sl_state_window(struct sl_deployment_state *s, int64_t samples, int64_t ttl_ms)
{
    set(&s->samples, samples < 1 ? 1 : samples > SL_SAMPLES_MOST ? SL_SAMPLES_MOST : samples);
    set(&s->sample_ttl_ms, ttl_ms);
}

/* Two loops may roll the minute over at once: the one that changes it clears the counters. */
static void roll_minute(struct sl_deployment_state *s, int64_t minute)
{
    int64_t seen = get(&s->minute);

    if (seen != minute &&
        atomic_compare_exchange_strong_explicit(&s->minute, &seen, minute, memory_order_relaxed,
                                                memory_order_relaxed)) {
        set(&s->minute_requests, 0);
        set(&s->minute_tokens, 0);
    }
}

static void average(_Atomic int64_t *value, int64_t sample)
{
    int64_t old = get(value);

    set(value, old < 0 ? sample : old + (sample - old) / 8);
}

/* e^-x for x >= 0 in parts of 2^16, by squaring (1 - x/64): good to a few per cent, which is more
 * than a guess of latency deserves. */
static int64_t decayed(int64_t value, int64_t age_ms)
{
    int64_t left;

    if (age_ms <= 0)
        return value;
    if (age_ms >= 16 * PEAK_DECAY_MS)
        return 0;
    left = 65536 - 65536 * age_ms / (64 * PEAK_DECAY_MS);
    for (int i = 0; i < 6; i++)
        left = left * left >> 16;
    return (int64_t)((__int128)value * left >> 16);
}

/* Peak-EWMA: a slow answer counts at once and whole, fast ones pull the value down as time passes.
 */
static void peak(_Atomic int64_t *value, _Atomic int64_t *at_ms, int64_t sample, uint64_t now_ms)
{
    int64_t old = get(value), kept;

    if (old > sample) {
        kept = decayed(old - sample, (int64_t)now_ms - get(at_ms));
        sample += kept;
    }
    set(value, sample);
    set(at_ms, (int64_t)now_ms);
}

static void add_sample(struct sl_window *w, int64_t value, uint64_t now_ms, uint32_t most,
                       int64_t ttl_ms, _Atomic int64_t *mean, _Atomic int64_t *at_ms)
{
    __int128 sum = 0;
    int64_t n = 0;

    if (w->next >= most) /* the configuration became smaller */
        w->next = 0;
    w->value[w->next] = value;
    w->at_ms[w->next] = now_ms;
    w->next = (w->next + 1) % most;
    if (w->n < most)
        w->n++;
    else
        w->n = most;
    for (uint32_t i = 0; i < w->n; i++)
        if (w->at_ms[i] + (uint64_t)ttl_ms >= now_ms) {
            sum += w->value[i];
            n++;
        }
    set(mean, (int64_t)(sum / (n ? n : 1)));
    set(at_ms, (int64_t)now_ms);
}

/* The times that latency-based routing goes by. A timeout is a very long answer; other failures
 * say nothing about time. */
static void measure(struct sl_deployment_state *s, const struct sl_sample *p)
{
    int64_t tokens = p->output_tokens > 0 ? p->output_tokens : 1;
    int64_t total_us = p->status == SLUICE_E_TIMEOUT ? TIMEOUT_US : p->total_us;
    int64_t first_us = p->status == SLUICE_E_TIMEOUT ? TIMEOUT_US : p->first_token_us;
    uint32_t most = (uint32_t)get(&s->samples);
    int64_t ttl_ms = get(&s->sample_ttl_ms);

    while (atomic_flag_test_and_set_explicit(&s->writing, memory_order_acquire))
        ;
    if (total_us >= 0)
        add_sample(&s->tokens, total_us * 1000 / tokens, p->now_ms, most, ttl_ms, &s->token_ns,
                   &s->token_at_ms);
    if (p->stream && first_us >= 0)
        add_sample(&s->firsts, first_us, p->now_ms, most, ttl_ms, &s->first_token_us,
                   &s->first_token_at_ms);
    atomic_flag_clear_explicit(&s->writing, memory_order_release);
    if (total_us >= 0 && !p->stream)
        peak(&s->peak_us, &s->peak_at_ms, total_us, p->now_ms);
    if (first_us >= 0 && p->stream)
        peak(&s->peak_first_us, &s->peak_first_at_ms, first_us, p->now_ms);
}

void sl_state_begin(struct sl_deployment_state *s, int64_t unix_ms)
{
    roll_minute(s, unix_ms / 60000);
    atomic_fetch_add_explicit(&s->in_flight, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&s->minute_requests, 1, memory_order_relaxed);
}

bool sl_state_try(struct sl_deployment_state *s, int64_t unix_ms, int64_t most)
{
    int64_t n;

    if (most < 0) {
        sl_state_begin(s, unix_ms);
        return true;
    }
    n = atomic_load(&s->in_flight);
    do
        if (n >= most)
            return false;
    while (!atomic_compare_exchange_weak(&s->in_flight, &n, n + 1));
    roll_minute(s, unix_ms / 60000);
    atomic_fetch_add_explicit(&s->minute_requests, 1, memory_order_relaxed);
    return true;
}

void sl_state_end(struct sl_deployment_state *s, const struct sl_sample *p)
{
    int64_t tokens =
        (p->input_tokens > 0 ? p->input_tokens : 0) + (p->output_tokens > 0 ? p->output_tokens : 0);

    roll_minute(s, p->unix_ms / 60000);
    atomic_fetch_sub_explicit(&s->in_flight, 1, memory_order_relaxed);
    if (tokens > 0)
        atomic_fetch_add_explicit(&s->minute_tokens, tokens, memory_order_relaxed);
    if (p->status == SLUICE_E_CANCELLED)
        return;
    atomic_fetch_add_explicit(&s->calls, 1, memory_order_relaxed);
    average(&s->error_ppm, p->status < 0 ? 1000000 : 0);
    if (p->status >= 0 || p->status == SLUICE_E_TIMEOUT)
        measure(s, p);
    if (p->status < 0) {
        atomic_fetch_add_explicit(&s->failures, 1, memory_order_relaxed);
        return;
    }
    if (p->first_byte_us >= 0)
        average(&s->first_byte_us, p->first_byte_us);
    if (p->total_us >= 0)
        average(&s->latency_us, p->total_us);
}

void sl_state_minute(const struct sl_deployment_state *s, int64_t unix_ms, int64_t *requests,
                     int64_t *tokens)
{
    bool now = get(&s->minute) == unix_ms / 60000;

    *requests = now ? get(&s->minute_requests) : 0;
    *tokens = now ? get(&s->minute_tokens) : 0;
}
