/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pass_scan.c - how much an answer says was used, read while it passes by unchanged: events one by
 * one, a JSON answer at its end as far as it is not longer than anybody's answer.
 */
#include "call/steps/pass.h"

#include "format/usage/usage_any.h"

#define WHOLE_MOST (8u << 20)

static void note(struct sl_attempt *a, sluice_span text)
{
    if (sl_span_find(text, SL_SPAN("sage")) == text.len &&
        sl_span_find(text, SL_SPAN("tokens")) == text.len &&
        sl_span_find(text, SL_SPAN("eval_count")) == text.len)
        return;
    sl_usage_any(&a->usage, text);
}

static bool is_events(const struct sl_attempt *a)
{
    return sl_span_starts(a->in.content_type, SL_SPAN("text/event-stream"));
}

void sl_pass_scan(struct sl_attempt *a, sluice_span bytes)
{
    struct sl_sse_event event;

    if (!a->call->pass)
        return;
    if (!is_events(a)) {
        if (sl_span_find(a->in.content_type, SL_SPAN("json")) < a->in.content_type.len &&
            a->in.whole.len + bytes.len <= WHOLE_MOST)
            sl_buf_add(&a->in.whole, bytes);
        return;
    }
    while (sl_sse_next(&a->in.sse, &bytes, &event, NULL) == SLUICE_OK)
        note(a, event.data);
}

void sl_pass_scan_end(struct sl_attempt *a)
{
    const struct sl_pass_settings *e = a->call->pass ? a->call->pass->endpoint : NULL;
    struct sl_sse_event event;
    sluice_span rest = sl_buf_span(&a->in.whole);

    if (!a->call->pass)
        return;
    if (is_events(a) && sl_sse_end(&a->in.sse, &event) == SLUICE_OK)
        note(a, event.data);
    if (sl_json_validate(rest, NULL) == SLUICE_OK) {
        note(a, rest);
    } else {
        while (rest.len) { /* a line each, as some stream */
            size_t line = sl_span_find_char(rest, '\n');

            note(a, sl_span_trim(sl_span_head(rest, line)));
            rest = sl_span_from(rest, line + 1);
        }
    }
    if (e && e->cost_nano_usd > 0)
        sl_usage_set(&a->usage, SLUICE_USE_COST_NANO_USD, e->cost_nano_usd);
}
