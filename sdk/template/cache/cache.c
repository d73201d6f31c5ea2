/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cache.c - answers in memory. One table for all loops behind one lock; when the byte bound is
 * reached, what was not used for longest goes. Everything is answered at once, so there is nothing
 * to cancel.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sluice/cache.h>
#include <sluice_sdk/json.h>
#include <sluice_sdk/plugin.h>

#define BUCKETS 4096
#define DEFAULT_BYTES (64ll << 20)

/* One answer; scope, digest and value lie behind it. */
struct item {
    struct item *next; /* in its bucket */
    struct item *newer, *older;
    int64_t expires_ms; /* 0 = never */
    int64_t stored_ms;
    uint32_t format;
    size_t n_key, n_value;
    char text[];
};

struct sluice_cache_shared {
    const sluice_host *host;
    pthread_mutex_t lock;
    struct item *buckets[BUCKETS];
    struct item *newest, *oldest;
    size_t bytes, max_bytes;
};

struct sluice_cache {
    const sluice_host *host;
    sluice_cache_shared *shared;
};

static sluice_status create_shared(const sluice_host *host, sluice_span config,
                                   sluice_cache_shared **out, sluice_error *err)
{
    sluice_cache_shared *s = calloc(1, sizeof *s);
    int64_t bytes = DEFAULT_BYTES;

    (void)err;
    if (!s)
        return SLUICE_E_NOMEM;
    sl_json_i64(sl_json_find(config, "max_bytes"), &bytes);
    s->host = host;
    s->max_bytes = (size_t)bytes;
    pthread_mutex_init(&s->lock, NULL);
    *out = s;
    return SLUICE_OK;
}

static size_t size_of(const struct item *item)
{
    return sizeof *item + item->n_key + item->n_value;
}

/* The digest is a hash already: four bytes of it choose the bucket. */
static struct item **bucket(sluice_cache_shared *s, const sluice_cache_key *key)
{
    uint32_t h = 0;

    if (key->digest.len >= sizeof h)
        memcpy(&h, key->digest.ptr, sizeof h);
    return &s->buckets[h % BUCKETS];
}

static int matches(const struct item *item, const sluice_cache_key *key)
{
    return item->n_key == key->scope.len + key->digest.len &&
           !memcmp(item->text, key->digest.ptr, key->digest.len) &&
           !memcmp(item->text + key->digest.len, key->scope.ptr, key->scope.len);
}

static void unlink_age(sluice_cache_shared *s, struct item *item)
{
    *(item->newer ? &item->newer->older : &s->newest) = item->older;
    *(item->older ? &item->older->newer : &s->oldest) = item->newer;
}

static void link_newest(sluice_cache_shared *s, struct item *item)
{
    item->newer = NULL;
    item->older = s->newest;
    *(s->newest ? &s->newest->newer : &s->oldest) = item;
    s->newest = item;
}

/* *at is where the item hangs in its bucket. */
static void drop(sluice_cache_shared *s, struct item **at)
{
    struct item *item = *at;

    *at = item->next;
    unlink_age(s, item);
    s->bytes -= size_of(item);
    free(item);
}

static struct item **find(sluice_cache_shared *s, const sluice_cache_key *key)
{
    struct item **at = bucket(s, key);

    while (*at && !matches(*at, key))
        at = &(*at)->next;
    return at;
}

/* Where an item hangs, found by itself. */
static struct item **place_of(sluice_cache_shared *s, const struct item *item)
{
    sluice_cache_key key = { .digest = { item->text, item->n_key } };
    struct item **at = bucket(s, &key);

    while (*at != item)
        at = &(*at)->next;
    return at;
}

static void destroy_shared(sluice_cache_shared *s)
{
    while (s->oldest)
        drop(s, place_of(s, s->oldest));
    pthread_mutex_destroy(&s->lock);
    free(s);
}

static sluice_status create(const sluice_host *host, sluice_span config,
                            sluice_cache_shared *shared, sluice_cache **out, sluice_error *err)
{
    (void)config;
    (void)err;
    *out = calloc(1, sizeof **out);
    if (!*out)
        return SLUICE_E_NOMEM;
    (*out)->host = host;
    (*out)->shared = shared;
    return SLUICE_OK;
}

static sluice_status start(sluice_cache *c, sluice_error *err)
{
    (void)c;
    (void)err;
    return SLUICE_OK;
}

static void stop(sluice_cache *c)
{
    (void)c;
}

