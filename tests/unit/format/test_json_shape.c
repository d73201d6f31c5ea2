/* SPDX-License-Identifier: Apache-2.0 */
/* test_json_shape.c - texts of one shape are taken for valid only when they are. */
#include "format/json_shape.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/arena.h"
#include "format/json_scan.h"

#define EVENT(id, content, n)                                                                      \
    "{\"id\":\"" id                                                                                \
    "\",\"type\":\"chunk\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" content            \
    "\"},\"finish_reason\":null}],\"n\": " n " ,\"usage\":null}"

/* In memory of exactly its size, so that a sanitizer sees what reads on. */
static sluice_span make(const char *text)
{
    size_t n = strlen(text);
    char *p = malloc(n + (n == 0));

    assert_non_null(p);
    memcpy(p, text, n);
    return sl_span(p, n);
}

static void drop(sluice_span text)
{
    free((char *)(uintptr_t)text.ptr);
}

static bool learn(struct sl_json_shape *s, const char *text)
{
    sluice_span copy = make(text);
    bool kept = sl_json_shape_learn(s, copy);

    drop(copy);
    return kept;
}

static bool fits(const struct sl_json_shape *s, const char *text)
{
    sluice_span copy = make(text);
    struct sl_json_fit fit;
    bool yes = sl_json_shape_fits(s, copy, &fit);

    drop(copy);
    return yes;
}

/* Knows that id, content and n move. */
static struct sl_json_shape learnt(void)
{
    struct sl_json_shape s;

    sl_json_shape_init(&s);
    assert_true(learn(&s, EVENT("c-1", " one", "1")));
    assert_true(learn(&s, EVENT("c-22", " two", "-2.5e3")));
    return s;
}

static bool fits_learnt(const char *text)
{
    struct sl_json_shape s = learnt();
    bool yes = fits(&s, text);

    sl_json_shape_finish(&s);
    return yes;
}

static void other_values_where_values_moved_fit(void **state)
{
    (void)state;
    assert_true(fits_learnt(EVENT("c-22", " two", "-2.5e3")));
    assert_true(fits_learnt(EVENT("x", "y", "0")));
    assert_true(fits_learnt(EVENT("a long id, longer than sixteen bytes",
                                  "with \\\"escapes\\\" \\u00e9 and \xc3\xa9", "123456789012")));
}

static void what_is_no_value_does_not_fit(void **state)
{
    static const char *const bad[] = { "", "a\"b", "a\nb", "\\", "\\x", "\\ud8", "\xc3" };
    char text[256];

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(text, sizeof text, EVENT("c", "%s", "1"), bad[i]);
        if (fits_learnt(text))
            fail_msg("%s", text);
    }
    assert_false(fits_learnt(EVENT("c", "\",\"content\":\"x", "1")));
    assert_false(fits_learnt(EVENT("c", "x", "01")));
    assert_false(fits_learnt(EVENT("c", "x", "1.")));
    assert_false(fits_learnt(EVENT("c", "x", "\"1\"")));
    assert_false(fits_learnt(EVENT("c", "x", "true")));
}

static void what_was_the_same_so_far_must_stay_the_same(void **state)
{
    struct sl_json_shape s;

    (void)state;
    sl_json_shape_init(&s);
    assert_true(learn(&s, "{\"a\":\"x\",\"b\":1}"));
    assert_false(fits(&s, "{\"a\":\"y\",\"b\":1}"));
    assert_false(fits(&s, "{\"a\":\"x\",\"b\":2}"));
    assert_true(fits(&s, "{\"a\":\"x\",\"b\":1}"));
    sl_json_shape_finish(&s);
}

static void what_once_moved_goes_on_moving(void **state)
{
    struct sl_json_shape s = learnt();

    (void)state;
    assert_true(learn(&s, EVENT("c-22", " two", "7")));
    assert_true(fits(&s, EVENT("other", "text", "7")));
    sl_json_shape_finish(&s);
}

static void kinds_and_emptiness_never_move(void **state)
{
    struct sl_json_shape s;

    (void)state;
    sl_json_shape_init(&s);
    assert_true(learn(&s, "{\"type\":\"a\",\"x\":\"1\"}"));
    assert_true(learn(&s, "{\"type\":\"b\",\"x\":\"1\"}"));
    assert_false(fits(&s, "{\"type\":\"c\",\"x\":\"1\"}"));
    assert_true(learn(&s, "{\"type\":\"b\",\"x\":\"\"}"));
    assert_false(fits(&s, "{\"type\":\"b\",\"x\":\"1\"}"));
    assert_true(fits(&s, "{\"type\":\"b\",\"x\":\"\"}"));
    sl_json_shape_finish(&s);
}

