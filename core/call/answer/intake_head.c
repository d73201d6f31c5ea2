/* SPDX-License-Identifier: Apache-2.0 */
/*
 * intake_head.c - the head of one answer: what the client is told of its fields, and how the bytes
 * that follow are to be read, which the provider and the content type say.
 */
#include "call/attempt/attempt.h"

#include "base/clock.h"
#include "base/status.h"
#include "call/answer/head.h"
#include "call/attempt/socket.h"
#include "call/steps/pass.h"
#include "format/http1_retry.h"

#define PREFIX SL_SPAN("llm_provider-")

static sluice_span header(const struct sl_http_in *head, sluice_span name)
{
    for (size_t i = 0; i < head->n_headers; i++)
        if (sl_span_eq(head->headers[i].name, name))
            return head->headers[i].value;
    return sl_span("", 0);
}

/* Length, type and connection matters are ours to tell. */
static bool is_told(sluice_span name)
{
    switch (name.len) {
    case 4:
        return !sl_span_eq(name, SL_SPAN("date"));
    case 10:
        return !sl_span_eq(name, SL_SPAN("set-cookie"));
    case 12:
        return !sl_span_eq(name, SL_SPAN("content-type"));
    case 14:
        return !sl_span_eq(name, SL_SPAN("content-length"));
    case 16:
        return !sl_span_eq(name, SL_SPAN("content-encoding"));
    default:
        return true;
    }
}

/* Rate limits and a file's name keep their own names; the rest gets LiteLLM's prefix. */
static bool as_is(const struct sl_operation *op, sluice_span name)
{
    return sl_span_starts(name, SL_SPAN("x-ratelimit-")) ||
           (op->takes == SL_TAKES_ANY && sl_pass_shows(name)) ||
           (op->gives != SL_GIVES_JSON && (sl_span_eq(name, SL_SPAN("content-disposition")) ||
                                           sl_span_eq(name, SL_SPAN("sec-websocket-protocol"))));
}

/* What the client is told of the vendor's own headers. */
static sluice_status keep_headers(struct sl_attempt *a, const struct sl_http_in *head)
{
    struct sl_outlet *o = &a->call->out;
    struct sl_head_text text = { .arena = &a->arena };

    for (size_t i = 0; i < head->n_headers; i++)
        if (is_told(head->headers[i].name))
            text.size +=
                PREFIX.len + SL_HEAD_TEXT_SIZE(head->headers[i].name, head->headers[i].value);
    if (!sl_head_text_begin(&text))
        return SLUICE_E_NOMEM;
    for (size_t i = 0; i < head->n_headers; i++) {
        const sluice_header *h = &head->headers[i];

        if (is_told(h->name))
            sl_head_text_add(&text, as_is(a->operation, h->name) ? SL_SPAN("") : PREFIX, h->name,
                             h->value);
    }
    o->headers = sl_span(text.ptr, text.len);
    o->n_headers = text.n;
    return SLUICE_OK;
}

/* What kind of answer it is the vendor says by its content type, as far as the operation leaves a
 * choice. */
static enum sl_reading reading_of_relay(const struct sl_operation *op, sluice_span type)
{
    if (op->gives == SL_GIVES_BYTES)
        return SL_READ_RELAY_BYTES;
    if (op->streams && sl_span_starts(type, SL_SPAN("text/event-stream")))
        return SL_READ_RELAY_EVENTS;
    if (op->streams && sl_span_starts(type, SL_SPAN("application/x-ndjson")))
        return SL_READ_RELAY_LINES;
    if (op->dialect->framing == SL_FRAMING_BINARY &&
        sl_span_starts(type, SL_SPAN("application/vnd.amazon.eventstream")))
        return SL_READ_RELAY_U32;
    if (op->gives == SL_GIVES_EITHER && !sl_span_starts(type, SL_SPAN("application/json")))
        return SL_READ_RELAY_BYTES;
    return sl_span_starts(type, SL_SPAN("text/event-stream")) ? SL_READ_RELAY_EVENTS
                                                              : SL_READ_RELAY_JSON;
}

static enum sl_reading reading_of(const struct sl_attempt *a, uint32_t framing)
{
    const struct sl_operation *op = a->operation;
    const struct sl_intake *in = &a->in;

    if (framing == SLUICE_FRAME_RELAY && !a->foreign && sl_pass_is_raw(a, in->status))
        return SL_READ_RELAY_BYTES;
    if (in->status >= 300)
        return SL_READ_WHOLE;
    switch (framing) {
    case SLUICE_FRAME_SSE:
        return SL_READ_SSE;
    case SLUICE_FRAME_LINES:
        return SL_READ_LINES;
    case SLUICE_FRAME_RAW:
        return SL_READ_RAW;
    case SLUICE_FRAME_U32:
        return SL_READ_U32;
    case SLUICE_FRAME_RELAY:
        return reading_of_relay(op, in->content_type);
    default:
        return SL_READ_WHOLE;
    }
}

sluice_status sl_intake_head(struct sl_attempt *a, const struct sl_http_in *head)
{
    struct sl_intake *in = &a->in;
    uint32_t framing = in->asked;
    sluice_http_head h = {
        .struct_size = sizeof h,
        .status = head->status,
        .headers = head->headers,
        .n_headers = head->n_headers,
    };
    sluice_status st;

    in->status = head->status;
    in->sent_all = head->sent_all;
    if (head->status >= 400)
        in->retry_after_ms = sl_http_retry_after_ms(head->headers, head->n_headers, sl_unix_ms());
    in->length = head->length;
    in->content_type = sl_arena_dup(&a->arena, header(head, SL_SPAN("content-type")));
    if (!in->content_type.ptr)
        return SLUICE_E_NOMEM;
    st = a->cls->head(a->exchange, &h, &framing, &a->error);
    if (st < 0)
        return st;
    if (framing > SLUICE_FRAME_U32)
        return sl_fail(&a->error, SLUICE_E_UNSUPPORTED, "this host does not know framing %u",
                       framing);
    in->reading = reading_of(a, framing);
    if (a->foreign)
        return SLUICE_OK;
    if (a->operation->takes == SL_TAKES_ANY && in->reading == SL_READ_RELAY_BYTES)
        a->call->out.status = head->status;
    st = keep_headers(a, head);
    return st >= 0 && a->socket ? sl_socket_head(a, head) : st;
}
