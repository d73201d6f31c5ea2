/* SPDX-License-Identifier: Apache-2.0 */
/* media.c - see sluice_sdk/media.h. A clean payload is referred to where it lies; others (blanks,
 * URL-safe alphabet, percent-encoding) are rewritten. */
#include <sluice_sdk/base64.h>
#include <sluice_sdk/buf.h>
#include <sluice_sdk/json.h>
#include <sluice_sdk/media.h>
#include <sluice_sdk/span.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Value of a base64 digit of either alphabet, or -1. */
static int digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+' || c == '-')
        return 62;
    return c == '/' || c == '_' ? 63 : -1;
}

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = sl_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

#define BLOCK 64

/* Nothing but digits of the standard alphabet? Without branches, so that compilers make vectors of
 * it: most of a payload is looked at here. */
static bool plain_block(const char *p)
{
    unsigned char bad = 0;

    for (size_t i = 0; i < BLOCK; i++) {
        unsigned char c = (unsigned char)p[i], letter = (unsigned char)((c | 0x20) - 'a');

        bad |= (unsigned char)!((letter < 26) | ((unsigned char)(c - '0') < 10) | (c == '+') |
                                (c == '/'));
    }
    return !bad;
}

/* Standard base64 of whole groups; an escaped slash is a slash. */
static bool clean(sluice_span s)
{
    size_t digits = 0, pads = 0, i = 0;

    while (i < s.len) {
        char c = s.ptr[i];

        if (!pads && s.len - i >= BLOCK && plain_block(s.ptr + i)) {
            digits += BLOCK;
            i += BLOCK;
            continue;
        }
        i++;
        if (c == '\\' && i < s.len && s.ptr[i] == '/')
            continue;
        if (c == '=')
            pads++;
        else if (c == '-' || c == '_' || digit(c) < 0 || pads)
            return false;
        else
            digits++;
    }
    return digits && pads <= 2 && (digits + pads) % 4 == 0;
}

static sluice_status unescape(struct sluice_arena *arena, sluice_span inside, sluice_span *out)
{
    char *p;

    *out = inside;
    if (sl_span_find_char(inside, '\\') == inside.len)
        return SLUICE_OK;
    p = sl_alloc(arena, inside.len);
    if (!p)
        return SLUICE_E_NOMEM;
    *out = sl_span(p, sl_json_unescape(inside, p));
    return SLUICE_OK;
}

/* %41 -> A; a stray % stays. */
static sluice_status percent_decode(struct sluice_arena *arena, sluice_span s, sluice_span *out)
{
    size_t n = 0;
    char *p;

    *out = s;
    if (sl_span_find_char(s, '%') == s.len)
        return SLUICE_OK;
    p = sl_alloc(arena, s.len);
    if (!p)
        return SLUICE_E_NOMEM;
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '%' && i + 2 < s.len && hex(s.ptr[i + 1]) >= 0 && hex(s.ptr[i + 2]) >= 0) {
            p[n++] = (char)(hex(s.ptr[i + 1]) * 16 + hex(s.ptr[i + 2]));
            i += 2;
        } else {
            p[n++] = s.ptr[i];
        }
    }
    *out = sl_span(p, n);
    return SLUICE_OK;
}

/* Plain text in either alphabet, blanks anywhere, padding or none -> standard base64. */
static sluice_status rewrite(struct sluice_arena *arena, sluice_span s, sluice_span *out)
{
    char *p = sl_alloc(arena, s.len + 4);
    size_t n = 0;

    if (!p)
        return SLUICE_E_NOMEM;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];

        if (c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '=')
            continue;
        if (digit(c) < 0)
            return SLUICE_E_INVALID;
        p[n++] = alphabet[digit(c)];
    }
    if (n == 0 || n % 4 == 1)
        return SLUICE_E_INVALID;
    while (n % 4)
        p[n++] = '=';
    *out = sl_span(p, n);
    return SLUICE_OK;
}

static sluice_status encode(struct sluice_arena *arena, sluice_span bytes, sluice_span *out)
{
    char *p = sl_alloc(arena, SL_BASE64_SIZE(bytes.len) + 1);

    if (!p)
        return SLUICE_E_NOMEM;
    *out = sl_span(p, sl_base64(bytes, p));
    return SLUICE_OK;
}

