/* SPDX-License-Identifier: Apache-2.0 */
/* What a WebSocket server must make of frames: sections 1 to 5, 9 and 10 of the Autobahn suite. */
#include "ws_echo.h"

/* ---- 1: framing -------------------------------------------------------------------------- */

static const size_t sizes[] = { 0, 125, 126, 127, 128, 65535, 65536 };

static void echoed(int kind, const char *word, size_t piece)
{
    char want[64];

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        frame(FIN | kind, star(sizes[i]));
        bye();
        if (sizes[i])
            snprintf(want, sizeof want, "%s#%zu close:1000", word, sizes[i]);
        else
            snprintf(want, sizeof want, "%s close:1000", word);
        send_in(piece, want);
    }
}

static void section_1_1_text_of_every_length_comes_back(void **state)
{
    (void)state;
    echoed(TEXT, "text", 0);
    echoed(TEXT, "text", 997);
}

static void section_1_2_bytes_of_every_length_come_back(void **state)
{
    (void)state;
    echoed(BINARY, "binary", 0);
    echoed(BINARY, "binary", 997);
}

/* ---- 2: pings and pongs ------------------------------------------------------------------ */

static void section_2_pings_are_answered_with_their_payload(void **state)
{
    (void)state;
    say(FIN | PING, "");
    say(FIN | PING, "Hello, world!");
    frame(FIN | PING, sl_span("\xff\xfe\xfd", 3));
    frame(FIN | PING, star(125));
    bye();
    expect("pong pong:Hello, world! pong:\xff\xfe\xfd pong#125 close:1000");
    frame(FIN | PING, star(125));
    bye();
    send_in(1, "pong#125 close:1000");
}

static void section_2_5_a_ping_of_126_bytes_is_a_fault(void **state)
{
    (void)state;
    frame(FIN | PING, star(126));
    expect("close:1002");
}

static void section_2_7_pongs_that_nobody_asked_for_are_nothing(void **state)
{
    (void)state;
    say(FIN | PONG, "");
    say(FIN | PONG, "unasked");
    say(FIN | PING, "asked");
    bye();
    expect("pong:asked close:1000");
}

static void section_2_10_ten_pings_are_answered_in_order(void **state)
{
    (void)state;
    for (size_t piece = 0; piece <= 1; piece++) {
        for (char c = '0'; c <= '9'; c++)
            frame(FIN | PING, sl_span(&c, 1));
        bye();
        send_in(piece, "pong:0 pong:1 pong:2 pong:3 pong:4 pong:5 pong:6 pong:7 pong:8 pong:9 "
                       "close:1000");
    }
}

/* ---- 3, 4: reserved bits and opcodes ----------------------------------------------------- */

static void section_3_reserved_bits_are_a_fault(void **state)
{
    static const int heads[] = { TEXT, BINARY, CLOSE, PING, PONG };

    (void)state;
    for (int bits = 1; bits < 8; bits++)
        for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
            say(FIN | TEXT, "fine");
            frame(FIN | bits << 4 | heads[i], sl_span("\x03\xe8", 2));
            say(FIN | PING, "");
            send_in(i & 1, "text:fine close:1002");
        }
}

static void section_4_reserved_opcodes_are_a_fault(void **state)
{
    static const int codes[] = { 3, 4, 5, 6, 7, 11, 12, 13, 14, 15 };

    (void)state;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        say(FIN | codes[i], "");
        expect("close:1002");
        say(FIN | TEXT, "fine");
        say(FIN | codes[i], "payload");
        say(FIN | PING, "");
        send_in(i & 1, "text:fine close:1002");
    }
}

/* ---- 5: fragments ------------------------------------------------------------------------ */

static void section_5_1_control_frames_in_fragments_are_a_fault(void **state)
{
    (void)state;
    say(PING, "a");
    say(FIN | CONT, "b");
    expect("close:1002");
    say(PONG, "a");
    say(FIN | CONT, "b");
    expect("close:1002");
}

static void section_5_3_fragments_are_joined(void **state)
{
    (void)state;
    for (size_t piece = 0; piece <= 1; piece++) {
        say(TEXT, "one");
        say(FIN | CONT, "two");
        bye();
        send_in(piece, "text:onetwo close:1000");
    }
}

static void section_5_6_pings_between_fragments_are_answered_at_once(void **state)
{
    (void)state;
    for (size_t piece = 0; piece <= 1; piece++) {
        say(TEXT, "1");
        say(CONT, "2");
        say(FIN | PING, "a");
        say(CONT, "3");
        say(CONT, "4");
        say(FIN | PING, "b");
        say(FIN | CONT, "5");
        bye();
        send_in(piece, "pong:a pong:b text:12345 close:1000");
    }
}

