/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dispatch.c - owns the attempts of a call. Retry is a rule over their list: another deployment at
 * once if there is one, the same one after a pause if its failure allows, nothing once a byte has
 * reached the client.
 */
#include "call/attempt.h"

#include "base/rng.h"
#include "base/status.h"
#include "credential/credential.h"

#define BACKOFF_FIRST_MS                                                                           \
    500 /* then doubled each time: OpenAI's own SDKs' rule, which LiteLLM uses */
#define BACKOFF_MOST_MS 8000

static int64_t retries_of(const struct sl_call *c)
{
    if (c->num_retries >= 0)
        return c->num_retries;
    if (c->group->n == 1 && c->group->deployments[0]->settings->num_retries >= 0)
        return c->group->deployments[0]->settings->num_retries;
    return c->settings->num_retries;
}

static uint64_t backoff_ms(const struct sl_call *c)
{
    uint64_t ms = (uint64_t)BACKOFF_FIRST_MS << (c->n_attempts < 5 ? c->n_attempts - 1 : 4);

    if (c->error.retry_after_ms)
        return c->error.retry_after_ms < 60000 ? c->error.retry_after_ms : 60000;
    ms = ms < BACKOFF_MOST_MS ? ms : BACKOFF_MOST_MS;
    ms -= sl_random() % (ms / 4 + 1); /* jitter: up to a quarter less */
    return ms > (uint64_t)c->settings->retry_after_ms ? ms : (uint64_t)c->settings->retry_after_ms;
}

static void note_tried(struct sl_call *c, const struct sl_deployment *d)
{
    if (!c->tried)
        c->tried = sl_alloc(&c->arena, c->group->n * sizeof(struct sl_deployment *));
    if (c->tried && c->n_tried < c->group->n)
        c->tried[c->n_tried++] = d;
}

enum next { GIVE_UP, AT_ONCE, LATER };

/* What follows the failure that c->error and status describe. */
static enum next next_of(struct sl_call *c, const struct sl_attempt *a, sluice_status status)
{
    const struct sl_status_info *info = sl_status_info(status);

    if (c->out.committed || (int64_t)c->n_attempts > retries_of(c))
        return GIVE_UP;
    if (!info->retry_same && !info->retry_other)
        return GIVE_UP;
    note_tried(c, a->pick.deployment);
    if (info->retry_other && c->n_tried < c->group->n)
        return AT_ONCE;
    if (!info->retry_same)
        return GIVE_UP;
    c->n_tried = 0; /* all had their turn: begin anew */
    return LATER;
}

static struct sl_attempt *last_attempt(struct sl_call *c)
{
    return SL_CONTAINER(c->attempts.prev, struct sl_attempt, node);
}

static sluice_status last_failure(struct sl_call *c)
{
    const struct sl_attempt *a = last_attempt(c);

    c->error = a->error;
    return a->status;
}

static void retry_now(struct sl_timer *t)
{
    sl_call_resume(SL_CONTAINER(t, struct sl_call, retry));
}

/* Begin attempts until one is under way; SL_END when none will be. */
static enum sl_verdict launch(struct sl_call *c)
{
    for (;;) {
        uint32_t made = c->n_attempts;
        sluice_status st = sl_attempt_start(c);

        if (st >= 0)
            return SL_WAIT;
        if (c->n_attempts == made) /* nothing could be picked: what failed before says more */
            return sl_call_refuse(c, made ? last_failure(c) : st);
        switch (next_of(c, last_attempt(c), st)) {
        case GIVE_UP:
            return sl_call_refuse(c, st);
        case LATER:
            sl_timer_init(&c->retry, retry_now);
            sl_timer_set(c->worker->loop, &c->retry, backoff_ms(c));
            return SL_WAIT;
        case AT_ONCE:
            break;
        }
    }
}

enum sl_verdict sl_step_dispatch(struct sl_call *c)
{
    if (c->cached && sl_list_empty(&c->attempts) && sl_attempt_replay(c) >= 0)
        return SL_WAIT;
    c->cached = false;
    return launch(c);
}

void sl_dispatch_ended(struct sl_attempt *a)
{
    struct sl_call *c = a->call;

    if (c->finished)
        return;
    if (a->status >= 0) {
        c->usage = a->usage;
        sl_call_finish(c, SLUICE_OK);
        return;
    }
    c->error = a->error;
    if (a->replayed && !c->out.committed) { /* a stored answer that is no good: ask the vendor */
        sl_outlet_reset(c);
        sl_call_resume(c);
        return;
    }
    if (a->status == SLUICE_E_AUTH && a->grant && !c->credential_again && !c->out.committed &&
        sl_credential_refused(a->pick.deployment->credential, a->grant)) {
        c->credential_again = true; /* it may have been withdrawn: once more with a fresh one */
        sl_outlet_reset(c);
        sl_call_resume(c);
        return;
    }
    switch (next_of(c, a, a->status)) {
    case GIVE_UP:
        c->usage = a->usage;
        sl_call_finish(c, a->status);
        return;
    case LATER:
        sl_outlet_reset(c);
        sl_timer_init(&c->retry, retry_now);
        sl_timer_set(c->worker->loop, &c->retry, backoff_ms(c));
        return;
    case AT_ONCE:
        sl_outlet_reset(c);
        sl_call_resume(c);
        return;
    }
}
