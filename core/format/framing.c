/* SPDX-License-Identifier: Apache-2.0 */
/* framing.c - see framing.h. */
#include "format/framing.h"

#include "format/eventstream.h"

void sl_frame_open(struct sl_buf *b, enum sl_framing framing, sluice_span name)
{
    switch (framing) {
    case SL_FRAMING_EVENTS:
        sl_buf_add(b, SL_SPAN("event: "));
        sl_buf_add(b, name);
        sl_buf_add(b, SL_SPAN("\ndata: "));
        break;
    case SL_FRAMING_DATA:
        sl_buf_add(b, SL_SPAN("data: "));
        break;
    case SL_FRAMING_LINES:
    case SL_FRAMING_LIST:
    case SL_FRAMING_BINARY:
        break;
    }
}

sluice_span sl_frame_close(enum sl_framing framing)
{
    if (framing == SL_FRAMING_LIST || framing == SL_FRAMING_BINARY)
        return SL_SPAN("");
    return framing == SL_FRAMING_LINES ? SL_SPAN("\n") : SL_SPAN("\n\n");
}

void sl_frame_raw(struct sl_buf *b, sluice_span json)
{
    size_t at = b->len;

    for (sl_buf_add(b, json); at < b->len; at++)
        if (b->ptr[at] == '\n' || b->ptr[at] == '\r')
            b->ptr[at] = ' ';
}

static bool next_message(sluice_span *text, sluice_span *object)
{
    while (text->len >= 4) {
        const unsigned char *p = (const unsigned char *)text->ptr;
        size_t len = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
        sluice_span frame = sl_span_head(*text, len);
        struct sl_es_message message;
        const char *what;

        *text = sl_span_from(*text, len ? len : text->len);
        if (sl_es_decode(frame, &message, &what) >= 0 && message.payload.len) {
            *object = message.payload;
            return true;
        }
    }
    return false;
}

bool sl_frame_next(enum sl_framing framing, sluice_span *text, sluice_span *object)
{
    /* Ends of lines may be CRLF; a blank line they are all the same. */
    bool crlf = framing != SL_FRAMING_LINES && sl_span_find(*text, SL_SPAN("\r\n\r\n")) < text->len;
    sluice_span close = crlf ? SL_SPAN("\r\n\r\n") : sl_frame_close(framing);

    if (framing == SL_FRAMING_BINARY)
        return next_message(text, object);
    while (text->len && close.len) {
        size_t end = sl_span_find(*text, close), at = 0;
        sluice_span frame = sl_span_head(*text, end);

        *text = sl_span_from(*text, end + close.len);
        if (framing != SL_FRAMING_LINES) {
            if (sl_span_starts(frame, SL_SPAN("event: ")))
                at = sl_span_find_char(frame, '\n') + 1;
            frame = sl_span_from(frame, at);
            frame = sl_span_starts(frame, SL_SPAN("data: ")) ? sl_span_from(frame, 6)
                                                             : sl_span(NULL, 0);
        }
        if (frame.len && frame.ptr[0] == '{') {
            *object = frame;
            return true;
        }
    }
    return false;
}
