/* SPDX-License-Identifier: Apache-2.0 */
/* t_cache.c - a cache for the tests: one entry, shared by all loops. */
#include <stdlib.h>
#include <string.h>
#include <sluice/cache.h>

struct sluice_cache_shared {
    int users; /* instances made from this shared part */
    unsigned char digest[32];
    char *value;
    size_t len;
};

struct sluice_cache {
    const sluice_host *host;
    sluice_cache_shared *shared;
};

static sluice_status create_shared(const sluice_host *host, sluice_span config,
                                   sluice_cache_shared **out, sluice_error *err)
{
    (void)host;
    (void)config;
    (void)err;
    *out = calloc(1, sizeof **out);
    return *out ? SLUICE_OK : SLUICE_E_NOMEM;
}

static void destroy_shared(sluice_cache_shared *shared)
{
    if (shared->users)
        abort(); /* the host broke its promise: an instance is still there */
    free(shared->value);
    free(shared);
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
    shared->users++;
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
    c->shared->users--;
    free(c);
}

static sluice_status get(sluice_cache *c, const sluice_cache_key *key, sluice_arena *arena,
                         sluice_cache_entry *out, sluice_cache_get_cb cb, void *ctx,
                         sluice_cache_op **op)
{
    sluice_cache_shared *s = c->shared;
    char *copy;

    (void)cb;
    (void)ctx;
    (void)op;
    if (!s->value || key->digest.len != 32 || memcmp(key->digest.ptr, s->digest, 32))
        return SLUICE_OK;
    copy = c->host->arena_alloc(c->host, arena, s->len);
    if (!copy)
        return SLUICE_E_NOMEM;
    memcpy(copy, s->value, s->len);
    out->value.ptr = copy;
    out->value.len = s->len;
    return SLUICE_OK;
}

static sluice_status put(sluice_cache *c, const sluice_cache_key *key,
                         const sluice_cache_entry *entry, uint64_t ttl_ms, sluice_cache_done_cb cb,
                         void *ctx, sluice_cache_op **op)
{
    sluice_cache_shared *s = c->shared;
    char *copy = malloc(entry->value.len + 1);

    (void)ttl_ms;
    (void)cb;
    (void)ctx;
    (void)op;
    if (!copy || key->digest.len != 32) {
        free(copy);
        return SLUICE_E_NOMEM;
    }
    memcpy(copy, entry->value.ptr, entry->value.len);
    memcpy(s->digest, key->digest.ptr, 32);
    free(s->value);
    s->value = copy;
    s->len = entry->value.len;
    return SLUICE_OK;
}

static void cancel(sluice_cache *c, sluice_cache_op *op)
{
    (void)c;
    (void)op;
}

static const sluice_cache_class cache = {
    .struct_size = sizeof cache,
    .create_shared = create_shared,
    .destroy_shared = destroy_shared,
    .create = create,
    .start = start,
    .stop = stop,
    .destroy = destroy,
    .get = get,
    .put = put,
    .cancel = cancel,
};

static const void *get_class(const char *id)
{
    return strcmp(id, SLUICE_CACHE_ID) ? NULL : &cache;
}

static const sluice_plugin plugin = {
    .magic = SLUICE_MAGIC,
    .struct_size = sizeof plugin,
    .abi_major = SLUICE_ABI_MAJOR,
    .abi_minor = SLUICE_ABI_MINOR,
    .id = "t_cache",
    .version = "1",
    .get_class = get_class,
};

SLUICE_PLUGIN_ENTRY(t_cache)
{
    return &plugin;
}
