/* SPDX-License-Identifier: Apache-2.0 */
/* Which deployments may serve a call, and why the others may not. */
#include "kit.h"

#include <stdio.h>

static const char yaml[] =
    "model_list:\n"
    "- {model_name: tags, litellm_params: {model: m/a, tags: [free, fast]}, model_info: {id: a}}\n"
    "- {model_name: tags, litellm_params: {model: m/b, tags: [paid]}, model_info: {id: b}}\n"
    "- {model_name: tags, litellm_params: {model: m/c, tags: [default]}, model_info: {id: c}}\n"
    "- {model_name: tags, litellm_params: {model: m/d}, model_info: {id: d}}\n"
    "- {model_name: some, litellm_params: {model: m/e, tags: [free]}, model_info: {id: e}}\n"
    "- {model_name: some, litellm_params: {model: m/f}, model_info: {id: f}}\n"
    "- {model_name: order, litellm_params: {model: m/g, order: 2}, model_info: {id: g}}\n"
    "- {model_name: order, litellm_params: {model: m/h, order: 1}, model_info: {id: h}}\n"
    "- {model_name: order, litellm_params: {model: m/i, order: 1}, model_info: {id: i}}\n"
    "- {model_name: order, litellm_params: {model: m/j}, model_info: {id: j}}\n"
    "- {model_name: region, litellm_params: {model: m/k, region_name: eu}, model_info: {id: k}}\n"
    "- {model_name: region, litellm_params: {model: m/l, region_name: europe-west4}, "
    "model_info: {id: l}}\n"
    "- {model_name: region, litellm_params: {model: m/m, region_name: us-east-1}, "
    "model_info: {id: m}}\n"
    "- {model_name: region, litellm_params: {model: m/n}, model_info: {id: n}}\n"
    "- {model_name: team, litellm_params: {model: m/o}, model_info: {id: o, team_id: t1}}\n"
    "- {model_name: team, litellm_params: {model: m/p}, model_info: {id: p}}\n"
    "- {model_name: full, litellm_params: {model: m/q, max_parallel_requests: 1}, "
    "model_info: {id: q}}\n"
    "- {model_name: full, litellm_params: {model: m/r, max_parallel_requests: 2}, "
    "model_info: {id: r}}\n"
    "- {model_name: mine, litellm_params: {model: m/s}, model_info: {id: s, team_id: t1}}\n"
    "router_settings: {enable_tag_filtering: true}\n";

static struct kit kit;

static int open_kit(void **state)
{
    (void)state;
    kit_open(&kit, yaml);
    return 0;
}

static int close_kit(void **state)
{
    (void)state;
    kit_close(&kit);
    return 0;
}

static void expect_tags(const char *model, const char *first, const char *second,
                        const char *wanted)
{
    struct sl_pick_request r = kit_request(&kit, model);
    sluice_span tags[] = { sl_span_str(first), sl_span_str(second) };

    r.tags = tags;
    r.n_tags = second ? 2 : first ? 1 : 0;
    assert_string_equal(kit_filter(&r), wanted);
}

static void one_tag_of_those_asked_for_is_enough(void **state)
{
    (void)state;
    expect_tags("tags", "free", NULL, "a b=tags c=tags d=tags");
    expect_tags("tags", "free", "paid", "a b c=tags d=tags");
}

static void all_of_them_are_wanted_where_that_is_configured(void **state)
{
    (void)state;
    kit.settings->tag_match_all = true;
    expect_tags("tags", "free", "fast", "a b=tags c=tags d=tags");
    expect_tags("tags", "free", "paid", "a=tags b=tags c d=tags");
    kit.settings->tag_match_all = false;
}

static void who_asks_for_a_tag_nobody_has_gets_default(void **state)
{
    (void)state;
    expect_tags("tags", "red", NULL, "a=tags b=tags c d=tags");
}

static void without_default_he_gets_nothing(void **state)
{
    (void)state;
    expect_tags("some", "red", NULL, "e=tags f=tags");
}

static void who_asks_for_nothing_gets_default(void **state)
{
    (void)state;
    expect_tags("tags", NULL, NULL, "a=tags b=tags c d=tags");
}

static void without_default_he_gets_anything(void **state)
{
    (void)state;
    expect_tags("some", NULL, NULL, "e f");
}

