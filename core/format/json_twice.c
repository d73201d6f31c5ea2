/* SPDX-License-Identifier: Apache-2.0 */
/* json_twice.c - names that appear twice, found without quadratic time. */
#include "format/json_lex.h"

#include "base/map.h"

#define FEW 16 /* up to here comparing each with each is the fastest */

static inline sluice_span name_at(const void *first, size_t stride, size_t i)
{
    return *(const sluice_span *)(const void *)((const char *)first + i * stride);
}

static size_t twice_of_many(const void *first, size_t stride, size_t n, struct sluice_arena *arena)
{
    struct entry {
        uint32_t tag;   /* upper half of the hash */
        uint32_t index; /* 0 = free, else index + 1 */
    } * table;
    size_t size = FEW;

    if (n >= UINT32_MAX)
        return SIZE_MAX;
    while (size < n * 2)
        size *= 2;
    table = sl_alloc0(arena, size * sizeof *table);
    if (!table)
        return SIZE_MAX;
    for (size_t i = 0; i < n; i++) {
        sluice_span name = name_at(first, stride, i);
        uint64_t hash = sl_hash(name);
        size_t at = (size_t)hash & (size - 1);

        for (; table[at].index; at = (at + 1) & (size - 1))
            if (table[at].tag == hash >> 32 &&
                sl_span_eq(name_at(first, stride, table[at].index - 1), name))
                return i;
        table[at] = (struct entry){ (uint32_t)(hash >> 32), (uint32_t)i + 1 };
    }
    return n;
}

size_t sl_json_twice(const void *first, size_t stride, size_t n, struct sluice_arena *arena)
{
    if (n > FEW)
        return twice_of_many(first, stride, n, arena);
    for (size_t i = 1; i < n; i++) {
        sluice_span name = name_at(first, stride, i);

        for (size_t k = 0; k < i; k++)
            if (name.len == name_at(first, stride, k).len &&
                sl_span_eq(name, name_at(first, stride, k)))
                return i;
    }
    return n;
}
