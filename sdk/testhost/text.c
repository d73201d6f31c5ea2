/* SPDX-License-Identifier: Apache-2.0 */
/* text.c - growing text of the test kit. */
#include "text.h"

#include "fault.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void *test_alloc(size_t size)
{
    int armed = test_arm(0);
    void *p = calloc(1, size ? size : 1);

    test_arm(armed);
    if (!p) {
        fputs("test kit: out of memory\n", stderr);
        _Exit(99);
    }
    return p;
}

static void reserve(struct text *t, size_t n)
{
    size_t size = t->size ? t->size : 256;
    char *p;

    if (t->ptr && t->size - t->len > n)
        return;
    while (size - t->len <= n)
        size *= 2;
    p = test_alloc(size);
    if (t->len)
        memcpy(p, t->ptr, t->len);
    free(t->ptr);
    t->ptr = p;
    t->size = size;
}

void text_add(struct text *t, sluice_span s)
{
    reserve(t, s.len);
    if (s.len)
        memcpy(t->ptr + t->len, s.ptr, s.len);
    t->len += s.len;
    t->ptr[t->len] = 0;
}

void text_str(struct text *t, const char *s)
{
    text_add(t, sl_span_str(s));
}

void text_printf(struct text *t, const char *fmt, ...)
{
    va_list ap, again;
    int n;

    va_start(ap, fmt);
    va_copy(again, ap);
    n = vsnprintf(NULL, 0, fmt, ap);
    if (n > 0) {
        reserve(t, (size_t)n);
        vsnprintf(t->ptr + t->len, (size_t)n + 1, fmt, again);
        t->len += (size_t)n;
    }
    va_end(again);
    va_end(ap);
}

void text_escaped(struct text *t, sluice_span s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];

        if (c == '\n')
            text_str(t, "\\n");
        else if (c == '\r')
            text_str(t, "\\r");
        else if (c == '\t')
            text_str(t, "\\t");
        else if (c < 0x20 || c == 0x7f)
            text_printf(t, "\\x%02x", c);
        else
            text_add(t, sl_span((const char *)&c, 1));
    }
}

void text_clear(struct text *t)
{
    t->len = 0;
    if (t->ptr)
        t->ptr[0] = 0;
}

void text_free(struct text *t)
{
    free(t->ptr);
    *t = (struct text){ NULL, 0, 0 };
}

char *text_take(struct text *t)
{
    char *p;

    reserve(t, 0);
    p = t->ptr;
    p[t->len] = 0;
    *t = (struct text){ NULL, 0, 0 };
    return p;
}
