/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outlet.c - what one client gets: the head held back until something useful comes, events edited
 * by span, steps encoded in its dialect, one terminator, or one failure in the shape it knows. What
 * a turn brings is gathered as spans and written at once.
 */
#include "call/attempt.h"

#include <stdlib.h>
#include "base/clock.h"
#include "base/status.h"
#include "call/head.h"
#include "format/json_edit.h"
#include "format/openai_error.h"
#include "format/openai_deltas.h"

#define PARTS_MOST 4096 /* spans of one turn; beyond, what there is is written first */

void sl_outlet_init(struct sl_call *c)
{
    struct sl_encoder *e = &c->out.encoder;

    e->arena = &c->arena;
    e->dialect = c->operation->dialect;
    e->created = sl_unix_ms() / 1000;
}

void sl_outlet_finish(struct sl_call *c)
{
    sl_encoder_finish(&c->out.encoder);
    if (c->out.mode == SL_OUT_DELTAS)
        sl_buf_reset(&c->worker->text); /* what a client that left would have got */
}

static bool on_wire(const struct sl_call *c)
{
    return (c->flags & SLUICE_CALL_WIRE) != 0;
}

/* ---- gathering what a turn writes ---- */

static sluice_status add_part(struct sl_call *c, sluice_span s)
{
    struct sl_outlet *o = &c->out;

    if (s.len == 0)
        return SLUICE_OK;
    if (o->n_parts && o->parts[o->n_parts - 1].ptr + o->parts[o->n_parts - 1].len == s.ptr) {
        o->parts[o->n_parts - 1].len += s.len;
        return SLUICE_OK;
    }
    if (o->n_parts == PARTS_MOST)
        sl_outlet_flush(c, true);
    if (c->finished)
        return SLUICE_E_CANCELLED;
    if (o->n_parts == o->cap_parts) {
        size_t cap = o->cap_parts ? o->cap_parts * 2 : 16;
        sluice_span *parts = realloc(o->parts, cap * sizeof *parts);

        if (!parts)
            return SLUICE_E_NOMEM;
        o->parts = parts;
        o->cap_parts = cap;
    }
    o->parts[o->n_parts++] = s;
    return SLUICE_OK;
}

/* The body is not needed any more once an answer has begun to leave. */
static void drop_body(struct sl_attempt *a)
{
    struct sl_call *c = a->call;
    const struct sl_snapshot *s = c->hold->snapshot;

    if (!a->in.sent_all)
        return;
    for (size_t i = 0; i < s->n_loggers; i++)
        if (c->settings->log_bodies && sl_logger_wants_bodies(s->loggers[i]))
            return;
    sl_body_drop(c->body);
    c->body = NULL;
}

/* The head leaves: from here on the answer is this attempt's. length -1 = not known. */
static sluice_status commit(struct sl_attempt *a, sluice_span content_type, int64_t length)
{
    struct sl_call *c = a->call;
    struct sl_outlet *o = &c->out;
    sluice_status st;

    o->committed = true;
    c->winner = a;
    c->first_byte_us = sl_now_us();
    c->http_status = o->status ? o->status : 200;
    drop_body(a);
    if (on_wire(c)) {
        st = sl_head_answer(c, a, content_type, length);
        if (st < 0 || c->finished)
            return st < 0 ? st : SLUICE_E_CANCELLED;
    }
    return add_part(c, sl_buf_span(&o->pending));
}

void sl_outlet_flush(struct sl_call *c, bool more)
{
    struct sl_outlet *o = &c->out;
    struct sl_buf *text = &c->worker->text;
    size_t n;

    if (o->mode == SL_OUT_DELTAS && o->committed && text->len)
        (void)add_part(c, sl_buf_span(text));
    n = o->n_parts;
    o->n_parts = 0;
    if (n == 0 || c->finished)
        return;
    for (size_t i = 0; i < n; i++)
        o->bytes += (int64_t)o->parts[i].len;
    c->events->bytes(c->ctx, o->parts, n, more ? SLUICE_BYTES_MORE : 0);
    if (o->mode == SL_OUT_DELTAS)
        sl_buf_reset(text);
}

/* ---- events of a stream ---- */

/* Is this JSON string exactly the plain text? */
static bool says(sluice_span json, sluice_span text)
{
    return json.len == text.len + 2 && memcmp(json.ptr + 1, text.ptr, text.len) == 0;
}

/* What must change in a relayed object before a client sees it: the model it asked for, and no
 * empty usage member that it did not ask for. */
static size_t edits_of(struct sl_call *c, const struct sl_event_view *view, bool event,
                       struct sl_json_edit edits[2])
{
    size_t n = 0;

