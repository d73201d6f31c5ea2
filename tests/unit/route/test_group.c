/* SPDX-License-Identifier: Apache-2.0 */
/* Which group a model's name stands for. */
#include "kit.h"

static const char yaml[] =
    "model_list:\n"
    "- {model_name: chat, litellm_params: {model: openai/a}, model_info: {id: a}}\n"
    "- {model_name: chat, litellm_params: {model: openai/b}, model_info: {id: b}}\n"
    "- {model_name: 'gpt-*', litellm_params: {model: 'openai/gpt-*'}, model_info: {id: w}}\n"
    "- {model_name: 'gpt-4*', litellm_params: {model: 'openai/gpt-4*'}, model_info: {id: w4}}\n"
    "- {model_name: model_name_t1_x, litellm_params: {model: openai/t},\n"
    "   model_info: {id: t, team_id: t1, team_public_model_name: chat}}\n"
    "- {model_name: model_name_t1_y, litellm_params: {model: openai/t},\n"
    "   model_info: {id: u, team_id: t1, team_public_model_name: chat}}\n"
    "- {model_name: model_name_t1_z, litellm_params: {model: 'openai/*'},\n"
    "   model_info: {id: v, team_id: t1, team_public_model_name: 'own-*'}}\n"
    "router_settings:\n"
    "  model_group_alias: {talk: chat, secret: {model: chat, hidden: true}, to-id: b,\n"
    "                      to-wild: gpt-4o, chat: gpt-4}\n";

static void expect_for(const char *team, const char *model, const char *first, size_t n)
{
    struct sl_wildcard_match match;
    const struct sl_group *g;
    struct kit k;

    kit_open(&k, yaml);
    g = sl_groups_find(&k.groups, sl_span_str(model), sl_span_str(team), &match);
    if (!first)
        assert_null(g);
    else {
        assert_non_null(g);
        assert_int_equal(g->n, n);
        assert_true(sl_span_eq(g->deployments[0]->settings->id, sl_span_str(first)));
    }
    kit_close(&k);
}

static void deployments_of_one_name_are_one_group(void **state)
{
    (void)state;
    expect_for("", "chat", "a", 2);
}

static void an_alias_stands_for_its_group(void **state)
{
    (void)state;
    expect_for("", "talk", "a", 2);
    expect_for("", "secret", "a", 2);
}

static void an_alias_may_lead_to_an_id_or_a_wildcard(void **state)
{
    (void)state;
    expect_for("", "to-id", "b", 1);
    expect_for("", "to-wild", "w4", 1);
}

static void a_group_counts_before_an_alias_of_its_name(void **state)
{
    (void)state;
    expect_for("", "chat", "a", 2);
}

static void an_id_names_one_deployment(void **state)
{
    (void)state;
    expect_for("", "b", "b", 1);
}

static void the_longest_wildcard_counts(void **state)
{
    (void)state;
    expect_for("", "gpt-4o", "w4", 1);
    expect_for("", "gpt-5", "w", 1);
}

static void the_pattern_itself_is_no_model(void **state)
{
    (void)state;
    expect_for("", "own-*", NULL, 0);
}

static void what_stands_in_litellm_params_is_a_name_as_well(void **state)
{
    (void)state;
    expect_for("", "openai/b", "b", 1);
    expect_for("t1", "openai/t", NULL, 0); /* a team's */
    expect_for("", "openai/*", NULL, 0);
    expect_for("", "openai/", NULL, 0);
}

static void what_nobody_serves_is_found_nowhere(void **state)
{
    (void)state;
    expect_for("", "claude", NULL, 0);
    expect_for("", "", NULL, 0);
}

static void a_team_has_names_of_its_own(void **state)
{
    (void)state;
    expect_for("t1", "chat", "t", 2);
    expect_for("t1", "own-x", "v", 1);
}

static void other_teams_do_not_see_them(void **state)
{
    (void)state;
    expect_for("t2", "chat", "a", 2);
    expect_for("t2", "own-x", NULL, 0);
}

static void what_the_group_has_is_known(void **state)
{
    struct kit k;

    (void)state;
    kit_open(&k, "model_list:\n"
                 "- {model_name: x, litellm_params: {model: openai/a, order: 1, tags: [default], "
                 "max_parallel_requests: 3}}\n"
                 "- {model_name: y, litellm_params: {model: openai/a, region_name: eu, tags: [a]}, "
                 "model_info: {team_id: t}}\n");
    assert_true(kit_find(&k, "x")->has_order);
    assert_true(kit_find(&k, "x")->has_default);
    assert_true(kit_find(&k, "x")->has_parallel);
    assert_false(kit_find(&k, "x")->has_regions);
    assert_false(kit_find(&k, "y")->has_default);
    assert_true(kit_find(&k, "y")->has_tags);
    assert_true(kit_find(&k, "y")->has_teams);
    assert_true(kit_find(&k, "y")->has_regions);
    kit_close(&k);
}

static void every_group_has_a_number_of_its_own(void **state)
{
    struct kit k;

    (void)state;
    kit_open(&k, yaml);
    for (size_t i = 0; i < k.groups.n_all; i++)
        assert_int_equal(k.groups.all[i]->number, i);
    kit_close(&k);
}

static void no_allocation_may_fail_unnoticed(void **state)
{
    struct sl_groups groups;
    struct sluice_arena arena;
    sluice_status st = SLUICE_E_NOMEM;
    struct kit k;

    (void)state;
    kit_open(&k, yaml);
    for (uint64_t n = 1; st == SLUICE_E_NOMEM; n++) {
        sl_arena_init(&arena, 64u << 20);
        sl_fault_after(n);
        st = sl_groups_build(&groups, k.deployments, k.settings->n_deployments, k.settings->aliases,
                             k.settings->n_aliases, &arena);
        sl_fault_after(0);
        if (st == SLUICE_OK) {
            assert_true(n > 1);
            sl_groups_finish(&groups);
        }
        sl_arena_finish(&arena);
        assert_true(n < 1000);
    }
    assert_int_equal(st, SLUICE_OK);
    kit_close(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deployments_of_one_name_are_one_group),
        cmocka_unit_test(an_alias_stands_for_its_group),
        cmocka_unit_test(an_alias_may_lead_to_an_id_or_a_wildcard),
        cmocka_unit_test(a_group_counts_before_an_alias_of_its_name),
        cmocka_unit_test(an_id_names_one_deployment),
        cmocka_unit_test(the_longest_wildcard_counts),
        cmocka_unit_test(the_pattern_itself_is_no_model),
        cmocka_unit_test(what_stands_in_litellm_params_is_a_name_as_well),
        cmocka_unit_test(what_nobody_serves_is_found_nowhere),
        cmocka_unit_test(a_team_has_names_of_its_own),
        cmocka_unit_test(other_teams_do_not_see_them),
        cmocka_unit_test(what_the_group_has_is_known),
        cmocka_unit_test(every_group_has_a_number_of_its_own),
        cmocka_unit_test(no_allocation_may_fail_unnoticed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
