/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resilience.h - what a configuration says about failures: how often to try again, where to go
 * instead, whom to leave alone for a while. Part of struct sl_settings; LiteLLM's words and units
 * are gone from it.
 */
#ifndef SL_CONFIG_RESILIENCE_H
#define SL_CONFIG_RESILIENCE_H

#include "base/span.h"

/* The classes of error that LiteLLM's policies have numbers for. */
enum sl_error_class {
    SL_CLASS_BAD_REQUEST,
    SL_CLASS_AUTH,
    SL_CLASS_TIMEOUT,
    SL_CLASS_RATE_LIMIT,
    SL_CLASS_CONTENT_POLICY,
    SL_CLASS_SERVER,
    SL_CLASSES,
    SL_CLASS_NONE = SL_CLASSES
};

struct sl_by_class {
    int64_t n[SL_CLASSES]; /* -1 = not given */
};
#define SL_BY_CLASS_NONE                                                                           \
    {                                                                                              \
        {                                                                                          \
            -1, -1, -1, -1, -1, -1                                                                 \
        }                                                                                          \
    }

/* Where a call goes instead: a model's name, and members of the request that change on the way. */
struct sl_target {
    sluice_span model;
    const sluice_header *members; /* name, raw JSON; without the model */
    size_t n_members;
};

struct sl_fallback {
    sluice_span group; /* whose failures; "*": everybody's */
    const struct sl_target *targets;
    size_t n;
};

/* After which failures. */
enum sl_fall { SL_FALL_GENERAL, SL_FALL_CONTEXT, SL_FALL_POLICY, SL_FALLS };

struct sl_fallbacks {
    const struct sl_fallback *list;
    size_t n;
};

struct sl_group_retries {
    sluice_span group;
    struct sl_by_class retries;
};

struct sl_resilience {
    struct sl_fallbacks fallbacks[SL_FALLS];
    int64_t max_fallbacks; /* of one call */
    bool mid_stream;       /* go on elsewhere with an answer that broke off */
    struct sl_by_class retries;
    const struct sl_group_retries *group_retries;
    size_t n_group_retries;
    int64_t allowed_fails; /* -1 = not given: the rates of failures decide */
    struct sl_by_class allowed_by_class;
    int64_t cooldown_ms;
    bool no_cooldowns;
    int64_t budget_percent; /* of calls that may be tried again at the same place */
    int64_t budget_burst;   /* and as many at once */
};

/* The targets for a group's failures: its own, those of the name without a provider's prefix, or
 * everybody's. NULL: none. */
const struct sl_fallback *sl_fallback_find(const struct sl_fallbacks *f, sluice_span group);

#endif
