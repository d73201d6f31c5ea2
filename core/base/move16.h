/* SPDX-License-Identifier: Apache-2.0 */
/*
 * move16.h - text that is copied and judged at the same time: sixteen bytes are loaded once,
 * stored, and handed to whoever looks for bytes that may not be there. Where there is no SSE2,
 * SL_MOVE16 is 0 and the caller has another way.
 */
#ifndef SL_BASE_MOVE16_H
#define SL_BASE_MOVE16_H

#include "base/span.h"

#ifdef __SSE2__
#define SL_MOVE16 1
#include <emmintrin.h>

#define SL_MOVE16_INLINE static inline __attribute__((always_inline))

/* 1 to 16 bytes in one register, some of them twice; copied, unless `to` is NULL. */
SL_MOVE16_INLINE __m128i sl_move_few(char *to, const char *from, size_t n)
{
    uint64_t a, b;
    uint32_t c, d;

    if (n >= 8) {
        memcpy(&a, from, 8);
        memcpy(&b, from + n - 8, 8);
        if (to) {
            memcpy(to, &a, 8);
            memcpy(to + n - 8, &b, 8);
        }
        return _mm_set_epi64x((long long)b, (long long)a);
    }
    if (n >= 4) {
        memcpy(&c, from, 4);
        memcpy(&d, from + n - 4, 4);
        if (to) {
            memcpy(to, &c, 4);
            memcpy(to + n - 4, &d, 4);
        }
        return _mm_set_epi32((int)d, (int)c, (int)d, (int)c);
    }
    /* One, two or three: the first, the middle and the last. */
    if (to) {
        to[0] = from[0];
        to[n / 2] = from[n / 2];
        to[n - 1] = from[n - 1];
    }
    return _mm_unpacklo_epi16(_mm_unpacklo_epi8(_mm_set1_epi8(from[0]), _mm_set1_epi8(from[n / 2])),
                              _mm_set1_epi8(from[n - 1]));
}

SL_MOVE16_INLINE __m128i sl_move16(char *to, const char *from)
{
    __m128i x = _mm_loadu_si128((const __m128i *)(const void *)from);

    if (to)
        _mm_storeu_si128((__m128i *)(void *)to, x);
    return x;
}

/* Copies s, unless `to` is NULL; false when wrong() marks a byte of it. The last sixteen overlap
 * those before them. */
SL_MOVE16_INLINE bool sl_move(char *to, sluice_span s, __m128i (*wrong)(__m128i))
{
    __m128i found;

    if (s.len == 0)
        return true;
    if (s.len <= 16)
        return !_mm_movemask_epi8(wrong(sl_move_few(to, s.ptr, s.len)));
    found = _mm_or_si128(wrong(sl_move16(to, s.ptr)),
                         wrong(sl_move16(to ? to + s.len - 16 : to, s.ptr + s.len - 16)));
    for (size_t i = 16; i + 16 < s.len; i += 16)
        found = _mm_or_si128(found, wrong(sl_move16(to ? to + i : to, s.ptr + i)));
    return !_mm_movemask_epi8(found);
}
#else
#define SL_MOVE16 0
#endif

#endif
