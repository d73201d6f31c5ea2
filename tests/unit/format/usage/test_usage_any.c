/* SPDX-License-Identifier: Apache-2.0 */
/* test_usage_any.c - what was used, out of answers of any dialect; on a stack that is full of ones,
 * as it may well be. */
#include "format/usage/usage_any.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static __attribute__((noinline)) void dirty_the_stack(void)
{
    volatile unsigned char room[2048];

    for (size_t i = 0; i < sizeof room; i++)
        room[i] = 0x01;
}

static void says(const char *text, int64_t in, int64_t out)
{
    struct sl_usage u = { 0 };

    dirty_the_stack();
    sl_usage_any(&u, sl_span_str(text));
    assert_int_equal(sl_usage_get(&u, SLUICE_USE_INPUT, -1), in);
    assert_int_equal(sl_usage_get(&u, SLUICE_USE_OUTPUT, -1), out);
}

static void counts_are_as_they_stand(void **state)
{
    (void)state;
    says("{\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4}}", 3, 4);
    says("{\"type\":\"message_delta\",\"usage\":{\"output_tokens\":6}}", -1, 6);
    says("{\"prompt_eval_count\":7,\"eval_count\":8}", 7, 8);
}

static void what_is_counted_apart_is_added(void **state)
{
    (void)state;
    says("{\"usage\":{\"input_tokens\":12,\"cache_read_input_tokens\":4,\"output_tokens\":1}}", 16,
         1);
    says("{\"usageMetadata\":{\"promptTokenCount\":5,\"candidatesTokenCount\":2,"
         "\"thoughtsTokenCount\":10}}",
         5, 12);
}

static void what_is_no_object_says_nothing(void **state)
{
    (void)state;
    says("[DONE]", -1, -1);
    says("{\"usage\":", -1, -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_are_as_they_stand),
        cmocka_unit_test(what_is_counted_apart_is_added),
        cmocka_unit_test(what_is_no_object_says_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
