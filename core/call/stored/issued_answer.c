/* SPDX-License-Identifier: Apache-2.0 */
/* issued_answer.c - an answer about files or batches: the ids in it, at the top and in the entries
 * of a list, become ours. */
#include "call/stored/account_of.h"
#include "call/stored/stored.h"

#include "base/buf.h"
#include "call/stored/issued.h"
#include "format/json_scan.h"

static bool is_id(sluice_span name)
{
    static const sluice_span names[] = { { "id", 2 },
                                         { "first_id", 8 },
                                         { "last_id", 7 },
                                         { "input_file_id", 13 },
                                         { "output_file_id", 14 },
                                         { "error_file_id", 13 } };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (sl_span_eq(name, names[i]))
            return true;
    return false;
}

struct issue {
    const struct sl_call *call;
    const struct sl_deployment *deployment;
    struct sluice_arena *arena;
    struct sl_buf *out;
    const char *at; /* of the text; what is before was taken over */
    bool failed;
};

static void one(struct issue *x, sluice_span value)
{
    sluice_span inside, id;

    if (!sl_json_raw_string(value, &inside) || !inside.len || memchr(inside.ptr, '\\', inside.len))
        return;
    id = sl_issued_make(x->call->hold->snapshot, x->deployment, sl_stored_owner(x->call), inside,
                        x->arena);
    x->failed = x->failed || !id.ptr;
    sl_buf_add(x->out, sl_span(x->at, (size_t)(inside.ptr - x->at)));
    sl_buf_add(x->out, id);
    x->at = inside.ptr + inside.len;
}

static void object(struct issue *x, sluice_span text, bool top)
{
    struct sl_json_iter it = { 0 }, items;
    sluice_span name, value, none, item;

    while (sl_json_next(&it, text, &name, &value)) {
        if (is_id(name))
            one(x, value);
        if (!top || !sl_span_eq(name, SL_SPAN("data")) || sl_json_type(value) != SL_JSON_ARRAY)
            continue;
        items = (struct sl_json_iter){ 0 };
        while (sl_json_next(&items, value, &none, &item))
            if (sl_json_type(item) == SL_JSON_OBJECT)
                object(x, item, false);
    }
}

sluice_status sl_account_issue(const struct sl_call *c, const struct sl_deployment *d,
                               sluice_span text, struct sluice_arena *arena, sluice_span *out)
{
    struct sl_buf b;
    struct issue x = { c, d, arena, &b, text.ptr, false };

    *out = text;
    if (c->operation->model != SL_MODEL_NONE)
        return SLUICE_OK;
    sl_buf_init(&b, text.len * 3 + 1024);
    object(&x, text, true);
    sl_buf_add(&b, sl_span(x.at, (size_t)(text.ptr + text.len - x.at)));
    *out = sl_buf_ok(&b) && !x.failed ? sl_arena_dup(arena, sl_buf_span(&b)) : sl_span(NULL, 0);
    sl_buf_finish(&b);
    return out->ptr ? SLUICE_OK : SLUICE_E_NOMEM;
}
