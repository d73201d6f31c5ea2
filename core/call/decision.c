/* SPDX-License-Identifier: Apache-2.0 */
/* decision.c - see decision.h. */
#include "call/decision.h"

#include "base/status.h"
#include "call/attempt.h"

const char *sl_why_name(unsigned why)
{
    static const char *const names[] = {
        [SL_WHY_ASKED] = "asked",
        [SL_WHY_REQUEST] = "fallback_of_request",
        [SL_WHY_GENERAL] = "fallback",
        [SL_WHY_CONTEXT] = "context_window_fallback",
        [SL_WHY_POLICY] = "content_policy_fallback",
    };

    return why < sizeof names / sizeof *names ? names[why] : "unknown";
}

bool sl_decision_wanted(const struct sl_call *c)
{
    return c->hold->snapshot->n_loggers > 0;
}

void sl_decision_note(struct sl_decision *d, const struct sl_group *group, const char *strategy,
                      const uint8_t *why)
{
    *d = (struct sl_decision){ .group = group, .strategy = strategy };
    for (size_t i = 0; i < group->n; i++)
        if (d->left_out[why[i]] < UINT16_MAX)
            d->left_out[why[i]]++;
}

static void write_seen(struct sl_json_out *o, const struct sl_decision *d)
{
    sl_json_kv_str(o, "group", d->group->name);
    sl_json_kv_str(o, "strategy", sl_span_str(d->strategy));
    sl_json_kv_i64(o, "candidates", (int64_t)d->group->n);
    if (d->left_out[SL_FITS] == d->group->n)
        return;
    sl_json_key(o, "left_out");
    sl_json_open(o, '{');
    for (unsigned i = SL_FITS + 1; i < SL_REASONS; i++)
        if (d->left_out[i])
            sl_json_kv_i64(o, sl_reason_name(i), d->left_out[i]);
    sl_json_close(o, '}');
}

void sl_decision_write_try(struct sl_json_out *o, const struct sl_attempt *a)
{
    sl_json_open(o, '{');
    if (a->leg)
        sl_json_kv_str(o, "why", sl_span_str(sl_why_name(a->leg->why)));
    if (a->seen.group)
        write_seen(o, &a->seen);
    sl_json_kv_str(o, "pick", a->pick.deployment->settings->id);
    if (a->pick.sticky)
        sl_json_kv_bool(o, "sticky", true);
    if (a->replayed)
        sl_json_kv_bool(o, "cached", true);
    sl_json_kv_str(o, "status",
                   a->status < 0 ? sl_span_str(sl_status_info(a->status)->name) : SL_SPAN("ok"));
    sl_json_close(o, '}');
}

void sl_decision_write(struct sl_buf *b, const struct sl_call *c)
{
    struct sl_json_out o = sl_json_out(b);

    sl_json_open(&o, '{');
    sl_json_key(&o, "tries");
    sl_json_open(&o, '[');
    sl_list_each(node, &c->attempts)
        sl_decision_write_try(&o, SL_CONTAINER(node, struct sl_attempt, node));
    sl_json_close(&o, ']');
    if (c->seen.group && c->seen.left_out[SL_FITS] == 0) { /* the last choice found nobody */
        sl_json_key(&o, "nobody");
        sl_json_open(&o, '{');
        write_seen(&o, &c->seen);
        sl_json_close(&o, '}');
    }
    if (c->plan.n_fallbacks)
        sl_json_kv_i64(&o, "fallbacks", c->plan.n_fallbacks);
    sl_json_close(&o, '}');
}
