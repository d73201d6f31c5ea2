/* SPDX-License-Identifier: Apache-2.0 */
/*
 * router.c - LiteLLM's least-busy: the deployment with the fewest calls in flight. Among equals
 * chance decides, where LiteLLM takes the first: an idle group would be that one deployment.
 */
#include <string.h>
#include <sluice/router.h>

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

static sluice_status busy_pick(sluice_router *self, const sluice_route *route,
                               const sluice_deployment *const *candidates, size_t n,
                               sluice_choice *out, sluice_error *err)
{
    int64_t least = INT64_MAX;
    size_t alike = 0, at;

    (void)self;
    (void)err;
    for (size_t i = 0; i < n; i++) {
        int64_t busy = candidates[i]->in_flight;

        alike = busy < least ? 1 : alike + (busy == least);
        least = busy < least ? busy : least;
    }
    at = (size_t)(((unsigned __int128)route->random * alike) >> 64);
    for (size_t i = 0; i < n; i++)
        if (candidates[i]->in_flight == least && at-- == 0) {
            out->index = (uint32_t)i;
            break;
        }
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

static const void *get_class(const char *id)
{
    return strcmp(id, SLUICE_ROUTER_ID) == 0 ? &router_class : NULL;
}

static const sluice_plugin descriptor = {
    .magic = SLUICE_MAGIC,
    .struct_size = sizeof(sluice_plugin),
    .abi_major = SLUICE_ABI_MAJOR,
    .abi_minor = SLUICE_ABI_MINOR,
    .id = "least_busy",
    .version = "0.1.0",
    .vendor = "sluice",
    .summary = "the deployment with the fewest calls in flight",
    .get_class = get_class,
};

SLUICE_PLUGIN_ENTRY(least_busy)
{
    return &descriptor;
}
