/* SPDX-License-Identifier: Apache-2.0 */
/* Which models a list of names allows. */
#include "kit.h"

#include "route/access.h"

static struct kit kit;

static int open_kit(void **state)
{
    (void)state;
    kit_open(&kit,
             "model_list:\n"
             "- {model_name: gpt-4o, litellm_params: {model: openai/gpt-4o}, "
             "model_info: {access_groups: [beta]}}\n"
             "- {model_name: gpt-4o, litellm_params: {model: azure/x, api_base: 'https://a'}}\n"
             "- {model_name: claude, litellm_params: {model: anthropic/c}, "
             "model_info: {access_groups: [beta, slow]}}\n"
             "- {model_name: 'vendor/*', litellm_params: {model: 'openai/*'}, "
             "model_info: {access_groups: [wild]}}\n"
             "router_settings: {model_group_alias: {chat: gpt-4o}}\n");
    return 0;
}

static int close_kit(void **state)
{
    (void)state;
    kit_close(&kit);
    return 0;
}

static bool allows(const char *names, const char *model)
{
    sluice_span list[8];
    size_t n = 0;

    for (sluice_span rest = sl_span_str(names); rest.len;) {
        size_t blank = sl_span_find_char(rest, ' ');

        list[n++] = sl_span_head(rest, blank);
        rest = sl_span_from(rest, blank + 1);
    }
    return sl_access_allows(&kit.groups, list, n, sl_span_str(model));
}

static void an_empty_list_allows_everything(void **state)
{
    (void)state;
    assert_true(allows("", "gpt-4o"));
    assert_true(allows("", "nobody-has-it"));
}

static void a_name_allows_that_model(void **state)
{
    (void)state;
    assert_true(allows("claude gpt-4o", "gpt-4o"));
    assert_false(allows("claude", "gpt-4o"));
    assert_false(allows("gpt-4", "gpt-4o"));
    assert_false(allows("gpt-4o-mini", "gpt-4o"));
}

static void some_words_mean_all_models(void **state)
{
    (void)state;
    assert_true(allows("*", "gpt-4o"));
    assert_true(allows("all-proxy-models", "claude"));
    assert_false(allows("no-default-models", "claude"));
}

static void an_access_group_allows_its_models(void **state)
{
    (void)state;
    assert_true(allows("beta", "gpt-4o"));
    assert_true(allows("beta", "claude"));
    assert_true(allows("slow", "claude"));
    assert_false(allows("slow", "gpt-4o"));
    assert_true(allows("wild", "vendor/anything"));
    assert_false(allows("wild", "gpt-4o"));
}

static void a_pattern_is_for_the_whole_name(void **state)
{
    (void)state;
    assert_true(allows("gpt-*", "gpt-4o"));
    assert_false(allows("gpt-*4", "gpt-4o"));
    assert_true(allows("*4o", "gpt-4o"));
    assert_true(allows("vendor/*", "vendor/x"));
    assert_false(allows("vendor/*", "gpt-4o"));
}

static void a_pattern_may_name_the_provider(void **state)
{
    (void)state;
    assert_true(allows("openai/*", "gpt-4o"));
    assert_true(allows("openai/gpt*", "gpt-4o"));
    assert_false(allows("anthropic/*", "gpt-4o"));
    assert_true(allows("anthropic/*", "claude"));
    assert_false(allows("openai*", "gpt-4o"));
}

static void an_alias_is_also_what_it_stands_for(void **state)
{
    (void)state;
    assert_true(allows("gpt-4o", "chat"));
    assert_true(allows("chat", "chat"));
    assert_true(allows("beta", "chat"));
    assert_false(allows("claude", "chat"));
}

static void add(void *ctx, const struct sl_group *group)
{
    size_t *n = ctx;

    assert_true(group->n > 0);
    ++*n;
}

static void a_list_is_seen_in_the_list_of_models(void **state)
{
    sluice_span list[] = { SL_SPAN("beta"), SL_SPAN("nothing") };
    size_t n = 0;

    (void)state;
    sl_access_each(&kit.groups, list, 2, add, &n);
    assert_int_equal(n, 2);
    n = 0;
    sl_access_each(&kit.groups, list, 0, add, &n);
    assert_int_equal(n, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_list_allows_everything),
        cmocka_unit_test(a_name_allows_that_model),
        cmocka_unit_test(some_words_mean_all_models),
        cmocka_unit_test(an_access_group_allows_its_models),
        cmocka_unit_test(a_pattern_is_for_the_whole_name),
        cmocka_unit_test(a_pattern_may_name_the_provider),
        cmocka_unit_test(an_alias_is_also_what_it_stands_for),
        cmocka_unit_test(a_list_is_seen_in_the_list_of_models),
    };

    return cmocka_run_group_tests(tests, open_kit, close_kit);
}
