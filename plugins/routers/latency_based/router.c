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
#include <sluice/router.h>
#include <sluice_sdk/json.h>
#include <sluice_sdk/plugin.h>
#include <sluice_sdk/route.h>

struct sluice_router {
    double buffer;
    int64_t ttl_ms;
    int64_t *times; /* of the candidates of one choice */
    size_t room;
};

static sluice_status latency_create(const sluice_host *host, sluice_span config,
                                    sluice_router **out, sluice_error *err)
{
    sluice_router *self = calloc(1, sizeof *self);
    double ttl = 3600;

    (void)host;
    if (!self)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory for a router");
    (void)sl_json_f64(sl_json_member(config, SL_SPAN("ttl")), &ttl);
    (void)sl_json_f64(sl_json_member(config, SL_SPAN("lowest_latency_buffer")), &self->buffer);
    self->ttl_ms = ttl < 1e12 ? (int64_t)(ttl * 1000) : INT64_MAX / 2;
    *out = self;
    return SLUICE_OK;
}

static void latency_destroy(sluice_router *self)
{
    free(self->times);
    free(self);
}

#define NEW (-1)      /* not measured, or too long ago */
#define NEW_BUSY (-2) /* the same, and somebody measures it just now */
#define AT_LIMIT (-3)

static int64_t time_of(const sluice_router *self, const sluice_route *r, const sluice_deployment *d)
{
    bool stream = (r->flags & SLUICE_CALL_STREAM) != 0;
    int64_t value = stream ? d->first_token_us : d->token_ns;
    int64_t at_ms = stream ? d->first_token_at_ms : d->token_at_ms;

    if (!sl_route_has_room(r, d))
        return AT_LIMIT;
    if (value >= 0 && (int64_t)r->now_ms - at_ms <= self->ttl_ms)
        return value;
    return d->in_flight > 0 ? NEW_BUSY : NEW;
}

/* A random one of those whose times are from least to most. */
static uint32_t draw(const int64_t *times, size_t n, int64_t least, int64_t most, uint64_t random)
{
    size_t count = 0, at, i = 0;

    for (size_t k = 0; k < n; k++)
        count += times[k] >= least && times[k] <= most;
    at = (size_t)(((unsigned __int128)random * count) >> 64);
    while (times[i] < least || times[i] > most || at-- > 0)
        i++;
    return (uint32_t)i;
}

static sluice_status latency_pick(sluice_router *self, const sluice_route *r,
                                  const sluice_deployment *const *candidates, size_t n,
                                  sluice_choice *out, sluice_error *err)
{
    int64_t lowest = INT64_MAX, best = AT_LIMIT, *more;
    double most;

    if (n > self->room) {
        more = realloc(self->times, n * sizeof *more);
        if (!more)
            return sl_fail(err, SLUICE_E_NOMEM, "out of memory for %zu candidates", n);
        self->times = more;
        self->room = n;
    }
    for (size_t i = 0; i < n; i++) {
        int64_t time = self->times[i] = time_of(self, r, candidates[i]);

        if (time >= 0 && time < lowest)
            lowest = time;
        if (time == NEW || best == AT_LIMIT || (time >= 0 && best == NEW_BUSY))
            best = time;
    }
    if (best == AT_LIMIT)
        return sl_route_at_limits(err);
    most = (double)lowest * (1 + self->buffer);
    /* NEW before those that are known, NEW_BUSY when there is nothing else. */
    out->index = best < 0
                     ? draw(self->times, n, best, best, r->random)
                     : draw(self->times, n, 0, most < 9e18 ? (int64_t)most : INT64_MAX, r->random);
    return SLUICE_OK;
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

SL_PLUGIN(latency_based, "latency_based", "0.1.0", "sluice",
          "the deployment that answered fastest of late", SLUICE_ROUTER_ID, &router_class)
