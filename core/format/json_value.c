/* SPDX-License-Identifier: Apache-2.0 */
/* json_value.c - one raw value read as a number, a truth value or a decoded string. */
#include "format/json_lex.h"

#include <locale.h>
#include <pthread.h>
#include <stdlib.h>

/* The number's value is mantissa * 10^exponent; false when the digits do not fit. */
struct decimal {
    bool negative;
    uint64_t mantissa; /* without zeros at its end */
    int64_t exponent;
};

#define EXPONENT_LIMIT 1000000000000 /* far outside of what can be an integer of 64 bits */

static bool add_digit(struct decimal *d, unsigned digit, int64_t place, bool *first)
{
    if (digit == 0)
        return true;
    if (*first) {
        *first = false;
        d->exponent = place;
    }
    for (; d->exponent > place; d->exponent--)
        if (__builtin_mul_overflow(d->mantissa, 10, &d->mantissa))
            return false;
    return !__builtin_add_overflow(d->mantissa, digit, &d->mantissa);
}

static bool decimal_read(sluice_span v, struct decimal *d)
{
    const char *p = v.ptr, *end = p + v.len, *fault, *dot;
    int64_t place, shift = 0;
    bool first = true, negative;

    *d = (struct decimal){ 0 };
    if (v.len == 0 || sl_json_lex_number(p, end, &fault) != end)
        return false;
    if (*p == '-') {
        d->negative = true;
        p++;
    }
    for (dot = p; dot < end && *dot >= '0' && *dot <= '9'; dot++)
        ;
    place = dot - p - 1; /* power of ten of the digit at p */
    for (; p < end && *p != 'e' && *p != 'E'; p++) {
        if (*p == '.')
            continue;
        if (!add_digit(d, (unsigned)(*p - '0'), place--, &first))
            return false;
    }
    if (p < end) {
        p++;
        negative = *p == '-';
        if (*p == '-' || *p == '+')
            p++;
        for (; p < end; p++)
            if (shift < EXPONENT_LIMIT)
                shift = shift * 10 + (*p - '0');
        d->exponent += negative ? -shift : shift;
    }
    return true;
}

/* Up to 18 digits and nothing else, as counts are. */
static bool short_count(sluice_span v, int64_t *out)
{
    int64_t n = 0;

    if (v.len == 0 || v.len > 18 || (v.ptr[0] == '0' && v.len > 1))
        return false;
    for (size_t i = 0; i < v.len; i++) {
        if (v.ptr[i] < '0' || v.ptr[i] > '9')
            return false;
        n = n * 10 + (v.ptr[i] - '0');
    }
    *out = n;
    return true;
}

bool sl_json_i64(sluice_span value, int64_t *out)
{
    uint64_t limit;
    struct decimal d;

    if (short_count(value, out))
        return true;
    if (!decimal_read(value, &d))
        return false;
    if (d.mantissa == 0) {
        *out = 0;
        return true;
    }
    if (d.exponent < 0)
        return false;
    for (; d.exponent > 0; d.exponent--)
        if (__builtin_mul_overflow(d.mantissa, 10, &d.mantissa))
            return false;
    limit = (uint64_t)INT64_MAX + d.negative;
    if (d.mantissa > limit)
        return false;
    *out = d.negative ? (int64_t)(0 - d.mantissa) : (int64_t)d.mantissa;
    return true;
}

static locale_t c_locale;
static pthread_once_t c_locale_once = PTHREAD_ONCE_INIT;

