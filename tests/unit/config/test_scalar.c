/* SPDX-License-Identifier: Apache-2.0 */
/* YAML 1.1 words as PyYAML's safe loader reads them, and exact decimals. */
#include "kit.h"
#include "config/scalar.h"

struct word {
    const char *yaml;
    enum sl_node_kind kind;
    const char *text;
};

static void check_words(const struct word *w, size_t n)
{
    struct sluice_arena a;

    sl_arena_init(&a, 1 << 20);
    for (size_t i = 0; i < n; i++) {
        enum sl_node_kind kind;
        sluice_span text;

        assert_int_equal(sl_scalar_resolve(sl_span_str(w[i].yaml), &a, &kind, &text), SLUICE_OK);
        if (kind != w[i].kind || !sl_span_eq(text, sl_span_str(w[i].text)))
            fail_msg("%s: kind %d, '%.*s'", w[i].yaml, (int)kind, SL_FMT(text));
    }
    sl_arena_finish(&a);
}
#define CHECK_WORDS(words) check_words(words, sizeof(words) / sizeof *(words))

static void words_of_yaml_1_1_are_booleans(void **state)
{
    static const struct word words[] = {
        { "yes", SL_NODE_BOOL, "true" },  { "On", SL_NODE_BOOL, "true" },
        { "TRUE", SL_NODE_BOOL, "true" }, { "no", SL_NODE_BOOL, "false" },
        { "OFF", SL_NODE_BOOL, "false" }, { "False", SL_NODE_BOOL, "false" },
        { "y", SL_NODE_STRING, "y" },     { "tRue", SL_NODE_STRING, "tRue" },
        { "~", SL_NODE_NULL, "null" },    { "", SL_NODE_NULL, "null" },
        { "NULL", SL_NODE_NULL, "null" }, { "nUll", SL_NODE_STRING, "nUll" },
    };

    (void)state;
    CHECK_WORDS(words);
}

static void integers_have_five_spellings(void **state)
{
    static const struct word words[] = {
        { "0", SL_NODE_INT, "0" },
        { "-12", SL_NODE_INT, "-12" },
        { "+1_000", SL_NODE_INT, "1000" },
        { "010", SL_NODE_INT, "8" },
        { "08", SL_NODE_STRING, "08" },
        { "0o10", SL_NODE_STRING, "0o10" },
        { "-0x1F", SL_NODE_INT, "-31" },
        { "0b1_01", SL_NODE_INT, "5" },
        { "1:30", SL_NODE_INT, "90" },
        { "-190:20:30", SL_NODE_INT, "-685230" },
        { "1:60", SL_NODE_STRING, "1:60" },
        { "123456789012345678901234567890", SL_NODE_INT, "123456789012345678901234567890" },
    };

    (void)state;
    CHECK_WORDS(words);
}

static void floats_need_a_dot_and_a_signed_exponent(void **state)
{
    static const struct word words[] = {
        { "1.5e-07", SL_NODE_FLOAT, "1.5e-07" }, { "1e-7", SL_NODE_STRING, "1e-7" },
        { "1.0e5", SL_NODE_STRING, "1.0e5" },    { "5.", SL_NODE_FLOAT, "5.0" },
        { ".5", SL_NODE_FLOAT, "0.5" },          { "-.5", SL_NODE_STRING, "-.5" },
        { "007.5", SL_NODE_FLOAT, "7.5" },       { "+1_0.2_5", SL_NODE_FLOAT, "10.25" },
        { "1.e+5", SL_NODE_FLOAT, "1.0e+5" },    { "190:20:30.15", SL_NODE_FLOAT, "685230.15" },
        { "1.2.3", SL_NODE_STRING, "1.2.3" },    { ".", SL_NODE_STRING, "." },
    };

    (void)state;
    CHECK_WORDS(words);
}

