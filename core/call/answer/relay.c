/* SPDX-License-Identifier: Apache-2.0 */
/*
 * relay.c - answers in the client's own dialect: every event, or the whole, is looked at for usage,
 * errors and the end, shown to the provider where it asked for that, and goes out as it came.
 */
#include "call/answer/relay.h"

#include "base/status.h"
#include "format/eventstream.h"

sluice_status sl_relay_give(struct sl_attempt *a, sluice_span event, sluice_span data)
{
    sluice_frame frame = { .struct_size = sizeof frame, .event = event, .data = data };

    return a->cls->data(a->exchange, &frame, &a->sink, &a->error);
}

/* The provider wants to see events that contain one of these. */
static bool watched(const struct sl_attempt *a, sluice_span data)
{
    for (const char *const *w = a->watch; w && *w; w++)
        if (sl_span_find(data, sl_span_str(*w)) < data.len)
            return true;
    return false;
}

static sluice_status not_json(struct sl_attempt *a, sluice_span text)
{
    const char *kind = a->in.content_type.len ? a->in.content_type.ptr : "no content type";

    text = sl_span_trim(text);
    return sl_fail(&a->error, SLUICE_E_UPSTREAM,
                   "%.*s answered something that is not JSON (%.60s), beginning with: %.*s",
                   SL_FMT(a->pick.deployment->settings->provider), kind,
                   SL_FMT(sl_span_head(text, 60)));
}

/* Where what a look found is kept for the answers of this deployment; NULL: it is not. */
static struct sl_look_memo *memo_of(struct sl_attempt *a, enum sl_look_kind kind)
{
    const struct sl_call *c = a->call;

    if (!a->operation->dialect->shapes || kind == SL_LOOK_KINDS)
        return NULL;
    return sl_worker_memo(c->worker, a->pick.deployment->state->slot, a->operation, kind);
}

/* Events of one vendor's streams are built alike, but for a few at the beginning and the end, which
 * are built as those of other streams are. */
static bool look_alike(struct sl_attempt *a, sluice_span text, struct sl_event_view *view)
{
    for (enum sl_look_kind kind = SL_LOOK_CONTENT; kind < SL_LOOK_KINDS; kind++) {
        struct sl_look_memo *memo = memo_of(a, kind);

        if (memo && sl_look_memo_find(memo, text, view, &a->usage))
            return true;
    }
    return false;
}

static sluice_status look(struct sl_attempt *a, const struct sl_sse_event *event,
                          struct sl_event_view *view)
{
    const struct sl_dialect *dialect = a->operation->dialect;
    bool named = event->event.len > 0;
    struct sl_look_memo *memo;
    sluice_status st;

    if (!named && dialect->shapes && look_alike(a, event->data, view))
        return SLUICE_OK;
    st = dialect->look(event->event, event->data, false, &a->scratch, view, &a->usage);
    memo = st == SLUICE_OK && !named ? memo_of(a, sl_look_kind(view)) : NULL;
    if (memo)
        sl_look_memo_keep(memo, event->data, view);
    return st;
}

sluice_status sl_relay_event(struct sl_attempt *a, const struct sl_sse_event *event,
                             sluice_span raw)
{
    const struct sl_dialect *dialect = a->operation->dialect;
    struct sl_event_view view;
    sluice_status st;

    if (a->in.end_seen)
        return SLUICE_OK;
    st = look(a, event, &view);
    if (st == SLUICE_E_INVALID)
        return not_json(a, event->data);
    if (st < 0)
        return st;
    if (view.cls == SL_EVENT_ERROR)
        return dialect->failure(view.error, &a->error);
    if (watched(a, event->data)) {
        st = sl_relay_give(a, event->event, event->data);
        if (st < 0)
            return st;
    }
    if (event->event.len)
        view.event = event->event;
    if (view.cls == SL_EVENT_FINISH)
        a->in.finish_seen = true;
    if (view.cls == SL_EVENT_END)
        a->in.end_seen = true;
    if (view.cls == SL_EVENT_CONTENT || view.cls == SL_EVENT_TOOL)
        a->in.content_events++;
    return sl_outlet_event(a, &view, event->data, raw);
}

sluice_status sl_relay_message(struct sl_attempt *a, sluice_span frame)
{
    struct sl_sse_event event = { { NULL, 0 }, { NULL, 0 } };
    struct sl_es_message message;
    const char *what;

    if (sl_es_decode(frame, &message, &what) < 0)
        return sl_fail(&a->error, SLUICE_E_UPSTREAM, "a message of the answer is broken: %s", what);
    event.event = sl_es_text(&message, ":event-type");
    if (!event.event.ptr)
        event.event = sl_es_text(&message, ":exception-type");
    event.data = message.payload;
    if (sl_span_eq(sl_es_text(&message, ":message-type"), SL_SPAN("error")))
        return sl_fail(&a->error, SLUICE_E_UPSTREAM, "the answer broke off: %.*s %.*s",
                       SL_FMT(sl_span_head(sl_es_text(&message, ":error-code"), 60)),
                       SL_FMT(sl_span_head(sl_es_text(&message, ":error-message"), 200)));
    return message.payload.len ? sl_relay_event(a, &event, frame) : SLUICE_OK;
}

static sluice_status look_whole(struct sl_attempt *a, sluice_span text, struct sl_event_view *view)
{
    const struct sl_dialect *dialect = a->operation->dialect;
    struct sl_look_memo *memo = memo_of(a, SL_LOOK_WHOLE);
    sluice_status st;

    if (memo && sl_look_memo_find(memo, text, view, &a->usage))
        return SLUICE_OK;
    st = dialect->look(sl_span("", 0), text, true, &a->scratch, view, &a->usage);
    if (st == SLUICE_OK && memo && view->cls == SL_EVENT_CONTENT)
        sl_look_memo_keep(memo, text, view);
    return st;
}

sluice_status sl_relay_whole(struct sl_attempt *a, sluice_span text)
{
    const struct sl_dialect *dialect = a->operation->dialect;
    struct sl_event_view view;
    sluice_status st;

    st = look_whole(a, text, &view);
    if (st == SLUICE_E_INVALID)
        return not_json(a, text);
    if (st < 0)
        return st;
    if (view.cls == SL_EVENT_ERROR)
        return dialect->failure(view.error, &a->error);
    if (watched(a, text)) {
        st = sl_relay_give(a, sl_span("", 0), text);
        if (st < 0)
            return st;
    }
    return sl_outlet_answer(a, &view, text);
}
