/* SPDX-License-Identifier: Apache-2.0 */
/* world.c - see world.h: setting up and taking down, randomness, what came of it. */
#include "world.h"

#include <math.h>
#include <sluice/router.h>
#include <stdio.h>
#include <stdlib.h>
#include "sim.h"

static void give_up(const char *what, const sluice_error *err)
{
    fprintf(stderr, "routing_sim: %s: %s\n", what, err ? err->message : "out of memory");
    exit(2);
}

static void quiet(const sluice_host *host, int32_t level, sluice_span message)
{
    (void)host, (void)level, (void)message;
}

static uint64_t now_ms(const sluice_host *host)
{
    return ((struct world *)host->impl)->now_us / 1000;
}

static int64_t unix_ms(const sluice_host *host)
{
    return sim_unix_ms((struct world *)host->impl);
}

static uint64_t random_bits(const sluice_host *host)
{
    return world_random(host->impl);
}

static const void *no_extension(const sluice_host *host, const char *id)
{
    (void)host, (void)id;
    return NULL;
}

static void make_router(struct world *w, sluice_span strategy, sluice_span args)
{
    struct sl_instance *i = &w->routers[w->n_routers++];
    struct sl_entry_options o = { .registry = w->registry, .config = args };
    sluice_error err = SLUICE_ERROR_INIT;
    const sluice_router_class *cls;
    char name[32];

    snprintf(name, sizeof name, "router %zu", w->n_routers);
    o.name = sl_span_str(name);
    if (sl_registry_class(w->registry, SLUICE_ROUTER_ID, strategy, &o.cls, &err) < 0 ||
        sl_entry_create(&o, &i->entry, &err) < 0)
        give_up("no such router", &err);
    cls = o.cls->table;
    if (cls->create(&w->host, sl_entry_config(i->entry), (sluice_router **)&i->self, &err) < 0)
        give_up("the router", &err);
}

static void make_deployments(struct world *w)
{
    w->n = w->settings->n_deployments;
    w->deployments = calloc(w->n + 1, sizeof *w->deployments);
    w->vendors = calloc(w->n + 1, sizeof *w->vendors);
    w->states = sl_state_registry_create();
    if (!w->deployments || !w->vendors || !w->states)
        give_up("deployments", NULL);
    for (size_t i = 0; i < w->n; i++) {
        struct sl_model *model = sl_alloc(&w->arena, sizeof *model);

        w->deployments[i].settings = &w->settings->deployments[i];
        w->deployments[i].state = sl_state_hold(w->states, w->settings->deployments[i].id);
        if (!w->deployments[i].state || !model)
            give_up("deployments", NULL);
        sl_model_init(model);
        model->pico_usd[SL_PRICE_IN] = w->settings->deployments[i].input_pico_usd;
        model->pico_usd[SL_PRICE_OUT] = w->settings->deployments[i].output_pico_usd;
        w->deployments[i].model = model;
        sl_state_window(w->deployments[i].state, w->settings->samples, w->settings->sample_ttl_ms);
    }
}

void world_open(struct world *w, const char *plugins, const char *yaml, uint64_t seed)
{
    struct sl_registry_options options = { .path = plugins };
    sluice_error err = SLUICE_ERROR_INIT;

    *w = (struct world){ .random = seed, .now_us = 1000 * SECOND };
    w->host = (sluice_host){ .struct_size = sizeof w->host,
                             .abi_major = SLUICE_ABI_MAJOR,
                             .abi_minor = SLUICE_ABI_MINOR,
                             .product = "routing_sim",
                             .impl = w,
                             .log = quiet,
                             .now_ms = now_ms,
                             .unix_ms = unix_ms,
                             .random = random_bits,
                             .get_extension = no_extension };
    sl_arena_init(&w->arena, 256u << 20);
    sl_hedge_init(&w->hedge);
    if (sl_settings_load(NULL, sl_span_str(yaml), NULL, &w->settings, &err) < 0)
        give_up("the configuration", &err);
    if (sl_registry_create(&options, &w->registry, &err) < 0)
        give_up("the plugins", &err);
    make_deployments(w);
    if (sl_groups_build(&w->groups, w->deployments, w->n, w->settings->aliases,
                        w->settings->n_aliases, &w->arena) < 0)
        give_up("groups", NULL);
    sl_rooms_init(&w->rooms, &w->groups);
    w->routers = calloc(w->settings->n_routing_groups + 1, sizeof *w->routers);
    if (!w->routers)
        give_up("routers", NULL);
    make_router(w, w->settings->routing_strategy, w->settings->routing_args);
    for (size_t i = 0; i < w->settings->n_routing_groups; i++)
        make_router(w, w->settings->routing_groups[i].strategy,
                    w->settings->routing_groups[i].args);
}

void world_close(struct world *w)
{
    sim_drop_all(w);
    for (size_t i = 0; i < w->n_routers; i++) {
        const sluice_router_class *cls = sl_entry_class(w->routers[i].entry)->table;

        cls->destroy(w->routers[i].self);
        sl_entry_drop(w->routers[i].entry);
    }
    free(w->routers);
    sl_rooms_finish(&w->rooms);
    sl_groups_finish(&w->groups);
    for (size_t i = 0; i < w->n; i++)
        sl_state_drop(w->deployments[i].state);
    sl_state_registry_destroy(w->states);
    sl_registry_destroy(w->registry);
    sl_settings_destroy(w->settings);
    sl_arena_finish(&w->arena);
    free(w->deployments);
    free(w->vendors);
    free(w->latencies);
}

struct sl_instance *world_router(struct world *w, const struct sl_group *g)
{
    for (size_t i = 0; i < w->settings->n_routing_groups; i++)
        for (size_t k = 0; k < w->settings->routing_groups[i].n_models; k++)
            if (sl_span_eq(w->settings->routing_groups[i].models[k], g->name))
                return &w->routers[i + 1];
    return &w->routers[0];
}

/* SplitMix64. */
uint64_t world_random(struct world *w)
{
    uint64_t x = w->random += 0x9e3779b97f4a7c15u;

    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

double world_unit(struct world *w)
{
    return ((double)(world_random(w) >> 11) + 0.5) / 9007199254740992.0;
}

/* Log-normal by Box and Muller; 2.326 deviations make the 99th percentile. */
double world_spread(struct world *w, double median)
{
    double normal = sqrt(-2 * log(world_unit(w))) * cos(6.283185307179586 * world_unit(w));

    return median * exp(normal * log(3) / 2.326);
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

double world_percentile(struct world *w, double part)
{
    if (w->n_latencies == 0)
        return 0;
    qsort(w->latencies, w->n_latencies, sizeof *w->latencies, by_value);
    return (double)w->latencies[(size_t)((double)(w->n_latencies - 1) * part)];
}

void world_forget(struct world *w)
{
    w->n_latencies = 0;
    w->calls = w->failed = w->attempts = w->hedges = 0;
    for (size_t i = 0; i < w->n; i++)
        w->vendors[i].asked = w->vendors[i].busiest = 0;
}

size_t world_index(const struct world *w, const char *id)
{
    for (size_t i = 0; i < w->n; i++)
        if (sl_span_eq(w->settings->deployments[i].id, sl_span_str(id)))
            return i;
    give_up(id, NULL);
    return 0;
}

uint64_t world_asked(const struct world *w, const char *id)
{
    return w->vendors[world_index(w, id)].asked;
}
