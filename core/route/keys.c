/* SPDX-License-Identifier: Apache-2.0 */
/* keys.c - see keys.h. */
#include "route/keys.h"

static const struct sl_breaker *breaker_of(const struct sl_key *k)
{
    return &k->state->breaker;
}

const struct sl_key *sl_keys_turn(const struct sl_deployment *d, uint64_t now_ms)
{
    const struct sl_key *best = NULL;
    enum sl_gate best_gate = SL_GATE_COOLING;
    uint64_t turn;

    if (d->n_keys == 0)
        return NULL;
    turn = (uint64_t)atomic_fetch_add_explicit(&d->state->turn, 1, memory_order_relaxed);
    for (size_t i = 0; i < d->n_keys; i++) {
        const struct sl_key *k = &d->keys[(turn + i) % d->n_keys];
        enum sl_gate gate = sl_breaker_gate(breaker_of(k), now_ms);

        if (!best || gate < best_gate ||
            (gate == SL_GATE_COOLING && best_gate == SL_GATE_COOLING &&
             sl_breaker_left_ms(breaker_of(k), now_ms) <
                 sl_breaker_left_ms(breaker_of(best), now_ms))) {
            best = k;
            best_gate = gate;
        }
    }
    return best;
}

static enum sl_gate keys_gate(const struct sl_deployment *d, uint64_t now_ms)
{
    enum sl_gate best = d->n_keys ? SL_GATE_COOLING : SL_GATE_CLOSED;

    for (size_t i = 0; i < d->n_keys && best != SL_GATE_CLOSED; i++) {
        enum sl_gate gate = sl_breaker_gate(breaker_of(&d->keys[i]), now_ms);

        best = gate < best ? gate : best;
    }
    return best;
}

bool sl_keys_left(const struct sl_deployment *d, uint64_t now_ms)
{
    return d->n_keys && keys_gate(d, now_ms) <= SL_GATE_HALF;
}

enum sl_gate sl_deployment_gate(const struct sl_deployment *d, uint64_t now_ms)
{
    enum sl_gate own = sl_breaker_gate(&d->state->breaker, now_ms), keys = keys_gate(d, now_ms);

    return own > keys ? own : keys;
}

/* The key that rests the shortest. */
static const struct sl_breaker *shortest(const struct sl_deployment *d, uint64_t now_ms)
{
    const struct sl_breaker *best = NULL;

    for (size_t i = 0; i < d->n_keys; i++) {
        const struct sl_breaker *b = breaker_of(&d->keys[i]);

        if (!best || sl_breaker_left_ms(b, now_ms) < sl_breaker_left_ms(best, now_ms))
            best = b;
    }
    return best;
}

/* Whose end comes last decides: the deployment's own, or its first key's. */
static const struct sl_breaker *deciding(const struct sl_deployment *d, uint64_t now_ms)
{
    const struct sl_breaker *own = &d->state->breaker, *key = shortest(d, now_ms);

    return key && sl_breaker_left_ms(key, now_ms) > sl_breaker_left_ms(own, now_ms) ? key : own;
}

uint64_t sl_deployment_left_ms(const struct sl_deployment *d, uint64_t now_ms)
{
    return sl_breaker_left_ms(deciding(d, now_ms), now_ms);
}

sluice_status sl_deployment_why(const struct sl_deployment *d, uint64_t now_ms)
{
    return atomic_load_explicit(&deciding(d, now_ms)->why, memory_order_relaxed);
}
