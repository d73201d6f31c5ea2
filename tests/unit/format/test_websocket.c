/* SPDX-License-Identifier: Apache-2.0 */
/* Frames of WebSockets: what is good is read the same however it is cut, what is not is refused
 * with the code that RFC 6455 asks for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include "base/arena.h"
#include "format/http1_parse.h"
#include "format/websocket.h"

#define MOST 70000
#define BYTES(text) sl_span(text, sizeof(text) - 1)

static const unsigned char mask[4] = { 0x37, 0xfa, 0x21, 0x3d };

/* A frame as a client (masked) or a server writes it; head: its first byte. */
static void frame(struct sl_buf *b, unsigned head, sluice_span payload, bool masked)
{
    char text[SL_WS_HEAD_MOST];
    size_t n = sl_ws_head(text, SL_WS_TEXT, payload.len, masked ? mask : NULL);

    text[0] = (char)head;
    sl_buf_add(b, sl_span(text, n));
    for (size_t i = 0; i < payload.len; i++)
        sl_buf_add_char(b, (char)((unsigned char)payload.ptr[i] ^ (masked ? mask[i & 3] : 0u)));
}

/* All that a reader finds, in one line. */
static void transcribe(struct sl_ws_reader *r, sluice_span in, struct sl_buf *out)
{
    struct sl_ws_message m;
    sluice_status st;

    while ((st = sl_ws_next(r, &in, &m)) == SLUICE_OK)
        sl_buf_printf(out, "%d %u [%.*s];", (int)m.kind, m.code, SL_FMT(m.data));
    if (st == SLUICE_E_INVALID && (!out->len || out->ptr[out->len - 1] != '!'))
        sl_buf_printf(out, "fault %u!", r->code);
    if (st == SLUICE_E_NOMEM)
        sl_buf_printf(out, "no memory!");
}

static struct sl_buf read_in_pieces(sluice_span in, bool from_client, size_t first, size_t then)
{
    struct sl_ws_reader r;
    struct sl_buf out;

    sl_buf_init(&out, 1 << 20);
    sl_ws_reader_init(&r, from_client, MOST);
    transcribe(&r, sl_span_head(in, first), &out);
    for (in = sl_span_from(in, first); in.len; in = sl_span_from(in, then))
        transcribe(&r, sl_span_head(in, then), &out);
    sl_ws_reader_finish(&r);
    sl_buf_add_char(&out, 0);
    return out;
}

static void expect(sluice_span in, bool from_client, const char *want)
{
    struct sl_buf got = read_in_pieces(in, from_client, in.len, 1);

    assert_string_equal(got.ptr, want);
    sl_buf_finish(&got);
    for (size_t cut = 0; cut <= in.len && in.len < 1000; cut++) {
        got = read_in_pieces(in, from_client, cut, in.len);
        assert_string_equal(got.ptr, want);
        sl_buf_finish(&got);
    }
    got = read_in_pieces(in, from_client, 1, 1);
    assert_string_equal(got.ptr, want);
    sl_buf_finish(&got);
}

/* One frame of a client. */
static void expect_frame(unsigned head, sluice_span payload, const char *want)
{
    struct sl_buf b;

    sl_buf_init(&b, 1 << 20);
    frame(&b, head, payload, true);
    expect(sl_buf_span(&b), true, want);
    sl_buf_finish(&b);
}

static void the_examples_of_the_standard_are_read(void **state)
{
    (void)state;
    expect(BYTES("\x81\x05Hello"), false, "1 0 [Hello];");
    expect(BYTES("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"), true, "1 0 [Hello];");
    expect(BYTES("\x01\x03Hel\x80\x02lo"), false, "1 0 [Hello];");
    expect(BYTES("\x89\x05Hello"), false, "9 0 [Hello];");
    expect(BYTES("\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"), true, "10 0 [Hello];");
}

