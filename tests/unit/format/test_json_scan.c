/* SPDX-License-Identifier: Apache-2.0 */
/* test_json_scan.c - validation and members. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "format/json_scan.h"

#include <stdio.h>
#include <stdlib.h>

#define BIG (1 << 24)

static sluice_status check(const char *text)
{
    struct sl_json_error err;

    return sl_json_validate(sl_span_str(text), &err);
}

static void valid_texts_are_accepted(void **state)
{
    static const char *const texts[] = {
        "null",
        "true",
        "false",
        "0",
        "-0",
        "-0.0e-0",
        "1E+2",
        "\"\"",
        "[]",
        "{}",
        " [ ] ",
        "\t{\r\n}",
        "[1,2,[3,{\"a\":[]}]]",
        "{\"a\":1,\"b\":{\"c\":null}}",
        "{\"a\":1,\"a\":2}",
        "\"\\ud800\"",
        "\"\\ud83d\\ude00\"",
        "\"\x7f\"",
        "[\"\\\"\",\"\\\\\"]",
        "123456789012345678901234567890",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_int_equal(check(texts[i]), SLUICE_OK);
}

static void malformed_texts_are_refused(void **state)
{
    static const char *const texts[] = {
        "",
        " ",
        "nul",
        "nulll",
        "True",
        "01",
        "-",
        "+1",
        "1.",
        ".5",
        "1e",
        "1e+",
        "0x1",
        "NaN",
        "[",
        "]",
        "[1",
        "[1,",
        "[1,]",
        "[,1]",
        "[1 2]",
        "{",
        "}",
        "{\"a\"",
        "{\"a\":",
        "{\"a\":1",
        "{\"a\":1,",
        "{\"a\":1,}",
        "{,}",
        "{a:1}",
        "{1:1}",
        "{\"a\" 1}",
        "{\"a\":1]",
        "[1}",
        "\"",
        "\"\\\"",
        "\"\t\"",
        "\"\\x\"",
        "\"\\u12\"",
        "1 2",
        "[]]",
        "{}{}",
        "\xef\xbb\xbf[]",
        "'a'",
        "[1]//",
        "\"\xff\"",
        "\"\xed\xa0\x80\"",
        "\x80",
        "[\f]",
        "--1",
        "1-1",
        "1ee1",
        "{\"a\"::1}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_int_equal(check(texts[i]), SLUICE_E_INVALID);
}

static void every_cut_of_a_text_is_refused(void **state)
{
    const char *text = "{\"a\\n\":[1.5e3,\"\\u0041\xc3\xa9\",true],\"b\":{\"c\":null,\"d\":[{}]}}";

    (void)state;
    for (size_t n = 0; n < strlen(text); n++) {
        char *copy = malloc(n + 1);

        assert_non_null(copy);
        memcpy(copy, text, n);
        assert_int_equal(sl_json_validate(sl_span(copy, n), NULL), SLUICE_E_INVALID);
        free(copy);
    }
    assert_int_equal(check(text), SLUICE_OK);
}

static void nesting_is_limited(void **state)
{
    char text[2 * SL_JSON_DEPTH + 4];
    struct sl_json_error err;

    (void)state;
    memset(text, '[', SL_JSON_DEPTH);
    memset(text + SL_JSON_DEPTH, ']', SL_JSON_DEPTH);
    assert_int_equal(sl_json_validate(sl_span(text, 2 * SL_JSON_DEPTH), &err), SLUICE_OK);
    memset(text, '[', SL_JSON_DEPTH + 1);
    memset(text + SL_JSON_DEPTH + 1, ']', SL_JSON_DEPTH + 1);
    assert_int_equal(sl_json_validate(sl_span(text, 2 * SL_JSON_DEPTH + 2), &err),
                     SLUICE_E_INVALID);
    assert_string_equal(err.what, "nested too deep");
    assert_int_equal(err.offset, SL_JSON_DEPTH);
}

static void arrays_and_objects_close_in_order_at_any_depth(void **state)
{
    char text[4 * SL_JSON_DEPTH + 10];
    size_t n = 0;

    (void)state;
    for (int i = 0; i < SL_JSON_DEPTH / 2; i++) {
        memcpy(text + n, "[{\"\":", 5);
        n += 5;
    }
    text[n++] = '0';
    for (int i = 0; i < SL_JSON_DEPTH / 2; i++) {
        text[n++] = '}';
        text[n++] = ']';
    }
    assert_int_equal(sl_json_validate(sl_span(text, n), NULL), SLUICE_OK);
    text[n - 60] = (char)(text[n - 60] ^ ('}' ^ ']'));
    assert_int_equal(sl_json_validate(sl_span(text, n), NULL), SLUICE_E_INVALID);
}

static void faults_carry_line_and_column(void **state)
{
    struct sl_json_error err;

    (void)state;
    assert_int_equal(sl_json_validate(SL_SPAN("{\n  \"a\": 1,\n  \"b\" 2\n}"), &err),
                     SLUICE_E_INVALID);
    assert_string_equal(err.what, "expected a colon");
    assert_int_equal(err.line, 3);
    assert_int_equal(err.column, 7);
    assert_int_equal(err.offset, 18);
}

static void members_come_in_order_and_raw(void **state)
{
    static const char text[] = " { \"model\" : \"m\" ,\"n\":{\"x\":[1,{\"model\":2}]},\"s\":-1.50,"
                               "\"\":true,\"e\\u00e9\":null } ";
    static const char *const names[] = { "model", "n", "s", "", "e\xc3\xa9" };
    static const char *const values[] = { "\"m\"", "{\"x\":[1,{\"model\":2}]}", "-1.50", "true",
                                          "null" };
    struct sluice_arena a;
    sluice_header *m;
    size_t n;

    (void)state;
    sl_arena_init(&a, BIG);
    assert_int_equal(sl_json_members(sl_span_str(text), &a, &m, &n, NULL), SLUICE_OK);
    assert_int_equal(n, 5);
    for (size_t i = 0; i < n; i++) {
        assert_true(sl_span_eq(m[i].name, sl_span_str(names[i])));
        assert_true(sl_span_eq(m[i].value, sl_span_str(values[i])));
    }
    assert_in_range((uintptr_t)m[0].name.ptr, (uintptr_t)text, (uintptr_t)text + sizeof text);
    sl_arena_finish(&a);
}

static void members_wants_an_object(void **state)
{
    static const char *const texts[] = { "", " ", "[]", "1", "\"{}\"", "null", "{} {}", "{\"a\"}" };
    struct sluice_arena a;
    sluice_header *m;
    size_t n;

    (void)state;
    sl_arena_init(&a, BIG);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_int_equal(sl_json_members(sl_span_str(texts[i]), &a, &m, &n, NULL),
                         SLUICE_E_INVALID);
    assert_int_equal(sl_json_members(SL_SPAN(" {\n} "), &a, &m, &n, NULL), SLUICE_OK);
    assert_int_equal(n, 0);
    sl_arena_finish(&a);
}

static void a_name_that_appears_twice_is_refused_however_it_is_spelt(void **state)
{
    struct sl_json_error err;
    struct sluice_arena a;
    sluice_header *m;
    size_t n;

    (void)state;
    sl_arena_init(&a, BIG);
    assert_int_equal(sl_json_members(SL_SPAN("{\"a\":1,\"b\":2,\"a\":3}"), &a, &m, &n, &err),
                     SLUICE_E_INVALID);
    assert_string_equal(err.what, "a name appears twice");
    assert_int_equal(err.offset, 17);
    assert_int_equal(sl_json_members(SL_SPAN("{\"a\":1,\"\\u0061\":3}"), &a, &m, &n, NULL),
                     SLUICE_E_INVALID);
    assert_int_equal(sl_json_members(SL_SPAN("{\"a\":{\"b\":1,\"b\":2}}"), &a, &m, &n, NULL),
                     SLUICE_OK);
    sl_arena_finish(&a);
}

/* {"k0":0,...} with count members, the last named like number `same`. */
static sluice_span many(char *text, size_t count, size_t same)
{
    size_t len = 0;

    text[len++] = '{';
    for (size_t i = 0; i < count; i++)
        len += (size_t)snprintf(text + len, 16, i ? ",\"k%zu\":0" : "\"k%zu\":0",
                                i + 1 == count ? same : i);
    text[len++] = '}';
    return sl_span(text, len);
}

