/* SPDX-License-Identifier: Apache-2.0 */
/* keys_router.c - the table of keys, second part: router_settings. */
#include "config/keys.h"

#define ROW(section, type, state, text, names)                                                     \
    {                                                                                              \
        SL_IN_##section, SL_TYPE_##type, SL_##state, SL_USE_NONE, SL_IN_NOTHING, text, names       \
    }
#define NEST(section, type, state, inside, text, names)                                            \
    {                                                                                              \
        SL_IN_##section, SL_TYPE_##type, SL_##state, SL_USE_NONE, SL_IN_##inside, text, names      \
    }

const struct sl_key_row sl_keys_router[] = {
    ROW(ROUTER, STRING, NOW, "", "routing_strategy"),
    ROW(ROUTER, MAP, NOW,
        "ttl, max_latency_list_size (at most 32), lowest_latency_buffer; half_life of p2c-ewma, "
        "rules of conditional",
        "routing_strategy_args"),
    ROW(ROUTER, INT, NOW, "", "num_retries"),
    ROW(ROUTER, SECONDS, NOW, "", "timeout stream_timeout retry_after"),
    ROW(ROUTER, SECONDS, NOW, "", "ttft_timeout stream_idle_timeout"),
    ROW(ROUTER, AMOUNT, NOW, "sluice's own: the least speed of a stream",
        "stream_min_tokens_per_second"),
    NEST(ROUTER, MAP, NOW, HEDGE,
         "sluice's own: a second deployment is asked when the first one is slow", "hedge"),
    NEST(GROUP, MAP, NOW, HEDGE, "", "hedge"),
    ROW(GROUP, BOOL, NOW, "identical calls at the same time share one upstream call",
        "single_flight"),
    ROW(HEDGE, SECONDS, NOW, "", "after"),
    ROW(HEDGE, AMOUNT, NOW, "", "percentile budget_percent"),
    NEST(ROUTER, MAP_OF_MAPS, NOW, GROUP, "sluice's own: what is said of a model group",
         "model_group_options"),
    ROW(GROUP, SECONDS, NOW, "", "timeout stream_timeout ttft_timeout stream_idle_timeout"),
    ROW(GROUP, AMOUNT, NOW, "", "stream_min_tokens_per_second"),
    ROW(ROUTER, SECONDS, NOW, "sluice's own: of a call with all its attempts", "call_timeout"),
    ROW(ROUTER, MAP, NOW, "", "model_group_alias"),
    NEST(ROUTER, MAP, NOW, PARAMS, "", "default_litellm_params"),
    NEST(ROUTER, MAPS, NOW, ROUTING, "", "routing_groups"),
    ROW(ROUTER, INT, NOW, "", "max_fallbacks"),
    ROW(ROUTER, MAPS, NOW, "", "fallbacks context_window_fallbacks content_policy_fallbacks"),
    ROW(ROUTER, STRINGS, NOW, "", "default_fallbacks"),
    NEST(ROUTER, MAP, NOW, RETRIES, "", "retry_policy"),
    ROW(ROUTER, MAP, NOW, "", "model_group_retry_policy"),
    NEST(ROUTER, MAP, NOW, BUDGET,
         "sluice's own: how many retries at the same deployment there may be", "retry_budget"),
    ROW(ROUTER, BOOL, NOW,
        "sluice's own: an answer that broke off goes on at a model that takes a prefill",
        "mid_stream_fallback"),
    ROW(ROUTER, INT, NOW, "", "allowed_fails"),
    NEST(ROUTER, MAP, NOW, FAILS, "", "allowed_fails_policy"),
    ROW(ROUTER, SECONDS, NOW, "", "cooldown_time"),
    ROW(ROUTER, BOOL, NOW, "", "disable_cooldowns"),
    ROW(ROUTER, BOOL, NOW, "", "enable_pre_call_checks"),
    ROW(ROUTER, STRINGS, NOW, "what calls stay with, by rendezvous hashing",
        "optional_pre_call_checks"),
    ROW(ROUTER, INT, NEVER, "nothing is remembered, hence nothing expires",
        "deployment_affinity_ttl_seconds"),
    ROW(ROUTER, MAP, LATER, "sticky sessions", "model_group_affinity_config"),
    ROW(ROUTER, BOOL, NOW, "", "enable_tag_filtering"),
    ROW(ROUTER, BOOL_ON, NOW, "", "tag_filtering_match_any"),
    ROW(ROUTER, BOOL_ON, NOW, "sluice's own: sessions named by clients keep their deployment",
        "sticky_sessions"),
    ROW(ROUTER, BOOL, LATER, "failover by weight", "enable_weighted_failover"),
    ROW(ROUTER, INT, NOW, "", "default_max_parallel_requests default_priority"),
    ROW(ROUTER, SECONDS, NOW, "sluice's own: for a place where as many calls run as may",
        "queue_timeout"),
    ROW(ROUTER, SECONDS, NEVER, "who waits is told when it is their turn, nothing is polled",
        "polling_interval"),
    ROW(ROUTER, STRING, LATER, "state shared through Redis", "redis_url redis_host redis_password"),
    ROW(ROUTER, ANY, LATER, "state shared through Redis", "redis_port redis_db cache_kwargs"),
    ROW(ROUTER, BOOL, NEVER, "litellm_settings.cache decides", "cache_responses"),
    ROW(ROUTER, LIST, LATER, "groups that share cache entries", "caching_groups"),
    ROW(ROUTER, INT, NEVER, "connections are pooled, there are no client objects", "client_ttl"),
    ROW(ROUTER, MAP, LATER, "budgets", "provider_budget_config"),
    ROW(ROUTER, MAP, LATER, "alerts", "alerting_config"),
    ROW(ROUTER, ANY, LATER, "search tools", "search_tools"),
    ROW(ROUTER, ANY, LATER, "guardrails", "guardrail_list"),
    ROW(ROUTER, ANY, NEVER, "the assistants API is gone", "assistants_config"),
    ROW(ROUTER, MAP, NEVER, "an internal of LiteLLM's router", "router_general_settings"),
    ROW(ROUTER, BOOL, NEVER, "a wrong deployment is an error here", "ignore_invalid_deployments"),
    ROW(ROUTER, BOOL, NEVER, "the gateway's --detailed_debug sets the log level", "set_verbose"),
    ROW(ROUTER, STRING, NEVER, "the gateway's --detailed_debug sets the log level", "debug_level"),
    ROW(ROUTER, BOOL, NOW, "", "enable_health_check_routing health_check_ignore_transient_errors"),
    ROW(ROUTER, INT, NOW, "", "health_check_staleness_threshold"),
    ROW(ROUTING, STRING, NOW, "", "group_name routing_strategy"),
    ROW(ROUTING, STRINGS, NOW, "", "models"),
    ROW(ROUTING, MAP, NOW, "", "routing_strategy_args"),
    ROW(RETRIES, INT, NOW, "",
        "BadRequestErrorRetries AuthenticationErrorRetries TimeoutErrorRetries "
        "RateLimitErrorRetries ContentPolicyViolationErrorRetries InternalServerErrorRetries"),
    ROW(FAILS, INT, NOW, "",
        "BadRequestErrorAllowedFails AuthenticationErrorAllowedFails TimeoutErrorAllowedFails "
        "RateLimitErrorAllowedFails ContentPolicyViolationErrorAllowedFails "
        "InternalServerErrorAllowedFails"),
    ROW(BUDGET, INT, NOW, "", "percent burst"),
};

const size_t sl_keys_router_n = sizeof sl_keys_router / sizeof *sl_keys_router;
