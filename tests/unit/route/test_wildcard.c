/* SPDX-License-Identifier: Apache-2.0 */
/* '*' in model names, and what it caught in the vendor's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "route/wildcard.h"

static void expect(const char *pattern, const char *text, const char *model, const char *wanted)
{
    struct sl_wildcard_match m;
    struct sluice_arena arena;
    sluice_span out;

    sl_arena_init(&arena, 1 << 16);
    assert_true(sl_wildcard_match(sl_span_str(pattern), sl_span_str(text), &m));
    out = sl_wildcard_apply(sl_span_str(model), &m, sl_span_str(text), &arena);
    assert_true(sl_span_eq(out, sl_span_str(wanted)));
    sl_arena_finish(&arena);
}

static void what_was_caught_goes_where_the_star_is(void **state)
{
    (void)state;
    expect("openai/*", "openai/gpt-4o", "*", "gpt-4o");
    expect("*", "gpt-4o", "openai/*", "openai/gpt-4o");
    expect("a*-b*", "a1-b2", "x*y*", "x1y2");
}

static void first_star_takes_as_much_as_it_can(void **state)
{
    (void)state;
    expect("*/*", "a/b/c", "*+*", "a/b+c");
}

static void model_without_a_star_stays(void **state)
{
    (void)state;
    expect("gpt-*", "gpt-4o", "fixed", "fixed");
}

static void what_does_not_begin_alike_does_not_match(void **state)
{
    struct sl_wildcard_match m;

    (void)state;
    assert_false(sl_wildcard_match(SL_SPAN("openai/*"), SL_SPAN("azure/gpt"), &m));
    assert_false(sl_wildcard_match(SL_SPAN("a*b"), SL_SPAN("acc"), &m));
}

static void text_without_end_matches_nothing(void **state)
{
    struct sl_wildcard_match m;
    char text[300];

    (void)state;
    memset(text, 'a', sizeof text);
    assert_false(sl_wildcard_match(SL_SPAN("*"), sl_span(text, sizeof text), &m));
    assert_true(sl_wildcard_match(SL_SPAN("*"), sl_span(text, 256), &m));
}

static void more_stars_than_groups_never_match(void **state)
{
    struct sl_wildcard_match m;

    (void)state;
    assert_false(sl_wildcard_match(SL_SPAN("*****"), SL_SPAN("a"), &m));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_caught_goes_where_the_star_is),
        cmocka_unit_test(first_star_takes_as_much_as_it_can),
        cmocka_unit_test(model_without_a_star_stays),
        cmocka_unit_test(what_does_not_begin_alike_does_not_match),
        cmocka_unit_test(text_without_end_matches_nothing),
        cmocka_unit_test(more_stars_than_groups_never_match),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
