/* SPDX-License-Identifier: Apache-2.0 */
/*
 * example.h - what the examples share. Nothing here belongs to the library: requests and answers
 * are JSON, and a program of yours has a JSON library already; these few lines stand in for it.
 */
#ifndef EXAMPLE_H
#define EXAMPLE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sluice/sluice.h>

/* A literal or any other string as a span: pointer and length, no terminator needed. */
static inline sluice_span span(const char *s)
{
    return (sluice_span){ s, strlen(s) };
}

static inline void complain(const char *what, const sluice_error *err)
{
    fprintf(stderr, "%s: %s%s%s%s\n", what, err->message, err->code[0] ? " (" : "", err->code,
            err->code[0] ? ")" : "");
}

/* Where the JSON value at p ends. Answers of the library are well-formed. */
static inline const char *json_skip(const char *p, const char *end)
{
    int depth = 0;

    while (p < end) {
        if (*p == '"') {
            for (p++; p < end && *p != '"'; p++)
                p += *p == '\\';
        } else if (*p == '{' || *p == '[') {
            depth++;
        } else if (*p == '}' || *p == ']') {
            if (depth-- == 0)
                return p; /* a bare number or word ends here */
        } else if ((*p == ',' || *p == ':') && depth == 0) {
            return p;
        }
        p++;
        if (depth == 0 && (p[-1] == '"' || p[-1] == '}' || p[-1] == ']'))
            return p;
    }
    return end;
}

static inline const char *json_blank(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\n' || *p == '\t' || *p == '\r' || *p == ','))
        p++;
    return p;
}

/* The raw value of one member of an object, or of one element ("0", "1", ...) of an array. Empty
 * when there is none. */
static inline sluice_span json_member(sluice_span json, const char *name)
{
    const char *end = json.ptr + json.len, *p = json_blank(json.ptr, end), *key;
    long index = strtol(name, NULL, 10);
    int is_object = p < end && *p == '{';
    size_t len = strlen(name);

    if (p == end || (*p != '{' && *p != '['))
        return span("");
    for (p = json_blank(p + 1, end); p < end && *p != '}' && *p != ']'; p = json_blank(p, end)) {
        int found = index-- == 0;

        if (is_object) {
            key = p;
            p = json_skip(p, end);
            found = (size_t)(p - key) == len + 2 && memcmp(key + 1, name, len) == 0;
            p = json_blank(p, end) + 1;
            p = json_blank(p, end);
        }
        key = p;
        p = json_skip(p, end);
        if (found)
            return (sluice_span){ key, (size_t)(p - key) };
    }
    return span("");
}

/* The value at a path such as "choices.0.message.content". */
static inline sluice_span json_at(sluice_span json, const char *path)
{
    char name[64];

    while (*path && json.len) {
        size_t n = strcspn(path, ".");

        snprintf(name, sizeof name, "%.*s", (int)n, path);
        json = json_member(json, name);
        path += n + (path[n] == '.');
    }
    return json;
}

static inline unsigned hex4(const char *p)
{
    char digits[5] = { p[0], p[1], p[2], p[3], 0 };

    return (unsigned)strtoul(digits, NULL, 16);
}

static inline void print_utf8(unsigned c)
{
    if (c < 0x80) {
        putchar((int)c);
    } else if (c < 0x800) {
        putchar((int)(0xC0 | c >> 6));
    } else if (c < 0x10000) {
        putchar((int)(0xE0 | c >> 12));
        putchar((int)(0x80 | (c >> 6 & 0x3F)));
    } else {
        putchar((int)(0xF0 | c >> 18));
        putchar((int)(0x80 | (c >> 12 & 0x3F)));
        putchar((int)(0x80 | (c >> 6 & 0x3F)));
    }
    if (c >= 0x80)
        putchar((int)(0x80 | (c & 0x3F)));
}

/* The text of a JSON string. Anything else, null too, has none. */
static inline void print_text(sluice_span string)
{
    const char *p = string.ptr + 1, *end = string.ptr + string.len - 1;

    if (string.len < 2 || string.ptr[0] != '"')
        return;
    for (; p < end; p++) {
        unsigned c;

        if (*p != '\\') {
            putchar(*p);
        } else if (*++p == 'u' && end - p > 4) {
            c = hex4(p + 1);
            p += 4;
            if (c >= 0xD800 && c < 0xDC00 && end - p > 6 && p[1] == '\\') {
                c = 0x10000 + ((c & 0x3FF) << 10) + (hex4(p + 3) & 0x3FF);
                p += 6;
            }
            print_utf8(c);
        } else {
            putchar(*p == 'n' ? '\n' : *p == 't' ? '\t' : *p == 'r' ? '\r' : *p);
        }
    }
    fflush(stdout);
}

#endif