/* Decodes standard base64, escaped slashes allowed; out needs 3/4 of the length. */
static size_t decode(sluice_span s, char *out, size_t max)
{
    uint32_t v = 0;
    int bits = 0;
    size_t n = 0;

    for (size_t i = 0; i < s.len && n < max; i++) {
        if (digit(s.ptr[i]) < 0)
            continue;
        v = v << 6 | (uint32_t)digit(s.ptr[i]);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            out[n++] = (char)(v >> bits & 0xff);
        }
    }
    return n;
}

static const struct {
    sluice_span magic;
    size_t at;
    const char *mime;
} magics[] = {
    { SL_SPAN("\x89PNG"), 0, "image/png" },    { SL_SPAN("\xff\xd8\xff"), 0, "image/jpeg" },
    { SL_SPAN("GIF8"), 0, "image/gif" },       { SL_SPAN("WEBP"), 8, "image/webp" },
    { SL_SPAN("%PDF"), 0, "application/pdf" }, { SL_SPAN("WAVE"), 8, "audio/wav" },
    { SL_SPAN("OggS"), 0, "audio/ogg" },       { SL_SPAN("ID3"), 0, "audio/mp3" },
    { SL_SPAN("ftyp"), 4, "video/mp4" },
};

sluice_span sl_media_sniff(sluice_span bytes)
{
    for (size_t i = 0; i < sizeof magics / sizeof *magics; i++)
        if (sl_span_starts(sl_span_from(bytes, magics[i].at), magics[i].magic))
            return sl_span_str(magics[i].mime);
    return SL_SPAN("");
}

static sluice_span sniff(sluice_span base64)
{
    char head[12];

    return sl_media_sniff(sl_span(head, decode(sl_span_head(base64, 24), head, sizeof head)));
}

sluice_status sl_media_mime(struct sluice_arena *arena, sluice_span text, sluice_span *mime)
{
    sluice_span type = sl_span_trim(sl_span_head(text, sl_span_find_char(text, ';')));
    char *p = sl_alloc(arena, type.len + 1);

    if (!p)
        return SLUICE_E_NOMEM;
    for (size_t i = 0; i < type.len; i++)
        p[i] = sl_lower(type.ptr[i]);
    *mime = sl_span(p, type.len);
    if (sl_span_eq(*mime, SL_SPAN("image/jpg")) || sl_span_eq(*mime, SL_SPAN("image/pjpeg")))
        *mime = SL_SPAN("image/jpeg");
    return SLUICE_OK;
}

static sluice_status read_mime(struct sluice_arena *arena, sluice_span head, sluice_span *mime,
                               bool *base64)
{
    head = sl_span_trim(head);
    *base64 = sl_span_find_char(head, ';') < head.len && sl_span_ends(head, SL_SPAN("base64"));
    return sl_media_mime(arena, head, mime);
}

sluice_status sl_media(struct sluice_arena *arena, sluice_span url, struct sl_media *out)
{
    bool base64 = true;
    sluice_status st = SLUICE_OK;
    sluice_span text;

    *out = (struct sl_media){ SL_SPAN(""), SL_SPAN("") };
    if (sl_span_ieq(sl_span_head(url, 5), SL_SPAN("data:"))) {
        size_t comma = sl_span_find_char(url, ',');
        sluice_span head;

        if (comma == url.len)
            return SLUICE_E_INVALID;
        st = unescape(arena, sl_span_from(sl_span_head(url, comma), 5), &head);
        if (st >= 0)
            st = read_mime(arena, head, &out->mime, &base64);
        if (st < 0)
            return st;
        url = sl_span_from(url, comma + 1);
    }
    out->data = url;
    if (!base64 || !clean(url)) {
        st = unescape(arena, url, &text);
        if (st >= 0)
            st = percent_decode(arena, text, &text);
        if (st >= 0)
            st = base64 ? rewrite(arena, text, &out->data) : encode(arena, text, &out->data);
    }
    if (st >= 0 && !out->mime.len)
        out->mime = sniff(out->data);
    return st;
}

sluice_status sl_media_text(struct sluice_arena *arena, sluice_span base64, sluice_span *out)
{
    size_t max = base64.len / 4 * 3 + 3;
    char *bytes = sl_alloc(arena, max);
    struct sl_buf b;
    sluice_status st = SLUICE_E_NOMEM;

    if (!bytes)
        return st;
    sl_buf_init(&b, max * 6 + 16);
    sl_json_escape(&b, sl_span(bytes, decode(base64, bytes, max)));
    if (sl_buf_ok(&b)) {
        *out = sl_arena_dup(arena, sl_buf_span(&b));
        st = out->ptr ? SLUICE_OK : SLUICE_E_NOMEM;
    }
    sl_buf_finish(&b);
    return st;
}
