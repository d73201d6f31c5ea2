/* SPDX-License-Identifier: Apache-2.0 */
/* http1_fields.c - the fields of a head, one line each, and what they say about its framing. */
#include "format/http1_fields.h"
#include "format/http1_text.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

static sluice_status refuse(struct sl_http_error *err, int status, const char *what)
{
    *err = (struct sl_http_error){ status, what };
    return SLUICE_E_INVALID;
}

/* 1*DIGIT below 2^63. Leading zeros are refused: there are readers that take them for octal. */
static bool parse_length(sluice_span v, uint64_t *out)
{
    uint64_t n = 0;

    if (v.len == 0 || v.len > 19 || (v.ptr[0] == '0' && v.len > 1))
        return false;
    for (size_t i = 0; i < v.len; i++) {
        if (v.ptr[i] < '0' || v.ptr[i] > '9')
            return false;
        n = n * 10 + (uint64_t)(v.ptr[i] - '0');
    }
    *out = n;
    return n <= INT64_MAX;
}

/* The next element of a comma-separated list, without blanks; false at its end. */
static bool next_element(sluice_span *list, sluice_span *element)
{
    size_t comma;

    if (!list->ptr)
        return false;
    comma = sl_span_find_char(*list, ',');
    *element = sl_span_trim(sl_span_head(*list, comma));
    *list = comma < list->len ? sl_span_from(*list, comma + 1) : sl_span(NULL, 0);
    return true;
}

bool sl_http_lists(sluice_span field, sluice_span word)
{
    sluice_span e;

    while (next_element(&field, &e))
        if (sl_span_ieq(e, word))
            return true;
    return false;
}

static void read_connection(sluice_span v, struct sl_http_head *out, struct sl_http_framing *f)
{
    sluice_span e;

    while (next_element(&v, &e)) {
        if (sl_span_ieq(e, SL_SPAN("keep-alive")))
            f->keep = true;
        else if (sl_span_ieq(e, SL_SPAN("close")))
            f->close = true;
        else if (sl_span_ieq(e, SL_SPAN("upgrade")))
            out->upgrade = true;
    }
}

static sluice_status read_host(sluice_span v, struct sl_http_framing *f, struct sl_http_error *err)
{
    if (sl_http_run(v.ptr, v.len, SL_HTTP_HOST) < v.len)
        return refuse(err, 400, "Host is malformed.");
    if (f->hosts++)
        return refuse(err, 400, "Host is there twice.");
    f->host = v;
    return SLUICE_OK;
}

static bool name_is(sluice_span name, const char *known)
{
    return memcmp(name.ptr, known, name.len) == 0;
}

/* Note what a field says about framing. Names are told apart by length first. */
static inline sluice_status note_field(const sluice_header *h, struct sl_http_head *out,
                                       struct sl_http_framing *f, struct sl_http_error *err)
{
    switch (h->name.len) {
    case 4:
        if (out->request && name_is(h->name, "host"))
            return read_host(h->value, f, err);
        break;
    case 6:
        if (out->request && name_is(h->name, "expect") &&
            sl_span_ieq(h->value, SL_SPAN("100-continue")))
            out->expect_continue = true;
        break;
    case 10:
        if (name_is(h->name, "connection"))
            read_connection(h->value, out, f);
        break;
    case 14:
        if (!name_is(h->name, "content-length"))
            break;
        if (f->lengths++)
            return refuse(err, 400, "Content-Length is there twice.");
        if (!parse_length(h->value, &out->length))
            return refuse(err, 400, "Content-Length is malformed.");
        break;
    case 17:
        if (!name_is(h->name, "transfer-encoding"))
            break;
        if (f->codings++)
            return refuse(err, 400, "Transfer-Encoding is there twice.");
        f->coding = h->value;
        break;
    }
    return SLUICE_OK;
}

#ifdef __SSE2__
/* The usual characters of a name, sixteen at once: made lower case in place; returns the length of
 * the run, up to the first character that needs the table. */
