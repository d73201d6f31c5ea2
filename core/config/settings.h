/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settings.h - LiteLLM's config.yaml as one immutable struct; every default stands in settings.c's
 * table. Made by sl_settings_load(), then never changed; held by snapshots (counted, [any] reads).
 * Text lies in the struct's own arena. Secrets are sl_secret: they cannot be printed by accident.
 */
#ifndef SL_CONFIG_SETTINGS_H
#define SL_CONFIG_SETTINGS_H

#include "base/arena.h"
#include "base/secret.h"
#include "config/health.h"
#include "config/options.h"
#include "config/model.h"
#include "config/resilience.h"

/* One entry of model_list. */
struct sl_deployment_settings {
    sluice_span model_name; /* the public name: the group. May hold '*' */
    sluice_span id;         /* model_info.id, else a hash of name and parameters */
    sluice_span provider;   /* "openai", "anthropic": custom_llm_provider, or the prefix of model */
    sluice_span model;      /* the vendor's name, without the prefix. May hold '*' */
    sluice_span written;    /* litellm_params.model as it stands there */
    sluice_span api_base;   /* empty = the provider's default */
    struct sl_secret *api_key;   /* NULL = none given; the catalogue's key_env is tried then */
    struct sl_secret **api_keys; /* several that take turns; api_key is the first of them then */
    size_t n_api_keys;
    sluice_span config;     /* JSON object: litellm_params the provider itself reads (api_version,
                               organization, region ...), no secrets */
    sluice_span credential; /* JSON object: litellm_params that the host's own schemes of
                               authentication read; secrets are references */
    const sluice_header *defaults; /* request parameters the client may override: name, raw JSON */
    size_t n_defaults;
    const sluice_header *extra_headers; /* sent upstream */
    size_t n_extra_headers;
    const sluice_header *extra_body; /* merged into the upstream JSON: name, raw JSON */
    size_t n_extra_body;
    const sluice_span *drop; /* additional_drop_params */
    size_t n_drop;
    const sluice_span *allow; /* allowed_openai_params */
    size_t n_allow;
    sluice_span tags;            /* JSON array of strings; empty = none */
    const sluice_span *tag_list; /* the same as texts */
    size_t n_tags;
    sluice_span region;
    sluice_span team_id;    /* model_info: for this team alone; empty = for all */
    sluice_span team_model; /* model_info.team_public_model_name: what that team calls it */
    const sluice_span *access_groups; /* model_info: what keys may name instead of models */
    size_t n_access_groups;
    sluice_span silent_model; /* the group that gets a copy of each call; empty = none */
    sluice_span variant;      /* model_info: the name of this arm of a trial; empty = none */
    sluice_span model_info;   /* JSON object as written */
    sluice_span base_model;
    sluice_span mock_response;      /* raw JSON; "null" when only mock_timeout or mock_tool_calls is
                                       given. Not empty = the mock provider answers */
    sluice_span mode;               /* "chat", "embedding", ...; empty = chat */
    int64_t weight_ppm, order;      /* -1 = not given */
    int64_t rpm, tpm, max_parallel; /* -1 = not given */
    struct sl_limits limits;
    int64_t num_retries;                     /* -1 = the router's */
    int64_t cooldown_ms;                     /* -1 = the router's; 0 = never */
    struct sl_by_class allowed_fails;        /* its own allowed_fails_policy */
    int64_t input_pico_usd, output_pico_usd; /* price of one token; -1 = not given */
    const struct sl_model *known; /* what the configuration itself says of limits, prices and
                                     abilities; NULL = nothing */
    struct sl_probe_settings probe;
    bool drop_params;
    bool insecure; /* ssl_verify: false */
    bool use_in_pass_through;
    bool merge_reasoning; /* thoughts of streams go into the content */
};

/* One entry of routing_groups: models that are routed by a strategy of their own. */
struct sl_routing_group {
    const sluice_span *models;
    size_t n_models;
    sluice_span strategy; /* plugin id */
    sluice_span args;     /* JSON object */
};

/* One entry of pass_through_endpoints. */
struct sl_pass_settings {
    sluice_span id, path, target;
    const sluice_header *headers; /* sent upstream */
    size_t n_headers;
    const sluice_span *methods; /* none: all */
    size_t n_methods;
    sluice_span query;                 /* added to each, encoded */
    int64_t cost_nano_usd, timeout_ms; /* of one request, -1 = none; 0 = as usual */
    bool include_subpath, auth, forward_headers;
};

/* One callback to load as a logger plugin. */
struct sl_logger_settings {
    sluice_span plugin;          /* id: "jsonl" */
    sluice_span config;          /* JSON object; secrets are references */
    bool on_success, on_failure; /* which records it wants */
};

/* A key pair with which a client may sign its requests as AWS has it, and the key of this gateway's
 * that it stands for. */
struct sl_aws_client_settings {
    sluice_span id;
    struct sl_secret *secret, *key;
};

/* What is kept between calls: general_settings.object_store. */
struct sl_objects_settings {
    sluice_span path;   /* of the SQLite file; empty = this process's memory */
    int64_t most_bytes; /* max_size_mb; 64 MiB in memory, 1 GiB in a file */
    int64_t ttl_ms;     /* of responses; 30 days, as OpenAI has it */
};

/* A key that is looked at once, at the start: at_start.h. */
struct sl_start_setting {
    const struct sl_start_setting *next;
    sluice_span key;   /* "plugins.path" */
    sluice_span value; /* as JSON */
    const char *why;   /* a reload cannot change it */
};

