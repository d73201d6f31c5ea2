/* SPDX-License-Identifier: Apache-2.0 */
/* outage.c - the primary is down for ten minutes while a fallback is up: who notices, and how often
 * it is asked all the same. */
#include "scenarios.h"

#include <stdio.h>

#define COOLDOWN_S 30

static bool down;

static struct answer fails(struct world *w, size_t deployment)
{
    if (!down)
        return sim_steady(w, deployment);
    return (struct answer){ SLUICE_E_UPSTREAM, 50000, 50000 };
}

static void run(const char *strategy_line, const char *title)
{
    struct sim_request r = {
        .model = "primary", .fallback = "spare", .input_tokens = 100, .output_tokens = 100
    };
    char yaml[1200];
    double probes = 0, before;
    struct world w;

    snprintf(yaml, sizeof yaml,
             "model_list:\n"
             "- {model_name: primary, litellm_params: {model: openai/a}, model_info: {id: a}}\n"
             "- {model_name: primary, litellm_params: {model: openai/b}, model_info: {id: b}}\n"
             "- {model_name: spare, litellm_params: {model: openai/c}, model_info: {id: c}}\n"
             "router_settings: {cooldown_time: %d, %s}\n",
             COOLDOWN_S, strategy_line);
    world_open(&w, sim_plugins, yaml, 11);
    for (size_t i = 0; i < w.n; i++)
        w.vendors[i] = (struct vendor){ .serve = i < 2 ? fails : sim_steady, .median_us = 400000 };
    heading(title);
    down = false;
    world_traffic(&w, &r, 20, w.now_us + HOUR);
    expect("before: calls that the primary did not answer", (double)world_asked(&w, "c"), 0, 0);
    down = true;
    world_forget(&w);
    world_traffic(&w, &r, 20, w.now_us + MINUTE);
    before = (double)(world_asked(&w, "a") + world_asked(&w, "b"));
    /* Five in a row for each to be noticed, those under way then, and a probe per cooldown. */
    expect("attempts at the primary in the first minute, both deployments", before, 0, 30);
    expect("client errors in that minute", (double)w.failed, 0, 0);
    world_forget(&w);
    world_traffic(&w, &r, 20, w.now_us + 9 * MINUTE);
    probes = (double)world_asked(&w, "a");
    probes = (double)world_asked(&w, "b") > probes ? (double)world_asked(&w, "b") : probes;
    expect("attempts at one deployment per cooldown, the nine minutes after",
           probes / (9 * 60.0 / COOLDOWN_S), 0, 1);
    expect("client errors in them", (double)w.failed, 0, 0);
    note("calls that the fallback answered", (double)world_asked(&w, "c"));
    down = false;
    world_traffic(&w, &r, 20, w.now_us + 2 * COOLDOWN_S * SECOND);
    world_forget(&w);
    world_traffic(&w, &r, 20, w.now_us + HOUR);
    expect("afterwards: calls that the primary did not answer", (double)world_asked(&w, "c"), 0, 0);
    world_close(&w);
}

void outage(void)
{
    run("num_retries: 2", "ten minutes without the primary, simple-shuffle, 20 calls a second");
    run("routing_strategy: p2c-ewma", "the same, p2c-ewma");
    run("routing_strategy: latency-based-routing, allowed_fails: 1",
        "the same, latency-based-routing and allowed_fails 1");
}
