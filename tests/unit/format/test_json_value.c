/* SPDX-License-Identifier: Apache-2.0 */
/* test_json_value.c - lookup, walking and typed reading of values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/buf.h"
#include "format/json_scan.h"

static void find_follows_names_and_indices(void **state)
{
    const sluice_span o = SL_SPAN(" {\"skip\":\"}]\\\"\\\\\",\"a\":{\"b\":[0,[1],{\"c\":\"x\"}],"
                                  "\"b\":9},\"u\\u0073age\":{\"n\" : 5 },"
                                  "\"\\ud83d\\ude00\":7,\"nul\":null}");

    (void)state;
    assert_true(sl_span_eq(sl_json_find(o, "a.b.2.c"), SL_SPAN("\"x\"")));
    assert_true(sl_span_eq(sl_json_find(o, "a.b.1.0"), SL_SPAN("1")));
    assert_true(sl_span_eq(sl_json_find(o, "usage.n"), SL_SPAN("5")));
    assert_true(sl_span_eq(sl_json_find(o, "\xf0\x9f\x98\x80"), SL_SPAN("7")));
    assert_true(sl_span_eq(sl_json_find(o, "nul"), SL_SPAN("null")));
    assert_null(sl_json_find(o, "a.b.3").ptr);
    assert_null(sl_json_find(o, "a.b.x").ptr);
    assert_null(sl_json_find(o, "a.x").ptr);
    assert_null(sl_json_find(o, "a.b.0.x").ptr);
    assert_null(sl_json_find(o, "usag").ptr);
    assert_null(sl_json_find(o, "usages").ptr);
    assert_null(sl_json_find(o, "").ptr);
    assert_null(sl_json_find(SL_SPAN("[]"), "0").ptr);
    assert_null(sl_json_find(sl_span(NULL, 0), "a").ptr);
    assert_true(sl_span_eq(sl_json_member(SL_SPAN("{\"a.b\":1}"), SL_SPAN("a.b")), SL_SPAN("1")));
}

static void walk(sluice_span container, const char *want)
{
    struct sl_json_iter it = { 0 };
    sluice_span name, value;
    struct sl_buf seen;

    sl_buf_init(&seen, 1000);
    while (sl_json_next(&it, container, &name, &value))
        sl_buf_printf(&seen, "%.*s=%.*s;", SL_FMT(name), SL_FMT(value));
    assert_false(sl_json_next(&it, container, &name, &value));
    assert_true(sl_span_eq(sl_buf_span(&seen), sl_span_str(want)));
    sl_buf_finish(&seen);
}

static void next_walks_arrays_and_objects(void **state)
{
    (void)state;
    walk(SL_SPAN("[ 1 , \"a,b\" ,[2,3],{ \"x\":4} , true ]"),
         "=1;=\"a,b\";=[2,3];={ \"x\":4};=true;");
    walk(SL_SPAN("{\"a\":1,\n\"\\\"b\" : {} }"), "a=1;\\\"b={};");
    walk(SL_SPAN("[]"), "");
    walk(SL_SPAN("{ }"), "");
    walk(SL_SPAN("\"text\""), "");
    walk(SL_SPAN(""), "");
}

static void i64_takes_integers_in_any_spelling(void **state)
{
    static const struct {
        const char *text;
        int64_t n;
    } good[] = {
        { "0", 0 },
        { "-0", 0 },
        { "0.000", 0 },
        { "0e99999999999999999999", 0 },
        { "7", 7 },
        { "-7", -7 },
        { "1e3", 1000 },
        { "1.0", 1 },
        { "1.50e1", 15 },
        { "120000e-4", 12 },
        { "0.001e3", 1 },
        { "9223372036854775807", INT64_MAX },
        { "-9223372036854775808", INT64_MIN },
        { "922337203685477580.7e1", INT64_MAX },
        { "100.00e0", 100 },
        { "1000000000000000000000e-21", 1 },
    };
    static const char *const bad[] = { "1.5",
                                       "1e-1",
                                       "9223372036854775808",
                                       "-9223372036854775809",
                                       "1e19",
                                       "1e99999999999999999999",
                                       "1e-99999999999999999999",
                                       "\"1\"",
                                       "true",
                                       "",
                                       "01",
                                       "1 ",
                                       "0.1",
                                       "12345678901234567890.5" };
    int64_t n = 99;

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(sl_json_i64(sl_span_str(good[i].text), &n));
        assert_true(n == good[i].n);
    }
    n = 99;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(sl_json_i64(sl_span_str(bad[i]), &n));
    assert_int_equal(n, 99);
}

static void f64_reads_numbers_only(void **state)
{
    double d = 0;

    (void)state;
    assert_true(sl_json_f64(SL_SPAN("-1.25e2"), &d));
    assert_true(d == -125.0);
    assert_true(sl_json_f64(SL_SPAN("0.7"), &d));
    assert_true(d == 0.7);
    assert_true(sl_json_f64(SL_SPAN("1e-999"), &d));
    assert_true(d == 0.0);
    assert_false(sl_json_f64(SL_SPAN("1e999"), &d));
    assert_false(sl_json_f64(SL_SPAN("nan"), &d));
    assert_false(sl_json_f64(SL_SPAN("1,5"), &d));
    assert_false(sl_json_f64(SL_SPAN(""), &d));
    assert_false(sl_json_f64(SL_SPAN("\"1\""), &d));
}

static void strings_are_decoded(void **state)
{
    struct sluice_arena a;
    sluice_span s;

    (void)state;
    sl_arena_init(&a, 1000);
    assert_true(sl_json_string(SL_SPAN("\"plain\""), &a, &s));
    assert_true(sl_span_eq(s, SL_SPAN("plain")));
    assert_int_equal(sl_arena_used(&a), 0);
    assert_true(sl_json_string(
        SL_SPAN("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\u20ac\\ud83d\\uDE00.\""), &a, &s));
    assert_true(sl_span_eq(s, SL_SPAN("\"\\/\b\f\n\r\tA\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80.")));
    assert_true(sl_json_string(SL_SPAN("\"\\u0000\""), &a, &s));
    assert_true(sl_span_eq(s, sl_span("\0", 1)));
    assert_false(sl_json_string(SL_SPAN("1"), &a, &s));
    assert_false(sl_json_string(SL_SPAN("\""), &a, &s));
    sl_arena_finish(&a);
}

static void lone_surrogates_become_the_replacement(void **state)
{
    static const char *const in[] = { "\\ud800",    "\\udc00",        "\\ud800x",
                                      "\\ud800\\n", "\\ud800\\u0041", "\\ud800\\ud83d\\ude00" };
    static const char *const want[] = { "\xef\xbf\xbd",     "\xef\xbf\xbd",
                                        "\xef\xbf\xbdx",    "\xef\xbf\xbd\n",
                                        "\xef\xbf\xbd\x41", "\xef\xbf\xbd\xf0\x9f\x98\x80" };
    char out[64];

    (void)state;
    for (size_t i = 0; i < sizeof in / sizeof in[0]; i++) {
        size_t n = sl_json_unescape(sl_span_str(in[i]), out);

        assert_true(sl_span_eq(sl_span(out, n), sl_span_str(want[i])));
    }
}

static void malformed_escapes_never_outgrow_the_text(void **state)
{
    char out[8];

    (void)state;
    assert_int_equal(sl_json_unescape(SL_SPAN("\\u\\u\\u12"), out), 5);
    assert_memory_equal(out, "uuu12", 5);
    assert_int_equal(sl_json_unescape(SL_SPAN("a\\"), out), 1);
    assert_null(sl_json_find(SL_SPAN("{\"\\u\\u\\u\\uDC\\u\":1}"), "a").ptr);
}

static void types_are_told_by_the_first_byte(void **state)
{
    (void)state;
    assert_int_equal(sl_json_type(SL_SPAN("")), SL_JSON_NONE);
    assert_int_equal(sl_json_type(SL_SPAN("null")), SL_JSON_NULL);
    assert_int_equal(sl_json_type(SL_SPAN("false")), SL_JSON_FALSE);
    assert_int_equal(sl_json_type(SL_SPAN("true")), SL_JSON_TRUE);
    assert_int_equal(sl_json_type(SL_SPAN("-1")), SL_JSON_NUMBER);
    assert_int_equal(sl_json_type(SL_SPAN("\"\"")), SL_JSON_STRING);
    assert_int_equal(sl_json_type(SL_SPAN("[]")), SL_JSON_ARRAY);
    assert_int_equal(sl_json_type(SL_SPAN("{}")), SL_JSON_OBJECT);
    assert_true(sl_json_is_true(SL_SPAN("true")));
    assert_false(sl_json_is_true(SL_SPAN("\"true\"")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(find_follows_names_and_indices),
        cmocka_unit_test(next_walks_arrays_and_objects),
        cmocka_unit_test(i64_takes_integers_in_any_spelling),
        cmocka_unit_test(f64_reads_numbers_only),
        cmocka_unit_test(strings_are_decoded),
        cmocka_unit_test(lone_surrogates_become_the_replacement),
        cmocka_unit_test(malformed_escapes_never_outgrow_the_text),
        cmocka_unit_test(types_are_told_by_the_first_byte),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