static void section_5_9_continuations_of_nothing_are_a_fault(void **state)
{
    (void)state;
    for (int fin = 0; fin <= FIN; fin += FIN) {
        say(fin | CONT, "of nothing");
        say(FIN | TEXT, "fine");
        send_in(fin ? 0 : 1, "close:1002");
        say(TEXT, "a");
        say(FIN | CONT, "b");
        say(fin | CONT, "c");
        expect("text:ab close:1002");
    }
}

static void section_5_18_a_message_within_a_message_is_a_fault(void **state)
{
    (void)state;
    say(TEXT, "a");
    say(FIN | TEXT, "b");
    expect("close:1002");
}

/* ---- 9, 10: size ------------------------------------------------------------------------- */

static void section_9_1_messages_of_megabytes_come_back(void **state)
{
    char want[64];

    (void)state;
    for (size_t n = 64 << 10; n <= 16 << 20; n *= 4) {
        for (int kind = TEXT; kind <= BINARY; kind++) {
            frame(FIN | kind, star(n));
            bye();
            snprintf(want, sizeof want, "%s#%zu close:1000", kind == TEXT ? "text" : "binary", n);
            expect(want);
        }
    }
}

static void section_9_3_megabytes_in_fragments_come_back(void **state)
{
    (void)state;
    for (size_t each = 256; each <= 1 << 20; each *= 16) {
        for (size_t at = 0; at < 4 << 20; at += each)
            frame((at + each == 4 << 20 ? FIN : 0) | (at ? CONT : TEXT), star(each));
        bye();
        expect("text#4194304 close:1000");
    }
}

static void section_9_5_megabytes_in_small_writes_come_back(void **state)
{
    (void)state;
    for (size_t piece = 512; piece <= 2048; piece *= 2) {
        frame(FIN | TEXT, star(1 << 20));
        bye();
        send_in(piece, "text#1048576 close:1000");
    }
}

static void section_9_7_a_thousand_messages_come_back(void **state)
{
    static const size_t each[] = { 0, 16, 64, 256, 1024, 16384 };

    (void)state;
    for (size_t i = 0; i < sizeof each / sizeof *each; i++) {
        struct sl_buf want;
        size_t n = each[i] > 1024 ? 100 : 1000;

        sl_buf_init(&want, 1u << 20);
        for (size_t k = 0; k < n; k++) {
            frame(FIN | BINARY, star(each[i]));
            if (each[i] > 40)
                sl_buf_printf(&want, "binary#%zu ", each[i]);
            else
                sl_buf_printf(&want, "binary%s%.*s ", each[i] ? ":" : "", SL_FMT(star(each[i])));
        }
        bye();
        sl_buf_printf(&want, "close:1000");
        sl_buf_add_char(&want, 0);
        expect(want.ptr);
        sl_buf_finish(&want);
    }
}

static void section_10_1_many_fragments_are_one_message(void **state)
{
    (void)state;
    for (size_t at = 0; at < 65536;) {
        size_t n = 65536 - at < 1300 ? 65536 - at : 1300;

        frame((at + n == 65536 ? FIN : 0) | (at ? CONT : TEXT), star(n));
        at += n;
    }
    bye();
    expect("text#65536 close:1000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(section_1_1_text_of_every_length_comes_back),
        CASE(section_1_2_bytes_of_every_length_come_back),
        CASE(section_2_pings_are_answered_with_their_payload),
        CASE(section_2_5_a_ping_of_126_bytes_is_a_fault),
        CASE(section_2_7_pongs_that_nobody_asked_for_are_nothing),
        CASE(section_2_10_ten_pings_are_answered_in_order),
        CASE(section_3_reserved_bits_are_a_fault),
        CASE(section_4_reserved_opcodes_are_a_fault),
        CASE(section_5_1_control_frames_in_fragments_are_a_fault),
        CASE(section_5_3_fragments_are_joined),
        CASE(section_5_6_pings_between_fragments_are_answered_at_once),
        CASE(section_5_9_continuations_of_nothing_are_a_fault),
        CASE(section_5_18_a_message_within_a_message_is_a_fault),
        CASE(section_9_1_messages_of_megabytes_come_back),
        CASE(section_9_3_megabytes_in_fragments_come_back),
        CASE(section_9_5_megabytes_in_small_writes_come_back),
        CASE(section_9_7_a_thousand_messages_come_back),
        CASE(section_10_1_many_fragments_are_one_message),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
