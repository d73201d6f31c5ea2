/* SPDX-License-Identifier: Apache-2.0 */
/* services.c - see services.h. */
#include "api/services.h"

#include "base/status.h"
#include "format/json_write.h"
#include "state/objects.h"

#define STORE_MS 1000u /* a store that works answers in milliseconds */

struct round {
    struct sluice *s;
    const struct sl_snapshot *snapshot;
    const struct sl_pulse *pulse;
    sl_service_fn fn;
    void *ctx;
};

static void tell(const struct round *r, struct sl_service service)
{
    r->fn(r->ctx, &service);
}

static void loops(const struct round *r)
{
    struct sl_service service = { .kind = "loops",
                                  .name = SL_SPAN("loops"),
                                  .healthy = !r->pulse->silent,
                                  .needed = true,
                                  .error = SLUICE_ERROR_INIT };

    if (!service.healthy)
        sl_fail(&service.error, SLUICE_E_TIMEOUT, "%zu of %zu loops do not turn", r->pulse->silent,
                r->pulse->loops);
    tell(r, service);
}

static void object_store(const struct round *r)
{
    struct sl_objects *o = r->s->owner.objects;
    struct sl_service service = { .kind = "object_store",
                                  .name = sl_span_str(o->name),
                                  .needed = true,
                                  .error = SLUICE_ERROR_INIT };

    service.healthy = o->cls->ping(o, STORE_MS, &service.error) >= 0;
    tell(r, service);
}

/* A cache that is away is a miss, not an outage. */
static void cache(const struct round *r)
{
    sluice_status said = atomic_load_explicit(&r->s->owner.cache_said, memory_order_relaxed);
    struct sl_service service = { .kind = "cache", .healthy = said >= 0 };

    if (!r->snapshot->cache)
        return;
    service.name = sl_span_str(sl_entry_class(r->snapshot->cache)->id);
    service.error = (sluice_error)SLUICE_ERROR_INIT;
    if (!service.healthy)
        sl_fail(&service.error, said, "its last answer was: %s", sl_status_info(said)->name);
    tell(r, service);
}

static void loggers(const struct round *r)
{
    for (size_t i = 0; i < r->snapshot->n_loggers; i++) {
        struct sl_logger_stats stats = sl_logger_stats(r->snapshot->loggers[i]);
        struct sl_service service = { .kind = "logger",
                                      .name =
                                          sl_entry_name(sl_logger_entry(r->snapshot->loggers[i])),
                                      .healthy = !stats.failing,
                                      .counted = true,
                                      .written = (int64_t)stats.written,
                                      .dropped = (int64_t)stats.dropped,
                                      .error = SLUICE_ERROR_INIT };

        if (stats.failing)
            sl_fail(&service.error, SLUICE_E_UPSTREAM, "its last records could not be written");
        tell(r, service);
    }
}

/* A configuration whose plugins fail is not taken: these are there. */
static void plugin(const struct round *r, const char *kind, const struct sl_entry *e)
{
    tell(r, (struct sl_service){ .kind = kind,
                                 .name = sl_span_str(sl_entry_class(e)->id),
                                 .healthy = true,
                                 .error = SLUICE_ERROR_INIT });
}

static void routers(const struct round *r)
{
    for (size_t i = 0; i < r->snapshot->n_routers; i++)
        plugin(r, "router", r->snapshot->routers[i]);
}

static void providers(const struct round *r)
{
    const struct sl_snapshot *s = r->snapshot;

    for (size_t i = 0; i < s->n_deployments; i++) {
        bool told = false;

        for (size_t k = 0; k < i && !told; k++)
            told = sl_entry_class(s->deployments[k].provider) ==
                   sl_entry_class(s->deployments[i].provider);
        if (!told)
            plugin(r, "provider", s->deployments[i].provider);
    }
}

static void (*const kinds[])(const struct round *r) = { loops,   object_store, cache,
                                                        loggers, routers,      providers };

void sl_services_each(struct sluice *s, const struct sl_snapshot *snapshot,
                      const struct sl_pulse *pulse, sl_service_fn fn, void *ctx)
{
    const struct round r = { s, snapshot, pulse, fn, ctx };

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        kinds[i](&r);
}

static void row(void *ctx, const struct sl_service *service)
{
    struct sl_rows *rows = ctx;
    struct sl_json_out o = sl_json_out(&rows->text);

    sl_json_open(&o, '{');
    sl_json_kv_str(&o, "service", service->name);
    sl_json_kv_str(&o, "kind", sl_span_str(service->kind));
    sl_json_kv_bool(&o, "healthy", service->healthy);
    if (service->counted) {
        sl_json_kv_i64(&o, "written", service->written);
        sl_json_kv_i64(&o, "dropped", service->dropped);
    }
    if (!service->healthy)
        sl_json_kv_str(&o, "error", sl_span_str(service->error.message));
    sl_json_close(&o, '}');
    sl_buf_add_char(&rows->text, 0);
}

sluice_status sl_verb_services(struct sluice *s, const struct sl_snapshot *snapshot,
                               sluice_span argument, struct sl_rows *rows, sluice_error *err)
{
    struct sl_pulse pulse = sl_pulse_take(s, SL_PULSE_MS);

    (void)argument;
    (void)err;
    sl_services_each(s, snapshot, &pulse, row, rows);
    return SLUICE_OK;
}