/* One pair of environment_variables. */
struct sl_env_setting {
    sluice_span name;
    struct sl_secret *value;
};

struct sl_settings {
    struct sluice_arena arena;
    sluice_span source;           /* file name, for messages; empty = text */
    struct sl_secret *master_key; /* NULL = none: everybody is admin, loopback only */
    struct sl_deployment_settings *deployments;
    size_t n_deployments;
    const sluice_header *aliases; /* model_group_alias: alias -> group name */
    size_t n_aliases;
    const sluice_span *hidden_aliases; /* those that /models does not list */
    size_t n_hidden_aliases;
    const struct sl_env_setting *environment; /* environment_variables; see sl_settings_env() */
    size_t n_environment;

    /* litellm_settings */
    bool drop_params;
    int64_t request_timeout_ms; /* 6,000,000 */
    struct sl_logger_settings *loggers;
    size_t n_loggers;
    bool check_user_urls;              /* user_url_validation; true */
    const sluice_span *user_url_hosts; /* user_url_allowed_hosts: those that need not be public */
    size_t n_user_url_hosts;
    bool log_bodies; /* not turn_off_message_logging, and a logger asks for them */
    bool cache;
    sluice_span cache_plugin; /* "memory" for type local */
    sluice_span cache_config; /* JSON object; secrets are references */
    bool cache_default_on;    /* mode */
    int64_t cache_ttl_ms;     /* -1 = the cache's own default */

    /* router_settings */
    sluice_span routing_strategy; /* plugin id: "simple_shuffle" for simple-shuffle */
    sluice_span routing_args;     /* JSON object */
    const struct sl_routing_group *routing_groups;
    size_t n_routing_groups;
    int64_t sample_ttl_ms;   /* how long measured times count; routing_strategy_args.ttl */
    int64_t samples;         /* how many of them; max_latency_list_size */
    bool tag_filtering;      /* enable_tag_filtering */
    bool tag_match_all;      /* not tag_filtering_match_any */
    bool sticky_sessions;    /* by session header or prompt_cache_key */
    bool sticky_prompts;     /* else by the beginning of the prompt */
    bool sticky_callers;     /* else by the key */
    int64_t num_retries;     /* 2 */
    int64_t retries_in_all;  /* of a call, fallbacks counted in; -1 = no limit */
    int64_t retry_after_ms;  /* 0 */
    bool pre_call_checks;    /* enable_pre_call_checks */
    struct sl_limits limits; /* without a timeout request_timeout_ms counts */
    struct sl_hedge_rule hedge;
    const struct sl_group_options *groups; /* model_group_options */
    size_t n_groups;
    int64_t queue_timeout_ms;     /* for a place; 30 s */
    int64_t default_max_parallel; /* of deployments that do not say it; -1 = none */
    int64_t default_priority;     /* lower is served first; 0 */
    int64_t call_timeout_ms;      /* of a call with all its attempts; 0 = none */
    struct sl_resilience resilience;

    /* general_settings */
    int64_t max_request_bytes;     /* max_request_size_mb; 100 MiB */
    int64_t max_response_bytes;    /* max_response_size_mb; 100 MiB */
    int64_t max_parallel_requests; /* global; -1 = none */
    int64_t max_bytes_in_flight;   /* bodies of all calls together; 1 GiB */
    int64_t body_timeout_ms;       /* between two pieces of a request's body; a minute */

    struct sl_objects_settings objects;
    int64_t max_background; /* max_background_responses; 1000 */

    struct sl_health_settings health;

    struct sl_aws_client_settings *aws_clients; /* aws_client_credentials */
    size_t n_aws_clients;
    struct sl_pass_settings *pass; /* pass_through_endpoints */
    size_t n_pass;
    const sluice_span *pass_providers; /* pass_through_providers */
    size_t n_pass_providers;

    /* plugins (our own section) */
    sluice_span plugins_path; /* colon list; empty = the default search */
    bool plugins_load_all;
    const sluice_header *plugins_sha256; /* id -> hex digest, pinned */
    size_t n_plugins_sha256;

    const struct sl_start_setting *at_start; /* those that the file has */

    /* Secret references used in plugin configs: "secret:N" is secrets[N]. */
    struct sl_secret **secrets;
    size_t n_secrets;
};

/* One line of `sluice check`. */
enum sl_key_verdict { SL_KEY_EXACT, SL_KEY_APPROXIMATED, SL_KEY_IGNORED, SL_KEY_ERROR };
struct sl_config_report {
    void (*line)(void *ctx, enum sl_key_verdict verdict, sluice_span where, sluice_span key,
                 sluice_span text);
    void *ctx;
};

/* From a file (path) or text (YAML or JSON); both NULL/empty = what the environment offers. report
 * may be NULL. Every error is reported, the first one also goes to err (file:line:column, key,
 * remedy). */
sluice_status sl_settings_load(const char *path, sluice_span text,
                               const struct sl_config_report *report, struct sl_settings **out,
                               sluice_error *err);
void sl_settings_destroy(struct sl_settings *s);
/* What is said of this model group; NULL: nothing. */
const struct sl_group_options *sl_settings_group(const struct sl_settings *s, sluice_span group);
/* A variable: from environment_variables, else the process's environment; ptr NULL when neither
 * has it. Valid while s lives and nobody changes the environment. [any] */
sluice_span sl_settings_env(const struct sl_settings *s, const char *name);

#endif
