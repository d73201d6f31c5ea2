/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scalar.c - YAML 1.1 words: on/off/yes/no, octal, binary, hex, base 60, floats with underscores,
 * the way PyYAML's resolver draws the lines (1e-7 without a dot is a string, 1.5e-07 a number).
 */
#include "config/scalar.h"

#include <stdio.h>
#include <stdlib.h>

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool one_of(sluice_span s, const char *const *words)
{
    for (; *words; words++)
        if (sl_span_eq(s, sl_span_str(*words)))
            return true;
    return false;
}

static bool all_in(sluice_span s, const char *set)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] == '\0' || !strchr(set, s.ptr[i]))
            return false;
    return s.len > 0;
}

static sluice_status keep_number(struct sluice_arena *arena, const char *digits, sluice_span *text)
{
    *text = sl_arena_dup(arena, sl_span_str(digits));
    return text->ptr ? SLUICE_OK : SLUICE_E_NOMEM;
}

/* Digits of a base with underscores between them, to an integer. */
static bool in_base(sluice_span s, unsigned base, uint64_t *out)
{
    uint64_t n = 0;

    for (size_t i = 0; i < s.len; i++) {
        char c = sl_lower(s.ptr[i]);
        unsigned v;

        if (c == '_')
            continue;
        v = digit(c) ? (unsigned)(c - '0') : (unsigned)(c - 'a') + 10;
        if (n > (UINT64_MAX - v) / base)
            return false;
        n = n * base + v;
    }
    *out = n;
    return n <= INT64_MAX;
}

/* [1-9][0-9_]*(:[0-5]?[0-9])+ ; a float continues with a dot, which is where *rest points. */
static bool base60(sluice_span s, bool zero_first, uint64_t *out, sluice_span *rest)
{
    size_t i = 0;
    uint64_t n = 0;

    if (!s.len || !digit(s.ptr[0]) || (s.ptr[0] == '0' && !zero_first))
        return false;
    for (; i < s.len && (digit(s.ptr[i]) || s.ptr[i] == '_'); i++)
        if (s.ptr[i] != '_')
            n = n > (uint64_t)INT64_MAX / 600 ? n : n * 10 + (uint64_t)(s.ptr[i] - '0');
    if (i == s.len || s.ptr[i] != ':')
        return false;
    while (i < s.len && s.ptr[i] == ':') {
        unsigned part;

        if (++i == s.len || !digit(s.ptr[i]))
            return false;
        part = (unsigned)(s.ptr[i] - '0');
        if (i + 1 < s.len && digit(s.ptr[i + 1])) {
            if (part > 5)
                return false;
            part = part * 10 + (unsigned)(s.ptr[++i] - '0');
        }
        i++;
        if (n > ((uint64_t)INT64_MAX - part) / 60)
            return false;
        n = n * 60 + part;
    }
    *out = n;
    *rest = sl_span_from(s, i);
    return true;
}

/* An integer in one of YAML's spellings; false = it is none. */
static bool resolve_int(sluice_span s, struct sluice_arena *arena, sluice_span *text,
                        sluice_status *st)
{
    bool minus = s.len && s.ptr[0] == '-';
    sluice_span body = s.len && (minus || s.ptr[0] == '+') ? sl_span_from(s, 1) : s, rest;
    char digits[32];
    uint64_t n = 0;
    bool fits = true;

    if (sl_span_starts(body, SL_SPAN("0b")) && all_in(sl_span_from(body, 2), "01_"))
        fits = in_base(sl_span_from(body, 2), 2, &n);
    else if (sl_span_starts(body, SL_SPAN("0x")) &&
             all_in(sl_span_from(body, 2), "0123456789abcdefABCDEF_"))
        fits = in_base(sl_span_from(body, 2), 16, &n);
    else if (body.len > 1 && body.ptr[0] == '0' && all_in(sl_span_from(body, 1), "01234567_"))
        fits = in_base(sl_span_from(body, 1), 8, &n);
    else if (body.len && (body.ptr[0] != '0' || body.len == 1) && digit(body.ptr[0]) &&
             all_in(body, "0123456789_")) {
        char *out = sl_alloc(arena, body.len + 2);
        size_t at = 0;

        /* Decimal: kept as text, so that no size is too large. */
        if (!out) {
            *st = SLUICE_E_NOMEM;
            return true;
        }
        if (minus && body.ptr[0] != '0')
            out[at++] = '-';
        for (size_t i = 0; i < body.len; i++)
            if (body.ptr[i] != '_')
                out[at++] = body.ptr[i];
        out[at] = '\0';
        *text = sl_span(out, at);
        *st = SLUICE_OK;
        return true;
    } else if (!base60(body, false, &n, &rest) || rest.len > 0)
        return false;
    snprintf(digits, sizeof digits, "%s%llu", minus && n ? "-" : "", (unsigned long long)n);
    *st = fits ? keep_number(arena, digits, text) : SLUICE_E_INVALID;
    return true;
}

