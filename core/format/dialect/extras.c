/* SPDX-License-Identifier: Apache-2.0 */
/* extras.c - see extras.h. */
#include "format/dialect/extras.h"

sluice_status sl_extras_object(sluice_span members, struct sluice_arena *arena, sluice_span *object)
{
    struct sl_json_error why;

    *object = sl_arena_printf(arena, "{%.*s}", SL_FMT(members));
    if (!object->ptr)
        return SLUICE_E_NOMEM;
    return sl_json_validate(*object, &why) < 0 ? SLUICE_E_UPSTREAM : SLUICE_OK;
}

bool sl_extras_join(struct sl_buf *elements, sluice_span list)
{
    sluice_span inside = sl_span_trim(sl_span(list.ptr + 1, list.len - 2));

    if (!inside.len)
        return true;
    if (elements->len)
        sl_buf_add_char(elements, ',');
    sl_buf_add(elements, inside);
    return sl_buf_ok(elements);
}

static void put(struct sl_buf *members, sluice_span name, sluice_span value)
{
    if (members->len)
        sl_buf_add_char(members, ',');
    sl_buf_add_char(members, '"');
    sl_buf_add(members, name);
    sl_buf_add(members, SL_SPAN("\":"));
    sl_buf_add(members, value);
}

bool sl_extras_set(struct sl_buf *members, sluice_span name, sluice_span value)
{
    struct sl_json_iter it = { 0 };
    sluice_span old_name, old_value;
    struct sl_buf old;
    bool ok;

    sl_buf_init(&old, members->cap + 2);
    sl_buf_add_char(&old, '{');
    sl_buf_add(&old, sl_buf_span(members));
    sl_buf_add_char(&old, '}');
    ok = sl_buf_ok(&old);
    if (ok) {
        sl_buf_reset(members);
        while (sl_json_next(&it, sl_buf_span(&old), &old_name, &old_value))
            if (!sl_span_eq(old_name, name))
                put(members, old_name, old_value);
        put(members, name, value);
    }
    sl_buf_finish(&old);
    return ok && sl_buf_ok(members);
}
