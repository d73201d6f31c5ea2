/* SPDX-License-Identifier: Apache-2.0 */
/* test_http1_write.c - fields to be sent: what is refused wherever it stands, and what is written.
 * Texts lie in blocks of exactly their size, so that a sanitizer sees who looks beyond. */
#include "format/http1_parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define LENGTH_MOST 40

static char *filled(size_t n)
{
    char *text = malloc(n ? n : 1);

    assert_non_null(text);
    memset(text, 'a', n);
    return text;
}

static bool may_be_in_value(unsigned char c)
{
    return c == '\t' || (c >= 0x20 && c != 0x7f);
}

static bool may_be_in_name(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("!#$%&'*+-.^_`|~", c));
}

static void each_byte_is_judged_at_each_place(void **state)
{
    (void)state;
    for (size_t n = 1; n <= LENGTH_MOST; n++) {
        char *text = filled(n);

        for (size_t at = 0; at < n; at++) {
            for (int c = 0; c < 256; c++) {
                text[at] = (char)c;
                assert_int_equal(sl_http_value_ok(sl_span(text, n)),
                                 may_be_in_value((unsigned char)c));
                assert_int_equal(sl_http_name_ok(sl_span(text, n)),
                                 may_be_in_name((unsigned char)c));
            }
            text[at] = 'a';
        }
        free(text);
    }
}

static void a_field_is_written_as_it_is(void **state)
{
    (void)state;
    for (size_t name = 1; name <= LENGTH_MOST; name++)
        for (size_t value = 0; value <= LENGTH_MOST; value++) {
            char *from = filled(name), *text = filled(value), *to = filled(name + value + 4);

            for (size_t i = 0; i < name; i++)
                from[i] = (char)('a' + i % 26); /* a token */
            for (size_t i = 0; i < value; i++)
                text[i] = (char)('!' + i);
            assert_ptr_equal(sl_http_put_field(to, sl_span(from, name), sl_span(text, value)),
                             to + name + value + 4);
            assert_memory_equal(to, from, name);
            assert_memory_equal(to + name, ": ", 2);
            assert_memory_equal(to + name + 2, text, value);
            assert_memory_equal(to + name + 2 + value, "\r\n", 2);
            free(from);
            free(text);
            free(to);
        }
}

static void a_field_that_may_not_be_sent_is_not_written(void **state)
{
    char to[64];

    (void)state;
    assert_null(sl_http_put_field(to, SL_SPAN(""), SL_SPAN("a")));
    assert_null(sl_http_put_field(to, SL_SPAN("x a"), SL_SPAN("a")));
    assert_null(sl_http_put_field(to, SL_SPAN("x-a"), SL_SPAN("a\r\nx-b: c")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_byte_is_judged_at_each_place),
        cmocka_unit_test(a_field_is_written_as_it_is),
        cmocka_unit_test(a_field_that_may_not_be_sent_is_not_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
