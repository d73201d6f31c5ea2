/* SPDX-License-Identifier: Apache-2.0 */
/* cooldown.c - see cooldown.h. The numbers are LiteLLM's defaults. */
#include "route/cooldown.h"

#include "config/settings.h"

#define ALLOWED_FAILS 3    /* setting just this many is as good as not setting them */
#define LONGEST_MS 3600000 /* a vendor may ask for more; one probe an hour hurts nobody */
#define RATE_REQUESTS 5    /* of this minute, before a rate says anything */
#define DEAD_REQUESTS 1000 /* all failed: not even the only one is spared */
#define ROW 5              /* ours: a minute that began well must not hide an outage */

static int64_t load(const _Atomic int64_t *n)
{
    return atomic_load_explicit(n, memory_order_relaxed);
}

static void store(_Atomic int64_t *n, int64_t value)
{
    atomic_store_explicit(n, value, memory_order_relaxed);
}

struct sl_breaker_policy sl_breaker_policy(const struct sl_settings *s,
                                           const struct sl_deployment_settings *d)
{
    const struct sl_resilience *r = &s->resilience;
    struct sl_breaker_policy p = { .cooldown_ms = r->cooldown_ms,
                                   .allowed_fails = ALLOWED_FAILS,
                                   .by_class = r->allowed_by_class };

    if (r->allowed_fails >= 0) {
        p.allowed_fails = r->allowed_fails;
        p.by_count = r->allowed_fails != ALLOWED_FAILS;
    }
    if (d->cooldown_ms >= 0) {
        p.cooldown_ms = d->cooldown_ms;
        p.own_cooldown = true;
    }
    for (int i = 0; i < SL_CLASSES; i++) {
        if (d->allowed_fails.n[i] >= 0)
            p.by_class.n[i] = d->allowed_fails.n[i];
        p.by_count = p.by_count || p.by_class.n[i] >= 0;
    }
    /* Its name is everybody's: what fails there says nothing of what comes next. */
    if (r->no_cooldowns || sl_span_eq(d->model_name, SL_SPAN("*")))
        p.cooldown_ms = 0;
    return p;
}

enum sl_gate sl_breaker_gate(const struct sl_breaker *b, uint64_t now_ms)
{
    int64_t until = load(&b->until_ms);

    if (until == 0)
        return SL_GATE_CLOSED;
    if (until > (int64_t)now_ms)
        return SL_GATE_COOLING;
    return atomic_load_explicit(&b->probing, memory_order_relaxed) ? SL_GATE_PROBING : SL_GATE_HALF;
}

uint64_t sl_breaker_left_ms(const struct sl_breaker *b, uint64_t now_ms)
{
    int64_t until = load(&b->until_ms);

    return until > (int64_t)now_ms ? (uint64_t)until - now_ms : 0;
}

enum sl_trial sl_breaker_begin(struct sl_breaker *b, uint64_t now_ms)
{
    int64_t until = load(&b->until_ms);

    if (until == 0)
        return SL_TRIAL_NONE;
    if (until > (int64_t)now_ms ||
        atomic_exchange_explicit(&b->probing, true, memory_order_acq_rel))
        return SL_TRIAL_ALONG;
    atomic_fetch_add_explicit(&b->probes, 1, memory_order_relaxed);
    return SL_TRIAL_PROBE;
}

/* Of two loops the one that changes the minute clears the counters. */
static void roll_minute(struct sl_breaker *b, uint64_t now_ms)
{
    int64_t minute = (int64_t)(now_ms / 60000) + 1, seen = load(&b->minute);

    if (seen != minute &&
        atomic_compare_exchange_strong_explicit(&b->minute, &seen, minute, memory_order_relaxed,
                                                memory_order_relaxed)) {
        store(&b->minute_good, 0);
        store(&b->minute_bad, 0);
    }
}

static void end_probe(struct sl_breaker *b, enum sl_trial trial)
{
    if (trial == SL_TRIAL_PROBE)
        atomic_store_explicit(&b->probing, false, memory_order_release);
}

