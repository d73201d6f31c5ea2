/* SPDX-License-Identifier: Apache-2.0 */
/* t_router.c - a router for the tests: always the last candidate. */
#include <stdlib.h>
#include <string.h>
#include <sluice/router.h>

struct sluice_router {
    const sluice_host *host;
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
    (void)r;
    (void)route;
    (void)candidates;
    (void)err;
    out->index = (uint32_t)n - 1;
    return SLUICE_OK;
}

static const sluice_router_class router = {
    .struct_size = sizeof router,
    .create = create,
    .destroy = destroy,
    .pick = pick,
};

static const void *get_class(const char *id)
{
    return strcmp(id, SLUICE_ROUTER_ID) ? NULL : &router;
}

static const sluice_plugin plugin = {
    .magic = SLUICE_MAGIC,
    .struct_size = sizeof plugin,
    .abi_major = SLUICE_ABI_MAJOR,
    .abi_minor = SLUICE_ABI_MINOR,
    .id = "t_router",
    .version = "1",
    .get_class = get_class,
};

SLUICE_PLUGIN_ENTRY(t_router)
{
    return &plugin;
}
