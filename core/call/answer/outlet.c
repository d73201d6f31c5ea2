/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outlet.c - what one client gets: the head held back until something useful comes, events edited
 * by span, steps encoded in its dialect, one terminator, or one failure in the shape it knows. What
 * a turn brings is gathered as spans and written at once.
 */
#include "call/attempt/attempt.h"

#include <stdlib.h>
#include "base/clock.h"
#include "base/status.h"
#include "call/dispatch/bench.h"
#include "call/dispatch/continue.h"
#include "call/answer/head.h"
#include "call/answer/outlet.h"
#include "call/cache/flight.h"
#include "call/dispatch/second.h"
#include "format/openai/openai_error.h"

#define SAID_MOST (1u << 20) /* a longer answer is not gone on with elsewhere */
#define PARTS_MOST 4096      /* spans of one turn; beyond, what there is is written first */

void sl_outlet_init(struct sl_call *c)
{
    struct sl_encoder *e = &c->out.encoder;

    e->arena = &c->arena;
    e->dialect = c->dialect;
    e->created = c->unix_us / 1000000;
    sl_buf_init(&c->said.text, SAID_MOST);
}

void sl_outlet_finish(struct sl_call *c)
{
    sl_encoder_finish(&c->out.encoder);
    sl_buf_finish(&c->said.text);
}

bool sl_out_on_wire(const struct sl_call *c)
{
    return (c->flags & SLUICE_CALL_WIRE) != 0;
}

sluice_status sl_out_mode(struct sl_attempt *a, int mode)
{
    struct sl_outlet *o = &a->call->out;

    if (o->mode != SL_OUT_NOTHING && ((int)o->mode != mode || mode == SL_OUT_WHOLE))
        return sl_fail(&a->error, SLUICE_E_INTERNAL, "%s answered twice, or in two ways at once",
                       sl_entry_class(a->provider->entry)->id);
    o->mode = (unsigned)mode;
    return SLUICE_OK;
}

void sl_out_json(struct sl_call *c, sluice_span object)
{
    if (c->events->json)
        c->events->json(c->ctx, object);
}

void sl_out_frames(struct sl_call *c, sluice_span text)
{
    sluice_span object;

    while (!c->finished && sl_frame_next(c->dialect->framing, &text, &object))
        sl_out_json(c, object);
}

static void write_bytes(struct sl_call *c, const sluice_span *parts, size_t n, uint32_t flags)
{
    for (size_t i = 0; i < n; i++)
        c->out.bytes += (int64_t)parts[i].len;
    if (c->events->bytes)
        c->events->bytes(c->ctx, parts, n, flags);
}

/* ---- gathering what a turn writes ---- */

sluice_status sl_out_part(struct sl_call *c, sluice_span s)
{
    struct sl_outlet *o = &c->out;
    sluice_span *last;

    if (s.len == 0)
        return SLUICE_OK;
    last = o->n_parts ? &o->room.parts[o->n_parts - 1] : NULL;
    if (last && last->ptr + last->len == s.ptr) {
        last->len += s.len;
        return SLUICE_OK;
    }
    if (o->n_parts == PARTS_MOST)
        sl_outlet_flush(c, true);
    if (c->finished)
        return SLUICE_E_CANCELLED;
    if (o->n_parts == o->room.cap_parts && !sl_out_more_parts(c))
        return SLUICE_E_NOMEM;
    o->room.parts[o->n_parts++] = s;
    return SLUICE_OK;
}

/* The body is not needed any more once an answer has begun to leave. */
static void drop_body(struct sl_attempt *a)
{
    struct sl_call *c = a->call;
    const struct sl_snapshot *s = c->hold->snapshot;
    struct sl_body *body = c->body;

    if (!a->in.sent_all || sl_continue_wanted(c))
        return;
    for (size_t i = 0; i < s->n_loggers; i++)
        if (c->settings->log_bodies && sl_logger_wants_bodies(s->loggers[i]))
            return;
    c->body = NULL;
    c->members = NULL; /* they lie in it */
    c->n_members = 0;
    c->member_bits = 0;
    sl_bridge_drop(c);
    sl_body_drop(body); /* its owner is told, who may end the call */
}

