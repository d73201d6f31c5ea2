/* SPDX-License-Identifier: Apache-2.0 */
/* test_json_alike.c - texts that differ in one string are taken for valid only when they are. */
#include "format/json_alike.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include "base/arena.h"
#include "format/json_scan.h"

static const char before[] = "{\"id\":\"c-1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"";
static const char behind[] = "\"},\"finish_reason\":null}],\"usage\":null}";

/* The text with this inside, in memory of exactly its size, so that a sanitizer sees what reads on.
 */
static sluice_span make(const char *inside)
{
    size_t a = sizeof before - 1, n = strlen(inside), b = sizeof behind - 1;
    char *p = malloc(a + n + b);

    assert_non_null(p);
    memcpy(p, before, a);
    memcpy(p + a, inside, n);
    memcpy(p + a + n, behind, b);
    return sl_span(p, a + n + b);
}

static void drop(sluice_span text)
{
    free((char *)(uintptr_t)text.ptr);
}

static struct sl_json_alike learnt(const char *inside)
{
    struct sl_json_alike a;
    sluice_span text = make(inside);

    sl_json_alike_init(&a);
    sl_json_alike_learn(&a, text, sl_span(text.ptr + sizeof before - 1, strlen(inside)));
    drop(text);
    return a;
}

static bool is_alike(const char *inside)
{
    struct sl_json_alike a = learnt(" one");
    sluice_span text = make(inside);
    bool yes = sl_json_alike_is(&a, text);

    drop(text);
    sl_json_alike_finish(&a);
    return yes;
}

static void another_text_in_the_string_is_alike(void **state)
{
    (void)state;
    assert_true(is_alike(" one"));
    assert_true(is_alike("x"));
    assert_true(
        is_alike("a much longer text than the one that was learnt, with \\\"escapes\\\" \\u00e9"));
    assert_true(is_alike("\xc3\xa9t\xc3\xa9 \xf0\x9f\x8c\x8d"));
}

static void an_inside_that_is_no_string_is_not(void **state)
{
    (void)state;
    assert_false(is_alike(""));
    assert_false(is_alike("a\"b"));
    assert_false(is_alike("a\nb"));
    assert_false(is_alike("\\"));
    assert_false(is_alike("\\x"));
    assert_false(is_alike("\\ud8"));
    assert_false(is_alike("\xc3"));
    assert_false(is_alike("\",\"content\":\"x"));
}

static void nothing_learnt_is_like_nothing(void **state)
{
    struct sl_json_alike a;
    sluice_span text = make("x");

    (void)state;
    sl_json_alike_init(&a);
    assert_false(sl_json_alike_is(&a, text));
    drop(text);
    sl_json_alike_finish(&a);
}

static void front_and_end_may_not_overlap(void **state)
{
    struct sl_json_alike a;
    sluice_span text = SL_SPAN("[\"a\",\"a\"]");

    (void)state;
    sl_json_alike_init(&a);
    sl_json_alike_learn(&a, text, sl_span(text.ptr + 6, 1));
    for (size_t n = 0; n < text.len; n++)
        assert_false(sl_json_alike_is(&a, sl_span_head(text, n)));
    assert_true(sl_json_alike_is(&a, text));
    sl_json_alike_finish(&a);
}

static void whatever_byte_is_changed_what_is_alike_is_valid(void **state)
{
    struct sl_json_alike a = learnt(" one");
    sluice_span text = make(" t\\u00e4\xc3\xb6st");
    char *p = (char *)(uintptr_t)text.ptr;
    size_t alike = 0;

    (void)state;
    for (size_t i = 0; i < text.len; i++) {
        char was = p[i];

        for (int c = 0; c < 256; c++) {
            p[i] = (char)c;
            if (!sl_json_alike_is(&a, text))
                continue;
            alike++;
            assert_int_equal(sl_json_validate(text, NULL), SLUICE_OK);
            assert_true(i >= sizeof before - 1 && i < text.len - (sizeof behind - 1) ? true
                                                                                     : p[i] == was);
        }
        p[i] = was;
    }
    assert_true(alike > text.len);
    drop(text);
    sl_json_alike_finish(&a);
}

static void long_texts_and_failing_memory_are_not_kept(void **state)
{
    struct sl_json_alike a;
    char *inside = calloc(1, 5001);
    sluice_span text;

    (void)state;
    assert_non_null(inside);
    memset(inside, 'x', 5000);
    a = learnt(inside);
    text = make("y");
    assert_false(sl_json_alike_is(&a, text));
    sl_json_alike_finish(&a);
    sl_fault_after(1);
    a = learnt(" one");
    sl_fault_after(0);
    assert_false(sl_json_alike_is(&a, text));
    sl_json_alike_finish(&a);
    drop(text);
    free(inside);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_text_in_the_string_is_alike),
        cmocka_unit_test(an_inside_that_is_no_string_is_not),
        cmocka_unit_test(nothing_learnt_is_like_nothing),
        cmocka_unit_test(front_and_end_may_not_overlap),
        cmocka_unit_test(whatever_byte_is_changed_what_is_alike_is_valid),
        cmocka_unit_test(long_texts_and_failing_memory_are_not_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
