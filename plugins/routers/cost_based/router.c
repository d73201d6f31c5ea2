/* SPDX-License-Identifier: Apache-2.0 */
/*
 * router.c - LiteLLM's cost-based-routing: the deployment with the lowest price of an input and an
 * output token together, among those whose rpm and tpm have room for the call. A price that nobody
 * knows counts as LiteLLM's 5 dollars, which is behind all that are known. Chance decides among
 * equals.
 */
#include <sluice_sdk/plugin.h>
#include <sluice_sdk/route.h>

#define UNKNOWN_PICO_USD ((int64_t)5000000000000)

struct sluice_router {
    char unused;
};

/* Nothing is configured and nothing is learnt: one object serves all. */
static struct sluice_router the_router;

static sluice_status cost_create(const sluice_host *host, sluice_span config, sluice_router **out,
                                 sluice_error *err)
{
    (void)host;
    (void)config;
    (void)err;
    *out = &the_router;
    return SLUICE_OK;
}

static void cost_destroy(sluice_router *self)
{
    (void)self;
}

static int64_t price(int64_t pico_usd)
{
    return pico_usd < 0 || pico_usd > UNKNOWN_PICO_USD ? UNKNOWN_PICO_USD : pico_usd;
}

/* What it is chosen by; -1 = it has no room for the call. */
static int64_t cost_of(const sluice_route *route, const sluice_deployment *d)
{
    return sl_route_has_room(route, d) ? price(d->input_pico_usd) + price(d->output_pico_usd) : -1;
}

static sluice_status cost_pick(sluice_router *self, const sluice_route *route,
                               const sluice_deployment *const *candidates, size_t n,
                               sluice_choice *out, sluice_error *err)
{
    (void)self;
    return sl_route_least(route, candidates, n, cost_of, out) ? SLUICE_OK : sl_route_at_limits(err);
}

static const sluice_router_class router_class = {
    .struct_size = sizeof(sluice_router_class),
    .flags = SLUICE_ROUTER_NO_TIMES,
    .config_schema = "{\"type\":\"object\"}",
    .create = cost_create,
    .destroy = cost_destroy,
    .pick = cost_pick,
};

SL_PLUGIN(cost_based, "cost_based", "0.1.0", "sluice", "the cheapest deployment below its limits",
          SLUICE_ROUTER_ID, &router_class)
