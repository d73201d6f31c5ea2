/* SPDX-License-Identifier: Apache-2.0 */
/* test_json_string.c - strings of JSON: every way to scan them gives the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/rng.h"
#include "format/json_string.h"

#include <stdlib.h>

/* The text lies at the very end of its memory, so that sanitizers see a read behind it. */
static void all_agree(const char *text, size_t len)
{
    const struct sl_json_string_way *ways;
    size_t n = sl_json_string_ways(&ways);
    char *copy = malloc(len ? len : 1);
    struct sl_json_str want;

    assert_non_null(copy);
    memcpy(copy, text, len);
    want = sl_json_string_plain(copy, copy + len);
    for (size_t i = 0; i < n; i++) {
        struct sl_json_str got = ways[i].fn(copy, copy + len);

        assert_ptr_equal(got.end, want.end);
        assert_ptr_equal(got.what, want.what);
        if (!got.what)
            assert_int_equal(got.escaped, want.escaped);
    }
    free(copy);
}

static void all_ways_agree_on_random_text(void **state)
{
    static const char *const pieces[] = {
        "a",
        "bcdefgh",
        "0123456789abcdef",
        "\\n",
        "\\\"",
        "\\\\",
        "\\u0041",
        "\\ud83d",
        "\xc3\xa9",
        "\xe2\x82\xac",
        "\xf0\x9f\x98\x80",
        "\\\\\\\\",
        "\\/",
        "\\b\\f\\r\\t",
        " ",
        "\x7f",
        "\\uFFFF",
    };
    static const char *const faults[] = {
        "\"",       "\\",      "\\x",      "\\u12",        "\x1f",
        "\x80",     "\xc3",    "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80",
        "\xe2\x82", "\\u12g4", "\xff",     "\xf0\x9f\x98"
    };
    char text[400];

    (void)state;
    sl_random_seed(7);
    for (int round = 0; round < 60000; round++) {
        size_t len = 0, target = (size_t)(sl_random() % 300);
        uint64_t fault_in = sl_random() % 60;

        while (len < target) {
            uint64_t r = sl_random();
            const char *piece = pieces[r % (sizeof pieces / sizeof pieces[0])];

            if (fault_in-- == 0)
                piece = faults[(r >> 20) % (sizeof faults / sizeof faults[0])];
            memcpy(text + len, piece, strlen(piece));
            len += strlen(piece);
        }
        if (round % 3)
            text[len++] = '"';
        all_agree(text, len);
    }
    sl_random_seed(0);
}

static void all_ways_agree_on_every_fault_at_every_place(void **state)
{
    static const char *const faults[] = { "\\x",        "\\u1\"", "\x01", "\x80", "\xc3\"",
                                          "\xe2\x82\"", "\"",     "\\\"", "\\",   "\xed\xa0\x80" };
    char text[200];

    (void)state;
    for (size_t at = 0; at < 100; at++)
        for (size_t f = 0; f < sizeof faults / sizeof faults[0]; f++)
            for (size_t len = at; len < 150; len += 7) {
                size_t n = strlen(faults[f]);

                memset(text, 'x', sizeof text);
                memcpy(text + at, faults[f], n);
                all_agree(text, len);
                text[len] = '"';
                all_agree(text, len + 1);
            }
}

static void all_ways_agree_on_every_pair_of_bytes(void **state)
{
    char text[40];

    (void)state;
    for (unsigned a = 0; a < 256; a++)
        for (unsigned b = 0; b < 256; b++) {
            memset(text, 'y', sizeof text);
            text[15] = (char)a;
            text[16] = (char)b;
            text[39] = '"';
            all_agree(text, sizeof text);
        }
}

static void utf8_takes_exactly_the_code_points(void **state)
{
    static const struct {
        const char *text;
        unsigned n;
    } cases[] = {
        { "\xc2\x80", 2 },
        { "\xdf\xbf", 2 },
        { "\xe0\xa0\x80", 3 },
        { "\xed\x9f\xbf", 3 },
        { "\xee\x80\x80", 3 },
        { "\xef\xbf\xbf", 3 },
        { "\xf0\x90\x80\x80", 4 },
        { "\xf4\x8f\xbf\xbf", 4 },
        { "\x80", 0 },
        { "\xbf", 0 },
        { "\xc0\x80", 0 },
        { "\xc1\xbf", 0 },
        { "\xe0\x9f\xbf", 0 },
        { "\xed\xa0\x80", 0 },
        { "\xed\xbf\xbf", 0 },
        { "\xf0\x8f\xbf\xbf", 0 },
        { "\xf4\x90\x80\x80", 0 },
        { "\xf5\x80\x80\x80", 0 },
        { "\xff", 0 },
        { "\xc2", 0 },
        { "\xe2\x82", 0 },
        { "\xf0\x9f\x98", 0 },
        { "\xc2 ", 0 },
        { "\xe2\x82 ", 0 },
        { "\xf0\x9f\x98 ", 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(sl_utf8_length(cases[i].text, cases[i].text + strlen(cases[i].text)),
                         cases[i].n);
}

static void faults_are_named_and_placed(void **state)
{
    static const struct {
        const char *text, *what;
        ptrdiff_t at;
    } cases[] = {
        { "abc", "unterminated string", 3 },        { "ab\\", "unterminated string", 3 },
        { "ab\\u00", "unterminated string", 6 },    { "ab\\q\"", "unknown escape", 2 },
        { "\\u00g0\"", "malformed \\u escape", 0 }, { "a\n\"", "control character in string", 1 },
        { "a\x80\"", "malformed UTF-8", 1 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *text = cases[i].text;
        struct sl_json_str r = sl_json_string_scan(text, text + strlen(text));

        assert_string_equal(r.what, cases[i].what);
        assert_int_equal(r.end - text, cases[i].at);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_ways_agree_on_random_text),
        cmocka_unit_test(all_ways_agree_on_every_fault_at_every_place),
        cmocka_unit_test(all_ways_agree_on_every_pair_of_bytes),
        cmocka_unit_test(utf8_takes_exactly_the_code_points),
        cmocka_unit_test(faults_are_named_and_placed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
