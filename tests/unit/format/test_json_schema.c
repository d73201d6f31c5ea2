/* SPDX-License-Identifier: Apache-2.0 */
/* test_json_schema.c - the part of JSON Schema that configurations use. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "base/status.h"
#include "format/json_schema.h"

static sluice_status check(const char *schema, const char *value, sluice_error *err)
{
    static const sluice_span known[] = { SL_SPAN("uses") };
    struct sluice_arena a;
    struct sl_schema s = { .known = known, .n_known = 1, .scratch = &a };
    struct sl_json *root, *v;
    sluice_status st;

    *err = (sluice_error)SLUICE_ERROR_INIT;
    sl_arena_init(&a, 1 << 20);
    assert_int_equal(sl_json_parse(sl_span_str(schema), &a, &root, NULL), SLUICE_OK);
    assert_int_equal(sl_json_parse(sl_span_str(value), &a, &v, NULL), SLUICE_OK);
    s.root = root;
    st = sl_schema_check(&s, v, err);
    sl_arena_finish(&a);
    return st;
}

static void good(const char *schema, const char *value)
{
    sluice_error err;

    if (check(schema, value, &err) < 0)
        fail_msg("%s against %s: %s", value, schema, err.message);
    assert_string_equal(err.message, "");
}

static void bad(const char *schema, const char *value, const char *param, const char *message)
{
    sluice_error err;

    assert_int_equal(check(schema, value, &err), SLUICE_E_INVALID);
    assert_string_equal(err.param, param);
    if (!strstr(err.message, message))
        fail_msg("\"%s\" is not in \"%s\"", message, err.message);
}

static void types_are_told_apart(void **state)
{
    static const char *const pairs[][2] = {
        { "null", "null" },   { "boolean", "true" }, { "boolean", "false" }, { "number", "1.5" },
        { "integer", "2" },   { "string", "\"s\"" }, { "array", "[]" },      { "object", "{}" },
        { "integer", "1e3" }, { "number", "2" },
    };
    char schema[64];

    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        snprintf(schema, sizeof schema, "{\"type\":\"%s\"}", pairs[i][0]);
        good(schema, pairs[i][1]);
    }
    bad("{\"type\":\"integer\"}", "1.5", "", "found number, wanted \"integer\"");
    bad("{\"type\":\"string\"}", "1", "", "found number, wanted \"string\"");
    bad("{\"type\":[\"string\",\"null\"]}", "{}", "", "found object, wanted [\"string\",\"null\"]");
    good("{\"type\":[\"string\",\"null\"]}", "null");
}

static void unknown_members_are_named_with_the_nearest(void **state)
{
    static const char schema[] = "{\"properties\":{\"region\":{},\"in\":{\"additionalProperties\":"
                                 "false,\"properties\":{\"depth\":{}}}},"
                                 "\"additionalProperties\":false}";

    (void)state;
    good(schema, "{\"region\":1,\"in\":{\"depth\":2},\"uses\":3}");
    bad(schema, "{\"regoin\":1}", "regoin", "did you mean \"region\"?");
    bad(schema, "{\"use\":1}", "use", "did you mean \"uses\"?");
    bad(schema, "{\"in\":{\"dept\":1}}", "in.dept", "did you mean \"depth\"?");
    bad(schema, "{\"in\":{\"uses\":1}}", "in.uses", "unknown member \"in.uses\"");
    bad("{\"additionalProperties\":{\"type\":\"string\"}}", "{\"a\":\"x\",\"b\":1}", "b",
        "found number");
}

static void required_members_are_asked_for(void **state)
{
    (void)state;
    good("{\"required\":[\"a\"]}", "{\"a\":null}");
    bad("{\"properties\":{\"o\":{\"required\":[\"a\"]}}}", "{\"o\":{\"b\":1}}", "o",
        "found no member \"a\", wanted one");
}

static void values_are_held_to_lists_and_bounds(void **state)
{
    (void)state;
    good("{\"enum\":[\"a\",1,null]}", "1");
    good("{\"enum\":[\"a\\u0062\"]}", "\"ab\"");
    bad("{\"enum\":[\"north\",\"south\"]}", "\"nort\"", "", "did you mean \"north\"?");
    bad("{\"const\":\"v1\"}", "\"v2\"", "", "found \"v2\", wanted \"v1\"");
    bad("{\"minimum\":1}", "0", "", "found 0, wanted at least 1");
    bad("{\"maximum\":1.5}", "2", "", "found 2, wanted at most 1.5");
    bad("{\"minLength\":1}", "\"\"", "", "found 0 bytes, wanted at least 1");
    bad("{\"maxItems\":1}", "[1,2]", "", "found 2 items, wanted at most 1");
}

static void items_and_references_are_followed(void **state)
{
    static const char schema[] =
        "{\"$defs\":{\"pair\":{\"type\":\"object\",\"properties\":"
        "{\"k\":{\"type\":\"string\"}}}},"
        "\"properties\":{\"list\":{\"items\":{\"$ref\":\"#/$defs/pair\"}}}}";

    (void)state;
    good(schema, "{\"list\":[{\"k\":\"x\"}]}");
    bad(schema, "{\"list\":[{},{\"k\":1}]}", "list[1].k", "found number, wanted \"string\"");
}

static void one_of_several_will_do(void **state)
{
    static const char schema[] =
        "{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"array\",\"items\":{\"type\":\"string\"}}]}";

    (void)state;
    good(schema, "\"x\"");
    good(schema, "[\"x\"]");
    bad(schema, "[1]", "[0]", "found number");
    bad(schema, "{}", "", "found object");
}

static void a_schema_that_turns_in_circles_is_an_error_not_a_crash(void **state)
{
    sluice_error err;

    (void)state;
    assert_int_equal(
        check("{\"$defs\":{\"a\":{\"$ref\":\"#/$defs/a\"}},\"$ref\":\"#/$defs/a\"}", "1", &err),
        SLUICE_E_INTERNAL);
    assert_int_equal(check("{\"$defs\":{\"a\":{\"anyOf\":[{\"$ref\":\"#/$defs/a\"}]}},"
                           "\"$ref\":\"#/$defs/a\"}",
                           "1", &err),
                     SLUICE_E_INTERNAL);
    assert_int_equal(check("{\"$ref\":\"#/$defs/nobody\"}", "1", &err), SLUICE_E_INTERNAL);
}

static void a_long_path_is_cut_not_overrun(void **state)
{
    char value[4096] = "", schema[] = "{\"$defs\":{\"a\":{\"additionalProperties\":"
                                      "{\"$ref\":\"#/$defs/a\"},\"type\":\"object\"}},"
                                      "\"$ref\":\"#/$defs/a\"}";
    sluice_error err;

    (void)state;
    for (int i = 0; i < 20; i++)
        strncat(value, "{\"a_name_of_some_length\":", sizeof value - strlen(value) - 1);
    strncat(value, "1", sizeof value - strlen(value) - 1);
    for (int i = 0; i < 20; i++)
        strncat(value, "}", sizeof value - strlen(value) - 1);
    assert_int_equal(check(schema, value, &err), SLUICE_E_INVALID);
    assert_true(strlen(err.param) < sizeof err.param);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_are_told_apart),
        cmocka_unit_test(unknown_members_are_named_with_the_nearest),
        cmocka_unit_test(required_members_are_asked_for),
        cmocka_unit_test(values_are_held_to_lists_and_bounds),
        cmocka_unit_test(items_and_references_are_followed),
        cmocka_unit_test(one_of_several_will_do),
        cmocka_unit_test(a_schema_that_turns_in_circles_is_an_error_not_a_crash),
        cmocka_unit_test(a_long_path_is_cut_not_overrun),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
