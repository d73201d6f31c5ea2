/* SPDX-License-Identifier: Apache-2.0 */
/* stored_text.c - what is kept of a response:
 * {"items":[...],"conversation":[...],"response":{...}}, the items that led to it, those with its
 * own, and itself. */
#include "call/stored/stored.h"

#include "format/json_write.h"

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

/* Items of a request. ids: what theirs are made of, as a list of them needs; empty = none. */
static void add_input(struct sl_json_out *o, sluice_span input, sluice_span ids)
{
    struct sl_json_iter it = { 0 };
    sluice_span name, item;
    unsigned n = 0;

    if (sl_json_type(input) == SL_JSON_STRING) {
        sl_json_open(o, '{');
        if (ids.len) {
            sl_json_raw(o, SL_SPAN("\"id\":\"msg_"));
            sl_buf_add(o->buf, ids);
            sl_buf_add(o->buf, SL_SPAN("\",\"status\":\"completed\""));
        }
        sl_json_raw(o, SL_SPAN("\"type\":\"message\",\"role\":\"user\",\"content\":"
                               "[{\"type\":\"input_text\",\"text\":"));
        sl_buf_add(o->buf, input);
        sl_buf_add(o->buf, SL_SPAN("}]"));
        sl_json_close(o, '}');
        return;
    }
    while (sl_json_type(input) == SL_JSON_ARRAY && sl_json_next(&it, input, &name, &item)) {
        sluice_span inside = sl_json_type(item) == SL_JSON_OBJECT
                                 ? sl_span_trim(sl_span(item.ptr + 1, item.len - 2))
                                 : SL_SPAN("");

        if (!ids.len || sl_stored_item_id(item).len || !inside.len) {
            sl_json_raw(o, item);
            continue;
        }
        sl_json_open(o, '{');
        sl_json_raw(o, SL_SPAN("\"id\":\"msg_"));
        sl_buf_add(o->buf, ids);
        sl_buf_add_u64(o->buf, n++);
        sl_buf_add_char(o->buf, '"');
        sl_json_raw(o, inside);
        sl_json_close(o, '}');
    }
}

void sl_stored_write(const struct sl_call *c, struct sl_buf *b, sluice_span response)
{
    sluice_span history = sl_stored_history(c);
    sluice_span ids = sl_span_from(c->out.encoder.id, 5); /* behind "resp_" */
    struct sl_json_out o = sl_json_out(b);

    sl_json_open(&o, '{');
    sl_json_key(&o, "items");
    sl_json_open(&o, '[');
    add_elements(&o, history);
    add_input(&o, c->input, ids);
    sl_json_close(&o, ']');
    sl_json_key(&o, "conversation");
    sl_json_open(&o, '[');
    add_elements(&o, history);
    add_input(&o, c->input, ids);
    add_elements(&o, sl_json_member(response, SL_SPAN("output")));
    sl_json_close(&o, ']');
    sl_json_kv_raw(&o, "response", response);
    sl_json_close(&o, '}');
}

void sl_stored_write_conversation(const struct sl_call *c, struct sl_buf *b, sluice_span output,
                                  bool relayed)
{
    struct sl_json_out o = sl_json_out(b);

    sl_json_open(&o, '{');
    sl_json_key(&o, "conversation");
    sl_json_open(&o, '[');
    add_elements(&o, sl_stored_history(c));
    add_input(&o, c->input, SL_SPAN(""));
    add_elements(&o, output);
    sl_json_close(&o, ']');
    sl_json_kv_bool(&o, "relayed", relayed);
    sl_json_close(&o, '}');
}

void sl_stored_write_input(const struct sl_call *c, struct sl_buf *b)
{
    struct sl_json_out o = sl_json_out(b);

    sl_json_open(&o, '[');
    add_elements(&o, sl_stored_history(c));
    add_input(&o, sl_call_member(c, SL_SPAN("input")), SL_SPAN(""));
    sl_json_close(&o, ']');
}
