/* SPDX-License-Identifier: Apache-2.0 */
/* stored.c - see stored.h: what is asked of the store for a call, and what the call does until it
 * has answered. */
#include "call/stored/stored.h"

#include "base/clock.h"
#include "base/status.h"
#include "call/dispatch/continue.h"
#include "call/answer/outlet.h"
#include "call/session.h"
#include "call/stored/made.h"

#define ASK_MS 3000u  /* the client waits for a store that does not answer */
#define MARK_MS 60000 /* seen by then, or never */
#define KEEP_MS 2000u /* the end of an answer waits for it */

sluice_span sl_stored_owner(const struct sl_call *c)
{
    return c->who->team_id.len ? c->who->team_id : c->who->user_id;
}

static struct sl_objects *store_of(const struct sl_call *c)
{
    return c->worker->owner->objects;
}

/* ---- asking ---- */

static void leave(struct sl_call *c)
{
    if (c->stored.op)
        store_of(c)->cls->leave(store_of(c), c->stored.op);
    c->stored.op = NULL;
}

static void no_answer(struct sl_call *c)
{
    sl_fail_param(&c->error, SLUICE_E_UNAVAILABLE, "object_store_unavailable", NULL,
                  "the object store does not answer");
    sl_call_finish(c, SLUICE_E_UNAVAILABLE);
}

static const struct sl_wait_class asking = { .cancel = leave, .expired = no_answer };

static void on_answer(void *ctx, sluice_status status, struct sl_object *found,
                      const sluice_error *err)
{
    struct sl_call *c = ctx;

    c->stored.op = NULL;
    c->stored.status = status;
    c->stored.found = found;
    if (status < 0)
        c->error = *err;
    sl_call_resume(c);
}

bool sl_stored_asked(const struct sl_call *c, enum sl_stored_question which)
{
    return (c->stored.asked & which) != 0;
}

bool sl_stored_ask(struct sl_call *c, enum sl_stored_question which, enum sl_objects_kind kind,
                   sluice_span id, sluice_span text)
{
    const struct sl_objects_ask question = { .kind = kind,
                                             .owner = sl_stored_owner(c),
                                             .id = id,
                                             .text = text,
                                             .ttl_ms = which == SL_STORED_MARK
                                                           ? MARK_MS
                                                           : c->settings->objects.ttl_ms,
                                             .now_ms = sl_unix_ms() };
    const struct sl_objects_asker asker = { c->worker->loop, on_answer, c };

    if (sl_stored_asked(c, which))
        return true;
    c->stored.asked |= which;
    sl_object_drop(c->stored.found);
    c->stored.found = NULL;
    c->stored.status = store_of(c)->cls->ask(store_of(c), &question, &asker, &c->stored.found,
                                             &c->stored.op, &c->error);
    if (c->stored.status == SLUICE_PENDING)
        sl_call_wait(c, &asking, ASK_MS);
    return c->stored.status != SLUICE_PENDING;
}

/* ---- finding ---- */

/* The id of what this call is about; false: of nothing that is kept here. What a vendor has is not,
 * unless it has only the beginning: continue.h. Then its own id, which stands there by now, leads
 * here. */
static bool is_about(struct sl_call *c, sluice_span *id)
{
    bool named;

    if (c->history && !c->stored.asked) /* the session has it */
        return false;
    if (c->pinned && !c->settings->resilience.mid_stream)
        return false;
    if (c->operation->issues) {
        named = sl_json_string(sl_call_member(c, SL_SPAN("previous_response_id")), &c->arena, id);
    } else {
        *id = sl_call_param(c, SL_SPAN("response_id"));
        named = c->operation->dialect == &sl_dialect_responses_kept;
    }
    /* What has a '/' in its id is kept for us, not for clients. */
    return named && id->len && sl_span_find_char(*id, '/') == id->len;
}

void sl_stored_recall(struct sl_call *c)
{
    sluice_span id;

    if (c->connected && c->operation->issues &&
        sl_json_string(sl_call_member(c, SL_SPAN("previous_response_id")), &c->arena, &id))
        c->history = sl_session_recall(c->connected, id);
}

