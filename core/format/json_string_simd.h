/* SPDX-License-Identifier: Apache-2.0 */
/* json_string_simd.h - the ways to scan strings by vector instructions, where they exist. Private
 * to json_string*.c. */
#ifndef SL_FORMAT_JSON_STRING_SIMD_H
#define SL_FORMAT_JSON_STRING_SIMD_H

#include "format/json_string.h"

#if defined(__x86_64__)
#define SL_JSON_STRING_SSE2
struct sl_json_str sl_json_string_sse2(const char *p, const char *end);
/* Only where the processor has AVX2. */
struct sl_json_str sl_json_string_avx2(const char *p, const char *end);
#elif defined(__aarch64__)
#define SL_JSON_STRING_NEON
struct sl_json_str sl_json_string_neon(const char *p, const char *end);
#endif

/* From the backslashes of a block to the characters that they escape: every other one of a run
 * counts. Bit i stands for byte i; *carry, in and out, says that a block's first byte is escaped
 * by the block before. Adding a run's first bit to the run lets the carry run through it, which
 * tells runs that start at even bits from the others without a loop. */
static inline uint64_t sl_json_escaped(uint64_t backslash, unsigned width, uint64_t *carry)
{
    const uint64_t even = 0x5555555555555555u;
    uint64_t b = backslash & ~*carry;
    uint64_t starts = b & ~(b << 1);
    uint64_t even_runs = b & ~(b + (starts & even));
    uint64_t escaping = (even_runs & even) | (b & ~even_runs & ~even);
    uint64_t escaped = escaping << 1 | *carry;

    *carry = escaping >> (width - 1) & 1;
    return escaped;
}

/* How many bytes before p begin a sequence that goes on at p. At least three are there, and they
 * are valid as far as they go. */
static inline unsigned sl_utf8_unfinished(const char *p)
{
    for (unsigned back = 1; back <= 3; back++) {
        unsigned char c = (unsigned char)p[-(int)back];

        if (c >= 0xC0)
            return back < 2u + (c >= 0xE0) + (c >= 0xF0) ? back : 0;
    }
    return 0;
}

/* What can be wrong with two neighbours in UTF-8, a bit each. Three tables say what the upper and
 * lower half of the first byte and the upper half of the second allow for; what all three agree on
 * is so. That continuation follows continuation is right or wrong by what is further back. */
#define SL_UTF8_SHORT 0x01     /* a lead without continuation */
#define SL_UTF8_LONG 0x02      /* a continuation without lead */
#define SL_UTF8_OVER3 0x04     /* E0 80..9F */
#define SL_UTF8_LARGE 0x08     /* F4 90.. and F5.. 90.. */
#define SL_UTF8_SURROGATE 0x10 /* ED A0.. */
#define SL_UTF8_OVER2 0x20     /* C0, C1 */
#define SL_UTF8_OVER4 0x40     /* F0 80..8F, and F5.. 80..8F */
#define SL_UTF8_TWO 0x80       /* two continuations: must be the sign bit */
#define SL_UTF8_ANY (SL_UTF8_SHORT | SL_UTF8_LONG | SL_UTF8_TWO)
#define SL_UTF8_SECOND (SL_UTF8_LONG | SL_UTF8_OVER2 | SL_UTF8_TWO)
#define SL_UTF8_FROM_F5 (SL_UTF8_ANY | SL_UTF8_LARGE | SL_UTF8_OVER4)
#define SL_UTF8_FIRST_HIGH                                                                         \
    SL_UTF8_LONG, SL_UTF8_LONG, SL_UTF8_LONG, SL_UTF8_LONG, SL_UTF8_LONG, SL_UTF8_LONG,            \
        SL_UTF8_LONG, SL_UTF8_LONG, SL_UTF8_TWO, SL_UTF8_TWO, SL_UTF8_TWO, SL_UTF8_TWO,            \
        SL_UTF8_SHORT | SL_UTF8_OVER2, SL_UTF8_SHORT,                                              \
        SL_UTF8_SHORT | SL_UTF8_OVER3 | SL_UTF8_SURROGATE,                                         \
        SL_UTF8_SHORT | SL_UTF8_LARGE | SL_UTF8_OVER4
#define SL_UTF8_FIRST_LOW                                                                          \
    SL_UTF8_ANY | SL_UTF8_OVER2 | SL_UTF8_OVER3 | SL_UTF8_OVER4, SL_UTF8_ANY | SL_UTF8_OVER2,      \
        SL_UTF8_ANY, SL_UTF8_ANY, SL_UTF8_ANY | SL_UTF8_LARGE, SL_UTF8_FROM_F5, SL_UTF8_FROM_F5,   \
        SL_UTF8_FROM_F5, SL_UTF8_FROM_F5, SL_UTF8_FROM_F5, SL_UTF8_FROM_F5, SL_UTF8_FROM_F5,       \
        SL_UTF8_FROM_F5, SL_UTF8_FROM_F5 | SL_UTF8_SURROGATE, SL_UTF8_FROM_F5, SL_UTF8_FROM_F5
#define SL_UTF8_SECOND_HIGH                                                                        \
    SL_UTF8_SHORT, SL_UTF8_SHORT, SL_UTF8_SHORT, SL_UTF8_SHORT, SL_UTF8_SHORT, SL_UTF8_SHORT,      \
        SL_UTF8_SHORT, SL_UTF8_SHORT, SL_UTF8_SECOND | SL_UTF8_OVER3 | SL_UTF8_OVER4,              \
        SL_UTF8_SECOND | SL_UTF8_OVER3 | SL_UTF8_LARGE,                                            \
        SL_UTF8_SECOND | SL_UTF8_SURROGATE | SL_UTF8_LARGE,                                        \
        SL_UTF8_SECOND | SL_UTF8_SURROGATE | SL_UTF8_LARGE, SL_UTF8_SHORT, SL_UTF8_SHORT,          \
        SL_UTF8_SHORT, SL_UTF8_SHORT

#endif
