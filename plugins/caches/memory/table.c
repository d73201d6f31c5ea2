/* SPDX-License-Identifier: Apache-2.0 */
/* table.c - sharded hash with an LRU list in each shard. An entry is one piece of memory, counted:
 * the table holds one count, each reader of a hit another. */
#include "table.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sluice_sdk/arena.h>
#include <sluice_sdk/list.h>
#include <sluice_sdk/span.h>

#define SHARDS_MAX 16
#define SHARD_ENTRIES 4 /* of the largest size that a shard has room for at least */
#define BUCKETS_FIRST 64
#define OVERHEAD 48 /* of an entry beside its bytes: bucket, allocator */

struct entry {
    struct sl_list lru;
    struct entry *next; /* in its bucket */
    uint64_t hash;
    atomic_uint holders;
    uint32_t format;
    int64_t stored_ms, expires_ms;
    size_t scope_len, digest_len, value_len;
    char data[]; /* scope, digest, value */
};

struct shard {
    pthread_mutex_t lock;
    struct entry **buckets;
    size_t n_buckets; /* a power of two */
    size_t n, bytes;
    int64_t evictions;
    struct sl_list lru; /* most recently used first */
};

struct memory_table {
    struct memory_limits limits;
    size_t n_shards; /* a power of two */
    struct shard shards[SHARDS_MAX];
};

/* ---- entries ---- */

static void entry_drop(void *owner)
{
    struct entry *e = owner;

    if (atomic_fetch_sub_explicit(&e->holders, 1, memory_order_acq_rel) == 1)
        free(e);
}

static size_t entry_bytes(const struct entry *e)
{
    return sizeof *e + OVERHEAD + e->scope_len + e->digest_len + e->value_len;
}

static bool entry_is(const struct entry *e, uint64_t hash, const sluice_cache_key *key)
{
    return e->hash == hash && sl_span_eq(sl_span(e->data, e->scope_len), key->scope) &&
           sl_span_eq(sl_span(e->data + e->scope_len, e->digest_len), key->digest);
}

static char *put_bytes(char *at, sluice_span s)
{
    if (s.len)
        memcpy(at, s.ptr, s.len);
    return at + s.len;
}

static struct entry *entry_create(const sluice_cache_key *key, const sluice_cache_entry *from,
                                  uint64_t hash, int64_t expires_ms)
{
    size_t size = sizeof(struct entry) + key->scope.len + key->digest.len + from->value.len;
    struct entry *e = sl_fault_hit() ? NULL : malloc(size);

    if (!e)
        return NULL;
    *e = (struct entry){ .hash = hash,
                         .format = from->format,
                         .stored_ms = from->stored_ms,
                         .expires_ms = expires_ms,
                         .scope_len = key->scope.len,
                         .digest_len = key->digest.len,
                         .value_len = from->value.len };
    atomic_init(&e->holders, 1);
    sl_list_init(&e->lru);
    put_bytes(put_bytes(put_bytes(e->data, key->scope), key->digest), from->value);
    return e;
}

/* FNV-1a; the digest is a strong hash already, so nobody chooses collisions. */
static uint64_t hash_of(const sluice_cache_key *key)
{
    uint64_t h = 0xCBF29CE484222325u;

    for (size_t i = 0; i < key->digest.len; i++)
        h = (h ^ (unsigned char)key->digest.ptr[i]) * 0x100000001B3u;
    for (size_t i = 0; i < key->scope.len; i++)
        h = (h ^ (unsigned char)key->scope.ptr[i]) * 0x100000001B3u;
    return h ^ h >> 32;
}

/* ---- shards; the lock is held ---- */

static struct entry **shard_find(struct shard *s, uint64_t hash, const sluice_cache_key *key)
{
    struct entry **at = &s->buckets[hash & (s->n_buckets - 1)];

    while (*at && !entry_is(*at, hash, key))
        at = &(*at)->next;
    return at;
}

/* Takes the entry out; the table's count of it goes to the caller. */
static struct entry *shard_unlink(struct shard *s, struct entry **at)
{
    struct entry *e = *at;

    *at = e->next;
    sl_list_remove(&e->lru);
    s->bytes -= entry_bytes(e);
    s->n--;
    return e;
}

/* Chains just get longer when there is no memory for more buckets. */
static void shard_grow(struct shard *s)
{
    size_t n = s->n_buckets * 2;
    struct entry **more = sl_fault_hit() ? NULL : calloc(n, sizeof *more);

    if (!more)
        return;
    sl_list_each(node, &s->lru)
    {
        struct entry *e = SL_CONTAINER(node, struct entry, lru);
        struct entry **at = &more[e->hash & (n - 1)];

        e->next = *at;
        *at = e;
    }
    free(s->buckets);
    s->buckets = more;
    s->n_buckets = n;
}

static void shard_link(struct shard *s, struct entry *e)
{
    struct entry **at;

    if (s->n >= s->n_buckets)
        shard_grow(s);
    at = &s->buckets[e->hash & (s->n_buckets - 1)];
    e->next = *at;
    *at = e;
    sl_list_prepend(&s->lru, &e->lru);
    s->bytes += entry_bytes(e);
    s->n++;
}

