/* SPDX-License-Identifier: Apache-2.0 */
/*
 * router.c - LiteLLM's simple-shuffle: a random deployment, by weight where the configuration has
 * weights, else by rpm, else by tpm, else all alike. As there, the first candidate decides which of
 * these counts, and one that lacks it has no share. Unlike there, candidates whose shares are all
 * zero are drawn alike instead of failing the call.
 */
#include <sluice/router.h>
#include <sluice_sdk/plugin.h>

/* Shares above this are cut, so that no sum overflows. */
#define SHARE_MAX ((uint64_t)1 << 40)

struct sluice_router {
    char unused;
};

/* Nothing is configured and nothing is learnt: one object serves all. */
static struct sluice_router the_router;

static sluice_status shuffle_create(const sluice_host *host, sluice_span config,
                                    sluice_router **out, sluice_error *err)
{
    (void)host;
    (void)config;
    (void)err;
    *out = &the_router;
    return SLUICE_OK;
}

static void shuffle_destroy(sluice_router *self)
{
    (void)self;
}

/* Which number of a candidate is its share. */
enum by { BY_WEIGHT, BY_RPM, BY_TPM, ALIKE };

static inline int64_t number(enum by by, const sluice_deployment *d)
{
    return by == BY_WEIGHT ? d->weight_ppm
           : by == BY_RPM  ? d->rpm_max
           : by == BY_TPM  ? d->tpm_max
                           : 1;
}

static inline uint64_t share(enum by by, const sluice_deployment *d)
{
    int64_t n = number(by, d);

    return n < 0 ? 0 : (uint64_t)n > SHARE_MAX ? SHARE_MAX : (uint64_t)n;
}

static sluice_status shuffle_pick(sluice_router *self, const sluice_route *route,
                                  const sluice_deployment *const *candidates, size_t n,
                                  sluice_choice *out, sluice_error *err)
{
    enum by by = BY_WEIGHT;
    uint64_t sum = 0, at;

    (void)self;
    (void)err;
    while (by < ALIKE && number(by, candidates[0]) < 0)
        by++;
    for (size_t i = 0; i < n && by < ALIKE; i++)
        sum += share(by, candidates[i]);
    if (sum == 0) {
        out->index = (uint32_t)(((unsigned __int128)route->random * n) >> 64);
        return SLUICE_OK;
    }
    /* The random bits as a fraction of the sum: no division, and no end is favoured. */
    at = (uint64_t)(((unsigned __int128)route->random * sum) >> 64);
    for (size_t i = 0; i < n; i++) {
        uint64_t s = share(by, candidates[i]);

        if (at < s) {
            out->index = (uint32_t)i;
            break;
        }
        at -= s;
    }
    return SLUICE_OK;
}

static const sluice_router_class router_class = {
    .struct_size = sizeof(sluice_router_class),
    .flags = SLUICE_ROUTER_NO_COUNTERS,
    .config_schema = "{\"type\":\"object\"}",
    .create = shuffle_create,
    .destroy = shuffle_destroy,
    .pick = shuffle_pick,
};

SL_PLUGIN(simple_shuffle, "simple_shuffle", "0.1.0", "sluice",
          "a random deployment, by weight, rpm or tpm", SLUICE_ROUTER_ID, &router_class)
