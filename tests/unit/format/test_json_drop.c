/* SPDX-License-Identifier: Apache-2.0 */
/* test_json_drop.c - values without what a path names. */
#include "format/json_drop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct sluice_arena arena;

static void check(const char *value, const char *rest, const char *wanted)
{
    sluice_span out;
    sluice_status st = sl_json_drop((sluice_span){ value, strlen(value) },
                                    (sluice_span){ rest, strlen(rest) }, &arena, &out);

    assert_int_equal(st, strcmp(value, wanted) ? SLUICE_OK : SLUICE_E_NOT_FOUND);
    assert_int_equal(out.len, strlen(wanted));
    assert_memory_equal(out.ptr, wanted, out.len);
}

static void a_path_begins_with_a_name(void **state)
{
    sluice_span rest, name = sl_json_drop_name(SL_SPAN("tools[*].function"), &rest);

    (void)state;
    assert_true(sl_span_eq(name, SL_SPAN("tools")));
    assert_true(sl_span_eq(rest, SL_SPAN("[*].function")));
    name = sl_json_drop_name(SL_SPAN("user"), &rest);
    assert_true(sl_span_eq(name, SL_SPAN("user")));
    assert_int_equal(rest.len, 0);
}

static void a_member_goes_at_every_depth(void **state)
{
    (void)state;
    check("{\"a\":1,\"b\":2}", ".a", "{\"b\":2}");
    check("{\"a\":{\"x\":1.0,\"y\":[ ]},\"b\":2}", ".a.x", "{\"a\":{\"y\":[ ]},\"b\":2}");
    check("{\"a\":1}", ".a", "{}");
}

static void an_element_goes_alone_or_with_all(void **state)
{
    (void)state;
    check("[1,2,3]", "[1]", "[1,3]");
    check("[1,2,3]", "[*]", "[]");
    check("[{\"f\":{\"s\":true,\"n\":1}},{\"g\":0}]", "[*].f.s", "[{\"f\":{\"n\":1}},{\"g\":0}]");
    check("[[1,2],[3,4]]", "[0][1]", "[[1],[3,4]]");
}

static void what_is_not_there_changes_nothing(void **state)
{
    (void)state;
    check("{\"a\":1}", ".b", "{\"a\":1}");
    check("{\"a\":1}", "[0]", "{\"a\":1}");
    check("[1]", ".a", "[1]");
    check("[1]", "[9]", "[1]");
    check("[1]", "[x]", "[1]");
    check("[1]", "[0", "[1]");
    check("\"s\"", ".a", "\"s\"");
}

static void missing_memory_is_reported(void **state)
{
    sluice_span out;

    (void)state;
    for (uint64_t i = 1; i < 3; i++) {
        sl_arena_finish(&arena);
        sl_fault_after(i);
        assert_int_equal(sl_json_drop(SL_SPAN("{\"a\":1}"), SL_SPAN(".a"), &arena, &out),
                         SLUICE_E_NOMEM);
        sl_fault_after(0);
    }
}

static int begin(void **state)
{
    (void)state;
    sl_arena_init(&arena, 1u << 20);
    return 0;
}

static int end(void **state)
{
    (void)state;
    sl_arena_finish(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_begins_with_a_name),
        cmocka_unit_test(a_member_goes_at_every_depth),
        cmocka_unit_test(an_element_goes_alone_or_with_all),
        cmocka_unit_test(what_is_not_there_changes_nothing),
        cmocka_unit_test(missing_memory_is_reported),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
