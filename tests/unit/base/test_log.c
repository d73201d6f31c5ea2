/* SPDX-License-Identifier: Apache-2.0 */
/* test_log.c - the library's own log lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/log.h"

static char last[2000];
static int32_t last_level;
static int lines;

static void take(void *ctx, int32_t level, sluice_span message)
{
    (void)ctx;
    assert_true(message.len < sizeof last);
    memcpy(last, message.ptr, message.len);
    last[message.len] = '\0';
    last_level = level;
    lines++;
}

static void lines_below_the_level_are_dropped(void **state)
{
    struct sl_log log = { take, NULL, SL_WARN };

    (void)state;
    lines = 0;
    sl_log(&log, SL_INFO, "no");
    assert_int_equal(lines, 0);
    sl_log(&log, SL_WARN, "%s %d", "yes", 1);
    assert_int_equal(lines, 1);
    assert_int_equal(last_level, SL_WARN);
    assert_string_equal(last, "yes 1");
}

static void without_a_listener_nothing_happens(void **state)
{
    struct sl_log log = { NULL, NULL, SL_DEBUG };

    (void)state;
    sl_log(&log, SL_ERROR, "x");
    sl_log(NULL, SL_ERROR, "x");
}

static void long_lines_are_cut_at_a_code_point(void **state)
{
    struct sl_log log = { take, NULL, SL_DEBUG };
    char text[3000];

    (void)state;
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    sl_log(&log, SL_INFO, "%s", text);
    assert_int_equal(strlen(last), 1024);
    memcpy(text + 1022, "\xe2\x82\xac", 3);
    sl_log(&log, SL_INFO, "%s", text);
    assert_int_equal(strlen(last), 1022);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_below_the_level_are_dropped),
        cmocka_unit_test(without_a_listener_nothing_happens),
        cmocka_unit_test(long_lines_are_cut_at_a_code_point),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
