/* SPDX-License-Identifier: Apache-2.0 */
/* health.h - settings of health checks: LiteLLM's names and defaults. */
#ifndef SL_CONFIG_HEALTH_H
#define SL_CONFIG_HEALTH_H

#include "base/span.h"

/* general_settings */
struct sl_health_settings {
    bool background;       /* background_health_checks: deployments are asked now and then */
    bool details;          /* health_check_details: /health tells more than the model's name */
    bool routing;          /* enable_health_check_routing: who failed the last check is left out */
    bool ignore_transient; /* ... but not for rate limits and timeouts */
    int64_t interval_ms;   /* 300 s */
    int64_t stale_ms;      /* older results count for nothing in routing; -1 = two intervals */
    int64_t concurrency;   /* checks at a time; 8 */
};

/* model_info: how this deployment is asked. */
struct sl_probe_settings {
    bool off;              /* disable_background_health_check */
    sluice_span model;     /* health_check_model: which one, behind a wildcard */
    sluice_span voice;     /* of audio_speech; "alloy" */
    sluice_span effort;    /* reasoning_effort; empty = not said */
    int64_t timeout_ms;    /* 60 s */
    int64_t max_tokens;    /* 1 */
    int64_t max_reasoning; /* of models that reason, and */
    int64_t max_plain;     /* of others; -1 = max_tokens */
};

#endif
