/* SPDX-License-Identifier: Apache-2.0 */
/*
 * router.c - round robin. The host has taken out what may not be used and asks again with fewer
 * candidates after a failure, so choosing is all there is. Each loop has its own turn; it begins at
 * a random place so that the loops do not walk in step.
 */
#include <stdlib.h>
#include <sluice/router.h>
#include <sluice_sdk/plugin.h>

struct sluice_router {
    const sluice_host *host;
    uint64_t turn;
};

static sluice_status create(const sluice_host *host, sluice_span config, sluice_router **out,
                            sluice_error *err)
{
    (void)config;
    (void)err;
    *out = calloc(1, sizeof **out);
    if (!*out)
        return SLUICE_E_NOMEM;
    (*out)->host = host;
    (*out)->turn = host->random(host);
    return SLUICE_OK;
}

static void destroy(sluice_router *r)
{
    free(r);
}

static sluice_status pick(sluice_router *r, const sluice_route *route,
                          const sluice_deployment *const *candidates, size_t n, sluice_choice *out,
                          sluice_error *err)
{
    (void)candidates;
    (void)err;
    /* A second attempt goes on from where the first was: it takes no turn. */
    if (route->attempt == 0)
        r->turn++;
    out->index = (uint32_t)(r->turn % n);
    return SLUICE_OK;
}

static const sluice_router_class router = {
    .struct_size = sizeof router,
    .config_schema = "{\"type\":\"object\",\"additionalProperties\":false}",
    .create = create,
    .destroy = destroy,
    .pick = pick,
};

SL_PLUGIN(example_round_robin, "example_round_robin", "1.0", "example", "round robin",
          SLUICE_ROUTER_ID, &router)
