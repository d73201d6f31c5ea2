/* SPDX-License-Identifier: Apache-2.0 */
/* Forms that pass by: the same parts as those of a form that is there whole, wherever it is cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/status.h"
#include "format/form_scan.h"

#define B SL_SPAN("xYz")
#define TEXT(name, value)                                                                          \
    "--xYz\r\nContent-Disposition: form-data; name=\"" name "\"\r\n\r\n" value "\r\n"
#define FILE_(name, data)                                                                          \
    "--xYz\r\nContent-Disposition: form-data; name=\"" name                                        \
    "\"; filename=\"a.bin\"\r\nContent-Type: audio/wav\r\n\r\n" data "\r\n"
#define END "--xYz--\r\n"
#define TRICKY "\r\n--xY\r\n\r\n--xYy\r\n-\r\n--"

static void list(struct sl_form_scan *s, sluice_span bytes, char *names, sluice_status *st)
{
    struct sl_form_part part;
    sluice_error err = SLUICE_ERROR_INIT;

    while ((*st = sl_form_scan_next(s, &bytes, &part, &err)) == SLUICE_OK) {
        strncat(names, part.name.ptr, part.name.len);
        strncat(names, part.file ? "! " : " ", 3);
    }
}

/* The parts of a form that comes in pieces of that size. */
static sluice_status parts_of(const char *form, size_t piece, char *names, bool *over)
{
    struct sl_form_scan s;
    sluice_span rest = sl_span_str(form);
    sluice_status st = SLUICE_MORE;

    names[0] = 0;
    sl_form_scan_init(&s, B);
    while (rest.len && st == SLUICE_MORE) {
        list(&s, sl_span_head(rest, piece), names, &st);
        rest = sl_span_from(rest, piece < rest.len ? piece : rest.len);
    }
    *over = sl_form_scan_over(&s);
    sl_form_scan_finish(&s);
    return st;
}

static void the_parts_are_the_same_however_it_is_cut(void **state)
{
    static const char form[] = TEXT("model", "m") FILE_("file", TRICKY "abc") TEXT("purpose", "")
        FILE_("other", "") END "epilogue --xYz";
    char names[256];
    bool over;

    (void)state;
    for (size_t piece = 1; piece <= sizeof form; piece++) {
        assert_int_equal(parts_of(form, piece, names, &over), SLUICE_MORE);
        assert_string_equal(names, "model file! purpose other! ");
        assert_true(over);
    }
}

static void one_without_end_is_not_over(void **state)
{
    static const char form[] = FILE_("file", "abc") END;
    char cut[sizeof form], names[256];
    bool over;

    (void)state;
    for (size_t n = 1; n < sizeof form - 1 - 2; n++) { /* the last line end is not wanted */
        memcpy(cut, form, n);
        cut[n] = 0;
        assert_int_equal(parts_of(cut, 7, names, &over), SLUICE_MORE);
        assert_false(over);
    }
}

static void what_can_be_read_in_two_ways_is_refused(void **state)
{
    static const char *const forms[] = {
        "--xYz\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n--xYz--\r\n",
        "--xYz\r\nContent-Disposition: form-data; name=\"a\"; name=\"b\"\r\n\r\n\r\n" END,
        "--xYz\r\nContent-Disposition: form-data; name=\"a\\\"\"\r\n\r\n\r\n" END,
        "--xYz\r\n\r\nx\r\n" END,
        "--xYzz\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\r\n" END,
    };
    char names[256];
    bool over;

    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        for (size_t piece = 1; piece < 40; piece++)
            assert_int_equal(parts_of(forms[i], piece, names, &over), SLUICE_E_INVALID);
}

static void where_a_part_begins_is_told(void **state)
{
    static const char form[] = TEXT("model", "m") FILE_("file", "abc") END;
    struct sl_form_scan s;
    struct sl_form_part part;
    sluice_span bytes = sl_span_str(form);

    (void)state;
    sl_form_scan_init(&s, B);
    assert_int_equal(sl_form_scan_next(&s, &bytes, &part, NULL), SLUICE_OK);
    assert_int_equal(s.part_at, 0);
    assert_int_equal(sl_form_scan_next(&s, &bytes, &part, NULL), SLUICE_OK);
    assert_int_equal(s.part_at, strlen(TEXT("model", "m")));
    assert_true(part.file);
    assert_true(sl_span_eq(part.type, SL_SPAN("audio/wav")));
    sl_form_scan_finish(&s);
}

static void heads_are_bounded(void **state)
{
    static char form[20000];
    char names[256];
    bool over;

    (void)state;
    memset(form, 'x', sizeof form - 1);
    memcpy(form, "--xYz\r\nContent-Disposition: ", 28);
    assert_int_equal(parts_of(form, 1000, names, &over), SLUICE_E_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_parts_are_the_same_however_it_is_cut),
        cmocka_unit_test(one_without_end_is_not_over),
        cmocka_unit_test(what_can_be_read_in_two_ways_is_refused),
        cmocka_unit_test(where_a_part_begins_is_told),
        cmocka_unit_test(heads_are_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
