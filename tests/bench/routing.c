/* SPDX-License-Identifier: Apache-2.0 */
/*
 * routing.c - what choosing a deployment costs a call: the filter, the router plugin, and what is
 * counted when the attempt begins and ends. Prints a table of CPU time, judges nothing.
 *
 *   bench_routing PLUGINS                          the table
 *   bench_routing PLUGINS STRATEGY N CHOICES       so many choices among N, for callgrind
 */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FIGURE_NS 150000000 /* CPU time a figure is taken over */

static double cpu_ns(void)
{
    struct timespec ts = { 0 };

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
    return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

/* n deployments; kind "tags": half of them have the tag that is asked for. */
static char *yaml_of(const char *strategy, size_t n)
{
    size_t room = 400 + n * 160, at = 0;
    char *text = malloc(room);

    if (!text)
        exit(2);
    at += (size_t)snprintf(text, room, "model_list:\n");
    for (size_t i = 0; i < n; i++)
        at +=
            (size_t)snprintf(text + at, room - at,
                             "- {model_name: m, litellm_params: {model: openai/m%zu, weight: 1%s}, "
                             "model_info: {id: d%zu}}\n",
                             i, i % 2 ? "" : ", tags: [t]", i);
    snprintf(text + at, room - at,
             "router_settings: {routing_strategy: %s, enable_tag_filtering: %s}\n",
             strcmp(strategy, "tags") == 0 || strcmp(strategy, "sticky") == 0 ? "simple-shuffle"
                                                                              : strategy,
             strcmp(strategy, "tags") == 0 ? "true" : "false");
    return text;
}

/* As a call does it: choose, begin, end. */
static void choose(struct world *w, const char *strategy, size_t times)
{
    struct sl_wildcard_match match;
    sluice_span tag = SL_SPAN("t");
    bool sticky = strcmp(strategy, "sticky") == 0;
    struct sl_pick pick;

    for (size_t i = 0; i < times; i++) {
        struct sl_pick_request r = { .settings = w->settings,
                                     .now_ms = 1000000 + i / 1000,
                                     .unix_ms = 1700000000000 + (int64_t)i / 1000,
                                     .random = world_random(w),
                                     .input_tokens = 100,
                                     .output_tokens = 100,
                                     .tags = &tag,
                                     .n_tags = strcmp(strategy, "tags") == 0 };

        r.sticky = sticky ? r.random : 0;
        r.group = sl_groups_find(&w->groups, SL_SPAN("m"), sl_span(NULL, 0), &match);
        r.room = sl_room_of(&w->rooms, r.group);
        r.router = world_router(w, r.group);
        if (sl_route_pick(&r, &pick, NULL) < 0)
            exit(1);
        sl_state_begin(pick.deployment->state, r.unix_ms);
        sl_state_end(pick.deployment->state, &(struct sl_sample){ .now_ms = r.now_ms,
                                                                  .unix_ms = r.unix_ms,
                                                                  .first_byte_us = 100,
                                                                  .first_token_us = 200,
                                                                  .total_us = 300,
                                                                  .input_tokens = 1,
                                                                  .output_tokens = 1 });
        sl_route_observe(r.router, &pick, &(sluice_outcome){ .now_ms = r.now_ms });
    }
}

static void figure(const char *plugins, const char *strategy, size_t n)
{
    char *yaml = yaml_of(strategy, n);
    double from, ns, best = 0;
    size_t times;
    struct world w;

    world_open(&w, plugins, yaml, 1);
    free(yaml);
    choose(&w, strategy, 1000);
    for (int turn = 0; turn < 3; turn++) { /* the quietest of three */
        times = 0;
        from = cpu_ns();
        do {
            choose(&w, strategy, 200);
            times += 200;
            ns = cpu_ns() - from;
        } while (ns < FIGURE_NS / 3);
        if (turn == 0 || ns / (double)times < best)
            best = ns / (double)times;
    }
    printf("  %10.0f", best);
    world_close(&w);
}

int main(int argc, char **argv)
{
    static const char *const strategies[] = { "simple-shuffle",
                                              "sticky",
                                              "tags",
                                              "least-busy",
                                              "usage-based-routing-v2",
                                              "latency-based-routing",
                                              "cost-based-routing",
                                              "p2c-ewma",
                                              "conditional" };
    static const size_t sizes[] = { 1, 10, 100, 1000 };

    if (argc == 5) {
        char *yaml = yaml_of(argv[2], (size_t)strtoul(argv[3], NULL, 10));
        struct world w;

        world_open(&w, argv[1], yaml, 1);
        choose(&w, argv[2], (size_t)strtoul(argv[4], NULL, 10));
        world_close(&w);
        free(yaml);
        return 0;
    }
    if (argc != 2) {
        fprintf(stderr, "usage: bench_routing PLUGINS [STRATEGY N CHOICES]\n");
        return 2;
    }
    printf("CPU nanoseconds a call, by deployments of its group\n%-24s", "");
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        printf("  %10zu", sizes[i]);
    for (size_t s = 0; s < sizeof strategies / sizeof strategies[0]; s++) {
        printf("\n%-24s", strategies[s]);
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
            figure(argv[1], strategies[s], sizes[i]);
    }
    printf("\n");
    return 0;
}