static void twice_is_found_among_any_number_of_members(void **state)
{
    static const size_t counts[] = { 2, 3, 15, 16, 17, 18, 31, 32, 33, 64, 65, 1000, 20000 };
    char *text = malloc(20000 * 16);
    struct sluice_arena a;
    sluice_header *m;
    size_t n;

    (void)state;
    assert_non_null(text);
    sl_arena_init(&a, BIG);
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        size_t c = counts[i];

        assert_int_equal(sl_json_members(many(text, c, c - 1), &a, &m, &n, NULL), SLUICE_OK);
        assert_int_equal(n, c);
        assert_int_equal(sl_json_members(many(text, c, 0), &a, &m, &n, NULL), SLUICE_E_INVALID);
        assert_int_equal(sl_json_members(many(text, c, c - 2), &a, &m, &n, NULL), SLUICE_E_INVALID);
        sl_arena_reset(&a);
    }
    sl_arena_finish(&a);
    free(text);
}

static void members_reports_each_failing_allocation(void **state)
{
    char text[4000];
    sluice_span object = many(text, 100, 99);
    uint64_t fault;

    (void)state;
    for (fault = 1;; fault++) {
        struct sluice_arena a;
        sluice_header *m = NULL;
        sluice_status st;
        size_t n;

        sl_arena_init(&a, BIG);
        sl_fault_after(fault);
        st = sl_json_members(object, &a, &m, &n, NULL);
        if (sl_fault_after(0) < fault) {
            assert_int_equal(st, SLUICE_OK);
            sl_arena_finish(&a);
            break;
        }
        assert_int_equal(st, SLUICE_E_NOMEM);
        sl_arena_finish(&a);
    }
    assert_true(fault > 3);
}

