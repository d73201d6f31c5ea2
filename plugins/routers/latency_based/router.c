/* SPDX-License-Identifier: Apache-2.0 */
/*
 * router.c - LiteLLM's latency-based-routing: by time to the first token for streams, else by
 * seconds per output token, as the host measured them last; a random one of those within the buffer
 * of the fastest. One that was not measured within ttl is tried first, as there, but by one call at
 * a time: the first answer may take long, and calls that come meanwhile go where it is known how
 * long they take.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sluice/router.h>
#include <sluice_sdk/json.h>
#include <sluice_sdk/status.h>

struct sluice_router {
    double buffer, ttl_ms;
};

static sluice_status latency_create(const sluice_host *host, sluice_span config,
                                    sluice_router **out, sluice_error *err)
{
    sluice_router *self = calloc(1, sizeof *self);

    (void)host;
    if (!self)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory for a router");
    self->ttl_ms = 3600;
    (void)sl_json_f64(sl_json_member(config, SL_SPAN("ttl")), &self->ttl_ms);
    (void)sl_json_f64(sl_json_member(config, SL_SPAN("lowest_latency_buffer")), &self->buffer);
    self->ttl_ms *= 1000;
    *out = self;
    return SLUICE_OK;
}

static void latency_destroy(sluice_router *self)
{
    free(self);
}

static bool within_limits(const sluice_route *route, const sluice_deployment *d)
{
    int64_t tokens = route->input_tokens > 0 ? route->input_tokens : 0;

    return (d->rpm_max < 0 || d->rpm_used < d->rpm_max) &&
           (d->tpm_max < 0 || d->tpm_used + tokens <= d->tpm_max);
}

static sluice_status at_limits(sluice_error *err)
{
    sl_fail(err, SLUICE_E_UNAVAILABLE,
            "No deployments available for selected model: all are at their rpm or tpm limit");
    err->http_status = 429;
    err->retry_after_ms = 60000; /* a minute's counters begin anew by then */
    return SLUICE_E_UNAVAILABLE;
}

/* -1 = not known, or too old to be true. */
static int64_t time_of(const sluice_router *self, const sluice_route *r, const sluice_deployment *d)
{
    bool stream = (r->flags & SLUICE_CALL_STREAM) != 0;
    int64_t value = stream ? d->first_token_us : d->token_ns;
    int64_t at_ms = stream ? d->first_token_at_ms : d->token_at_ms;

    return (double)((int64_t)r->now_ms - at_ms) <= self->ttl_ms ? value : -1;
}

/* Whom to ask, best first. */
enum who { NEW_AND_IDLE, FAST, NEW };

static bool is_one(const sluice_router *self, const sluice_route *r, const sluice_deployment *d,
                   enum who who, double fast)
{
    int64_t time = time_of(self, r, d);

    if (!within_limits(r, d) || (time < 0) != (who != FAST))
        return false;
    return who == FAST ? (double)time <= fast : who == NEW || d->in_flight <= 0;
}

/* A random one of them; false: there is none. */
static bool draw(const sluice_router *self, const sluice_route *r,
                 const sluice_deployment *const *candidates, size_t n, enum who who, double fast,
                 uint32_t *index)
{
    size_t count = 0, at;

    for (size_t i = 0; i < n; i++)
        count += is_one(self, r, candidates[i], who, fast);
    at = (size_t)(((unsigned __int128)r->random * count) >> 64);
    for (size_t i = 0; i < n && count; i++)
        if (is_one(self, r, candidates[i], who, fast) && at-- == 0)
            *index = (uint32_t)i;
    return count > 0;
}

static sluice_status latency_pick(sluice_router *self, const sluice_route *r,
                                  const sluice_deployment *const *candidates, size_t n,
                                  sluice_choice *out, sluice_error *err)
{
    int64_t lowest = -1;
    double fast;

    for (size_t i = 0; i < n; i++) {
        int64_t time = within_limits(r, candidates[i]) ? time_of(self, r, candidates[i]) : -1;

        if (time >= 0 && (lowest < 0 || time < lowest))
            lowest = time;
    }
    fast = (double)lowest * (1 + self->buffer);
    for (enum who who = NEW_AND_IDLE; who <= NEW; who++)
        if (draw(self, r, candidates, n, who, fast, &out->index))
            return SLUICE_OK;
    return at_limits(err);
}

static const sluice_router_class router_class = {
    .struct_size = sizeof(sluice_router_class),
    .config_schema = "{\"type\":\"object\",\"properties\":{"
                     "\"ttl\":{\"type\":\"number\",\"minimum\":0},"
                     "\"lowest_latency_buffer\":{\"type\":\"number\",\"minimum\":0}}}",
    .create = latency_create,
    .destroy = latency_destroy,
    .pick = latency_pick,
};

static const void *get_class(const char *id)
{
    return strcmp(id, SLUICE_ROUTER_ID) == 0 ? &router_class : NULL;
}

static const sluice_plugin descriptor = {
    .magic = SLUICE_MAGIC,
    .struct_size = sizeof(sluice_plugin),
    .abi_major = SLUICE_ABI_MAJOR,
    .abi_minor = SLUICE_ABI_MINOR,
    .id = "latency_based",
    .version = "0.1.0",
    .vendor = "sluice",
    .summary = "the deployment that answered fastest of late",
    .get_class = get_class,
};

SLUICE_PLUGIN_ENTRY(latency_based)
{
    return &descriptor;
}
