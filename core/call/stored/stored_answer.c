/* SPDX-License-Identifier: Apache-2.0 */
/* stored_answer.c - what clients are told about a response that is kept here. */
#include "call/stored/stored.h"

#include "base/status.h"
#include "call/stored/background.h"
#include "format/json_edit.h"
#include "format/json_write.h"

#define PAGE_MOST 100u
#define PAGE 20u

static enum sl_verdict answer(struct sl_call *c, struct sl_buf *b)
{
    sluice_status st = sl_buf_ok(b) ? SLUICE_OK : SLUICE_E_NOMEM;

    if (st >= 0)
        sl_outlet_text(c, sl_buf_span(b));
    sl_buf_finish(b);
    return sl_call_refuse(c, st);
}

static sluice_span param(const struct sl_call *c, const char *name)
{
    return sl_call_param(c, sl_span_str(name));
}

sluice_span sl_stored_item_id(sluice_span item)
{
    sluice_span inside = { 0 };

    if (sl_json_type(item) == SL_JSON_OBJECT)
        (void)sl_json_raw_string(sl_json_member(item, SL_SPAN("id")), &inside);
    return inside;
}

static void write_page(struct sl_buf *b, const sluice_span *items, size_t n, bool more)
{
    struct sl_json_out o = sl_json_out(b);

    sl_json_open(&o, '{');
    sl_json_kv_str(&o, "object", SL_SPAN("list"));
    sl_json_key(&o, "data");
    sl_json_open(&o, '[');
    for (size_t i = 0; i < n; i++)
        sl_json_raw(&o, items[i]);
    sl_json_close(&o, ']');
    sl_json_key(&o, "first_id");
    sl_json_inside_str(&o, n ? sl_stored_item_id(items[0]) : SL_SPAN(""));
    sl_json_key(&o, "last_id");
    sl_json_inside_str(&o, n ? sl_stored_item_id(items[n - 1]) : SL_SPAN(""));
    sl_json_kv_bool(&o, "has_more", more);
    sl_json_close(&o, '}');
}

/* A page of the items: the newest first unless asked otherwise. */
static enum sl_verdict answer_items(struct sl_call *c)
{
    sluice_span list = sl_json_member(c->history->text, SL_SPAN("items"));
    struct sl_json_iter it = { 0 };
    sluice_span name, item, after = param(c, "after"), *items;
    bool oldest_first = sl_span_eq(param(c, "order"), SL_SPAN("asc"));
    size_t n = 0, from = 0, most = PAGE;
    uint64_t limit;
    struct sl_buf b;

    while (sl_json_next(&it, list, &name, &item))
        n++;
    items = sl_alloc(&c->arena, (n + 1) * sizeof *items);
    if (!items)
        return sl_call_refuse(c, SLUICE_E_NOMEM);
    it = (struct sl_json_iter){ 0 };
    for (size_t i = 0; sl_json_next(&it, list, &name, &item) && i < n; i++)
        items[oldest_first ? i : n - 1 - i] = item;
    if (param(c, "limit").len) {
        if (!sl_span_u64(param(c, "limit"), PAGE_MOST, &limit) || limit < 1)
            return sl_call_refuse(c, sl_fail_param(&c->error, SLUICE_E_INVALID, NULL, "limit",
                                                   "limit is a number from 1 to %u", PAGE_MOST));
        most = (size_t)limit;
    }
    for (size_t i = 0; after.len && i < n; i++)
        if (sl_span_eq(sl_stored_item_id(items[i]), after))
            from = i + 1;
    sl_buf_init(&b, SL_STORED_MOST);
    write_page(&b, items + from, n - from < most ? n - from : most, n - from > most);
    return answer(c, &b);
}

static enum sl_verdict not_here(struct sl_call *c, sluice_span id)
{
    sl_fail_param(&c->error, SLUICE_E_NOT_FOUND, "not_found", "response_id",
                  "Response with id '%.*s' not found.", SL_FMT(sl_span_head(id, 100)));
    return sl_call_refuse(c, SLUICE_E_NOT_FOUND);
}

static enum sl_verdict answer_response(struct sl_call *c)
{
    struct sl_buf b;

    sl_buf_init(&b, SL_STORED_MOST);
    sl_buf_add(&b, sl_json_member(c->history->text, SL_SPAN("response")));
    return answer(c, &b);
}

