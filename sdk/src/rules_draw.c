/* SPDX-License-Identifier: Apache-2.0 */
/* rules_draw.c - one of the deployments that a rule is for. */
#include <sluice_sdk/rules.h>

#include <sluice_sdk/json.h>
#include <sluice_sdk/span.h>

/* What a rule wants of a deployment; ptr NULL = nothing. */
struct wanted {
    sluice_span ids, providers, models, tags;
    bool any;
};

static bool may(const struct wanted *w, const sluice_deployment *d)
{
    return (!w->ids.ptr || sl_rules_match(w->ids, d->id)) &&
           (!w->providers.ptr || sl_rules_match(w->providers, d->provider)) &&
           (!w->models.ptr || sl_rules_match(w->models, d->model)) &&
           (!w->tags.ptr || sl_rules_match_any(w->tags, d->tags));
}

/* What one that may be drawn weighs: cut, so that no sum overflows, and never nothing. */
static uint64_t share(const struct wanted *w, const sluice_deployment *d)
{
    int64_t weight = d->weight_ppm < 0 ? 1000000 : d->weight_ppm;

    if (!w->any && !may(w, d))
        return 0;
    return weight < 1 ? 1 : weight > (int64_t)1 << 40 ? (uint64_t)1 << 40 : (uint64_t)weight;
}

bool sl_rules_draw(sluice_span use, const sluice_deployment *const *candidates, size_t n,
                   uint64_t random, uint32_t *index)
{
    struct wanted w = { .any = true };
    uint64_t sum = 0, at;

    if (use.ptr)
        w = (struct wanted){ .ids = sl_json_member(use, SL_SPAN("deployments")),
                             .providers = sl_json_member(use, SL_SPAN("providers")),
                             .models = sl_json_member(use, SL_SPAN("upstream_models")),
                             .tags = sl_json_member(use, SL_SPAN("tags")) };
    w.any = !w.ids.ptr && !w.providers.ptr && !w.models.ptr && !w.tags.ptr;
    for (size_t i = 0; i < n; i++)
        sum += share(&w, candidates[i]);
    at = (uint64_t)(((unsigned __int128)random * sum) >> 64);
    for (size_t i = 0; i < n && sum; i++) {
        uint64_t s = share(&w, candidates[i]);

        if (at < s) {
            *index = (uint32_t)i;
            return true;
        }
        at -= s;
    }
    return false;
}
