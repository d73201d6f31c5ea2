/* SPDX-License-Identifier: Apache-2.0 */
/* made.c - see made.h. */
#include "call/stored/made.h"

#include "base/status.h"
#include "call/stored/stored.h"
#include "format/json_edit.h"
#include "format/json_write.h"

#define LOOK_MS 500u   /* between two looks at what another process does */
#define STOP_MS 30000u /* it has to have seen that it is to stop */

static sluice_span response_of(const struct sl_call *c)
{
    return sl_json_member(c->history->text, SL_SPAN("response"));
}

bool sl_made_is_open(const struct sl_call *c)
{
    sluice_span status = { 0 };

    (void)sl_json_raw_string(sl_json_member(response_of(c), SL_SPAN("status")), &status);
    return sl_span_eq(status, SL_SPAN("queued")) || sl_span_eq(status, SL_SPAN("in_progress"));
}

enum sl_verdict sl_made_unfinished(struct sl_call *c)
{
    return sl_call_refuse(c,
                          sl_fail_param(&c->error, SLUICE_E_INVALID, NULL, "previous_response_id",
                                        "the previous response is still being made"));
}

/* ---- another process makes it ---- */

/* All that was asked is asked again, but for the mark. */
static void look_again(struct sl_call *c)
{
    c->stored.asked &= SL_STORED_MARK;
    c->stored.looks++;
    sl_object_drop(c->history);
    c->history = NULL;
    sl_call_resume(c);
}

static const struct sl_wait_class looking = { .expired = look_again };

static enum sl_verdict look_later(struct sl_call *c)
{
    sl_call_wait(c, &looking, LOOK_MS);
    return SL_WAIT;
}

static sluice_span beside(struct sl_call *c, sluice_span id, const char *suffix)
{
    struct sl_buf b;
    sluice_span text;

    sl_buf_init(&b, 1024);
    sl_buf_add(&b, id);
    sl_buf_add_str(&b, suffix);
    text = sl_buf_ok(&b) ? sl_arena_dup(&c->arena, sl_buf_span(&b)) : sl_span(NULL, 0);
    sl_buf_finish(&b);
    return text;
}

static sluice_status edit(struct sl_call *c, sluice_span object, const struct sl_json_edit *edits,
                          size_t n, struct sl_buf *b)
{
    sluice_span *parts;
    size_t n_parts;
    sluice_status st = sl_json_edit(object, edits, n, &c->arena, &parts, &n_parts);

    for (size_t i = 0; i < n_parts && st >= 0; i++)
        sl_buf_add(b, parts[i]);
    return st >= 0 && !sl_buf_ok(b) ? SLUICE_E_NOMEM : st;
}

/* c->history becomes one that has failed; it is kept so. */
static sluice_status become_lost(struct sl_call *c)
{
    const struct sl_json_edit lost[] = {
        { SL_SPAN("status"), SL_SPAN("\"failed\"") },
        { SL_SPAN("error"),
          SL_SPAN("{\"code\":\"server_error\",\"message\":\"The process that made "
                  "this response ended before it was done.\"}") },
    };
    struct sl_json_edit whole = { SL_SPAN("response"), { 0 } };
    struct sl_object *changed = NULL;
    struct sl_buf response, kept;
    sluice_status st;

    sl_buf_init(&response, SL_STORED_MOST);
    sl_buf_init(&kept, SL_STORED_MOST);
    st = edit(c, response_of(c), lost, 2, &response);
    whole.value = sl_buf_span(&response);
    if (st >= 0)
        st = edit(c, c->history->text, &whole, 1, &kept);
    if (st >= 0)
        changed = sl_object_create(sl_buf_span(&kept));
    sl_buf_finish(&response);
    sl_buf_finish(&kept);
    if (!changed)
        return st < 0 ? st : SLUICE_E_NOMEM;
    sl_object_drop(c->history);
    c->history = changed;
    return SLUICE_OK;
}

bool sl_made_stop(struct sl_call *c, sluice_span id, const char *how)
{
    return (!sl_made_is_open(c) && !sl_stored_asked(c, SL_STORED_MARK)) ||
           sl_stored_ask(c, SL_STORED_MARK, SL_OBJECTS_PUT, beside(c, id, SL_RUN_MARK),
                         sl_span_str(how));
}

enum sl_verdict sl_made_settle(struct sl_call *c, sluice_span id)
{
    sluice_status st;

