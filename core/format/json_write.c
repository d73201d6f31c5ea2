/* SPDX-License-Identifier: Apache-2.0 */
/* json_write.c - writes JSON text into a buf. */
#include "format/json_write.h"

#include "format/json_string.h"

#define REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */

/* Does a byte go out as it is? Bytes from 0x80 on are looked at as sequences. */
static inline bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

/* Eight of them at once; false negatives only. */
static inline bool are_plain(const char *p)
{
    const uint64_t ones = 0x0101010101010101u, highs = 0x8080808080808080u;
    uint64_t w;

    memcpy(&w, p, 8);
    return !(((w - ones * 0x20) | ((w ^ ones * '"') - ones) | ((w ^ ones * '\\') - ones) | w) &
             highs);
}

static void escape_char(struct sl_buf *b, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    static const char shorts[32] = {
        ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'
    };
    char text[6] = { '\\', (char)c, '0', '0' };
    size_t n = 2;

    if (c < 0x20 && shorts[c]) {
        text[1] = shorts[c];
    } else if (c < 0x20) {
        text[1] = 'u';
        text[2] = '0';
        text[4] = hex[c >> 4];
        text[5] = hex[c & 15];
        n = 6;
    }
    sl_buf_add(b, sl_span(text, n));
}

void sl_json_escape(struct sl_buf *b, sluice_span text)
{
    const char *p = text.ptr, *end = p + text.len, *run = p;

    while (p < end) {
        unsigned char c = (unsigned char)*p;
        unsigned n;

        if (is_plain(c)) {
            p++;
            while (end - p >= 8 && are_plain(p))
                p += 8;
            continue;
        }
        n = c < 0x80 ? 0 : sl_utf8_length(p, end);
        if (n) {
            p += n;
            continue;
        }
        sl_buf_add(b, sl_span(run, (size_t)(p - run)));
        if (c < 0x80)
            escape_char(b, c);
        else
            sl_buf_add(b, SL_SPAN(REPLACEMENT));
        run = ++p;
    }
    if (run < end)
        sl_buf_add(b, sl_span(run, (size_t)(end - run)));
}

static void comma(struct sl_json_out *o)
{
    if (o->comma)
        sl_buf_add_char(o->buf, ',');
    o->comma = true;
}

void sl_json_open(struct sl_json_out *o, char bracket)
{
    comma(o);
    sl_buf_add_char(o->buf, bracket);
    o->comma = false;
}

void sl_json_close(struct sl_json_out *o, char bracket)
{
    sl_buf_add_char(o->buf, bracket);
    o->comma = true;
}

/* Comma, name and text are written into room that is made once: a log line has forty of them. */
static char *room_for(struct sl_json_out *o, size_t n)
{
    struct sl_buf *b = o->buf;
    char *p;

    n += o->comma;
    if (!sl_buf_reserve(b, n))
        return NULL;
    p = b->ptr + b->len;
    b->len += n;
    if (o->comma)
        *p++ = ',';
    return p;
}

void sl_json_key(struct sl_json_out *o, const char *name)
{
    size_t n = strlen(name);
    char *p = room_for(o, n + 3);

    o->comma = false;
    if (!p)
        return;
    p[0] = '"';
    memcpy(p + 1, name, n);
    p[n + 1] = '"';
    p[n + 2] = ':';
}

void sl_json_key_span(struct sl_json_out *o, sluice_span name)
{
    sl_json_str(o, name);
    sl_buf_add_char(o->buf, ':');
    o->comma = false;
}

/* Does all of it go out as it is? False negatives only. */
static bool all_plain(sluice_span text)
{
    const char *p = text.ptr, *end = p + text.len;

    if (text.len >= 8) {
        for (; end - p > 8; p += 8)
            if (!are_plain(p))
                return false;
        return are_plain(end - 8);
    }
    while (p < end && is_plain((unsigned char)*p))
        p++;
    return p == end;
}

void sl_json_str(struct sl_json_out *o, sluice_span text)
{
    if (text.len && all_plain(text)) {
        char *p = room_for(o, text.len + 2);

        o->comma = true;
        if (p) {
            p[0] = p[text.len + 1] = '"';
            memcpy(p + 1, text.ptr, text.len);
        }
        return;
    }
    comma(o);
    sl_buf_add_char(o->buf, '"');
    sl_json_escape(o->buf, text);
    sl_buf_add_char(o->buf, '"');
}

void sl_json_inside_str(struct sl_json_out *o, sluice_span inside)
{
    comma(o);
    sl_buf_add_char(o->buf, '"');
    sl_buf_add(o->buf, inside);
    sl_buf_add_char(o->buf, '"');
}

void sl_json_raw(struct sl_json_out *o, sluice_span json)
{
    comma(o);
    sl_buf_add(o->buf, json);
}

void sl_json_i64_value(struct sl_json_out *o, int64_t n)
{
    comma(o);
    sl_buf_add_i64(o->buf, n);
}

void sl_json_bool(struct sl_json_out *o, bool b)
{
    sl_json_raw(o, b ? SL_SPAN("true") : SL_SPAN("false"));
}

void sl_json_null(struct sl_json_out *o)
{
    sl_json_raw(o, SL_SPAN("null"));
}

void sl_json_kv_str(struct sl_json_out *o, const char *name, sluice_span text)
{
    sl_json_key(o, name);
    sl_json_str(o, text);
}

void sl_json_kv_raw(struct sl_json_out *o, const char *name, sluice_span json)
{
    sl_json_key(o, name);
    sl_json_raw(o, json);
}

void sl_json_kv_i64(struct sl_json_out *o, const char *name, int64_t n)
{
    sl_json_key(o, name);
    sl_json_i64_value(o, n);
}

void sl_json_kv_bool(struct sl_json_out *o, const char *name, bool b)
{
    sl_json_key(o, name);
    sl_json_bool(o, b);
}
