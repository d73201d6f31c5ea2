/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http1_parse.c - message heads: where one ends, its start line, its fields, its framing.
 * First a scan for line ends, sixteen bytes at a time, which refuses every control character on
 * the way; only when the head is complete are its lines taken apart. So a head that arrives byte
 * by byte is scanned once, and its verdict is the one it gets when it arrives whole.
 */
#include "format/http1_parse.h"
#include "format/http1_fields.h"
#include "format/http1_text.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* Where the lines of a head end: the offset of each CR. The start line and one line more than may
 * be, to know that there are too many. */
struct lines {
    size_t n;
    uint32_t end[SL_HTTP_HEADERS + 3];
};

static sluice_status refuse(struct sl_http_error *err, int status, const char *what)
{
    *err = (struct sl_http_error){ status, what };
    return SLUICE_E_INVALID;
}

/* ---- scan -------------------------------------------------------------------------------- */

static bool is_control(char c)
{
    return (unsigned char)c < 0x20 || c == 0x7f;
}

#ifdef __SSE2__
static unsigned controls16(const char *p)
{
    __m128i x = _mm_loadu_si128((const __m128i *)(const void *)p);
    __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(x, _mm_set1_epi8(0x1f)), x);
    __m128i del = _mm_cmpeq_epi8(x, _mm_set1_epi8(0x7f));

    return (unsigned)_mm_movemask_epi8(_mm_or_si128(low, del));
}
#endif

/* The first control character at or behind i, or end. */
static size_t next_control(const char *text, size_t i, size_t end)
{
#ifdef __SSE2__
    while (i + 16 <= end) {
        unsigned mask = controls16(text + i);

        if (mask)
            return i + (size_t)__builtin_ctz(mask);
        i += 16;
    }
    if (i < end && end >= 16) { /* once more, over bytes that were looked at already */
        unsigned mask = controls16(text + end - 16) >> (i + 16 - end);

        return mask ? i + (size_t)__builtin_ctz(mask) : end;
    }
#endif
    while (i < end && !is_control(text[i]))
        i++;
    return i;
}

/* Look at text[from..len) for the end of the head. Errors are found in the order of the bytes, so
 * that it does not matter how many of them are here. One empty line in front is skipped: some
 * clients send it after a body. */
static sluice_status scan(const char *text, size_t len, size_t from,
                          const struct sl_http_limits *limits, struct lines *lines, size_t *used,
                          struct sl_http_error *err)
{
    size_t start = len && text[0] == '\r' ? 2 : 0, bound = len < limits->head ? len : limits->head;
    size_t i = from, line;
    bool first = from <= start ||
                 (from <= start + limits->line + 2 && !memchr(text + start, '\n', from - start));

    while ((i = next_control(text, i, bound)) < bound) {
        if (first && i > start && i - start > limits->line)
            return refuse(err, 414, "The request line is too long.");
        if (text[i] == '\r' && i + 1 < bound && text[i + 1] == '\n') {
            if (i && text[i - 1] == '\n') {
                *used = i + 2;
                return SLUICE_OK;
            }
            if (i) {
                first = false;
                lines->end[lines->n] = (uint32_t)i;
                lines->n += lines->n < SL_HTTP_HEADERS + 2; /* no further: that is too many */
            }
            i += 2;
        } else if (text[i] == '\t') {
            i++;
        } else if (text[i] != '\r') {
            return refuse(err, 400,
                          text[i] == '\n' ? "A line ends without a carriage return."
                                          : "The head contains a control character.");
        } else if (i + 1 == bound) {
            break;
        } else {
            return refuse(err, 400, "A carriage return stands alone.");
        }
    }
    line = bound > start ? bound - start : 0;
    if (first && line && line - (text[bound - 1] == '\r') > limits->line)
        return refuse(err, 414, "The request line is too long.");
    if (len >= limits->head)
        return refuse(err, 431, "The head is too large.");
    return SLUICE_MORE;
}

/* ---- start lines ------------------------------------------------------------------------- */

/* "HTTP/1.1" at p, eight characters that are there. */
static sluice_status parse_version(const char *p, int *minor, struct sl_http_error *err)
{
    if (memcmp(p, "HTTP/", 5) != 0 || p[5] < '0' || p[5] > '9' || p[6] != '.' || p[7] < '0' ||
        p[7] > '9')
        return refuse(err, 400, "The start line has no HTTP version.");
    if (p[5] != '1' || p[7] > '1')
        return refuse(err, 505, "Only HTTP/1.0 and HTTP/1.1 are spoken here.");
    *minor = p[7] - '0';
    return SLUICE_OK;
}

static sluice_status request_line(sluice_span line, struct sl_http_head *out,
                                  struct sl_http_error *err)
{
    const char *p = line.ptr, *end = line.ptr + line.len, *from = p;

    while (p < end && sl_http_token[(unsigned char)*p])
        p++;
    out->method = sl_span(from, (size_t)(p - from));
    if (p == from || p == end || *p != ' ')
        return refuse(err, 400, "The method is malformed.");
    from = ++p;
    p += sl_http_run(p, (size_t)(end - p), SL_HTTP_TARGET);
    out->target = sl_span(from, (size_t)(p - from));
    if (p == from || p == end || *p != ' ')
        return refuse(err, 400, "The request target is malformed.");
    p++;
    if (end - p != 8)
        return refuse(err, 400, "The start line has no HTTP version.");
    return parse_version(p, &out->minor, err);
}

