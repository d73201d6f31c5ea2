/* SPDX-License-Identifier: Apache-2.0 */
/* span.h - text that somebody else owns: compare, trim, find. All inline, nothing allocates. */
#ifndef SL_BASE_SPAN_H
#define SL_BASE_SPAN_H

#include <stdbool.h>
#include <string.h>
#include <sluice/plugin.h>

/* A span over a string literal. */
#define SL_SPAN(lit) ((sluice_span){ "" lit, sizeof(lit) - 1 })
/* For printf: "%.*s" with SL_FMT(span). */
#define SL_FMT(s) (int)(s).len, (s).ptr

static inline sluice_span sl_span(const char *ptr, size_t len)
{
    return (sluice_span){ ptr, len };
}

static inline sluice_span sl_span_str(const char *text)
{
    return (sluice_span){ text, text ? strlen(text) : 0 };
}

static inline bool sl_span_eq(sluice_span a, sluice_span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline char sl_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* Equal but for the case of ASCII letters. */
static inline bool sl_span_ieq(sluice_span a, sluice_span b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (sl_lower(a.ptr[i]) != sl_lower(b.ptr[i]))
            return false;
    return true;
}

static inline bool sl_span_starts(sluice_span s, sluice_span prefix)
{
    return s.len >= prefix.len && (prefix.len == 0 || memcmp(s.ptr, prefix.ptr, prefix.len) == 0);
}

static inline bool sl_span_ends(sluice_span s, sluice_span suffix)
{
    return s.len >= suffix.len &&
           (suffix.len == 0 || memcmp(s.ptr + s.len - suffix.len, suffix.ptr, suffix.len) == 0);
}

/* From byte `from` on; empty when it lies behind the end. */
static inline sluice_span sl_span_from(sluice_span s, size_t from)
{
    return from >= s.len ? sl_span(s.ptr ? s.ptr + s.len : NULL, 0)
                         : sl_span(s.ptr + from, s.len - from);
}

/* The first `n` bytes at most. */
static inline sluice_span sl_span_head(sluice_span s, size_t n)
{
    return sl_span(s.ptr, s.len < n ? s.len : n);
}

/* Index of c, or s.len. */
static inline size_t sl_span_find_char(sluice_span s, char c)
{
    const char *p = s.len ? memchr(s.ptr, c, s.len) : NULL;

    return p ? (size_t)(p - s.ptr) : s.len;
}

/* Index of needle, or haystack.len. */
size_t sl_span_find(sluice_span haystack, sluice_span needle);
/* The same, letters' case not counting. */
size_t sl_span_ifind(sluice_span haystack, sluice_span needle);

/* For who looks for long words in long texts: the next stretch, from *at on (0 at first), that
 * holds words of SL_SPAN_LONG_WORD bytes and more of which none is below `least`, whole; false:
 * there are no more of them. */
#define SL_SPAN_LONG_WORD 31
bool sl_span_next_words(sluice_span text, unsigned char least, size_t *at, sluice_span *stretch);

/* Without blanks (space, tab, CR, LF) at both ends. */
static inline sluice_span sl_span_trim(sluice_span s)
{
    while (s.len && (s.ptr[0] == ' ' || s.ptr[0] == '\t' || s.ptr[0] == '\r' || s.ptr[0] == '\n'))
        s.ptr++, s.len--;
    while (s.len && (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\t' ||
                     s.ptr[s.len - 1] == '\r' || s.ptr[s.len - 1] == '\n'))
        s.len--;
    return s;
}

/* One bit of 64 for a name. Where many names are asked for and few are there, the bits of those
 * that are answer most questions: a name whose bit is not among them is none of them. */
static inline uint64_t sl_span_bit(sluice_span name)
{
    size_t n = name.len;

    return n ? 1ull << ((n * 7 + (unsigned char)name.ptr[0] * 3u +
                         (unsigned char)name.ptr[n - 1] * 5u) %
                        64)
             : 1;
}

/* Compare without telling by the time taken where they differ; the length is not hidden. */
bool sl_span_eq_secret(sluice_span a, sluice_span b);
/* Decimal digits only, no sign; false on anything else or above `max`. */
bool sl_span_u64(sluice_span s, uint64_t max, uint64_t *out);

#endif