/* Over a connection that stays, clients send all of it again when they hear this. */
static enum sl_verdict not_remembered(struct sl_call *c, sluice_span id)
{
    sl_fail_param(&c->error, SLUICE_E_INVALID, "previous_response_not_found",
                  "previous_response_id", "Previous response with id '%.*s' not found.",
                  SL_FMT(sl_span_head(id, 100)));
    return sl_call_refuse(c, SLUICE_E_INVALID);
}

enum sl_verdict sl_stored_find(struct sl_call *c)
{
    bool continues = c->operation->issues;
    enum sl_verdict verdict;
    sluice_span id;

    if (!is_about(c, &id))
        return SL_NEXT;
    verdict = sl_stored_running(c, id);
    if (verdict != SL_NEXT)
        return verdict;
    if (!sl_stored_ask(c, SL_STORED_LOOK, SL_OBJECTS_GET, id, sl_span(NULL, 0)))
        return SL_WAIT;
    if (!c->history) {
        c->history = c->stored.found;
        c->stored.found = NULL;
    }
    if (c->pinned && !c->history)
        return SL_NEXT;
    c->pinned = NULL;
    if (!c->history && c->stored.status != SLUICE_E_NOT_FOUND)
        return sl_call_refuse(c, c->stored.status);
    if (continues && c->history && sl_made_is_open(c))
        return sl_made_unfinished(c);
    if (continues && c->connected && !c->history)
        return not_remembered(c, id);
    return continues ? SL_NEXT /* of an id that is not ours the vendor may know */
                     : sl_stored_answer(c, id);
}

sluice_span sl_stored_history(const struct sl_call *c)
{
    return c->history ? sl_json_member(c->history->text, SL_SPAN("conversation"))
                      : sl_span(NULL, 0);
}

bool sl_stored_is_ours(const struct sl_call *c)
{
    return c->history && !sl_json_is_true(sl_json_member(c->history->text, SL_SPAN("relayed")));
}

/* ---- keeping ---- */

sluice_status sl_stored_conversation(struct sl_call *c, sluice_span *out)
{
    struct sl_buf b;

    if (!c->stored.conversation) {
        sl_buf_init(&b, 2 * SL_STORED_MOST);
        sl_stored_write_input(c, &b);
        if (sl_buf_ok(&b))
            c->stored.conversation = sl_body_adopt(c->worker->owner, &b);
        sl_buf_finish(&b);
    }
    *out = sl_body_span(c->stored.conversation);
    return c->stored.conversation ? SLUICE_OK : SLUICE_E_NOMEM;
}

sluice_status sl_stored_note(struct sl_call *c, bool relayed)
{
    bool store = sl_json_type(sl_call_member(c, SL_SPAN("store"))) != SL_JSON_FALSE;

    if (!c->operation->issues || c->input.ptr)
        return SLUICE_OK;
    /* What is not to be stored, and what no vendor was asked. */
    c->stored.in_session = c->connected && (!store || c->warm);
    if (!c->stored.in_session && (!store || relayed))
        return SLUICE_OK;
    sl_buf_init(&c->stored.items, SL_STORED_MOST);
    c->input = sl_arena_dup(&c->arena, sl_call_member(c, SL_SPAN("input")));
    return c->input.ptr ? SLUICE_OK : SLUICE_E_NOMEM;
}

static void not_kept(struct sl_call *c, const char *why)
{
    sl_log(&c->worker->owner->log, SL_WARN, "a response is not kept: %s", why);
}

/* The client hears now that all is well. */
static void tell_rest(struct sl_call *c)
{
    sluice_span rest = c->stored.rest;

    c->stored.rest = sl_span(NULL, 0);
    sl_outlet_rest(c, rest);
    sl_call_finish(c, SLUICE_OK);
}

static void on_kept(void *ctx, sluice_status status, struct sl_object *found,
                    const sluice_error *err)
{
    struct sl_call *c = ctx;

    (void)found;
    c->stored.op = NULL;
    sl_call_wait_over(c);
    if (status < 0)
        not_kept(c, err->message);
    tell_rest(c);
}

static void keeps_too_long(struct sl_call *c)
{
    not_kept(c, "the object store does not answer");
    tell_rest(c);
}

static const struct sl_wait_class keeping = { .cancel = leave, .expired = keeps_too_long };

