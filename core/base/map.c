/* SPDX-License-Identifier: Apache-2.0 */
/* map.c - open addressing, linear probing; removal moves the followers up, so there are no
 * tombstones and lookups stay short however long the map lives. */
#include "base/map.h"

#include "base/arena.h"

#include <stdlib.h>

#define FIRST_SIZE 8

struct sl_map_slot {
    sluice_span key;
    uint64_t hash;
    void *value; /* NULL = free */
};

void sl_map_init(struct sl_map *m)
{
    *m = (struct sl_map){ 0 };
}

void sl_map_finish(struct sl_map *m)
{
    free(m->slots);
    sl_map_init(m);
}

/* The slot of key, or the free one where it belongs. Needs size > n. */
static struct sl_map_slot *slot_of(const struct sl_map *m, sluice_span key, uint64_t hash)
{
    size_t i = (size_t)hash & (m->size - 1);

    for (;; i = (i + 1) & (m->size - 1)) {
        struct sl_map_slot *s = &m->slots[i];

        if (!s->value || (s->hash == hash && sl_span_eq(s->key, key)))
            return s;
    }
}

static bool grow(struct sl_map *m)
{
    struct sl_map bigger = { .n = m->n, .size = m->size ? m->size * 2 : FIRST_SIZE };

    if (sl_fault_hit())
        return false;
    bigger.slots = calloc(bigger.size, sizeof *bigger.slots);
    if (!bigger.slots)
        return false;
    for (size_t i = 0; i < m->size; i++)
        if (m->slots[i].value)
            *slot_of(&bigger, m->slots[i].key, m->slots[i].hash) = m->slots[i];
    free(m->slots);
    *m = bigger;
    return true;
}

bool sl_map_put(struct sl_map *m, sluice_span key, void *value)
{
    uint64_t hash = sl_hash(key);
    struct sl_map_slot *s = m->size ? slot_of(m, key, hash) : NULL;

    if (!s || !s->value) {
        if (m->n + 1 > m->size / 4 * 3) {
            if (!grow(m))
                return false;
            s = slot_of(m, key, hash);
        }
        m->n++;
    }
    *s = (struct sl_map_slot){ key, hash, value };
    return true;
}

void *sl_map_get(const struct sl_map *m, sluice_span key)
{
    return m->n ? slot_of(m, key, sl_hash(key))->value : NULL;
}

void *sl_map_remove(struct sl_map *m, sluice_span key)
{
    size_t mask = m->size - 1, hole;
    struct sl_map_slot *s = m->n ? slot_of(m, key, sl_hash(key)) : NULL;
    void *value;

    if (!s || !s->value)
        return NULL;
    value = s->value;
    hole = (size_t)(s - m->slots);
    for (size_t i = (hole + 1) & mask; m->slots[i].value; i = (i + 1) & mask) {
        size_t home = (size_t)m->slots[i].hash & mask;

        /* May move into the hole unless its home lies behind the hole on the way to it. */
        if (((i - home) & mask) >= ((i - hole) & mask)) {
            m->slots[hole] = m->slots[i];
            hole = i;
        }
    }
    m->slots[hole].value = NULL;
    m->n--;
    return value;
}

bool sl_map_next(const struct sl_map *m, size_t *pos, sluice_span *key, void **value)
{
    while (*pos < m->size) {
        const struct sl_map_slot *s = &m->slots[(*pos)++];

        if (s->value) {
            *key = s->key;
            *value = s->value;
            return true;
        }
    }
    return false;
}
