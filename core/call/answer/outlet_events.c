/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outlet_events.c - events that are in the client's dialect already: passed on as the bytes they
 * came in, edited by span where they must differ, ended by one terminator.
 */
#include "call/attempt/attempt.h"

#include "base/status.h"
#include "call/dispatch/continue.h"
#include "call/answer/head.h"
#include "call/stored/issued.h"
#include "call/answer/outlet.h"
#include "call/stored/stored.h"
#include "format/openai/openai_deltas.h"

#define ID_MOST 512 /* a longer id is not noted */

/* Is this JSON string exactly the plain text? */
static bool says(sluice_span json, sluice_span text)
{
    return json.len == text.len + 2 && memcmp(json.ptr + 1, text.ptr, text.len) == 0;
}

/* As a JSON string; as it was when memory is out. */
static sluice_span issued(const struct sl_attempt *a, sluice_span inside)
{
    struct sl_call *c = a->call;
    sluice_span id = sl_issued_make(c->hold->snapshot, a->pick.deployment, sl_stored_owner(c),
                                    inside, &c->arena);
    sluice_span text = sl_arena_printf(&c->arena, "\"%.*s\"", SL_FMT(id.ptr ? id : inside));

    return text.ptr ? text : sl_span(inside.ptr - 1, inside.len + 2);
}

bool sl_out_changes(const struct sl_attempt *a, const struct sl_event_view *view, bool event,
                    struct sl_out_change *out)
{
    const struct sl_call *c = a->call;
    /* Who is answered by another model is told which, as by LiteLLM. */
    bool model = !a->leg->from && c->model.len && sl_json_type(view->model) == SL_JSON_STRING &&
                 !says(view->model, c->model);

    out->model = model ? view->model : sl_span(NULL, 0);
    out->id = sl_span(NULL, 0);
    if (a->operation->issues && view->id.len > 2 && sl_json_type(view->id) == SL_JSON_STRING) {
        out->id = view->id;
        out->new_id = issued(a, sl_span(view->id.ptr + 1, view->id.len - 2));
    }
    out->usage = event && view->usage_null && !c->include_usage;
    return model || out->id.ptr || out->usage;
}

/* Values in the places of others, wherever those stand; from is in order. */
static sluice_status splice(struct sl_attempt *a, const sluice_span *from, const sluice_span *with,
                            size_t n_from, sluice_span text, sluice_span **parts, size_t *n)
{
    sluice_span *p = sl_alloc(&a->scratch, (2 * n_from + 1) * sizeof *p);
    const char *at = text.ptr;

    if (!p)
        return SLUICE_E_NOMEM;
    *parts = p;
    for (size_t i = 0; i < n_from; i++) {
        *p++ = sl_span(at, (size_t)(from[i].ptr - at));
        *p++ = with[i];
        at = from[i].ptr + from[i].len;
    }
    *p++ = sl_span(at, (size_t)(text.ptr + text.len - at));
    *n = (size_t)(p - *parts);
    return SLUICE_OK;
}

static bool lies_in(sluice_span part, sluice_span text)
{
    return !part.ptr || (part.ptr >= text.ptr && part.ptr < text.ptr + text.len);
}

