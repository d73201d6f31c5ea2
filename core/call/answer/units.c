/* SPDX-License-Identifier: Apache-2.0 */
/* units.c - see units.h. */
#include "call/answer/units.h"

static bool is_of(const struct sl_attempt *a, sluice_span family)
{
    return sl_span_starts(sl_span_str(a->call->operation->name), family);
}

static void note(struct sl_attempt *a, uint32_t kind, int64_t n)
{
    if (!sl_usage_has(&a->usage, kind))
        sl_usage_set(&a->usage, kind, n);
}

static int64_t items_of(sluice_span list)
{
    struct sl_json_iter it = { 0 };
    sluice_span name, item;
    int64_t n = 0;

    while (sl_json_type(list) == SL_JSON_ARRAY && sl_json_next(&it, list, &name, &item))
        n++;
    return n;
}

void sl_units_of_answer(struct sl_attempt *a, sluice_span text)
{
    double seconds;

    if (is_of(a, SL_SPAN("images."))) {
        sluice_span made = sl_json_member(text, SL_SPAN("data"));

        if (made.ptr)
            note(a, SLUICE_USE_IMAGES, items_of(made));
    } else if (is_of(a, SL_SPAN("audio.trans"))) {
        if ((sl_json_f64(sl_json_find(text, "usage.seconds"), &seconds) ||
             sl_json_f64(sl_json_member(text, SL_SPAN("duration")), &seconds)) &&
            seconds >= 0 && seconds < 1e9)
            note(a, SLUICE_USE_MILLISECONDS, (int64_t)(seconds * 1000 + 0.5));
    }
}

void sl_units_of_request(struct sl_attempt *a)
{
    sluice_span text;
    int64_t n = 0;

    if (!is_of(a, SL_SPAN("audio.speech")) ||
        !sl_json_string(sl_call_member(a->call, SL_SPAN("input")), &a->scratch, &text))
        return;
    for (size_t i = 0; i < text.len; i++)
        n += ((unsigned char)text.ptr[i] & 0xc0) != 0x80; /* the first byte of each */
    note(a, SLUICE_USE_CHARACTERS, n);
}
