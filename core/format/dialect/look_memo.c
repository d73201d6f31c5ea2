/* SPDX-License-Identifier: Apache-2.0 */
/* look_memo.c - see look_memo.h. */
#include "format/dialect/look_memo.h"

void sl_look_memo_init(struct sl_look_memo *m)
{
    *m = (struct sl_look_memo){ .n_fields = 0 };
    sl_json_shape_init(&m->shape);
}

void sl_look_memo_finish(struct sl_look_memo *m)
{
    sl_json_shape_finish(&m->shape);
}

enum sl_look_kind sl_look_kind(const struct sl_event_view *view)
{
    switch (view->cls) {
    case SL_EVENT_CONTENT: /* where the look says which string it is; else strings may say more */
        return view->content.ptr ? SL_LOOK_CONTENT : SL_LOOK_KINDS;
    case SL_EVENT_PREAMBLE:
        return SL_LOOK_PREAMBLE;
    case SL_EVENT_FINISH:
        return SL_LOOK_FINISH;
    case SL_EVENT_USAGE:
        return SL_LOOK_USAGE;
    default:
        return SL_LOOK_KINDS;
    }
}

static sluice_span found(const struct sl_look_memo *m, const struct sl_json_fit *fit,
                         struct sl_json_place place)
{
    return place.at ? sl_json_shape_at(&m->shape, fit, place) : sl_span(NULL, 0);
}

bool sl_look_memo_find(const struct sl_look_memo *m, sluice_span text, struct sl_event_view *view,
                       struct sl_usage *usage)
{
    struct sl_usage_field fields[SL_USAGE_FIELDS];
    struct sl_json_fit fit;

    if (!sl_json_shape_fits(&m->shape, text, &fit))
        return false;
    *view = (struct sl_event_view){
        .cls = m->cls,
        .id = found(m, &fit, m->id),
        .model = found(m, &fit, m->model),
        .has_usage = m->has_usage,
        .usage_null = m->usage_null,
        .usage_only = m->usage_only,
    };
    for (size_t i = 0; i < m->n_fields; i++)
        fields[i] =
            (struct sl_usage_field){ m->fields[i].kind, found(m, &fit, m->fields[i].place) };
    if (m->has_usage)
        sl_usage_apply(usage, fields, m->n_fields);
    return true;
}

/* A value that is absent, or no string or number, has no place: where it is null it stays null. */
static struct sl_json_place place_in(sluice_span text, sluice_span value)
{
    if (!value.ptr || value.ptr < text.ptr || value.ptr + value.len > text.ptr + text.len)
        return (struct sl_json_place){ 0, 0 };
    return (struct sl_json_place){ (uint16_t)(value.ptr - text.ptr), (uint16_t)value.len };
}

void sl_look_memo_keep(struct sl_look_memo *m, sluice_span text, const struct sl_event_view *view)
{
    struct sl_usage_field fields[SL_USAGE_FIELDS];
    size_t n = 0;

    if (view->cls == SL_EVENT_TOOL || view->cls >= SL_EVENT_ERROR || view->error.ptr ||
        (view->has_usage && !view->usage.ptr) || !sl_json_shape_learn(&m->shape, text))
        return;
    m->cls = view->cls;
    m->has_usage = view->has_usage;
    m->usage_null = view->usage_null;
    m->usage_only = view->usage_only;
    m->id = place_in(text, view->id);
    m->model = place_in(text, view->model);
    if (view->has_usage)
        n = sl_usage_fields(view->usage, fields);
    m->n_fields = (uint8_t)n;
    for (size_t i = 0; i < n; i++) {
        m->fields[i].kind = (uint16_t)fields[i].kind;
        m->fields[i].place = place_in(text, fields[i].value);
    }
}
