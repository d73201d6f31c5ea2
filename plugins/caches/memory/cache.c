/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cache.c - answers in the memory of this process, in one table for all loops (table.h). Every
 * operation is done when its function returns, so nothing is ever pending. What it holds shows in
 * the metrics cache_bytes, cache_entries and cache_evictions.
 */
#include "table.h"

#include <stdlib.h>
#include <sluice/ext/metrics.h>
#include <sluice_sdk/arena.h>
#include <sluice_sdk/json.h>
#include <sluice_sdk/plugin.h>
#include <sluice_sdk/span.h>
#include <sluice_sdk/status.h>

#define MAX_BYTES ((int64_t)64 << 20)
#define MAX_ENTRY ((int64_t)1 << 20)
#define TTL_MS 600000
#define METRICS_EVERY 64 /* puts */

struct sluice_cache_shared {
    struct memory_table *table;
    int64_t ttl_ms; /* where put() names none; 0 = for ever */
};

struct sluice_cache {
    const sluice_host *host;
    sluice_cache_shared *shared;
    const sluice_host_metrics *metrics; /* NULL = the host has none */
    sluice_metric *bytes, *entries, *evictions;
    unsigned puts;
};

static const char config_schema[] =
    "{\"type\":\"object\",\"properties\":{"
    "\"max_bytes\":{\"type\":\"integer\",\"minimum\":4096,"
    "\"description\":\"memory that entries may take; default 64 MiB\"},"
    "\"max_entry_bytes\":{\"type\":\"integer\",\"minimum\":1,"
    "\"description\":\"a larger answer is not kept; default 1 MiB\"},"
    "\"ttl_ms\":{\"type\":\"integer\",\"minimum\":0,"
    "\"description\":\"how long an entry lives unless the call says so; default 10 minutes, 0 for "
    "ever\"}},\"additionalProperties\":false}";

/* ---- configuration ---- */

static sluice_status number(sluice_span config, const char *name, int64_t least, int64_t *out,
                            sluice_error *err)
{
    sluice_span v = sl_json_member(config, sl_span_str(name));

    if (!v.ptr)
        return SLUICE_OK;
    if (!sl_json_i64(v, out) || *out < least)
        return sl_fail_param(err, SLUICE_E_INVALID, "invalid_config", name,
                             "%s must be an integer, %lld at least", name, (long long)least);
    return SLUICE_OK;
}

static sluice_status memory_create_shared(const sluice_host *host, sluice_span config,
                                          sluice_cache_shared **out, sluice_error *err)
{
    int64_t max_bytes = MAX_BYTES, max_entry = MAX_ENTRY, ttl_ms = TTL_MS;
    struct memory_limits limits;
    sluice_cache_shared *s;
    sluice_status st;

    (void)host;
    config = sl_span_trim(config);
    if (!config.len)
        config = SL_SPAN("{}");
    if (sl_json_validate(config, NULL) < 0 || config.ptr[0] != '{')
        return sl_fail(err, SLUICE_E_INVALID, "the configuration of memory is no JSON object");
    st = number(config, "max_bytes", 4096, &max_bytes, err);
    if (st == SLUICE_OK)
        st = number(config, "max_entry_bytes", 1, &max_entry, err);
    if (st == SLUICE_OK)
        st = number(config, "ttl_ms", 0, &ttl_ms, err);
    if (st < 0)
        return st;
    limits = (struct memory_limits){ (size_t)max_bytes, (size_t)max_entry };
    s = sl_fault_hit() ? NULL : malloc(sizeof *s);
    if (s)
        *s = (sluice_cache_shared){ memory_table_create(&limits), ttl_ms };
    if (!s || !s->table) {
        free(s);
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory creating the cache");
    }
    *out = s;
    return SLUICE_OK;
}

static void memory_destroy_shared(sluice_cache_shared *shared)
{
    memory_table_destroy(shared->table);
    free(shared);
}

/* ---- a loop's part ---- */