static size_t run(sluice_span s, size_t at, bool underscores)
{
    while (at < s.len && (digit(s.ptr[at]) || (underscores && s.ptr[at] == '_')))
        at++;
    return at;
}

/* digits.digits(e[+-]digits)? in JSON's spelling. */
static sluice_status spell_float(sluice_span s, struct sluice_arena *arena, sluice_span *text)
{
    char *out = sl_alloc(arena, s.len + 4);
    size_t at = 0, i = 0, from;

    if (!out)
        return SLUICE_E_NOMEM;
    if (s.ptr[0] == '-')
        out[at++] = '-';
    if (s.ptr[0] == '-' || s.ptr[0] == '+')
        i++;
    while (i < s.len && (s.ptr[i] == '0' || s.ptr[i] == '_'))
        i++; /* JSON knows no leading zeros */
    from = at;
    for (; s.ptr[i] != '.'; i++)
        if (s.ptr[i] != '_')
            out[at++] = s.ptr[i];
    if (at == from)
        out[at++] = '0';
    out[at++] = '.';
    from = at;
    for (i++; i < s.len && s.ptr[i] != 'e' && s.ptr[i] != 'E'; i++)
        if (s.ptr[i] != '_')
            out[at++] = s.ptr[i];
    if (at == from)
        out[at++] = '0';
    while (i < s.len)
        out[at++] = s.ptr[i++];
    out[at] = '\0';
    *text = sl_span(out, at);
    return SLUICE_OK;
}

static bool resolve_float(sluice_span s, struct sluice_arena *arena, sluice_span *text,
                          sluice_status *st)
{
    bool sign = s.len && (s.ptr[0] == '-' || s.ptr[0] == '+');
    sluice_span body = sign ? sl_span_from(s, 1) : s, rest;
    static const char *const odd[] = { ".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN", NULL };
    size_t dot, at;
    uint64_t n;

    if (one_of(body, odd) && (!sign || sl_lower(body.ptr[1]) == 'i')) {
        *st = SLUICE_E_INVALID;
        return true;
    }
    if (base60(body, true, &n, &rest) && rest.len && rest.ptr[0] == '.') {
        char number[400], fraction[300];
        size_t k = 0;

        for (size_t i = 1; i < rest.len && k + 1 < sizeof fraction; i++) {
            if (!digit(rest.ptr[i]) && rest.ptr[i] != '_')
                return false;
            if (rest.ptr[i] != '_')
                fraction[k++] = rest.ptr[i];
        }
        fraction[k] = '\0';
        snprintf(number, sizeof number, "%s%llu.%s", s.ptr[0] == '-' ? "-" : "",
                 (unsigned long long)n, k ? fraction : "0");
        *st = keep_number(arena, number, text);
        return true;
    }
    dot = run(body, 0, true);
    if (dot == body.len || body.ptr[dot] != '.' || (dot > 0 && body.ptr[0] == '_'))
        return false;
    /* Without a digit in front there is no sign, and one must follow. */
    if (dot == 0 && (sign || body.len < 2 || !digit(body.ptr[1])))
        return false;
    at = run(body, dot + 1, true);
    if (at < body.len) {
        size_t from = at + 2;

        if ((body.ptr[at] != 'e' && body.ptr[at] != 'E') || from >= body.len ||
            (body.ptr[at + 1] != '-' && body.ptr[at + 1] != '+') ||
            run(body, from, false) != body.len)
            return false;
    }
    *st = spell_float(s, arena, text);
    return true;
}

