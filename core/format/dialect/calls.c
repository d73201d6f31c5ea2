/* SPDX-License-Identifier: Apache-2.0 */
/* calls.c - see calls.h. */
#include "format/dialect/calls.h"

#include "format/dialect/pivot.h"

#define CALLS_MOST 1024 /* of one conversation */

bool sl_calls_init(struct sl_calls *l, struct sluice_arena *arena)
{
    l->n = 0;
    l->at = sl_alloc(arena, CALLS_MOST * sizeof *l->at);
    return l->at != NULL;
}

const struct sl_called *sl_calls_add(struct sl_calls *l, sluice_span name, sluice_span id)
{
    if (l->n == CALLS_MOST)
        return NULL;
    l->at[l->n] = (struct sl_called){ name, id.len ? id : sl_span(NULL, 0), false };
    return &l->at[l->n++];
}

const struct sl_called *sl_calls_answer(struct sl_calls *l, sluice_span name, sluice_span id)
{
    for (size_t i = 0; i < l->n; i++) {
        struct sl_called *c = &l->at[i];
        bool same =
            id.len && c->id.ptr ? sl_span_eq(c->id, id) : !name.len || sl_span_eq(c->name, name);

        if (same && !c->answered) {
            c->answered = true;
            return c;
        }
    }
    return NULL;
}

void sl_calls_id(const struct sl_calls *l, const struct sl_called *c, struct sl_json_out *o)
{
    if (c->id.ptr) {
        sl_json_inside_str(o, c->id);
        return;
    }
    sl_json_raw(o, SL_SPAN("\"call_"));
    sl_buf_add_u64(o->buf, (uint64_t)(c - l->at));
    sl_buf_add_char(o->buf, '"');
}

void sl_calls_open(const struct sl_calls *l, const struct sl_called *c, sluice_span arguments,
                   struct sl_json_out *o)
{
    sl_json_open(o, '{');
    sl_json_key(o, "id");
    sl_calls_id(l, c, o);
    sl_json_kv_raw(o, "type", SL_SPAN("\"function\""));
    sl_json_key(o, "function");
    sl_json_open(o, '{');
    sl_json_key(o, "name");
    sl_json_inside_str(o, c->name);
    sl_json_key(o, "arguments");
    sl_pivot_quoted(o, arguments);
    sl_json_close(o, '}');
}
