/* SPDX-License-Identifier: Apache-2.0 */
/* test_nearest.c - did you mean. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/nearest.h"

static sluice_span nearest(const char *wanted)
{
    struct sl_nearest n = sl_nearest(sl_span_str(wanted));
    static const char *const names[] = { "anthropic", "openai_compat", "openai", "groq", "x" };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        sl_nearest_try(&n, sl_span_str(names[i]));
    return n.best;
}

static void a_slip_of_the_pen_is_recognised(void **state)
{
    (void)state;
    assert_true(sl_span_eq(nearest("antropic"), SL_SPAN("anthropic")));
    assert_true(sl_span_eq(nearest("Anthropic"), SL_SPAN("anthropic")));
    assert_true(sl_span_eq(nearest("openai-compat"), SL_SPAN("openai_compat")));
    assert_true(sl_span_eq(nearest("opnai"), SL_SPAN("openai")));
}

static void another_word_is_no_slip(void **state)
{
    (void)state;
    assert_int_equal(nearest("mistral").len, 0);
    assert_int_equal(nearest("y").len, 0);
    assert_int_equal(nearest("").len, 0);
}

static void names_of_any_length_are_safe(void **state)
{
    static char longest[200];

    (void)state;
    memset(longest, 'a', sizeof longest - 1);
    assert_int_equal(nearest(longest).len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_slip_of_the_pen_is_recognised),
        cmocka_unit_test(another_word_is_no_slip),
        cmocka_unit_test(names_of_any_length_are_safe),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
