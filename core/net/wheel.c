/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wheel.c - a hierarchical timer wheel.
 * A timer lies on the level of the highest digit (base 64) in which its due time differs from now,
 * in the slot that this digit names. When now reaches the start of a slot of an upper level, its
 * timers move down. Slots behind now are therefore always empty.
 */
#include "net/wheel.h"

#define BITS 6

static uint64_t slot_start(uint64_t now_ms, unsigned level, unsigned slot)
{
    unsigned shift = level * BITS;

    return (now_ms >> (shift + BITS) << (shift + BITS)) + ((uint64_t)slot << shift);
}

void sl_wheel_init(struct sl_wheel *w, uint64_t now_ms)
{
    w->now_ms = now_ms;
    for (unsigned level = 0; level < SL_WHEEL_LEVELS; level++) {
        w->occupied[level] = 0;
        for (unsigned slot = 0; slot < SL_WHEEL_SLOTS; slot++)
            sl_list_init(&w->slots[level][slot]);
    }
}

void sl_wheel_finish(struct sl_wheel *w)
{
    for (unsigned level = 0; level < SL_WHEEL_LEVELS; level++)
        for (unsigned slot = 0; slot < SL_WHEEL_SLOTS; slot++)
            while (!sl_list_empty(&w->slots[level][slot]))
                sl_list_remove(w->slots[level][slot].next);
}

void sl_wheel_skip(struct sl_wheel *w, uint64_t now_ms)
{
    if (now_ms > w->now_ms)
        w->now_ms = now_ms;
}

uint64_t sl_wheel_add(struct sl_wheel *w, struct sl_timer *t)
{
    uint64_t differs = (w->now_ms ^ t->due_ms) | (SL_WHEEL_SLOTS - 1);
    unsigned level = (63u - (unsigned)__builtin_clzll(differs)) / BITS;
    unsigned slot;

    if (level >= SL_WHEEL_LEVELS)
        level = SL_WHEEL_LEVELS - 1;
    slot = (unsigned)(t->due_ms >> (level * BITS)) & (SL_WHEEL_SLOTS - 1);
    sl_list_append(&w->slots[level][slot], &t->node);
    w->occupied[level] |= 1ull << slot;
    return slot_start(w->now_ms, level, slot);
}

/* The first slot with something in it. Lower levels come first: all of a level lies before the next
 * slot of the level above. */
static bool next_slot(const struct sl_wheel *w, unsigned *level, unsigned *slot)
{
    for (unsigned i = 0; i < SL_WHEEL_LEVELS; i++) {
        if (w->occupied[i]) {
            *level = i;
            *slot = (unsigned)__builtin_ctzll(w->occupied[i]);
            return true;
        }
    }
    return false;
}

uint64_t sl_wheel_next(const struct sl_wheel *w)
{
    unsigned level, slot;

    return next_slot(w, &level, &slot) ? slot_start(w->now_ms, level, slot) : SL_WHEEL_NEVER;
}

void sl_wheel_advance(struct sl_wheel *w, uint64_t now_ms)
{
    unsigned level, slot;

    while (next_slot(w, &level, &slot)) {
        uint64_t start = slot_start(w->now_ms, level, slot);
        struct sl_list taken;

        if (start > now_ms)
            break;
        sl_wheel_skip(w, start);
        w->occupied[level] &= ~(1ull << slot);
        sl_list_take(&taken, &w->slots[level][slot]);
        while (!sl_list_empty(&taken)) {
            struct sl_timer *t = SL_CONTAINER(taken.next, struct sl_timer, node);

            sl_list_remove(&t->node);
            if (t->due_ms > w->now_ms)
                sl_wheel_add(w, t);
            else
                t->fn(t);
        }
    }
    sl_wheel_skip(w, now_ms);
}