static void a_decoded_name_without_memory_is_reported(void **state)
{
    struct sluice_arena a;
    sluice_header *m;
    size_t n;

    (void)state;
    sl_arena_init(&a, 1);
    assert_int_equal(sl_json_members(SL_SPAN("{\"\\n\\n\":1}"), &a, &m, &n, NULL), SLUICE_E_NOMEM);
    sl_arena_finish(&a);
}

static void long_strings_are_told_in_order_wherever_they_stand(void **state)
{
    struct sluice_arena a;
    struct sl_json_longs longs;
    sluice_header *m;
    size_t n, len = 0;
    char *text = malloc(200 * (SL_JSON_LONG + 20));

    (void)state;
    assert_non_null(text);
    sl_arena_init(&a, 1 << 20);
    len += (size_t)snprintf(text + len, SL_JSON_LONG + 20, "{\"a\":[\"short\"");
    for (size_t i = 0; i < 100; i++) {
        len += (size_t)snprintf(text + len, SL_JSON_LONG + 20, ",\"%0*zu\"", SL_JSON_LONG - 1, i);
        len +=
            (size_t)snprintf(text + len, SL_JSON_LONG + 20, ",{\"x\":\"%0*zu\"}", SL_JSON_LONG, i);
    }
    len += (size_t)snprintf(text + len, SL_JSON_LONG + 20, "],\"%0*d\":1}", SL_JSON_LONG, 7);
    assert_int_equal(sl_json_members_longs(sl_span(text, len), &a, &m, &n, &longs, NULL),
                     SLUICE_OK);
    assert_int_equal(n, 2);
    assert_int_equal(longs.n, 100);
    for (size_t i = 0; i < longs.n; i++) {
        const char *begin = longs.list[i].ptr;

        assert_int_equal(longs.list[i].len, SL_JSON_LONG);
        assert_int_equal(strtoul(begin, NULL, 10), i);
        assert_ptr_equal(sl_json_longs_end(&longs, begin), begin + SL_JSON_LONG);
        assert_null(sl_json_longs_end(&longs, begin + 1));
        assert_null(sl_json_longs_end(&longs, begin - 1));
    }
    sl_arena_finish(&a);
    free(text);
}

static void without_memory_for_them_long_strings_are_not_told(void **state)
{
    struct sluice_arena a;
    struct sl_json_longs longs;
    sluice_header *m;
    size_t n;
    char text[SL_JSON_LONG + 16];

    (void)state;
    snprintf(text, sizeof text, "{\"a\":\"%0*d\"}", SL_JSON_LONG, 7);
    sl_arena_init(&a, 64);
    sl_fault_after(1);
    assert_int_equal(sl_json_members_longs(sl_span_str(text), &a, &m, &n, &longs, NULL), SLUICE_OK);
    sl_fault_after(0);
    assert_int_equal(longs.n, 0);
    sl_arena_finish(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(valid_texts_are_accepted),
        cmocka_unit_test(malformed_texts_are_refused),
        cmocka_unit_test(every_cut_of_a_text_is_refused),
        cmocka_unit_test(nesting_is_limited),
        cmocka_unit_test(arrays_and_objects_close_in_order_at_any_depth),
        cmocka_unit_test(faults_carry_line_and_column),
        cmocka_unit_test(members_come_in_order_and_raw),
        cmocka_unit_test(members_wants_an_object),
        cmocka_unit_test(a_name_that_appears_twice_is_refused_however_it_is_spelt),
        cmocka_unit_test(twice_is_found_among_any_number_of_members),
        cmocka_unit_test(members_reports_each_failing_allocation),
        cmocka_unit_test(a_decoded_name_without_memory_is_reported),
        cmocka_unit_test(long_strings_are_told_in_order_wherever_they_stand),
        cmocka_unit_test(without_memory_for_them_long_strings_are_not_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
