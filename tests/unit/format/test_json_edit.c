/* SPDX-License-Identifier: Apache-2.0 */
/* test_json_edit.c - objects sent on with changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/buf.h"
#include "format/json_edit.h"

#define BIG (1 << 20)

static void check_parts(const sluice_span *parts, size_t n, const char *want, size_t want_n)
{
    struct sl_buf b;

    sl_buf_init(&b, BIG);
    for (size_t i = 0; i < n; i++)
        sl_buf_add(&b, parts[i]);
    if (!sl_span_eq(sl_buf_span(&b), sl_span_str(want)))
        print_error("got %.*s\nnot %s\n", SL_FMT(sl_buf_span(&b)), want);
    assert_true(sl_span_eq(sl_buf_span(&b), sl_span_str(want)));
    assert_int_equal(sl_json_validate(sl_buf_span(&b), NULL), SLUICE_OK);
    if (want_n)
        assert_int_equal(n, want_n);
    sl_buf_finish(&b);
}

/* Up to two edits; value NULL removes, name NULL ends the list. want_n 0 = do not care. */
static void edit(const char *object, const char *name, const char *value, const char *name2,
                 const char *value2, const char *want, size_t want_n)
{
    struct sl_json_edit edits[2] = { { sl_span_str(name), sl_span_str(value) },
                                     { sl_span_str(name2), sl_span_str(value2) } };
    struct sluice_arena a;
    sluice_span *parts;
    size_t n;

    sl_arena_init(&a, BIG);
    assert_int_equal(sl_json_edit(sl_span_str(object), edits,
                                  name2  ? 2
                                  : name ? 1
                                         : 0,
                                  &a, &parts, &n),
                     SLUICE_OK);
    check_parts(parts, n, want, want_n);
    sl_arena_finish(&a);
}

static void nothing_to_do_is_one_part(void **state)
{
    (void)state;
    edit(" {\"a\": 1.0 , \"b\":2 }\n", NULL, NULL, NULL, NULL, " {\"a\": 1.0 , \"b\":2 }\n", 1);
    edit(" { \"a\": 1.0 }", NULL, NULL, NULL, NULL, " { \"a\": 1.0 }", 1);
    edit("{}", "x", NULL, NULL, NULL, "{}", 1);
}

static void replacing_keeps_all_else_as_it_was(void **state)
{
    (void)state;
    edit("{\"model\" : \"a\",\"n\":1.0}", "model", "\"b\"", NULL, NULL,
         "{\"model\" : \"b\",\"n\":1.0}", 3);
    edit("{\"n\":1, \"model\":\"a\" }", "model", "\"b\"", NULL, NULL, "{\"n\":1, \"model\":\"b\" }",
         3);
    edit("{\"a\":1,\"b\":2,\"c\":3}", "a", "9", "c", "8", "{\"a\":9,\"b\":2,\"c\":8}", 5);
    edit("{\"mo\\u0064el\":1}", "model", "2", NULL, NULL, "{\"mo\\u0064el\":2}", 3);
}

static void removing_keeps_the_commas_right(void **state)
{
    (void)state;
    edit("{\"a\":1,\"b\":2,\"c\":3}", "a", NULL, NULL, NULL, "{\"b\":2,\"c\":3}", 2);
    edit("{\"a\":1,\"b\":2,\"c\":3}", "b", NULL, NULL, NULL, "{\"a\":1,\"c\":3}", 2);
    edit("{\"a\":1,\"b\":2,\"c\":3}", "c", NULL, NULL, NULL, "{\"a\":1,\"b\":2}", 2);
    edit("{\"a\":1}", "a", NULL, NULL, NULL, "{}", 2);
    edit("{\"a\":1,\"b\":2,\"c\":3}", "a", NULL, "b", NULL, "{\"c\":3}", 2);
    edit("{\"a\":1,\"b\":2,\"c\":3}", "b", NULL, "c", NULL, "{\"a\":1}", 2);
    edit("{\"a\":1,\"b\":2,\"c\":3}", "a", NULL, "c", NULL, "{\"b\":2}", 3);
    edit("{\"a\":1,\"b\":2}", "a", NULL, "b", NULL, "{}", 2);
}

static void adding_goes_to_the_end(void **state)
{
    (void)state;
    edit("{}", "a", "1", NULL, NULL, "{\"a\":1}", 0);
    edit("{ }", "a", "1", "b", "2", "{\"a\":1,\"b\":2 }", 0);
    edit("{\"x\":0}", "a", "1", NULL, NULL, "{\"x\":0,\"a\":1}", 0);
    edit("{\"x\":0}", "x", NULL, "a", "1", "{\"a\":1}", 0);
    edit("{\"x\":0 }", "q\"\n", "[]", NULL, NULL, "{\"x\":0,\"q\\\"\\n\":[] }", 0);
}

static void the_last_edit_of_a_name_counts(void **state)
{
    (void)state;
    edit("{\"a\":1}", "a", "2", "a", "3", "{\"a\":3}", 3);
    edit("{\"a\":1}", "a", "2", "a", NULL, "{}", 2);
    edit("{}", "a", "2", "a", "3", "{\"a\":3}", 0);
    edit("{}", "a", "2", "a", NULL, "{}", 0);
}

static void nested_members_are_left_alone(void **state)
{
    (void)state;
    edit("{\"x\":{\"a\":1},\"a\":[{\"a\":2}]}", "a", "0", NULL, NULL, "{\"x\":{\"a\":1},\"a\":0}",
         3);
}

