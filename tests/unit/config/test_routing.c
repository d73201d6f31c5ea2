/* SPDX-License-Identifier: Apache-2.0 */
/* How router_settings say who chooses a deployment, and what they say of each. */
#include "kit.h"

#define assert_text(span, text) assert_true(sl_span_eq(span, sl_span_str(text)))

static void each_strategy_is_a_plugin(void **state)
{
    static const char *const pairs[][2] = {
        { "simple-shuffle", "simple_shuffle" },
        { "least-busy", "least_busy" },
        { "usage-based-routing", "usage_based" },
        { "usage-based-routing-v2", "usage_based" },
        { "latency-based-routing", "latency_based" },
        { "cost-based-routing", "cost_based" },
        { "p2c-ewma", "p2c_ewma" },
        { "conditional", "conditional" },
        { "com.acme.best", "com.acme.best" },
    };
    char text[128];

    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        struct loaded l;

        snprintf(text, sizeof text, "router_settings: {routing_strategy: %s}", pairs[i][0]);
        kit_load(&l, text);
        assert_non_null(l.s);
        assert_text(l.s->routing_strategy, pairs[i][1]);
        assert_reported(l, "exact <text>:1:19 router_settings.routing_strategy");
        kit_unload(&l);
    }
}

static void samples_are_counted_and_aged_by_the_strategys_arguments(void **state)
{
    struct loaded l;

    (void)state;
    kit_load(&l, "router_settings: {routing_strategy_args: {ttl: 1.5, max_latency_list_size: 4}}");
    assert_int_equal(l.s->sample_ttl_ms, 1500);
    assert_int_equal(l.s->samples, 4);
    kit_unload(&l);
    kit_load(&l, "{}");
    assert_int_equal(l.s->sample_ttl_ms, 3600000);
    assert_int_equal(l.s->samples, 10);
    kit_unload(&l);
}

static void some_models_have_a_strategy_of_their_own(void **state)
{
    struct loaded l;

    (void)state;
    kit_load(&l, "router_settings:\n"
                 "  routing_groups:\n"
                 "  - {group_name: fast, models: [a, b], routing_strategy: latency-based-routing,\n"
                 "     routing_strategy_args: {ttl: 9}}\n"
                 "  - {group_name: none, models: []}\n"
                 "  - {group_name: plain, models: [c]}\n");
    assert_non_null(l.s);
    assert_int_equal(l.s->n_routing_groups, 2);
    assert_int_equal(l.s->routing_groups[0].n_models, 2);
    assert_text(l.s->routing_groups[0].models[1], "b");
    assert_text(l.s->routing_groups[0].strategy, "latency_based");
    assert_text(l.s->routing_groups[0].args, "{\"ttl\":9}");
    assert_text(l.s->routing_groups[1].models[0], "c");
    assert_text(l.s->routing_groups[1].strategy, "simple_shuffle");
    assert_text(l.s->routing_groups[1].args, "{}");
    kit_unload(&l);
}

static void tags_are_off_and_any_of_them_is_enough_unless_it_says_so(void **state)
{
    struct loaded l;

    (void)state;
    kit_load(&l, "{}");
    assert_false(l.s->tag_filtering);
    assert_false(l.s->tag_match_all);
    kit_unload(&l);
    kit_load(&l, "router_settings: {enable_tag_filtering: true, tag_filtering_match_any: false}");
    assert_true(l.s->tag_filtering);
    assert_true(l.s->tag_match_all);
    kit_unload(&l);
}

static void sessions_stay_unless_it_says_so(void **state)
{
    struct loaded l;

    (void)state;
    kit_load(&l, "router_settings: {optional_pre_call_checks: [prompt_caching]}");
    assert_true(l.s->sticky_sessions);
    assert_true(l.s->sticky_prompts);
    assert_false(l.s->sticky_callers);
    kit_unload(&l);
    kit_load(&l, "router_settings: {sticky_sessions: false, "
                 "optional_pre_call_checks: [deployment_affinity]}");
    assert_false(l.s->sticky_sessions);
    assert_false(l.s->sticky_prompts);
    assert_true(l.s->sticky_callers);
    kit_unload(&l);
}

static void a_deployment_says_who_it_is_for(void **state)
{
    struct loaded l;

    (void)state;
    kit_load(&l,
             "model_list:\n"
             "- {model_name: m, litellm_params: {model: openai/a, tags: [x, y], order: 2, "
             "region_name: eu},\n"
             "   model_info: {team_id: t, team_public_model_name: p, access_groups: [g, h]}}\n");
    assert_non_null(l.s);
    assert_int_equal(l.s->deployments[0].n_tags, 2);
    assert_text(l.s->deployments[0].tag_list[1], "y");
    assert_text(l.s->deployments[0].tags, "[\"x\",\"y\"]");
    assert_text(l.s->deployments[0].team_id, "t");
    assert_text(l.s->deployments[0].team_model, "p");
    assert_int_equal(l.s->deployments[0].n_access_groups, 2);
    assert_text(l.s->deployments[0].access_groups[0], "g");
    assert_text(l.s->deployments[0].region, "eu");
    assert_int_equal(l.s->deployments[0].order, 2);
    kit_unload(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_strategy_is_a_plugin),
        cmocka_unit_test(samples_are_counted_and_aged_by_the_strategys_arguments),
        cmocka_unit_test(some_models_have_a_strategy_of_their_own),
        cmocka_unit_test(tags_are_off_and_any_of_them_is_enough_unless_it_says_so),
        cmocka_unit_test(sessions_stay_unless_it_says_so),
        cmocka_unit_test(a_deployment_says_who_it_is_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
