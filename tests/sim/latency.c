/* SPDX-License-Identifier: Apache-2.0 */
/* latency.c - latency-based routing: who is fast gets the calls, and who was slow comes back. */
#include "scenarios.h"

#define WINDOW (60 * SECOND)

static double share(struct world *w, const char *id)
{
    return (double)world_asked(w, id) / (double)w->attempts;
}

/* Traffic for so long, and then the share of one deployment in it. */
static double then_share(struct world *w, const struct sim_request *r, uint64_t us, const char *id)
{
    world_forget(w);
    world_traffic(w, r, 20, w->now_us + us);
    return share(w, id);
}

static void one(bool stream, const char *title)
{
    struct sim_request r = {
        .model = "m", .input_tokens = 100, .output_tokens = 100, .stream = stream
    };
    struct world w;
    size_t a, b;

    world_open(&w, sim_plugins,
               "model_list:\n"
               "- {model_name: m, litellm_params: {model: openai/a}, model_info: {id: a}}\n"
               "- {model_name: m, litellm_params: {model: openai/b}, model_info: {id: b}}\n"
               "router_settings: {routing_strategy: latency-based-routing, "
               "routing_strategy_args: {ttl: 60}}\n",
               7);
    a = world_index(&w, "a"), b = world_index(&w, "b");
    w.vendors[a] = (struct vendor){ .serve = sim_steady, .median_us = 300000 };
    w.vendors[b] = (struct vendor){ .serve = sim_steady, .median_us = 1500000 };
    heading(title);
    world_traffic(&w, &r, 20, w.now_us + WINDOW);
    expect("an hour long the fast one has", then_share(&w, &r, HOUR, "a"), 0.99, 1);
    w.vendors[a].median_us = 6000000; /* now it is twenty times slower */
    world_traffic(&w, &r, 20, w.now_us + WINDOW);
    expect("one window after it became slow the other one has", then_share(&w, &r, HOUR, "b"), 0.98,
           1);
    w.vendors[a].median_us = 300000;
    world_traffic(&w, &r, 20, w.now_us + WINDOW);
    expect("one window after it recovered it has", then_share(&w, &r, HOUR, "a"), 0.98, 1);
    world_close(&w);
}

static void buffer(void)
{
    struct sim_request r = { .model = "m", .input_tokens = 100, .output_tokens = 100 };
    struct world w;

    world_open(&w, sim_plugins,
               "model_list:\n"
               "- {model_name: m, litellm_params: {model: openai/a}, model_info: {id: a}}\n"
               "- {model_name: m, litellm_params: {model: openai/b}, model_info: {id: b}}\n"
               "- {model_name: m, litellm_params: {model: openai/c}, model_info: {id: c}}\n"
               "router_settings: {routing_strategy: latency-based-routing, "
               "routing_strategy_args: {ttl: 60, lowest_latency_buffer: 0.5}}\n",
               8);
    for (size_t i = 0; i < 3; i++)
        w.vendors[i] =
            (struct vendor){ .serve = sim_exact,
                             .median_us = i == 2 ? 900000 : 400000 + 100000 * (double)i };
    heading("latency-based-routing with a buffer of a half: 0.4 s, 0.5 s and 0.9 s");
    world_traffic(&w, &r, 20, w.now_us + WINDOW);
    expect("the fastest has", then_share(&w, &r, HOUR, "a"), 0.48, 0.52);
    expect("the one within the buffer has", share(&w, "b"), 0.48, 0.52);
    expect("the slow one has its measurements", share(&w, "c"), 0, 0.01);
    world_close(&w);
}

void latency(void)
{
    one(false, "latency-based-routing, whole answers: 0.3 s and 1.5 s, 20 calls a second");
    one(true, "latency-based-routing, streams: 0.3 s and 1.5 s to the first token");
    buffer();
}
