/* SPDX-License-Identifier: Apache-2.0 */
/* test_form.c - multipart/form-data: walking it, editing it by span, refusing what two readers
 * could read in two ways. */
#include "format/form.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#define BOUNDARY "x7"
#define FIELD(name, value)                                                                         \
    "--" BOUNDARY "\r\nContent-Disposition: form-data; name=\"" name "\"\r\n\r\n" value "\r\n"
#define FILE_PART(name, file, value)                                                               \
    "--" BOUNDARY "\r\nContent-Disposition: form-data; name=\"" name "\"; filename=\"" file        \
    "\"\r\nContent-Type: audio/wav\r\n\r\n" value "\r\n"
#define END "--" BOUNDARY "--\r\n"

static struct sluice_arena arena;

static void assert_span(sluice_span s, const char *text)
{
    assert_int_equal(s.len, strlen(text));
    assert_memory_equal(s.ptr, text, s.len);
}

static sluice_status walk(sluice_span body, size_t *n)
{
    struct sl_form f;
    struct sl_form_part part;
    sluice_status st = sl_form_begin(&f, body, SL_SPAN(BOUNDARY), NULL);

    *n = 0;
    while (st == SLUICE_OK && (st = sl_form_next(&f, &part, NULL)) == SLUICE_OK)
        ++*n;
    return st;
}

static void assert_refused(const char *body)
{
    size_t n;

    assert_int_equal(walk(sl_span_str(body), &n), SLUICE_E_INVALID);
}

static void assert_edited(const char *body, const struct sl_form_edit *edits, size_t n,
                          const char *wanted)
{
    sluice_span *parts;
    size_t n_parts, at = 0;
    char out[4096];

    assert_int_equal(
        sl_form_edit(sl_span_str(body), SL_SPAN(BOUNDARY), edits, n, &arena, &parts, &n_parts),
        SLUICE_OK);
    for (size_t i = 0; i < n_parts; at += parts[i++].len) {
        assert_true(at + parts[i].len <= sizeof out);
        memcpy(out + at, parts[i].ptr, parts[i].len);
    }
    assert_span(sl_span(out, at), wanted);
    sl_arena_reset(&arena);
}

static void boundary_is_read_from_a_content_type(void **state)
{
    sluice_span b;

    (void)state;
    assert_true(sl_form_boundary(SL_SPAN("multipart/form-data; boundary=abc"), &b));
    assert_span(b, "abc");
    assert_true(
        sl_form_boundary(SL_SPAN("Multipart/Form-Data;charset=utf-8; Boundary=\"a b\""), &b));
    assert_span(b, "a b");
}

static void a_content_type_without_a_legal_boundary_is_none(void **state)
{
    static const char *const bad[] = { "application/json",
                                       "multipart/form-data",
                                       "multipart/form-data; boundary=",
                                       "multipart/form-data; boundary=\"a",
                                       "multipart/form-data; boundary=\"a \"",
                                       "multipart/form-data; boundary=a\xc3\xa4",
                                       "multipart/form-data; x=\"; boundary=a\"",
                                       "multipart/form-datax; boundary=a",
                                       "multipart/mixed; boundary=a" };
    sluice_span b;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(sl_form_boundary(sl_span_str(bad[i]), &b));
}

static void parts_come_one_after_the_other(void **state)
{
    static const char body[] =
        FIELD("model", "m") FILE_PART("file", "a.wav", "RIFF\r\n--x\r\n\0z") END;
    struct sl_form f;
    struct sl_form_part part;

    (void)state;
    assert_int_equal(sl_form_begin(&f, sl_span(body, sizeof body - 1), SL_SPAN(BOUNDARY), NULL), 0);
    assert_int_equal(sl_form_next(&f, &part, NULL), SLUICE_OK);
    assert_span(part.name, "model");
    assert_span(part.data, "m");
    assert_false(part.file);
    assert_int_equal(sl_form_next(&f, &part, NULL), SLUICE_OK);
    assert_span(part.name, "file");
    assert_span(part.filename, "a.wav");
    assert_span(part.type, "audio/wav");
    assert_int_equal(part.data.len, 13);
    assert_true(part.file);
    assert_int_equal(sl_form_next(&f, &part, NULL), SLUICE_MORE);
}

static void an_empty_field_and_an_empty_form_are_fine(void **state)
{
    size_t n;

    (void)state;
    assert_int_equal(walk(sl_span_str(FIELD("a", "") END), &n), SLUICE_MORE);
    assert_int_equal(n, 1);
    assert_int_equal(walk(sl_span_str(END), &n), SLUICE_MORE);
    assert_int_equal(n, 0);
}

static void a_form_cut_anywhere_is_refused(void **state)
{
    static const char body[] =
        FIELD("model", "m") FILE_PART("file", "a", "bytes") "--" BOUNDARY "--";
    size_t n;

    (void)state;
    for (size_t cut = 0; cut < sizeof body - 1; cut++)
        assert_int_equal(walk(sl_span(body, cut), &n), SLUICE_E_INVALID);
    assert_int_equal(walk(sl_span(body, sizeof body - 1), &n), SLUICE_MORE);
}