static void open_metrics(sluice_cache *c)
{
    c->metrics = c->host->get_extension(c->host, SLUICE_METRICS_ID);
    if (!c->metrics)
        return;
    c->bytes = c->metrics->open(c->host, "cache_bytes", "Memory taken by cached answers.",
                                SLUICE_METRIC_GAUGE);
    c->entries = c->metrics->open(c->host, "cache_entries", "Cached answers.", SLUICE_METRIC_GAUGE);
    c->evictions =
        c->metrics->open(c->host, "cache_evictions", "Answers that had to make room for others.",
                         SLUICE_METRIC_GAUGE);
}

static void tell_metrics(sluice_cache *c)
{
    struct memory_counts now;

    if (!c->metrics)
        return;
    now = memory_table_counts(c->shared->table);
    if (c->bytes)
        c->metrics->set(c->bytes, now.bytes);
    if (c->entries)
        c->metrics->set(c->entries, now.entries);
    if (c->evictions)
        c->metrics->set(c->evictions, now.evictions);
}

static sluice_status memory_create(const sluice_host *host, sluice_span config,
                                   sluice_cache_shared *shared, sluice_cache **out,
                                   sluice_error *err)
{
    sluice_cache *c = sl_fault_hit() ? NULL : malloc(sizeof *c);

    (void)config;
    if (!c)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory creating the cache");
    *c = (sluice_cache){ .host = host, .shared = shared };
    open_metrics(c);
    *out = c;
    return SLUICE_OK;
}

static sluice_status memory_start(sluice_cache *self, sluice_error *err)
{
    (void)self;
    (void)err;
    return SLUICE_OK;
}

static void memory_stop(sluice_cache *self)
{
    tell_metrics(self);
}

static void memory_destroy(sluice_cache *self)
{
    free(self);
}

static sluice_status memory_get(sluice_cache *self, const sluice_cache_key *key,
                                sluice_arena *arena, sluice_cache_entry *out,
                                sluice_cache_get_cb cb, void *ctx, sluice_cache_op **op)
{
    (void)arena;
    (void)cb;
    (void)ctx;
    (void)op;
    if (!memory_table_get(self->shared->table, key, self->host->unix_ms(self->host), out))
        out->value = sl_span(NULL, 0);
    return SLUICE_OK;
}

static sluice_status memory_put(sluice_cache *self, const sluice_cache_key *key,
                                const sluice_cache_entry *entry, uint64_t ttl_ms,
                                sluice_cache_done_cb cb, void *ctx, sluice_cache_op **op)
{
    uint64_t ttl = ttl_ms ? ttl_ms : (uint64_t)self->shared->ttl_ms;
    int64_t now = self->host->unix_ms(self->host), expires = 0;
    sluice_status st;

    (void)cb;
    (void)ctx;
    (void)op;
    if (ttl && ttl < (uint64_t)(INT64_MAX - now))
        expires = now + (int64_t)ttl;
    st = memory_table_put(self->shared->table, key, entry, expires);
    if (++self->puts % METRICS_EVERY == 1)
        tell_metrics(self);
    return st;
}

static sluice_status memory_remove(sluice_cache *self, const sluice_cache_key *key,
                                   sluice_cache_done_cb cb, void *ctx, sluice_cache_op **op)
{
    (void)cb;
    (void)ctx;
    (void)op;
    memory_table_remove(self->shared->table, key);
    return SLUICE_OK;
}

/* Nothing is ever pending. */
static void memory_cancel(sluice_cache *self, sluice_cache_op *op)
{
    (void)self;
    (void)op;
}

static const sluice_cache_class cache_class = {
    .struct_size = sizeof(sluice_cache_class),
    .config_schema = config_schema,
    .create_shared = memory_create_shared,
    .destroy_shared = memory_destroy_shared,
    .create = memory_create,
    .start = memory_start,
    .stop = memory_stop,
    .destroy = memory_destroy,
    .get = memory_get,
    .put = memory_put,
    .remove = memory_remove,
    .cancel = memory_cancel,
};

SL_PLUGIN(memory, "memory", "0.1.0", "sluice",
          "answers in this process's memory, least recently used out first", SLUICE_CACHE_ID,
          &cache_class)
