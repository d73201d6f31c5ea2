/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dispatch.c - owns the attempts of a call: makes one after the other along the plan (plan.h) until
 * one answers or nothing is left. What follows a failure is decided by the rules in retry.c and
 * fallback.c; once a byte has reached the client nothing is sent again.
 */
#include "call/attempt/attempt.h"

#include "call/stored/background.h"
#include "call/dispatch/continue.h"
#include "call/cache/flight.h"
#include "call/dispatch/second.h"
#include "call/stored/stored.h"
#include "call/turn.h"
#include "call/attempt/upload.h"
#include "credential/credential.h"

enum next { GO_ON, WAIT, OVER };

static void retry_now(struct sl_timer *t)
{
    sl_call_resume(SL_CONTAINER(t, struct sl_call, retry));
}

/* The leg under way failed with status and c->error; a: its try, NULL when there was none. */
static enum next after_failure(struct sl_call *c, struct sl_attempt *a, sluice_status status)
{
    uint64_t wait_ms;

    c->status = status;
    if (sl_upload_is_spent(c)) /* nobody else can have it */
        return OVER;
    if (c->out.committed)
        return sl_continue_next(c, a, status) ? GO_ON : OVER;
    if (a)
        switch (sl_retry(c, a, &wait_ms)) {
        case SL_AGAIN_NOW:
            return GO_ON;
        case SL_AGAIN_LATER:
            c->pauses_us += wait_ms * 1000;
            sl_timer_init(&c->retry, retry_now);
            sl_timer_set(c->worker->loop, &c->retry, wait_ms);
            return WAIT;
        case SL_AGAIN_NOT:
            break;
        }
    return sl_plan_next(c, status) ? GO_ON : OVER;
}

/* The last try of the leg under way; NULL: it had none. */
static struct sl_attempt *last_try(const struct sl_call *c)
{
    struct sl_attempt *a;

    if (sl_list_empty(&c->attempts))
        return NULL;
    a = SL_CONTAINER(c->attempts.prev, struct sl_attempt, node);
    return a->leg == c->plan.leg ? a : NULL;
}

/* One try of the leg under way; < 0: it failed already, *a being the attempt if there was one. */
static sluice_status begin(struct sl_call *c, struct sl_attempt **a)
{
    uint32_t made = c->n_attempts;
    sluice_status st = sl_rehearse(c);

    *a = NULL;
    if (st < 0)
        return st;
    st = sl_attempt_start(c);
    if (st >= 0)
        return st;
    if (c->n_attempts > made) {
        *a = last_try(c);
        c->busy_at = NULL;
    } else if (c->busy_at) {
        return st;
    } else if (last_try(c)) { /* nothing could be picked: what failed before says more */
        c->error = last_try(c)->error;
        st = last_try(c)->status;
    }
    return st;
}

/* Begin attempts until one is under way; SL_END when none will be. */
static enum sl_verdict launch(struct sl_call *c)
{
    struct sl_attempt *a;
    sluice_status st;

    for (;;) {
        st = begin(c, &a);
        if (st < 0 && !a && c->busy_at) {
            enum sl_verdict v = sl_turn_wait(c, &st);

            if (v == SL_WAIT)
                return v;
            if (v == SL_NEXT)
                continue;
        }
        if (c->waited_at)
            sl_turn_over(c, st >= 0 ? last_try(c)->pick.deployment : NULL);
        if (st >= 0) {
            sl_second_arm(c);
            return SL_WAIT;
        }
        switch (after_failure(c, a, st)) {
        case GO_ON:
            break;
        case WAIT:
            return SL_WAIT;
        case OVER:
            return sl_call_refuse(c, c->status);
        }
    }
}

enum sl_verdict sl_step_dispatch(struct sl_call *c)
{
    enum sl_verdict verdict;

    verdict = sl_background_enter(c);
    if (verdict == SL_NEXT)
        verdict = sl_upload_enter(c);
    if (verdict != SL_NEXT)
        return verdict;
    if (!c->plan.leg)
        sl_plan_begin(c);
    if (c->cached && sl_list_empty(&c->attempts) && sl_attempt_replay(c) >= 0)
        return SL_WAIT;
    c->cached = false;
    verdict = sl_flight_enter(c);
    return verdict == SL_NEXT ? launch(c) : verdict;
}

/* Once more from here, with nothing left of what this attempt brought; unless the client has it. */
static void start_over(struct sl_call *c)
{
    if (!c->out.committed)
        sl_outlet_reset(c);
    sl_call_resume(c);
}

void sl_dispatch_ended(struct sl_attempt *a)
{
    struct sl_call *c = a->call;

    if (c->finished)
        return;
    if (a->status >= 0) {
        c->usage = sl_continue_usage(a);
        if (!sl_stored_holds(c))
            sl_call_finish(c, SLUICE_OK);
        return;
    }
    c->error = a->error;
    if (!c->out.committed && sl_second_runs(c, a)) /* that one may still answer */
        return;
    if (a->replayed && c->seat && a->status == SLUICE_E_TIMEOUT) { /* its own limit */
        sl_call_finish(c, a->status);
        return;
    }
    if (a->replayed && !c->out.committed) { /* a stored answer that is no good: ask the vendor */
        start_over(c);
        return;
    }
    if (a->status == SLUICE_E_AUTH && a->grant && !sl_upload_is_spent(c) && !c->credential_again &&
        !c->out.committed && sl_credential_refused(a->credential, a->grant)) {
        c->credential_again = true; /* it may have been withdrawn: once more with a fresh one */
        start_over(c);
        return;
    }
    switch (after_failure(c, a, a->status)) {
    case GO_ON:
        start_over(c);
        return;
    case WAIT:
        sl_outlet_reset(c);
        return;
    case OVER:
        c->usage = sl_continue_usage(a);
        sl_call_finish(c, c->status);
        return;
    }
}
