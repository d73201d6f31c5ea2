/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sluice/cache.h - a cache stores finished answers. Values are opaque bytes to it: the host
 * decides what a key covers, how an answer is packed, what may be cached, and that only one
 * of many equal requests goes upstream.
 *
 * Everything here is [loop] unless marked, and never blocks. A networked cache registers its
 * descriptors and timers through ext/io.h, or hands blocking work to the pool. The host makes
 * one instance per loop; what all loops have in common lives in a shared part that
 * create_shared() makes once per configured cache and sluice object.
 *
 * THE ASYNC RULE, for get, put and remove alike:
 *     OK       done already; the callback will not run
 *     PENDING  the callback runs exactly once, later, from the loop - never from inside the
 *              call - unless cancel() comes first; the op is dead once it ran
 *     < 0      failed; the callback will not run
 */
#ifndef SLUICE_CACHE_H
#define SLUICE_CACHE_H

#include <sluice/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SLUICE_CACHE_ID "sluice.cache/1"

typedef struct sluice_cache sluice_cache;               /* defined by the plugin: one loop's part */
typedef struct sluice_cache_shared sluice_cache_shared; /* defined by the plugin: all loops' part */
typedef struct sluice_cache_op sluice_cache_op;         /* defined by the plugin: one pending op */

#define SLUICE_CACHE_VECTOR 1u /* class flags: keys should carry the prompt's embedding */

typedef struct sluice_cache_key {
    uint32_t struct_size;
    uint32_t n_vector;
    sluice_span scope;   /* tenant or key group; entries never cross scopes */
    sluice_span digest;  /* 32 raw bytes over the normalised request */
    const float *vector; /* set if the class asked for it, else NULL */
} sluice_cache_key;

typedef struct sluice_cache_entry {
    uint32_t struct_size;
    uint32_t format;       /* the host's packing version; stored and returned as is */
    int64_t stored_ms;     /* Unix milliseconds, set by the host */
    int64_t expires_ms;    /* Unix milliseconds; 0 = never. Set by the plugin on a hit */
    sluice_span value;
    /* On a hit: called once, on this loop, when the host no longer reads value; NULL = the
     * value is in the arena given to get(). */
    void (*release)(void *owner);
    void *owner;
    int32_t score_ppm;     /* similarity of a near hit; 0 = exact */
    uint32_t reserved;
} sluice_cache_entry;

/* hit is NULL on a miss or failure. */
typedef void (*sluice_cache_get_cb)(void *ctx, sluice_status status,
                                    const sluice_cache_entry *hit);
/* hits[i] belongs to keys[i]; NULL = a miss. */
typedef void (*sluice_cache_many_cb)(void *ctx, sluice_status status,
                                     const sluice_cache_entry *const *hits, size_t n);
typedef void (*sluice_cache_done_cb)(void *ctx, sluice_status status);

typedef struct sluice_cache_class {
    uint32_t struct_size;
    uint32_t flags;            /* SLUICE_CACHE_* */
    const char *config_schema; /* JSON Schema of config */

    /* [main] The part that all loops share, made before any create(); may be NULL. */
    sluice_status (*create_shared)(const sluice_host *host, sluice_span config,
                                   sluice_cache_shared **out, sluice_error *err);
    /* [main] After the last destroy(). NULL if create_shared is. */
    void (*destroy_shared)(sluice_cache_shared *shared);

    /* Parse the configuration; no I/O yet. shared is NULL without create_shared(). */
    sluice_status (*create)(const sluice_host *host, sluice_span config,
                            sluice_cache_shared *shared, sluice_cache **out, sluice_error *err);
    /* Open what is needed. OK though the remote side is still down is right: a cache that is
     * away is a miss, not an outage. */
    sluice_status (*start)(sluice_cache *self, sluice_error *err);
    /* Every pending operation must be finished or failed before this returns. */
    void (*stop)(sluice_cache *self);
    void (*destroy)(sluice_cache *self);

    /* OK with out->value.ptr == NULL is a miss. arena outlives the operation. */
    sluice_status (*get)(sluice_cache *self, const sluice_cache_key *key, sluice_arena *arena,
                         sluice_cache_entry *out, sluice_cache_get_cb cb, void *ctx,
                         sluice_cache_op **op);
    /* The plugin copies what it keeps before it returns. ttl_ms 0 = none. cb may be NULL. */
    sluice_status (*put)(sluice_cache *self, const sluice_cache_key *key,
                         const sluice_cache_entry *entry, uint64_t ttl_ms,
                         sluice_cache_done_cb cb, void *ctx, sluice_cache_op **op);
    /* NULL = cannot. */
    sluice_status (*remove)(sluice_cache *self, const sluice_cache_key *key,
                            sluice_cache_done_cb cb, void *ctx, sluice_cache_op **op);
    /* Many keys in one round trip; out[i] as in get(). NULL = the host asks one by one. */
    sluice_status (*get_many)(sluice_cache *self, const sluice_cache_key *const *keys, size_t n,
                              sluice_arena *arena, sluice_cache_entry *const *out,
                              sluice_cache_many_cb cb, void *ctx, sluice_cache_op **op);
    /* When this returns the callback will not run and ctx and arena may be gone. */
    void (*cancel)(sluice_cache *self, sluice_cache_op *op);

    /* [any] Optional extras by id ("sluice.cache.nearest/1", flush, ping); may be NULL. */
    const void *(*get_extension)(const char *id);
} sluice_cache_class;

#ifdef __cplusplus
}
#endif
#endif
