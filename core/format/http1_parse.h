/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http1_parse.h - strict HTTP/1.1 messages (RFC 9112), both directions; no sockets, no allocation.
 * It is the border against request smuggling: what is ambiguous is refused, never guessed.
 *   400: CL together with TE, differing or malformed CL, TE other than exactly one "chunked",
 * obs-fold, bare LF or CR, blank before the colon, characters outside token / field-content, NUL,
 * no or two Host (HTTP/1.1), absolute-form with another host. The verdict on a message, and the
 * sentence, do not depend on how its bytes were cut.
 */
#ifndef SL_FORMAT_HTTP1_PARSE_H
#define SL_FORMAT_HTTP1_PARSE_H

#include "base/span.h"

#define SL_HTTP_HEADERS 100 /* more fields than this: 431 */

enum sl_http_body {
    SL_HTTP_BODY_NONE,
    SL_HTTP_BODY_LENGTH,
    SL_HTTP_BODY_CHUNKED,
    SL_HTTP_BODY_CLOSE
};

/* A parsed message head. Spans point into the text that was parsed, field names are made lower case
 * in place there. */
struct sl_http_head {
    bool request;
    int minor;                  /* HTTP/1.minor: 0 or 1 */
    int status;                 /* answer: 100..599 */
    sluice_span method, target; /* request; target in origin form ("/path?query") or "*" */
    sluice_header headers[SL_HTTP_HEADERS];
    size_t n_headers;
    uint64_t names; /* sl_span_bit() of each field's */
    enum sl_http_body body;
    uint64_t length; /* SL_HTTP_BODY_LENGTH */
    bool keep_alive;
    bool expect_continue; /* Expect: 100-continue */
    bool upgrade;         /* Connection: upgrade was there */
};

struct sl_http_limits {
    size_t head; /* bytes of start line and fields together */
    size_t line; /* bytes of the start line: beyond, 414 */
};

/* Why a message was refused: what to answer, and a static sentence. */
struct sl_http_error {
    int status; /* 400, 414, 431, 501, 505 */
    const char *what;
};

/* Parse the head at the start of text[0..len), which is modified in place (names to lower case).
 * `seen` = how many of these bytes an earlier call has looked at already (0 at first), so that slow
 * senders do not cost quadratic time. OK: *used bytes make the head. MORE: incomplete. INVALID:
 * *err. For answers, `to_head` says that the request was HEAD (no body). */
sluice_status sl_http_parse_request(char *text, size_t len, size_t seen,
                                    const struct sl_http_limits *limits, struct sl_http_head *out,
                                    size_t *used, struct sl_http_error *err);
sluice_status sl_http_parse_answer(char *text, size_t len, size_t seen,
                                   const struct sl_http_limits *limits, bool to_head,
                                   struct sl_http_head *out, size_t *used,
                                   struct sl_http_error *err);

/* The value of a field, by lower-case name; ptr NULL when absent. The first one. */
sluice_span sl_http_header_find(const struct sl_http_head *head, sluice_span name);
static inline sluice_span sl_http_header(const struct sl_http_head *head, sluice_span name)
{
    return head->names & sl_span_bit(name) ? sl_http_header_find(head, name) : sl_span(NULL, 0);
}
/* Is the word in this list of a field ("keep-alive, Upgrade")? In any case of letters. */
bool sl_http_lists(sluice_span field, sluice_span word);

/* Decoding of chunked bodies, in place and in pieces. */
struct sl_http_chunked {
    uint64_t left;  /* of the current chunk */
    uint32_t state; /* private */
    uint32_t line;  /* bytes of the current size or trailer line so far */
    uint32_t extra; /* bytes of extensions and trailers so far, which are bounded together */
    uint32_t match; /* private: which framing field the trailer's name may still turn out to be */
};
void sl_http_chunked_init(struct sl_http_chunked *c);
/* The next run of payload within *input, which shrinks by what was used. OK: *data is set (a span
 * of the input); MORE: input is used up; PENDING: the last chunk and the trailers are over, *input
 * starts behind them; INVALID: malformed (extensions are skipped, trailers dropped; both bounded).
 */
sluice_status sl_http_chunked_next(struct sl_http_chunked *c, sluice_span *input, sluice_span *data,
                                   struct sl_http_error *err);

/* http1_write.c: may s be sent as a field's value (no CR, LF, NUL, control), as its name (a token)?
 */
bool sl_http_value_ok(sluice_span s);
bool sl_http_name_ok(sluice_span s);
/* "name: value\r\n" to where there is room for it; returns its end. NULL: name or value may
 * not be sent, and what was written is nothing. */
char *sl_http_put_field(char *at, sluice_span name, sluice_span value);
const char *sl_http_reason(int status); /* "OK"; "" if unknown */

#endif
