/* SPDX-License-Identifier: Apache-2.0 */
/* What is kept between calls: found by its owner alone, until it is over, removed or driven out;
 * the same from each home. */
#include "objects_kit.h"

#define A SL_SPAN("a")
#define B SL_SPAN("b")

static struct sl_objects *open_memory(size_t bytes)
{
    return sl_objects_memory(bytes, 100);
}

static struct sl_objects *open_file(size_t bytes)
{
    sluice_error err = SLUICE_ERROR_INIT;
    struct sl_objects *o;

    if (sl_objects_sqlite(sl_span_str(kit_path()), (int64_t)bytes, NULL, &o, &err) < 0)
        fail_msg("%s", err.message);
    return o;
}

static struct sl_objects *(*const homes[])(size_t bytes) = { open_memory, open_file };
#define EACH_HOME(o, bytes)                                                                        \
    for (size_t h = 0; h < 2 && (kit_unlink(), (o) = homes[h](bytes)); h++, (o) = NULL)

static void only_its_owner_finds_it(void **state)
{
    struct sl_objects *o;

    (void)state;
    EACH_HOME(o, 1u << 20)
    {
        assert_int_equal(kit_put(o, A, "1", SL_SPAN("x")), SLUICE_OK);
        assert_true(kit_has(o, A, "1", 0));
        assert_false(kit_has(o, B, "1", 0));
        assert_int_equal(kit_remove(o, B, "1"), SLUICE_E_NOT_FOUND);
        assert_int_equal(kit_remove(o, A, "1"), SLUICE_OK);
        assert_int_equal(kit_remove(o, A, "1"), SLUICE_E_NOT_FOUND);
        assert_false(kit_has(o, A, "1", 0));
        o->cls->destroy(o);
    }
}

static void owner_and_id_do_not_run_together(void **state)
{
    struct sl_objects *o;

    (void)state;
    EACH_HOME(o, 1u << 20)
    {
        kit_put(o, SL_SPAN("ab"), "c", SL_SPAN("x"));
        assert_false(kit_has(o, A, "bc", 0));
        assert_true(kit_has(o, SL_SPAN("ab"), "c", 0));
        kit_put(o, SL_SPAN(""), "", SL_SPAN(""));
        assert_true(kit_has(o, SL_SPAN(""), "", 0));
        o->cls->destroy(o);
    }
}

static void it_is_over_in_its_time(void **state)
{
    struct sl_objects *o;

    (void)state;
    EACH_HOME(o, 1u << 20)
    {
        kit_put(o, A, "1", SL_SPAN("x"));
        assert_true(kit_has(o, A, "1", 999));
        assert_false(kit_has(o, A, "1", 1000));
        o->cls->destroy(o);
    }
}

static void what_is_held_outlives_its_entry(void **state)
{
    struct sl_objects *o;

    (void)state;
    EACH_HOME(o, 1u << 20)
    {
        struct sl_object *held;

        kit_put(o, A, "1", SL_SPAN("old"));
        held = kit_get(o, A, "1", 0);
        kit_put(o, A, "1", SL_SPAN("new"));
        kit_remove(o, A, "1");
        o->cls->destroy(o);
        assert_true(sl_span_eq(held->text, SL_SPAN("old")));
        sl_object_drop(held);
    }
}

static void the_last_one_put_counts(void **state)
{
    struct sl_objects *o;

    (void)state;
    EACH_HOME(o, 1u << 20)
    {
        struct sl_object *held;

        kit_put(o, A, "1", SL_SPAN("old"));
        kit_put(o, A, "1", sl_span("n\0w\xff", 4));
        held = kit_get(o, A, "1", 0);
        assert_true(sl_span_eq(held->text, sl_span("n\0w\xff", 4)));
        sl_object_drop(held);
        o->cls->destroy(o);
    }
}

static void the_longest_unused_makes_room_in_memory(void **state)
{
    struct sl_objects *o = sl_objects_memory(1u << 20, 2);

    (void)state;
    kit_put(o, A, "1", SL_SPAN("x"));
    kit_put(o, A, "2", SL_SPAN("x"));
    assert_true(kit_has(o, A, "1", 0));
    kit_put(o, A, "3", SL_SPAN("x"));
    assert_true(kit_has(o, A, "1", 0));
    assert_false(kit_has(o, A, "2", 0));
    assert_true(kit_has(o, A, "3", 0));
    o->cls->destroy(o);
}

static void bytes_are_bounded(void **state)
{
    static char text[1001];
    struct sl_objects *o;

    (void)state;
    EACH_HOME(o, 4000)
    {
        assert_int_equal(kit_put(o, A, "0", sl_span(text, 1001)), SLUICE_E_LIMITED);
        for (char id[] = "1"; id[0] <= '9'; id[0]++)
            assert_int_equal(kit_put(o, A, id, sl_span(text, 1000)), SLUICE_OK);
        assert_false(kit_has(o, A, "1", 0));
        assert_false(kit_has(o, A, "5", 0));
        o->cls->destroy(o);
    }
}

static void replacing_does_not_fill_it(void **state)
{
    static char text[1001];
    struct sl_objects *o;

    (void)state;
    EACH_HOME(o, 4000)
    {
        kit_put(o, A, "0", SL_SPAN("x"));
        for (int i = 0; i < 20; i++)
            assert_int_equal(kit_put(o, A, "1", sl_span(text, 1000)), SLUICE_OK);
        assert_true(kit_has(o, A, "0", 0));
        assert_true(kit_has(o, A, "1", 0));
        o->cls->destroy(o);
    }
}

static void without_memory_the_question_fails_and_the_store_lives(void **state)
{
    struct sl_objects *o;

    (void)state;
    EACH_HOME(o, 1u << 20)
    {
        kit_put(o, A, "1", SL_SPAN("x"));
        for (uint64_t n = 1; n < 4; n++) {
            sluice_status st;

            sl_fault_after(n);
            st = kit_put(o, A, "2", SL_SPAN("y"));
            sl_fault_after(0);
            assert_true(st == SLUICE_OK || st == SLUICE_E_NOMEM);
        }
        assert_int_equal(kit_put(o, A, "2", SL_SPAN("y")), SLUICE_OK);
        assert_true(kit_has(o, A, "1", 0));
        o->cls->destroy(o);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_its_owner_finds_it),
        cmocka_unit_test(owner_and_id_do_not_run_together),
        cmocka_unit_test(it_is_over_in_its_time),
        cmocka_unit_test(what_is_held_outlives_its_entry),
        cmocka_unit_test(the_last_one_put_counts),
        cmocka_unit_test(the_longest_unused_makes_room_in_memory),
        cmocka_unit_test(bytes_are_bounded),
        cmocka_unit_test(replacing_does_not_fill_it),
        cmocka_unit_test(without_memory_the_question_fails_and_the_store_lives),
    };

    return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
