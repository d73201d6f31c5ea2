/* SPDX-License-Identifier: Apache-2.0 */
/* test_secret.c - credentials. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/arena.h"
#include "base/secret.h"

static void the_last_holder_lets_go(void **state)
{
    struct sl_secret *s = sl_secret_create(SL_SPAN("sk-1234"));

    (void)state;
    assert_non_null(s);
    assert_ptr_equal(sl_secret_hold(s), s);
    sl_secret_drop(s);
    assert_true(sl_span_eq(sl_secret_reveal(s), SL_SPAN("sk-1234")));
    assert_int_equal(sl_secret_reveal(s).ptr[7], 0);
    sl_secret_drop(s);
}

static void nothing_is_a_secret_too(void **state)
{
    struct sl_secret *s = sl_secret_create(sl_span(NULL, 0));

    (void)state;
    assert_int_equal(sl_secret_reveal(s).len, 0);
    sl_secret_drop(s);
    sl_secret_drop(NULL);
    assert_null(sl_secret_hold(NULL));
    assert_int_equal(sl_secret_reveal(NULL).len, 0);
}

static void missing_memory_is_reported(void **state)
{
    (void)state;
    sl_fault_after(1);
    assert_null(sl_secret_create(SL_SPAN("x")));
    sl_fault_after(0);
    assert_null(sl_secret_create(sl_span("x", SIZE_MAX)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_holder_lets_go),
        cmocka_unit_test(nothing_is_a_secret_too),
        cmocka_unit_test(missing_memory_is_reported),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
