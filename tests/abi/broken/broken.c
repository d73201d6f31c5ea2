/* SPDX-License-Identifier: Apache-2.0 */
/* broken.c - a router with exactly one fault, chosen by BROKEN_*. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sluice/router.h>

static sluice_status create(const sluice_host *host, sluice_span config, sluice_router **out,
                            sluice_error *err)
{
    (void)host;
    (void)config;
    (void)out;
    (void)err;
    return SLUICE_E_INTERNAL;
}

static void destroy(sluice_router *r)
{
    (void)r;
}

#ifndef BROKEN_FUNCTION
static sluice_status pick(sluice_router *r, const sluice_route *route,
                          const sluice_deployment *const *candidates, size_t n, sluice_choice *out,
                          sluice_error *err)
{
    (void)r;
    (void)route;
    (void)candidates;
    (void)n;
    (void)out;
    (void)err;
    return SLUICE_E_INTERNAL;
}
#endif

static const sluice_router_class router = {
#ifdef BROKEN_TABLE_SIZE
    .struct_size = 16,
#else
    .struct_size = sizeof router,
#endif
#ifdef BROKEN_SCHEMA
    .config_schema = "{\"type\":",
#endif
    .create = create,
    .destroy = destroy,
#ifndef BROKEN_FUNCTION
    .pick = pick,
#endif
};

static const void *get_class(const char *id)
{
#ifdef BROKEN_NO_CLASS
    (void)id;
    return router.config_schema;
#else
    return strcmp(id, SLUICE_ROUTER_ID) ? NULL : &router;
#endif
}

static sluice_status init(const sluice_host *host, sluice_error *err)
{
    (void)host;
#ifdef BROKEN_INIT
    snprintf(err->message, sizeof err->message, "the moon is not full");
    return SLUICE_E_UNAVAILABLE;
#else
    (void)err;
    return SLUICE_OK;
#endif
}

static const sluice_plugin plugin = {
#ifdef BROKEN_MAGIC
    .magic = 0x12345678,
#else
    .magic = SLUICE_MAGIC,
#endif
#ifdef BROKEN_SIZE
    .struct_size = 24,
#else
    .struct_size = sizeof plugin,
#endif
#ifdef BROKEN_MAJOR
    .abi_major = 9,
#else
    .abi_major = SLUICE_ABI_MAJOR,
#endif
    .abi_minor = SLUICE_ABI_MINOR,
#ifdef BROKEN_MINOR
    .abi_minor_min = SLUICE_ABI_MINOR + 7,
#endif
#ifdef BROKEN_NO_ID
    .id = NULL,
#elif defined(BROKEN_BAD_ID)
    .id = "Not An Id",
#elif defined(BROKEN_OTHER_ID)
    .id = "somebody_else",
#else
    .id = BROKEN_ID,
#endif
    .version = "1",
    .init = init,
    .get_class = get_class,
};

SLUICE_PLUGIN_ENTRY(broken)
{
#ifdef BROKEN_NULL
    return plugin.id ? NULL : &plugin;
#else
    return &plugin;
#endif
}
