/* SPDX-License-Identifier: Apache-2.0 */
/* draw.c - one of the deployments that a rule is for. */
#include "rules.h"

#include <sluice_sdk/json.h>
#include <sluice_sdk/span.h>

static bool may(sluice_span use, const sluice_deployment *d)
{
    sluice_span ids = sl_json_member(use, SL_SPAN("deployments"));
    sluice_span providers = sl_json_member(use, SL_SPAN("providers"));
    sluice_span models = sl_json_member(use, SL_SPAN("upstream_models"));
    sluice_span tags = sl_json_member(use, SL_SPAN("tags"));

    return (!ids.ptr || rules_match(ids, d->id)) &&
           (!providers.ptr || rules_match(providers, d->provider)) &&
           (!models.ptr || rules_match(models, d->model)) &&
           (!tags.ptr || rules_match_any(tags, d->tags));
}

/* What one that may be drawn weighs: cut, so that no sum overflows, and never nothing. */
static uint64_t share(sluice_span use, const sluice_deployment *d)
{
    int64_t w = d->weight_ppm < 0 ? 1000000 : d->weight_ppm;

    return !may(use, d) ? 0 : w < 1 ? 1 : w > (int64_t)1 << 40 ? (uint64_t)1 << 40 : (uint64_t)w;
}

/* By weight; false: the rule is for none of these. */
bool rules_draw(sluice_span use, const sluice_deployment *const *candidates, size_t n,
                uint64_t random, uint32_t *index)
{
    uint64_t sum = 0, at;

    for (size_t i = 0; i < n; i++)
        sum += share(use, candidates[i]);
    at = (uint64_t)(((unsigned __int128)random * sum) >> 64);
    for (size_t i = 0; i < n && sum; i++) {
        uint64_t s = share(use, candidates[i]);

        if (at < s) {
            *index = (uint32_t)i;
            return true;
        }
        at -= s;
    }
    return false;
}
