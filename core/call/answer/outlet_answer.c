/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outlet_answer.c - steps of an answer (sluice_delta) and whole answers: encoded as the client
 * wants them, a stream or one object, whichever way the vendor answered.
 */
#include "call/attempt/attempt.h"

#include "base/status.h"
#include "call/stored/account_of.h"
#include "call/dispatch/continue.h"
#include "call/answer/head.h"
#include "call/answer/outlet.h"
#include "call/answer/units.h"
#include "call/stored/stored.h"
#include "format/openai/openai_deltas.h"

#define BYTES_A_TOKEN 4 /* the guess that step_parse.c makes of a prompt */

static void name_encoder(struct sl_attempt *a)
{
    struct sl_call *c = a->call;
    struct sl_encoder *e = &c->out.encoder;

    if (e->id.ptr)
        return;
    e->usage = &a->usage;
    e->echo = a->bridged ? a->bridged->echo : sl_span(NULL, 0);
    e->id = sl_head_answer_id(c);
    e->model = sl_head_model(a);
    e->include_usage = c->include_usage;
}

sluice_status sl_out_put_delta(struct sl_attempt *a, const sluice_delta *d)
{
    struct sl_call *c = a->call;
    struct sl_outlet *o = &c->out;
    struct sl_buf *b = &c->worker->text;
    sluice_span text;
    size_t before;
    sluice_status st;

    name_encoder(a);
    st = sl_out_mode(a, SL_OUT_DELTAS);
    if (st < 0)
        return st;
    if (d->kind == SLUICE_DELTA_TEXT || d->kind == SLUICE_DELTA_REASONING ||
        d->kind == SLUICE_DELTA_TOOL_ARGS)
        a->in.content_events++;
    if (!c->stream)
        return c->dialect->collect(&o->encoder, d);
    if (d->kind != SLUICE_DELTA_START)
        sl_continue_taken_over(a);
    if (sl_continue_wanted(c))
        sl_continue_note(c, d);
    before = b->len;
    st = c->dialect->delta(&o->encoder, d, b);
    text = sl_span_from(sl_buf_span(b), before);
    if (st < 0 || !text.len) {
        b->len = before;
        return st;
    }
    if (!o->committed && d->kind == SLUICE_DELTA_START) {
        struct sl_buf *pending = sl_out_pending(c);

        sl_buf_add(pending, text);
        b->len = before;
        return sl_buf_ok(pending) ? SLUICE_OK : SLUICE_E_NOMEM;
    }
    if (!o->committed)
        st = sl_out_commit(a, sl_span_str(c->dialect->content_type), -1);
    if (st >= 0 && !sl_out_on_wire(c)) {
        sl_out_frames(c, text);
        b->len = before;
    }
    return st;
}

sluice_status sl_outlet_delta(struct sl_attempt *a, const sluice_delta *d)
{
    return sl_merge_wanted(a) ? sl_merge_delta(a, d) : sl_out_put_delta(a, d);
}

sluice_status sl_outlet_delta_of(void *ctx, const sluice_delta *d)
{
    return sl_outlet_delta(ctx, d);
}

static sluice_status write_whole(struct sl_attempt *a, const sluice_span *parts, size_t n)
{
    struct sl_call *c = a->call;
    int64_t length = 0;
    sluice_status st;

    for (size_t i = 0; i < n; i++)
        length += (int64_t)parts[i].len;
    st = sl_out_commit(a, SL_SPAN("application/json"), length);
    for (size_t i = 0; i < n && st >= 0; i++)
        st = sl_out_part(c, parts[i]);
    if (st >= 0)
        sl_outlet_flush(c, false);
    return st;
}

/* An answer in the pivot's form that is no chat's. */
static sluice_status translated(struct sl_attempt *a, sluice_span *text)
{
    struct sl_call *c = a->call;
    struct sl_buf b;
    sluice_status st;

    name_encoder(a);
    sl_buf_init(&b, (size_t)c->settings->max_response_bytes);
    st = c->operation->answer(&c->out.encoder, *text, &a->scratch, &b);
    if (st >= 0)
        *text = sl_arena_dup(&a->scratch, sl_buf_span(&b));
    sl_buf_finish(&b);
    return text->ptr ? st : SLUICE_E_NOMEM;
}

/* The client wants a stream where the vendor has none: steps, or one event of it all. Or it wants
 * other words. */
