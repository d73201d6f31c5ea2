/* SPDX-License-Identifier: Apache-2.0 */
/* Binary event streams: known messages both ways, and every way of being broken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include "base/arena.h"
#include "base/crc32.h"
#include "format/eventstream.h"

#define HI "{\"contentBlockIndex\":0,\"delta\":{\"text\":\"Hi\"}}"
#define MANY "{\"message\":\"Too many requests\"}"

static const unsigned char event[] = {
    0x00, 0x00, 0x00, 0x94, 0x00, 0x00, 0x00, 0x57, 0xb4, 0xab, 0x9a, 0xee, 0x0b, 0x3a, 0x65,
    0x76, 0x65, 0x6e, 0x74, 0x2d, 0x74, 0x79, 0x70, 0x65, 0x07, 0x00, 0x11, 0x63, 0x6f, 0x6e,
    0x74, 0x65, 0x6e, 0x74, 0x42, 0x6c, 0x6f, 0x63, 0x6b, 0x44, 0x65, 0x6c, 0x74, 0x61, 0x0d,
    0x3a, 0x63, 0x6f, 0x6e, 0x74, 0x65, 0x6e, 0x74, 0x2d, 0x74, 0x79, 0x70, 0x65, 0x07, 0x00,
    0x10, 0x61, 0x70, 0x70, 0x6c, 0x69, 0x63, 0x61, 0x74, 0x69, 0x6f, 0x6e, 0x2f, 0x6a, 0x73,
    0x6f, 0x6e, 0x0d, 0x3a, 0x6d, 0x65, 0x73, 0x73, 0x61, 0x67, 0x65, 0x2d, 0x74, 0x79, 0x70,
    0x65, 0x07, 0x00, 0x05, 0x65, 0x76, 0x65, 0x6e, 0x74, 0x7b, 0x22, 0x63, 0x6f, 0x6e, 0x74,
    0x65, 0x6e, 0x74, 0x42, 0x6c, 0x6f, 0x63, 0x6b, 0x49, 0x6e, 0x64, 0x65, 0x78, 0x22, 0x3a,
    0x30, 0x2c, 0x22, 0x64, 0x65, 0x6c, 0x74, 0x61, 0x22, 0x3a, 0x7b, 0x22, 0x74, 0x65, 0x78,
    0x74, 0x22, 0x3a, 0x22, 0x48, 0x69, 0x22, 0x7d, 0x7d, 0x1f, 0x94, 0x46, 0x57
};
static const unsigned char empty[] = { 0, 0,    0,    16,   0,    0,    0,    0,
                                       5, 0xc2, 0x48, 0xeb, 0x7d, 0x98, 0xc8, 0xff };

#define SPAN(bytes) sl_span((const char *)(bytes), sizeof(bytes))

static void assert_bytes(const struct sl_buf *b, const void *want, size_t n)
{
    assert_true(sl_buf_ok(b));
    assert_int_equal(b->len, n);
    assert_memory_equal(b->ptr, want, n);
}

static void crc_has_the_known_values(void **state)
{
    sluice_span digits = SL_SPAN("123456789");

    (void)state;
    assert_int_equal(sl_crc32(0, digits), 0xcbf43926);
    assert_int_equal(sl_crc32(0, SL_SPAN("")), 0);
    for (size_t i = 0; i <= digits.len; i++)
        assert_int_equal(sl_crc32(sl_crc32(0, sl_span_head(digits, i)), sl_span_from(digits, i)),
                         0xcbf43926);
}

static void known_event_is_read(void **state)
{
    struct sl_es_message m;
    const char *what;

    (void)state;
    assert_int_equal(sl_es_decode(SPAN(event), &m, &what), SLUICE_OK);
    assert_true(sl_span_eq(m.payload, SL_SPAN(HI)));
    assert_true(sl_span_eq(sl_es_text(&m, ":event-type"), SL_SPAN("contentBlockDelta")));
    assert_true(sl_span_eq(sl_es_text(&m, ":content-type"), SL_SPAN("application/json")));
    assert_true(sl_span_eq(sl_es_text(&m, ":message-type"), SL_SPAN("event")));
    assert_null(sl_es_text(&m, ":exception-type").ptr);
}

static void known_event_is_written(void **state)
{
    const sluice_span parts[] = { sl_span(HI, 10), sl_span(HI + 10, sizeof HI - 11) };
    struct sl_buf b;

    (void)state;
    sl_buf_init(&b, 1000);
    sl_es_event(&b, SL_SPAN("contentBlockDelta"), parts, 2);
    assert_bytes(&b, event, sizeof event);
    sl_buf_finish(&b);
}

static void known_exception_is_written(void **state)
{
    const sluice_span payload = SL_SPAN(MANY);
    struct sl_es_message m;
    const char *what;
    struct sl_buf b;

    (void)state;
    sl_buf_init(&b, 1000);
    sl_buf_add_str(&b, "before");
    sl_es_exception(&b, SL_SPAN("throttlingException"), &payload, 1);
    assert_int_equal(b.len, 6 + 144);
    assert_memory_equal(b.ptr + 6 + 8, "\x8e\x91\xa9\xb7", 4);
    assert_memory_equal(b.ptr + 6 + 140, "\xe6\x7f\x80\x05", 4);
    assert_int_equal(sl_es_decode(sl_span(b.ptr + 6, 144), &m, &what), SLUICE_OK);
    assert_true(sl_span_eq(sl_es_text(&m, ":exception-type"), SL_SPAN("throttlingException")));
    sl_buf_finish(&b);
}

static void message_of_nothing_is_legal(void **state)
{
    struct sl_es_message m;
    const char *what;
    struct sl_buf b;

    (void)state;
    assert_int_equal(sl_es_decode(SPAN(empty), &m, &what), SLUICE_OK);
    assert_int_equal(m.headers.len + m.payload.len, 0);
    sl_buf_init(&b, 100);
    sl_es_encode(&b, NULL, 0, NULL, 0);
    assert_bytes(&b, empty, sizeof empty);
    sl_buf_finish(&b);
}

static void every_flipped_bit_is_seen(void **state)
{
    unsigned char copy[sizeof event];
    struct sl_es_message m;
    const char *what;

    (void)state;
    for (size_t bit = 0; bit < 8 * sizeof event; bit++) {
        memcpy(copy, event, sizeof event);
        copy[bit / 8] ^= (unsigned char)(1 << bit % 8);
        assert_int_equal(sl_es_decode(SPAN(copy), &m, &what), SLUICE_E_INVALID);
    }
}

static void every_shorter_piece_is_refused(void **state)
{
    struct sl_es_message m;
    const char *what;

    (void)state;
    for (size_t n = 0; n < sizeof event; n++) {
        char *copy = malloc(n + 1); /* of its very size: a sanitizer sees each read behind it */

        memcpy(copy, event, n);
        assert_int_equal(sl_es_decode(sl_span(copy, n), &m, &what), SLUICE_E_INVALID);
        free(copy);
    }
}

