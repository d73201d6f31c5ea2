/* SPDX-License-Identifier: Apache-2.0 */
/*
 * router.c - LiteLLM's cost-based-routing: the deployment with the lowest price of an input and an
 * output token together, among those whose rpm and tpm have room for the call. A price that nobody
 * knows counts as LiteLLM's 5 dollars, which is behind all that are known. Chance decides among
 * equals.
 */
#include <stdbool.h>
#include <string.h>
#include <sluice/router.h>
#include <sluice_sdk/status.h>

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

static int64_t price(int64_t pico_usd)
{
    return pico_usd < 0 || pico_usd > UNKNOWN_PICO_USD ? UNKNOWN_PICO_USD : pico_usd;
}

/* What it is chosen by; -1 = it has no room for the call. */
static int64_t cost_of(const sluice_route *route, const sluice_deployment *d)
{
    return within_limits(route, d) ? price(d->input_pico_usd) + price(d->output_pico_usd) : -1;
}

static sluice_status cost_pick(sluice_router *self, const sluice_route *route,
                               const sluice_deployment *const *candidates, size_t n,
                               sluice_choice *out, sluice_error *err)
{
    int64_t least = INT64_MAX;
    size_t alike = 0, at;

    (void)self;
    for (size_t i = 0; i < n; i++) {
        int64_t value = cost_of(route, candidates[i]);

        if (value < 0 || value > least)
            continue;
        alike = value < least ? 1 : alike + 1;
        least = value;
    }
    if (alike == 0)
        return at_limits(err);
    at = (size_t)(((unsigned __int128)route->random * alike) >> 64);
    for (size_t i = 0; i < n; i++)
        if (cost_of(route, candidates[i]) == least && at-- == 0) {
            out->index = (uint32_t)i;
            break;
        }
    return SLUICE_OK;
}

static const sluice_router_class router_class = {
    .struct_size = sizeof(sluice_router_class),
    .flags = SLUICE_ROUTER_NO_TIMES,
    .config_schema = "{\"type\":\"object\"}",
    .create = cost_create,
    .destroy = cost_destroy,
    .pick = cost_pick,
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
    .id = "cost_based",
    .version = "0.1.0",
    .vendor = "sluice",
    .summary = "the cheapest deployment below its limits",
    .get_class = get_class,
};

SLUICE_PLUGIN_ENTRY(cost_based)
{
    return &descriptor;
}