static sluice_status in_steps(struct sl_attempt *a, const struct sl_event_view *view,
                              sluice_span text)
{
    if (a->operation->dialect == &sl_dialect_openai_chat)
        return sl_openai_deltas(text, &a->scratch, sl_outlet_delta_of, a);
    if (!a->call->dialect->delta)
        return sl_outlet_event(a, view, text, sl_span(NULL, 0));
    return sl_fail(&a->error, SLUICE_E_UPSTREAM,
                   "%.*s answered without the stream it was asked for",
                   SL_FMT(a->pick.deployment->settings->provider));
}

sluice_status sl_outlet_answer(struct sl_attempt *a, const struct sl_event_view *view,
                               sluice_span text)
{
    struct sl_call *c = a->call;
    struct sl_out_change change;
    sluice_span *parts;
    size_t n_parts;
    bool changed;
    sluice_status st;

    if (!a->bridged)
        sl_out_note_id(c, view);
    /* What an id led to keeps it, whichever deployment of the account was asked. */
    st = sl_account_issue(c, c->pinned ? c->pinned : a->pick.deployment, text, &a->scratch, &text);
    if (st < 0)
        return st;
    if (c->stream || (a->bridged && !c->operation->answer))
        return in_steps(a, view, text);
    st = sl_out_mode(a, SL_OUT_WHOLE);
    if (st >= 0 && a->bridged)
        st = translated(a, &text);
    if (st < 0)
        return st;
    if (c->operation->text && !sl_usage_has(&a->usage, SLUICE_USE_OUTPUT))
        sl_out_estimate(a, (int64_t)(text.len / BYTES_A_TOKEN));
    if (!c->operation->text)
        sl_units_of_answer(a, text);
    changed = !a->bridged && sl_out_changes(a, view, false, &change);
    if (!sl_out_on_wire(c)) {
        st = sl_out_commit(a, SL_SPAN("application/json"), -1);
        return st < 0 ? st : sl_out_object(a, changed ? &change : NULL, text);
    }
    if (!changed)
        return write_whole(a, &text, 1);
    st = sl_out_change(a, &change, text, &parts, &n_parts);
    return st < 0 ? st : write_whole(a, parts, n_parts);
}

sluice_status sl_outlet_bytes(struct sl_attempt *a, sluice_span content_type, int64_t length,
                              sluice_span data)
{
    struct sl_call *c = a->call;
    sluice_status st = sl_out_mode(a, SL_OUT_BYTES);

    if (st >= 0 && !c->out.committed) {
        sl_units_of_request(a);
        st = sl_out_commit(a, content_type, length);
    }
    if (st >= 0)
        st = sl_out_part(c, data);
    if (st >= 0)
        sl_outlet_flush(c, true);
    return c->finished ? SLUICE_E_CANCELLED : st;
}

sluice_status sl_out_end_deltas(struct sl_attempt *a)
{
    struct sl_call *c = a->call;
    struct sl_outlet *o = &c->out;
    struct sl_buf *b = &c->worker->text;
    struct sl_usage total;
    sluice_span text;
    sluice_status st;

    if (!sl_usage_has(&a->usage, SLUICE_USE_OUTPUT))
        sl_out_estimate(a, (int64_t)a->in.content_events);
    if (c->stream) {
        size_t before = b->len;

        if (!o->committed) {
            st = sl_out_commit(a, sl_span_str(c->dialect->content_type), -1);
            if (st < 0)
                return st;
        }
        total = sl_continue_usage(a);
        st = c->dialect->end(&o->encoder, &total, b);
        o->terminated = true;
        if (st < 0)
            return st;
        text = sl_span_from(sl_buf_span(b), before);
        if (sl_stored_put(a, text) == SLUICE_PENDING) {
            b->len = before;
        } else if (!sl_out_on_wire(c)) {
            sl_out_frames(c, text);
            b->len = before;
        }
        return SLUICE_OK;
    }
    sl_buf_reset(b);
    st = c->dialect->whole(&o->encoder, &a->usage, b);
    if (st < 0)
        return st;
    text = sl_arena_dup(&a->scratch, sl_buf_span(b));
    sl_buf_reset(b);
    if (!text.ptr)
        return SLUICE_E_NOMEM;
    if (sl_stored_put(a, text) == SLUICE_PENDING)
        return sl_out_commit(a, SL_SPAN("application/json"),
                             sl_out_on_wire(c) ? (int64_t)text.len : -1);
    if (sl_out_on_wire(c))
        return write_whole(a, &text, 1);
    st = sl_out_commit(a, SL_SPAN("application/json"), -1);
    if (st >= 0)
        sl_out_json(c, text);
    return st;
}
