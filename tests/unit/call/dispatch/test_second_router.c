/* SPDX-License-Identifier: Apache-2.0 */
/* A router that names a second candidate: it is asked when nothing came in the router's time, and
 * the router hears of both, once each. */
#include "../kit.h"

#include <sluice/router.h>
#include "../testlog.h"

#define DEPLOYMENT(model)                                                                          \
    "- {model_name: m, litellm_params: {model: openai/" model                                      \
    ", api_base: 'http://127.0.0.1:%d/v1', api_key: k}}\n"
#define TWO                                                                                        \
    "model_list:\n" DEPLOYMENT("a") DEPLOYMENT("b") LOGGED                                         \
        "router_settings: {num_retries: 0, routing_strategy: com.example.pair}\n"
#define HTTP_JSON "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
#define OK_BODY                                                                                    \
    "{\"id\":\"c1\",\"model\":\"v\",\"choices\":[{\"index\":0,\"message\":{\"role\":"              \
    "\"assistant\",\"content\":\"x\"},\"finish_reason\":\"stop\"}]}"
#define SILENCE ""

/* ---- the router ---- */

static uint32_t hedge_ms;
static int picks, observed, cancelled;

static sluice_status pair_create(const sluice_host *host, sluice_span config, sluice_router **out,
                                 sluice_error *err)
{
    (void)host;
    (void)config;
    (void)err;
    *out = (sluice_router *)(void *)&picks;
    return SLUICE_OK;
}

static void pair_destroy(sluice_router *self)
{
    (void)self;
}

/* The first one, and the last one behind it. */
static sluice_status pair_pick(sluice_router *self, const sluice_route *route,
                               const sluice_deployment *const *candidates, size_t n,
                               sluice_choice *out, sluice_error *err)
{
    (void)self;
    (void)route;
    (void)candidates;
    (void)err;
    picks++;
    out->index = 0;
    out->second = (uint32_t)(n - 1);
    out->hedge_ms = hedge_ms;
    return SLUICE_OK;
}

static void pair_observe(sluice_router *self, const sluice_outcome *outcome)
{
    (void)self;
    observed++;
    cancelled += outcome->status == SLUICE_E_CANCELLED;
}

static const sluice_router_class pair_class = {
    .struct_size = sizeof pair_class,
    .config_schema = "{\"type\":\"object\"}",
    .create = pair_create,
    .destroy = pair_destroy,
    .pick = pair_pick,
    .observe = pair_observe,
};

static const void *pair_get(const char *id)
{
    return strcmp(id, SLUICE_ROUTER_ID) == 0 ? &pair_class : NULL;
}

static const sluice_plugin *pair(void)
{
    static const sluice_plugin plugin = {
        .magic = SLUICE_MAGIC,
        .struct_size = sizeof plugin,
        .abi_major = SLUICE_ABI_MAJOR,
        .abi_minor = SLUICE_ABI_MINOR,
        .id = "com.example.pair",
        .version = "1.0.0",
        .get_class = pair_get,
    };

    return &plugin;
}

/* ---- the calls ---- */

static struct kit k;
static struct got g;

static void run(const char *config, const char *first, const char *second)
{
    n_seen = 0;
    picks = observed = cancelled = 0;
    kit_open(&k, config);
    k.script.answer[0] = first;
    k.script.answer[1] = second;
    k.script.close = true;
    kit_call(&k, &g, ASK);
}

static void close_all(void)
{
    for (int i = 0; i < 1000 && k.open; i++)
        event_base_loop(k.base, EVLOOP_NONBLOCK);
    got_free(&g);
    kit_close(&k);
}

static void the_routers_second_is_asked_in_its_time(void **state)
{
    (void)state;
    hedge_ms = 10;
    run(TWO, SILENCE, HTTP_JSON OK_BODY);
    assert_int_equal(g.result, SLUICE_OK);
    assert_int_equal(k.requests, 2);
    assert_string_equal(g.retries, "0");
    close_all();
    assert_int_equal(n_seen, 3); /* the call and two tries */
}

static void the_router_hears_once_of_each(void **state)
{
    (void)state;
    hedge_ms = 10;
    run(TWO, SILENCE, HTTP_JSON OK_BODY);
    close_all();
    assert_int_equal(picks, 1); /* it has named the second one already */
    assert_int_equal(observed, 1);
    assert_int_equal(cancelled, 1);
}

static void who_is_fast_enough_is_alone(void **state)
{
    (void)state;
    hedge_ms = 60000;
    run(TWO, HTTP_JSON OK_BODY, SILENCE);
    assert_int_equal(g.result, SLUICE_OK);
    assert_int_equal(k.requests, 1);
    close_all();
    assert_int_equal(observed, 1);
    assert_int_equal(cancelled, 0);
}

static void no_time_means_no_second(void **state)
{
    (void)state;
    hedge_ms = 0;
    run(TWO, HTTP_JSON OK_BODY, SILENCE);
    assert_int_equal(g.result, SLUICE_OK);
    assert_int_equal(k.requests, 1);
    close_all();
}

/* In a group of one the second is the first. */
static void nobody_is_asked_twice_at_once(void **state)
{
    (void)state;
    hedge_ms = 1;
    run("model_list:\n" DEPLOYMENT("a") "router_settings: {num_retries: 0, timeout: 0.05, "
                                        "routing_strategy: com.example.pair}\n",
        SILENCE, HTTP_JSON OK_BODY);
    assert_int_equal(g.result, SLUICE_E_TIMEOUT);
    assert_int_equal(k.requests, 1);
    close_all();
}

/* The group's own rule has a delay, too: the router's counts. */
static void the_router_knows_better_than_the_group(void **state)
{
    (void)state;
    hedge_ms = 5;
    run("model_list:\n" DEPLOYMENT("a")
            DEPLOYMENT("b") "router_settings: {num_retries: 0, routing_strategy: com.example.pair, "
                            "hedge: {after: 60, budget_percent: 100}}\n",
        SILENCE, HTTP_JSON OK_BODY);
    assert_int_equal(g.result, SLUICE_OK);
    assert_int_equal(k.requests, 2);
    close_all();
}

/* And the group's share holds for the router's, too. */
static void the_groups_share_holds_for_the_router(void **state)
{
    (void)state;
    hedge_ms = 5;
    run("model_list:\n" DEPLOYMENT("a")
            DEPLOYMENT("b") "router_settings: {num_retries: 0, timeout: 0.05, routing_strategy: "
                            "com.example.pair, hedge: {after: 60, budget_percent: 0}}\n",
        SILENCE, HTTP_JSON OK_BODY);
    assert_int_equal(g.result, SLUICE_E_TIMEOUT);
    assert_int_equal(k.requests, 1);
    close_all();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_routers_second_is_asked_in_its_time),
        cmocka_unit_test(the_router_hears_once_of_each),
        cmocka_unit_test(who_is_fast_enough_is_alone),
        cmocka_unit_test(no_time_means_no_second),
        cmocka_unit_test(nobody_is_asked_twice_at_once),
        cmocka_unit_test(the_router_knows_better_than_the_group),
        cmocka_unit_test(the_groups_share_holds_for_the_router),
    };

    sluice_add_builtin(testlog);
    sluice_add_builtin(pair);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
