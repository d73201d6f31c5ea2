/* SPDX-License-Identifier: Apache-2.0 */
/* test_json_write.c - writing JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/arena.h"
#include "base/rng.h"
#include "format/json_scan.h"
#include "format/json_write.h"

static struct sl_buf buf;

static int setup(void **state)
{
    (void)state;
    sl_buf_init(&buf, 100000);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    sl_buf_finish(&buf);
    return 0;
}

static void check(const char *want)
{
    assert_true(sl_buf_ok(&buf));
    assert_true(sl_span_eq(sl_buf_span(&buf), sl_span_str(want)));
    sl_buf_reset(&buf);
}

static void commas_and_quotes_come_by_themselves(void **state)
{
    struct sl_json_out o = sl_json_out(&buf);

    (void)state;
    sl_json_open(&o, '{');
    sl_json_kv_str(&o, "s", SL_SPAN("a\"b"));
    sl_json_kv_i64(&o, "n", -5);
    sl_json_kv_bool(&o, "t", true);
    sl_json_kv_raw(&o, "r", SL_SPAN("1.50"));
    sl_json_key(&o, "list");
    sl_json_open(&o, '[');
    sl_json_null(&o);
    sl_json_open(&o, '{');
    sl_json_close(&o, '}');
    sl_json_open(&o, '[');
    sl_json_close(&o, ']');
    sl_json_inside_str(&o, SL_SPAN("x\\n"));
    sl_json_bool(&o, false);
    sl_json_i64_value(&o, INT64_MIN);
    sl_json_close(&o, ']');
    sl_json_key_span(&o, SL_SPAN("\n"));
    sl_json_str(&o, SL_SPAN(""));
    sl_json_close(&o, '}');
    check("{\"s\":\"a\\\"b\",\"n\":-5,\"t\":true,\"r\":1.50,\"list\":[null,{},[],\"x\\n\",false,"
          "-9223372036854775808],\"\\n\":\"\"}");
}

static void every_control_character_is_escaped(void **state)
{
    (void)state;
    sl_json_escape(&buf, sl_span("\0\x01\b\t\n\v\f\r\x1f\x7f", 10));
    check("\\u0000\\u0001\\b\\t\\n\\u000b\\f\\r\\u001f\x7f");
    sl_json_escape(&buf, SL_SPAN("\"\\/"));
    check("\\\"\\\\/");
    sl_json_escape(&buf, sl_span(NULL, 0));
    check("");
}

static void utf8_passes_and_broken_bytes_are_replaced(void **state)
{
    (void)state;
    sl_json_escape(&buf, SL_SPAN("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"));
    check("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
    sl_json_escape(&buf, SL_SPAN("a\xff"
                                 "b\xe2\x82"
                                 "c\xed\xa0\x80\xc3"));
    check("a\xef\xbf\xbd"
          "b\xef\xbf\xbd\xef\xbf\xbd"
          "c\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
}

static void random_bytes_come_out_valid_and_good_text_comes_back(void **state)
{
    struct sluice_arena a;

    (void)state;
    sl_arena_init(&a, 1 << 20);
    sl_random_seed(3);
    for (int round = 0; round < 20000; round++) {
        struct sl_json_out o = sl_json_out(&buf);
        size_t len = (size_t)(sl_random() % 40);
        bool ascii = round % 2;
        sluice_span back;
        char text[40];

        for (size_t i = 0; i < len; i++)
            text[i] = (char)(sl_random() & (ascii ? 0x7f : 0xff));
        sl_json_str(&o, sl_span(text, len));
        assert_int_equal(sl_json_validate(sl_buf_span(&buf), NULL), SLUICE_OK);
        assert_true(sl_json_string(sl_buf_span(&buf), &a, &back));
        if (ascii)
            assert_true(sl_span_eq(back, sl_span(text, len)));
        sl_buf_reset(&buf);
        sl_arena_reset(&a);
    }
    sl_random_seed(0);
    sl_arena_finish(&a);
}

static void a_full_buffer_shows_in_the_buffer(void **state)
{
    struct sl_buf small;
    struct sl_json_out o;

    (void)state;
    sl_buf_init(&small, 4);
    o = sl_json_out(&small);
    sl_json_str(&o, SL_SPAN("abc"));
    assert_false(sl_buf_ok(&small));
    sl_buf_finish(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commas_and_quotes_come_by_themselves),
        cmocka_unit_test(every_control_character_is_escaped),
        cmocka_unit_test(utf8_passes_and_broken_bytes_are_replaced),
        cmocka_unit_test(random_bytes_come_out_valid_and_good_text_comes_back),
        cmocka_unit_test(a_full_buffer_shows_in_the_buffer),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
