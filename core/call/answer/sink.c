/* SPDX-License-Identifier: Apache-2.0 */
/* sink.c - the provider's way out: what it writes goes to the outlet, checked and in the client's
 * dialect. */
#include "call/attempt/attempt.h"
#include "call/answer/head.h"

#include "base/status.h"
#include "format/http1_parse.h"

static struct sl_attempt *attempt_of(const sluice_sink *sink)
{
    return sink->impl;
}

/* The parts of one JSON text as one span, in the attempt's scratch. */
static sluice_span joined(struct sl_attempt *a, const sluice_span *parts, size_t n)
{
    size_t len = 0, at = 0;
    char *text;

    if (n == 1)
        return parts[0];
    for (size_t i = 0; i < n; i++)
        len += parts[i].len;
    text = sl_alloc(&a->scratch, len + 1);
    if (!text)
        return sl_span(NULL, 0);
    for (size_t i = 0; i < n; at += parts[i++].len)
        if (parts[i].len)
            memcpy(text + at, parts[i].ptr, parts[i].len);
    return sl_span(text, len);
}

/* A relay writes itself; its plugin only watches. And nothing is written once the client has gone.
 */
static bool may_write(const struct sl_attempt *a)
{
    return !a->ended && a->in.reading != SL_READ_RELAY_EVENTS &&
           a->in.reading != SL_READ_RELAY_LINES && a->in.reading != SL_READ_RELAY_JSON &&
           a->in.reading != SL_READ_RELAY_U32 && a->in.reading != SL_READ_RELAY_BYTES;
}

static sluice_status look(struct sl_attempt *a, sluice_span text, bool whole,
                          struct sl_event_view *view)
{
    sluice_status st;

    if (!text.ptr)
        return SLUICE_E_NOMEM;
    st = a->operation->dialect->look(sl_span("", 0), text, whole, &a->scratch, view, &a->usage);
    return st == SLUICE_E_INVALID
               ? sl_fail(&a->error, SLUICE_E_UPSTREAM, "%s wrote something that is no JSON object",
                         sl_entry_class(a->provider->entry)->id)
               : st;
}

static sluice_status sink_chunk(const sluice_sink *sink, const sluice_span *parts, size_t n)
{
    struct sl_attempt *a = attempt_of(sink);
    sluice_span text = joined(a, parts, n);
    struct sl_event_view view;
    sluice_status st;

    if (!may_write(a))
        return SLUICE_E_CANCELLED;
    st = look(a, text, false, &view);
    if (st < 0)
        return st;
    st = sl_outlet_event(a, &view, text, sl_span(NULL, 0));
    return a->ended ? SLUICE_E_CANCELLED : st;
}

static sluice_status sink_whole(const sluice_sink *sink, const sluice_span *parts, size_t n)
{
    struct sl_attempt *a = attempt_of(sink);
    sluice_span text = joined(a, parts, n);
    struct sl_event_view view;
    sluice_status st;

    if (!may_write(a))
        return SLUICE_E_CANCELLED;
    st = look(a, text, true, &view);
    if (st < 0)
        return st;
    st = sl_outlet_answer(a, &view, text);
    return a->ended ? SLUICE_E_CANCELLED : st;
}

static sluice_status sink_bytes(const sluice_sink *sink, sluice_span content_type, sluice_span data)
{
    struct sl_attempt *a = attempt_of(sink);
    sluice_status st;

    if (!may_write(a))
        return SLUICE_E_CANCELLED;
    if (!sl_http_value_ok(content_type))
        return SLUICE_E_INVALID;
    st = sl_outlet_bytes(a, content_type, -1, data);
    return a->ended ? SLUICE_E_CANCELLED : st;
}

static void sink_usage(const sluice_sink *sink, const sluice_usage *usage)
{
    sl_usage_merge(&attempt_of(sink)->usage, usage);
}

static sluice_status sink_head(const sluice_sink *sink, int32_t status,
                               const sluice_header *headers, size_t n)
{
    struct sl_attempt *a = attempt_of(sink);
    struct sl_outlet *o = &a->call->out;
    struct sl_head_text text = { .arena = &a->arena, .size = o->headers.len };

    if (!may_write(a) || o->committed)
        return SLUICE_E_CANCELLED;
    if (status < 200 || status > 299)
        return SLUICE_E_INVALID;
    for (size_t i = 0; i < n; i++) {
        if (!sl_http_name_ok(headers[i].name) || !sl_http_value_ok(headers[i].value))
            return SLUICE_E_INVALID;
        text.size += SL_HEAD_TEXT_SIZE(headers[i].name, headers[i].value);
    }
    if (!sl_head_text_begin(&text))
        return SLUICE_E_NOMEM;
    for (size_t i = 0; i < n; i++)
        sl_head_text_add(&text, SL_SPAN(""), headers[i].name, headers[i].value);
    if (o->headers.len)
        memcpy(text.ptr + text.len, o->headers.ptr, o->headers.len);
    o->headers = sl_span(text.ptr, text.len + o->headers.len);
    o->n_headers += n;
    o->status = status;
    return SLUICE_OK;
}

static sluice_status sink_delta(const sluice_sink *sink, const sluice_delta *delta)
{
    struct sl_attempt *a = attempt_of(sink);
    sluice_status st;

    if (!may_write(a))
        return SLUICE_E_CANCELLED;
    if (!a->call->dialect->delta || !a->operation->dialect->delta)
        return sl_fail(&a->error, SLUICE_E_UNSUPPORTED, "%s does not serve %s",
                       sl_entry_class(a->provider->entry)->id, a->call->operation->name);
    st = sl_outlet_delta(a, delta);
    return a->ended ? SLUICE_E_CANCELLED : st;
}

void sl_sink_init(struct sl_attempt *a)
{
    a->sink = (sluice_sink){
        .struct_size = sizeof a->sink,
        .impl = a,
        .scratch = &a->scratch,
        .chunk = sink_chunk,
        .whole = sink_whole,
        .bytes = sink_bytes,
        .usage = sink_usage,
        .head = sink_head,
        .delta = sink_delta,
    };
}