static void all_types_of_headers_come_back(void **state)
{
    const struct sl_es_header in[] = {
        { SL_SPAN("yes"), SL_ES_TRUE, SL_SPAN("") },
        { SL_SPAN("no"), SL_ES_FALSE, SL_SPAN("") },
        { SL_SPAN("b"), SL_ES_INT8, SL_SPAN("\xff") },
        { SL_SPAN("s"), SL_ES_INT16, SL_SPAN("\x01\x02") },
        { SL_SPAN("i"), SL_ES_INT32, SL_SPAN("\x01\x02\x03\x04") },
        { SL_SPAN("l"), SL_ES_INT64, SL_SPAN("12345678") },
        { SL_SPAN("bytes"), SL_ES_BYTES, SL_SPAN("\0\1\2") },
        { SL_SPAN("text"), SL_ES_STRING, SL_SPAN("") },
        { SL_SPAN("when"), SL_ES_TIMESTAMP, SL_SPAN("87654321") },
        { SL_SPAN("id"), SL_ES_UUID, SL_SPAN("0123456789abcdef") },
    };
    const size_t n = sizeof in / sizeof *in;
    const sluice_span payload = SL_SPAN("p");
    struct sl_es_message m;
    struct sl_es_header h;
    sluice_span rest;
    const char *what;
    struct sl_buf b;

    (void)state;
    sl_buf_init(&b, 1000);
    sl_es_encode(&b, in, n, &payload, 1);
    assert_int_equal(sl_es_decode(sl_buf_span(&b), &m, &what), SLUICE_OK);
    rest = m.headers;
    for (size_t i = 0; i < n; i++) {
        assert_true(sl_es_next(&rest, &h));
        assert_true(sl_span_eq(h.name, in[i].name) && sl_span_eq(h.value, in[i].value));
        assert_int_equal(h.type, in[i].type);
    }
    assert_false(sl_es_next(&rest, &h));
    sl_buf_finish(&b);
}