static void names_never_move(void **state)
{
    struct sl_json_shape s;

    (void)state;
    sl_json_shape_init(&s);
    assert_true(learn(&s, "{\"a\":1}"));
    assert_true(learn(&s, "{\"b\":1}"));
    assert_false(fits(&s, "{\"c\":1}"));
    assert_false(fits(&s, "{\"a\":1}"));
    sl_json_shape_finish(&s);
}

static void no_beginning_of_a_text_fits(void **state)
{
    static const char text[] = EVENT("c-3", " three", "3");
    struct sl_json_shape s = learnt();
    char cut[sizeof text];

    (void)state;
    assert_true(fits(&s, text));
    for (size_t n = 0; n < sizeof text - 1; n++) {
        memcpy(cut, text, n);
        cut[n] = 0;
        assert_false(fits(&s, cut));
    }
    sl_json_shape_finish(&s);
}

static void whatever_byte_is_changed_what_fits_is_valid(void **state)
{
    struct sl_json_shape s = learnt();
    struct sl_json_fit fit;
    sluice_span text = make(EVENT("c-9", " t\\u00e4\xc3\xb6st", "10"));
    char *p = (char *)(uintptr_t)text.ptr;
    size_t n = 0;

    (void)state;
    for (size_t i = 0; i < text.len; i++) {
        char was = p[i];

        for (int c = 0; c < 256; c++) {
            p[i] = (char)c;
            if (!sl_json_shape_fits(&s, text, &fit))
                continue;
            n++;
            assert_int_equal(sl_json_validate(text, NULL), SLUICE_OK);
        }
        p[i] = was;
    }
    assert_true(n > text.len);
    drop(text);
    sl_json_shape_finish(&s);
}

static void places_are_found_again(void **state)
{
    static const char text[] = EVENT("c-22", " two", "-2.5e3");
    struct sl_json_shape s = learnt();
    struct sl_json_fit fit;
    sluice_span other = make(EVENT("x", "a longer text", "12")), found;
    static const struct {
        const char *in, *out;
    } values[] = { { "\"c-22\"", "\"x\"" },
                   { "\"chunk\"", "\"chunk\"" },
                   { "\" two\"", "\"a longer text\"" },
                   { "-2.5e3", "12" },
                   { "null}", "null}" } };

    (void)state;
    assert_true(sl_json_shape_fits(&s, other, &fit));
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        const char *at = strstr(text, values[i].in);
        struct sl_json_place place = { (uint16_t)(at - text), (uint16_t)strlen(values[i].in) };

        found = sl_json_shape_at(&s, &fit, place);
        assert_true(sl_span_eq(found, sl_span_str(values[i].out)));
    }
    drop(other);
    sl_json_shape_finish(&s);
}

static void long_texts_and_failing_memory_are_not_kept(void **state)
{
    struct sl_json_shape s;
    char *text = calloc(1, 5003);

    (void)state;
    assert_non_null(text);
    memset(text, 'x', 5002);
    text[0] = text[5001] = '"';
    sl_json_shape_init(&s);
    assert_false(learn(&s, text));
    assert_false(fits(&s, text));
    sl_fault_after(1);
    assert_false(learn(&s, "[1]"));
    sl_fault_after(0);
    assert_false(fits(&s, "[1]"));
    sl_json_shape_finish(&s);
    free(text);
}

static void where_every_text_is_built_otherwise_learning_is_given_up(void **state)
{
    struct sl_json_shape s;
    char text[32];
    int kept = 0;

    (void)state;
    sl_json_shape_init(&s);
    for (int i = 0; i < 512; i++) {
        snprintf(text, sizeof text, "{\"name%d\":1}", i);
        kept += learn(&s, text);
    }
    assert_in_range(kept, 16, 64);
    sl_json_shape_finish(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(other_values_where_values_moved_fit),
        cmocka_unit_test(what_is_no_value_does_not_fit),
        cmocka_unit_test(what_was_the_same_so_far_must_stay_the_same),
        cmocka_unit_test(what_once_moved_goes_on_moving),
        cmocka_unit_test(kinds_and_emptiness_never_move),
        cmocka_unit_test(names_never_move),
        cmocka_unit_test(no_beginning_of_a_text_fits),
        cmocka_unit_test(whatever_byte_is_changed_what_fits_is_valid),
        cmocka_unit_test(places_are_found_again),
        cmocka_unit_test(long_texts_and_failing_memory_are_not_kept),
        cmocka_unit_test(where_every_text_is_built_otherwise_learning_is_given_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
