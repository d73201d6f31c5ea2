/* SPDX-License-Identifier: Apache-2.0 */
/*
 * framing.h - what stands around the JSON text of one event on the wire, both ways: server-sent
 * events with or without names, lines. A frame is written in two calls around its text, or
 * around text that is in several pieces.
 */
#ifndef SL_FORMAT_FRAMING_H
#define SL_FORMAT_FRAMING_H

#include "base/buf.h"

enum sl_framing {
    SL_FRAMING_DATA,   /* "data: {...}\n\n" */
    SL_FRAMING_EVENTS, /* "event: NAME\ndata: {...}\n\n" */
    SL_FRAMING_LINES,  /* "{...}\n" */
    SL_FRAMING_LIST,   /* "[{...},\r\n{...}]": what stands before an event is not the same for all;
                          for clients on a wire only */
    SL_FRAMING_BINARY, /* messages of eventstream.h, written whole by the dialect */
};

/* What stands before an event of that name, and behind it. name: plain, without line ends. */
void sl_frame_open(struct sl_buf *b, enum sl_framing framing, sluice_span name);
sluice_span sl_frame_close(enum sl_framing framing);
/* Raw JSON within a frame: a line end in it is white space, and would end the line of data. */
void sl_frame_raw(struct sl_buf *b, sluice_span json);
/* The next JSON object out of a text that is made of whole frames, which shrinks by it; false: no
 * more. Frames without an object (comments, [DONE]) are passed over. */
bool sl_frame_next(enum sl_framing framing, sluice_span *text, sluice_span *object);

#endif