static void c_locale_open(void)
{
    c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

bool sl_json_f64(sluice_span value, double *out)
{
    char text[512];
    const char *fault;
    double d;

    /* Nobody writes longer numbers in earnest, and strtod() wants a NUL behind them. */
    if (value.len == 0 || value.len >= sizeof text)
        return false;
    if (sl_json_lex_number(value.ptr, value.ptr + value.len, &fault) != value.ptr + value.len)
        return false;
    /* The embedder may have set a locale with a decimal comma. */
    pthread_once(&c_locale_once, c_locale_open);
    if (!c_locale)
        return false;
    memcpy(text, value.ptr, value.len);
    text[value.len] = '\0';
    d = strtod_l(text, NULL, c_locale);
    if (__builtin_isinf(d))
        return false;
    *out = d;
    return true;
}

bool sl_json_is_true(sluice_span value)
{
    return sl_span_eq(value, SL_SPAN("true"));
}

bool sl_json_raw_string(sluice_span value, sluice_span *inside)
{
    if (value.len < 2 || value.ptr[0] != '"' || value.ptr[value.len - 1] != '"')
        return false;
    *inside = sl_span(value.ptr + 1, value.len - 2);
    return true;
}

bool sl_json_string(sluice_span value, struct sluice_arena *arena, sluice_span *out)
{
    sluice_span inside;

    if (!sl_json_raw_string(value, &inside))
        return false;
    return sl_json_decode(inside, sl_span_find_char(inside, '\\') < inside.len, arena, out);
}

bool sl_json_decode(sluice_span inside, bool escaped, struct sluice_arena *arena, sluice_span *out)
{
    char *text;

    *out = inside;
    if (!escaped)
        return true;
    text = sl_alloc(arena, inside.len);
    if (!text)
        return false;
    *out = sl_span(text, sl_json_unescape(inside, text));
    return true;
}

/* Four hex digits, checked by the validation; false when they are none, or not there. */
static bool hex4(const char *p, const char *end, uint32_t *out)
{
    uint32_t n = 0;

    if (end - p < 4)
        return false;
    for (int i = 0; i < 4; i++) {
        char c = sl_lower(p[i]);

        if (c >= '0' && c <= '9')
            n = n << 4 | (uint32_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            n = n << 4 | (uint32_t)(c - 'a' + 10);
        else
            return false;
    }
    *out = n;
    return true;
}

static char *put_utf8(char *out, uint32_t c)
{
    if (c < 0x80) {
        *out++ = (char)c;
    } else if (c < 0x800) {
        *out++ = (char)(0xC0 | c >> 6);
        *out++ = (char)(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        *out++ = (char)(0xE0 | c >> 12);
        *out++ = (char)(0x80 | (c >> 6 & 0x3F));
        *out++ = (char)(0x80 | (c & 0x3F));
    } else {
        *out++ = (char)(0xF0 | c >> 18);
        *out++ = (char)(0x80 | (c >> 12 & 0x3F));
        *out++ = (char)(0x80 | (c >> 6 & 0x3F));
        *out++ = (char)(0x80 | (c & 0x3F));
    }
    return out;
}

/* *p: behind "\u". A lone surrogate, which UTF-8 cannot say, becomes U+FFFD. Where no digits follow
 * the text was not valid; the letter then stands for itself, so that the output never outgrows the
 * input. */
static uint32_t unescape_unicode(const char **p, const char *end)
{
    uint32_t c, low;

    if (!hex4(*p, end, &c))
        return 'u';
    *p += 4;
    if (c < 0xD800 || c > 0xDFFF)
        return c;
    if (c < 0xDC00 && end - *p >= 6 && (*p)[0] == '\\' && (*p)[1] == 'u' &&
        hex4(*p + 2, end, &low) && low >= 0xDC00 && low <= 0xDFFF) {
        *p += 6;
        return 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
    }
    return 0xFFFD;
}

size_t sl_json_unescape(sluice_span inside, char *out)
{
    const char *p = inside.ptr, *end = p + inside.len;
    char *to = out;

    while (p < end) {
        const char *slash = memchr(p, '\\', (size_t)(end - p));
        size_t run = (size_t)((slash ? slash : end) - p);

        memcpy(to, p, run);
        to += run;
        p += run;
        if (end - p < 2)
            break;
        p += 2;
        switch (p[-1]) {
        case 'b':
            *to++ = '\b';
            break;
        case 'f':
            *to++ = '\f';
            break;
        case 'n':
            *to++ = '\n';
            break;
        case 'r':
            *to++ = '\r';
            break;
        case 't':
            *to++ = '\t';
            break;
        case 'u':
            to = put_utf8(to, unescape_unicode(&p, end));
            break;
        default: /* quote, backslash and slash stand for themselves */
            *to++ = p[-1];
        }
    }
    return (size_t)(to - out);
}

/* In pieces, as names may be long. */
bool sl_json_inside_is(sluice_span inside, sluice_span name)
{
    char piece[12];
    size_t i = 0, at = 0;

    /* Every escape is longer than what it says, so only a longer text can be it in disguise. */
    if (inside.len <= name.len)
        return sl_span_eq(inside, name) && sl_span_find_char(inside, '\\') == inside.len;
    if (name.len && inside.ptr[0] != name.ptr[0] && inside.ptr[0] != '\\')
        return false;
    while (i < inside.len) {
        size_t take = 1, n;

        if (inside.ptr[i] == '\\' && i + 1 < inside.len) {
            take = inside.ptr[i + 1] == 'u' ? 6 : 2;
            /* The lower half of a pair must be decoded together with the upper one. */
            if (take == 6 && i + 12 <= inside.len && inside.ptr[i + 6] == '\\' &&
                inside.ptr[i + 7] == 'u' && sl_lower(inside.ptr[i + 8]) == 'd' &&
                sl_lower(inside.ptr[i + 9]) >= 'c')
                take = 12;
        }
        n = sl_json_unescape(sl_span_head(sl_span_from(inside, i), take), piece);
        if (n > name.len - at || memcmp(piece, name.ptr + at, n) != 0)
            return false;
        i += take;
        at += n;
    }
    return at == name.len;
}
