/* SPDX-License-Identifier: Apache-2.0 */
/* A logger whose sink is away, or that refuses a record: calls go on, records are kept in order,
 * counted, and written at the end. And what a router may not choose, and what an embedder hears
 * when. The plugins are this test's own. */
#include "kit.h"

#include <stdatomic.h>
#include <sluice/logger.h>
#include <sluice/router.h>

#define LOGGED                                                                                     \
    "model_list:\n- {model_name: m, litellm_params: {model: mock/x, mock_response: hi}}\n"         \
    "litellm_settings: {callbacks: [com.test.sulky]}\n"
#define ROUTED                                                                                     \
    "model_list:\n- {model_name: m, litellm_params: {model: mock/x, mock_response: hi}}\n"         \
    "router_settings: {routing_strategy: com.test.sulky, num_retries: 0}\n"

static atomic_int unavailable, refuse_nth, written, asked;

static sluice_status make(const sluice_host *host, sluice_span config, sluice_logger **out,
                          sluice_error *err)
{
    (void)host;
    (void)config;
    (void)err;
    *out = (sluice_logger *)(void *)&written;
    return SLUICE_OK;
}

static sluice_status take(sluice_logger *self, const sluice_record *const *records, size_t n,
                          size_t *done, sluice_error *err)
{
    (void)self;
    (void)records;
    if (unavailable > 0 && unavailable-- > 0) {
        err->retry_after_ms = 1;
        return SLUICE_E_UNAVAILABLE;
    }
    for (*done = 0; *done < n; ++*done) {
        if (++asked == refuse_nth)
            return SLUICE_E_INVALID;
        written++;
    }
    return SLUICE_OK;
}

static void unmake(sluice_logger *self)
{
    (void)self;
}

static const sluice_logger_class logger_class = { .struct_size = sizeof logger_class,
                                                  .config_schema = "{}",
                                                  .create = make,
                                                  .write = take,
                                                  .destroy = unmake };

static sluice_status router_make(const sluice_host *host, sluice_span config, sluice_router **out,
                                 sluice_error *err)
{
    (void)host;
    (void)config;
    (void)err;
    *out = (sluice_router *)(void *)&asked;
    return SLUICE_OK;
}

static void router_unmake(sluice_router *self)
{
    (void)self;
}

static sluice_status choose(sluice_router *self, const sluice_route *route,
                            const sluice_deployment *const *candidates, size_t n,
                            sluice_choice *out, sluice_error *err)
{
    (void)self;
    (void)route;
    (void)candidates;
    (void)err;
    out->index = (uint32_t)n;
    return SLUICE_OK;
}

static const sluice_router_class router_class = { .struct_size = sizeof router_class,
                                                  .config_schema = "{}",
                                                  .create = router_make,
                                                  .destroy = router_unmake,
                                                  .pick = choose };

static const void *get_class(const char *id)
{
    return strcmp(id, SLUICE_LOGGER_ID) == 0   ? (const void *)&logger_class
           : strcmp(id, SLUICE_ROUTER_ID) == 0 ? (const void *)&router_class
                                               : NULL;
}

static const sluice_plugin *entry(void)
{
    static const sluice_plugin plugin = { .magic = SLUICE_MAGIC,
                                          .struct_size = sizeof plugin,
                                          .abi_major = SLUICE_ABI_MAJOR,
                                          .id = "com.test.sulky",
                                          .version = "1",
                                          .vendor = "test",
                                          .summary = "refuses",
                                          .get_class = get_class };

    return &plugin;
}

static void calls(int n, int away, int refuse)
{
    struct kit k;
    struct got g;

    written = asked = 0;
    unavailable = away;
    refuse_nth = refuse;
    kit_open(&k, LOGGED);
    for (int i = 0; i < n; i++) {
        kit_call(&k, &g, ASK);
        assert_int_equal(g.result, SLUICE_OK);
        got_free(&g);
    }
    kit_close(&k);
}

static void records_wait_for_a_sink_that_is_away(void **state)
{
    (void)state;
    calls(20, 5, 0);
    assert_int_equal(written, 20);
}

static void refused_record_is_left_out_and_the_others_are_written(void **state)
{
    (void)state;
    calls(20, 0, 7);
    assert_int_equal(written, 19);
}

static void reload_loses_no_record(void **state)
{
    struct kit k;
    struct got g;
    sluice_error err = SLUICE_ERROR_INIT;

    (void)state;
    written = asked = unavailable = refuse_nth = 0;
    kit_open(&k, LOGGED);
    for (int i = 0; i < 10; i++) {
        kit_call(&k, &g, ASK);
        got_free(&g);
        assert_int_equal(sluice_reload(k.s, sl_span_str(LOGGED), &err), SLUICE_OK);
    }
    kit_close(&k);
    assert_int_equal(written, 10);
}

static void choice_out_of_range_is_a_500(void **state)
{
    struct kit k;
    struct got g;

    (void)state;
    kit_open(&k, ROUTED);
    kit_call(&k, &g, ASK);
    assert_int_equal(g.result, SLUICE_E_INTERNAL);
    assert_int_equal(g.status, 500);
    got_free(&g);
    kit_close(&k);
}

static void embedder_hears_nothing_before_start_is_back(void **state)
{
    struct kit k;
    struct got g;
    sluice_error err = SLUICE_ERROR_INIT;

    (void)state;
    kit_open(&k, LOGGED);
    got_init(&g, &k);
    assert_int_equal(kit_start(&k, &g, "{", 0, &err), SLUICE_OK);
    assert_int_equal(g.done, 0);
    while (!g.done)
        event_base_loop(k.base, EVLOOP_ONCE);
    assert_int_equal(g.result, SLUICE_E_INVALID);
    got_free(&g);
    kit_close(&k);
}

static void embedders_call_can_be_cancelled_before_it_began(void **state)
{
    struct kit k;
    struct got g;
    sluice_error err = SLUICE_ERROR_INIT;

    (void)state;
    kit_open(&k, LOGGED);
    got_init(&g, &k);
    assert_int_equal(kit_start(&k, &g, ASK, 0, &err), SLUICE_OK);
    sluice_cancel(k.loop, g.task);
    assert_int_equal(g.done, 1);
    event_base_loop(k.base, EVLOOP_NONBLOCK);
    assert_int_equal(g.done, 1);
    got_free(&g);
    kit_close(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_wait_for_a_sink_that_is_away),
        cmocka_unit_test(refused_record_is_left_out_and_the_others_are_written),
        cmocka_unit_test(reload_loses_no_record),
        cmocka_unit_test(choice_out_of_range_is_a_500),
        cmocka_unit_test(embedder_hears_nothing_before_start_is_back),
        cmocka_unit_test(embedders_call_can_be_cancelled_before_it_began),
    };

    sluice_add_builtin(entry);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
