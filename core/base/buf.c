/* SPDX-License-Identifier: Apache-2.0 */
/* buf.c - growing text. One byte more than `size` is always there, for the NUL that printf writes.
 */
#include "base/buf.h"

#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define FIRST_SIZE 64

void sl_buf_init(struct sl_buf *b, size_t cap)
{
    /* Room for the spare byte must not overflow. */
    *b = (struct sl_buf){ .cap = cap < SIZE_MAX ? cap : SIZE_MAX - 1 };
}

void sl_buf_finish(struct sl_buf *b)
{
    if (b->ptr) /* most were never used */
        free(b->ptr);
    sl_buf_init(b, b->cap);
}

void sl_buf_reset(struct sl_buf *b)
{
    b->len = 0;
    b->failed = false;
}

void sl_buf_consume(struct sl_buf *b, size_t n)
{
    if (n >= b->len) {
        b->len = 0;
        return;
    }
    memmove(b->ptr, b->ptr + n, b->len - n);
    b->len -= n;
}

bool sl_buf_reserve(struct sl_buf *b, size_t n)
{
    size_t size;
    char *ptr;

    if (b->failed)
        return false;
    if (n <= b->size - b->len)
        return true;
    if (n > b->cap - b->len || sl_fault_hit()) {
        b->failed = true;
        return false;
    }
    size = b->size > b->cap / 2 ? b->cap : b->size * 2;
    if (size < FIRST_SIZE)
        size = FIRST_SIZE;
    if (size < b->len + n)
        size = b->len + n;
    if (size > b->cap)
        size = b->cap;
    ptr = realloc(b->ptr, size + 1);
    if (!ptr) {
        b->failed = true;
        return false;
    }
    b->ptr = ptr;
    b->size = size;
    return true;
}

void sl_buf_add(struct sl_buf *b, sluice_span s)
{
    if (!sl_buf_reserve(b, s.len) || s.len == 0)
        return;
    memcpy(b->ptr + b->len, s.ptr, s.len);
    b->len += s.len;
}

void sl_buf_add_char(struct sl_buf *b, char c)
{
    if (sl_buf_reserve(b, 1))
        b->ptr[b->len++] = c;
}

void sl_buf_add_str(struct sl_buf *b, const char *text)
{
    sl_buf_add(b, sl_span_str(text));
}

/* Two digits at a time. */
static const char pairs[] = "00010203040506070809101112131415161718192021222324252627282930313233"
                            "34353637383940414243444546474849505152535455565758596061626364656667"
                            "6869707172737475767778798081828384858687888990919293949596979899";

/* Writes the digits of n so that they end before `end`; returns their beginning. */
static char *digits_before(char *end, uint64_t n)
{
    for (; n >= 100; n /= 100) {
        end -= 2;
        memcpy(end, pairs + n % 100 * 2, 2);
    }
    if (n >= 10) {
        end -= 2;
        memcpy(end, pairs + n * 2, 2);
    } else {
        *--end = (char)('0' + n);
    }
    return end;
}

void sl_buf_add_u64(struct sl_buf *b, uint64_t n)
{
    char room[20], *end = room + sizeof room, *from = digits_before(end, n);

    sl_buf_add(b, sl_span(from, (size_t)(end - from)));
}

void sl_buf_add_i64(struct sl_buf *b, int64_t n)
{
    char room[20], *end = room + sizeof room;
    char *from = digits_before(end, n < 0 ? 0 - (uint64_t)n : (uint64_t)n);

    if (n < 0)
        *--from = '-';
    sl_buf_add(b, sl_span(from, (size_t)(end - from)));
}

sluice_span sl_decimal(char *room, uint64_t n, unsigned places)
{
    char *end = room + SL_DECIMAL_ROOM, *at = end;

    if (places) {
        for (; places > 1; places -= 2, n /= 100) {
            at -= 2;
            memcpy(at, pairs + n % 100 * 2, 2);
        }
        if (places) {
            *--at = (char)('0' + n % 10);
            n /= 10;
        }
        *--at = '.';
    }
    at = digits_before(at, n);
    return sl_span(at, (size_t)(end - at));
}

void sl_buf_printf(struct sl_buf *b, const char *fmt, ...)
{
    va_list ap;
    int n;

    if (b->failed)
        return;
    va_start(ap, fmt);
    n = vsnprintf(b->ptr ? b->ptr + b->len : NULL, b->ptr ? b->size - b->len + 1 : 0, fmt, ap);
    va_end(ap);
    if (n < 0) {
        b->failed = true;
        return;
    }
    if (!b->ptr || (size_t)n > b->size - b->len) {
        if (!sl_buf_reserve(b, (size_t)n) || !b->ptr)
            return;
        va_start(ap, fmt);
        vsnprintf(b->ptr + b->len, b->size - b->len + 1, fmt, ap);
        va_end(ap);
    }
    b->len += (size_t)n;
}
