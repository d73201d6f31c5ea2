/* SPDX-License-Identifier: Apache-2.0 */
/* Text to tree: anchors, merges, bounds, and what is said of text that cannot be read. */
#include "kit.h"

/* A value under extra_body comes out as JSON: the shortest way to see the tree. */
static void assert_value(const char *prefix, const char *value, const char *json)
{
    char text[4096];
    struct loaded l;

    snprintf(text, sizeof text,
             "%smodel_list:\n- model_name: m\n  litellm_params:\n    model: mock/m\n"
             "    extra_body:\n      x: %s\n",
             prefix, value);
    load_good(l, text);
    assert_int_equal(l.s->n_deployments, 1);
    assert_int_equal(l.s->deployments[0].n_extra_body, 1);
    assert_span(l.s->deployments[0].extra_body[0].value, json);
    kit_unload(&l);
}

static void values_keep_their_type(void **state)
{
    (void)state;
    assert_value("", "[1, 1.50, yes, ~, \"1\", '2', abc, 0x10]",
                 "[1,1.50,true,null,\"1\",\"2\",\"abc\",16]");
    assert_value("", "{a: {b: [c, {d: e}]}, 1: one}",
                 "{\"a\":{\"b\":[\"c\",{\"d\":\"e\"}]},\"1\":\"one\"}");
    assert_value("", "123456789012345678901234567890", "123456789012345678901234567890");
    assert_value("", "2024-10-21", "\"2024-10-21\"");
}

static void tags_choose_the_type(void **state)
{
    (void)state;
    assert_value("", "!!str 12", "\"12\"");
    assert_value("", "! 12", "\"12\"");
    assert_value("", "!!int \"12\"", "12");
    assert_value("", "!!float 12", "12");
    assert_value("", "!!seq [1]", "[1]");
}

static void anchors_are_used_again(void **state)
{
    (void)state;
    assert_value("environment_variables: {A: &a sluice}\n", "[&b {c: 1}, *b, &t no, *t, *a]",
                 "[{\"c\":1},{\"c\":1},false,false,\"secret:0\"]");
}

static void merged_keys_give_way(void **state)
{
    (void)state;
    assert_value("", "[&a {k: 1, l: 2}, {<<: *a, l: 3}]", "[{\"k\":1,\"l\":2},{\"k\":1,\"l\":3}]");
    assert_value("", "[&a {k: 1}, &b {k: 2, m: 3}, {<<: [*a, *b]}]",
                 "[{\"k\":1},{\"k\":2,\"m\":3},{\"k\":1,\"m\":3}]");
    assert_value("", "{'<<': 1}", "{\"<<\":1}");
}

static void json_is_read_as_json(void **state)
{
    struct loaded l;

    (void)state;
    load_good(l, "\n {\"model_list\":[{\"model_name\":\"m\",\"litellm_params\":"
                 "{\"model\":\"mock\\/m\",\n\t\"extra_body\":{\"x\":[1e-7,-2,true,null,"
                 "\"\\ud83d\\ude00\\\\ud83d\",\"yes\"]}}}]}");
    assert_span(l.s->deployments[0].model, "m");
    assert_span(l.s->deployments[0].extra_body[0].value,
                "[1e-7,-2,true,null,\"\xf0\x9f\x98\x80\\\\ud83d\",\"yes\"]");
    kit_unload(&l);
}

static void a_byte_order_mark_is_skipped(void **state)
{
    struct loaded l;

    (void)state;
    load_good(l, "\xef\xbb\xbfmodel_list: []\n");
    kit_unload(&l);
}

/* What cannot be read, and the whole of what is said about it. */
static const struct {
    const char *yaml, *message;
} malformed[] = {
    { "  \n# only a comment\n", "<text>:3:1: the configuration is empty" },
    { "~", "<text>:1:1: the configuration is empty" },
    { "- a\n- b\n", "<text>:1:1: a configuration is a map, not a list" },
    { "just text", "<text>:1:1: a configuration is a map, not a string" },
    { "model_list: []\n---\nmodel_list: []\n", "<text>:2:1: a second document; only one is read" },
    { "model_list:\n\t- a\n",
      "<text>:2:1: while scanning for the next token: found character that cannot start any token; "
      "YAML does not indent by tabs: use spaces" },
    { "model_list:\n- model_name: *\n", "<text>:2:16: while scanning an alias: did not find "
                                        "expected alphabetic or numeric character; "
                                        "a value that begins with * must be quoted: \"*\"" },
    { "model_list:\n- model_name: *x\n",
      "<text>:2:15: no anchor &x before this alias; a value that begins with * must be quoted" },
    { "a: &a [*a]\n", "<text>:1:8: alias *a is used inside of itself" },
    { "general_settings:\n  master_key: a\n  otel: no\n  master_key: b\n",
      "<text>:4:3: duplicate key 'master_key', first given at line 2, column 3" },
    { "a: 1\nb: {<<: 5}\n", "<text>:2:5: << takes a map or a list of maps" },
    { "a: {<<: {x: 1}, <<: {y: 1}}\n",
      "<text>:1:17: duplicate key '<<', first given at line 1, column 5" },
    { "a: {[1]: 2}\n", "<text>:1:5: a key must be text, not a list" },
    { "? {a: 1}\n: 2\n", "<text>:1:3: a key must be text, not a map" },
    { "a: [1, 2\nb: 3\n",
      "<text>:2:2: while parsing a flow sequence: did not find expected ',' or ']'" },
    { "a: \"x\n", "<text>:2:1: while scanning a quoted scalar: found unexpected end of stream" },
    { "a: b: c\n", "<text>:1:5: mapping values are not allowed in this context" },
    { "a: !!binary aGk=\n", "<text>:1:4: tag binary does not fit this value, or is not supported" },
    { "a: !mine x\n", "<text>:1:4: tag !mine does not fit this value, or is not supported" },
    { "a: !!int x\n", "<text>:1:4: tag int does not fit this value, or is not supported" },
    { "a: !!set {x}\n", "<text>:1:4: tag set is not supported" },
    { "a: .inf\n", "<text>:1:4: a number that JSON cannot carry; quote it if it is text" },
    { "a: b\nc: \xff\n", "<text>:2:4: invalid leading UTF-8 octet" },
    { "a: b\x01\n", "<text>:1:5: control characters are not allowed" },
};

