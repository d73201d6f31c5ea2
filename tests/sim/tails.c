/* SPDX-License-Identifier: Apache-2.0 */
/* tails.c - the slow hundredth: deployments that are slow for a while, and upstreams that are slow
 * now and then. */
#include "scenarios.h"

#include <stdio.h>

#define REPLICAS 8
#define MEDIAN_US 400000

/* Each of them in turn is slow for ten minutes: one of the eight at any time. */
static struct answer in_turn(struct world *w, size_t deployment)
{
    bool slow = w->now_us / (10 * MINUTE) % REPLICAS == deployment;
    uint64_t us = (uint64_t)world_spread(w, slow ? 10.0 * MEDIAN_US : MEDIAN_US);

    return (struct answer){ SLUICE_OK, us, us };
}

/* None of them ever is: what the best deployment alone would be like. */
static struct answer never(struct world *w, size_t deployment)
{
    uint64_t us = (uint64_t)world_spread(w, MEDIAN_US);

    (void)deployment;
    return (struct answer){ SLUICE_OK, us, us };
}

static double p99(const char *strategy, struct answer (*serve)(struct world *, size_t), bool stream)
{
    struct sim_request r = {
        .model = "m", .input_tokens = 100, .output_tokens = 100, .stream = stream
    };
    char yaml[2000];
    size_t at = 0;
    struct world w;
    double figure;

    at += (size_t)snprintf(yaml, sizeof yaml, "model_list:\n");
    for (int i = 0; i < REPLICAS; i++)
        at += (size_t)snprintf(yaml + at, sizeof yaml - at,
                               "- {model_name: m, litellm_params: {model: openai/r}, "
                               "model_info: {id: r%d}}\n",
                               i);
    snprintf(yaml + at, sizeof yaml - at, "router_settings: {routing_strategy: %s}\n", strategy);
    world_open(&w, sim_plugins, yaml, 9);
    for (size_t i = 0; i < w.n; i++)
        w.vendors[i].serve = serve;
    world_traffic(&w, &r, 25, w.now_us + 160 * MINUTE);
    figure = world_percentile(&w, 0.99) / 1e6;
    world_close(&w);
    return figure;
}

static void ewma(bool stream, const char *title)
{
    double best = p99("simple-shuffle", never, stream), p2c = p99("p2c-ewma", in_turn, stream);

    heading(title);
    note("p99 of the best deployment, s", best);
    note("p99 of simple-shuffle, s", p99("simple-shuffle", in_turn, stream));
    note("p99 of least-busy, s", p99("least-busy", in_turn, stream));
    note("p99 of p2c-ewma, s", p2c);
    expect("p2c-ewma against the best deployment", p2c / best, 0, 1.3);
}

/* ---- two modes ---- */

/* Three in a hundred take five seconds. */
static struct answer two_modes(struct world *w, size_t deployment)
{
    uint64_t first = (uint64_t)world_spread(w, world_unit(w) < 0.03 ? 5000000 : 300000);

    (void)deployment;
    return (struct answer){ SLUICE_OK, first, first + 2 * SECOND };
}

static void run_modes(struct answer (*serve)(struct world *, size_t),
                      const struct sl_hedge_rule *rule, double *p99_s, double *extra)
{
    struct sim_request r = {
        .model = "m", .input_tokens = 100, .output_tokens = 100, .stream = true, .hedge = rule
    };
    struct world w;

    world_open(&w, sim_plugins,
               "model_list:\n"
               "- {model_name: m, litellm_params: {model: openai/a}, model_info: {id: a}}\n"
               "- {model_name: m, litellm_params: {model: openai/b}, model_info: {id: b}}\n",
               10);
    for (size_t i = 0; i < w.n; i++)
        w.vendors[i].serve = serve;
    world_traffic(&w, &r, 20, w.now_us + 90 * MINUTE);
    *p99_s = world_percentile(&w, 0.99) / 1e6;
    *extra = (double)w.hedges / (double)w.calls;
    world_close(&w);
}

static void hedge(const char *title, const struct sl_hedge_rule *rule)
{
    double plain, hedged, none, extra;

    run_modes(two_modes, NULL, &plain, &none);
    run_modes(two_modes, rule, &hedged, &extra);
    heading(title);
    note("p99 to the first token without, s", plain);
    note("p99 to the first token with, s", hedged);
    expect("extra calls", extra, 0, 0.05);
    expect("p99 with against p99 without", hedged / plain, 0, 0.5);
}

/* All of them slow: the share holds, whatever the rule would like. */
static struct answer all_slow(struct world *w, size_t deployment)
{
    uint64_t first = (uint64_t)world_spread(w, 5000000);

    (void)deployment;
    return (struct answer){ SLUICE_OK, first, first + 2 * SECOND };
}

static void hedging(void)
{
    static const struct sl_hedge_rule fixed = { 1000, 0, 50000 }, measured = { -1, 960, 50000 };
    double p99_s, extra;

    hedge("hedging: streams, 0.3 s to the first token, three in a hundred 5 s; after 1 s", &fixed);
    hedge("the same, after the 96th percentile of what was measured", &measured);
    run_modes(all_slow, &fixed, &p99_s, &extra);
    heading("hedging when all upstreams are slow: not all calls are made twice");
    expect("extra calls", extra, 0, 0.05);
}

void tails(void)
{
    ewma(false,
         "p2c-ewma: eight deployments, one of them ten times slower at any time, whole answers");
    ewma(true, "the same, streams");
    hedging();
}