    if (sl_json_type(view->model) == SL_JSON_STRING && !says(view->model, c->model))
        edits[n++] = (struct sl_json_edit){ SL_SPAN("model"), sl_head_model_json(c) };
    if (event && view->usage_null && !c->include_usage)
        edits[n++] = (struct sl_json_edit){ SL_SPAN("usage"), sl_span(NULL, 0) };
    return n;
}

static sluice_status framed(struct sl_attempt *a, const sluice_span *parts, size_t n)
{
    const struct sl_dialect *d = a->call->operation->dialect;
    sluice_status st = add_part(a->call, d->before);

    for (size_t i = 0; i < n && st >= 0; i++)
        st = add_part(a->call, parts[i]);
    return st < 0 ? st : add_part(a->call, d->after);
}

/* Bytes that must outlast the piece of the answer they were cut from. */
static sluice_status kept(struct sl_attempt *a, sluice_span text, sluice_span raw, sluice_span *out)
{
    bool inside = raw.ptr && text.ptr >= raw.ptr && text.ptr + text.len <= raw.ptr + raw.len;

    *out = inside ? text : sl_arena_dup(&a->scratch, text);
    return out->ptr ? SLUICE_OK : SLUICE_E_NOMEM;
}

static sluice_status write_event(struct sl_attempt *a, const struct sl_json_edit *edits, size_t n,
                                 sluice_span text, sluice_span raw)
{
    sluice_span *parts, whole;
    size_t n_parts;
    sluice_status st;

    if (n == 0 && raw.ptr)
        return add_part(a->call, raw);
    st = kept(a, text, raw, &whole);
    if (st < 0)
        return st;
    if (n == 0)
        return framed(a, &whole, 1);
    st = sl_json_edit(whole, edits, n, &a->scratch, &parts, &n_parts);
    return st < 0 ? st : framed(a, parts, n_parts);
}

/* Embedders get the object itself. */
static sluice_status hand_object(struct sl_attempt *a, const struct sl_json_edit *edits, size_t n,
                                 sluice_span text)
{
    sluice_span *parts;
    size_t n_parts, len = 0, at = 0;
    char *object;
    sluice_status st = sl_json_edit(text, edits, n, &a->scratch, &parts, &n_parts);

    if (st < 0)
        return st;
    for (size_t i = 0; i < n_parts; i++)
        len += parts[i].len;
    object = sl_alloc(&a->scratch, len + 1);
    if (!object)
        return SLUICE_E_NOMEM;
    for (size_t i = 0; i < n_parts; at += parts[i++].len)
        memcpy(object + at, parts[i].ptr, parts[i].len);
    a->call->events->json(a->call->ctx, sl_span(object, len));
    return SLUICE_OK;
}

/* A held back event waits as text, framed as it will be sent. */
static sluice_status hold_back(struct sl_attempt *a)
{
    struct sl_outlet *o = &a->call->out;

    for (size_t i = 0; i < o->n_parts; i++)
        sl_buf_add(&o->pending, o->parts[i]);
    o->n_parts = 0;
    return sl_buf_ok(&o->pending) ? SLUICE_OK : SLUICE_E_NOMEM;
}

/* Usage was asked for, the vendor gave none: an estimate, marked as such in the records. */
static void estimate_usage(struct sl_attempt *a)
{
    sl_usage_set(&a->usage, SLUICE_USE_INPUT, a->call->input_tokens);
    sl_usage_set(&a->usage, SLUICE_USE_OUTPUT, (int64_t)a->in.content_events);
    a->usage.estimated = true;
}

static sluice_status write_usage(struct sl_attempt *a)
{
    struct sl_call *c = a->call;
    struct sl_buf b;
    sluice_span text = { 0 };

    sl_buf_init(&b, 8192);
    sl_buf_printf(
        &b, "{\"id\":\"%.*s\",\"object\":\"chat.completion.chunk\",\"created\":%lld,\"model\":",
        SL_FMT(sl_head_answer_id(c)), (long long)c->out.encoder.created);
    sl_buf_add(&b, sl_head_model_json(c));
    sl_buf_add(&b, SL_SPAN(",\"choices\":[],\"usage\":"));
    sl_usage_write(&a->usage, &b);
    sl_buf_add_char(&b, '}');
    if (sl_buf_ok(&b))
        text = sl_arena_dup(&a->scratch, sl_buf_span(&b));
    sl_buf_finish(&b);
    if (!text.ptr)
        return SLUICE_E_NOMEM;
    if (!on_wire(c)) {
        c->events->json(c->ctx, text);
        return SLUICE_OK;
    }
    return framed(a, &text, 1);
}

/* The end of a relayed stream: usage if it is owed, then the terminator, once. */
static sluice_status terminate(struct sl_attempt *a)
{
    struct sl_call *c = a->call;
    bool known = sl_usage_has(&a->usage, SLUICE_USE_OUTPUT);
    sluice_status st = SLUICE_OK;

    if (c->out.terminated)
        return st;
    c->out.terminated = true;
    if (!c->out.committed)
        st = commit(a, sl_span_str(c->operation->dialect->content_type), -1);
    if (!known)
        estimate_usage(a);
    if (st >= 0 && c->include_usage && !known)
        st = write_usage(a);
    return st >= 0 && on_wire(c) ? add_part(c, c->operation->dialect->terminator) : st;
}