static sluice_status status_line(sluice_span line, struct sl_http_head *out,
                                 struct sl_http_error *err)
{
    const char *p = line.ptr;
    sluice_status st;

    out->method = out->target = sl_span(NULL, 0);
    if (line.len < 12 || p[8] != ' ')
        return refuse(err, 400, "The status line is malformed.");
    st = parse_version(p, &out->minor, err);
    if (st < 0)
        return st;
    for (int i = 9; i < 12; i++) {
        if (p[i] < '0' || p[i] > '9')
            return refuse(err, 400, "The status is not a number.");
        out->status = out->status * 10 + (p[i] - '0');
    }
    if (out->status < 100 || out->status > 599 || (line.len > 12 && p[12] != ' '))
        return refuse(err, 400, "The status is out of range.");
    return SLUICE_OK;
}

/* The target in origin form; an absolute one must name the Host and is reduced in place. */
static sluice_status check_target(struct sl_http_head *out, const struct sl_http_framing *f,
                                  struct sl_http_error *err)
{
    sluice_span t = out->target, host;
    size_t scheme, n = 0;

    if (sl_span_eq(out->method, SL_SPAN("CONNECT")))
        return refuse(err, 501, "CONNECT is not supported.");
    if (t.ptr[0] == '/')
        return SLUICE_OK;
    if (t.ptr[0] == '*' && t.len == 1 && sl_span_eq(out->method, SL_SPAN("OPTIONS")))
        return SLUICE_OK;
    if (sl_span_ieq(sl_span_head(t, 7), SL_SPAN("http://")))
        scheme = 7;
    else if (sl_span_ieq(sl_span_head(t, 8), SL_SPAN("https://")))
        scheme = 8;
    else
        return refuse(err, 400, "The request target is neither a path nor a URL.");
    host = sl_span_from(t, scheme);
    while (n < host.len && host.ptr[n] != '/' && host.ptr[n] != '?')
        n++;
    host.len = n;
    if (n == 0 || !f->hosts || !sl_span_ieq(host, f->host))
        return refuse(err, 400, "The request target names another host than Host.");
    out->target = sl_span_from(t, scheme + n);
    if (out->target.len == 0 || out->target.ptr[0] == '?') {
        /* No path: the last byte of the host, which was checked, makes room for the slash. */
        char *slash = (char *)(uintptr_t)(t.ptr + scheme + n - 1);

        *slash = '/';
        out->target = sl_span(slash, out->target.len + 1);
    }
    return SLUICE_OK;
}

/* ---- a head ------------------------------------------------------------------------------ */

static sluice_status parse_head(char *text, size_t len, size_t seen,
                                const struct sl_http_limits *limits, bool request,
                                struct sl_http_head *out, struct sl_http_framing *f, size_t *used,
                                struct sl_http_error *err)
{
    size_t from = seen && text[seen - 1] == '\r' ? seen - 1 : seen, start;
    struct lines lines;
    sluice_span line;
    sluice_status st;

    lines.n = 0;
    st = scan(text, len, from, limits, &lines, used, err);
    if (st == SLUICE_OK && from) {
        lines.n = 0;
        st = scan(text, *used, 0, limits, &lines, used, err);
    }
    if (st != SLUICE_OK)
        return st;
    if (lines.n == 0)
        return refuse(err, 400, "There is no start line.");
    out->request = request;
    out->status = 0;
    out->n_headers = 0;
    out->length = 0;
    out->expect_continue = out->upgrade = false;
    *f = (struct sl_http_framing){ 0 };
    start = text[0] == '\r' ? 2 : 0;
    line = sl_span(text + start, lines.end[0] - start);
    st = request ? request_line(line, out, err) : status_line(line, out, err);
    if (st < 0)
        return st;
    if (lines.n > SL_HTTP_HEADERS + 1)
        return refuse(err, 431, "There are too many header fields.");
    st = sl_http_read_fields(text, *used, lines.end, lines.n - 1, out, f, err);
    return st < 0 ? st : sl_http_settle(out, f, err);
}

sluice_status sl_http_parse_request(char *text, size_t len, size_t seen,
                                    const struct sl_http_limits *limits, struct sl_http_head *out,
                                    size_t *used, struct sl_http_error *err)
{
    struct sl_http_framing f;
    sluice_status st = parse_head(text, len, seen, limits, true, out, &f, used, err);

    if (st != SLUICE_OK)
        return st;
    if (!f.hosts && out->minor == 1)
        return refuse(err, 400, "Host is missing.");
    if (out->minor == 0 || out->body == SL_HTTP_BODY_NONE)
        out->expect_continue = false;
    return check_target(out, &f, err);
}

sluice_status sl_http_parse_answer(char *text, size_t len, size_t seen,
                                   const struct sl_http_limits *limits, bool to_head,
                                   struct sl_http_head *out, size_t *used,
                                   struct sl_http_error *err)
{
    struct sl_http_framing f;
    sluice_status st = parse_head(text, len, seen, limits, false, out, &f, used, err);

    if (st != SLUICE_OK)
        return st;
    if (to_head || out->status < 200 || out->status == 204 || out->status == 304)
        out->body = SL_HTTP_BODY_NONE;
    if (out->body == SL_HTTP_BODY_CLOSE)
        out->keep_alive = false;
    return SLUICE_OK;
}

sluice_span sl_http_header_find(const struct sl_http_head *head, sluice_span name)
{
    for (size_t i = 0; i < head->n_headers; i++)
        if (sl_span_eq(head->headers[i].name, name))
            return head->headers[i].value;
    return sl_span(NULL, 0);
}
