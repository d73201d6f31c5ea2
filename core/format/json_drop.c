/* SPDX-License-Identifier: Apache-2.0 */
/* json_drop.c - see json_drop.h. What stays is copied as it was written. */
#include "format/json_drop.h"

#include "base/buf.h"

#define STEPS 16 /* of a path */

struct dropper {
    struct sl_buf *out;
    bool found;
};

sluice_span sl_json_drop_name(sluice_span path, sluice_span *rest)
{
    size_t n = 0;

    while (n < path.len && path.ptr[n] != '.' && path.ptr[n] != '[')
        n++;
    *rest = sl_span_from(path, n);
    return sl_span_head(path, n);
}

static void write(struct dropper *d, sluice_span value, sluice_span path, int steps);

static void write_object(struct dropper *d, sluice_span value, sluice_span path, int steps)
{
    sluice_span rest, wanted = sl_json_drop_name(sl_span_from(path, 1), &rest), name, member;
    struct sl_json_iter it = { 0 };
    bool any = false;

    sl_buf_add_char(d->out, '{');
    while (sl_json_next(&it, value, &name, &member)) {
        bool is_it = sl_span_eq(name, wanted);

        if (is_it && !rest.len) {
            d->found = true;
            continue;
        }
        sl_buf_add(d->out, any ? SL_SPAN(",\"") : SL_SPAN("\""));
        sl_buf_add(d->out, name);
        sl_buf_add(d->out, SL_SPAN("\":"));
        if (is_it)
            write(d, member, rest, steps - 1);
        else
            sl_buf_add(d->out, member);
        any = true;
    }
    sl_buf_add_char(d->out, '}');
}

static void write_array(struct dropper *d, sluice_span value, sluice_span path, int steps)
{
    size_t close = sl_span_find_char(path, ']');
    sluice_span which = sl_span_head(sl_span_from(path, 1), close - 1), name, item;
    sluice_span rest = sl_span_from(path, close + 1);
    bool all = sl_span_eq(which, SL_SPAN("*")), any = false;
    struct sl_json_iter it = { 0 };
    uint64_t wanted = 0, i = 0;

    if (!all && !sl_span_u64(which, UINT32_MAX, &wanted)) {
        sl_buf_add(d->out, value);
        return;
    }
    sl_buf_add_char(d->out, '[');
    for (; sl_json_next(&it, value, &name, &item); i++) {
        bool is_it = all || i == wanted;

        if (is_it && !rest.len) {
            d->found = true;
            continue;
        }
        if (any)
            sl_buf_add_char(d->out, ',');
        if (is_it)
            write(d, item, rest, steps - 1);
        else
            sl_buf_add(d->out, item);
        any = true;
    }
    sl_buf_add_char(d->out, ']');
}

static void write(struct dropper *d, sluice_span value, sluice_span path, int steps)
{
    if (steps > 0 && path.len > 1 && path.ptr[0] == '.' && sl_json_type(value) == SL_JSON_OBJECT)
        write_object(d, value, path, steps);
    else if (steps > 0 && path.len > 2 && path.ptr[0] == '[' &&
             sl_span_find_char(path, ']') < path.len && sl_json_type(value) == SL_JSON_ARRAY)
        write_array(d, value, path, steps);
    else
        sl_buf_add(d->out, value);
}

sluice_status sl_json_drop(sluice_span value, sluice_span rest, struct sluice_arena *arena,
                           sluice_span *out)
{
    struct sl_buf b;
    struct dropper d = { &b, false };

    sl_buf_init(&b, value.len + 64);
    write(&d, value, rest, STEPS);
    *out = sl_buf_ok(&b) ? sl_arena_dup(arena, sl_buf_span(&b)) : sl_span(NULL, 0);
    sl_buf_finish(&b);
    if (!out->ptr)
        return SLUICE_E_NOMEM;
    return d.found ? SLUICE_OK : SLUICE_E_NOT_FOUND;
}