static void unreadable_text_is_placed_and_explained(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++) {
        struct loaded l;

        kit_load(&l, malformed[i].yaml);
        assert_int_equal(l.status, SLUICE_E_INVALID);
        assert_null(l.s);
        assert_string_equal(l.err.message, malformed[i].message);
        assert_string_equal(l.err.code, "invalid_config");
        kit_unload(&l);
    }
}

static void nesting_is_bounded(void **state)
{
    (void)state;
    for (int depth = 10; depth <= 70; depth += 60) {
        struct loaded l;
        char text[400];

        snprintf(text, sizeof text, "prompts: %.*s", depth,
                 "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[");
        memset(text + 9 + depth, ']', (size_t)depth);
        text[9 + 2 * depth] = '\0';
        kit_load(&l, text);
        assert_int_equal(l.status, depth == 10 ? SLUICE_OK : SLUICE_E_INVALID);
        if (depth > 10)
            assert_non_null(strstr(l.err.message, "nested deeper than 64 levels"));
        kit_unload(&l);
    }
}

static void unfolding_aliases_are_bounded(void **state)
{
    struct sl_buf b;
    struct loaded l;

    (void)state;
    sl_buf_init(&b, 1 << 16);
    sl_buf_add_str(&b, "prompts:\n- &l0 [x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 9; i++)
        sl_buf_printf(&b, "- &l%d [*l%d, *l%d, *l%d, *l%d, *l%d, *l%d, *l%d, *l%d]\n", i, i - 1,
                      i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
    kit_load_from(&l, NULL, sl_buf_span(&b));
    assert_int_equal(l.status, SLUICE_E_INVALID);
    assert_non_null(strstr(l.err.message, "aliases unfold to more than 200000 values"));
    kit_unload(&l);
    sl_buf_finish(&b);
}

static void sizes_are_bounded(void **state)
{
    struct sl_buf b;
    struct loaded l;

    (void)state;
    sl_buf_init(&b, 16 << 20);
    sl_buf_add_str(&b, "prompts: [");
    for (int i = 0; i < 200001; i++)
        sl_buf_add_str(&b, "1,");
    sl_buf_add_str(&b, "]");
    kit_load_from(&l, NULL, sl_buf_span(&b));
    assert_non_null(strstr(l.err.message, "more than 200000 values in one file"));
    kit_unload(&l);
    sl_buf_reset(&b);
    sl_buf_add_str(&b, "environment_variables: {");
    for (int i = 0; i < 4097; i++)
        sl_buf_printf(&b, "a%d: b,", i);
    sl_buf_add_str(&b, "}");
    kit_load_from(&l, NULL, sl_buf_span(&b));
    assert_non_null(strstr(l.err.message, "more than 4096 keys in one map"));
    kit_unload(&l);
    sl_buf_reset(&b);
    while (b.len <= 8 << 20)
        sl_buf_add_str(&b, "# a comment of no great length\n");
    kit_load_from(&l, NULL, sl_buf_span(&b));
    assert_string_equal(l.err.message, "<text>:1:1: larger than 8388608 bytes");
    kit_unload(&l);
    sl_buf_finish(&b);
}

static void text_cut_at_every_byte_ends_in_settings_or_an_error(void **state)
{
    static const char text[] =
        "model_list:\n- model_name: \"a/*\"\n  litellm_params: &p {model: "
        "'mock/*', rpm: 1_0, extra_body: {<<: {a: b}, c: ~}}\n- model_name: b\n"
        "  litellm_params: *p\n";

    (void)state;
    for (size_t n = 0; n < sizeof text; n++) {
        struct loaded l;

        kit_load_from(&l, NULL, sl_span(text, n));
        assert_true((l.status == SLUICE_OK) == (l.s != NULL));
        if (l.status < 0) {
            assert_int_equal(l.status, SLUICE_E_INVALID);
            assert_int_equal(strncmp(l.err.message, "<text>:", 7), 0);
        }
        kit_unload(&l);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_keep_their_type),
        cmocka_unit_test(tags_choose_the_type),
        cmocka_unit_test(anchors_are_used_again),
        cmocka_unit_test(merged_keys_give_way),
        cmocka_unit_test(json_is_read_as_json),
        cmocka_unit_test(a_byte_order_mark_is_skipped),
        cmocka_unit_test(unreadable_text_is_placed_and_explained),
        cmocka_unit_test(nesting_is_bounded),
        cmocka_unit_test(unfolding_aliases_are_bounded),
        cmocka_unit_test(sizes_are_bounded),
        cmocka_unit_test(text_cut_at_every_byte_ends_in_settings_or_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