/* The head leaves: from here on the answer is this attempt's. length -1 = not known. */
sluice_status sl_out_commit(struct sl_attempt *a, sluice_span content_type, int64_t length)
{
    struct sl_call *c = a->call;
    struct sl_outlet *o = &c->out;
    sluice_status st;

    if (o->committed)
        return sl_fail(&a->error, SLUICE_E_INTERNAL, "a second answer to one call");
    o->committed = true;
    c->winner = a;
    sl_limits_begun(a);
    if (c->paused)
        sl_attempt_pause(a, true);
    c->first_byte_us = sl_now_us();
    sl_second_won(a);
    if (c->flight)
        sl_flight_begun(a);
    sl_bench_useful(a, c->first_byte_us);
    c->http_status = o->status ? o->status : 200;
    drop_body(a);
    if (c->finished)
        return SLUICE_E_CANCELLED;
    if (sl_out_on_wire(c)) {
        st = sl_head_answer(c, a, content_type, length);
        if (st < 0 || c->finished)
            return st < 0 ? st : SLUICE_E_CANCELLED;
        return sl_out_part(c, sl_buf_span(&o->room.pending));
    }
    sl_out_frames(c, sl_buf_span(&o->room.pending));
    return c->finished ? SLUICE_E_CANCELLED : SLUICE_OK;
}

void sl_outlet_flush(struct sl_call *c, bool more)
{
    struct sl_outlet *o = &c->out;
    struct sl_buf *text = &c->worker->text;
    size_t n;

    if (o->mode == SL_OUT_DELTAS && o->committed && text->len)
        (void)sl_out_part(c, sl_buf_span(text));
    n = o->n_parts;
    o->n_parts = 0;
    if (n == 0 || c->finished)
        return;
    write_bytes(c, o->room.parts, n, more ? SLUICE_BYTES_MORE : 0);
    sl_out_return_room(c, o->committed);
    if (o->mode == SL_OUT_DELTAS)
        sl_buf_reset(text);
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
        st = sl_out_terminate(a);
        break;
    case SL_OUT_DELTAS:
        st = sl_out_end_deltas(a);
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
    o->n_parts = 0;
    sl_out_return_room(c, true);
    o->mode = SL_OUT_NOTHING;
    o->listed = o->through = false;
    o->usage_told = false;
    o->thinking = 0;
    o->headers = sl_span(NULL, 0);
    o->n_headers = 0;
    o->status = 0;
    /* The next attempt's answer has an id of its own. */
    o->encoder.id = o->encoder.prefix = c->response_id = c->model_json = sl_span(NULL, 0);
    sl_continue_forget(c);
}

void sl_outlet_rest(struct sl_call *c, sluice_span text)
{
    if (sl_out_on_wire(c))
        write_bytes(c, &text, 1, SLUICE_BYTES_MORE); /* done() follows at once */
    else if (c->stream)
        sl_out_frames(c, text);
    else
        sl_out_json(c, text);
}

/* Objects, as this client has them. */
static void reframe(struct sl_call *c, sluice_span frames)
{
    sluice_span object, parts[2] = { { 0 }, sl_frame_close(c->dialect->framing) };

    while (!c->finished && sl_frame_next(SL_FRAMING_EVENTS, &frames, &object)) {
        parts[0] = object;
        if (sl_out_on_wire(c))
            write_bytes(c, parts, 2, 0);
        else
            sl_out_json(c, object);
    }
}

void sl_outlet_frames(struct sl_call *c, sluice_span frames)
{
    if (!c->out.committed) {
        c->out.committed = true;
        c->http_status = 200;
        c->first_byte_us = sl_now_us();
        if (sl_out_on_wire(c) &&
            sl_head_answer(c, NULL, sl_span_str(c->dialect->content_type), -1) < 0)
            sl_call_finish(c, SLUICE_E_NOMEM);
    }
    if (sl_out_on_wire(c) && c->dialect->framing == SL_FRAMING_EVENTS && frames.len && !c->finished)
        write_bytes(c, &frames, 1, 0);
    else
        reframe(c, frames);
}

void sl_outlet_text(struct sl_call *c, sluice_span json)
{
    c->out.committed = true;
    c->http_status = 200;
    c->first_byte_us = sl_now_us();
    if (!sl_out_on_wire(c)) {
        sl_out_json(c, json);
        return;
    }
    sl_head_text(c, (int64_t)json.len);
    if (!c->finished)
        write_bytes(c, &json, 1, 0);
}

/* ---- failures ---- */

void sl_outlet_fail(struct sl_call *c)
{
    struct sl_outlet *o = &c->out;
    const struct sl_dialect *d = c->dialect;
    struct sl_buf b;
    sluice_span text;

    if (!o->committed)
        c->http_status = d->http_status ? d->http_status(c->status, &c->error)
                                        : sl_error_http_status(c->status, &c->error);
    if (!sl_out_on_wire(c))
        return;
    sl_buf_init(&b, 16 * 1024);
    o->n_parts = 0;
    if (!o->committed) {
        d->error_body(&b, c->status, &c->error);
        sl_head_failure(c, (int64_t)b.len);
    } else if (c->stream && !o->terminated && o->mode != SL_OUT_BYTES) {
        d->error_event(&o->encoder, &b, c->status, &c->error);
    }
    text = sl_buf_span(&b);
    if (text.len)
        write_bytes(c, &text, 1, 0);
    sl_buf_finish(&b);
}