    if (!sl_made_is_open(c) && !sl_stored_asked(c, SL_STORED_CHANGE))
        return SL_NEXT;
    if (!sl_stored_asked(c, SL_STORED_CHANGE)) {
        if (!sl_stored_ask(c, SL_STORED_LEASE, SL_OBJECTS_GET, beside(c, id, SL_RUN_LEASE),
                           sl_span(NULL, 0)))
            return SL_WAIT;
        if (c->stored.status != SLUICE_E_NOT_FOUND)
            return c->stored.status < 0 ? sl_call_refuse(c, c->stored.status) : SL_NEXT;
        st = become_lost(c);
        if (st < 0)
            return sl_call_refuse(c, st);
    }
    return sl_stored_ask(c, SL_STORED_CHANGE, SL_OBJECTS_PUT, id, c->history->text) ? SL_NEXT
                                                                                    : SL_WAIT;
}

static bool read_after(struct sl_call *c, int64_t *after)
{
    sluice_span text = sl_call_param(c, SL_SPAN("starting_after"));
    uint64_t n = 0;

    *after = -1;
    if (!text.len)
        return true;
    if (!sl_span_u64(text, INT32_MAX, &n)) {
        sl_fail_param(&c->error, SLUICE_E_INVALID, NULL, "starting_after",
                      "starting_after is the sequence_number of an event");
        return false;
    }
    *after = (int64_t)n;
    return true;
}

/* Its lease goes when its events are there; so the lease is looked for first. */
enum sl_verdict sl_made_events(struct sl_call *c, sluice_span id)
{
    int64_t after;

    if (c->listener)
        return SL_WAIT;
    if (!read_after(c, &after))
        return sl_call_refuse(c, SLUICE_E_INVALID);
    if (!sl_stored_ask(c, SL_STORED_LEASE, SL_OBJECTS_GET, beside(c, id, SL_RUN_LEASE),
                       sl_span(NULL, 0)))
        return SL_WAIT;
    if (!sl_stored_asked(c, SL_STORED_EVENTS))
        c->stored.leased = c->stored.status >= 0;
    if (!sl_stored_ask(c, SL_STORED_EVENTS, SL_OBJECTS_GET, beside(c, id, SL_RUN_EVENTS),
                       sl_span(NULL, 0)))
        return SL_WAIT;
    if (c->stored.found)
        return sl_listen_kept(c, after);
    if (c->stored.status != SLUICE_E_NOT_FOUND)
        return sl_call_refuse(c, c->stored.status);
    if (c->stored.leased)
        return look_later(c);
    return sl_call_refuse(c, sl_fail_param(&c->error, SLUICE_E_INVALID, "events_not_kept", "stream",
                                           "no events are kept of this response: it was not made "
                                           "in the background, there were too many, or its "
                                           "process ended before it was done"));
}

/* The other process stops it within moments, and says so where it is kept. */
enum sl_verdict sl_made_cancel(struct sl_call *c, sluice_span id)
{
    enum sl_verdict verdict = sl_made_settle(c, id);

    if (verdict != SL_NEXT)
        return verdict;
    if (!sl_json_is_true(sl_json_member(response_of(c), SL_SPAN("background"))))
        return sl_call_refuse(
            c, sl_fail(&c->error, SLUICE_E_INVALID, "Cannot cancel a synchronous response."));
    if (!sl_made_is_open(c))
        return SL_NEXT;
    if (!sl_stored_asked(c, SL_STORED_MARK)) {
        if (!sl_made_stop(c, id, SL_RUN_CANCEL))
            return SL_WAIT;
        if (c->stored.status < 0)
            return sl_call_refuse(c, c->stored.status);
    }
    if (c->stored.looks * LOOK_MS < STOP_MS)
        return look_later(c);
    return sl_call_refuse(
        c, sl_fail_param(&c->error, SLUICE_E_UNAVAILABLE, "cancel_not_seen", NULL,
                         "this response is made by another process, which has been told to cancel "
                         "it and has not done so yet; fetch it to see how it stands"));
}

/* ---- this one does ---- */

static enum sl_verdict answer_running(struct sl_call *c, struct sl_run *run)
{
    const char *name = c->operation->name;
    int64_t after;

    if (c->operation->issues)
        return sl_made_unfinished(c);
    if (strcmp(name, "responses.cancel") == 0)
        return sl_run_cancel(c, run);
    if (strcmp(name, "responses.delete") == 0)
        sl_run_stop(run, true); /* and what is kept of it goes as any other */
    if (strcmp(name, "responses.retrieve") != 0)
        return SL_NEXT;
    if (!c->stream)
        return sl_run_answer(c, run);
    return read_after(c, &after) ? sl_listen(c, run, after) : sl_call_refuse(c, SLUICE_E_INVALID);
}

enum sl_verdict sl_stored_running(struct sl_call *c, sluice_span id)
{
    struct sl_run *run = c->stored.asked ? NULL : sl_run_find(c, id);
    enum sl_verdict verdict = run ? answer_running(c, run) : SL_NEXT;

    sl_run_drop(run);
    return verdict;
}