sluice_status sl_scalar_resolve(sluice_span s, struct sluice_arena *arena, enum sl_node_kind *kind,
                                sluice_span *text)
{
    static const char *const nulls[] = { "", "~", "null", "Null", "NULL", NULL };
    static const char *const yes[] = { "yes",  "Yes", "YES", "true", "True",
                                       "TRUE", "on",  "On",  "ON",   NULL };
    static const char *const no[] = { "no",    "No",  "NO",  "false", "False",
                                      "FALSE", "off", "Off", "OFF",   NULL };
    sluice_status st = SLUICE_OK;

    *kind = SL_NODE_STRING;
    *text = s;
    if (one_of(s, nulls)) {
        *kind = SL_NODE_NULL;
        *text = SL_SPAN("null");
    } else if (one_of(s, yes) || one_of(s, no)) {
        *kind = SL_NODE_BOOL;
        *text = one_of(s, yes) ? SL_SPAN("true") : SL_SPAN("false");
    } else if (resolve_int(s, arena, text, &st))
        *kind = SL_NODE_INT;
    else if (resolve_float(s, arena, text, &st))
        *kind = SL_NODE_FLOAT;
    return st;
}

enum sl_node_kind sl_scalar_json(sluice_span s)
{
    if (s.len && (s.ptr[0] == 't' || s.ptr[0] == 'f'))
        return SL_NODE_BOOL;
    if (s.len && s.ptr[0] == 'n')
        return SL_NODE_NULL;
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] == '.' || sl_lower(s.ptr[i]) == 'e')
            return SL_NODE_FLOAT;
    return SL_NODE_INT;
}

enum sl_decimal sl_decimal_scale(sluice_span s, int power, int64_t *out)
{
    bool minus = s.len && s.ptr[0] == '-', any = false, rest = false;
    size_t i = s.len && (minus || s.ptr[0] == '+') ? 1 : 0, e;
    int64_t exponent = 0, shift;
    size_t dot = s.len, end;
    uint64_t n = 0;
    int half = 0;

    for (e = i; e < s.len && s.ptr[e] != 'e' && s.ptr[e] != 'E'; e++) {
        if (s.ptr[e] == '.' && dot == s.len)
            dot = e;
        else if (!digit(s.ptr[e]))
            return SL_DECIMAL_BAD;
        else
            any = true;
    }
    end = e;
    if (!any)
        return SL_DECIMAL_BAD;
    if (e < s.len) {
        bool down = ++e < s.len && s.ptr[e] == '-';

        if (e < s.len && (down || s.ptr[e] == '+'))
            e++;
        if (e == s.len)
            return SL_DECIMAL_BAD;
        for (; e < s.len; e++) {
            if (!digit(s.ptr[e]))
                return SL_DECIMAL_BAD;
            if (exponent < 100000)
                exponent = exponent * 10 + (s.ptr[e] - '0');
        }
        exponent = down ? -exponent : exponent;
    }
    /* Digits left of the point after the shift make the integer; the first one right of it rounds,
     * any after that says only that there was one. */
    shift = (int64_t)(dot < end ? dot : end) + exponent + power;
    for (size_t k = i; k < end; k++) {
        unsigned d = (unsigned)(s.ptr[k] - '0');
        int64_t place = (int64_t)k - (k > dot ? 1 : 0);

        if (k == dot)
            continue;
        if (place < shift) {
            if (n > ((uint64_t)INT64_MAX - d) / 10)
                return SL_DECIMAL_RANGE;
            n = n * 10 + d;
        } else {
            if (place == shift)
                half = d >= 5;
            rest |= d != 0;
        }
    }
    for (int64_t k = (int64_t)end - (dot < end ? 1 : 0); k < shift && n; k++) {
        if (n > (uint64_t)INT64_MAX / 10)
            return SL_DECIMAL_RANGE;
        n *= 10;
    }
    n += half && n < INT64_MAX ? 1 : 0;
    *out = minus ? -(int64_t)n : (int64_t)n;
    return rest ? SL_DECIMAL_ROUNDED : SL_DECIMAL_EXACT;
}
