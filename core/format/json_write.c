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

void sl_json_key(struct sl_json_out *o, const char *name)
{
    comma(o);
    sl_buf_add_char(o->buf, '"');
    sl_buf_add_str(o->buf, name);
    sl_buf_add(o->buf, SL_SPAN("\":"));
    o->comma = false;
}

void sl_json_key_span(struct sl_json_out *o, sluice_span name)
{
    sl_json_str(o, name);
    sl_buf_add_char(o->buf, ':');
    o->comma = false;
}

void sl_json_str(struct sl_json_out *o, sluice_span text)
{
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