/* Headers that lie, in a message whose CRCs are right. */
static void malformed_headers_are_refused(void **state)
{
    static const struct {
        const char *bytes;
        size_t n;
    } cases[] = {
        { "\0\7\0\1x", 5 },   /* no name */
        { "\1a", 2 },         /* no type */
        { "\1a\12", 3 },      /* a type that there is not */
        { "\1a\4\1\2\3", 6 }, /* three bytes of four */
        { "\1a\7\0", 4 },     /* half a length */
        { "\1a\7\0\2x", 6 },  /* a string longer than what is left */
        { "\377a\0", 3 },     /* a name longer than what is left */
        { "\1a\0\1", 4 },     /* a good one, then half of one */
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sl_es_message m;
        const char *what;
        struct sl_buf b;
        uint32_t crc;

        sl_buf_init(&b, 1000);
        sl_es_encode(&b, NULL, 0, &(sluice_span){ cases[i].bytes, cases[i].n }, 1);
        b.ptr[7] = (char)cases[i].n; /* the payload is made headers */
        crc = sl_crc32(0, sl_span(b.ptr, 8));
        for (int k = 0; k < 4; k++)
            b.ptr[8 + k] = (char)(crc >> (24 - 8 * k));
        crc = sl_crc32(0, sl_span(b.ptr, b.len - 4));
        for (int k = 0; k < 4; k++)
            b.ptr[b.len - 4 + (size_t)k] = (char)(crc >> (24 - 8 * k));
        assert_int_equal(sl_es_decode(sl_buf_span(&b), &m, &what), SLUICE_E_INVALID);
        assert_string_equal(what, "a header is malformed");
        sl_buf_finish(&b);
    }
}

static void huge_headers_have_a_limit(void **state)
{
    static char value[INT16_MAX];
    struct sl_es_header h[5];
    struct sl_es_message m;
    const char *what;
    struct sl_buf b;

    (void)state;
    for (size_t i = 0; i < 5; i++)
        h[i] = (struct sl_es_header){ SL_SPAN("h"), SL_ES_STRING, sl_span(value, sizeof value) };
    sl_buf_init(&b, 1u << 20);
    sl_es_encode(&b, h, 3, NULL, 0);
    assert_int_equal(sl_es_decode(sl_buf_span(&b), &m, &what), SLUICE_OK);
    sl_buf_reset(&b);
    sl_es_encode(&b, h, 5, NULL, 0);
    assert_false(sl_buf_ok(&b));
    h[0].value.len++;
    sl_buf_reset(&b);
    sl_es_encode(&b, h, 1, NULL, 0);
    assert_false(sl_buf_ok(&b));
    sl_buf_finish(&b);
}

static void failing_memory_is_told(void **state)
{
    const sluice_span payload = SL_SPAN(HI);

    (void)state;
    for (uint64_t n = 1; n < 5; n++) {
        struct sl_buf b;

        sl_buf_init(&b, 1000);
        sl_fault_after(n);
        sl_es_event(&b, SL_SPAN("contentBlockDelta"), &payload, 1);
        sl_fault_after(0);
        if (sl_buf_ok(&b))
            assert_bytes(&b, event, sizeof event);
        else
            assert_true(b.len < sizeof event);
        sl_buf_finish(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crc_has_the_known_values),
        cmocka_unit_test(known_event_is_read),
        cmocka_unit_test(known_event_is_written),
        cmocka_unit_test(known_exception_is_written),
        cmocka_unit_test(message_of_nothing_is_legal),
        cmocka_unit_test(every_flipped_bit_is_seen),
        cmocka_unit_test(every_shorter_piece_is_refused),
        cmocka_unit_test(all_types_of_headers_come_back),
        cmocka_unit_test(malformed_headers_are_refused),
        cmocka_unit_test(huge_headers_have_a_limit),
        cmocka_unit_test(failing_memory_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
