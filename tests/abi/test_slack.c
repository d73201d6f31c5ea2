/* SPDX-License-Identifier: Apache-2.0 */
/* test_slack.c - a plugin built with newer headers stays inside what this host hands out; a
 * sanitizer build is what proves it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "exchange.h"

static void a_plugin_with_newer_headers_runs_clean(void **state)
{
    struct sl_testhost *t = sl_testhost_create();
    struct sl_testplugin *plugin;
    struct sl_test_provider p;
    struct sl_test_call call = { .body = SL_SPAN("{\"model\":\"m\"}") };
    struct sl_test_answer answer = { .status = 200, .body = SL_SPAN("{\"ok\":true}") };
    struct sl_test_result r;
    sluice_error err = SLUICE_ERROR_INIT;

    (void)state;
    assert_int_equal(sl_testplugin_load(TEST_BUILD_DIR "/tests/plugins/t_newer.so", &plugin, &err),
                     SLUICE_OK);
    assert_int_equal(sl_test_provider_init(&p, t, plugin, SL_SPAN("{}"), &err), SLUICE_OK);
    assert_int_equal(sl_test_exchange(&p, &call, &answer, 1, NULL, &r), SLUICE_OK);
    assert_string_equal(r.requests, "POST https://new.example/\n");
    assert_string_equal(r.sink, "whole {\"ok\":true}\n");
    sl_test_result_finish(&r);
    sl_test_provider_finish(&p);
    sl_testplugin_drop(plugin);
    sl_testhost_destroy(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(a_plugin_with_newer_headers_runs_clean) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