static void a_tag_does_not_lead_to_default_because_its_deployment_was_tried(void **state)
{
    struct sl_pick_request r = kit_request(&kit, "tags");
    const struct sl_deployment *tried[] = { r.group->deployments[0] };
    sluice_span tag = SL_SPAN("free");

    (void)state;
    r.tags = &tag;
    r.n_tags = 1;
    r.tried = tried;
    r.n_tried = 1;
    assert_string_equal(kit_filter(&r), "a=tried b=tags c=tags d=tags");
}

static void tags_mean_nothing_unless_they_are_switched_on(void **state)
{
    (void)state;
    kit.settings->tag_filtering = false;
    expect_tags("tags", "free", NULL, "a b c d");
    kit.settings->tag_filtering = true;
}

static void the_lowest_order_counts(void **state)
{
    struct sl_pick_request r = kit_request(&kit, "order");

    (void)state;
    assert_string_equal(kit_filter(&r), "g=order h i j=order");
}

static void the_next_order_comes_when_the_lowest_is_used_up(void **state)
{
    struct sl_pick_request r = kit_request(&kit, "order");
    const struct sl_deployment *tried[] = { r.group->deployments[1], r.group->deployments[2],
                                            r.group->deployments[0] };

    (void)state;
    r.tried = tried;
    r.n_tried = 2;
    assert_string_equal(kit_filter(&r), "g h=tried i=tried j=order");
    r.n_tried = 3;
    assert_string_equal(kit_filter(&r), "g=tried h=tried i=tried j");
}

static void a_region_has_parts(void **state)
{
    struct sl_pick_request r = kit_request(&kit, "region");

    (void)state;
    r.region = SL_SPAN("eu");
    assert_string_equal(kit_filter(&r), "k l m=region n=region");
    r.region = SL_SPAN("us");
    assert_string_equal(kit_filter(&r), "k=region l=region m n=region");
    r.region = SL_SPAN("us-east-1");
    assert_string_equal(kit_filter(&r), "k=region l=region m n=region");
    r.region = SL_SPAN("u");
    assert_string_equal(kit_filter(&r), "k=region l=region m=region n=region");
}

static void a_deployment_of_a_team_is_for_that_team(void **state)
{
    struct sl_pick_request r = kit_request(&kit, "team");

    (void)state;
    assert_string_equal(kit_filter(&r), "o=team p");
    r.team_id = SL_SPAN("t2");
    assert_string_equal(kit_filter(&r), "o=team p");
    r.team_id = SL_SPAN("t1");
    assert_string_equal(kit_filter(&r), "o p");
}

static void one_that_is_full_is_left_out(void **state)
{
    struct sl_pick_request r = kit_request(&kit, "full");
    struct sl_deployment_state *q = r.group->deployments[0]->state;

    (void)state;
    sl_state_begin(q, 0);
    assert_string_equal(kit_filter(&r), "q=max_parallel_requests r");
    sl_state_end(q, &(struct sl_sample){ .status = SLUICE_E_CANCELLED });
    assert_string_equal(kit_filter(&r), "q r");
}

static void every_reason_has_a_name_and_a_sentence(void **state)
{
    (void)state;
    for (int i = 0; i < SL_REASONS; i++) {
        assert_non_null(sl_reason_name((enum sl_reason)i));
        assert_non_null(sl_reason_text((enum sl_reason)i));
        for (int k = 0; k < i; k++)
            assert_string_not_equal(sl_reason_name((enum sl_reason)i),
                                    sl_reason_name((enum sl_reason)k));
    }
    assert_string_equal(sl_reason_name(SL_REASONS), "unknown");
}

/* ---- when nobody is left ---- */

static sluice_status nobody(struct sl_pick_request *r, sluice_error *err)
{
    *err = (sluice_error)SLUICE_ERROR_INIT;
    assert_int_equal(sl_route_filter(r, r->room->why), 0);
    assert_int_equal(sl_route_nobody(r, r->room->why, NULL), sl_route_nobody(r, r->room->why, err));
    return sl_route_nobody(r, r->room->why, err);
}

