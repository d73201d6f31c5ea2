/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fallback.c - where a call goes when a model group has failed: LiteLLM's rules over the legs of
 * its plan (plan.h). Each leg may lead on to others; a group is not gone to twice in one call.
 */
#include "call/attempt/attempt.h"

#include "base/status.h"
#include "call/dispatch/plan.h"
#include "route/group.h"

static const char *const members_of[SL_FALLS] = { "fallbacks", "context_window_fallbacks",
                                                  "content_policy_fallbacks" };

void sl_plan_begin(struct sl_call *c)
{
    c->plan.asked = (struct sl_leg){
        .model = c->model,
        .group = c->group,
        .match = &c->match,
        .members = c->members,
        .n_members = c->n_members,
    };
    c->plan.leg = &c->plan.asked;
}

/* Failures that no other model would mend; and what lies at one account is nowhere else. */
static bool is_final(const struct sl_call *c, sluice_status status)
{
    return c->operation->model == SL_MODEL_NONE || status == SLUICE_E_CANCELLED ||
           status == SLUICE_E_SHUTDOWN || status == SLUICE_E_NOMEM || status == SLUICE_E_DENIED ||
           status == SLUICE_E_LIMITED;
}

static const struct sl_fallback *find(const struct sl_fallbacks *f, const struct sl_leg *leg)
{
    const struct sl_fallback *found = sl_fallback_find(f, leg->model);

    /* An alias stands for its group. */
    return found && !sl_span_eq(found->group, SL_SPAN("*")) ? found
                                                            : sl_fallback_find(f, leg->group->name);
}

/* The pairs of one kind: for the model that was asked for the request's, else the configuration's.
 */
static struct sl_fallbacks pairs_of(struct sl_call *c, const struct sl_leg *leg, enum sl_fall kind,
                                    struct sl_fallback *plain)
{
    struct sl_fallbacks own = { NULL, 0 };

    if (!leg->from && sl_targets_read(c, members_of[kind], &own, plain) && (own.n || plain->n))
        return own;
    return c->settings->resilience.fallbacks[kind];
}

/* What this failure of this leg leads to: LiteLLM's order. */
static const struct sl_fallback *choose(struct sl_call *c, const struct sl_leg *leg,
                                        sluice_status status, enum sl_why *why)
{
    enum sl_fall kind = status == SLUICE_E_CONTEXT   ? SL_FALL_CONTEXT
                        : status == SLUICE_E_REFUSED ? SL_FALL_POLICY
                                                     : SL_FALL_GENERAL;
    struct sl_fallback *plain = sl_alloc0(&c->arena, sizeof *plain);
    struct sl_fallbacks general, special;

    if (!plain)
        return NULL;
    general = pairs_of(c, leg, SL_FALL_GENERAL, plain);
    if (plain->n) {
        *why = SL_WHY_REQUEST;
        return plain;
    }
    if (kind != SL_FALL_GENERAL) {
        special = pairs_of(c, leg, kind, plain);
        if (special.n) {
            *why = kind == SL_FALL_CONTEXT ? SL_WHY_CONTEXT : SL_WHY_POLICY;
            return find(&special, leg);
        }
    }
    *why = SL_WHY_GENERAL;
    return find(&general, leg);
}

bool sl_plan_leads_on(const struct sl_call *c, const struct sl_leg *leg)
{
    if (sl_json_is_true(sl_call_member(c, SL_SPAN("disable_fallbacks"))))
        return false;
    return leg->from || sl_json_type(sl_call_member(c, SL_SPAN("fallbacks"))) == SL_JSON_ARRAY ||
           find(&c->settings->resilience.fallbacks[SL_FALL_GENERAL], leg) != NULL;
}

/* Groups that one call is sent to besides the first: the request's number, else the router's. */
static int64_t most_fallbacks(const struct sl_call *c)
{
    int64_t n;

    return sl_json_i64(sl_call_member(c, SL_SPAN("max_fallbacks")), &n) && n >= 0
               ? n
               : c->settings->resilience.max_fallbacks;
}

