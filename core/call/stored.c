/* SPDX-License-Identifier: Apache-2.0 */
/* stored.c - see stored.h. Kept is {"items":[...],"response":{...}}: all items that led to the
 * response, and the response. */
#include "call/stored.h"

#include "base/clock.h"
#include "base/status.h"
#include "call/outlet.h"
#include "format/json_write.h"
#include "state/objects.h"

#define BYTES (64u << 20)
#define ENTRIES 10000u
#define DAYS_30_MS (UINT64_C(30) * 86400 * 1000) /* as long as OpenAI keeps them */
#define PAGE_MOST 100u
#define PAGE 20u

struct sl_objects *sl_stored_open(void)
{
    return sl_objects_memory(BYTES, ENTRIES);
}

/* Callers with rights of their own never see each other's. */
static sluice_span owner_of(const struct sl_call *c)
{
    return c->who->team_id.len ? c->who->team_id : c->who->user_id;
}

static struct sl_object *get(const struct sl_call *c, sluice_span id)
{
    struct sl_objects *o = c->worker->owner->objects;

    return o ? o->cls->get(o, owner_of(c), id, sl_now_ms()) : NULL;
}

static bool wants_keeping(const struct sl_call *c)
{
    return c->operation->issues && c->worker->owner->objects &&
           sl_json_type(sl_call_member(c, SL_SPAN("store"))) != SL_JSON_FALSE;
}

/* ---- answers about what is kept ---- */

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

static sluice_span id_of(sluice_span item)
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
    sl_json_inside_str(&o, n ? id_of(items[0]) : SL_SPAN(""));
    sl_json_key(&o, "last_id");
    sl_json_inside_str(&o, n ? id_of(items[n - 1]) : SL_SPAN(""));
    sl_json_kv_bool(&o, "has_more", more);
    sl_json_close(&o, '}');
}

/* A page of the items: the newest first unless asked otherwise. */
static enum sl_verdict answer_items(struct sl_call *c, sluice_span list)
{
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
        if (sl_span_eq(id_of(items[i]), after))
            from = i + 1;
    sl_buf_init(&b, BYTES);
    write_page(&b, items + from, n - from < most ? n - from : most, n - from > most);
    return answer(c, &b);
}

static enum sl_verdict answer_deleted(struct sl_call *c, sluice_span id)
{
    struct sl_objects *o = c->worker->owner->objects;
    struct sl_json_out out;
    struct sl_buf b;

    o->cls->remove(o, owner_of(c), id);
    sl_buf_init(&b, BYTES);
    out = sl_json_out(&b);
    sl_json_open(&out, '{');
    sl_json_kv_str(&out, "id", id);
    sl_json_kv_str(&out, "object", SL_SPAN("response"));
    sl_json_kv_bool(&out, "deleted", true);
    sl_json_close(&out, '}');
    return answer(c, &b);
}

static enum sl_verdict answer_kept(struct sl_call *c, sluice_span id)
{
    const char *name = c->operation->name;
    sluice_span kept = c->history->text;
    struct sl_buf b;

    if (strcmp(name, "responses.input_items") == 0)
        return answer_items(c, sl_json_member(kept, SL_SPAN("items")));
    if (strcmp(name, "responses.delete") == 0)
        return answer_deleted(c, id);
    if (strcmp(name, "responses.cancel") == 0)
        return sl_call_refuse(
            c, sl_fail(&c->error, SLUICE_E_INVALID, "Cannot cancel a synchronous response."));
    sl_buf_init(&b, BYTES);
    sl_buf_add(&b, sl_json_member(kept, SL_SPAN("response")));
    return answer(c, &b);
}

/* ---- finding ---- */

enum sl_verdict sl_stored_find(struct sl_call *c)
{
    sluice_span id = param(c, "response_id");

    if (c->pinned) /* the vendor has it */
        return SL_NEXT;
    if (c->operation->issues) {
        if (sl_json_string(sl_call_member(c, SL_SPAN("previous_response_id")), &c->arena, &id))
            c->history = get(c, id);
        return SL_NEXT;
    }
    if (c->operation->dialect != &sl_dialect_responses_kept || !id.len)
        return SL_NEXT;
    c->history = get(c, id);
    if (c->history)
        return answer_kept(c, id);
    sl_fail_param(&c->error, SLUICE_E_NOT_FOUND, "not_found", "response_id",
                  "Response with id '%.*s' not found.", SL_FMT(sl_span_head(id, 100)));
    return sl_call_refuse(c, SLUICE_E_NOT_FOUND);
}

