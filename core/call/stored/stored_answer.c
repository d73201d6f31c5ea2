/* SPDX-License-Identifier: Apache-2.0 */
/* stored_answer.c - what clients are told about a response that is kept here. */
#include "call/stored/stored.h"

#include "base/status.h"
#include "call/stored/made.h"
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

    if (!sl_made_stop(c, id, SL_RUN_FORGET))
        return SL_WAIT;
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
        return sl_made_events(c, id);
    verdict = strcmp(name, "responses.cancel") == 0 ? sl_made_cancel(c, id) : sl_made_settle(c, id);
    return verdict == SL_NEXT ? answer_response(c) : verdict;
}