static void what_can_be_read_in_two_ways_is_refused(void **state)
{
    (void)state;
    assert_refused("preamble\r\n" FIELD("a", "b") END);
    assert_refused("--x7\r\nContent-Disposition: form-data; name=\"mo\\del\"\r\n\r\nm\r\n" END);
    assert_refused(
        "--x7\r\nContent-Disposition: form-data; name=\"a\"; name=\"model\"\r\n\r\nm\r\n" END);
    assert_refused(
        "--x7\r\nContent-Disposition: form-data; name=a; name*=utf-8''model\r\n\r\nm\r\n" END);
    assert_refused(
        "--x7\r\nContent-Disposition: form-data; name=a\r\nContent-Disposition: form-data; "
        "name=model\r\n\r\nm\r\n" END);
    assert_refused("--x7\r\nContent-Disposition: form-data; name=a\r\n\r\n--x7--\r\n");
    assert_refused("--x7\r\nContent-Disposition: form-data;\r\n name=a\r\n\r\nm\r\n" END);
    assert_refused("--x7\r\nContent-Disposition : form-data; name=a\r\n\r\nm\r\n" END);
    assert_refused("--x7\r\nContent-Disposition: form-data; name=a\r\n"
                   "Content-Transfer-Encoding: base64\r\n\r\nbQ==\r\n" END);
    assert_refused("--x7\nContent-Disposition: form-data; name=a\r\n\r\nm\r\n" END);
    assert_refused("--x7\r\n\r\nm\r\n" END);
    assert_refused("--x7\r\nContent-Disposition: attachment; name=a\r\n\r\nm\r\n" END);
}

static void more_parts_than_there_may_be_are_refused(void **state)
{
    static char body[(SL_FORM_PARTS + 2) * 64];
    size_t at = 0, n;

    (void)state;
    for (size_t i = 0; i <= SL_FORM_PARTS; i++)
        at += (size_t)snprintf(body + at, sizeof body - at, "%s", FIELD("a", "b"));
    snprintf(body + at, sizeof body - at, "%s", END);
    assert_refused(body);
    assert_int_equal(walk(sl_span_str(body), &n), SLUICE_E_INVALID);
    assert_int_equal(n, SL_FORM_PARTS);
}

static void nothing_to_edit_leaves_every_byte(void **state)
{
    (void)state;
    assert_edited(FIELD("a", "1") FILE_PART("f", "x", "\r\n--x\r\n") END "epilogue", NULL, 0,
                  FIELD("a", "1") FILE_PART("f", "x", "\r\n--x\r\n") END "epilogue");
}

static void one_field_is_replaced_wherever_it_stands(void **state)
{
    static const struct sl_form_edit edit = { { "model", 5 }, { "vendor", 6 } };

    (void)state;
    assert_edited(FIELD("model", "m") FILE_PART("file", "x", "data") END, &edit, 1,
                  FIELD("model", "vendor") FILE_PART("file", "x", "data") END);
    assert_edited(FILE_PART("file", "x", "data") FIELD("model", "") END, &edit, 1,
                  FILE_PART("file", "x", "data") FIELD("model", "vendor") END);
}

static void of_two_fields_of_one_name_one_stays(void **state)
{
    static const struct sl_form_edit edit = { { "a", 1 }, { "z", 1 } };

    (void)state;
    assert_edited(FIELD("a", "1") FIELD("b", "2") FIELD("a", "3") END, &edit, 1,
                  FIELD("a", "z") FIELD("b", "2") END);
}

static void fields_are_left_out_and_added(void **state)
{
    static const struct sl_form_edit edits[] = { { { "a", 1 }, { NULL, 0 } },
                                                 { { "c", 1 }, { "3", 1 } },
                                                 { { "d", 1 }, { NULL, 0 } } };

    (void)state;
    assert_edited(FIELD("a", "1") FIELD("b", "2") END, edits, 3,
                  FIELD("b", "2") FIELD("c", "3") END);
}

static void editing_reports_missing_memory(void **state)
{
    static const struct sl_form_edit edit = { { "c", 1 }, { "3", 1 } };
    sluice_span *parts;
    size_t n;

    (void)state;
    for (uint64_t i = 1;; i++) {
        sluice_status st;

        sl_arena_finish(&arena);
        sl_fault_after(i);
        st = sl_form_edit(sl_span_str(FIELD("a", "1") END), SL_SPAN(BOUNDARY), &edit, 1, &arena,
                          &parts, &n);
        sl_fault_after(0);
        if (st == SLUICE_OK) {
            assert_true(i > 1);
            break;
        }
        assert_int_equal(st, SLUICE_E_NOMEM);
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
        cmocka_unit_test(boundary_is_read_from_a_content_type),
        cmocka_unit_test(a_content_type_without_a_legal_boundary_is_none),
        cmocka_unit_test(parts_come_one_after_the_other),
        cmocka_unit_test(an_empty_field_and_an_empty_form_are_fine),
        cmocka_unit_test(a_form_cut_anywhere_is_refused),
        cmocka_unit_test(what_can_be_read_in_two_ways_is_refused),
        cmocka_unit_test(more_parts_than_there_may_be_are_refused),
        cmocka_unit_test(nothing_to_edit_leaves_every_byte),
        cmocka_unit_test(one_field_is_replaced_wherever_it_stands),
        cmocka_unit_test(of_two_fields_of_one_name_one_stays),
        cmocka_unit_test(fields_are_left_out_and_added),
        cmocka_unit_test(editing_reports_missing_memory),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
