/* SPDX-License-Identifier: Apache-2.0 */
/*
 * merge.c - merge_reasoning_content_in_choices: clients that know no reasoning_content find the
 * thoughts of a stream in the content, between <think> and </think>.
 */
#include "call/attempt/attempt.h"

#include "call/answer/outlet.h"

bool sl_merge_wanted(const struct sl_attempt *a)
{
    const struct sl_call *c = a->call;

    return a->pick.deployment->settings->merge_reasoning && c->stream &&
           c->dialect == &sl_dialect_openai_chat;
}

static sluice_status put_text(struct sl_attempt *a, const sluice_delta *like, sluice_span text)
{
    sluice_delta d = *like;

    d.kind = SLUICE_DELTA_TEXT;
    d.text = text;
    d.extra = sl_span(NULL, 0);
    return sl_out_put_delta(a, &d);
}

sluice_status sl_merge_delta(struct sl_attempt *a, const sluice_delta *d)
{
    uint64_t bit = d->choice < 64 ? (uint64_t)1 << d->choice : 0;
    uint64_t *thinking = &a->call->out.thinking;
    sluice_status st = SLUICE_OK;

    switch (d->kind) {
    case SLUICE_DELTA_START:
        return sl_out_put_delta(a, d);
    case SLUICE_DELTA_SIGNATURE: /* has no place in text */
        return SLUICE_OK;
    case SLUICE_DELTA_REASONING:
        if (!(*thinking & bit))
            st = put_text(a, d, SL_SPAN("<think>"));
        *thinking |= bit;
        return st < 0 ? st : put_text(a, d, d->text);
    default:
        if (*thinking & bit)
            st = put_text(a, d, SL_SPAN("</think>"));
        *thinking &= ~bit;
        return st < 0 ? st : sl_out_put_delta(a, d);
    }
}
