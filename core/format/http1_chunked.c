/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http1_chunked.c - the chunked transfer coding (RFC 9112, 7.1), decoded in place and in pieces.
 * Size lines, extensions and trailers go through a state machine byte by byte, data in runs. No
 * blanks are let pass where the grammar calls them bad; extensions must be well formed although
 * nobody reads them, for two readers that skip them differently disagree about what follows.
 */
#include "format/http1_parse.h"
#include "format/http1_text.h"

#define EXTENSIONS_MAX 256 /* bytes of the extensions of one chunk */
#define EXTRA_MAX 8192     /* of all extensions and trailers of a body */

enum state {
    SIZE_FIRST,
    SIZE,
    EXT_NAME_FIRST,
    EXT_NAME,
    EXT_VALUE_FIRST,
    EXT_VALUE,
    EXT_QUOTED,
    EXT_ESCAPED,
    EXT_AFTER,
    SIZE_LF,
    DATA,
    DATA_CR,
    DATA_LF,
    TRAILER_FIRST,
    TRAILER_NAME,
    TRAILER_VALUE,
    TRAILER_LF,
    END_LF,
    END,
    BROKEN
};

/* Fields that a trailer must not have: they would tell another length. */
static const char *const framing_names[] = { "content-length", "transfer-encoding" };

void sl_http_chunked_init(struct sl_http_chunked *c)
{
    *c = (struct sl_http_chunked){ .state = SIZE_FIRST };
}

static unsigned digit_of(unsigned char ch)
{
    return ch <= '9' ? ch - 0x30u : (ch | 0x20u) - 0x61u + 10u;
}

static const char *hex_digit(struct sl_http_chunked *c, unsigned char ch)
{
    if (c->left > (INT64_MAX >> 4) || c->line >= 16)
        return "A chunk is too large.";
    c->left = c->left << 4 | digit_of(ch);
    c->line++;
    c->state = SIZE;
    return NULL;
}

/* Behind a size or a whole extension. */
static const char *end_of_item(struct sl_http_chunked *c, unsigned char ch)
{
    if (ch == '\r') {
        c->state = SIZE_LF;
    } else if (ch == ';') {
        if (c->state == SIZE)
            c->line = 0;
        c->state = EXT_NAME_FIRST;
    } else {
        return c->state == SIZE ? "A chunk size is malformed." : "A chunk extension is malformed.";
    }
    return NULL;
}

static const char *extension(struct sl_http_chunked *c, unsigned char ch)
{
    switch (c->state) {
    case EXT_NAME_FIRST:
    case EXT_VALUE_FIRST:
        if (c->state == EXT_VALUE_FIRST && ch == '"')
            c->state = EXT_QUOTED;
        else if (sl_http_token[ch])
            c->state++;
        else
            return "A chunk extension is malformed.";
        return NULL;
    case EXT_NAME:
        if (ch == '=')
            c->state = EXT_VALUE_FIRST;
        else if (!sl_http_token[ch])
            return end_of_item(c, ch);
        return NULL;
    case EXT_VALUE:
        return sl_http_token[ch] ? NULL : end_of_item(c, ch);
    case EXT_QUOTED:
        if (ch == '"')
            c->state = EXT_AFTER;
        else if (ch == '\\')
            c->state = EXT_ESCAPED;
        else if (!(sl_http_class[ch] & SL_HTTP_QUOTED))
            return "A chunk extension is malformed.";
        return NULL;
    case EXT_ESCAPED:
        c->state = EXT_QUOTED;
        return sl_http_class[ch] & SL_HTTP_VALUE ? NULL : "A chunk extension is malformed.";
    default: /* EXT_AFTER */
        return end_of_item(c, ch);
    }
}

/* c->line is the length of the name so far, c->match which framing names it may still be. */
static const char *trailer_name(struct sl_http_chunked *c, unsigned char ch)
{
    unsigned char low = sl_http_token[ch];
    const size_t n = sizeof framing_names / sizeof *framing_names;

    if (ch == ':' && c->line > 0) {
        for (size_t i = 0; i < n; i++)
            if (c->match >> i & 1 && framing_names[i][c->line] == '\0')
                return "A trailer field tells a length.";
        c->state = TRAILER_VALUE;
        return NULL;
    }
    if (!low)
        return "A trailer field is malformed.";
    for (size_t i = 0; i < n; i++)
        if (c->match >> i & 1 && (unsigned char)framing_names[i][c->line] != low)
            c->match &= ~(1u << i);
    return NULL;
}

