/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cooldown.h - who failed rests for a while, and is then asked once before it is trusted again.
 * LiteLLM's rules for when and how long; the half-open state and its single probe are ours. Fed by
 * every attempt, never by logs. The clock comes from the caller, nothing is read but what is passed
 * in: a simulation decides as a call does. All of it is shared by loops ([any]).
 */
#ifndef SL_ROUTE_COOLDOWN_H
#define SL_ROUTE_COOLDOWN_H

#include <stdatomic.h>
#include <stdbool.h>
#include "route/fault.h"

/* Part of a deployment's state, and of a key's. All zero is a good start. */
struct sl_breaker {
    _Atomic int64_t until_ms; /* 0: closed; cooling until then; behind it half-open */
    _Atomic bool probing;     /* half-open, and somebody finds out */
    _Atomic int64_t minute, minute_good, minute_bad;
    _Atomic int64_t row;                   /* failures since something was good */
    _Atomic int64_t fails, fails_until_ms; /* for allowed_fails; forgotten after a cooldown_time */
    _Atomic int32_t why;                   /* the sluice_status that opened it last */
    _Atomic int64_t opened, probes;        /* how often, ever */
};

/* What a configuration says, for one deployment. */
struct sl_breaker_policy {
    int64_t cooldown_ms; /* 0: never */
    bool own_cooldown;   /* the deployment's own: counts before a vendor's Retry-After */
    bool by_count;       /* allowed_fails or a policy is set; else the rates decide */
    int64_t allowed_fails;
    struct sl_by_class by_class; /* -1: allowed_fails */
};

struct sl_settings;
struct sl_deployment_settings;
struct sl_breaker_policy sl_breaker_policy(const struct sl_settings *s,
                                           const struct sl_deployment_settings *d);

enum sl_gate {
    SL_GATE_CLOSED,  /* free to use */
    SL_GATE_HALF,    /* for one attempt, which becomes the probe */
    SL_GATE_PROBING, /* the probe is under way: for those who have nowhere else to go */
    SL_GATE_COOLING,
};
enum sl_gate sl_breaker_gate(const struct sl_breaker *b, uint64_t now_ms);
/* How long it still rests; 0: it does not. */
uint64_t sl_breaker_left_ms(const struct sl_breaker *b, uint64_t now_ms);

/* What an attempt is to the breaker. */
enum sl_trial {
    SL_TRIAL_NONE,  /* begun while it was closed */
    SL_TRIAL_ALONG, /* begun beside a probe */
    SL_TRIAL_PROBE,
};
/* An attempt begins. Each begin is followed by one of the next three, with what it returned. */
enum sl_trial sl_breaker_begin(struct sl_breaker *b, uint64_t now_ms);

/* It is good: as soon as something useful came. True: that closed it. */
bool sl_breaker_good(struct sl_breaker *b, enum sl_trial trial, uint64_t now_ms);
/* It says nothing: the client left, or was wrong itself. */
void sl_breaker_nothing(struct sl_breaker *b, enum sl_trial trial);

struct sl_failure {
    sluice_status status;
    uint32_t retry_after_ms;
    bool of_caller; /* its cause is the client's: a time limit of its own, an id of its own */
    bool spare;     /* somebody else could take the calls: other deployments, a fallback */
};
/* It failed. Returns for how long it rests from now on, in ms; 0: it does not, or did already. */
int64_t sl_breaker_bad(struct sl_breaker *b, enum sl_trial trial, const struct sl_breaker_policy *p,
                       const struct sl_failure *f, uint64_t now_ms);

#endif
