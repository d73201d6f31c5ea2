/* SPDX-License-Identifier: Apache-2.0 */
/* test_builtin.c - the sources of plugins linked in: two in C, two in C++ that complete the same
 * struct differently. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "exchange.h"
#include "plugin/entry.h"

#include <sluice/router.h>

const sluice_plugin *sluice_builtin_t_provider(void);
const sluice_plugin *sluice_builtin_t_router(void);
const sluice_plugin *sluice_builtin_t_cxx(void);
const sluice_plugin *sluice_builtin_t_cxx_two(void);

static void run_one(sluice_plugin_entry_fn entry, const char *sink)
{
    struct sl_testhost *t = sl_testhost_create();
    struct sl_testplugin *plugin;
    struct sl_test_provider p;
    struct sl_test_call call = { .body = SL_SPAN("{\"model\":\"m\"}") };
    struct sl_test_answer answer = { .status = 200, .body = SL_SPAN("{\"id\":\"answer\"}") };
    struct sl_test_result r;
    sluice_error err = SLUICE_ERROR_INIT;

    assert_int_equal(sl_testplugin_wrap(entry, &plugin, &err), SLUICE_OK);
    assert_int_equal(sl_test_provider_init(&p, t, plugin, SL_SPAN("{}"), &err), SLUICE_OK);
    assert_int_equal(sl_test_exchange(&p, &call, &answer, 1, NULL, &r), SLUICE_OK);
    assert_string_equal(r.sink, sink);
    sl_test_result_finish(&r);
    sl_test_provider_finish(&p);
    sl_testplugin_drop(plugin);
    sl_testhost_destroy(t);
}

static void two_cxx_plugins_in_one_program_keep_their_own_types(void **state)
{
    (void)state;
    run_one(sluice_builtin_t_cxx, "whole {\"id\":\"t_cxx\"}\n");
    run_one(sluice_builtin_t_cxx_two, "whole {\"id\":\"t_cxx_two\"}\n");
}

static void a_c_plugin_runs_linked_in(void **state)
{
    (void)state;
    run_one(sluice_builtin_t_provider, "whole {\"id\":\"answer\"}\n");
}

static void a_registry_finds_what_was_linked_in(void **state)
{
    struct sl_registry_options options = { .path = "" };
    struct sl_registry *r = NULL;
    const struct sl_plugin_class *cls;
    sluice_error err = SLUICE_ERROR_INIT;

    (void)state;
    assert_int_equal(sl_registry_add_builtin(sluice_builtin_t_provider), SLUICE_OK);
    assert_int_equal(sl_registry_add_builtin(sluice_builtin_t_cxx), SLUICE_OK);
    assert_int_equal(sl_registry_add_builtin(sluice_builtin_t_router), SLUICE_OK);
    assert_int_equal(sl_registry_add_builtin(sluice_builtin_t_router), SLUICE_OK);
    assert_int_equal(sl_registry_create(&options, &r, &err), SLUICE_OK);
    assert_int_equal(sl_registry_class(r, SLUICE_PROVIDER_ID, SL_SPAN("t_cxx"), &cls, &err),
                     SLUICE_OK);
    assert_int_equal(sl_registry_class(r, SLUICE_ROUTER_ID, SL_SPAN("t_router"), &cls, &err),
                     SLUICE_OK);
    assert_int_equal(sl_registry_class(r, SLUICE_PROVIDER_ID, SL_SPAN("t_alias"), &cls, &err),
                     SLUICE_OK);
    assert_string_equal(cls->plugin_id, "t_provider");
    sl_registry_destroy(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_cxx_plugins_in_one_program_keep_their_own_types),
        cmocka_unit_test(a_c_plugin_runs_linked_in),
        cmocka_unit_test(a_registry_finds_what_was_linked_in),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
