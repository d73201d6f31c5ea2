/* SPDX-License-Identifier: Apache-2.0 */
/* conditional as a table: a rule, a call, and whom it leads to. */
#include "kit.h"

#include <stdio.h>

/* Candidates: a and b of vendor x, c of vendor y with the tag big. */
static int candidates(void **state)
{
    fresh(state);
    for (size_t i = 0; i < 3; i++) {
        d[i].id = sl_span("abc" + i, 1);
        d[i].provider = SL_SPAN("x");
        d[i].model = SL_SPAN("small-1");
        d[i].tags = SL_SPAN("[]");
    }
    d[2].provider = SL_SPAN("y");
    d[2].model = SL_SPAN("large-1");
    d[2].tags = SL_SPAN("[\"big\"]");
    route.group = SL_SPAN("chat");
    route.operation = SL_SPAN("chat.completions");
    return 0;
}
#define CASE(fn) cmocka_unit_test_setup(fn, candidates)

/* The rule leads to the group "other" when `when` holds. */
static bool holds(const char *when)
{
    static char config[1024];

    snprintf(config, sizeof config, "{\"rules\":[{\"when\":%s,\"use\":{\"model\":\"other\"}}]}",
             when);
    assert_int_equal(make(config), SLUICE_OK);
    assert_int_equal(pick(3, 7), SLUICE_OK);
    assert_true(choice.group.len == 0 || sl_span_eq(choice.group, SL_SPAN("other")));
    return choice.group.len > 0;
}

static void short_prompts_go_to_the_cheap_model(void **state)
{
    (void)state;
    route.input_tokens = 500;
    assert_true(holds("{\"max_input_tokens\":500}"));
    route.input_tokens = 501;
    assert_false(holds("{\"max_input_tokens\":500}"));
    assert_true(holds("{\"min_input_tokens\":501}"));
    assert_false(holds("{\"min_input_tokens\":502}"));
}

static void a_size_that_nobody_knows_is_not_small(void **state)
{
    (void)state;
    assert_false(holds("{\"max_input_tokens\":500}"));
}

static void names_may_end_in_a_star(void **state)
{
    (void)state;
    assert_true(holds("{\"model\":\"chat\"}"));
    assert_true(holds("{\"model\":[\"nope\",\"ch*\"]}"));
    assert_false(holds("{\"model\":[\"cha\",\"\",\"chatter*\"]}"));
    assert_true(holds("{\"operation\":\"chat.*\"}"));
}

static void callers_are_known_by_key_team_and_user(void **state)
{
    (void)state;
    route.key_id = SL_SPAN("k1");
    route.team_id = SL_SPAN("t1");
    route.user_id = SL_SPAN("u1");
    assert_true(holds("{\"key\":\"k1\",\"team\":[\"t0\",\"t1\"],\"user\":\"u*\"}"));
    assert_false(holds("{\"key\":\"k1\",\"team\":\"t2\"}"));
}

static void one_of_the_callers_tags_is_enough(void **state)
{
    (void)state;
    route.tags = SL_SPAN("[\"a\",\"b\\u0063\"]");
    assert_true(holds("{\"tags\":\"bc\"}"));
    assert_true(holds("{\"tags\":[\"x\",\"a\"]}"));
    assert_false(holds("{\"tags\":\"x\"}"));
    route.tags = sl_span(NULL, 0);
    assert_false(holds("{\"tags\":\"a\"}"));
}

static void metadata_is_looked_up_by_path(void **state)
{
    (void)state;
    route.metadata = SL_SPAN("{\"plan\":\"free\",\"n\":{\"m\":5},\"t\":true}");
    assert_true(holds("{\"metadata\":{\"plan\":[\"free\",\"trial\"]}}"));
    assert_true(holds("{\"metadata\":{\"n.m\":5,\"t\":true}}"));
    assert_false(holds("{\"metadata\":{\"plan\":\"paid\"}}"));
    assert_false(holds("{\"metadata\":{\"plan\":\"free\",\"none\":\"*\"}}"));
    route.metadata = SL_SPAN("null");
    assert_false(holds("{\"metadata\":{\"plan\":\"free\"}}"));
    route.metadata = sl_span(NULL, 0);
    assert_false(holds("{\"metadata\":{\"plan\":\"free\"}}"));
}

static void headers_are_compared_without_case_of_names(void **state)
{
    const sluice_header headers[] = { { SL_SPAN("x-tier"), SL_SPAN("gold") },
                                      { SL_SPAN("user-agent"), SL_SPAN("curl/8") } };

    (void)state;
    route.headers = headers;
    route.n_headers = 2;
    assert_true(holds("{\"headers\":{\"X-Tier\":\"gold\",\"user-agent\":\"curl/*\"}}"));
    assert_false(holds("{\"headers\":{\"x-tier\":\"silver\"}}"));
    assert_false(holds("{\"headers\":{\"x-none\":\"*\"}}"));
}

static void streams_can_be_told_apart(void **state)
{
    (void)state;
    assert_false(holds("{\"stream\":true}"));
    assert_true(holds("{\"stream\":false}"));
    route.flags = SLUICE_CALL_STREAM;
    assert_true(holds("{\"stream\":true}"));
}