static const char *trailer(struct sl_http_chunked *c, unsigned char ch)
{
    switch (c->state) {
    case TRAILER_FIRST:
        if (ch == '\r') {
            c->state = END_LF;
            return NULL;
        }
        c->line = 0;
        c->match = ~0u;
        c->state = TRAILER_NAME;
        return trailer_name(c, ch);
    case TRAILER_NAME:
        return trailer_name(c, ch);
    default: /* TRAILER_VALUE */
        if (ch == '\r')
            c->state = TRAILER_LF;
        else if (!(sl_http_class[ch] & SL_HTTP_VALUE))
            return "A trailer field is malformed.";
        return NULL;
    }
}

/* One byte outside of data. Returns what is wrong with it, or NULL. */
static const char *step(struct sl_http_chunked *c, unsigned char ch)
{
    const char *what;

    switch (c->state) {
    case SIZE_FIRST:
        return sl_http_class[ch] & SL_HTTP_HEX ? hex_digit(c, ch) : "A chunk size is malformed.";
    case SIZE:
        return sl_http_class[ch] & SL_HTTP_HEX ? hex_digit(c, ch) : end_of_item(c, ch);
    case SIZE_LF:
    case TRAILER_LF:
    case DATA_LF:
    case END_LF:
        if (ch != '\n')
            return "A carriage return stands alone in the chunked body.";
        c->line = 0;
        c->state = c->state == END_LF       ? END
                   : c->state == TRAILER_LF ? TRAILER_FIRST
                   : c->state == DATA_LF    ? SIZE_FIRST
                   : c->left                ? DATA
                                            : TRAILER_FIRST;
        return NULL;
    case DATA_CR:
        c->state = DATA_LF;
        return ch == '\r' ? NULL : "A chunk does not end where its size says.";
    case BROKEN:
        return "The chunked body is malformed.";
    default:
        break;
    }
    c->extra++;
    if (c->state < SIZE_LF) {
        what = extension(c, ch);
        if (!what && c->line >= EXTENSIONS_MAX)
            what = "The extensions of a chunk are too long.";
    } else {
        what = trailer(c, ch);
    }
    c->line++;
    if (!what && c->extra > EXTRA_MAX)
        what = "The extensions and trailers of the chunked body are too long.";
    return what;
}

/* The usual way from one chunk to the next, all of it here: its end, a size without extensions that
 * is not 0. False: nothing was done, whatever is there goes byte by byte. */
static bool next_size(struct sl_http_chunked *c, sluice_span *input)
{
    const char *p = input->ptr, *end = p + input->len;
    uint64_t left = 0;
    unsigned n = 0;

    if (input->len < 16)
        return false;
    if (c->state == DATA_CR) {
        if (p[0] != '\r' || p[1] != '\n')
            return false;
        p += 2;
    } else if (c->state != SIZE_FIRST) {
        return false;
    }
    for (; n < 8 && sl_http_class[(unsigned char)*p] & SL_HTTP_HEX; n++, p++)
        left = left << 4 | digit_of((unsigned char)*p);
    if (!left || p[0] != '\r' || p[1] != '\n')
        return false;
    c->left = left;
    c->line = 0;
    c->state = DATA;
    *input = sl_span(p + 2, (size_t)(end - p - 2));
    return true;
}

sluice_status sl_http_chunked_next(struct sl_http_chunked *c, sluice_span *input, sluice_span *data,
                                   struct sl_http_error *err)
{
    *data = sl_span(input->ptr, 0);
    while (c->state != END) {
        const char *what;

        if (input->len == 0)
            return SLUICE_MORE;
        if (c->state == DATA || next_size(c, input)) {
            *data = sl_span_head(*input, c->left < SIZE_MAX ? (size_t)c->left : SIZE_MAX);
            *input = sl_span_from(*input, data->len);
            c->left -= data->len;
            if (c->left == 0)
                c->state = DATA_CR;
            return SLUICE_OK;
        }
        what = step(c, (unsigned char)*input->ptr);
        if (what) {
            c->state = BROKEN;
            *err = (struct sl_http_error){ 400, what };
            return SLUICE_E_INVALID;
        }
        *input = sl_span_from(*input, 1);
    }
    return SLUICE_PENDING;
}
