/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sse.h - cuts a byte stream into server-sent events (WHATWG "event stream": LF, CR or CRLF, also
 * split over reads; BOM; comments; several data lines). Feeds from the caller's buffer; only an
 * event that is split over reads is copied.
 */
#ifndef SL_FORMAT_SSE_H
#define SL_FORMAT_SSE_H

#include "base/buf.h"

struct sl_sse_event {
    sluice_span event; /* name, or empty */
    sluice_span data;  /* lines joined by \n; may be a span of the input or of the parser */
};

/* The members are sse.c's own. */
struct sl_sse {
    struct sl_buf held; /* lines of an event begun in an earlier read, each ended by \n */
    struct sl_buf data; /* joined data lines, when there are several */
    size_t line;        /* where the line that is not complete yet starts in held */
    uint8_t bom;        /* bytes of the byte order mark seen; 3 = that is over */
    bool skip_lf;       /* the last byte was a CR: an LF now belongs to it */
    bool comment;       /* that line is a comment, of which nothing is held */
    bool held_done;     /* the held event was handed out */
};

/* cap: the longest event, in bytes: its lines with one line end each, comments not counted. */
void sl_sse_init(struct sl_sse *p, size_t cap);
void sl_sse_finish(struct sl_sse *p);
/* The next event out of *input, which shrinks by what was used. MORE: input is used up; OK: *out is
 * set, valid until the next call; NOMEM: longer than the cap, or no memory, and that stays so.
 * Events without data are skipped; comments_seen (may be NULL) counts comment lines. */
sluice_status sl_sse_next(struct sl_sse *p, sluice_span *input, struct sl_sse_event *out,
                          size_t *comments_seen);
/* Is no event under way, nor a line? What has come since the last one is comments and blank lines.
 */
static inline bool sl_sse_between(const struct sl_sse *p)
{
    return (p->held.len == 0 || p->held_done) && !p->comment && !p->skip_lf && p->bom == 3;
}
/* The body ended: a last event without its blank line counts. OK or MORE (nothing left). */
sluice_status sl_sse_end(struct sl_sse *p, struct sl_sse_event *out);

#endif