/* Room for `need` bytes. Freed at once: a put is rare beside what made its value. */
static void shard_evict(struct shard *s, size_t max, size_t need)
{
    while (s->n && s->bytes + need > max) {
        struct entry *e = SL_CONTAINER(s->lru.prev, struct entry, lru);
        struct entry **at = &s->buckets[e->hash & (s->n_buckets - 1)];

        while (*at != e)
            at = &(*at)->next;
        entry_drop(shard_unlink(s, at));
        s->evictions++;
    }
}

/* ---- the table ---- */

static struct shard *shard_of(struct memory_table *t, uint64_t hash)
{
    return &t->shards[(hash >> 48) & (t->n_shards - 1)];
}

struct memory_table *memory_table_create(const struct memory_limits *limits)
{
    struct memory_table *t = sl_fault_hit() ? NULL : calloc(1, sizeof *t);
    size_t room;

    if (!t)
        return NULL;
    t->limits = *limits;
    room = limits->max_bytes / (limits->max_entry ? limits->max_entry : 1) / SHARD_ENTRIES;
    t->n_shards = 1;
    while (t->n_shards * 2 <= room && t->n_shards < SHARDS_MAX)
        t->n_shards *= 2;
    for (size_t i = 0; i < t->n_shards; i++) {
        struct shard *s = &t->shards[i];

        pthread_mutex_init(&s->lock, NULL);
        sl_list_init(&s->lru);
        s->n_buckets = BUCKETS_FIRST;
        s->buckets = sl_fault_hit() ? NULL : calloc(s->n_buckets, sizeof *s->buckets);
        if (!s->buckets) {
            t->n_shards = i + 1;
            memory_table_destroy(t);
            return NULL;
        }
    }
    return t;
}

void memory_table_destroy(struct memory_table *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < t->n_shards; i++) {
        struct shard *s = &t->shards[i];

        sl_list_each_safe(node, &s->lru) entry_drop(SL_CONTAINER(node, struct entry, lru));
        free(s->buckets);
        pthread_mutex_destroy(&s->lock);
    }
    free(t);
}

static void fill_hit(struct entry *e, sluice_cache_entry *out)
{
    out->format = e->format;
    out->stored_ms = e->stored_ms;
    out->expires_ms = e->expires_ms;
    out->value = sl_span(e->data + e->scope_len + e->digest_len, e->value_len);
    out->release = entry_drop;
    out->owner = e;
    out->score_ppm = 0;
}

bool memory_table_get(struct memory_table *t, const sluice_cache_key *key, int64_t now_ms,
                      sluice_cache_entry *out)
{
    uint64_t hash = hash_of(key);
    struct shard *s = shard_of(t, hash);
    struct entry **at, *hit = NULL, *gone = NULL;

    pthread_mutex_lock(&s->lock);
    at = shard_find(s, hash, key);
    if (*at && (*at)->expires_ms && (*at)->expires_ms <= now_ms) {
        gone = shard_unlink(s, at);
    } else if (*at) {
        hit = *at;
        atomic_fetch_add_explicit(&hit->holders, 1, memory_order_relaxed);
        sl_list_remove(&hit->lru);
        sl_list_prepend(&s->lru, &hit->lru);
    }
    pthread_mutex_unlock(&s->lock);
    if (gone)
        entry_drop(gone);
    if (hit)
        fill_hit(hit, out);
    return hit;
}

sluice_status memory_table_put(struct memory_table *t, const sluice_cache_key *key,
                               const sluice_cache_entry *entry, int64_t expires_ms)
{
    uint64_t hash = hash_of(key);
    struct shard *s = shard_of(t, hash);
    size_t max = t->limits.max_bytes / t->n_shards;
    struct entry *e, *old = NULL, **at;

    if (entry->value.len > t->limits.max_entry)
        return SLUICE_E_NOMEM;
    e = entry_create(key, entry, hash, expires_ms);
    if (!e)
        return SLUICE_E_NOMEM;
    if (entry_bytes(e) > max) {
        free(e);
        return SLUICE_E_NOMEM;
    }
    pthread_mutex_lock(&s->lock);
    at = shard_find(s, hash, key);
    if (*at)
        old = shard_unlink(s, at);
    shard_evict(s, max, entry_bytes(e));
    shard_link(s, e);
    pthread_mutex_unlock(&s->lock);
    if (old)
        entry_drop(old);
    return SLUICE_OK;
}

void memory_table_remove(struct memory_table *t, const sluice_cache_key *key)
{
    uint64_t hash = hash_of(key);
    struct shard *s = shard_of(t, hash);
    struct entry **at, *old = NULL;

    pthread_mutex_lock(&s->lock);
    at = shard_find(s, hash, key);
    if (*at)
        old = shard_unlink(s, at);
    pthread_mutex_unlock(&s->lock);
    if (old)
        entry_drop(old);
}

struct memory_counts memory_table_counts(struct memory_table *t)
{
    struct memory_counts c = { 0, 0, 0 };

    for (size_t i = 0; i < t->n_shards; i++) {
        struct shard *s = &t->shards[i];

        pthread_mutex_lock(&s->lock);
        c.bytes += (int64_t)s->bytes;
        c.entries += (int64_t)s->n;
        c.evictions += s->evictions;
        pthread_mutex_unlock(&s->lock);
    }
    return c;
}
