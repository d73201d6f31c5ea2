/* SPDX-License-Identifier: Apache-2.0 */
/*
 * table.h - the one table that all loops share: entries by scope and digest, least recently used
 * out first, bounded by bytes. Shards by digest, a lock each, held only to find and to link: values
 * are pinned by a count and read outside of it. Every function may be called on any thread.
 */
#ifndef MEMORY_TABLE_H
#define MEMORY_TABLE_H

#include <stdbool.h>
#include <sluice/cache.h>

struct memory_table;

struct memory_limits {
    size_t max_bytes; /* of all entries, overhead included; pinned ones that were evicted beside */
    size_t max_entry; /* of one value */
};

/* What a table holds now and has done; for metrics. */
struct memory_counts {
    int64_t bytes, entries, evictions;
};

struct memory_table *memory_table_create(const struct memory_limits *limits);
/* Entries that are still pinned live until they are released. */
void memory_table_destroy(struct memory_table *t);
/* A hit fills *out, pinned, with release() set; false: a miss. */
bool memory_table_get(struct memory_table *t, const sluice_cache_key *key, int64_t now_ms,
                      sluice_cache_entry *out);
/* Copies. expires_ms 0 = never. NOMEM: too large for the table, or memory is out. */
sluice_status memory_table_put(struct memory_table *t, const sluice_cache_key *key,
                               const sluice_cache_entry *entry, int64_t expires_ms);
void memory_table_remove(struct memory_table *t, const sluice_cache_key *key);
struct memory_counts memory_table_counts(struct memory_table *t);

#endif
