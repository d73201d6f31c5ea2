/* SPDX-License-Identifier: Apache-2.0 */
/* http1_retry.c - see http1_retry.h. */
#include "format/http1_retry.h"

#define DAY_S 86400

/* Days from 1970-01-01, proleptic Gregorian. */
static int64_t days_from_civil(int64_t y, int64_t m, int64_t d)
{
    int64_t era, yoe, doy;

    y -= m <= 2;
    era = (y >= 0 ? y : y - 399) / 400;
    yoe = y - era * 400;
    doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static bool digits(sluice_span s, size_t from, size_t n, uint64_t max, int64_t *out)
{
    uint64_t v = 0;

    if (from + n > s.len)
        return false;
    for (size_t i = from; i < from + n; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
        v = v * 10 + (uint64_t)(s.ptr[i] - '0');
    }
    *out = (int64_t)v;
    return v <= max;
}

/* "Sun, 06 Nov 1994 08:49:37 GMT"; the obsolete forms of RFC 9110 are not sent by API servers. */
static bool http_date(sluice_span s, int64_t *unix_s)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    int64_t day, year, h, m, sec, month = 0;

    if (s.len != 29 || s.ptr[3] != ',' || !sl_span_ends(s, SL_SPAN(" GMT")))
        return false;
    for (int i = 0; i < 12; i++)
        if (memcmp(months + 3 * i, s.ptr + 8, 3) == 0)
            month = i + 1;
    if (!month || !digits(s, 5, 2, 31, &day) || !digits(s, 12, 4, 9999, &year) ||
        !digits(s, 17, 2, 23, &h) || !digits(s, 20, 2, 59, &m) || !digits(s, 23, 2, 60, &sec))
        return false;
    *unix_s = days_from_civil(year, month, day) * DAY_S + h * 3600 + m * 60 + sec;
    return true;
}

/* A decimal number of units of `scale` milliseconds; fractions below a millisecond are dropped. */
static bool decimal_ms(sluice_span s, uint64_t scale, uint64_t *out)
{
    size_t dot = sl_span_find_char(s, '.');
    uint64_t whole = 0, part = 0, unit = scale;

    if (!s.len || (dot == 0) || !sl_span_u64(sl_span_head(s, dot), UINT32_MAX, &whole))
        return false;
    for (size_t i = dot + 1; i < s.len; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
        unit /= 10;
        part += unit * (uint64_t)(s.ptr[i] - '0');
    }
    *out = whole * scale + part;
    return true;
}

uint32_t sl_http_retry_after_ms(const sluice_header *headers, size_t n, int64_t unix_ms)
{
    sluice_span after = { 0 }, after_ms = { 0 };
    uint64_t ms = 0;
    int64_t at;

    for (size_t i = n; i-- > 0;) /* of two the first one counts */
        if (headers[i].name.len == 11 && sl_span_ieq(headers[i].name, SL_SPAN("retry-after")))
            after = sl_span_trim(headers[i].value);
        else if (headers[i].name.len == 14 &&
                 sl_span_ieq(headers[i].name, SL_SPAN("retry-after-ms")))
            after_ms = sl_span_trim(headers[i].value);
    if (!decimal_ms(after_ms, 1, &ms) && !decimal_ms(after, 1000, &ms) && http_date(after, &at) &&
        at * 1000 > unix_ms)
        ms = (uint64_t)(at * 1000 - unix_ms);
    return ms > DAY_S * 1000u ? DAY_S * 1000u : (uint32_t)ms;
}