static void messages_in_pieces_are_joined_and_pings_between_them_told_at_once(void **state)
{
    struct sl_buf b;

    (void)state;
    sl_buf_init(&b, 1000);
    frame(&b, 0x01, SL_SPAN("gr\xc3"), true);
    frame(&b, 0x89, SL_SPAN("p"), true);
    frame(&b, 0x00, SL_SPAN(""), true);
    frame(&b, 0x00, SL_SPAN("\xbc\xc3\x9f"), true);
    frame(&b, 0x8a, SL_SPAN(""), true);
    frame(&b, 0x80, SL_SPAN("e"), true);
    frame(&b, 0x82, SL_SPAN("\xff"), true);
    frame(&b, 0x81, SL_SPAN(""), true);
    expect(sl_buf_span(&b), true,
           "9 0 [p];10 0 [];1 0 [gr\xc3\xbc\xc3\x9f"
           "e];2 0 [\xff];1 0 [];");
    sl_buf_finish(&b);
}

static void closes_are_read_with_code_and_reason(void **state)
{
    (void)state;
    expect_frame(0x88, SL_SPAN(""), "8 1005 [];");
    expect_frame(0x88, BYTES("\x03\xe8"), "8 1000 [];");
    expect_frame(0x88,
                 BYTES("\x0f\xa0"
                       "bye"),
                 "8 4000 [bye];");
}

static void closes_that_may_not_be_sent_are_faults(void **state)
{
    static const unsigned codes[] = { 0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535 };

    (void)state;
    expect_frame(0x88, BYTES("\x03"), "fault 1002!");
    expect_frame(0x88, BYTES("\x03\xe8\xff"), "fault 1007!");
    expect_frame(0x88, BYTES("\x03\xe8\xc3"), "fault 1007!");
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        char payload[2] = { (char)(codes[i] >> 8), (char)(codes[i] & 0xff) };

        expect_frame(0x88, sl_span(payload, 2), "fault 1002!");
    }
}

static void frames_that_break_the_rules_are_faults(void **state)
{
    static const char long_control[] = "\x89\xfe\x00\x7e";

    (void)state;
    expect_frame(0xc1, SL_SPAN("x"), "fault 1002!"); /* reserved bits */
    expect_frame(0xa1, SL_SPAN("x"), "fault 1002!");
    expect_frame(0x91, SL_SPAN("x"), "fault 1002!");
    expect_frame(0x83, SL_SPAN("x"), "fault 1002!"); /* opcodes */
    expect_frame(0x87, SL_SPAN("x"), "fault 1002!");
    expect_frame(0x8b, SL_SPAN("x"), "fault 1002!");
    expect_frame(0x8f, SL_SPAN("x"), "fault 1002!");
    expect_frame(0x09, SL_SPAN("x"), "fault 1002!"); /* a control frame in pieces */
    expect_frame(0x80, SL_SPAN("x"), "fault 1002!"); /* goes on with nothing */
    expect(sl_span(long_control, 4), true, "fault 1002!");
    expect(BYTES("\x81\x01x"), true, "fault 1002!"); /* no mask, and one too many */
    expect(BYTES("\x81\x81\x37\xfa\x21\x3d\x7f"), false, "fault 1002!");
    expect(BYTES("\x01\x01x\x81\x01y"), false, "fault 1002!");    /* within another */
    expect(BYTES("\x82\x7e\x00\x05Hello"), false, "fault 1002!"); /* lengths in a long form */
    expect(BYTES("\x82\x7f\x00\x00\x00\x00\x00\x00\xff\xff"), false, "fault 1002!");
    expect(BYTES("\x82\x7f\x80\x00\x00\x00\x00\x00\x00\x00"), false, "fault 1002!");
}

static void nothing_is_read_behind_a_fault(void **state)
{
    (void)state;
    expect(BYTES("\x83\x01x\x81\x05Hello"), false, "fault 1002!");
}

static void text_is_refused_at_its_first_wrong_byte(void **state)
{
    static const char *const wrong[] = {
        "\x80",
        "\xbf",
        "\xc0\xaf",
        "\xc1\xbf",
        "\xe0\x80\xaf",
        "\xe0\x9f\xbf",
        "\xed\xa0\x80",
        "\xed\xbf\xbf",
        "\xf0\x80\x80\xaf",
        "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80",
        "\xf5",
        "\xff",
        "\xc3\x28",
        "\xe2\x28",
        "\xe2\x82\x28",
        "\xf0\x9f\x98z",
        "plain text \xe2(",
        "eight by\xc3g",
    };
    static const char *const right[] = {
        "\xc2\x80",         "\xdf\xbf",         "\xe0\xa0\x80",
        "\xed\x9f\xbf",     "\xee\x80\x80",     "\xef\xbf\xbf",
        "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "twelve bytes\xc3\xbc",
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        expect_frame(0x81, sl_span_str(wrong[i]), "fault 1007!");
        expect_frame(0x01, sl_span_str(wrong[i]), "fault 1007!"); /* before its end is here */
    }
    for (size_t i = 0; i < sizeof right / sizeof right[0]; i++) {
        char want[64];

        snprintf(want, sizeof want, "1 0 [%s];", right[i]);
        expect_frame(0x81, sl_span_str(right[i]), want);
    }
    expect_frame(0x81, SL_SPAN("\xe2\x82"), "fault 1007!"); /* cut within a character */
}

