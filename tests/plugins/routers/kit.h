/* SPDX-License-Identifier: Apache-2.0 */
/* kit.h - a router plugin as a table: candidates with nothing known of them until a test says so, a
 * route, and how often each candidate is chosen over evenly spread random numbers. */
#ifndef TEST_ROUTERS_KIT_H
#define TEST_ROUTERS_KIT_H

#include "testhost.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <sluice/router.h>

#define DRAWS 1000
#define MOST 8

static struct sl_testhost *host;
static const sluice_router_class *class;
static sluice_router *router;
static sluice_deployment d[MOST];
static const sluice_deployment *list[MOST];
static sluice_route route;
static sluice_choice choice;
static sluice_error err;
static int counts[MOST];

static int fresh(void **state)
{
    (void)state;
    for (size_t i = 0; i < MOST; i++) {
        d[i] = (sluice_deployment){ .struct_size = sizeof d[i],
                                    .slot = (uint32_t)i,
                                    .weight_ppm = -1,
                                    .order = -1,
                                    .parallel_max = -1,
                                    .rpm_max = -1,
                                    .tpm_max = -1,
                                    .latency_us = -1,
                                    .first_byte_us = -1,
                                    .error_ppm = -1,
                                    .input_pico_usd = -1,
                                    .output_pico_usd = -1,
                                    .token_ns = -1,
                                    .first_token_us = -1,
                                    .peak_us = -1,
                                    .peak_first_us = -1 };
        list[i] = &d[i];
    }
    route = (sluice_route){
        .struct_size = sizeof route, .now_ms = 1000000, .input_tokens = -1, .output_tokens = -1
    };
    return 0;
}

static sluice_status pick(size_t n, uint64_t random)
{
    choice = (sluice_choice){ .struct_size = sizeof choice };
    err = (sluice_error)SLUICE_ERROR_INIT;
    route.random = random;
    return class->pick(router, &route, list, n, &choice, &err);
}

/* Fills counts; every pick must be OK. */
static void draw(size_t n)
{
    memset(counts, 0, sizeof counts);
    for (uint64_t k = 0; k < DRAWS; k++) {
        /* Spread in the upper and the lower half alike. */
        uint64_t random = UINT64_MAX / DRAWS * k + UINT64_MAX / DRAWS / 2;

        random = (random >> 32 << 32) | (uint32_t)(random * 2654435761u >> 7);
        assert_int_equal(pick(n, random), SLUICE_OK);
        assert_true(choice.index < n);
        counts[choice.index]++;
    }
}

/* Always this one. */
static void expect(size_t n, int index)
{
    draw(n);
    assert_int_equal(counts[index], DRAWS);
}

static inline sluice_status make(const char *config)
{
    sluice_error why = SLUICE_ERROR_INIT;

    if (router)
        class->destroy(router);
    router = NULL;
    return class->create(sl_testhost_host(host), sl_span(config, strlen(config)), &router, &why);
}

static int run(const struct CMUnitTest *tests, size_t n, const char *name, const char *config)
{
    struct sl_testplugin *plugin;
    sluice_error why = SLUICE_ERROR_INIT;
    int bad;

    host = sl_testhost_create();
    if (!host || sl_testplugin_load(PLUGIN, &plugin, &why) < 0)
        return 1;
    class = sl_testplugin_descriptor(plugin)->get_class(SLUICE_ROUTER_ID);
    if (make(config) < 0)
        return 1;
    bad = _cmocka_run_group_tests(name, tests, n, NULL, NULL);
    class->destroy(router);
    sl_testplugin_drop(plugin);
    sl_testhost_destroy(host);
    return bad;
}
#define RUN(tests, name, config) run(tests, sizeof tests / sizeof tests[0], name, config)
#define TEST(fn) cmocka_unit_test_setup(fn, fresh)

#endif
