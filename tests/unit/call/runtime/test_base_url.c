/* SPDX-License-Identifier: Apache-2.0 */
/* Where a deployment lives: its own address, a variable's, the data file's with placeholders. */
#include "call/runtime/base_url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static struct sluice_arena arena;
static struct sl_settings settings;
static struct sl_deployment_settings deployment;
static struct sl_plugin_class class;

static int begin(void **state)
{
    (void)state;
    sl_arena_init(&arena, 1 << 16);
    settings = (struct sl_settings){ 0 };
    deployment = (struct sl_deployment_settings){ 0 };
    class = (struct sl_plugin_class){ .base_url = SL_SPAN("https://acme.test/v1"),
                                      .data = SL_SPAN("{}") };
    unsetenv("SLUICE_TEST_BASE");
    unsetenv("SLUICE_TEST_ACCOUNT");
    return 0;
}

static int finish(void **state)
{
    (void)state;
    sl_arena_finish(&arena);
    return 0;
}

static void gives(const char *want)
{
    sluice_span out;

    assert_int_equal(sl_base_url(&settings, &deployment, &class, &arena, &out), SLUICE_OK);
    if (!sl_span_eq(out, sl_span_str(want)))
        fail_msg("%.*s instead of %s", SL_FMT(out), want);
}

static void the_data_files_address_is_the_default(void **state)
{
    (void)state;
    gives("https://acme.test/v1");
}

static void the_deployments_own_address_comes_first(void **state)
{
    (void)state;
    deployment.api_base = SL_SPAN("https://own.test");
    class.data = SL_SPAN("{\"base_env\":\"SLUICE_TEST_BASE\"}");
    setenv("SLUICE_TEST_BASE", "https://env.test", 1);
    gives("https://own.test");
}

static void a_variable_comes_before_the_data_file(void **state)
{
    (void)state;
    class.data = SL_SPAN("{\"base_env\":[\"SLUICE_TEST_NONE\",\"SLUICE_TEST_BASE\"]}");
    gives("https://acme.test/v1");
    setenv("SLUICE_TEST_BASE", "https://env.test", 1);
    gives("https://env.test");
}

static void a_plugin_without_data_file_names_its_variables_in_its_schema(void **state)
{
    (void)state;
    class.data = sl_span(NULL, 0);
    class.config_schema = "{\"x-sluice\":{\"base_env\":[\"SLUICE_TEST_BASE\"]}}";
    gives("https://acme.test/v1");
    setenv("SLUICE_TEST_BASE", "https://env.test", 1);
    gives("https://env.test");
    deployment.api_base = SL_SPAN("https://own.test");
    gives("https://own.test");
}

static void placeholders_are_filled_from_the_deployment(void **state)
{
    (void)state;
    class.base_url = SL_SPAN("https://{account}.acme.test/a/{account}/{zone}");
    deployment.config = SL_SPAN("{\"account\":\"me\",\"zone\":\"eu\"}");
    gives("https://me.acme.test/a/me/eu");
}

static void placeholders_are_filled_from_variables(void **state)
{
    (void)state;
    class.base_url = SL_SPAN("https://{account}.acme.test");
    class.data = SL_SPAN("{\"variables\":{\"account\":\"SLUICE_TEST_ACCOUNT\"}}");
    setenv("SLUICE_TEST_ACCOUNT", "env", 1);
    gives("https://env.acme.test");
    deployment.config = SL_SPAN("{\"account\":\"own\"}");
    gives("https://own.acme.test");
}

/* The provider says what is missing; the credential goes nowhere with such an address. */
static void a_missing_placeholder_leaves_the_text(void **state)
{
    (void)state;
    class.base_url = SL_SPAN("https://{account}.acme.test/{zone}");
    deployment.config = SL_SPAN("{\"zone\":\"eu\",\"account\":5}");
    gives("https://{account}.acme.test/{zone}");
    class.base_url = SL_SPAN("https://{account");
    gives("https://{account");
}

static void a_class_without_data_file_has_its_own_address(void **state)
{
    (void)state;
    class.data = sl_span(NULL, 0);
    class.base_url = sl_span(NULL, 0);
    gives("");
}

static void failing_allocations_are_reported(void **state)
{
    sluice_status st = SLUICE_E_NOMEM;

    (void)state;
    class.base_url = SL_SPAN("https://{account}.acme.test");
    deployment.config = SL_SPAN("{\"account\":\"m\\u0065\"}");
    for (uint64_t n = 1; st != SLUICE_OK; n++) {
        sluice_span out;

        sl_fault_after(n);
        st = sl_base_url(&settings, &deployment, &class, &arena, &out);
        /* A placeholder that could not be decoded counts as missing: no address, no harm. */
        if (st == SLUICE_OK && sl_fault_after(0) >= n)
            st = SLUICE_E_NOMEM;
        assert_true(st == SLUICE_OK || st == SLUICE_E_NOMEM);
    }
    gives("https://me.acme.test");
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, begin, finish)

static void shown(const char *url, bool query, const char *want)
{
    sluice_span out = sl_url_shown(sl_span_str(url), query, &arena);

    if (!sl_span_eq(out, sl_span_str(want)))
        fail_msg("%.*s instead of %s", SL_FMT(out), want);
}

static void nobody_is_shown_a_password(void **state)
{
    (void)state;
    shown("https://user:pw@host/v1?key=k#x", false, "https://host/v1");
    shown("https://user:pw@host/v1?key=k#x", true, "https://host/v1?key=k#x");
    shown("https://a@b:pw@host", false, "https://host");
    shown("https://host/v1/@me", false, "https://host/v1/@me");
    shown("user:pw@host/v1", false, "host/v1");
    shown("https://host?q=a@b", false, "https://host");
    shown("", false, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nobody_is_shown_a_password),
        TEST(the_data_files_address_is_the_default),
        TEST(the_deployments_own_address_comes_first),
        TEST(a_variable_comes_before_the_data_file),
        TEST(a_plugin_without_data_file_names_its_variables_in_its_schema),
        TEST(placeholders_are_filled_from_the_deployment),
        TEST(placeholders_are_filled_from_variables),
        TEST(a_missing_placeholder_leaves_the_text),
        TEST(a_class_without_data_file_has_its_own_address),
        TEST(failing_allocations_are_reported),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
