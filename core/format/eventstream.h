/* SPDX-License-Identifier: Apache-2.0 */
/*
 * eventstream.h - messages of application/vnd.amazon.eventstream: typed headers and a payload, with
 * a CRC over the lengths and one over everything. One whole message at a time: where it ends stands
 * in its first four bytes (SLUICE_FRAME_U32).
 */
#ifndef SL_FORMAT_EVENTSTREAM_H
#define SL_FORMAT_EVENTSTREAM_H

#include "base/buf.h"

#define SL_ES_MESSAGE_MAX (24u << 20) /* AWS: 16 MiB of payload, 128 KiB of headers */
#define SL_ES_HEADERS_MAX (128u << 10)

enum sl_es_type {
    SL_ES_TRUE,
    SL_ES_FALSE,
    SL_ES_INT8,
    SL_ES_INT16,
    SL_ES_INT32,
    SL_ES_INT64,
    SL_ES_BYTES,
    SL_ES_STRING,
    SL_ES_TIMESTAMP,
    SL_ES_UUID
};

struct sl_es_header {
    sluice_span name;
    enum sl_es_type type;
    sluice_span value; /* bytes as they stand there, without a length; numbers big-endian */
};

struct sl_es_message {
    sluice_span headers; /* checked */
    sluice_span payload;
};

/* frame: exactly one message. INVALID: *what (static) says why: a length, a CRC, a header. */
sluice_status sl_es_decode(sluice_span frame, struct sl_es_message *out, const char **what);
/* The next header of *rest, which begins as message.headers; false at the end. */
bool sl_es_next(sluice_span *rest, struct sl_es_header *out);
/* A string header's text; ptr NULL when there is none of this name. */
sluice_span sl_es_text(const struct sl_es_message *message, const char *name);

/* Writes one message; the buf fails when it does not fit into the limits above. */
void sl_es_encode(struct sl_buf *out, const struct sl_es_header *headers, size_t n,
                  const sluice_span *payload, size_t n_payload);
/* An event or an exception with a JSON payload, as services write them. */
void sl_es_event(struct sl_buf *out, sluice_span event_type, const sluice_span *payload,
                 size_t n_payload);
void sl_es_exception(struct sl_buf *out, sluice_span exception_type, const sluice_span *payload,
                     size_t n_payload);

#endif