bool sl_breaker_good(struct sl_breaker *b, enum sl_trial trial, uint64_t now_ms)
{
    int64_t until = load(&b->until_ms);
    bool closed = false;

    roll_minute(b, now_ms);
    atomic_fetch_add_explicit(&b->minute_good, 1, memory_order_relaxed);
    if (load(&b->row))
        store(&b->row, 0);
    if (trial != SL_TRIAL_NONE && until != 0 && until <= (int64_t)now_ms)
        closed = atomic_compare_exchange_strong_explicit(
            &b->until_ms, &until, 0, memory_order_relaxed, memory_order_relaxed);
    if (closed) {
        store(&b->minute_bad, 0);
        store(&b->fails, 0);
    }
    end_probe(b, trial);
    return closed;
}

void sl_breaker_nothing(struct sl_breaker *b, enum sl_trial trial)
{
    end_probe(b, trial);
}

static bool counts(const struct sl_failure *f)
{
    enum sl_fault fault = sl_fault_of(f->status, f->of_caller);

    if (f->of_caller || f->status == SLUICE_E_FORBIDDEN)
        return false;
    return fault == SL_FAULT_KEY || fault == SL_FAULT_PROVIDER;
}

static int64_t allowed(const struct sl_breaker_policy *p, sluice_status status)
{
    enum sl_error_class cls = sl_error_class_of(status);

    return cls != SL_CLASS_NONE && p->by_class.n[cls] >= 0 ? p->by_class.n[cls] : p->allowed_fails;
}

static bool too_many(struct sl_breaker *b, const struct sl_breaker_policy *p,
                     const struct sl_failure *f, uint64_t now_ms)
{
    if (load(&b->fails_until_ms) <= (int64_t)now_ms)
        store(&b->fails, 0);
    store(&b->fails_until_ms, (int64_t)now_ms + p->cooldown_ms);
    return atomic_fetch_add_explicit(&b->fails, 1, memory_order_relaxed) + 1 >
           allowed(p, f->status);
}

static bool too_often(const struct sl_breaker *b, const struct sl_failure *f)
{
    int64_t bad = load(&b->minute_bad), all = bad + load(&b->minute_good);

    switch (f->status) {
    case SLUICE_E_RATE_LIMIT:
    case SLUICE_E_QUOTA:
        if (f->spare)
            return true;
        break;
    case SLUICE_E_AUTH:
    case SLUICE_E_NOT_FOUND: /* trying again would not help, even the only one */
        return true;
    default:
        break;
    }
    return (bad == all && all >= DEAD_REQUESTS) ||
           (f->spare && (load(&b->row) >= ROW || (all >= RATE_REQUESTS && bad * 2 > all)));
}

static int64_t length_ms(const struct sl_breaker_policy *p, const struct sl_failure *f)
{
    if (p->own_cooldown || f->retry_after_ms == 0)
        return p->cooldown_ms;
    return f->retry_after_ms < LONGEST_MS ? f->retry_after_ms : LONGEST_MS;
}

int64_t sl_breaker_bad(struct sl_breaker *b, enum sl_trial trial, const struct sl_breaker_policy *p,
                       const struct sl_failure *f, uint64_t now_ms)
{
    int64_t until = load(&b->until_ms), ms = 0;
    bool half = trial != SL_TRIAL_NONE && until != 0 && until <= (int64_t)now_ms;
    bool open;

    if (p->cooldown_ms > 0 && counts(f)) {
        roll_minute(b, now_ms);
        atomic_fetch_add_explicit(&b->minute_bad, 1, memory_order_relaxed);
        atomic_fetch_add_explicit(&b->row, 1, memory_order_relaxed);
        open = p->by_count ? too_many(b, p, f, now_ms) : too_often(b, f);
        if ((open || half) && until <= (int64_t)now_ms)
            ms = length_ms(p, f);
    }
    if (ms > 0 &&
        atomic_compare_exchange_strong_explicit(&b->until_ms, &until, (int64_t)now_ms + ms,
                                                memory_order_relaxed, memory_order_relaxed)) {
        atomic_store_explicit(&b->why, f->status, memory_order_relaxed);
        atomic_fetch_add_explicit(&b->opened, 1, memory_order_relaxed);
    } else {
        ms = 0;
    }
    end_probe(b, trial);
    return ms;
}
