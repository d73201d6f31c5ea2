/* SPDX-License-Identifier: Apache-2.0 */
/* eventstream.c - see eventstream.h. */
#include "format/eventstream.h"

#include "base/crc32.h"

#define PRELUDE 12u /* total length, length of the headers, CRC of both */
#define AROUND 16u  /* the prelude, and the CRC behind the payload */

static uint32_t read_u32(const char *p)
{
    const unsigned char *u = (const unsigned char *)p;

    return (uint32_t)u[0] << 24 | (uint32_t)u[1] << 16 | (uint32_t)u[2] << 8 | u[3];
}

/* Bytes of a value whose type says it; -1: its length stands in front of it. */
static int fixed_size(enum sl_es_type type)
{
    static const signed char sizes[] = {
        [SL_ES_TRUE] = 0,      [SL_ES_FALSE] = 0, [SL_ES_INT8] = 1,   [SL_ES_INT16] = 2,
        [SL_ES_INT32] = 4,     [SL_ES_INT64] = 8, [SL_ES_BYTES] = -1, [SL_ES_STRING] = -1,
        [SL_ES_TIMESTAMP] = 8, [SL_ES_UUID] = 16,
    };

    return sizes[type];
}

bool sl_es_next(sluice_span *rest, struct sl_es_header *out)
{
    const unsigned char *p = (const unsigned char *)rest->ptr;
    size_t left = rest->len, name, size;

    if (left < 2)
        return false;
    name = p[0];
    if (!name || left < name + 2 || p[1 + name] > SL_ES_UUID)
        return false;
    out->name = sl_span(rest->ptr + 1, name);
    out->type = (enum sl_es_type)p[1 + name];
    p += name + 2;
    left -= name + 2;
    if (fixed_size(out->type) >= 0) {
        size = (size_t)fixed_size(out->type);
    } else {
        if (left < 2)
            return false;
        size = (size_t)p[0] << 8 | p[1];
        p += 2;
        left -= 2;
    }
    if (left < size)
        return false;
    out->value = sl_span((const char *)p, size);
    *rest = sl_span((const char *)p + size, left - size);
    return true;
}

sluice_status sl_es_decode(sluice_span frame, struct sl_es_message *out, const char **what)
{
    struct sl_es_header header;
    sluice_span rest;
    uint32_t total, headers;

    *what = "shorter than the shortest message";
    if (frame.len < AROUND)
        return SLUICE_E_INVALID;
    total = read_u32(frame.ptr);
    headers = read_u32(frame.ptr + 4);
    *what = "the CRC of its lengths is wrong";
    if (sl_crc32(0, sl_span_head(frame, 8)) != read_u32(frame.ptr + 8))
        return SLUICE_E_INVALID;
    *what = "its lengths contradict each other";
    if (total != frame.len || headers > total - AROUND || headers > SL_ES_HEADERS_MAX)
        return SLUICE_E_INVALID;
    *what = "its CRC is wrong";
    if (sl_crc32(0, sl_span_head(frame, total - 4)) != read_u32(frame.ptr + total - 4))
        return SLUICE_E_INVALID;
    out->headers = sl_span(frame.ptr + PRELUDE, headers);
    out->payload = sl_span(frame.ptr + PRELUDE + headers, total - headers - AROUND);
    *what = "a header is malformed";
    for (rest = out->headers; rest.len;)
        if (!sl_es_next(&rest, &header))
            return SLUICE_E_INVALID;
    return SLUICE_OK;
}

sluice_span sl_es_text(const struct sl_es_message *message, const char *name)
{
    sluice_span rest = message->headers, wanted = sl_span_str(name);
    struct sl_es_header header;

    while (sl_es_next(&rest, &header))
        if (header.type == SL_ES_STRING && sl_span_eq(header.name, wanted))
            return header.value;
    return sl_span(NULL, 0);
}

/* ---- writing ---- */

static void put_u32(char *p, uint32_t n)
{
    for (int i = 0; i < 4; i++)
        p[i] = (char)(n >> (24 - 8 * i));
}

static void add_u32(struct sl_buf *b, uint32_t n)
{
    char bytes[4];

    put_u32(bytes, n);
    sl_buf_add(b, sl_span(bytes, sizeof bytes));
}

static void add_header(struct sl_buf *b, const struct sl_es_header *h)
{
    int size = fixed_size(h->type);

    if (!h->name.len || h->name.len > UINT8_MAX || h->value.len > INT16_MAX ||
        (size >= 0 && h->value.len != (size_t)size))
        b->failed = true;
    sl_buf_add_char(b, (char)h->name.len);
    sl_buf_add(b, h->name);
    sl_buf_add_char(b, (char)h->type);
    if (size < 0) {
        sl_buf_add_char(b, (char)(h->value.len >> 8));
        sl_buf_add_char(b, (char)h->value.len);
    }
    sl_buf_add(b, h->value);
}

void sl_es_encode(struct sl_buf *b, const struct sl_es_header *headers, size_t n,
                  const sluice_span *payload, size_t n_payload)
{
    static const char blank[PRELUDE];
    size_t begin = b->len, headers_len, total;

    sl_buf_add(b, sl_span(blank, sizeof blank));
    for (size_t i = 0; i < n; i++)
        add_header(b, &headers[i]);
    headers_len = b->len - begin - PRELUDE;
    for (size_t i = 0; i < n_payload; i++)
        sl_buf_add(b, payload[i]);
    total = b->len - begin + 4;
    if (headers_len > SL_ES_HEADERS_MAX || total > SL_ES_MESSAGE_MAX)
        b->failed = true;
    if (!sl_buf_ok(b))
        return;
    put_u32(b->ptr + begin, (uint32_t)total);
    put_u32(b->ptr + begin + 4, (uint32_t)headers_len);
    put_u32(b->ptr + begin + 8, sl_crc32(0, sl_span(b->ptr + begin, 8)));
    add_u32(b, sl_crc32(0, sl_span(b->ptr + begin, total - 4)));
}

static void encode(struct sl_buf *b, sluice_span name, sluice_span type, sluice_span kind,
                   const sluice_span *payload, size_t n_payload)
{
    const struct sl_es_header headers[] = {
        { name, SL_ES_STRING, type },
        { SL_SPAN(":content-type"), SL_ES_STRING, SL_SPAN("application/json") },
        { SL_SPAN(":message-type"), SL_ES_STRING, kind },
    };

    sl_es_encode(b, headers, 3, payload, n_payload);
}

void sl_es_event(struct sl_buf *out, sluice_span event_type, const sluice_span *payload,
                 size_t n_payload)
{
    encode(out, SL_SPAN(":event-type"), event_type, SL_SPAN("event"), payload, n_payload);
}

void sl_es_exception(struct sl_buf *out, sluice_span exception_type, const sluice_span *payload,
                     size_t n_payload)
{
    encode(out, SL_SPAN(":exception-type"), exception_type, SL_SPAN("exception"), payload,
           n_payload);
}
