/* SPDX-License-Identifier: Apache-2.0 */
/* sluice_sdk/route.h - what routers have in common: limits of a minute, and the least of some
 * number. */
#ifndef SLUICE_SDK_ROUTE_H
#define SLUICE_SDK_ROUTE_H

#include <stdbool.h>
#include <sluice/router.h>
#include <sluice_sdk/status.h>

/* Has its rpm and its tpm room for the call? */
static inline bool sl_route_has_room(const sluice_route *route, const sluice_deployment *d)
{
    int64_t tokens = route->input_tokens > 0 ? route->input_tokens : 0;

    return (d->rpm_max < 0 || d->rpm_used < d->rpm_max) &&
           (d->tpm_max < 0 || d->tpm_used + tokens <= d->tpm_max);
}

/* None of them has. */
static inline sluice_status sl_route_at_limits(sluice_error *err)
{
    sl_fail(err, SLUICE_E_UNAVAILABLE,
            "No deployments available for selected model: all are at their rpm or tpm limit");
    err->http_status = 429;
    err->retry_after_ms = 60000; /* a minute's counters begin anew by then */
    return SLUICE_E_UNAVAILABLE;
}

/* What a deployment is chosen by; -1 = it is not to be chosen. */
typedef int64_t sl_route_value(const sluice_route *route, const sluice_deployment *d);

/* The candidate of the least value, chance deciding among equals; false: there is none. */
static inline bool sl_route_least(const sluice_route *route,
                                  const sluice_deployment *const *candidates, size_t n,
                                  sl_route_value *value_of, sluice_choice *out)
{
    int64_t least = INT64_MAX;
    size_t alike = 0, at;

    for (size_t i = 0; i < n; i++) {
        int64_t value = value_of(route, candidates[i]);

        if (value < 0 || value > least)
            continue;
        alike = value < least ? 1 : alike + 1;
        least = value;
    }
    at = (size_t)(((unsigned __int128)route->random * alike) >> 64);
    for (size_t i = 0; i < n && alike; i++)
        if (value_of(route, candidates[i]) == least && at-- == 0) {
            out->index = (uint32_t)i;
            break;
        }
    return alike > 0;
}

#endif
