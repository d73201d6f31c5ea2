/* SPDX-License-Identifier: Apache-2.0 */
/* json_string_sse2.c - strings by SSE2, which every x86-64 has. */
#include "format/json_string_simd.h"

#ifdef SL_JSON_STRING_SSE2
#include <emmintrin.h>

/* Signed comparison takes bytes from 0x80 on as negative: one test for control and high. */

static inline __m128i special16(__m128i v)
{
    __m128i quote = _mm_cmpeq_epi8(v, _mm_set1_epi8('"'));
    __m128i backslash = _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'));

    return _mm_or_si128(_mm_or_si128(quote, backslash), _mm_cmplt_epi8(v, _mm_set1_epi8(0x20)));
}

static inline bool any_special16(__m128i a, __m128i b, __m128i c, __m128i d)
{
    __m128i x = _mm_or_si128(_mm_or_si128(special16(a), special16(b)),
                             _mm_or_si128(special16(c), special16(d)));

    return _mm_movemask_epi8(x) != 0;
}

static inline uint64_t mask16(__m128i v)
{
    return (uint32_t)_mm_movemask_epi8(v);
}

static inline uint64_t eq16(__m128i v, char c)
{
    return mask16(_mm_cmpeq_epi8(v, _mm_set1_epi8(c)));
}

/* Bytes from lo to lo + n, as unsigned. */
static inline __m128i within16(__m128i v, char lo, char n)
{
    __m128i x = _mm_sub_epi8(v, _mm_set1_epi8(lo));

    return _mm_cmpeq_epi8(_mm_subs_epu8(x, _mm_set1_epi8(n)), _mm_setzero_si128());
}

static inline uint64_t hex16(__m128i v)
{
    return mask16(
        _mm_or_si128(within16(v, '0', 9), within16(_mm_or_si128(v, _mm_set1_epi8(0x20)), 'a', 5)));
}

static inline uint64_t escapable16(__m128i v)
{
    return eq16(v, '"') | eq16(v, '\\') | eq16(v, '/') | eq16(v, 'b') | eq16(v, 'f') |
           eq16(v, 'n') | eq16(v, 'r') | eq16(v, 't') | eq16(v, 'u');
}

#define NAME sl_json_string_sse2
#define TARGET
#define WIDTH 16
#define UTF8 0
#define REST sl_json_string_plain
#define vec __m128i
#define load(p) _mm_loadu_si128((const __m128i *)(const void *)(p))
#define any_special4 any_special16
#define mask_special(v) mask16(special16(v))
#define mask_eq eq16
#define mask_control(v) mask16(within16(v, 0, 0x1f))
#define mask_high mask16
#define mask_hex hex16
#define mask_escapable escapable16
#include "format/json_string_block.h"

#endif