sluice_status sl_out_change(struct sl_attempt *a, const struct sl_out_change *change,
                            sluice_span text, sluice_span **parts, size_t *n)
{
    sluice_span from[2], with[2];
    struct sl_json_edit edits[3];
    size_t n_edits = 0, n_from = 0;
    bool id_first = change->id.ptr && change->id.ptr < change->model.ptr;

    if (!change->usage && lies_in(change->model, text) && lies_in(change->id, text)) {
        if (change->model.ptr) {
            from[n_from] = change->model;
            with[n_from++] = sl_head_model_json(a);
        }
        if (change->id.ptr) {
            from[n_from] = change->id;
            with[n_from++] = change->new_id;
        }
        if (n_from == 2 && id_first) {
            from[1] = from[0];
            with[1] = with[0];
            from[0] = change->id;
            with[0] = change->new_id;
        }
        return splice(a, from, with, n_from, text, parts, n);
    }
    if (change->model.ptr)
        edits[n_edits++] = (struct sl_json_edit){ SL_SPAN("model"), sl_head_model_json(a) };
    if (change->id.ptr)
        edits[n_edits++] = (struct sl_json_edit){ SL_SPAN("id"), change->new_id };
    if (change->usage)
        edits[n_edits++] = (struct sl_json_edit){ SL_SPAN("usage"), sl_span(NULL, 0) };
    return sl_json_edit(text, edits, n_edits, &a->scratch, parts, n);
}

/* event: its name, in memory that outlasts this turn; empty = none. */
static sluice_status framed(struct sl_attempt *a, sluice_span event, const sluice_span *parts,
                            size_t n)
{
    enum sl_framing framing = a->call->dialect->framing;
    struct sl_outlet *o = &a->call->out;
    sluice_status st = SLUICE_OK;

    if (framing == SL_FRAMING_LIST) {
        st = sl_out_part(a->call, o->listed ? SL_SPAN(",\r\n") : SL_SPAN("["));
        o->listed = true;
        for (size_t i = 0; i < n && st >= 0; i++)
            st = sl_out_part(a->call, parts[i]);
        return st;
    }

    if (event.len && framing != SL_FRAMING_LINES) {
        sluice_span line = sl_arena_printf(&a->scratch, "event: %.*s\n", SL_FMT(event));

        st = line.ptr ? sl_out_part(a->call, line) : SLUICE_E_NOMEM;
    }
    if (st >= 0 && framing != SL_FRAMING_LINES)
        st = sl_out_part(a->call, SL_SPAN("data: "));
    for (size_t i = 0; i < n && st >= 0; i++)
        st = sl_out_part(a->call, parts[i]);
    return st < 0 ? st : sl_out_part(a->call, sl_frame_close(framing));
}

/* Bytes that must outlast the piece of the answer they were cut from. */
static sluice_status kept(struct sl_attempt *a, sluice_span text, sluice_span raw, sluice_span *out)
{
    bool inside = raw.ptr && text.ptr >= raw.ptr && text.ptr + text.len <= raw.ptr + raw.len;
    char *copy;

    *out = text;
    if (inside) /* one line, then */
        return SLUICE_OK;
    copy = sl_alloc(&a->scratch, text.len + 1);
    if (!copy)
        return SLUICE_E_NOMEM;
    /* In JSON a raw line end is white space; within a frame it would end the line of data. */
    for (size_t i = 0; i < text.len; i++)
        copy[i] = text.ptr[i] == '\n' || text.ptr[i] == '\r' ? ' ' : text.ptr[i];
    *out = sl_span(copy, text.len);
    return SLUICE_OK;
}

static sluice_status write_event(struct sl_attempt *a, sluice_span event,
                                 const struct sl_out_change *change, sluice_span text,
                                 sluice_span raw)
{
    struct sl_out_change here;
    sluice_span *parts, whole;
    size_t n_parts;
    sluice_status st;

    if (!change && raw.ptr)
        return sl_out_part(a->call, raw);
    st = kept(a, text, raw, &whole);
    if (st < 0)
        return st;
    if (!change)
        return framed(a, event, &whole, 1);
    here = *change;
    if (here.model.ptr)
        here.model.ptr = whole.ptr + (here.model.ptr - text.ptr);
    if (here.id.ptr)
        here.id.ptr = whole.ptr + (here.id.ptr - text.ptr);
    st = sl_out_change(a, &here, whole, &parts, &n_parts);
    return st < 0 ? st : framed(a, event, parts, n_parts);
}

