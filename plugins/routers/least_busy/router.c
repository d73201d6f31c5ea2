/* SPDX-License-Identifier: Apache-2.0 */
/*
 * router.c - LiteLLM's least-busy: the deployment with the fewest calls in flight. Among equals
 * chance decides, where LiteLLM takes the first: an idle group would be that one deployment.
 */
#include <sluice_sdk/plugin.h>
#include <sluice_sdk/route.h>

struct sluice_router {
    char unused;
};

/* Nothing is configured and nothing is learnt: one object serves all. */
static struct sluice_router the_router;

static sluice_status busy_create(const sluice_host *host, sluice_span config, sluice_router **out,
                                 sluice_error *err)
{
    (void)host;
    (void)config;
    (void)err;
    *out = &the_router;
    return SLUICE_OK;
}

static void busy_destroy(sluice_router *self)
{
    (void)self;
}

static int64_t busy_of(const sluice_route *route, const sluice_deployment *d)
{
    (void)route;
    return d->in_flight;
}

static sluice_status busy_pick(sluice_router *self, const sluice_route *route,
                               const sluice_deployment *const *candidates, size_t n,
                               sluice_choice *out, sluice_error *err)
{
    (void)self;
    (void)err;
    (void)sl_route_least(route, candidates, n, busy_of, out); /* there is one: all of them count */
    return SLUICE_OK;
}

static const sluice_router_class router_class = {
    .struct_size = sizeof(sluice_router_class),
    .flags = SLUICE_ROUTER_NO_TIMES,
    .config_schema = "{\"type\":\"object\"}",
    .create = busy_create,
    .destroy = busy_destroy,
    .pick = busy_pick,
};

SL_PLUGIN(least_busy, "least_busy", "0.1.0", "sluice",
          "the deployment with the fewest calls in flight", SLUICE_ROUTER_ID, &router_class)