static sluice_status collect_event(struct sl_attempt *a, sluice_span text)
{
    return sl_openai_deltas(text, &a->scratch, sl_outlet_delta_of, a);
}

sluice_status sl_outlet_event(struct sl_attempt *a, const struct sl_event_view *view,
                              sluice_span text, sluice_span raw)
{
    struct sl_call *c = a->call;
    struct sl_outlet *o = &c->out;
    struct sl_json_edit edits[2];
    bool useful = view->cls >= SL_EVENT_CONTENT && view->cls != SL_EVENT_USAGE;
    size_t n;
    sluice_status st;

    if (!c->stream) /* the client wants it whole, the vendor streams */
        return view->cls == SL_EVENT_END ? SLUICE_OK : collect_event(a, text);
    o->mode = SL_OUT_EVENTS;
    if (view->cls == SL_EVENT_END)
        return terminate(a);
    if (view->usage_only && !c->include_usage)
        return SLUICE_OK;
    if (useful && !o->committed) {
        st = commit(a, sl_span_str(c->operation->dialect->content_type), -1);
        if (st < 0)
            return st;
    }
    n = edits_of(c, view, true, edits);
    if (!on_wire(c))
        return hand_object(a, edits, n, text);
    st = write_event(a, edits, n, text, raw);
    return st < 0 || o->committed ? st : hold_back(a);
}

/* ---- steps of an answer ---- */

/* Embedders get chunk objects: unwrap the frames that the encoder wrote. */
static void hand_frames(struct sl_call *c, sluice_span text)
{
    const struct sl_dialect *d = c->operation->dialect;

    while (text.len && !c->finished) {
        size_t end = sl_span_find(text, d->after);
        sluice_span object = sl_span_from(sl_span_head(text, end), d->before.len);

        if (object.len && object.ptr[0] == '{')
            c->events->json(c->ctx, object);
        text = sl_span_from(text, end + d->after.len);
    }
}

static void name_encoder(struct sl_call *c)
{
    struct sl_encoder *e = &c->out.encoder;

    if (e->id.ptr)
        return;
    e->id = sl_head_answer_id(c);
    e->model = c->model;
    e->include_usage = c->include_usage;
}

sluice_status sl_outlet_delta(struct sl_attempt *a, const sluice_delta *d)
{
    struct sl_call *c = a->call;
    struct sl_outlet *o = &c->out;
    struct sl_buf *b = &c->worker->text;
    sluice_span text;
    size_t before;
    sluice_status st;

    name_encoder(c);
    o->mode = SL_OUT_DELTAS;
    if (d->kind == SLUICE_DELTA_TEXT || d->kind == SLUICE_DELTA_REASONING ||
        d->kind == SLUICE_DELTA_TOOL_ARGS)
        a->in.content_events++;
    if (!c->stream)
        return c->operation->dialect->collect(&o->encoder, d);
    before = b->len;
    st = c->operation->dialect->delta(&o->encoder, d, b);
    if (st < 0 || b->len == before)
        return st;
    text = sl_span_from(sl_buf_span(b), before);
    if (!on_wire(c)) {
        hand_frames(c, text);
        b->len = before;
        return SLUICE_OK;
    }
    if (o->committed)
        return SLUICE_OK;
    if (d->kind == SLUICE_DELTA_START) {
        sl_buf_add(&o->pending, text);
        b->len = before;
        return sl_buf_ok(&o->pending) ? SLUICE_OK : SLUICE_E_NOMEM;
    }
    return commit(a, sl_span_str(c->operation->dialect->content_type), -1);
}

sluice_status sl_outlet_delta_of(void *ctx, const sluice_delta *d)
{
    return sl_outlet_delta(ctx, d);
}

/* ---- whole answers ---- */

static sluice_status write_whole(struct sl_attempt *a, const sluice_span *parts, size_t n)
{
    struct sl_call *c = a->call;
    int64_t length = 0;
    sluice_status st;

    for (size_t i = 0; i < n; i++)
        length += (int64_t)parts[i].len;
    st = commit(a, SL_SPAN("application/json"), length);
    for (size_t i = 0; i < n && st >= 0; i++)
        st = add_part(c, parts[i]);
    if (st >= 0)
        sl_outlet_flush(c, false);
    return st;
}