static void what_is_no_object_is_refused(void **state)
{
    struct sluice_arena a;
    sluice_span *parts;
    size_t n;

    (void)state;
    sl_arena_init(&a, BIG);
    assert_int_equal(sl_json_edit(SL_SPAN("[]"), NULL, 0, &a, &parts, &n), SLUICE_E_INVALID);
    assert_int_equal(sl_json_edit(SL_SPAN("{"), NULL, 0, &a, &parts, &n), SLUICE_E_INVALID);
    assert_int_equal(sl_json_join(SL_SPAN(""), NULL, 0, &a, &parts, &n), SLUICE_E_INVALID);
    sl_arena_finish(&a);
}

static const char original[] =
    " {\"model\" : \"m\" , \"a\":1,\n\"b\" :[2], \"c\\u0064\":{\"model\":3} } ";

struct join {
    struct sluice_arena arena;
    sluice_header *m;
    size_t n;
};

static void begin(struct join *j)
{
    sl_arena_init(&j->arena, BIG);
    assert_int_equal(sl_json_members(sl_span_str(original), &j->arena, &j->m, &j->n, NULL),
                     SLUICE_OK);
    assert_int_equal(j->n, 4);
}

static void end(struct join *j, const char *want, size_t want_n)
{
    sluice_span *parts;
    size_t n;

    assert_int_equal(sl_json_join(sl_span_str(original), j->m, j->n, &j->arena, &parts, &n),
                     SLUICE_OK);
    check_parts(parts, n, want, want_n);
    sl_arena_finish(&j->arena);
}

static void drop(struct join *j, size_t i)
{
    memmove(&j->m[i], &j->m[i + 1], (j->n - i - 1) * sizeof *j->m);
    j->n--;
}

static void join_of_a_changed_model_is_few_parts(void **state)
{
    struct join j;

    (void)state;
    begin(&j);
    drop(&j, 3);
    j.m[0].value = SL_SPAN("\"new\"");
    end(&j, " {\"model\" : \"new\", \"a\":1,\n\"b\" :[2]}", 4);
}

static void join_writes_names_anew_that_were_escaped(void **state)
{
    struct join j;

    (void)state;
    begin(&j);
    end(&j, " {\"model\" : \"m\" , \"a\":1,\n\"b\" :[2],\"cd\":{\"model\":3} } ", 3);
}

static void join_drops_members_at_any_place(void **state)
{
    struct join j;

    (void)state;
    begin(&j);
    drop(&j, 0);
    end(&j, "{\"a\":1,\n\"b\" :[2],\"cd\":{\"model\":3} } ", 0);
    begin(&j);
    drop(&j, 1);
    end(&j, " {\"model\" : \"m\",\n\"b\" :[2],\"cd\":{\"model\":3} } ", 0);
    begin(&j);
    drop(&j, 3);
    drop(&j, 2);
    end(&j, " {\"model\" : \"m\" , \"a\":1}", 2);
    begin(&j);
    j.n = 0;
    end(&j, "{}", 0);
}

static void join_takes_any_order_and_new_members(void **state)
{
    struct join j;
    sluice_header other;

    (void)state;
    begin(&j);
    other = j.m[0];
    j.m[0] = j.m[2];
    j.m[2] = other;
    j.m[3] = (sluice_header){ SL_SPAN("new\t"), SL_SPAN("true") };
    end(&j, "{\"b\" :[2], \"a\":1,\"model\" : \"m\",\"new\\t\":true}", 0);
}

static void join_is_not_fooled_by_values_of_other_members(void **state)
{
    struct join j;
    sluice_span value;

    (void)state;
    begin(&j);
    value = j.m[1].value;
    j.m[1].value = j.m[2].value;
    j.m[2].value = value;
    /* A name that lies in the text, but is the name of a nested member. */
    j.m[3].name = sl_span(strstr(original, "{\"model\":3") + 2, 5);
    assert_true(sl_span_eq(j.m[3].name, SL_SPAN("model")));
    drop(&j, 0);
    end(&j, "{\"a\":[2],\n\"b\" :1,\"model\":{\"model\":3} } ", 0);
}

static void each_failing_allocation_is_reported(void **state)
{
    const struct sl_json_edit edits[2] = { { SL_SPAN("b"), SL_SPAN("0") },
                                           { SL_SPAN("new"), SL_SPAN("1") } };
    uint64_t fault;

    (void)state;
    for (fault = 1;; fault++) {
        struct join j;
        sluice_status a, b;
        sluice_span *parts;
        size_t n;

        begin(&j);
        sl_fault_after(fault);
        a = sl_json_edit(sl_span_str(original), edits, 2, &j.arena, &parts, &n);
        b = a == SLUICE_OK ? sl_json_join(sl_span_str(original), j.m, j.n, &j.arena, &parts, &n)
                           : a;
        if (sl_fault_after(0) < fault) {
            assert_int_equal(b, SLUICE_OK);
            sl_arena_finish(&j.arena);
            break;
        }
        assert_int_equal(b, SLUICE_E_NOMEM);
        sl_arena_finish(&j.arena);
    }
    assert_true(fault > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_to_do_is_one_part),
        cmocka_unit_test(replacing_keeps_all_else_as_it_was),
        cmocka_unit_test(removing_keeps_the_commas_right),
        cmocka_unit_test(adding_goes_to_the_end),
        cmocka_unit_test(the_last_edit_of_a_name_counts),
        cmocka_unit_test(nested_members_are_left_alone),
        cmocka_unit_test(what_is_no_object_is_refused),
        cmocka_unit_test(join_of_a_changed_model_is_few_parts),
        cmocka_unit_test(join_writes_names_anew_that_were_escaped),
        cmocka_unit_test(join_drops_members_at_any_place),
        cmocka_unit_test(join_takes_any_order_and_new_members),
        cmocka_unit_test(join_is_not_fooled_by_values_of_other_members),
        cmocka_unit_test(each_failing_allocation_is_reported),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
