/* SPDX-License-Identifier: Apache-2.0 */
/* span.c - the span helpers that are too long to be inline. */
#include "base/span.h"

#include <openssl/crypto.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

bool sl_span_eq_secret(sluice_span a, sluice_span b)
{
    return a.len == b.len && (a.len == 0 || CRYPTO_memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool sl_span_u64(sluice_span s, uint64_t max, uint64_t *out)
{
    uint64_t n = 0;

    if (s.len == 0)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        unsigned digit = (unsigned)(unsigned char)s.ptr[i] - '0';

        if (digit > 9 || __builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, digit, &n))
            return false;
    }
    if (n > max)
        return false;
    *out = n;
    return true;
}

static size_t find_from(sluice_span haystack, sluice_span needle, size_t at)
{
    const char *p = memmem(haystack.ptr + at, haystack.len - at, needle.ptr, needle.len);

    return p ? (size_t)(p - haystack.ptr) : haystack.len;
}

/* Whole requests are searched for short words: places where first and last byte are right are found
 * sixteen at a time, which memmem() does not do. It takes over at the end, and where so many places
 * look right that this way would be the slow one. */
size_t sl_span_find(sluice_span haystack, sluice_span needle)
{
    size_t at = 0;

    if (needle.len == 0)
        return 0;
    if (needle.len > haystack.len)
        return haystack.len;
#ifdef __SSE2__
    __m128i first = _mm_set1_epi8(needle.ptr[0]);
    __m128i last = _mm_set1_epi8(needle.ptr[needle.len - 1]);
    size_t looks = 0;

    for (; at + 15 + needle.len <= haystack.len && looks <= at / 8 + 64; at += 16) {
        const char *p = haystack.ptr + at;
        __m128i a = _mm_loadu_si128((const __m128i *)(const void *)p);
        __m128i b = _mm_loadu_si128((const __m128i *)(const void *)(p + needle.len - 1));
        unsigned mask = (unsigned)_mm_movemask_epi8(
            _mm_and_si128(_mm_cmpeq_epi8(a, first), _mm_cmpeq_epi8(b, last)));

        for (; mask; mask &= mask - 1, looks++) {
            size_t i = at + (size_t)__builtin_ctz(mask);

            if (memcmp(haystack.ptr + i, needle.ptr, needle.len) == 0)
                return i;
        }
    }
#endif
    return find_from(haystack, needle, at);
}

size_t sl_span_ifind(sluice_span haystack, sluice_span needle)
{
    if (needle.len == 0)
        return 0;
    for (size_t at = 0; at + needle.len <= haystack.len; at++)
        if (sl_lower(haystack.ptr[at]) == sl_lower(needle.ptr[0]) &&
            sl_span_ieq(sl_span(haystack.ptr + at, needle.len), needle))
            return at;
    return haystack.len;
}

#ifdef __SSE2__
static inline bool is_dense(const char *p, __m128i floor)
{
    __m128i x = _mm_loadu_si128((const __m128i *)(const void *)p);

    return _mm_movemask_epi8(_mm_cmpeq_epi8(_mm_max_epu8(x, floor), x)) == 0xffff;
}
#endif

/* Such a word fills a block of sixteen, wherever it begins: where each block has a byte below
 * `least`, there is none. Stretches that nearly touch are one. */
bool sl_span_next_words(sluice_span text, unsigned char least, size_t *at, sluice_span *stretch)
{
#ifdef __SSE2__
    const __m128i floor = _mm_set1_epi8((char)least);
    const char *p, *end, *from, *last;

    if (text.len < *at + 16)
        return false;
    p = text.ptr + *at;
    end = text.ptr + text.len;
    while (end - p >= 16 && !is_dense(p, floor))
        p += 16;
    if (end - p < 16)
        return false;
    from = last = p;
    for (p += 16; end - p >= 16 && p - last <= 32; p += 16)
        if (is_dense(p, floor))
            last = p;
    *at = (size_t)(p - text.ptr);
    from -= from - text.ptr > 16 ? 16 : from - text.ptr;
    *stretch = sl_span(from, (size_t)((end - last > 32 ? last + 32 : end) - from));
    return true;
#else
    (void)least;
    *stretch = sl_span_from(text, *at);
    *at = text.len;
    return stretch->len > 0;
#endif
}