static inline size_t lower_usual(char *p)
{
    __m128i x = _mm_loadu_si128((const __m128i *)(void *)p);
    __m128i upper = _mm_and_si128(_mm_cmpgt_epi8(x, _mm_set1_epi8('A' - 1)),
                                  _mm_cmplt_epi8(x, _mm_set1_epi8('Z' + 1)));
    __m128i low = _mm_or_si128(x, _mm_and_si128(upper, _mm_set1_epi8(0x20)));
    __m128i letter = _mm_and_si128(_mm_cmpgt_epi8(low, _mm_set1_epi8('a' - 1)),
                                   _mm_cmplt_epi8(low, _mm_set1_epi8('z' + 1)));
    __m128i usual = _mm_or_si128(letter, _mm_cmpeq_epi8(x, _mm_set1_epi8('-')));
    unsigned other = (~(unsigned)_mm_movemask_epi8(usual) & 0xffffu) | 0x10000u;
    size_t n = (size_t)__builtin_ctz(other);
    unsigned capitals = (unsigned)_mm_movemask_epi8(upper);

    /* Only letters of the run change: behind it lies the value. */
    for (capitals &= (1u << n) - 1; capitals; capitals &= capitals - 1)
        p[__builtin_ctz(capitals)] |= 0x20;
    return n;
}
#endif

/* As much of a name as is made of them. */
static inline char *behind_usual(char *p, const char *readable)
{
#ifdef __SSE2__
    size_t n;

    while (readable - p >= 16) {
        n = lower_usual(p);
        p += n;
        if (n < 16)
            break;
    }
#else
    (void)readable;
#endif
    return p;
}

/* One line without its CR LF: *end is the CR, and no other control character but the tab is in it;
 * so runs of names and blanks end there at the latest. */
static inline sluice_status read_field(char *line, char *end, const char *readable,
                                       sluice_header *h, struct sl_http_error *err)
{
    char *p = behind_usual(line, readable);
    unsigned char low;

    while ((low = sl_http_token[(unsigned char)*p]) != 0)
        *p++ = (char)low;
    if (*p != ':' || p == line)
        return refuse(err, 400,
                      *line == ' ' || *line == '\t' ? "A header field is folded."
                                                    : "The name of a header field is malformed.");
    h->name = sl_span(line, (size_t)(p - line));
    do
        p++;
    while (*p == ' ' || *p == '\t');
    while (end > p && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    h->value = sl_span(p, (size_t)(end - p));
    return SLUICE_OK;
}

sluice_status sl_http_read_fields(char *text, size_t len, const uint32_t *ends, size_t n,
                                  struct sl_http_head *out, struct sl_http_framing *f,
                                  struct sl_http_error *err)
{
    uint64_t names = 0;

    for (size_t i = 0; i < n; i++) {
        sluice_header *h = &out->headers[i];
        sluice_status st = read_field(text + ends[i] + 2, text + ends[i + 1], text + len, h, err);

        if (st < 0)
            return st;
        names |= sl_span_bit(h->name);
        st = note_field(h, out, f, err);
        if (st < 0)
            return st;
    }
    out->n_headers = n;
    out->names = names;
    return SLUICE_OK;
}

/* Exactly one "chunked" is understood. */
static sluice_status check_coding(sluice_span v, struct sl_http_error *err)
{
    bool unknown = false;
    sluice_span e;

    if (sl_span_ieq(v, SL_SPAN("chunked")))
        return SLUICE_OK;
    while (next_element(&v, &e)) {
        if (!sl_http_name_ok(e))
            return refuse(err, 400, "Transfer-Encoding is malformed.");
        unknown = unknown || !sl_span_ieq(e, SL_SPAN("chunked"));
    }
    return unknown ? refuse(err, 501, "This transfer coding is not supported.")
                   : refuse(err, 400, "Transfer-Encoding says chunked twice.");
}

sluice_status sl_http_settle(struct sl_http_head *out, const struct sl_http_framing *f,
                             struct sl_http_error *err)
{
    sluice_status st;

    if (f->codings && f->lengths)
        return refuse(err, 400, "Content-Length and Transfer-Encoding are both there.");
    if (f->codings && out->minor == 0)
        return refuse(err, 400, "HTTP/1.0 has no Transfer-Encoding.");
    if (f->codings) {
        st = check_coding(f->coding, err);
        if (st < 0)
            return st;
    }
    out->keep_alive = !f->close && (out->minor == 1 || f->keep);
    out->body = f->codings     ? SL_HTTP_BODY_CHUNKED
                : f->lengths   ? SL_HTTP_BODY_LENGTH
                : out->request ? SL_HTTP_BODY_NONE
                               : SL_HTTP_BODY_CLOSE;
    return SLUICE_OK;
}
