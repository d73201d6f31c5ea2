/* SPDX-License-Identifier: Apache-2.0 */
/* frames.c - cuts canned answers into frames. */
#include "frames.h"

#define EVENT_CAP ((size_t)16 << 20)

void framer_init(struct framer *f, uint32_t framing,
                 sluice_status (*frame)(void *ctx, sluice_span event, sluice_span data), void *ctx)
{
    memset(f, 0, sizeof *f);
    f->framing = framing;
    f->frame = frame;
    f->ctx = ctx;
    sl_sse_init(&f->sse, EVENT_CAP);
    sl_lines_init(&f->lines, EVENT_CAP);
}

void framer_finish(struct framer *f)
{
    sl_sse_finish(&f->sse);
    sl_lines_finish(&f->lines);
    text_free(&f->held);
}

static sluice_status feed_sse(struct framer *f, sluice_span bytes)
{
    struct sl_sse_event ev;
    sluice_status st;

    while ((st = sl_sse_next(&f->sse, &bytes, &ev, NULL)) == SLUICE_OK) {
        st = f->frame(f->ctx, ev.event, ev.data);
        if (st < 0)
            return st;
    }
    return st < 0 ? st : SLUICE_OK;
}

static sluice_status feed_lines(struct framer *f, sluice_span bytes)
{
    sluice_span line;
    sluice_status st;

    while ((st = sl_lines_next(&f->lines, &bytes, &line)) == SLUICE_OK) {
        st = f->frame(f->ctx, sl_span(NULL, 0), line);
        if (st < 0)
            return st;
    }
    return st < 0 ? st : SLUICE_OK;
}

static sluice_status feed_u32(struct framer *f, sluice_span bytes)
{
    sluice_status st = SLUICE_OK;
    size_t at = 0;

    text_add(&f->held, bytes);
    while (st >= 0 && f->held.len - at >= 4) {
        const unsigned char *p = (const unsigned char *)f->held.ptr + at;
        size_t n = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];

        if (n < 4 || n > EVENT_CAP)
            return SLUICE_E_UPSTREAM;
        if (f->held.len - at < n)
            break;
        st = f->frame(f->ctx, sl_span(NULL, 0), sl_span(f->held.ptr + at, n));
        at += n;
    }
    memmove(f->held.ptr, f->held.ptr + at, f->held.len - at);
    f->held.len -= at;
    return st < 0 ? st : SLUICE_OK;
}

sluice_status framer_feed(struct framer *f, sluice_span bytes)
{
    if (!bytes.len)
        return SLUICE_OK;
    switch (f->framing) {
    case SLUICE_FRAME_WHOLE:
        text_add(&f->held, bytes);
        return SLUICE_OK;
    case SLUICE_FRAME_SSE:
        return feed_sse(f, bytes);
    case SLUICE_FRAME_LINES:
        return feed_lines(f, bytes);
    case SLUICE_FRAME_RAW:
        return f->frame(f->ctx, sl_span(NULL, 0), bytes);
    case SLUICE_FRAME_U32:
        return feed_u32(f, bytes);
    default:
        return SLUICE_E_UNSUPPORTED;
    }
}

sluice_status framer_end(struct framer *f)
{
    struct sl_sse_event ev;
    sluice_span line;
    sluice_status st;

    switch (f->framing) {
    case SLUICE_FRAME_WHOLE:
        return f->held.len ? f->frame(f->ctx, sl_span(NULL, 0), sl_span(f->held.ptr, f->held.len))
                           : SLUICE_OK;
    case SLUICE_FRAME_SSE:
        st = sl_sse_end(&f->sse, &ev);
        return st == SLUICE_OK ? f->frame(f->ctx, ev.event, ev.data) : st < 0 ? st : SLUICE_OK;
    case SLUICE_FRAME_LINES:
        st = sl_lines_end(&f->lines, &line);
        return st == SLUICE_OK ? f->frame(f->ctx, sl_span(NULL, 0), line) : st < 0 ? st : SLUICE_OK;
    case SLUICE_FRAME_U32:
        return f->held.len ? SLUICE_E_TRUNCATED : SLUICE_OK;
    default:
        return SLUICE_OK;
    }
}
