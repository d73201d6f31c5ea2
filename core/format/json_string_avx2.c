/* SPDX-License-Identifier: Apache-2.0 */
/* json_string_avx2.c - strings by AVX2, for processors that have it. */
#include "format/json_string_simd.h"

#ifdef SL_JSON_STRING_SSE2
#include <immintrin.h>

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

static const uint8_t first_high[16] = { SL_UTF8_FIRST_HIGH };
static const uint8_t first_low[16] = { SL_UTF8_FIRST_LOW };
static const uint8_t second_high[16] = { SL_UTF8_SECOND_HIGH };

/* Both halves look up in the same table. */
AVX2 static inline __m256i lookup(const uint8_t table[16], __m256i nibbles)
{
    __m128i t = _mm_loadu_si128((const __m128i *)(const void *)table);

    return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(t), nibbles);
}

AVX2 static inline __m256i upper_half(__m256i v)
{
    return _mm256_and_si256(_mm256_srli_epi16(v, 4), _mm256_set1_epi8(15));
}

/* The bytes that cannot follow the ones before them; w: the block before. */
AVX2 static inline uint64_t bad_utf8_32(__m256i v, __m256i w)
{
    __m256i between = _mm256_permute2x128_si256(w, v, 0x21);
    __m256i first = _mm256_alignr_epi8(v, between, 15);
    __m256i back2 = _mm256_alignr_epi8(v, between, 14);
    __m256i back3 = _mm256_alignr_epi8(v, between, 13);
    __m256i high = lookup(first_high, upper_half(first));
    __m256i low = lookup(first_low, _mm256_and_si256(first, _mm256_set1_epi8(15)));
    __m256i second = lookup(second_high, upper_half(v));
    __m256i wrong = _mm256_and_si256(_mm256_and_si256(high, low), second);
    /* The sign bit is set where the third byte of three or four, or the fourth, must be. */
    __m256i third = _mm256_subs_epu8(back2, _mm256_set1_epi8(0xE0 - 0x80));
    __m256i fourth = _mm256_subs_epu8(back3, _mm256_set1_epi8(0xF0 - 0x80));
    __m256i must = _mm256_and_si256(_mm256_or_si256(third, fourth), _mm256_set1_epi8(-128));

    wrong = _mm256_xor_si256(wrong, must);
    return ~mask32(_mm256_cmpeq_epi8(wrong, _mm256_setzero_si256())) & 0xFFFFFFFFu;
}

#define NAME sl_json_string_avx2
#define TARGET AVX2
#define WIDTH 32
#define UTF8 1
#define mask_bad_utf8 bad_utf8_32
#define none _mm256_setzero_si256
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
