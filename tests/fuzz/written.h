/* SPDX-License-Identifier: Apache-2.0 */
/*
 * written.h - what a dialect wrote, read by the letter: whole frames and nothing between them, each
 * with JSON in it, binary ones with right CRCs, and nothing behind the terminator.
 */
#ifndef TESTS_FUZZ_WRITTEN_H
#define TESTS_FUZZ_WRITTEN_H

#include "fuzz.h"

#include "format/dialect/dialect.h"
#include "format/eventstream.h"
#include "format/sse.h"

typedef void (*written_fn)(void *ctx, sluice_span name, sluice_span text);

static inline void written_binary(sluice_span stream, written_fn event, void *ctx)
{
    while (stream.len) {
        const unsigned char *p = (const unsigned char *)stream.ptr;
        struct sl_es_message m;
        const char *what;
        size_t len;

        require(stream.len >= 4);
        len = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
        require(len <= stream.len && sl_es_decode(sl_span_head(stream, len), &m, &what) >= 0);
        if (sl_span_eq(sl_es_text(&m, ":message-type"), SL_SPAN("event")))
            event(ctx, sl_es_text(&m, ":event-type"), m.payload);
        else
            require(sl_span_eq(sl_es_text(&m, ":message-type"), SL_SPAN("exception")));
        stream = sl_span_from(stream, len);
    }
}

static inline void written_events(sluice_span stream, written_fn event, void *ctx)
{
    struct sl_sse_event one;
    struct sl_sse sse;
    bool done = false;

    require(sl_span_ends(stream, SL_SPAN("\n\n")) || sl_span_ends(stream, SL_SPAN("\r\n\r\n")));
    sl_sse_init(&sse, 64u << 20);
    while (sl_sse_next(&sse, &stream, &one, NULL) == SLUICE_OK) {
        require(!done); /* nothing follows the terminator */
        done = sl_span_eq(one.data, SL_SPAN("[DONE]"));
        if (!done)
            event(ctx, one.event, one.data);
    }
    sl_sse_finish(&sse);
}

static inline void written_lines(sluice_span stream, written_fn event, void *ctx)
{
    while (stream.len) {
        sluice_span line = sl_span_head(stream, sl_span_find_char(stream, '\n'));

        require(line.len < stream.len);
        event(ctx, sl_span("", 0), line);
        stream = sl_span_from(stream, line.len + 1);
    }
}

/* Every event of a stream that begins with one. */
static inline void written_each(const struct sl_dialect *d, sluice_span stream, written_fn event,
                                void *ctx)
{
    if (d->framing == SL_FRAMING_BINARY)
        written_binary(stream, event, ctx);
    else if (d->framing == SL_FRAMING_LINES)
        written_lines(stream, event, ctx);
    else if (stream.len)
        written_events(stream, event, ctx);
}

#endif
