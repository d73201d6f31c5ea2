/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transcript.h - what the HTTP/1.1 parser makes of a stream of messages, as text that can be
 * compared: with other cuts of the same bytes, with a table, with another parser.
 */
#ifndef TEST_HTTP_TRANSCRIPT_H
#define TEST_HTTP_TRANSCRIPT_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include "format/http1_parse.h"

struct transcript {
    FILE *out;
    char *text;
    size_t len;
    bool request, to_head;
    struct sl_http_limits limits;
    char *bytes; /* exactly `have` of them, so that a sanitizer sees reads behind */
    size_t have, pos, seen;
    enum { READ_HEAD, READ_BODY, STOPPED } stage;
    struct sl_http_head head;
    struct sl_http_chunked chunked;
    uint64_t left;
    int messages;
    struct sl_http_error err; /* status 0 = nothing was refused */
};

static inline void transcript_init(struct transcript *t, bool request)
{
    *t = (struct transcript){ .request = request, .limits = { 65536, 16384 } };
    t->out = open_memstream(&t->text, &t->len);
}

static inline void transcript_finish(struct transcript *t)
{
    fclose(t->out);
    free(t->text);
    free(t->bytes);
}

static inline void print_head(struct transcript *t)
{
    const struct sl_http_head *h = &t->head;

    if (h->request)
        fprintf(t->out, "message %.*s %.*s", SL_FMT(h->method), SL_FMT(h->target));
    else
        fprintf(t->out, "message %d", h->status);
    fprintf(t->out, " 1.%d keep=%d expect=%d upgrade=%d\n", h->minor, h->keep_alive,
            h->expect_continue, h->upgrade);
    for (size_t i = 0; i < h->n_headers; i++)
        fprintf(t->out, "field %.*s: %.*s\n", SL_FMT(h->headers[i].name),
                SL_FMT(h->headers[i].value));
    fputs("body ", t->out);
}

static inline void refused(struct transcript *t)
{
    fprintf(t->out, "\nrefused %d %s\n", t->err.status, t->err.what);
    t->stage = STOPPED;
}

static inline void end_of_message(struct transcript *t)
{
    t->messages++;
    fprintf(t->out, "\nend at %zu\n", t->pos);
    t->stage = t->head.keep_alive ? READ_HEAD : STOPPED;
    t->seen = 0;
}

static inline bool read_body(struct transcript *t)
{
    sluice_span in = sl_span(t->bytes + t->pos, t->have - t->pos), data;
    sluice_status st;

    switch (t->head.body) {
    case SL_HTTP_BODY_NONE:
        end_of_message(t);
        return true;
    case SL_HTTP_BODY_CHUNKED:
        st = sl_http_chunked_next(&t->chunked, &in, &data, &t->err);
        t->pos = (size_t)(in.ptr - t->bytes);
        fwrite(data.ptr, 1, data.len, t->out);
        if (st == SLUICE_PENDING)
            end_of_message(t);
        else if (st < 0)
            refused(t);
        return st != SLUICE_MORE;
    default:
        data = sl_span_head(in, t->left < in.len ? (size_t)t->left : in.len);
        fwrite(data.ptr, 1, data.len, t->out);
        t->pos += data.len;
        t->left -= data.len;
        if (t->left == 0)
            end_of_message(t);
        return data.len > 0 || t->left == 0;
    }
}

static inline bool read_head(struct transcript *t)
{
    char *text = t->bytes + t->pos;
    size_t len = t->have - t->pos, used = 0;
    sluice_status st;

    if (len == 0)
        return false;
    st = t->request
             ? sl_http_parse_request(text, len, t->seen, &t->limits, &t->head, &used, &t->err)
             : sl_http_parse_answer(text, len, t->seen, &t->limits, t->to_head, &t->head, &used,
                                    &t->err);
    t->seen = len;
    if (st == SLUICE_MORE)
        return false;
    if (st < 0) {
        refused(t);
        return true;
    }
    t->pos += used;
    print_head(t);
    t->stage = READ_BODY;
    t->left = t->head.body == SL_HTTP_BODY_LENGTH ? t->head.length : UINT64_MAX;
    sl_http_chunked_init(&t->chunked);
    return true;
}

/* The next n bytes of the stream. */
static inline void transcript_feed(struct transcript *t, const char *bytes, size_t n)
{
    char *grown = malloc(t->have + n ? t->have + n : 1);

    if (t->have)
        memcpy(grown, t->bytes, t->have);
    if (n)
        memcpy(grown + t->have, bytes, n);
    free(t->bytes);
    t->bytes = grown;
    t->have += n;
    while (t->stage == READ_HEAD ? read_head(t) : t->stage == READ_BODY && read_body(t))
        ;
}

/* The end of the stream; the whole transcript. */
static inline const char *transcript_end(struct transcript *t)
{
    if (t->stage == READ_BODY && t->head.body == SL_HTTP_BODY_CLOSE)
        end_of_message(t);
    else if (t->stage == READ_BODY || (t->stage == READ_HEAD && t->pos < t->have))
        fputs("\nincomplete\n", t->out);
    fflush(t->out);
    return t->text;
}

#endif