/* Embedders get the object itself; of a stream framed as long as it is held back. */
sluice_status sl_out_object(struct sl_attempt *a, const struct sl_out_change *change,
                            sluice_span text)
{
    sluice_span *parts = &text;
    size_t n_parts = 1, len = 0, at = 0;
    char *object;
    sluice_status st = change ? sl_out_change(a, change, text, &parts, &n_parts) : SLUICE_OK;

    if (st < 0)
        return st;
    for (size_t i = 0; i < n_parts; i++)
        len += parts[i].len;
    object = sl_alloc(&a->scratch, len + 1);
    if (!object)
        return SLUICE_E_NOMEM;
    for (size_t i = 0; i < n_parts; at += parts[i++].len)
        memcpy(object + at, parts[i].ptr, parts[i].len);
    sl_out_json(a->call, sl_span(object, len));
    return SLUICE_OK;
}

/* A held back event waits as text, framed as it will be sent. */
static sluice_status hold_back(struct sl_attempt *a)
{
    struct sl_outlet *o = &a->call->out;
    struct sl_buf *pending = sl_out_pending(a->call);

    for (size_t i = 0; i < o->n_parts; i++)
        sl_buf_add(pending, o->room.parts[i]);
    o->n_parts = 0;
    return sl_buf_ok(pending) ? SLUICE_OK : SLUICE_E_NOMEM;
}

/* Usage was asked for, the vendor gave none: an estimate, marked as such in the records. */
void sl_out_estimate(struct sl_attempt *a, int64_t output)
{
    sl_usage_set(&a->usage, SLUICE_USE_INPUT, a->call->input_tokens);
    sl_usage_set(&a->usage, SLUICE_USE_OUTPUT, output);
    a->usage.estimated = true;
}

static sluice_status write_usage(struct sl_attempt *a)
{
    struct sl_call *c = a->call;
    struct sl_buf b;
    sluice_span text = { 0 };

    sl_buf_init(&b, 8192);
    sl_buf_printf(&b, "{\"id\":\"%.*s\",\"object\":\"%s\",\"created\":%lld,\"model\":",
                  SL_FMT(sl_head_answer_id(c)),
                  c->dialect->delta ? "chat.completion.chunk" : "text_completion",
                  (long long)c->out.encoder.created);
    sl_buf_add(&b, sl_head_model_json(a));
    sl_buf_add(&b, SL_SPAN(",\"choices\":[],\"usage\":"));
    sl_usage_write(&a->usage, &b);
    sl_buf_add_char(&b, '}');
    if (sl_buf_ok(&b))
        text = sl_arena_dup(&a->scratch, sl_buf_span(&b));
    sl_buf_finish(&b);
    if (!text.ptr)
        return SLUICE_E_NOMEM;
    if (!sl_out_on_wire(c)) {
        sl_out_json(c, text);
        return SLUICE_OK;
    }
    return framed(a, sl_span(NULL, 0), &text, 1);
}

/* The end of a relayed stream: usage if it is owed, then the terminator, once. */
sluice_status sl_out_terminate(struct sl_attempt *a)
{
    struct sl_call *c = a->call;
    bool known = sl_usage_has(&a->usage, SLUICE_USE_OUTPUT);
    sluice_status st = SLUICE_OK;

    if (c->out.terminated)
        return st;
    c->out.terminated = true;
    if (!c->out.committed)
        st = sl_out_commit(a, sl_span_str(c->dialect->content_type), -1);
    if (!known && c->operation->text)
        sl_out_estimate(a, (int64_t)a->in.content_events);
    if (st >= 0 && c->include_usage && !c->out.usage_told)
        st = write_usage(a);
    return st >= 0 && sl_out_on_wire(c) ? sl_out_part(c, c->dialect->terminator) : st;
}