sluice_span sl_stored_history(const struct sl_call *c)
{
    return c->history ? sl_json_member(c->history->text, SL_SPAN("conversation"))
                      : sl_span(NULL, 0);
}

/* ---- keeping ---- */

sluice_status sl_stored_note(struct sl_call *c)
{
    if (!wants_keeping(c) || c->input.ptr)
        return SLUICE_OK;
    c->input = sl_arena_dup(&c->arena, sl_call_member(c, SL_SPAN("input")));
    return c->input.ptr ? SLUICE_OK : SLUICE_E_NOMEM;
}

/* The elements of a JSON list, without its brackets. */
static void add_elements(struct sl_json_out *o, sluice_span list)
{
    sluice_span inside;

    if (sl_json_type(list) != SL_JSON_ARRAY)
        return;
    inside = sl_span_trim(sl_span(list.ptr + 1, list.len - 2));
    if (inside.len)
        sl_json_raw(o, inside);
}

/* Items of the request get ids, as a list of them needs. */
static void add_input(struct sl_call *c, struct sl_json_out *o)
{
    struct sl_json_iter it = { 0 };
    sluice_span name, item;
    sluice_span own = sl_span_from(c->out.encoder.id, 5); /* behind "resp_" */
    unsigned n = 0;

    if (sl_json_type(c->input) == SL_JSON_STRING) {
        sl_json_raw(o, SL_SPAN("{\"id\":\"msg_"));
        sl_buf_add(o->buf, own);
        sl_buf_add(o->buf,
                   SL_SPAN("\",\"type\":\"message\",\"role\":\"user\",\"status\":\"completed\","
                           "\"content\":[{\"type\":\"input_text\",\"text\":"));
        sl_buf_add(o->buf, c->input);
        sl_buf_add(o->buf, SL_SPAN("}]}"));
        return;
    }
    while (sl_json_type(c->input) == SL_JSON_ARRAY && sl_json_next(&it, c->input, &name, &item)) {
        sluice_span inside = sl_json_type(item) == SL_JSON_OBJECT
                                 ? sl_span_trim(sl_span(item.ptr + 1, item.len - 2))
                                 : SL_SPAN("");

        if (id_of(item).len || !inside.len) {
            sl_json_raw(o, item);
            continue;
        }
        sl_json_open(o, '{');
        sl_json_raw(o, SL_SPAN("\"id\":\"msg_"));
        sl_buf_add(o->buf, own);
        sl_buf_add_u64(o->buf, n++);
        sl_buf_add_char(o->buf, '"');
        sl_json_raw(o, inside);
        sl_json_close(o, '}');
    }
}

static void write_kept(struct sl_call *c, struct sl_buf *b, sluice_span response)
{
    sluice_span history = sl_stored_history(c);
    struct sl_json_out o = sl_json_out(b);

    sl_json_open(&o, '{');
    sl_json_key(&o, "items");
    sl_json_open(&o, '[');
    add_elements(&o, history);
    add_input(c, &o);
    sl_json_close(&o, ']');
    sl_json_key(&o, "conversation");
    sl_json_open(&o, '[');
    add_elements(&o, history);
    add_input(c, &o);
    add_elements(&o, sl_json_member(response, SL_SPAN("output")));
    sl_json_close(&o, ']');
    sl_json_kv_raw(&o, "response", response);
    sl_json_close(&o, '}');
}

void sl_stored_put(struct sl_attempt *a)
{
    struct sl_call *c = a->call;
    struct sl_objects *o = c->worker->owner->objects;
    struct sl_buf response, kept;
    sluice_status st;

    if (!c->input.ptr) /* nothing was noted: it is not to be kept. The body has gone */
        return;
    sl_buf_init(&response, BYTES);
    sl_buf_init(&kept, BYTES);
    st = c->dialect->whole(&c->out.encoder, &a->usage, &response);
    if (st >= 0)
        write_kept(c, &kept, sl_buf_span(&response));
    if (st >= 0 && sl_buf_ok(&kept))
        st = o->cls->put(o, owner_of(c), c->out.encoder.id, sl_buf_span(&kept), sl_now_ms(),
                         DAYS_30_MS);
    if (st < 0 || !sl_buf_ok(&kept))
        sl_log(&c->worker->owner->log, SL_WARN, "a response is too large to be kept");
    sl_buf_finish(&response);
    sl_buf_finish(&kept);
}

void sl_stored_release(struct sl_call *c)
{
    sl_object_drop(c->history);
    c->history = NULL;
}