static void destroy(sluice_cache *c)
{
    free(c);
}

static sluice_status get(sluice_cache *c, const sluice_cache_key *key, sluice_arena *arena,
                         sluice_cache_entry *out, sluice_cache_get_cb cb, void *ctx,
                         sluice_cache_op **op)
{
    sluice_cache_shared *s = c->shared;
    struct item **at, *item;
    sluice_status st = SLUICE_OK;
    char *copy;

    (void)cb;
    (void)ctx;
    (void)op;
    pthread_mutex_lock(&s->lock);
    at = find(s, key);
    item = *at;
    if (item && item->expires_ms && item->expires_ms <= c->host->unix_ms(c->host)) {
        drop(s, at);
        item = NULL;
    }
    if (item) {
        copy = c->host->arena_alloc(c->host, arena, item->n_value);
        if (copy) {
            memcpy(copy, item->text + item->n_key, item->n_value);
            out->format = item->format;
            out->stored_ms = item->stored_ms;
            out->expires_ms = item->expires_ms;
            out->value = (sluice_span){ copy, item->n_value };
            unlink_age(s, item);
            link_newest(s, item);
        } else {
            st = SLUICE_E_NOMEM;
        }
    }
    pthread_mutex_unlock(&s->lock);
    return st;
}

static struct item *make(const sluice_cache_key *key, const sluice_cache_entry *entry)
{
    size_t n_key = key->scope.len + key->digest.len;
    struct item *item = malloc(sizeof *item + n_key + entry->value.len);

    if (!item)
        return NULL;
    *item = (struct item){ .format = entry->format,
                           .stored_ms = entry->stored_ms,
                           .n_key = n_key,
                           .n_value = entry->value.len };
    memcpy(item->text, key->digest.ptr, key->digest.len);
    if (key->scope.len)
        memcpy(item->text + key->digest.len, key->scope.ptr, key->scope.len);
    memcpy(item->text + n_key, entry->value.ptr, entry->value.len);
    return item;
}

static sluice_status put(sluice_cache *c, const sluice_cache_key *key,
                         const sluice_cache_entry *entry, uint64_t ttl_ms, sluice_cache_done_cb cb,
                         void *ctx, sluice_cache_op **op)
{
    sluice_cache_shared *s = c->shared;
    struct item *item, **at;

    (void)cb;
    (void)ctx;
    (void)op;
    if (sizeof *item + key->scope.len + key->digest.len + entry->value.len > s->max_bytes)
        return SLUICE_E_NOMEM;
    item = make(key, entry);
    if (!item)
        return SLUICE_E_NOMEM;
    if (ttl_ms)
        item->expires_ms = c->host->unix_ms(c->host) + (int64_t)ttl_ms;
    pthread_mutex_lock(&s->lock);
    at = find(s, key);
    if (*at)
        drop(s, at);
    while (s->bytes + size_of(item) > s->max_bytes)
        drop(s, place_of(s, s->oldest));
    at = bucket(s, key);
    item->next = *at;
    *at = item;
    link_newest(s, item);
    s->bytes += size_of(item);
    pthread_mutex_unlock(&s->lock);
    return SLUICE_OK;
}

static sluice_status remove_key(sluice_cache *c, const sluice_cache_key *key,
                                sluice_cache_done_cb cb, void *ctx, sluice_cache_op **op)
{
    sluice_cache_shared *s = c->shared;
    struct item **at;

    (void)cb;
    (void)ctx;
    (void)op;
    pthread_mutex_lock(&s->lock);
    at = find(s, key);
    if (*at)
        drop(s, at);
    pthread_mutex_unlock(&s->lock);
    return SLUICE_OK;
}

static void cancel(sluice_cache *c, sluice_cache_op *op)
{
    (void)c; /* no operation is ever pending */
    (void)op;
}

static const sluice_cache_class cache = {
    .struct_size = sizeof cache,
    .config_schema = "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":"
                     "{\"max_bytes\":{\"type\":\"integer\",\"minimum\":4096}}}",
    .create_shared = create_shared,
    .destroy_shared = destroy_shared,
    .create = create,
    .start = start,
    .stop = stop,
    .destroy = destroy,
    .get = get,
    .put = put,
    .remove = remove_key,
    .cancel = cancel,
};

SL_PLUGIN(example_lru, "example_lru", "1.0", "example",
          "answers in memory, the least used goes first", SLUICE_CACHE_ID, &cache)
