/* SPDX-License-Identifier: Apache-2.0 */
/* http1_write.c - what may be sent as a field, and fields as they are sent. */
#include "base/move16.h"
#include "format/http1_parse.h"
#include "format/http1_text.h"

#if SL_MOVE16
/* Controls other than the tab. */
SL_MOVE16_INLINE __m128i not_in_value(__m128i x)
{
    __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(x, _mm_set1_epi8(0x1f)), x);
    __m128i tab = _mm_cmpeq_epi8(x, _mm_set1_epi8('\t'));

    return _mm_or_si128(_mm_andnot_si128(tab, low), _mm_cmpeq_epi8(x, _mm_set1_epi8(0x7f)));
}

/* All but digits, '-' and what lies from '^' to 'z': names are in lower case and hardly ever made
 * of anything else. */
SL_MOVE16_INLINE __m128i not_plain(__m128i x)
{
    __m128i letter = _mm_and_si128(_mm_cmpgt_epi8(x, _mm_set1_epi8('^' - 1)),
                                   _mm_cmplt_epi8(x, _mm_set1_epi8('z' + 1)));
    __m128i digit = _mm_and_si128(_mm_cmpgt_epi8(x, _mm_set1_epi8('0' - 1)),
                                  _mm_cmplt_epi8(x, _mm_set1_epi8('9' + 1)));
    __m128i good = _mm_or_si128(_mm_or_si128(letter, digit), _mm_cmpeq_epi8(x, _mm_set1_epi8('-')));

    return _mm_cmpeq_epi8(good, _mm_setzero_si128());
}

SL_MOVE16_INLINE bool move_value(char *to, sluice_span s)
{
    return sl_move(to, s, not_in_value);
}

SL_MOVE16_INLINE bool move_plain(char *to, sluice_span s)
{
    return s.len > 0 && sl_move(to, s, not_plain);
}
#else
static bool move_value(char *to, sluice_span s)
{
    if (to && s.len)
        memcpy(to, s.ptr, s.len);
    return sl_http_run(s.ptr, s.len, SL_HTTP_VALUE) == s.len;
}

static bool move_plain(char *to, sluice_span s)
{
    if (to && s.len)
        memcpy(to, s.ptr, s.len);
    return false;
}
#endif

bool sl_http_value_ok(sluice_span s)
{
    return move_value(NULL, s);
}

static bool is_token(sluice_span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!sl_http_token[(unsigned char)s.ptr[i]])
            return false;
    return s.len > 0;
}

bool sl_http_name_ok(sluice_span s)
{
    return move_plain(NULL, s) || is_token(s);
}

char *sl_http_put_field(char *at, sluice_span name, sluice_span value)
{
    char *v = at + name.len + 2, *end = v + value.len;

    if (!(move_plain(at, name) || is_token(name)) || !move_value(v, value))
        return NULL;
    memcpy(v - 2, ": ", 2);
    memcpy(end, "\r\n", 2);
    return end + 2;
}
