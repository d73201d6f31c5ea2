/* SPDX-License-Identifier: Apache-2.0 */
/* test_json_tree.c - the tree of spans. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "format/json_tree.h"

#include <stdlib.h>

#define BIG (1 << 24)

static struct sluice_arena arena;

static struct sl_json *parse(const char *text)
{
    struct sl_json *j = NULL;

    sl_arena_reset(&arena);
    return sl_json_parse(sl_span_str(text), &arena, &j, NULL) == SLUICE_OK ? j : NULL;
}

static int setup(void **state)
{
    (void)state;
    sl_arena_init(&arena, BIG);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    sl_arena_finish(&arena);
    return 0;
}

static void nodes_carry_type_name_and_raw_text(void **state)
{
    const struct sl_json *j = parse(" { \"a\" : [ 1.50 , \"x\\n\" , { } ] , \"\\u0062\" : null } ");

    (void)state;
    assert_non_null(j);
    assert_int_equal(j->type, SL_JSON_OBJECT);
    assert_int_equal(j->n, 2);
    assert_true(
        sl_span_eq(j->raw, SL_SPAN("{ \"a\" : [ 1.50 , \"x\\n\" , { } ] , \"\\u0062\" : null }")));
    assert_true(sl_span_eq(j->child[0].name, SL_SPAN("a")));
    assert_true(sl_span_eq(j->child[1].name, SL_SPAN("b")));
    assert_ptr_equal(j->child->next, &j->child[1]);
    assert_null(j->child[1].next);
    assert_true(sl_span_eq(j->child[0].raw, SL_SPAN("[ 1.50 , \"x\\n\" , { } ]")));
    assert_true(sl_span_eq(sl_json_at(j, "a.0")->raw, SL_SPAN("1.50")));
    assert_int_equal(sl_json_at(j, "a.2")->n, 0);
    assert_int_equal(sl_json_at(j, "b")->type, SL_JSON_NULL);
}

static void get_at_and_opt_tell_absent_from_null(void **state)
{
    const struct sl_json *j = parse("{\"a\":null,\"b\":{\"c\":[0,{\"d\":true}]}}");

    (void)state;
    assert_non_null(sl_json_get(j, "a"));
    assert_null(sl_json_opt(j, "a"));
    assert_null(sl_json_get(j, "x"));
    assert_null(sl_json_opt(j, "x"));
    assert_null(sl_json_get(NULL, "x"));
    assert_int_equal(sl_json_at(j, "b.c.1.d")->type, SL_JSON_TRUE);
    assert_null(sl_json_at(j, "b.c.2"));
    assert_null(sl_json_at(j, "b.c.x"));
    assert_null(sl_json_at(j, "b.c.1.d.e"));
    assert_null(sl_json_at(parse("[]"), "0"));
    assert_null(sl_json_at(NULL, "a"));
}

static void text_is_decoded_and_inside_is_not(void **state)
{
    const struct sl_json *j = parse("[\"a\\u00e9\",\"plain\",7]");

    (void)state;
    assert_true(sl_span_eq(sl_json_text(&j->child[0], &arena), SL_SPAN("a\xc3\xa9")));
    assert_true(sl_span_eq(sl_json_inside(&j->child[0]), SL_SPAN("a\\u00e9")));
    assert_true(sl_span_eq(sl_json_text(&j->child[1], &arena), SL_SPAN("plain")));
    assert_int_equal(sl_json_text(&j->child[2], &arena).len, 0);
    assert_int_equal(sl_json_inside(&j->child[2]).len, 0);
    assert_int_equal(sl_json_text(NULL, &arena).len, 0);
    assert_int_equal(sl_json_inside(NULL).len, 0);
}

static void int_and_is_read_scalars(void **state)
{
    const struct sl_json *j = parse("[42,1.5,\"42\",\"us\\u0065r\"]");

    (void)state;
    assert_int_equal(sl_json_int(&j->child[0], -1), 42);
    assert_int_equal(sl_json_int(&j->child[1], -1), -1);
    assert_int_equal(sl_json_int(&j->child[2], -1), -1);
    assert_int_equal(sl_json_int(NULL, -1), -1);
    assert_true(sl_json_is(&j->child[3], "user"));
    assert_false(sl_json_is(&j->child[3], "use"));
    assert_false(sl_json_is(&j->child[3], "users"));
    assert_false(sl_json_is(&j->child[0], "42"));
    assert_false(sl_json_is(NULL, "x"));
}

static void scalars_are_trees_too(void **state)
{
    (void)state;
    assert_int_equal(parse(" -1 ")->type, SL_JSON_NUMBER);
    assert_int_equal(parse("\"\"")->type, SL_JSON_STRING);
}

static void what_validation_refuses_is_refused(void **state)
{
    static const char *const texts[] = { "",          " ",          "[",     "[1,",
                                         "[1,]",      "{\"a\":1,}", "{a:1}", "nul",
                                         "01",        "\"\\x\"",    "1 1",   "[1}",
                                         "{\"a\" 1}", "{\"a\":}",   "-",     "\"",
                                         "{\"a\":1",  "{\"a\"",     "]",     "{1:2}" };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_null(parse(texts[i]));
}

static void twice_is_refused_at_every_depth(void **state)
{
    struct sl_json_error err;
    struct sl_json *j;

    (void)state;
    assert_null(parse("{\"a\":1,\"a\":1}"));
    assert_null(parse("[{\"x\":{\"a\":1,\"\\u0061\":1}}]"));
    assert_non_null(parse("{\"a\":{\"a\":1}}"));
    assert_int_equal(sl_json_parse(SL_SPAN("[{\"a\":1,\"a\":2}]"), &arena, &j, &err),
                     SLUICE_E_INVALID);
    assert_string_equal(err.what, "a name appears twice");
    assert_int_equal(err.offset, 12);
}

static void nesting_is_limited(void **state)
{
    char text[2 * SL_JSON_DEPTH + 3] = "";

    (void)state;
    memset(text, '[', SL_JSON_DEPTH);
    memset(text + SL_JSON_DEPTH, ']', SL_JSON_DEPTH);
    assert_non_null(parse(text));
    memset(text, '[', SL_JSON_DEPTH + 1);
    memset(text + SL_JSON_DEPTH + 1, ']', SL_JSON_DEPTH + 1);
    assert_null(parse(text));
}

static void children_stay_in_order_when_there_are_many(void **state)
{
    char *text = malloc(20000);
    const struct sl_json *j;
    size_t len = 0;
    int64_t i = 0;

    (void)state;
    assert_non_null(text);
    text[len++] = '[';
    for (int k = 0; k < 2000; k++) {
        char number[8] = { ',',
                           '[',
                           (char)('0' + k / 1000),
                           (char)('0' + k / 100 % 10),
                           (char)('0' + k / 10 % 10),
                           (char)('0' + k % 10),
                           ']',
                           0 };

        /* Numbers must not start with a zero. */
        number[2] = (char)(number[2] + 1);
        memcpy(text + len, number + (k == 0), strlen(number + (k == 0)));
        len += strlen(number + (k == 0));
    }
    text[len++] = ']';
    text[len] = '\0';
    j = parse(text);
    assert_non_null(j);
    assert_int_equal(j->n, 2000);
    sl_json_each(c, j) assert_int_equal(sl_json_int(c->child, -1), 1000 + i++);
    assert_int_equal(i, 2000);
    free(text);
}

