/* SPDX-License-Identifier: Apache-2.0 */
/* test_config.c - a deployment's configuration over its provider's data file. */
#include "kit.h"

#include "plugin/config.h"

static void merges(const char *data, const char *own, const char *schema, const char *wanted)
{
    struct sl_plugin_class cls = { .id = "p", .data = sl_span_str(data), .config_schema = schema };
    struct sl_secrets secrets = { NULL, 0, 0 };
    sluice_error err = SLUICE_ERROR_INIT;
    char *text = NULL;
    size_t len;

    if (sl_config_merge(&cls, sl_span_str(own), &secrets, &text, &len, &err) < 0)
        fail_msg("%s", err.message);
    assert_string_equal(text, wanted);
    assert_int_equal(len, strlen(wanted));
    free(text);
    sl_secrets_finish(&secrets);
}

static void a_value_replaces_that_of_the_data_file(void **state)
{
    (void)state;
    merges("{\"a\":1,\"b\":[1,2]}", "{\"b\":[3]}", NULL, "{\"a\":1,\"b\":[3]}");
}

static void objects_are_merged_at_every_depth(void **state)
{
    (void)state;
    merges("{\"a\":{\"b\":{\"c\":1,\"d\":2}},\"e\":3}", "{\"a\":{\"b\":{\"d\":9,\"f\":8}}}", NULL,
           "{\"a\":{\"b\":{\"c\":1,\"d\":9,\"f\":8}},\"e\":3}");
}

static void null_takes_a_member_of_the_data_file_away(void **state)
{
    (void)state;
    merges("{\"a\":{\"b\":1,\"c\":2}}", "{\"a\":{\"b\":null}}", NULL, "{\"a\":{\"c\":2}}");
}

static void a_null_with_nothing_to_take_away_stays(void **state)
{
    (void)state;
    merges("{\"a\":{}}", "{\"a\":{\"b\":null}}", NULL, "{\"a\":{\"b\":null}}");
}

static void a_secret_inside_a_merged_object_is_hidden(void **state)
{
    (void)state;
    merges("{\"a\":{\"b\":1}}", "{\"a\":{\"k\":\"sk-canary\"}}",
           "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"object\",\"properties\":{"
           "\"b\":{\"type\":\"integer\"},\"k\":{\"type\":\"string\",\"format\":\"secret\"}}}}}",
           "{\"a\":{\"b\":1,\"k\":\"secret:0\"}}");
}

static void each_failing_allocation_is_an_error(void **state)
{
    struct sl_plugin_class cls = { .id = "p", .data = SL_SPAN("{\"a\":{\"b\":1}}") };
    struct sl_secrets secrets = { NULL, 0, 0 };
    sluice_error err = SLUICE_ERROR_INIT;
    sluice_status st = SLUICE_E_NOMEM;
    unsigned n;

    (void)state;
    for (n = 1; st == SLUICE_E_NOMEM; n++) {
        char *text = NULL;
        size_t len;

        sl_fault_after(n);
        st = sl_config_merge(&cls, SL_SPAN("{\"a\":{\"c\":2}}"), &secrets, &text, &len, &err);
        sl_fault_after(0);
        free(text);
    }
    assert_int_equal(st, SLUICE_OK);
    assert_true(n > 2);
    sl_secrets_finish(&secrets);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_replaces_that_of_the_data_file),
        cmocka_unit_test(objects_are_merged_at_every_depth),
        cmocka_unit_test(null_takes_a_member_of_the_data_file_away),
        cmocka_unit_test(a_null_with_nothing_to_take_away_stays),
        cmocka_unit_test(a_secret_inside_a_merged_object_is_hidden),
        cmocka_unit_test(each_failing_allocation_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
