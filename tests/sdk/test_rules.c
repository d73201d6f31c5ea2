/* SPDX-License-Identifier: Apache-2.0 */
/* rules.h without a plugin around it: what a table of calls and deployments cannot reach. What each
 * condition means is tested with the router that is made of them (tests/plugins/routers). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sluice_sdk/rules.h>
#include <sluice_sdk/span.h>

#define TUESDAY_MS 1700000000000 /* 2023-11-14 22:13:20 */

static const sluice_route nobody = { .input_tokens = -1 };

static bool holds(const char *when, int64_t unix_ms)
{
    return sl_rules_hold(sl_span_str(when), &nobody, unix_ms);
}

static void no_conditions_hold(void **state)
{
    (void)state;
    assert_true(sl_rules_hold(sl_span(NULL, 0), &nobody, 0));
    assert_true(holds("{}", 0));
}

static void what_a_call_lacks_is_no_match(void **state)
{
    (void)state;
    assert_false(holds("{\"key\":\"k\"}", 0));
    assert_false(holds("{\"tags\":\"*\"}", 0));
    assert_false(holds("{\"headers\":{\"x\":\"*\"}}", 0));
    assert_true(holds("{\"key\":\"*\"}", 0));
}

static void no_clock_and_no_offset_leads_out_of_the_week(void **state)
{
    const char *week = "{\"days\":[\"mon\",\"tue\",\"wed\",\"thu\",\"fri\",\"sat\",\"sun\"],"
                       "\"hours\":\"00:00-24:00\",\"utc_offset_minutes\":-1439}";

    (void)state;
    assert_true(holds(week, TUESDAY_MS));
    assert_true(holds(week, 0));
    assert_false(holds("{\"days\":\"thu\",\"utc_offset_minutes\":-60}", 0));
    assert_true(holds("{\"days\":\"wed\",\"utc_offset_minutes\":-60}", 0));
    assert_true(holds("{\"days\":\"tue\",\"utc_offset_minutes\":-1440000000}", TUESDAY_MS));
    assert_false(holds(week, INT64_MIN / 2));
}

static void hours_are_checked_once(void **state)
{
    sluice_error err = SLUICE_ERROR_INIT;

    (void)state;
    assert_int_equal(sl_rules_check(sl_span(NULL, 0), "p", &err), SLUICE_OK);
    assert_int_equal(sl_rules_check(SL_SPAN("{\"hours\":\"08:00-17:30\"}"), "p", &err), SLUICE_OK);
    assert_int_equal(sl_rules_check(SL_SPAN("{\"hours\":\"8-17\"}"), "rule.hours", &err),
                     SLUICE_E_INVALID);
    assert_string_equal(err.param, "rule.hours");
    assert_int_equal(sl_rules_check(SL_SPAN("{\"hours\":8}"), "p", &err), SLUICE_E_INVALID);
    assert_false(holds("{\"hours\":\"8-17\"}", TUESDAY_MS));
}

static void texts_with_escapes_are_compared_as_text(void **state)
{
    static char longest[1024];
    sluice_span wanted = sl_span(longest, sizeof longest);

    (void)state;
    assert_true(sl_rules_match(SL_SPAN("\"a\\u0062*\""), SL_SPAN("abc")));
    assert_true(sl_rules_match(SL_SPAN("[1,\"x\"]"), SL_SPAN("1")));
    assert_false(sl_rules_match(SL_SPAN("[]"), SL_SPAN("x")));
    for (size_t i = 0; i < sizeof longest; i++)
        longest[i] = i == 0 || i + 1 == sizeof longest ? '"' : i % 2 ? '\\' : 'n';
    assert_false(sl_rules_match(wanted, SL_SPAN("x")));
    assert_false(sl_rules_match_any(SL_SPAN("\"x\""), SL_SPAN("{\"x\":\"x\"}")));
}

static const sluice_deployment light = { .id = SL_SPAN("l"),
                                         .weight_ppm = 0,
                                         .tags = SL_SPAN("[\"t\"]") },
                               heavy = { .id = SL_SPAN("h"), .weight_ppm = INT64_MAX },
                               plain = { .id = SL_SPAN("p"), .weight_ppm = -1 };

static void weights_neither_vanish_nor_overflow(void **state)
{
    const sluice_deployment *all[] = { &light, &heavy, &heavy };
    uint32_t index = 9;

    (void)state;
    assert_true(sl_rules_draw(SL_SPAN("{\"tags\":\"t\"}"), all, 3, UINT64_MAX, &index));
    assert_int_equal(index, 0);
    assert_true(sl_rules_draw(sl_span(NULL, 0), all, 3, UINT64_MAX, &index));
    assert_int_equal(index, 2);
    assert_true(sl_rules_draw(SL_SPAN("{}"), all, 3, 0, &index));
    assert_int_equal(index, 0);
}

static void a_rule_for_nobody_draws_nobody(void **state)
{
    const sluice_deployment *all[] = { &plain, &heavy };
    uint32_t index = 9;

    (void)state;
    assert_false(sl_rules_draw(SL_SPAN("{\"deployments\":[]}"), all, 2, 5, &index));
    assert_false(
        sl_rules_draw(SL_SPAN("{\"deployments\":\"p\",\"tags\":\"t\"}"), all, 2, 5, &index));
    assert_int_equal(index, 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_conditions_hold),
        cmocka_unit_test(what_a_call_lacks_is_no_match),
        cmocka_unit_test(no_clock_and_no_offset_leads_out_of_the_week),
        cmocka_unit_test(hours_are_checked_once),
        cmocka_unit_test(texts_with_escapes_are_compared_as_text),
        cmocka_unit_test(weights_neither_vanish_nor_overflow),
        cmocka_unit_test(a_rule_for_nobody_draws_nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
