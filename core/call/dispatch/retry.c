/* SPDX-License-Identifier: Apache-2.0 */
/*
 * retry.c - what follows a failed try within its model group: another deployment at once, the same
 * one after a pause, or nothing. How often: the request's count, the deployment's, the policy for
 * this class of error, the router's.
 */
#include "call/attempt/attempt.h"

#include "base/rng.h"
#include "base/status.h"
#include "call/dispatch/plan.h"
#include "base/clock.h"
#include "route/budget.h"
#include "route/fault.h"
#include "route/keys.h"

#define BACKOFF_FIRST_MS 500 /* then doubled each time: OpenAI's own SDKs' rule, and LiteLLM's */
#define BACKOFF_MOST_MS 8000
#define JITTER_MS 750
#define PATIENCE_MS 60000 /* who asks for a longer pause than this is not asked again */

bool sl_retry_spent(const struct sl_call *c)
{
    int64_t most = c->settings->retries_in_all;

    return most >= 0 && (int64_t)(c->n_attempts - c->n_seconds) > most;
}

static int64_t by_class(const struct sl_by_class *n, sluice_status status)
{
    enum sl_error_class cls = sl_error_class_of(status);

    if (cls == SL_CLASS_NONE)
        return -1;
    if (cls == SL_CLASS_CONTENT_POLICY && n->n[cls] < 0)
        cls = SL_CLASS_BAD_REQUEST; /* to LiteLLM a kind of it */
    return n->n[cls];
}

static int64_t policy_of(const struct sl_call *c, const struct sl_leg *leg, sluice_status status)
{
    const struct sl_resilience *r = &c->settings->resilience;

    for (size_t i = 0; i < r->n_group_retries; i++)
        if (sl_span_eq(r->group_retries[i].group, leg->model) ||
            sl_span_eq(r->group_retries[i].group, leg->group->name))
            return by_class(&r->group_retries[i].retries, status);
    return by_class(&r->retries, status);
}

int64_t sl_retry_limit(const struct sl_call *c, const struct sl_leg *leg,
                       const struct sl_attempt *a, bool *by_policy)
{
    int64_t n;

    *by_policy = false;
    if (c->num_retries >= 0)
        return c->num_retries;
    if (a && a->pick.deployment->settings->num_retries >= 0)
        return a->pick.deployment->settings->num_retries;
    n = a ? policy_of(c, leg, a->status) : -1;
    *by_policy = n >= 0;
    return n >= 0 ? n : c->settings->num_retries;
}

void sl_retry_note(struct sl_call *c, struct sl_leg *leg, const struct sl_deployment *d)
{
    if (!leg->tried)
        leg->tried = sl_alloc(&c->arena, leg->group->n * sizeof(struct sl_deployment *));
    for (size_t i = 0; i < leg->n_tried; i++)
        if (leg->tried[i] == d)
            return;
    if (leg->tried && leg->n_tried < leg->group->n)
        leg->tried[leg->n_tried++] = d;
}

/* Another deployment of the group that was not asked yet and does not rest? */
static bool others_left(const struct sl_leg *leg, uint64_t now_ms)
{
    for (size_t i = 0; i < leg->group->n; i++) {
        bool tried = false;

        for (size_t k = 0; k < leg->n_tried; k++)
            tried = tried || leg->tried[k] == leg->group->deployments[i];
        if (!tried && sl_deployment_gate(leg->group->deployments[i], now_ms) <= SL_GATE_HALF)
            return true;
    }
    return false;
}

/* Any at all that does not rest? */
static bool any_awake(const struct sl_leg *leg, uint64_t now_ms)
{
    for (size_t i = 0; i < leg->group->n; i++)
        if (sl_deployment_gate(leg->group->deployments[i], now_ms) != SL_GATE_COOLING)
            return true;
    return false;
}

/* The key failed, not the deployment, and there is another one. Costs none of the retries; there is
 * no more of it than there are keys. */
static bool next_key(struct sl_leg *leg, const struct sl_attempt *a, uint64_t now_ms)
{
    bool of_key =
        sl_fault_of(a->status, a->of_caller) == SL_FAULT_KEY || a->status == SLUICE_E_RATE_LIMIT;
    size_t keys = 0;

    if (!a->key || !of_key || !sl_keys_left(a->pick.deployment, now_ms))
        return false;
    for (size_t i = 0; i < leg->group->n; i++)
        keys += leg->group->deployments[i]->n_keys;
    if (leg->n_rotated + 1 >= keys)
        return false;
    leg->n_rotated++;
    return true;
}

static uint64_t pause_ms(const struct sl_call *c, const struct sl_leg *leg)
{
    uint32_t before = leg->n_attempts - leg->n_rotated - 1;
    uint64_t ms = (uint64_t)BACKOFF_FIRST_MS << (before < 4 ? before : 4);
    uint64_t least = (uint64_t)c->settings->retry_after_ms;

    if (c->error.retry_after_ms) { /* as long as it was asked for, never less */
        ms = c->error.retry_after_ms;
    } else {
        ms = ms > least ? ms : least;
        ms = ms < BACKOFF_MOST_MS ? ms : BACKOFF_MOST_MS;
    }
    return ms + sl_random() % JITTER_MS;
}

enum sl_again sl_retry(struct sl_call *c, const struct sl_attempt *a, uint64_t *wait_ms)
{
    const struct sl_status_info *info = sl_status_info(a->status);
    const struct sl_deployment *d = a->pick.deployment;
    uint64_t now_ms = sl_now_ms();
    struct sl_leg *leg = a->leg;
    bool by_policy;

    leg->retries = sl_retry_limit(c, leg, a, &by_policy);
    if (next_key(leg, a, now_ms))
        return SL_AGAIN_NOW;
    sl_retry_note(c, leg, d);
    if (sl_retry_spent(c) || (int64_t)(leg->n_attempts - leg->n_rotated) > leg->retries)
        return SL_AGAIN_NOT;
    if ((by_policy || info->retry_other) && others_left(leg, now_ms))
        return SL_AGAIN_NOW;
    if ((!by_policy && !info->retry_same) || c->error.retry_after_ms > PATIENCE_MS)
        return SL_AGAIN_NOT;
    if (!any_awake(leg, now_ms))
        return SL_AGAIN_NOT;
    if (!sl_budget_take(&d->state->retry_debt, c->settings->resilience.budget_burst))
        return SL_AGAIN_NOT;
    leg->n_tried = 0; /* all had their turn: begin anew */
    *wait_ms = pause_ms(c, leg);
    return SL_AGAIN_LATER;
}
