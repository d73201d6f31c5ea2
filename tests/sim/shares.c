/* SPDX-License-Identifier: Apache-2.0 */
/* shares.c - weights become shares: of calls, of sessions, of arms of a trial. */
#include "scenarios.h"

#include <stdio.h>
#include "route/sticky.h"

#define CALLS 600000

static void serve_all(struct world *w, struct answer (*serve)(struct world *, size_t), double us)
{
    for (size_t i = 0; i < w->n; i++) {
        w->vendors[i].serve = serve;
        w->vendors[i].median_us = us;
    }
}

static void share(struct world *w, const char *what, const char *id, double wanted)
{
    double got = (double)world_asked(w, id) / (double)w->attempts;

    expect(what, got, wanted * 0.99, wanted * 1.01);
}

static void by(const char *key, const char *title)
{
    struct sim_request r = { .model = "m", .input_tokens = -1, .output_tokens = -1 };
    char yaml[800];
    struct world w;

    snprintf(yaml, sizeof yaml,
             "model_list:\n"
             "- {model_name: m, litellm_params: {model: openai/a, %s: 1}, model_info: {id: a}}\n"
             "- {model_name: m, litellm_params: {model: openai/b, %s: 2}, model_info: {id: b}}\n"
             "- {model_name: m, litellm_params: {model: openai/c, %s: 7}, model_info: {id: c}}\n",
             key, key, key);
    world_open(&w, sim_plugins, yaml, 1);
    serve_all(&w, sim_exact, 300000);
    heading(title);
    world_traffic(&w, &r, CALLS / (6.0 * 3600), w.now_us + 6 * HOUR);
    note("calls over six hours", (double)w.calls);
    share(&w, "share of one tenth", "a", 0.1);
    share(&w, "share of two tenths", "b", 0.2);
    share(&w, "share of seven tenths", "c", 0.7);
    world_close(&w);
}

static void sessions(void)
{
    struct sim_request r = { .model = "m", .input_tokens = -1, .output_tokens = -1 };
    uint64_t moved = 0, before;
    struct world w;

    world_open(&w, sim_plugins,
               "model_list:\n"
               "- {model_name: m, litellm_params: {model: openai/a, weight: 9}, "
               "model_info: {id: a}}\n"
               "- {model_name: m, litellm_params: {model: openai/b, weight: 1}, "
               "model_info: {id: b}}\n",
               2);
    serve_all(&w, sim_exact, 1000);
    heading("sessions over a canary of one tenth: 250,000 sessions of two calls");
    for (int s = 0; s < 250000; s++) {
        char name[32];

        snprintf(name, sizeof name, "session %d", s);
        r.sticky = sl_sticky_hash(sl_span_str(name));
        before = world_asked(&w, "a");
        for (int i = 0; i < 2; i++) {
            world_call(&w, &r);
            world_until(&w, w.now_us + 2000);
        }
        moved += world_asked(&w, "a") - before != 2 && world_asked(&w, "a") != before;
    }
    share(&w, "share of the main arm", "a", 0.9);
    share(&w, "share of the canary", "b", 0.1);
    expect("sessions that changed their deployment", (double)moved, 0, 0);
    world_close(&w);
}

static void busy(void)
{
    struct sim_request r = { .model = "m", .input_tokens = -1, .output_tokens = -1 };
    struct world w;

    world_open(&w, sim_plugins,
               "model_list:\n"
               "- {model_name: m, litellm_params: {model: openai/a}, model_info: {id: a}}\n"
               "- {model_name: m, litellm_params: {model: openai/b}, model_info: {id: b}}\n"
               "- {model_name: m, litellm_params: {model: openai/c}, model_info: {id: c}}\n"
               "router_settings: {routing_strategy: least-busy}\n",
               3);
    serve_all(&w, sim_exact, 1000000);
    w.vendors[2].median_us = 2000000; /* half as fast: half as many calls keep it as busy */
    heading("least-busy: two deployments of one second, one of two, 60 calls a second, an hour");
    world_traffic(&w, &r, 60, w.now_us + HOUR);
    expect("share of a fast one, of 0.4", (double)world_asked(&w, "a") / (double)w.attempts, 0.39,
           0.41);
    expect("share of the slow one, of 0.2", (double)world_asked(&w, "c") / (double)w.attempts, 0.19,
           0.21);
    expect("busiest moment of the slow one against that of a fast one",
           (double)w.vendors[2].busiest / (double)w.vendors[0].busiest, 0.95, 1.05);
    world_close(&w);
}

void shares(void)
{
    by("weight", "simple-shuffle by weight");
    by("rpm", "simple-shuffle by rpm");
    by("tpm", "simple-shuffle by tpm");
    sessions();
    busy();
}