/* 2023-11-14 was a Tuesday; 1,700,000,000 s are 22:13:20 of it. */
static void hours_and_days_are_of_the_rules_own_zone(void **state)
{
    (void)state;
    sl_testhost_clock(host, 1000, 1700000000000);
    assert_true(holds("{\"hours\":\"22:00-23:00\"}"));
    assert_true(holds("{\"hours\":\"22:13-22:14\"}"));
    assert_false(holds("{\"hours\":\"22:14-24:00\"}"));
    assert_false(holds("{\"hours\":\"08:00-22:13\"}"));
    assert_true(holds("{\"hours\":\"20:00-06:00\"}"));
    assert_false(holds("{\"hours\":\"23:00-06:00\"}"));
    assert_true(holds("{\"hours\":\"00:00-01:00\",\"utc_offset_minutes\":120,\"days\":\"wed\"}"));
    assert_true(holds("{\"days\":[\"mon\",\"tue\"]}"));
    assert_false(holds("{\"days\":[\"sat\",\"sun\"]}"));
}

static void all_conditions_must_hold(void **state)
{
    (void)state;
    route.input_tokens = 10;
    assert_false(holds("{\"max_input_tokens\":500,\"model\":\"other\"}"));
    assert_true(holds("{\"max_input_tokens\":500,\"model\":\"chat\"}"));
    assert_true(holds("{}"));
}

static void a_rule_may_name_deployments(void **state)
{
    (void)state;
    assert_int_equal(make("{\"rules\":[{\"use\":{\"providers\":\"y\"}}]}"), SLUICE_OK);
    expect(3, 2);
    assert_int_equal(make("{\"rules\":[{\"use\":{\"deployments\":[\"b\"]}}]}"), SLUICE_OK);
    expect(3, 1);
    assert_int_equal(make("{\"rules\":[{\"use\":{\"tags\":\"big\"}}]}"), SLUICE_OK);
    expect(3, 2);
    assert_int_equal(make("{\"rules\":[{\"use\":{\"upstream_models\":\"large-*\"}}]}"), SLUICE_OK);
    expect(3, 2);
}

static void weights_count_among_them(void **state)
{
    (void)state;
    d[0].weight_ppm = 1000000;
    d[1].weight_ppm = 3000000;
    assert_int_equal(make("{\"rules\":[{\"use\":{\"providers\":\"x\"}}]}"), SLUICE_OK);
    draw(3);
    assert_in_range(counts[0], 248, 252);
    assert_in_range(counts[1], 748, 752);
}

static void a_rule_for_none_of_these_is_passed_over(void **state)
{
    (void)state;
    assert_int_equal(make("{\"rules\":[{\"use\":{\"providers\":\"z\"}},"
                          "{\"use\":{\"providers\":\"y\"}}]}"),
                     SLUICE_OK);
    expect(3, 2);
}

static void without_a_rule_all_are_drawn_from(void **state)
{
    (void)state;
    assert_int_equal(make("{}"), SLUICE_OK);
    draw(2);
    assert_in_range(counts[0], 498, 502);
    assert_int_equal(
        make("{\"rules\":[{\"when\":{\"stream\":true},\"use\":{\"providers\":\"y\"}}]}"),
        SLUICE_OK);
    draw(3);
    assert_in_range(counts[2], 331, 335);
}

static void a_rule_that_leads_to_where_the_call_is_leads_nowhere(void **state)
{
    (void)state;
    assert_int_equal(make("{\"rules\":[{\"use\":{\"model\":\"chat\"}}]}"), SLUICE_OK);
    draw(3);
    assert_int_equal(choice.group.len, 0);
}

static void hours_that_are_none_are_refused(void **state)
{
    static const char *const bad[] = { "22-06",       "22:00-25:00",  "24:00-06:00", "2x:00-06:00",
                                       "22:60-06:00", "22:00-06:000", "22:00-24:01", "" };
    char config[128];

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        snprintf(config, sizeof config,
                 "{\"rules\":[{\"when\":{\"hours\":\"%s\"},\"use\":{\"model\":\"o\"}}]}", bad[i]);
        assert_int_equal(make(config), SLUICE_E_INVALID);
    }
    assert_int_equal(make("{}"), SLUICE_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(short_prompts_go_to_the_cheap_model),
        CASE(a_size_that_nobody_knows_is_not_small),
        CASE(names_may_end_in_a_star),
        CASE(callers_are_known_by_key_team_and_user),
        CASE(one_of_the_callers_tags_is_enough),
        CASE(metadata_is_looked_up_by_path),
        CASE(headers_are_compared_without_case_of_names),
        CASE(streams_can_be_told_apart),
        CASE(hours_and_days_are_of_the_rules_own_zone),
        CASE(all_conditions_must_hold),
        CASE(a_rule_may_name_deployments),
        CASE(weights_count_among_them),
        CASE(a_rule_for_none_of_these_is_passed_over),
        CASE(without_a_rule_all_are_drawn_from),
        CASE(a_rule_that_leads_to_where_the_call_is_leads_nowhere),
        CASE(hours_that_are_none_are_refused),
    };

    return RUN(tests, "conditional", "{}");
}