static void each_failing_allocation_is_reported(void **state)
{
    static const char text[] =
        "{\"a\":[[1],[2],{\"\\u0062\":{}}],\"l\":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,"
        "16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,33,34,35]}";
    uint64_t fault;

    (void)state;
    for (fault = 1;; fault++) {
        struct sl_json *j;
        sluice_status st;

        sl_arena_reset(&arena);
        sl_fault_after(fault);
        st = sl_json_parse(sl_span_str(text), &arena, &j, NULL);
        if (sl_fault_after(0) < fault) {
            assert_int_equal(st, SLUICE_OK);
            break;
        }
        assert_int_equal(st, SLUICE_E_NOMEM);
    }
    assert_true(fault > 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nodes_carry_type_name_and_raw_text),
        cmocka_unit_test(get_at_and_opt_tell_absent_from_null),
        cmocka_unit_test(text_is_decoded_and_inside_is_not),
        cmocka_unit_test(int_and_is_read_scalars),
        cmocka_unit_test(scalars_are_trees_too),
        cmocka_unit_test(what_validation_refuses_is_refused),
        cmocka_unit_test(twice_is_refused_at_every_depth),
        cmocka_unit_test(nesting_is_limited),
        cmocka_unit_test(children_stay_in_order_when_there_are_many),
        cmocka_unit_test(each_failing_allocation_is_reported),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