static void a_message_beyond_the_limit_is_refused_by_its_length_alone(void **state)
{
    struct sl_buf b, got;
    char *text = malloc(MOST);

    (void)state;
    assert_non_null(text);
    memset(text, 'a', MOST);
    expect(BYTES("\x82\x7f\x00\x00\x00\x00\x00\x01\x11\x71"), false, "fault 1009!");
    sl_buf_init(&b, 1 << 20);
    frame(&b, 0x02, sl_span(text, MOST - 1), false);
    frame(&b, 0x80, SL_SPAN("aa"), false);
    got = read_in_pieces(sl_buf_span(&b), false, 1000, 1000);
    assert_string_equal(got.ptr, "fault 1009!");
    sl_buf_finish(&got);
    b.len -= 4;
    frame(&b, 0x80, SL_SPAN("a"), false);
    got = read_in_pieces(sl_buf_span(&b), false, 1000, 1000);
    assert_int_equal(got.len, MOST + 8);
    sl_buf_finish(&got);
    sl_buf_finish(&b);
    free(text);
}

static void lengths_of_all_forms_come_back(void **state)
{
    static const size_t lengths[] = { 0, 1, 125, 126, 127, 65535, 65536, MOST };
    char *text = malloc(MOST);

    (void)state;
    assert_non_null(text);
    for (size_t i = 0; i < MOST; i++)
        text[i] = (char)(i * 7);
    for (size_t i = 0; i < 2 * sizeof lengths / sizeof lengths[0]; i++) {
        sluice_span payload = sl_span(text, lengths[i / 2]), in;
        struct sl_ws_message m;
        struct sl_ws_reader r;
        struct sl_buf b;

        sl_buf_init(&b, 1 << 20);
        frame(&b, 0x82, payload, i & 1);
        in = sl_buf_span(&b);
        sl_ws_reader_init(&r, i & 1, MOST);
        assert_int_equal(sl_ws_next(&r, &in, &m), SLUICE_OK);
        assert_true(sl_span_eq(m.data, payload));
        assert_int_equal(sl_ws_next(&r, &in, &m), SLUICE_MORE);
        sl_ws_reader_finish(&r);
        sl_buf_finish(&b);
    }
    free(text);
}

static void a_mask_goes_on_where_it_ended(void **state)
{
    char text[64], whole[64], pieces[64];

    (void)state;
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)(i * 11);
    sl_ws_mask(text, whole, sizeof text, mask, 0);
    for (size_t cut = 0; cut <= sizeof text; cut++) {
        sl_ws_mask(text, pieces, cut, mask, 0);
        sl_ws_mask(text + cut, pieces + cut, sizeof text - cut, mask, cut);
        assert_memory_equal(pieces, whole, sizeof whole);
    }
    sl_ws_mask(whole, whole, sizeof whole, mask, 0);
    assert_memory_equal(whole, text, sizeof text);
}

static void frames_that_pass_end_where_they_end_however_they_are_cut(void **state)
{
    static const uint64_t lengths[] = { 0, 1, 125, 126, 300, 65535, 65536 };
    static char frame[SL_WS_HEAD_MOST + 65536 + 1];

    (void)state;
    for (size_t i = 0; i < 2 * sizeof lengths / sizeof *lengths; i++) {
        uint64_t length = lengths[i / 2];
        size_t head = sl_ws_head(frame, SL_WS_BINARY, length, i & 1 ? mask : NULL);
        size_t whole = head + (size_t)length;

        for (size_t cut = 1; cut < whole; cut += cut < 20 ? 1 : 9973) {
            struct sl_ws_passing p = { 0 };

            assert_int_equal(sl_ws_pass(&p, sl_span(frame, cut)), cut);
            assert_false(sl_ws_at_edge(&p));
            /* The first byte of the next one does not pass with it. */
            assert_int_equal(sl_ws_pass(&p, sl_span(frame + cut, whole + 1 - cut)), whole - cut);
            assert_true(sl_ws_at_edge(&p));
        }
    }
}

