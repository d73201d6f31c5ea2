/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_string.h - finds the end of a JSON string and checks what is in it: escapes, control
 * characters, UTF-8. Nearly all bytes of a body lie in strings, so this is where scanning is fast
 * or slow. Private to the JSON files of this folder and their tests.
 */
#ifndef SL_FORMAT_JSON_STRING_H
#define SL_FORMAT_JSON_STRING_H

#include "base/span.h"

struct sl_json_str {
    const char *end;  /* the closing quote; with a fault, the place of it */
    const char *what; /* NULL = fine; else a static sentence */
    bool escaped;     /* there is a backslash inside */
};

/* p: behind the opening quote; end: of the text. Never reads at or behind end. */
typedef struct sl_json_str (*sl_json_string_fn)(const char *p, const char *end);

/* The best way for this processor, found out at the first call. */
struct sl_json_str sl_json_string_scan(const char *p, const char *end);

/* All ways that this processor can go; they give identical results. For tests and benchmarks. */
struct sl_json_string_way {
    const char *name;
    sl_json_string_fn fn;
};
size_t sl_json_string_ways(const struct sl_json_string_way **ways);

/* Plain C; the others come here for what is left at the end, and to explain faults. */
struct sl_json_str sl_json_string_plain(const char *p, const char *end);

/* Length of the valid UTF-8 sequence at p, which begins with a byte >= 0x80; 0 if there is none. */
static inline unsigned sl_utf8_length(const char *at, const char *end)
{
    const unsigned char *p = (const unsigned char *)at;
    size_t left = (size_t)(end - at);

    if (p[0] < 0xC2)
        return 0;
    if (p[0] < 0xE0)
        return left >= 2 && (p[1] & 0xC0) == 0x80 ? 2 : 0;
    if (p[0] < 0xF0) {
        if (left < 3 || (p[1] & 0xC0) != 0x80 || (p[2] & 0xC0) != 0x80)
            return 0;
        if (p[0] == 0xE0 && p[1] < 0xA0) /* too long a form */
            return 0;
        return p[0] == 0xED && p[1] >= 0xA0 ? 0 : 3; /* surrogates */
    }
    if (p[0] > 0xF4 || left < 4 || (p[1] & 0xC0) != 0x80 || (p[2] & 0xC0) != 0x80 ||
        (p[3] & 0xC0) != 0x80)
        return 0;
    if (p[0] == 0xF0 && p[1] < 0x90)
        return 0;
    return p[0] == 0xF4 && p[1] >= 0x90 ? 0 : 4; /* above U+10FFFF */
}

#endif
