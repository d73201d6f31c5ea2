/* SPDX-License-Identifier: Apache-2.0 */
/* What a WebSocket server must make of text and of closes: sections 6 and 7 of the Autobahn suite.
 */
#include "ws_echo.h"

/* ---- 6: UTF-8 ---------------------------------------------------------------------------- */

static const char *const valid[] = {
    "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5", /* a word in Greek */
    "\xc2\x80",
    "\xe0\xa0\x80",
    "\xf0\x90\x80\x80", /* first of each length */
    "\x7f",
    "\xdf\xbf",
    "\xef\xbf\xbf",
    "\xf4\x8f\xbf\xbf", /* last */
    "\xed\x9f\xbf",
    "\xee\x80\x80",
    "\xef\xbf\xbd",
    "\xf0\x9f\xbf\xbf", /* edges */
    "\xef\xb7\x90",
    "\xef\xbf\xbe",
    "\xf3\xbf\xbf\xbe", /* no characters, but well formed */
};

/* Up to the byte that no text can have there; what stands before is well formed, or may become. */
static const char *const wrong[] = {
    "\xce\xba\xed\xa0",
    "\xf4\x90",
    "\xf5",
    "\xf8",
    "\xfc",
    "\xfe",
    "\xff",
    "\x80",
    "\xbf",
    "\xc0",
    "\xc1",
    "\xe0\x80",
    "\xe0\x9f",
    "\xf0\x80",
    "\xf0\x8f",
    "\xed\xa0",
    "\xed\xbf",
    "\xc2\x20",
    "\xe1\xbd\x20",
    "\xf1\x80\x80\x20",
    "\xc3\xc3",
    "a\xe2\x82\xe2",
};

static void section_6_1_fragments_may_be_empty(void **state)
{
    (void)state;
    say(TEXT, "");
    say(CONT, "");
    say(FIN | CONT, "");
    bye();
    expect("text close:1000");
    say(TEXT, "");
    say(CONT, "middle");
    say(FIN | CONT, "");
    bye();
    expect("text:middle close:1000");
}

static void section_6_2_text_comes_back_however_it_is_cut(void **state)
{
    char want[64];

    (void)state;
    for (size_t i = 0; i < sizeof valid / sizeof *valid; i++) {
        size_t n = strlen(valid[i]);

        snprintf(want, sizeof want, "text:%s close:1000", valid[i]);
        say(FIN | TEXT, valid[i]);
        bye();
        send_in(1, want);
        for (size_t k = 0; k < n; k++)
            frame((k == n - 1 ? FIN : 0) | (k ? CONT : TEXT), sl_span(valid[i] + k, 1));
        bye();
        expect(want);
    }
}

static void section_6_3_text_that_is_none_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        say(FIN | TEXT, wrong[i]);
        send_in(i & 1, "close:1007");
    }
    /* a character that does not end */
    frame(FIN | TEXT, sl_span("\xe2\x82", 2));
    expect("close:1007");
    frame(TEXT, sl_span("\xe2\x82", 2));
    frame(FIN | CONT, sl_span("", 0));
    expect("close:1007");
}

/* Neither the frame nor the message is over: the server must not wait for them. */
static void section_6_4_text_is_refused_at_its_first_wrong_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        size_t n = strlen(wrong[i]);

        for (size_t k = 0; k < n; k++) /* a fragment a byte; the last one never comes */
            frame(k ? CONT : TEXT, sl_span(wrong[i] + k, 1));
        expect("close:1007");
        frame(FIN | TEXT, sl_span(wrong[i], n));
        out.ptr[1] = (char)(0x80 | 125); /* more of the frame is announced, and never comes */
        expect("close:1007");
    }
}

/* ---- 7: closes --------------------------------------------------------------------------- */

static void section_7_1_nothing_is_answered_behind_a_close(void **state)
{
    (void)state;
    say(FIN | TEXT, "fine");
    bye();
    bye();
    expect("text:fine close:1000");
    bye();
    say(FIN | PING, "late");
    say(FIN | TEXT, "late");
    expect("close:1000");
    say(TEXT, "one");
    bye();
    say(FIN | CONT, "two");
    expect("close:1000");
    frame(FIN | TEXT, star(256 << 10));
    bye();
    say(FIN | PING, "late");
    expect("text#262144 close:1000");
}

static void section_7_3_what_a_close_may_carry(void **state)
{
    char reason[2 + 124];

    (void)state;
    frame(FIN | CLOSE, sl_span("", 0));
    expect("close:0");
    frame(FIN | CLOSE, sl_span("a", 1));
    expect("close:1002");
    frame(FIN | CLOSE, sl_span("\x03\xe8Hello", 7));
    expect("close:1000");
    memset(reason, '*', sizeof reason);
    memcpy(reason, "\x03\xe8", 2);
    frame(FIN | CLOSE, sl_span(reason, 125));
    expect("close:1000");
    frame(FIN | CLOSE, sl_span(reason, 126));
    expect("close:1002");
}

static void section_7_5_a_reason_is_text(void **state)
{
    (void)state;
    frame(FIN | CLOSE, sl_span("\x03\xe8\xce\xba\xed\xa0\x80", 7));
    expect("close:1007");
}

static void closed_with(int code, const char *want)
{
    const char payload[2] = { (char)(code >> 8), (char)code };

    frame(FIN | CLOSE, sl_span(payload, 2));
    expect(want);
}

static void section_7_7_codes_that_may_be_sent_are_answered(void **state)
{
    static const int codes[] = { 1000, 1001, 1002, 1003, 1007, 1008, 1009,
                                 1010, 1011, 3000, 3999, 4000, 4999 };
    char want[32];

    (void)state;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        snprintf(want, sizeof want, "close:%d", codes[i]);
        closed_with(codes[i], want);
    }
}

static void section_7_9_codes_that_may_not_be_sent_are_a_fault(void **state)
{
    static const int codes[] = {
        0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535
    };

    (void)state;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        closed_with(codes[i], "close:1002");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(section_6_1_fragments_may_be_empty),
        CASE(section_6_2_text_comes_back_however_it_is_cut),
        CASE(section_6_3_text_that_is_none_is_refused),
        CASE(section_6_4_text_is_refused_at_its_first_wrong_byte),
        CASE(section_7_1_nothing_is_answered_behind_a_close),
        CASE(section_7_3_what_a_close_may_carry),
        CASE(section_7_5_a_reason_is_text),
        CASE(section_7_7_codes_that_may_be_sent_are_answered),
        CASE(section_7_9_codes_that_may_not_be_sent_are_a_fault),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