static void numbers_beyond_json_are_refused(void **state)
{
    static const char *const words[] = { ".inf", "-.Inf", ".NaN", "0xfffffffffffffffff" };
    struct sluice_arena a;
    enum sl_node_kind kind;
    sluice_span text;

    (void)state;
    sl_arena_init(&a, 1 << 20);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(sl_scalar_resolve(sl_span_str(words[i]), &a, &kind, &text),
                         SLUICE_E_INVALID);
    sl_arena_finish(&a);
}

static void json_words_follow_json(void **state)
{
    (void)state;
    assert_int_equal(sl_scalar_json(SL_SPAN("true")), SL_NODE_BOOL);
    assert_int_equal(sl_scalar_json(SL_SPAN("null")), SL_NODE_NULL);
    assert_int_equal(sl_scalar_json(SL_SPAN("1e-7")), SL_NODE_FLOAT);
    assert_int_equal(sl_scalar_json(SL_SPAN("-17")), SL_NODE_INT);
}

static void decimals_scale_without_floating_point(void **state)
{
    static const struct {
        const char *text;
        int power;
        enum sl_decimal how;
        int64_t n;
    } cases[] = {
        { "1.5e-07", 12, SL_DECIMAL_EXACT, 150000 },
        { "1.5E-7", 12, SL_DECIMAL_EXACT, 150000 },
        { "0.00000015", 12, SL_DECIMAL_EXACT, 150000 },
        { "3e-06", 12, SL_DECIMAL_EXACT, 3000000 },
        { "0.1", 12, SL_DECIMAL_EXACT, 100000000000 },
        { "1.25e-13", 12, SL_DECIMAL_ROUNDED, 0 },
        { "5e-13", 12, SL_DECIMAL_ROUNDED, 1 },
        { "0.0015", 3, SL_DECIMAL_ROUNDED, 2 },
        { "-0.0015", 3, SL_DECIMAL_ROUNDED, -2 },
        { "600", 3, SL_DECIMAL_EXACT, 600000 },
        { "0.03", 3, SL_DECIMAL_EXACT, 30 },
        { "+2", 6, SL_DECIMAL_EXACT, 2000000 },
        { "1.0", 0, SL_DECIMAL_EXACT, 1 },
        { "1.5", 0, SL_DECIMAL_ROUNDED, 2 },
        { "0e999999999999", 12, SL_DECIMAL_EXACT, 0 },
        { "1e-999999999999", 12, SL_DECIMAL_ROUNDED, 0 },
        { "9223372036854775807", 0, SL_DECIMAL_EXACT, INT64_MAX },
        { "9223372036854775808", 0, SL_DECIMAL_RANGE, 0 },
        { "1e30", 0, SL_DECIMAL_RANGE, 0 },
        { "", 0, SL_DECIMAL_BAD, 0 },
        { "-", 0, SL_DECIMAL_BAD, 0 },
        { ".", 0, SL_DECIMAL_BAD, 0 },
        { "1e", 0, SL_DECIMAL_BAD, 0 },
        { "1e+", 0, SL_DECIMAL_BAD, 0 },
        { "1..2", 0, SL_DECIMAL_BAD, 0 },
        { "1 ", 0, SL_DECIMAL_BAD, 0 },
        { "0x10", 0, SL_DECIMAL_BAD, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t n = 0;
        enum sl_decimal how = sl_decimal_scale(sl_span_str(cases[i].text), cases[i].power, &n);

        if (how != cases[i].how || n != cases[i].n)
            fail_msg("%s: %d, %lld", cases[i].text, (int)how, (long long)n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_of_yaml_1_1_are_booleans),
        cmocka_unit_test(integers_have_five_spellings),
        cmocka_unit_test(floats_need_a_dot_and_a_signed_exponent),
        cmocka_unit_test(numbers_beyond_json_are_refused),
        cmocka_unit_test(json_words_follow_json),
        cmocka_unit_test(decimals_scale_without_floating_point),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