static sluice_status put(struct sl_call *c, sluice_span text)
{
    const struct sl_objects_ask question = { .kind = SL_OBJECTS_PUT,
                                             .owner = sl_stored_owner(c),
                                             .id = c->response_id,
                                             .text = text,
                                             .ttl_ms = c->settings->objects.ttl_ms,
                                             .now_ms = sl_unix_ms() };
    const struct sl_objects_asker asker = { c->worker->loop, on_kept, c };
    struct sl_object *found = NULL;
    sluice_error err = SLUICE_ERROR_INIT;
    sluice_status st =
        store_of(c)->cls->ask(store_of(c), &question, &asker, &found, &c->stored.op, &err);

    if (st < 0)
        not_kept(c, err.message);
    return st;
}

/* Nothing waits for it: sessions remember in memory. */
static void remember(struct sl_call *c, sluice_span id, sluice_span output, bool relayed)
{
    sluice_error err = SLUICE_ERROR_INIT;
    struct sl_buf b;

    sl_buf_init(&b, SL_STORED_MOST);
    sl_stored_write_conversation(c, &b, output, relayed && !sl_stored_is_ours(c));
    if (!sl_buf_ok(&b))
        not_kept(c, "it is too large");
    else if (sl_session_remember(c->connected, id, sl_buf_span(&b), &err) < 0)
        not_kept(c, err.message);
    sl_buf_finish(&b);
}

void sl_stored_event(struct sl_attempt *a, const struct sl_event_view *view, sluice_span text,
                     sluice_span id)
{
    struct sl_call *c = a->call;
    struct sl_buf *items = &c->stored.items;
    sluice_span plain;

    if (!c->stored.in_session)
        return;
    if (sl_span_eq(view->event, SL_SPAN("response.created"))) {
        sl_buf_reset(items); /* of a try that failed */
        sl_buf_add_char(items, '[');
    } else if (sl_span_eq(view->event, SL_SPAN("response.output_item.done"))) {
        if (items->len > 1)
            sl_buf_add_char(items, ',');
        sl_buf_add(items, sl_json_member(text, SL_SPAN("item")));
    } else if (view->cls == SL_EVENT_END && sl_json_raw_string(id, &plain)) {
        sl_buf_add_char(items, ']');
        if (sl_buf_ok(items))
            remember(c, plain, sl_buf_span(items), true);
        else
            not_kept(c, "it is too large");
    }
}

sluice_status sl_stored_put(struct sl_attempt *a, sluice_span rest)
{
    struct sl_call *c = a->call;
    struct sl_usage used = sl_continue_usage(a);
    struct sl_buf response, kept;
    sluice_status st;

    if (!c->input.ptr) /* nothing was noted: it is not to be kept. The body has gone */
        return SLUICE_OK;
    sl_buf_init(&response, SL_STORED_MOST);
    sl_buf_init(&kept, SL_STORED_MOST);
    st = c->dialect->whole(&c->out.encoder, &used, &response);
    if (st >= 0 && !c->stored.in_session)
        sl_stored_write(c, &kept, sl_buf_span(&response));
    if (st >= 0 && c->stored.in_session)
        remember(c, c->out.encoder.id, sl_json_member(sl_buf_span(&response), SL_SPAN("output")),
                 c->warm);
    else if (st >= 0 && sl_buf_ok(&kept))
        st = put(c, sl_buf_span(&kept));
    else
        not_kept(c, "it is too large");
    sl_buf_finish(&response);
    sl_buf_finish(&kept);
    if (st != SLUICE_PENDING)
        return SLUICE_OK;
    c->stored.rest = sl_arena_dup(&c->arena, rest);
    if (c->stored.rest.ptr)
        return SLUICE_PENDING;
    leave(c); /* it is kept all the same */
    return SLUICE_OK;
}

bool sl_stored_holds(struct sl_call *c)
{
    if (!c->stored.rest.ptr)
        return false;
    sl_timer_cancel(&c->deadline); /* the answer was in time */
    sl_call_wait(c, &keeping, KEEP_MS);
    return true;
}

void sl_stored_release(struct sl_call *c)
{
    leave(c);
    sl_object_drop(c->stored.found);
    c->stored.found = NULL;
    sl_object_drop(c->history);
    c->history = NULL;
    sl_buf_finish(&c->stored.items);
}