static void a_long_reason_is_cut_between_characters(void **state)
{
    char payload[SL_WS_CONTROL_MOST], reason[200];

    (void)state;
    memset(reason, 'x', sizeof reason);
    assert_int_equal(sl_ws_close_payload(payload, 1000, sl_span(reason, sizeof reason)), 125);
    memcpy(reason + 121, "\xf0\x9f\x98\x80", 4);
    assert_int_equal(sl_ws_close_payload(payload, 1000, sl_span(reason, sizeof reason)), 123);
    assert_int_equal(sl_ws_close_payload(payload, 1000, sl_span(reason, 0)), 2);
    assert_int_equal(sl_ws_close_payload(payload, SL_WS_NO_CODE, sl_span(reason, 0)), 0);
}

static void memory_that_is_out_is_told(void **state)
{
    struct sl_ws_message m;
    struct sl_ws_reader r;
    sluice_span in = BYTES("\x81\x05Hello");

    (void)state;
    sl_ws_reader_init(&r, false, MOST);
    sl_fault_after(1);
    assert_int_equal(sl_ws_next(&r, &in, &m), SLUICE_E_NOMEM);
    sl_fault_after(0);
    sl_ws_reader_finish(&r);
}

static void the_handshake_of_the_standard_is_answered(void **state)
{
    char answer[SL_WS_ACCEPT];

    (void)state;
    sl_ws_accept(SL_SPAN("dGhlIHNhbXBsZSBub25jZQ=="), answer);
    assert_memory_equal(answer, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", SL_WS_ACCEPT);
    assert_true(sl_ws_key_ok(SL_SPAN("dGhlIHNhbXBsZSBub25jZQ==")));
    assert_false(sl_ws_key_ok(SL_SPAN("dGhlIHNhbXBsZSBub25jZQ=")));
    assert_false(sl_ws_key_ok(SL_SPAN("dGhlIHNhbXBsZSBub25jZQ=a")));
    assert_false(sl_ws_key_ok(SL_SPAN("dGhlIHNhbXBsZSBub25!ZQ==")));
    assert_false(sl_ws_key_ok(SL_SPAN("")));
}

static void words_are_found_in_lists_of_fields(void **state)
{
    (void)state;
    assert_true(sl_http_lists(SL_SPAN("keep-alive, Upgrade"), SL_SPAN("upgrade")));
    assert_true(sl_http_lists(SL_SPAN("WebSocket"), SL_SPAN("websocket")));
    assert_false(sl_http_lists(SL_SPAN("upgraded"), SL_SPAN("upgrade")));
    assert_false(sl_http_lists(SL_SPAN(""), SL_SPAN("upgrade")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_examples_of_the_standard_are_read),
        cmocka_unit_test(messages_in_pieces_are_joined_and_pings_between_them_told_at_once),
        cmocka_unit_test(closes_are_read_with_code_and_reason),
        cmocka_unit_test(closes_that_may_not_be_sent_are_faults),
        cmocka_unit_test(frames_that_break_the_rules_are_faults),
        cmocka_unit_test(nothing_is_read_behind_a_fault),
        cmocka_unit_test(text_is_refused_at_its_first_wrong_byte),
        cmocka_unit_test(a_message_beyond_the_limit_is_refused_by_its_length_alone),
        cmocka_unit_test(lengths_of_all_forms_come_back),
        cmocka_unit_test(a_mask_goes_on_where_it_ended),
        cmocka_unit_test(frames_that_pass_end_where_they_end_however_they_are_cut),
        cmocka_unit_test(a_long_reason_is_cut_between_characters),
        cmocka_unit_test(memory_that_is_out_is_told),
        cmocka_unit_test(the_handshake_of_the_standard_is_answered),
        cmocka_unit_test(words_are_found_in_lists_of_fields),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
