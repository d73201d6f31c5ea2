/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_put.h - members of a JSON object written into room that was made before, without asking for
 * each: for texts that are written for every call. Every member brings the comma before it; closing
 * an object turns the first one into its brace.
 */
#ifndef SL_FORMAT_JSON_PUT_H
#define SL_FORMAT_JSON_PUT_H

#include "base/buf.h"
#include "base/move16.h"
#include "format/json_write.h"

struct sl_put {
    struct sl_buf *buf;
    char *p; /* inside of buf; whoever began made room for what follows */
};

/* What a string of n bytes takes at most: every one may become an escape of six. */
#define SL_PUT_STRING(n) (6 * (n))

/* Room for n bytes; false when out of memory (the buf remembers). */
static inline bool sl_put_begin(struct sl_put *o, struct sl_buf *buf, size_t n)
{
    o->buf = buf;
    if (!sl_buf_reserve(buf, n))
        return false;
    o->p = buf->ptr + buf->len;
    return true;
}

/* The buf knows what was written. */
static inline void sl_put_end(struct sl_put *o)
{
    o->buf->len = (size_t)(o->p - o->buf->ptr);
}

static inline void sl_put_bytes(struct sl_put *o, const char *bytes, size_t n)
{
    memcpy(o->p, bytes, n);
    o->p += n;
}

#define sl_put_name(o, name) sl_put_bytes(o, ",\"" name "\":", sizeof(name) + 3)
#define sl_put_word(o, word) sl_put_bytes(o, word, sizeof(word) - 1)

#if SL_MOVE16
/* Quotes, backslashes, controls, and bytes beyond ASCII. */
SL_MOVE16_INLINE __m128i sl_put_odd(__m128i x)
{
    return _mm_or_si128(_mm_cmplt_epi8(x, _mm_set1_epi8(0x20)),
                        _mm_or_si128(_mm_cmpeq_epi8(x, _mm_set1_epi8('"')),
                                     _mm_cmpeq_epi8(x, _mm_set1_epi8('\\'))));
}
#endif

/* Copies a text that goes out as it is; false where it does not. */
static inline bool sl_put_plain(char *to, sluice_span s)
{
#if SL_MOVE16
    return sl_move(to, s, sl_put_odd);
#else
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];

        if (c < 0x20 || c >= 0x80 || c == '"' || c == '\\')
            return false;
        to[i] = s.ptr[i];
    }
    return true;
#endif
}

static inline void sl_put_string(struct sl_put *o, sluice_span s)
{
    *o->p++ = '"';
    if (sl_put_plain(o->p, s)) {
        o->p += s.len;
    } else {
        sl_put_end(o);
        sl_json_escape(o->buf, s);
        o->p = o->buf->ptr + o->buf->len;
    }
    *o->p++ = '"';
}

/* n with a point before its last `places` digits. */
static inline void sl_put_decimal(struct sl_put *o, int64_t n, unsigned places)
{
    char room[SL_DECIMAL_ROOM];
    sluice_span s;

    if (n >= 0 && n < 10 && !places) {
        *o->p++ = (char)('0' + n);
        return;
    }
    if (n < 0)
        *o->p++ = '-';
    s = sl_decimal(room, n < 0 ? 0 - (uint64_t)n : (uint64_t)n, places);
    sl_put_bytes(o, s.ptr, s.len);
}

/* begin: where the object's first member went, or would have gone. */
static inline void sl_put_close(struct sl_put *o, char *begin)
{
    if (o->p == begin)
        o->p++;
    *begin = '{';
    *o->p++ = '}';
}

#endif
