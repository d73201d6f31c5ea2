/* SPDX-License-Identifier: Apache-2.0 */
/* What is kept between calls: found by its owner alone, until it is over, removed or driven out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "state/objects.h"

#define A SL_SPAN("a")
#define B SL_SPAN("b")

static sluice_status put(struct sl_objects *o, sluice_span owner, const char *id, sluice_span text)
{
    return o->cls->put(o, owner, sl_span_str(id), text, 0, 1000);
}

static bool has(struct sl_objects *o, sluice_span owner, const char *id, uint64_t now_ms)
{
    struct sl_object *object = o->cls->get(o, owner, sl_span_str(id), now_ms);

    sl_object_drop(object);
    return object != NULL;
}

static void only_its_owner_finds_it(void **state)
{
    struct sl_objects *o = sl_objects_memory(1u << 20, 10);

    (void)state;
    assert_int_equal(put(o, A, "1", SL_SPAN("x")), SLUICE_OK);
    assert_true(has(o, A, "1", 0));
    assert_false(has(o, B, "1", 0));
    assert_false(o->cls->remove(o, B, SL_SPAN("1")));
    assert_true(o->cls->remove(o, A, SL_SPAN("1")));
    assert_false(has(o, A, "1", 0));
    o->cls->destroy(o);
}

static void it_is_over_in_its_time(void **state)
{
    struct sl_objects *o = sl_objects_memory(1u << 20, 10);

    (void)state;
    put(o, A, "1", SL_SPAN("x"));
    assert_true(has(o, A, "1", 999));
    assert_false(has(o, A, "1", 1000));
    assert_false(has(o, A, "1", 0));
    o->cls->destroy(o);
}

static void what_is_held_outlives_its_entry(void **state)
{
    struct sl_objects *o = sl_objects_memory(1u << 20, 10);
    struct sl_object *held;

    (void)state;
    put(o, A, "1", SL_SPAN("old"));
    held = o->cls->get(o, A, SL_SPAN("1"), 0);
    put(o, A, "1", SL_SPAN("new"));
    o->cls->remove(o, A, SL_SPAN("1"));
    assert_true(sl_span_eq(held->text, SL_SPAN("old")));
    sl_object_drop(held);
    o->cls->destroy(o);
}

static void the_longest_unused_makes_room(void **state)
{
    struct sl_objects *o = sl_objects_memory(1u << 20, 2);

    (void)state;
    put(o, A, "1", SL_SPAN("x"));
    put(o, A, "2", SL_SPAN("x"));
    assert_true(has(o, A, "1", 0));
    put(o, A, "3", SL_SPAN("x"));
    assert_true(has(o, A, "1", 0));
    assert_false(has(o, A, "2", 0));
    assert_true(has(o, A, "3", 0));
    o->cls->destroy(o);
}

static void bytes_are_bounded(void **state)
{
    static char text[1000];
    struct sl_objects *o = sl_objects_memory(4000, 100);

    (void)state;
    assert_int_equal(put(o, A, "0", sl_span(text, 1001)), SLUICE_E_LIMITED);
    for (char id[] = "1"; id[0] <= '9'; id[0]++)
        assert_int_equal(put(o, A, id, sl_span(text, 1000)), SLUICE_OK);
    assert_false(has(o, A, "6", 0));
    assert_true(has(o, A, "9", 0));
    o->cls->destroy(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_its_owner_finds_it),
        cmocka_unit_test(it_is_over_in_its_time),
        cmocka_unit_test(what_is_held_outlives_its_entry),
        cmocka_unit_test(the_longest_unused_makes_room),
        cmocka_unit_test(bytes_are_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
