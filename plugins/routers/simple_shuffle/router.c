/* SPDX-License-Identifier: Apache-2.0 */
/*
 * router.c - LiteLLM's simple-shuffle: a random deployment, by weight where the configuration has
 * weights, else by rpm, else by tpm, else all alike. As there, the first candidate decides which of
 * these counts, and one that lacks it has no share. Unlike there, candidates whose shares are all
 * zero are drawn alike instead of failing the call.
 */
#include <string.h>
#include <sluice/router.h>

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

static int64_t by_weight(const sluice_deployment *d)
{
    return d->weight_ppm;
}

static int64_t by_rpm(const sluice_deployment *d)
{
    return d->rpm_max;
}

static int64_t by_tpm(const sluice_deployment *d)
{
    return d->tpm_max;
}

typedef int64_t (*share_fn)(const sluice_deployment *d);

static uint64_t share(share_fn of, const sluice_deployment *d)
{
    int64_t n = of ? of(d) : 1;

    return n < 0 ? 0 : (uint64_t)n > SHARE_MAX ? SHARE_MAX : (uint64_t)n;
}

static share_fn choose_share(const sluice_deployment *first)
{
    static const share_fn order[] = { by_weight, by_rpm, by_tpm };

    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        if (order[i](first) >= 0)
            return order[i];
    return NULL;
}

static uint64_t sum_of(share_fn of, const sluice_deployment *const *candidates, size_t n)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += share(of, candidates[i]);
    return sum;
}

static sluice_status shuffle_pick(sluice_router *self, const sluice_route *route,
                                  const sluice_deployment *const *candidates, size_t n,
                                  sluice_choice *out, sluice_error *err)
{
    share_fn of = choose_share(candidates[0]);
    uint64_t sum = sum_of(of, candidates, n), at;

    (void)self;
    (void)err;
    if (sum == 0) {
        of = NULL;
        sum = n;
    }
    /* The random bits as a fraction of the sum: no division, and no end is favoured. */
    at = (uint64_t)(((unsigned __int128)route->random * sum) >> 64);
    for (size_t i = 0; i < n; i++) {
        uint64_t s = share(of, candidates[i]);

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

static const void *get_class(const char *id)
{
    return strcmp(id, SLUICE_ROUTER_ID) == 0 ? &router_class : NULL;
}

static const sluice_plugin descriptor = {
    .magic = SLUICE_MAGIC,
    .struct_size = sizeof(sluice_plugin),
    .abi_major = SLUICE_ABI_MAJOR,
    .abi_minor = SLUICE_ABI_MINOR,
    .id = "simple_shuffle",
    .version = "0.1.0",
    .vendor = "sluice",
    .summary = "a random deployment, by weight, rpm or tpm",
    .get_class = get_class,
};

SLUICE_PLUGIN_ENTRY(simple_shuffle)
{
    return &descriptor;
}
