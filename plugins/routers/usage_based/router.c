/* SPDX-License-Identifier: Apache-2.0 */
/*
 * router.c - LiteLLM's usage-based-routing and usage-based-routing-v2: the deployment that used the
 * fewest tokens in this minute, among those whose rpm and tpm have room for the call. As in v2
 * chance decides among equals, and the last call of the minute is taken (v1 leaves it). The host
 * counts a request when it begins, so that calls at once do not pass a limit together.
 */
#include <stdbool.h>
#include <string.h>
#include <sluice/router.h>
#include <sluice_sdk/status.h>

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

/* What it is chosen by; -1 = it has no room for the call. */
static int64_t usage_of(const sluice_route *route, const sluice_deployment *d)
{
    return within_limits(route, d) ? d->tpm_used : -1;
}

static sluice_status usage_pick(sluice_router *self, const sluice_route *route,
                                const sluice_deployment *const *candidates, size_t n,
                                sluice_choice *out, sluice_error *err)
{
    int64_t least = INT64_MAX;
    size_t alike = 0, at;

    (void)self;
    for (size_t i = 0; i < n; i++) {
        int64_t value = usage_of(route, candidates[i]);

        if (value < 0 || value > least)
            continue;
        alike = value < least ? 1 : alike + 1;
        least = value;
    }
    if (alike == 0)
        return at_limits(err);
    at = (size_t)(((unsigned __int128)route->random * alike) >> 64);
    for (size_t i = 0; i < n; i++)
        if (usage_of(route, candidates[i]) == least && at-- == 0) {
            out->index = (uint32_t)i;
            break;
        }
    return SLUICE_OK;
}

static const sluice_router_class router_class = {
    .struct_size = sizeof(sluice_router_class),
    .flags = SLUICE_ROUTER_NO_TIMES,
    .config_schema = "{\"type\":\"object\"}",
    .create = usage_create,
    .destroy = usage_destroy,
    .pick = usage_pick,
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
    .id = "usage_based",
    .version = "0.1.0",
    .vendor = "sluice",
    .summary = "the deployment with the fewest tokens in this minute, below its limits",
    .get_class = get_class,
};

SLUICE_PLUGIN_ENTRY(usage_based)
{
    return &descriptor;
}
