/* SPDX-License-Identifier: Apache-2.0 */
/* decision.c - see decision.h. */
#include "call/choice/decision.h"

#include "base/status.h"
#include "call/attempt/attempt.h"
#include "format/json_put.h"

#define FIXED 256 /* names and punctuation of a try, or of a call */
#define REASON 48 /* a reason and how many there were */

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

static size_t room_for_seen(const struct sl_decision *d)
{
    return d->group ? SL_PUT_STRING(d->group->name.len + strlen(d->strategy)) + SL_REASONS * REASON
                    : 0;
}

static void put_seen(struct sl_put *o, const struct sl_decision *d)
{
    char *begin;

    sl_put_name(o, "group");
    sl_put_string(o, d->group->name);
    sl_put_name(o, "strategy");
    sl_put_string(o, sl_span_str(d->strategy));
    sl_put_name(o, "candidates");
    sl_put_decimal(o, (int64_t)d->group->n, 0);
    if (d->left_out[SL_FITS] == d->group->n)
        return;
    sl_put_name(o, "left_out");
    begin = o->p;
    for (unsigned i = SL_FITS + 1; i < SL_REASONS; i++) {
        const char *name = sl_reason_name(i);

        if (!d->left_out[i])
            continue;
        sl_put_word(o, ",\"");
        sl_put_bytes(o, name, strlen(name));
        sl_put_word(o, "\":");
        sl_put_decimal(o, d->left_out[i], 0);
    }
    sl_put_close(o, begin);
}

void sl_decision_write_try(struct sl_buf *b, const struct sl_attempt *a)
{
    const sluice_span pick = a->pick.deployment->settings->id;
    struct sl_put o;
    char *begin;

    if (!sl_put_begin(&o, b, FIXED + SL_PUT_STRING(pick.len) + room_for_seen(&a->seen)))
        return;
    begin = o.p;
    if (a->leg) {
        sl_put_name(&o, "why");
        sl_put_string(&o, sl_span_str(sl_why_name(a->leg->why)));
    }
    if (a->seen.group)
        put_seen(&o, &a->seen);
    sl_put_name(&o, "pick");
    sl_put_string(&o, pick);
    if (a->pick.sticky)
        sl_put_word(&o, ",\"sticky\":true");
    if (a->replayed)
        sl_put_word(&o, ",\"cached\":true");
    sl_put_name(&o, "status");
    sl_put_string(&o, a->status < 0 ? sl_span_str(sl_status_info(a->status)->name) : SL_SPAN("ok"));
    sl_put_close(&o, begin);
    sl_put_end(&o);
}

void sl_decision_write(struct sl_buf *b, const struct sl_call *c)
{
    struct sl_put o;
    char *begin;

    sl_buf_add(b, SL_SPAN("{\"tries\":["));
    sl_list_each(node, &c->attempts)
    {
        if (node != c->attempts.next)
            sl_buf_add_char(b, ',');
        sl_decision_write_try(b, SL_CONTAINER(node, struct sl_attempt, node));
    }
    if (!sl_put_begin(&o, b, FIXED + room_for_seen(&c->seen)))
        return;
    sl_put_word(&o, "]");
    if (c->seen.group && c->seen.left_out[SL_FITS] == 0) { /* the last choice found nobody */
        sl_put_name(&o, "nobody");
        begin = o.p;
        put_seen(&o, &c->seen);
        sl_put_close(&o, begin);
    }
    if (c->plan.n_fallbacks) {
        sl_put_name(&o, "fallbacks");
        sl_put_decimal(&o, c->plan.n_fallbacks, 0);
    }
    sl_put_word(&o, "}");
    sl_put_end(&o);
}
