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

#endif