bool sl_plan_more(const struct sl_call *c, const struct sl_leg *leg)
{
    if ((int64_t)c->plan.n_fallbacks >= most_fallbacks(c) ||
        sl_json_is_true(sl_call_member(c, SL_SPAN("disable_fallbacks"))))
        return false;
    for (const struct sl_leg *from = leg->from; from; from = from->from)
        if (from->n_next)
            return true;
    return (!leg->from && sl_json_type(sl_call_member(c, SL_SPAN("fallbacks"))) == SL_JSON_ARRAY) ||
           find(&c->settings->resilience.fallbacks[SL_FALL_GENERAL], leg) != NULL;
}

/* Is this where the call has been already, with the same request? */
static bool was_there(const struct sl_call *c, const struct sl_leg *leg)
{
    for (const struct sl_leg *l = c->plan.leg; l; l = l->before)
        if (l->group == leg->group && (!l->group->wildcard || sl_span_eq(l->model, leg->model)))
            return true;
    return false;
}

static bool overridden(const struct sl_target *t, sluice_span name)
{
    for (size_t i = 0; i < t->n_members; i++)
        if (sl_span_eq(t->members[i].name, name))
            return true;
    return false;
}

/* The request with the target's members in. How the answer comes stays the client's choice. */
static bool change_members(struct sl_call *c, const struct sl_target *t, struct sl_leg *leg)
{
    sluice_header *m;

    leg->members = c->members;
    leg->n_members = c->n_members;
    if (t->n_members == 0)
        return true;
    m = sl_alloc(&c->arena, (c->n_members + t->n_members) * sizeof *m);
    if (!m)
        return false;
    leg->n_members = 0;
    for (size_t i = 0; i < c->n_members; i++)
        if (!overridden(t, c->members[i].name) || sl_span_eq(c->members[i].name, SL_SPAN("stream")))
            m[leg->n_members++] = c->members[i];
    for (size_t i = 0; i < t->n_members; i++)
        if (!sl_span_eq(t->members[i].name, SL_SPAN("stream")))
            m[leg->n_members++] = t->members[i];
    leg->members = m;
    return true;
}

/* NULL: this target is nothing to go to. */
static struct sl_leg *make_leg(struct sl_call *c, struct sl_leg *from, const struct sl_target *t,
                               enum sl_why why)
{
    struct sl_wildcard_match *match = sl_alloc0(&c->arena, sizeof *match);
    struct sl_leg *leg = sl_alloc0(&c->arena, sizeof *leg);

    if (!match || !leg)
        return NULL;
    leg->from = from;
    leg->why = why;
    leg->model = t->model;
    leg->match = match;
    leg->group = sl_groups_find(&c->hold->snapshot->groups, t->model, c->who->team_id, match);
    leg->before = c->plan.leg;
    if (!leg->group || (t->n_members == 0 && was_there(c, leg)) || !change_members(c, t, leg))
        return NULL;
    return leg;
}

/* The client hears of the model it asked for; what went wrong elsewhere is in the records. */
static void note_failure(struct sl_call *c, sluice_status status)
{
    struct sl_plan *p = &c->plan;

    if (p->leg != &p->asked || p->error)
        return;
    p->error = sl_alloc(&c->arena, sizeof *p->error);
    p->status = status;
    if (p->error)
        *p->error = c->error;
}

bool sl_plan_next(struct sl_call *c, sluice_status status)
{
    int64_t most = most_fallbacks(c);
    const struct sl_fallback *list;
    struct sl_plan *p = &c->plan;
    struct sl_leg *leg = p->leg, *next;
    enum sl_why why = SL_WHY_GENERAL;

    note_failure(c, status);
    if (!is_final(c, status) && !sl_retry_spent(c) &&
        !sl_json_is_true(sl_call_member(c, SL_SPAN("disable_fallbacks")))) {
        list = choose(c, leg, status, &why);
        leg->next = list ? list->targets : NULL;
        leg->n_next = list ? list->n : 0;
        for (struct sl_leg *from = leg; from; why = from->why, from = from->from)
            while (from->n_next && (int64_t)p->n_fallbacks < most) {
                const struct sl_target *t = from->next++;

                from->n_next--;
                next = make_leg(c, from, t, why);
                if (next) {
                    p->leg = next;
                    p->n_fallbacks++;
                    return true;
                }
            }
    }
    c->status = status;
    if (p->error) {
        c->status = p->status;
        c->error = *p->error;
    }
    return false;
}
