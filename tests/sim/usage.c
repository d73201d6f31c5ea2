/* SPDX-License-Identifier: Apache-2.0 */
/* usage.c - limits of a minute, prices, and rules about what a call is. */
#include "scenarios.h"

static struct sl_deployment_state *state_of(struct world *w, const char *id)
{
    return w->deployments[world_index(w, id)].state;
}

/* The most that any minute saw, looked at whenever a call ends. */
static int64_t most_requests;

static void watch(struct world *w, size_t deployment, sluice_status status)
{
    int64_t requests = state_of(w, "a")->minute_requests;

    (void)deployment, (void)status;
    most_requests = requests > most_requests ? requests : most_requests;
}

static void usage_based(void)
{
    struct sim_request r = { .model = "m", .input_tokens = 400, .output_tokens = 200 };
    struct world w;

    world_open(&w, sim_plugins,
               "model_list:\n"
               "- {model_name: m, litellm_params: {model: openai/a, rpm: 300}, "
               "model_info: {id: a}}\n"
               "- {model_name: m, litellm_params: {model: openai/b, tpm: 600000}, "
               "model_info: {id: b}}\n"
               "router_settings: {routing_strategy: usage-based-routing-v2}\n",
               4);
    for (size_t i = 0; i < w.n; i++)
        w.vendors[i] = (struct vendor){ .serve = sim_exact, .median_us = 500000 };
    w.done = watch;
    most_requests = 0;
    heading("usage-based-routing-v2: rpm 300 and tpm 600,000, 15 calls a second, four hours");
    world_traffic(&w, &r, 15, w.now_us + 4 * HOUR);
    expect("requests of the fullest minute at rpm 300", (double)most_requests, 299, 300);
    expect("calls refused while there was room", (double)w.failed, 0, 0);
    world_close(&w);
}

static void cost_based(void)
{
    struct sim_request r = { .model = "m", .input_tokens = 400, .output_tokens = 200 };
    struct world w;

    world_open(&w, sim_plugins,
               "model_list:\n"
               "- {model_name: m, litellm_params: {model: openai/a, rpm: 120, "
               "input_cost_per_token: 1.0e-07, output_cost_per_token: 4.0e-07}, "
               "model_info: {id: a}}\n"
               "- {model_name: m, litellm_params: {model: openai/b, "
               "input_cost_per_token: 2.5e-06, output_cost_per_token: 1.0e-05}, "
               "model_info: {id: b}}\n"
               "- {model_name: m, litellm_params: {model: nobody/c}, model_info: {id: c}}\n"
               "router_settings: {routing_strategy: cost-based-routing}\n",
               5);
    for (size_t i = 0; i < w.n; i++)
        w.vendors[i] = (struct vendor){ .serve = sim_exact, .median_us = 500000 };
    heading(
        "cost-based-routing: the cheap one takes 120 a minute; one an hour, then four a second");
    world_traffic(&w, &r, 1.0, w.now_us + HOUR);
    expect("share of the cheap one below its limit",
           (double)world_asked(&w, "a") / (double)w.attempts, 1, 1);
    world_until(&w, w.now_us + MINUTE);
    world_forget(&w);
    world_traffic(&w, &r, 4, w.now_us + HOUR);
    expect("of four a second, share of the cheap one (two)",
           (double)world_asked(&w, "a") / (double)w.attempts, 0.49, 0.51);
    expect("calls at the one without a price", (double)world_asked(&w, "c"), 0, 0);
    world_close(&w);
}

static void conditional(void)
{
    struct sim_request r = { .model = "chat", .output_tokens = -1 };
    uint64_t small = 0;
    struct world w;

    world_open(&w, sim_plugins,
               "model_list:\n"
               "- {model_name: chat, litellm_params: {model: openai/large}, "
               "model_info: {id: large}}\n"
               "- {model_name: cheap, litellm_params: {model: openai/small}, "
               "model_info: {id: small}}\n"
               "- {model_name: night, litellm_params: {model: openai/batch}, "
               "model_info: {id: batch}}\n"
               "router_settings:\n"
               "  routing_strategy: conditional\n"
               "  routing_strategy_args:\n"
               "    rules:\n"
               "    - {when: {max_input_tokens: 500, model: chat}, use: {model: cheap}}\n"
               "    - {when: {hours: '00:00-06:00', model: chat}, use: {model: night}}\n",
               6);
    for (size_t i = 0; i < w.n; i++)
        w.vendors[i] = (struct vendor){ .serve = sim_exact, .median_us = 1000 };
    heading("conditional: short prompts to the cheap model, the others to another one at night");
    for (int i = 0; i < 24 * 3600; i++) {
        r.input_tokens = (int64_t)(world_unit(&w) * 1000) + 1;
        small += r.input_tokens <= 500;
        world_until(&w, w.now_us + SECOND);
        world_call(&w, &r);
    }
    expect("short prompts that went to the cheap model",
           (double)world_asked(&w, "small") / (double)small, 1, 1);
    expect("share of six hours in the other ones",
           (double)world_asked(&w, "batch") / (double)(w.attempts - small), 0.24, 0.26);
    world_close(&w);
}

void usage(void)
{
    usage_based();
    cost_based();
    conditional();
}