static void wrong_tags_are_told_as_litellm_does(void **state)
{
    struct sl_pick_request r = kit_request(&kit, "some");
    sluice_span tags[] = { SL_SPAN("red"), SL_SPAN("blue") };
    sluice_error err;

    (void)state;
    r.tags = tags;
    r.n_tags = 2;
    assert_int_equal(nobody(&r, &err), SLUICE_E_DENIED);
    assert_int_equal(err.http_status, 401);
    assert_string_equal(err.message, "Not allowed to access model due to tags configuration. "
                                     "Passed model=some and tags=[red,blue]");
}

static void long_tags_are_cut(void **state)
{
    struct sl_pick_request r = kit_request(&kit, "some");
    char text[400];
    sluice_span tag = sl_span(text, sizeof text);
    sluice_error err;

    (void)state;
    memset(text, 'x', sizeof text);
    r.tags = &tag;
    r.n_tags = 1;
    assert_int_equal(nobody(&r, &err), SLUICE_E_DENIED);
}

static void what_is_full_asks_to_come_again(void **state)
{
    struct sl_pick_request r = kit_request(&kit, "full");
    struct sl_deployment_state *q = r.group->deployments[0]->state,
                               *s = r.group->deployments[1]->state;
    sluice_error err;

    (void)state;
    sl_state_begin(q, 0);
    sl_state_begin(s, 0);
    sl_state_begin(s, 0);
    assert_int_equal(nobody(&r, &err), SLUICE_E_UNAVAILABLE);
    assert_int_equal(err.http_status, 429);
    assert_true(err.retry_after_ms > 0);
    sl_state_end(q, &(struct sl_sample){ .status = SLUICE_E_CANCELLED });
    sl_state_end(s, &(struct sl_sample){ .status = SLUICE_E_CANCELLED });
    sl_state_end(s, &(struct sl_sample){ .status = SLUICE_E_CANCELLED });
}

static void what_belongs_to_others_does_not_exist(void **state)
{
    struct sl_pick_request r = kit_request(&kit, "mine");
    sluice_error err;

    (void)state;
    assert_int_equal(nobody(&r, &err), SLUICE_E_NOT_FOUND);
    assert_string_equal(err.code, "model_not_found");
}

static void an_empty_region_is_the_callers_mistake(void **state)
{
    struct sl_pick_request r = kit_request(&kit, "region");
    sluice_error err;

    (void)state;
    r.region = SL_SPAN("mars");
    assert_int_equal(nobody(&r, &err), SLUICE_E_INVALID);
    assert_string_equal(err.param, "allowed_model_region");
}

static void what_was_tried_is_unavailable(void **state)
{
    struct sl_pick_request r = kit_request(&kit, "some");
    const struct sl_deployment *tried[] = { r.group->deployments[0], r.group->deployments[1] };
    sluice_error err;

    (void)state;
    r.tried = tried;
    r.n_tried = 2;
    assert_int_equal(nobody(&r, &err), SLUICE_E_UNAVAILABLE);
    assert_int_equal(err.http_status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_tag_of_those_asked_for_is_enough),
        cmocka_unit_test(all_of_them_are_wanted_where_that_is_configured),
        cmocka_unit_test(who_asks_for_a_tag_nobody_has_gets_default),
        cmocka_unit_test(without_default_he_gets_nothing),
        cmocka_unit_test(who_asks_for_nothing_gets_default),
        cmocka_unit_test(without_default_he_gets_anything),
        cmocka_unit_test(a_tag_does_not_lead_to_default_because_its_deployment_was_tried),
        cmocka_unit_test(tags_mean_nothing_unless_they_are_switched_on),
        cmocka_unit_test(the_lowest_order_counts),
        cmocka_unit_test(the_next_order_comes_when_the_lowest_is_used_up),
        cmocka_unit_test(a_region_has_parts),
        cmocka_unit_test(a_deployment_of_a_team_is_for_that_team),
        cmocka_unit_test(one_that_is_full_is_left_out),
        cmocka_unit_test(every_reason_has_a_name_and_a_sentence),
        cmocka_unit_test(wrong_tags_are_told_as_litellm_does),
        cmocka_unit_test(long_tags_are_cut),
        cmocka_unit_test(what_is_full_asks_to_come_again),
        cmocka_unit_test(what_belongs_to_others_does_not_exist),
        cmocka_unit_test(an_empty_region_is_the_callers_mistake),
        cmocka_unit_test(what_was_tried_is_unavailable),
    };

    return cmocka_run_group_tests(tests, open_kit, close_kit);
}