/* An event of the pivot, taken apart for a client that wants something else. */
static sluice_status collect_event(struct sl_attempt *a, sluice_span text)
{
    if (a->operation->dialect != &sl_dialect_openai_chat)
        return sl_fail(&a->error, SLUICE_E_UPSTREAM,
                       "%.*s answered with a stream that was not asked for",
                       SL_FMT(a->pick.deployment->settings->provider));
    return sl_openai_deltas(text, &a->scratch, sl_outlet_delta_of, a);
}

void sl_out_note_id(struct sl_call *c, const struct sl_event_view *view)
{
    if (!c->response_id.ptr && sl_json_type(view->id) == SL_JSON_STRING && view->id.len > 2 &&
        view->id.len <= ID_MOST)
        c->response_id = sl_arena_dup(&c->arena, sl_span(view->id.ptr + 1, view->id.len - 2));
}

/* Are frames of an event stream the client's own? */
static bool as_it_came(const struct sl_call *c)
{
    enum sl_framing framing = c->dialect->framing;

    return framing == SL_FRAMING_BINARY ||
           (sl_out_on_wire(c) && (framing == SL_FRAMING_DATA || framing == SL_FRAMING_EVENTS));
}

bool sl_outlet_passes(const struct sl_call *c)
{
    return c->out.committed && !c->out.terminated && c->out.mode == SL_OUT_EVENTS &&
           c->dialect->framing != SL_FRAMING_BINARY && as_it_came(c);
}

/* Nothing about this event is to be asked but what the client calls the model. */
static bool goes_through(const struct sl_attempt *a, const struct sl_event_view *view,
                         sluice_span raw)
{
    const struct sl_call *c = a->call;

    return c->out.through && c->out.mode == SL_OUT_EVENTS && view->cls == SL_EVENT_CONTENT &&
           raw.ptr && !view->has_usage && !view->usage_null && says(view->model, c->model);
}

sluice_status sl_outlet_event(struct sl_attempt *a, const struct sl_event_view *view,
                              sluice_span text, sluice_span raw)
{
    struct sl_call *c = a->call;
    struct sl_outlet *o = &c->out;
    struct sl_out_change change;
    bool useful = view->cls >= SL_EVENT_CONTENT && view->cls != SL_EVENT_USAGE, changed;
    sluice_status st;

    if (goes_through(a, view, raw))
        return sl_out_part(c, raw);
    if (!c->stream || a->bridged || a->leg->continues ||
        sl_merge_wanted(a)) /* the client wants it whole, or in other words */
        return view->cls == SL_EVENT_END ? SLUICE_OK : collect_event(a, text);
    st = sl_out_mode(a, SL_OUT_EVENTS);
    if (st < 0)
        return st;
    sl_out_note_id(c, view);
    if (view->cls == SL_EVENT_END && c->dialect->terminator.len)
        return sl_out_terminate(a);
    if (view->usage_only && !c->include_usage)
        return SLUICE_OK;
    o->usage_told |= view->has_usage;
    if (sl_continue_wanted(c))
        sl_continue_note_event(a, view, text);
    if (useful && !o->committed) {
        st = sl_out_commit(a, sl_span_str(c->dialect->content_type), -1);
        if (st < 0)
            return st;
        o->through = sl_out_on_wire(c) && as_it_came(c) && !sl_continue_wanted(c) &&
                     !a->operation->issues && !a->leg->from;
    }
    o->encoder.passed++;
    changed = sl_out_changes(a, view, true, &change);
    if (c->stored.in_session)
        sl_stored_event(a, view, text, change.id.ptr ? change.new_id : view->id);
    if (!sl_out_on_wire(c) && o->committed)
        st = sl_out_object(a, changed ? &change : NULL, text);
    else
        st = write_event(a, view->event, changed ? &change : NULL, text,
                         as_it_came(c) ? raw : sl_span(NULL, 0));
    if (st >= 0 && view->cls == SL_EVENT_END) /* an event like others, but the last one */
        return sl_out_terminate(a);
    return st < 0 || o->committed ? st : hold_back(a);
}
