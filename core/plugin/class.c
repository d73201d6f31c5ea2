/* SPDX-License-Identifier: Apache-2.0 */
/* class.c - class tables: their length, their functions. */
#include "plugin/class.h"

#include "base/status.h"

#include <sluice/cache.h>
#include <sluice/logger.h>
#include <sluice/provider.h>
#include <sluice/router.h>

const struct sl_kind sl_kinds[SL_KINDS] = {
    { SLUICE_PROVIDER_ID, "provider" },
    { SLUICE_CACHE_ID, "cache" },
    { SLUICE_LOGGER_ID, "logger" },
    { SLUICE_ROUTER_ID, "router" },
};

/* A pointer that must not be NULL. */
struct need {
    const char *name;
    size_t offset;
};

#define NEED(type, field)                                                                          \
    {                                                                                              \
#field, offsetof(type, field)                                                              \
    }

static const struct need provider_needs[] = {
    NEED(sluice_provider_class, operations), NEED(sluice_provider_class, create),
    NEED(sluice_provider_class, destroy),    NEED(sluice_provider_class, begin),
    NEED(sluice_provider_class, request),    NEED(sluice_provider_class, head),
    NEED(sluice_provider_class, data),       NEED(sluice_provider_class, end),
};
static const struct need cache_needs[] = {
    NEED(sluice_cache_class, create), NEED(sluice_cache_class, start),
    NEED(sluice_cache_class, stop),   NEED(sluice_cache_class, destroy),
    NEED(sluice_cache_class, get),    NEED(sluice_cache_class, put),
    NEED(sluice_cache_class, cancel),
};
static const struct need logger_needs[] = {
    NEED(sluice_logger_class, create),
    NEED(sluice_logger_class, write),
    NEED(sluice_logger_class, destroy),
};
static const struct need router_needs[] = {
    NEED(sluice_router_class, create),
    NEED(sluice_router_class, destroy),
    NEED(sluice_router_class, pick),
};

/* By index of sl_kinds. size: of the table in ABI 1.0. */
static const struct {
    const struct need *needs;
    size_t n, size, schema;
} rules[SL_KINDS] = {
    { provider_needs, sizeof provider_needs / sizeof *provider_needs, sizeof(sluice_provider_class),
      offsetof(sluice_provider_class, config_schema) },
    { cache_needs, sizeof cache_needs / sizeof *cache_needs, sizeof(sluice_cache_class),
      offsetof(sluice_cache_class, config_schema) },
    { logger_needs, sizeof logger_needs / sizeof *logger_needs, sizeof(sluice_logger_class),
      offsetof(sluice_logger_class, config_schema) },
    { router_needs, sizeof router_needs / sizeof *router_needs, sizeof(sluice_router_class),
      offsetof(sluice_router_class, config_schema) },
};

static size_t index_of(const char *kind)
{
    size_t i = 0;

    while (i < SL_KINDS && strcmp(sl_kinds[i].id, kind))
        i++;
    return i;
}

const char *sl_kind_name(const char *id)
{
    size_t i = index_of(id);

    return i < SL_KINDS ? sl_kinds[i].name : id;
}

/* Pointers to functions and to data look alike in memory on every POSIX system. */
static const void *pointer_at(const void *table, size_t offset)
{
    const void *p;

    memcpy(&p, (const char *)table + offset, sizeof p);
    return p;
}

sluice_status sl_class_check(const char *file, const char *kind, const void *table,
                             sluice_error *err)
{
    size_t i = index_of(kind);
    uint32_t size;

    if (i == SL_KINDS)
        return sl_fail(err, SLUICE_E_UNSUPPORTED, "%s: unknown kind of plugin %s", file, kind);
    memcpy(&size, table, sizeof size);
    if (size < rules[i].size)
        return sl_fail(err, SLUICE_E_INVALID,
                       "%s: %s class: found struct_size %u, wanted at least %zu", file,
                       sl_kinds[i].name, size, rules[i].size);
    for (size_t k = 0; k < rules[i].n; k++)
        if (!pointer_at(table, rules[i].needs[k].offset))
            return sl_fail(err, SLUICE_E_INVALID, "%s: %s class: found no %s, wanted one", file,
                           sl_kinds[i].name, rules[i].needs[k].name);
    if (i == 1) {
        const sluice_cache_class *c = table;

        if (!c->create_shared != !c->destroy_shared)
            return sl_fail(err, SLUICE_E_INVALID,
                           "%s: cache class: found only one of create_shared and destroy_shared, "
                           "wanted both or none",
                           file);
    }
    return SLUICE_OK;
}

const char *sl_class_schema(const char *kind, const void *table)
{
    size_t i = index_of(kind);

    return i < SL_KINDS ? pointer_at(table, rules[i].schema) : NULL;
}
