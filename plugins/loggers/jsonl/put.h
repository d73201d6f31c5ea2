/* SPDX-License-Identifier: Apache-2.0 */
/*
 * put.h - members of a JSON object written into room that was made before, without asking for each.
 * Every member brings the comma before it; closing an object turns the first one into its brace.
 */
#ifndef JSONL_PUT_H
#define JSONL_PUT_H

#include <sluice_sdk/buf.h>
#include <sluice_sdk/json.h>
#include <sluice_sdk/span.h>
#include <string.h>

struct put {
    struct sl_buf *buf;
    char *p; /* inside of buf; whoever began made room for what follows */
};

/* What a string takes at most: every byte may become an escape of six. */
#define PUT_STRING(s) (6 * (s).len)

/* Room for n bytes; false when out of memory (the buf remembers). */
static inline bool put_begin(struct put *o, struct sl_buf *buf, size_t n)
{
    o->buf = buf;
    if (!sl_buf_reserve(buf, n))
        return false;
    o->p = buf->ptr + buf->len;
    return true;
}

/* The buf knows what was written. */
static inline void put_end(struct put *o)
{
    o->buf->len = (size_t)(o->p - o->buf->ptr);
}

static inline void put_bytes(struct put *o, const char *bytes, size_t n)
{
    memcpy(o->p, bytes, n);
    o->p += n;
}

#define put_name(o, name) put_bytes(o, ",\"" name "\":", sizeof(name) + 3)
#define put_word(o, word) put_bytes(o, word, sizeof(word) - 1)

/* Eight bytes without quote, backslash, control character and high bit; false negatives only. */
static inline bool put_is_plain(uint64_t w)
{
    const uint64_t ones = 0x0101010101010101u, highs = 0x8080808080808080u;

    return !(((w - ones * 0x20) | ((w ^ ones * '"') - ones) | ((w ^ ones * '\\') - ones) | w) &
             highs);
}

/* Copies a text that goes out as it is; false where it does not. */
static inline bool put_plain(char *to, sluice_span s)
{
    const char *from = s.ptr;
    uint64_t w = 0;

    if (s.len < 8) {
        for (size_t i = 0; i < s.len; i++) {
            unsigned char c = (unsigned char)from[i];

            if (c < 0x20 || c >= 0x80 || c == '"' || c == '\\')
                return false;
            to[i] = from[i];
        }
        return true;
    }
    for (size_t i = 0; i + 8 < s.len; i += 8) {
        memcpy(&w, from + i, 8);
        if (!put_is_plain(w))
            return false;
        memcpy(to + i, &w, 8);
    }
    memcpy(&w, from + s.len - 8, 8);
    memcpy(to + s.len - 8, &w, 8);
    return put_is_plain(w);
}

static inline void put_string(struct put *o, sluice_span s)
{
    *o->p++ = '"';
    if (put_plain(o->p, s)) {
        o->p += s.len;
    } else {
        put_end(o);
        sl_json_escape(o->buf, s);
        o->p = o->buf->ptr + o->buf->len;
    }
    *o->p++ = '"';
}

/* n with a point before its last `places` digits. */
static inline void put_decimal(struct put *o, int64_t n, unsigned places)
{
    char room[SL_DECIMAL_ROOM];
    sluice_span s;

    if (n < 0) {
        *o->p++ = '-';
        n = -n;
    }
    s = sl_decimal(room, (uint64_t)n, places);
    put_bytes(o, s.ptr, s.len);
}

/* begin: where the object's first member went, or would have gone. */
static inline void put_close(struct put *o, char *begin)
{
    if (o->p == begin)
        o->p++;
    *begin = '{';
    *o->p++ = '}';
}

#endif
