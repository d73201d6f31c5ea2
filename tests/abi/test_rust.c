/* SPDX-License-Identifier: Apache-2.0 */
/* test_rust.c - a plugin written in Rust from the headers alone: its file loaded, and its source
 * linked in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "exchange.h"

const sluice_plugin *sluice_builtin_t_rust(void);

static void answers(struct sl_testplugin *plugin)
{
    struct sl_testhost *t = sl_testhost_create();
    struct sl_test_provider p;
    struct sl_test_call call = { .body = SL_SPAN("{\"model\":\"m\"}") };
    struct sl_test_answer answer = { .status = 200, .body = SL_SPAN("{}") };
    struct sl_test_result r;
    sluice_error err = SLUICE_ERROR_INIT;

    assert_int_equal(sl_test_provider_init(&p, t, plugin, SL_SPAN("{}"), &err), SLUICE_OK);
    assert_int_equal(sl_test_exchange(&p, &call, &answer, 1, NULL, &r), SLUICE_OK);
    assert_string_equal(r.sink, "whole {\"id\":\"t_rust\"}\n");
    sl_test_result_finish(&r);
    sl_test_provider_finish(&p);
    sl_testplugin_drop(plugin);
    sl_testhost_destroy(t);
}

static void a_rust_plugin_is_loaded(void **state)
{
    struct sl_testplugin *plugin;
    sluice_error err = SLUICE_ERROR_INIT;

    (void)state;
    if (sl_testplugin_load(TEST_PLUGIN, &plugin, &err) < 0)
        fail_msg("%s", err.message);
    answers(plugin);
}

static void a_rust_plugin_is_linked_in(void **state)
{
    struct sl_testplugin *plugin;
    sluice_error err = SLUICE_ERROR_INIT;

    (void)state;
    assert_int_equal(sl_testplugin_wrap(sluice_builtin_t_rust, &plugin, &err), SLUICE_OK);
    answers(plugin);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rust_plugin_is_loaded),
        cmocka_unit_test(a_rust_plugin_is_linked_in),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