sluice_status sl_outlet_answer(struct sl_attempt *a, const struct sl_event_view *view,
                               sluice_span text)
{
    struct sl_call *c = a->call;
    struct sl_json_edit edits[2];
    sluice_span *parts;
    size_t n, n_parts;
    sluice_status st;

    if (sl_json_type(view->id) == SL_JSON_STRING)
        c->response_id = sl_arena_dup(&c->arena, sl_span(view->id.ptr + 1, view->id.len - 2));
    if (c->stream &&
        c->operation->dialect->delta) /* the client wants a stream, the vendor has none */
        return sl_openai_deltas(text, &a->scratch, sl_outlet_delta_of, a);
    c->out.mode = SL_OUT_WHOLE;
    n = edits_of(c, view, false, edits);
    if (!on_wire(c)) {
        st = commit(a, SL_SPAN("application/json"), -1);
        return st < 0 ? st : hand_object(a, edits, n, text);
    }
    if (n == 0)
        return write_whole(a, &text, 1);
    st = sl_json_edit(text, edits, n, &a->scratch, &parts, &n_parts);
    return st < 0 ? st : write_whole(a, parts, n_parts);
}

sluice_status sl_outlet_bytes(struct sl_attempt *a, sluice_span content_type, sluice_span data)
{
    struct sl_call *c = a->call;
    sluice_status st = SLUICE_OK;

    c->out.mode = SL_OUT_BYTES;
    if (!c->out.committed)
        st = commit(a, content_type, -1);
    if (st >= 0)
        c->events->bytes(c->ctx, &data, 1, 0);
    return c->finished ? SLUICE_E_CANCELLED : st;
}

static sluice_status end_deltas(struct sl_attempt *a)
{
    struct sl_call *c = a->call;
    struct sl_outlet *o = &c->out;
    struct sl_buf *b = &c->worker->text;
    sluice_span text;
    sluice_status st;

    if (!sl_usage_has(&a->usage, SLUICE_USE_OUTPUT))
        estimate_usage(a);
    if (c->stream) {
        size_t before = b->len;

        if (!o->committed) {
            st = commit(a, sl_span_str(c->operation->dialect->content_type), -1);
            if (st < 0)
                return st;
        }
        st = c->operation->dialect->end(&o->encoder, &a->usage, b);
        o->terminated = true;
        if (st >= 0 && !on_wire(c)) {
            hand_frames(c, sl_span_from(sl_buf_span(b), before));
            b->len = before;
        }
        return st;
    }
    sl_buf_reset(b);
    st = c->operation->dialect->whole(&o->encoder, &a->usage, b);
    if (st < 0)
        return st;
    text = sl_arena_dup(&a->scratch, sl_buf_span(b));
    sl_buf_reset(b);
    if (!text.ptr)
        return SLUICE_E_NOMEM;
    if (on_wire(c))
        return write_whole(a, &text, 1);
    st = commit(a, SL_SPAN("application/json"), -1);
    if (st >= 0)
        c->events->json(c->ctx, text);
    return st;
}

sluice_status sl_outlet_end(struct sl_attempt *a)
{
    struct sl_call *c = a->call;
    sluice_status st = SLUICE_OK;

    switch (c->out.mode) {
    case SL_OUT_NOTHING:
        return sl_fail(&a->error, SLUICE_E_UPSTREAM, "%.*s answered without any content",
                       SL_FMT(a->pick.deployment->settings->provider));
    case SL_OUT_EVENTS:
        st = terminate(a);
        break;
    case SL_OUT_DELTAS:
        st = end_deltas(a);
        break;
    case SL_OUT_WHOLE:
    case SL_OUT_BYTES:
        break;
    }
    if (st >= 0)
        sl_outlet_flush(c, true); /* done() follows at once */
    return st;
}

void sl_outlet_reset(struct sl_call *c)
{
    struct sl_outlet *o = &c->out;

    sl_encoder_finish(&o->encoder);
    sl_buf_reset(&o->pending);
    o->n_parts = 0;
    o->mode = SL_OUT_NOTHING;
    o->headers = NULL;
    o->n_headers = 0;
    o->status = 0;
}

/* ---- failures ---- */

void sl_outlet_fail(struct sl_call *c)
{
    struct sl_outlet *o = &c->out;
    const struct sl_dialect *d = c->operation->dialect;
    struct sl_buf b;
    sluice_span text;

    c->http_status = o->committed ? c->http_status : sl_error_http_status(c->status, &c->error);
    if (!on_wire(c))
        return;
    sl_buf_init(&b, 16 * 1024);
    o->n_parts = 0;
    if (!o->committed) {
        d->error_body(&b, c->status, &c->error);
        sl_head_failure(c, (int64_t)b.len);
    } else if (c->stream && !o->terminated && o->mode != SL_OUT_BYTES) {
        d->error_event(&b, c->status, &c->error);
    }
    text = sl_buf_span(&b);
    if (text.len)
        c->events->bytes(c->ctx, &text, 1, 0);
    sl_buf_finish(&b);
}