static enum sl_verdict answer_deleted(struct sl_call *c, sluice_span id)
{
    struct sl_json_out out;
    struct sl_buf b;

    if (!sl_stored_ask(c, SL_STORED_CHANGE, SL_OBJECTS_REMOVE, id, sl_span(NULL, 0)))
        return SL_WAIT;
    if (c->stored.status == SLUICE_E_NOT_FOUND) /* somebody else was faster */
        return not_here(c, id);
    if (c->stored.status < 0)
        return sl_call_refuse(c, c->stored.status);
    sl_buf_init(&b, SL_STORED_MOST);
    out = sl_json_out(&b);
    sl_json_open(&out, '{');
    sl_json_kv_str(&out, "id", id);
    sl_json_kv_str(&out, "object", SL_SPAN("response"));
    sl_json_kv_bool(&out, "deleted", true);
    sl_json_close(&out, '}');
    return answer(c, &b);
}

/* ---- one that was, or is, made in the background ---- */

static sluice_span response_of(const struct sl_call *c)
{
    return sl_json_member(c->history->text, SL_SPAN("response"));
}

static bool is_open(sluice_span response)
{
    sluice_span status = { 0 };

    (void)sl_json_raw_string(sl_json_member(response, SL_SPAN("status")), &status);
    return sl_span_eq(status, SL_SPAN("queued")) || sl_span_eq(status, SL_SPAN("in_progress"));
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

/* Is one that is said to be under way lost with the process that made it? NEXT: c->history says
 * what is true. */
static enum sl_verdict settle(struct sl_call *c, sluice_span id)
{
    sluice_status st;

    if (!is_open(response_of(c)) && !sl_stored_asked(c, SL_STORED_CHANGE))
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
    sluice_span text = param(c, "starting_after");
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

static enum sl_verdict answer_events(struct sl_call *c, sluice_span id)
{
    int64_t after;

    if (c->listener)
        return SL_WAIT;
    if (!read_after(c, &after))
        return sl_call_refuse(c, SLUICE_E_INVALID);
    if (!sl_stored_ask(c, SL_STORED_EVENTS, SL_OBJECTS_GET, beside(c, id, SL_RUN_EVENTS),
                       sl_span(NULL, 0)))
        return SL_WAIT;
    if (c->stored.found)
        return sl_listen_kept(c, after);
    if (c->stored.status != SLUICE_E_NOT_FOUND)
        return sl_call_refuse(c, c->stored.status);
    return sl_call_refuse(c, sl_fail_param(&c->error, SLUICE_E_INVALID, "events_not_kept", "stream",
                                           "no events are kept of this response: it was not made "
                                           "in the background, or there were too many"));
}

static enum sl_verdict answer_cancelled(struct sl_call *c)
{
    sluice_span response = response_of(c);

    if (is_open(response))
        return sl_call_refuse(c, sl_fail(&c->error, SLUICE_E_UNAVAILABLE,
                                         "this response is made by another process, which alone "
                                         "can cancel it"));
    if (!sl_json_is_true(sl_json_member(response, SL_SPAN("background"))))
        return sl_call_refuse(
            c, sl_fail(&c->error, SLUICE_E_INVALID, "Cannot cancel a synchronous response."));
    return answer_response(c);
}

enum sl_verdict sl_stored_answer(struct sl_call *c, sluice_span id)
{
    const char *name = c->operation->name;
    enum sl_verdict verdict;

    if (!c->history)
        return not_here(c, id);
    if (strcmp(name, "responses.input_items") == 0)
        return answer_items(c);
    if (strcmp(name, "responses.delete") == 0)
        return answer_deleted(c, id);
    if (c->stream)
        return answer_events(c, id);
    verdict = settle(c, id);
    if (verdict != SL_NEXT)
        return verdict;
    return strcmp(name, "responses.cancel") == 0 ? answer_cancelled(c) : answer_response(c);
}

static enum sl_verdict answer_running(struct sl_call *c, struct sl_run *run)
{
    const char *name = c->operation->name;
    int64_t after;

    if (c->operation->issues)
        return sl_call_refuse(c, sl_fail_param(&c->error, SLUICE_E_INVALID, NULL,
                                               "previous_response_id",
                                               "the previous response is still being made"));
    if (strcmp(name, "responses.cancel") == 0)
        return sl_run_cancel(c, run);
    if (strcmp(name, "responses.delete") == 0)
        sl_run_forget(run); /* and what is kept of it goes as any other */
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
