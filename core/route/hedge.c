/* SPDX-License-Identifier: Apache-2.0 */
/* hedge.c - see hedge.h. A histogram with buckets of an eighth of a doubling: a percentile is at
 * most 9 % too high. Old times lose half their weight every five minutes, or 4,096 calls. */
#include "route/hedge.h"

#define FIRST_US 1000
#define LEAST_SAMPLES 20 /* a percentile of fewer means nothing */
#define HALVE_MS 300000
#define HALVE_SAMPLES 4096
#define WHOLE 1000000
#define MOST_CREDIT (10 * (int64_t)WHOLE) /* second calls at once, after a quiet time */

static uint32_t load(const _Atomic uint32_t *n)
{
    return atomic_load_explicit(n, memory_order_relaxed);
}

static unsigned bucket_of(int64_t us)
{
    uint64_t units = us < FIRST_US ? 8 : (uint64_t)us * 8 / FIRST_US;
    unsigned doubling = 60u - (unsigned)__builtin_clzll(units);
    /* The three bits behind the highest one say where within the doubling. */
    unsigned b = doubling * 8 + (unsigned)(units >> doubling & 7);

    return b < SL_HEDGE_BUCKETS ? b : SL_HEDGE_BUCKETS - 1;
}

/* Where it ends. */
static int64_t end_of(unsigned bucket)
{
    return ((int64_t)(8 + bucket % 8 + 1) << bucket / 8) * FIRST_US / 8;
}

void sl_hedge_init(struct sl_hedge *h)
{
    for (unsigned i = 0; i < SL_HEDGE_BUCKETS; i++)
        atomic_init(&h->seen[i], 0);
    atomic_init(&h->n, 0);
    atomic_init(&h->halved_ms, 0);
    atomic_init(&h->credit, 0);
}

bool sl_hedge_is_on(const struct sl_hedge_rule *rule)
{
    return rule->after_ms >= 0 || rule->percentile > 0;
}

void sl_hedge_call(struct sl_hedge *h, const struct sl_hedge_rule *rule)
{
    int64_t now = atomic_fetch_add_explicit(&h->credit, rule->budget_ppm, memory_order_relaxed);

    if (now + rule->budget_ppm > MOST_CREDIT)
        atomic_store_explicit(&h->credit, MOST_CREDIT, memory_order_relaxed);
}

int64_t sl_hedge_delay_us(const struct sl_hedge *h, const struct sl_hedge_rule *rule)
{
    int64_t fixed = rule->after_ms >= 0 ? rule->after_ms * 1000 : -1, us;
    uint64_t all = 0, below = 0, wanted;
    unsigned i = 0;

    if (rule->percentile <= 0)
        return fixed;
    for (unsigned k = 0; k < SL_HEDGE_BUCKETS; k++)
        all += load(&h->seen[k]);
    if (all < LEAST_SAMPLES)
        return fixed;
    wanted = (all * (uint64_t)rule->percentile + 999) / 1000;
    for (; i < SL_HEDGE_BUCKETS - 1; i++) {
        below += load(&h->seen[i]);
        if (below >= wanted)
            break;
    }
    us = end_of(i);
    return us > fixed ? us : fixed;
}

bool sl_hedge_take(struct sl_hedge *h)
{
    int64_t had = atomic_load_explicit(&h->credit, memory_order_relaxed);

    while (had >= WHOLE)
        if (atomic_compare_exchange_weak_explicit(&h->credit, &had, had - WHOLE,
                                                  memory_order_relaxed, memory_order_relaxed))
            return true;
    return false;
}

static void halve(struct sl_hedge *h)
{
    for (unsigned i = 0; i < SL_HEDGE_BUCKETS; i++)
        atomic_store_explicit(&h->seen[i], load(&h->seen[i]) / 2, memory_order_relaxed);
    atomic_store_explicit(&h->n, 0, memory_order_relaxed);
}

void sl_hedge_observe(struct sl_hedge *h, int64_t first_us, uint64_t now_ms)
{
    uint64_t halved = atomic_load_explicit(&h->halved_ms, memory_order_relaxed);
    uint32_t n = atomic_fetch_add_explicit(&h->n, 1, memory_order_relaxed) + 1;
    bool due = n > HALVE_SAMPLES || (halved && now_ms > halved + HALVE_MS);

    /* One of the loops does it. */
    if ((due || !halved) &&
        atomic_compare_exchange_strong_explicit(&h->halved_ms, &halved, now_ms ? now_ms : 1,
                                                memory_order_relaxed, memory_order_relaxed) &&
        due)
        halve(h);
    atomic_fetch_add_explicit(&h->seen[bucket_of(first_us)], 1, memory_order_relaxed);
}
