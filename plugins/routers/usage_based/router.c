/* SPDX-License-Identifier: Apache-2.0 */
/*
 * router.c - LiteLLM's usage-based-routing and usage-based-routing-v2: the deployment that used the
 * fewest tokens in this minute, among those whose rpm and tpm have room for the call. As in v2
 * chance decides among equals, and the last call of the minute is taken (v1 leaves it). The host
 * counts a request when it begins, so that calls at once do not pass a limit together.
 */
#include <sluice_sdk/plugin.h>
#include <sluice_sdk/route.h>

struct sluice_router {
    char unused;
};

/* Nothing is configured and nothing is learnt: one object serves all. */
static struct sluice_router the_router;

static sluice_status usage_create(const sluice_host *host, sluice_span config, sluice_router **out,
                                  sluice_error *err)
{
    (void)host;
    (void)config;
    (void)err;
    *out = &the_router;
    return SLUICE_OK;
}

static void usage_destroy(sluice_router *self)
{
    (void)self;
}

/* What it is chosen by; -1 = it has no room for the call. */
static int64_t usage_of(const sluice_route *route, const sluice_deployment *d)
{
    return sl_route_has_room(route, d) ? d->tpm_used : -1;
}

static sluice_status usage_pick(sluice_router *self, const sluice_route *route,
                                const sluice_deployment *const *candidates, size_t n,
                                sluice_choice *out, sluice_error *err)
{
    (void)self;
    return sl_route_least(route, candidates, n, usage_of, out) ? SLUICE_OK
                                                               : sl_route_at_limits(err);
}

static const sluice_router_class router_class = {
    .struct_size = sizeof(sluice_router_class),
    .flags = SLUICE_ROUTER_NO_TIMES,
    .config_schema = "{\"type\":\"object\"}",
    .create = usage_create,
    .destroy = usage_destroy,
    .pick = usage_pick,
};

SL_PLUGIN(usage_based, "usage_based", "0.1.0", "sluice",
          "the deployment with the fewest tokens in this minute, below its limits",
          SLUICE_ROUTER_ID, &router_class)
