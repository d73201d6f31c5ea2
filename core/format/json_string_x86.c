/* SPDX-License-Identifier: Apache-2.0 */
/* json_string_x86.c - strings by SSE2, which every x86-64 has, and by AVX2. */
#include "format/json_string_simd.h"

#ifdef SL_JSON_STRING_SSE2
#include <immintrin.h>

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
#undef NAME
#undef TARGET
#undef WIDTH
#undef REST
#undef vec
#undef load
#undef any_special4
#undef mask_special
#undef mask_eq
#undef mask_control
#undef mask_high
#undef mask_hex
#undef mask_escapable

#define AVX2 __attribute__((target("avx2")))

AVX2 static inline __m256i special32(__m256i v)
{
    __m256i quote = _mm256_cmpeq_epi8(v, _mm256_set1_epi8('"'));
    __m256i backslash = _mm256_cmpeq_epi8(v, _mm256_set1_epi8('\\'));

    return _mm256_or_si256(_mm256_or_si256(quote, backslash),
                           _mm256_cmpgt_epi8(_mm256_set1_epi8(0x20), v));
}

AVX2 static inline bool any_special32(__m256i a, __m256i b, __m256i c, __m256i d)
{
    __m256i x = _mm256_or_si256(_mm256_or_si256(special32(a), special32(b)),
                                _mm256_or_si256(special32(c), special32(d)));

    return _mm256_movemask_epi8(x) != 0;
}

AVX2 static inline uint64_t mask32(__m256i v)
{
    return (uint32_t)_mm256_movemask_epi8(v);
}

AVX2 static inline uint64_t eq32(__m256i v, char c)
{
    return mask32(_mm256_cmpeq_epi8(v, _mm256_set1_epi8(c)));
}

AVX2 static inline __m256i within32(__m256i v, char lo, char n)
{
    __m256i x = _mm256_sub_epi8(v, _mm256_set1_epi8(lo));

    return _mm256_cmpeq_epi8(_mm256_subs_epu8(x, _mm256_set1_epi8(n)), _mm256_setzero_si256());
}

AVX2 static inline uint64_t hex32(__m256i v)
{
    return mask32(_mm256_or_si256(within32(v, '0', 9),
                                  within32(_mm256_or_si256(v, _mm256_set1_epi8(0x20)), 'a', 5)));
}

AVX2 static inline uint64_t escapable32(__m256i v)
{
    return eq32(v, '"') | eq32(v, '\\') | eq32(v, '/') | eq32(v, 'b') | eq32(v, 'f') |
           eq32(v, 'n') | eq32(v, 'r') | eq32(v, 't') | eq32(v, 'u');
}

#define NAME sl_json_string_avx2
#define TARGET AVX2
#define WIDTH 32
#define REST sl_json_string_sse2
#define vec __m256i
#define load(p) _mm256_loadu_si256((const __m256i *)(const void *)(p))
#define any_special4 any_special32
#define mask_special(v) mask32(special32(v))
#define mask_eq eq32
#define mask_control(v) mask32(within32(v, 0, 0x1f))
#define mask_high mask32
#define mask_hex hex32
#define mask_escapable escapable32
#include "format/json_string_block.h"

#endif
