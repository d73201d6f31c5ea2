/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan.h - where a call may be tried, one model group after the other: the one that was asked for,
 * then those its failures lead to. A leg is one of them, with the request as it goes there. The
 * next leg is decided when one has failed; nothing is computed for calls that go well.
 */
#ifndef SL_CALL_PLAN_H
#define SL_CALL_PLAN_H

#include "config/resilience.h"
#include "route/group.h"

struct sl_call;
struct sl_attempt;

/* What led to a leg. */
enum sl_why {
    SL_WHY_ASKED,
    SL_WHY_REQUEST, /* the request's own list of fallbacks */
    SL_WHY_GENERAL,
    SL_WHY_CONTEXT,
    SL_WHY_POLICY,
};

struct sl_leg {
    struct sl_leg *from;   /* whose failure led here; NULL: asked for */
    struct sl_leg *before; /* the one that was tried before it, whoever led here */
    enum sl_why why;
    sluice_span model; /* the name it goes by; plain text */
    const struct sl_group *group;
    const struct sl_wildcard_match *match;
    const sluice_header *members; /* of the request, with this leg's changes */
    size_t n_members;
    const struct sl_deployment **tried; /* not again before all others had their turn */
    uint32_t n_tried, n_attempts;
    uint32_t n_rotated;   /* of the attempts: because of a key, and free */
    int64_t retries;      /* how many it may have, as of its last failure */
    bool continues;       /* its answer goes on with one that broke off: continue.h */
    sluice_span messages; /* then: as they were before what was said was added */
    const struct sl_target *next;
    size_t n_next; /* where its failure leads, not taken yet */
};

struct sl_plan {
    struct sl_leg asked;
    struct sl_leg *leg;   /* the one under way; NULL: not begun */
    uint32_t n_fallbacks; /* legs after the first */
    sluice_error *error;  /* how the first one failed; NULL: it did not */
    sluice_status status;
};

/* The first leg, from what the earlier steps found. */
void sl_plan_begin(struct sl_call *c);
/* fallback.c: the leg under way has failed with status and c->error. True: plan.leg is another one
 * now; false: there is none, and c->status and c->error say what the client is told. */
bool sl_plan_next(struct sl_call *c, sluice_status status);
/* Is there anything but this group for its calls: where it leads to, or whom it stands in for? */
bool sl_plan_leads_on(const struct sl_call *c, const struct sl_leg *leg);
/* Would another leg follow, as far as can be seen, if this one failed now? */
bool sl_plan_more(const struct sl_call *c, const struct sl_leg *leg);
/* targets.c: what a request says about fallbacks is of the right shape. */
sluice_status sl_targets_check(struct sl_call *c);
/* The request's own: a plain list of targets (any failure), or pairs like the configuration's.
 * False: it has none of this name. */
bool sl_targets_read(struct sl_call *c, const char *member, struct sl_fallbacks *pairs,
                     struct sl_fallback *plain);

/* retry.c: what follows a failed try within its leg. */
enum sl_again {
    SL_AGAIN_NOT,
    SL_AGAIN_NOW,   /* another deployment, or another key */
    SL_AGAIN_LATER, /* after *wait_ms */
};
enum sl_again sl_retry(struct sl_call *c, const struct sl_attempt *a, uint64_t *wait_ms);
/* Was it tried as often as litellm_settings.num_retries_per_request allows, in all legs? */
bool sl_retry_spent(const struct sl_call *c);
/* How many retries a leg may have after this failure; a NULL: before any. */
int64_t sl_retry_limit(const struct sl_call *c, const struct sl_leg *leg,
                       const struct sl_attempt *a, bool *by_policy);

/* Not again before all others of the group had their turn. */
void sl_retry_note(struct sl_call *c, struct sl_leg *leg, const struct sl_deployment *d);

/* rehearse.c: the failure that a request asks for with mock_testing_*; OK: none. */
sluice_status sl_rehearse(struct sl_call *c);

#endif
