/* SPDX-License-Identifier: Apache-2.0 */
/*
 * world.h - a model_list with the real core/route and the real router plugins, and upstreams that
 * are a script: time is a number that moves from event to event, randomness a sequence of its own.
 * Hours of traffic pass in seconds, and twice the same.
 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include "config/settings.h"
#include "plugin/entry.h"
#include "route/hedge.h"
#include "route/pick.h"

#define SECOND 1000000ull
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)

struct world;

/* How an upstream takes one attempt. */
struct answer {
    sluice_status status;
    uint64_t first_us, total_us; /* to the first useful event; to the end */
};

struct vendor {
    struct answer (*serve)(struct world *w, size_t deployment);
    double median_us; /* for serve functions that want one */
    uint64_t asked;   /* attempts, ever */
    uint64_t busiest; /* in flight at most */
};

struct sim_call;

struct world {
    struct sl_settings *settings;
    struct sl_state_registry *states;
    struct sl_deployment *deployments;
    struct vendor *vendors; /* of each deployment */
    size_t n;
    struct sluice_arena arena;
    struct sl_groups groups;
    struct sl_rooms rooms;
    struct sl_registry *registry;
    sluice_host host;
    struct sl_instance *routers;
    size_t n_routers;

    uint64_t now_us;
    uint64_t random; /* the sequence's state */
    struct event *events;
    size_t n_events, room_events;
    uint64_t sequence;
    struct sim_call *pool;
    struct sl_hedge hedge; /* of the one group that is hedged */

    /* what came of it all */
    uint64_t calls, failed, attempts, hedges;
    uint64_t *latencies; /* of calls, in microseconds: to the first token of streams */
    size_t n_latencies, room_latencies;
    void (*done)(struct world *w, size_t deployment, sluice_status status); /* may be NULL */
};

/* plugins: the folder of the plugin files. Ends the program when something is missing. */
void world_open(struct world *w, const char *plugins, const char *yaml, uint64_t seed);
void world_close(struct world *w);

uint64_t world_random(struct world *w);
double world_unit(struct world *w); /* 0 to 1, neither end */
/* Around a median, the 99th percentile three times as much: how vendors answer. */
double world_spread(struct world *w, double median);

struct sim_request {
    const char *model, *fallback; /* groups; fallback may be NULL */
    bool stream;
    int64_t input_tokens, output_tokens;
    uint64_t sticky;
    const struct sl_hedge_rule *hedge; /* the group's; NULL = as the router says */
    const char *tag;                   /* asked for; NULL = none */
};
/* One call comes in now. */
void world_call(struct world *w, const struct sim_request *request);
/* Let time pass until then; what ends meanwhile ends. */
void world_until(struct world *w, uint64_t us);
/* Calls at random moments, so many a second on average, until then. */
void world_traffic(struct world *w, const struct sim_request *request, double per_second,
                   uint64_t until_us);

/* Of the calls since the last world_forget(). */
double world_percentile(struct world *w, double part);
void world_forget(struct world *w);
/* Attempts at this deployment since the last world_forget(). */
uint64_t world_asked(const struct world *w, const char *id);
size_t world_index(const struct world *w, const char *id);
/* The router of a group, as calls find it. */
struct sl_instance *world_router(struct world *w, const struct sl_group *g);

#endif
