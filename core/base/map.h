/* SPDX-License-Identifier: Apache-2.0 */
/* map.h - a hash from text to pointer. Keys are not copied: they live as long as the entry.
 * Seeded, so that clients cannot choose collisions. One thread at a time. */
#ifndef SL_BASE_MAP_H
#define SL_BASE_MAP_H

#include "base/span.h"

struct sl_map {
    struct sl_map_slot *slots;
    size_t n, size; /* entries; slots, a power of two */
};

void sl_map_init(struct sl_map *m);
void sl_map_finish(struct sl_map *m);
/* Replaces; false when out of memory. value must not be NULL. */
bool sl_map_put(struct sl_map *m, sluice_span key, void *value);
void *sl_map_get(const struct sl_map *m, sluice_span key);
/* Returns the value that was there, or NULL. */
void *sl_map_remove(struct sl_map *m, sluice_span key);
/* Walk in no particular order: start with *pos = 0; false at the end. */
bool sl_map_next(const struct sl_map *m, size_t *pos, sluice_span *key, void **value);
/* Keyed by a per-process seed. */
uint64_t sl_hash(sluice_span s);

#endif
