/* SPDX-License-Identifier: Apache-2.0 */
/* host.c - memory, log, clock and chance for plugins; the way to the services. */
#include "plugin/host.h"

#include "base/clock.h"
#include "base/rng.h"

static void *arena_alloc(const sluice_host *host, sluice_arena *arena, size_t size)
{
    (void)host;
    return sl_alloc(arena, size);
}

static void log_line(const sluice_host *host, int32_t level, sluice_span message)
{
    const struct sl_instance *i = sl_host_instance(host);
    enum sl_log_level known = level < SL_DEBUG   ? SL_DEBUG
                              : level > SL_ERROR ? SL_ERROR
                                                 : (enum sl_log_level)level;

    sl_log(i->log, known, "%.*s: %.*s", SL_FMT(i->name), SL_FMT(message));
}

static uint64_t now_ms(const sluice_host *host)
{
    (void)host;
    return sl_now_ms();
}

static int64_t unix_ms(const sluice_host *host)
{
    (void)host;
    return sl_unix_ms();
}

static uint64_t random_bits(const sluice_host *host)
{
    (void)host;
    return sl_random();
}

/* The loop's services are for instances that have one; a logger's writer may block instead. */
static const void *get_extension(const sluice_host *host, const char *id)
{
    const struct sl_instance *i = sl_host_instance(host);

    if (!strcmp(id, SLUICE_IO_ID))
        return i->loop ? &sl_host_io : NULL;
    if (!strcmp(id, SLUICE_SHARE_ID))
        return &sl_host_share;
    if (!strcmp(id, SLUICE_SECRET_ID))
        return &sl_host_secret;
    if (!strcmp(id, SLUICE_HTTP_ID))
        return &sl_host_http;
    if (!strcmp(id, SLUICE_METRICS_ID))
        return &sl_host_metrics;
    return NULL;
}

static const void *no_extension(const sluice_host *host, const char *id)
{
    (void)host;
    (void)id;
    return NULL;
}

void sl_host_init(struct sl_instance *i, const char *product)
{
    i->host = (sluice_host){ .struct_size = sizeof i->host,
                             .abi_major = SLUICE_ABI_MAJOR,
                             .abi_minor = SLUICE_ABI_MINOR,
                             .product = product,
                             .impl = i,
                             .arena_alloc = arena_alloc,
                             .log = log_line,
                             .now_ms = now_ms,
                             .unix_ms = unix_ms,
                             .random = random_bits,
                             .get_extension = get_extension };
}

void sl_host_init_only(struct sl_instance *i, const struct sl_log *log, sluice_span name)
{
    memset(i, 0, sizeof *i);
    i->log = log;
    i->name = name;
    sl_host_init(i, "sluice");
    i->host.get_extension = no_extension;
}
