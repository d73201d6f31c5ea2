/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compat.c - URLs and Retry-After of OpenAI-like vendors. Classes of failure are in compat_error.c,
 * usage in compat_usage.c.
 */
#include <sluice_sdk/compat.h>

#include "base/span.h"

#define DAY_S 86400

/* Paths that people paste as part of the base when they mean the server. */
static const char *const full_paths[] = { "/chat/completions", "/completions", "/embeddings" };

static sluice_span without_slashes(sluice_span s)
{
    while (s.len && s.ptr[s.len - 1] == '/')
        s.len--;
    return s;
}

/* Length of a version segment ("/v1", "/v2beta") at the start of path, else 0. */
static size_t version_segment(sluice_span path)
{
    size_t n;

    if (path.len < 3 || path.ptr[0] != '/' || path.ptr[1] != 'v' || path.ptr[2] < '0' ||
        path.ptr[2] > '9')
        return 0;
    n = 1 + sl_span_find_char(sl_span_from(path, 1), '/');
    return n;
}

static size_t put(char *out, size_t at, sluice_span s)
{
    if (s.len)
        memcpy(out + at, s.ptr, s.len);
    return at + s.len;
}

size_t sl_compat_url(sluice_span base, sluice_span path, char *out)
{
    size_t q = sl_span_find_char(base, '?');
    sluice_span query = sl_span_from(base, q);
    size_t n, v;

    base = without_slashes(sl_span_head(base, q));
    if (path.len && sl_span_ends(base, path)) {
        path.len = 0;
    } else {
        for (size_t i = 0; i < sizeof full_paths / sizeof *full_paths; i++) {
            sluice_span full = sl_span_str(full_paths[i]);

            if (sl_span_ends(base, full)) {
                base.len -= full.len;
                break;
            }
        }
        v = version_segment(path);
        if (v && sl_span_ends(base, sl_span_head(path, v)))
            path = sl_span_from(path, v);
    }
    n = put(out, 0, base);
    if (path.len && path.ptr[0] != '/')
        out[n++] = '/';
    n = put(out, n, path);
    if (query.len > 1) {
        /* The path of an operation may carry a query of its own. */
        bool second = sl_span_find_char(path, '?') < path.len;

        out[n++] = second ? '&' : '?';
        n = put(out, n, sl_span_from(query, 1));
    }
    return n;
}

/* ---- Retry-After ---- */

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

static sluice_span header(const sluice_header *headers, size_t n, const char *name)
{
    sluice_span want = sl_span_str(name);

    for (size_t i = 0; i < n; i++)
        if (sl_span_ieq(headers[i].name, want))
            return sl_span_trim(headers[i].value);
    return sl_span(NULL, 0);
}

uint32_t sl_compat_retry_after_ms(const sluice_header *headers, size_t n, int64_t unix_ms)
{
    sluice_span after = header(headers, n, "retry-after");
    uint64_t ms = 0;
    int64_t at;

    if (!decimal_ms(header(headers, n, "retry-after-ms"), 1, &ms) &&
        !decimal_ms(after, 1000, &ms) && http_date(after, &at) && at * 1000 > unix_ms)
        ms = (uint64_t)(at * 1000 - unix_ms);
    return ms > DAY_S * 1000u ? DAY_S * 1000u : (uint32_t)ms;
}
