/* SPDX-License-Identifier: Apache-2.0 */
/* second.c - see second.h. */
#include "call/dispatch/second.h"

#include "base/clock.h"
#include "call/attempt/attempt.h"
#include "route/live.h"

static struct sl_attempt *attempt_at(struct sl_list *node)
{
    return SL_CONTAINER(node, struct sl_attempt, node);
}

/* ---- drafts ---- */

static struct sl_draft *draft_of(struct sl_attempt *a)
{
    if (!a->draft)
        a->draft = sl_alloc0(&a->arena, sizeof *a->draft);
    return a->draft;
}

static void finish_outlet(struct sl_outlet *o)
{
    sl_encoder_finish(&o->encoder);
    sl_outlet_room_finish(&o->room);
    *o = (struct sl_outlet){ 0 };
}

/* An outlet that has brought nothing yet, in the call's place. */
static void blank(struct sl_call *c)
{
    c->out = (struct sl_outlet){ 0 };
    c->response_id = sl_span(NULL, 0);
    sl_outlet_room_init(&c->out.room);
    sl_outlet_init(c);
}

void sl_draft_enter(struct sl_attempt *a)
{
    struct sl_call *c = a->call;

    if (c->drafting == a || c->out.committed)
        return;
    if (c->drafting) {
        c->drafting->draft->out = c->out;
        c->drafting->draft->response_id = c->response_id;
    } else {
        finish_outlet(&c->out);
    }
    c->out = a->draft->out;
    c->response_id = a->draft->response_id;
    a->draft->out = (struct sl_outlet){ 0 };
    c->drafting = a;
    if (!c->out.encoder.dialect)
        blank(c);
}

void sl_draft_drop(struct sl_attempt *a)
{
    struct sl_call *c = a->call;

    finish_outlet(&a->draft->out);
    if (c->drafting == a && !c->out.committed) {
        sl_outlet_reset(c);
        c->drafting = NULL;
    }
}

/* ---- the second attempt ---- */

static struct sl_hedge *hedge_of(const struct sl_call *c)
{
    const struct sl_group *g = c->plan.leg ? c->plan.leg->group : NULL;

    if (!g || !g->live || !sl_hedge_is_on(&g->hedge))
        return NULL;
    return c->stream ? &g->live->streams : &g->live->wholes;
}

bool sl_second_runs(const struct sl_call *c, const struct sl_attempt *but)
{
    sl_list_each(node, &c->attempts)
    {
        const struct sl_attempt *a = SL_CONTAINER(node, struct sl_attempt, node);

        if (a != but && !a->ended)
            return true;
    }
    return false;
}

static void launch(struct sl_timer *t)
{
    struct sl_call *c = SL_CONTAINER(t, struct sl_call, second);
    struct sl_attempt *first = attempt_at(c->attempts.prev), *second;
    struct sl_hedge *hedge = hedge_of(c);
    sluice_error error = c->error;
    uint32_t made = c->n_attempts;
    sluice_status st;

    if (c->finished || c->out.committed || first->ended || first->leg != c->plan.leg ||
        (hedge && !sl_hedge_take(hedge)))
        return;
    if (!draft_of(first))
        return;
    sl_retry_note(c, first->leg, first->pick.deployment);
    st = sl_attempt_second(c, first->pick.second);
    if (c->n_attempts > made) {
        first->leg->n_rotated++; /* it is none of the retries */
        c->n_seconds++;
    }
    if (st < 0) {
        c->error = error; /* there is nobody else, then */
        return;
    }
    second = attempt_at(c->attempts.prev);
    if (!draft_of(second)) {
        sl_attempt_stop(second, SLUICE_E_CANCELLED);
        return;
    }
    if (!c->drafting)
        c->drafting = first;
}

void sl_second_arm(struct sl_call *c)
{
    const struct sl_attempt *a = attempt_at(c->attempts.prev);
    struct sl_hedge *hedge = hedge_of(c);
    int64_t delay_us = -1;

    if (c->out.committed || !c->operation->cached || a->leg->n_attempts != 1 ||
        a->leg->group->n < 2)
        return;
    if (hedge) {
        const struct sl_hedge_rule *rule = &a->leg->group->hedge;

        sl_hedge_call(hedge, rule);
        delay_us = sl_hedge_delay_us(hedge, rule);
    }
    if (a->pick.second)
        delay_us = (int64_t)a->pick.hedge_ms * 1000;
    if (delay_us < 0)
        return;
    sl_timer_init(&c->second, launch);
    sl_timer_set(c->worker->loop, &c->second, (uint64_t)(delay_us + 999) / 1000);
}

/* Its vendor was asked, and has read the question by now: that is paid for. */
static void charge(struct sl_attempt *a)
{
    if (!a->sent_us || sl_usage_has(&a->usage, SLUICE_USE_INPUT))
        return;
    sl_usage_set(&a->usage, SLUICE_USE_INPUT, a->call->input_tokens);
    a->usage.estimated = true;
}

void sl_second_won(struct sl_attempt *a)
{
    struct sl_call *c = a->call;
    struct sl_hedge *hedge = a->replayed ? NULL : hedge_of(c);
    uint64_t now = c->first_byte_us;

    if (c->second.fn)
        sl_timer_cancel(&c->second);
    if (hedge)
        sl_hedge_observe(hedge, (int64_t)(now - a->begun_us), now / 1000);
    if (!a->draft)
        return;
    sl_list_each_safe(node, &c->attempts)
    {
        struct sl_attempt *other = attempt_at(node);

        if (other == a || other->ended)
            continue;
        if (hedge)
            sl_hedge_observe(hedge, (int64_t)(now - other->begun_us), now / 1000);
        charge(other);
        sl_attempt_stop(other, SLUICE_E_CANCELLED);
    }
}
