/* SPDX-License-Identifier: Apache-2.0 */
/* keys_litellm.c - the table of keys, third part: litellm_settings and cache_params. */
#include "config/keys.h"

#define ROW(section, type, state, text, names)                                                     \
    {                                                                                              \
        SL_IN_##section, SL_TYPE_##type, SL_##state, SL_USE_NONE, SL_IN_NOTHING, text, names       \
    }
#define NEST(section, type, state, inside, text, names)                                            \
    {                                                                                              \
        SL_IN_##section, SL_TYPE_##type, SL_##state, SL_USE_NONE, SL_IN_##inside, text, names      \
    }

const struct sl_key_row sl_keys_litellm[] = {
    ROW(LITELLM, BOOL, NOW, "", "drop_params cache"),
    NEST(LITELLM, MAP, NOW, CACHE, "", "cache_params"),
    ROW(LITELLM, SECONDS, NOW, "", "request_timeout"),
    ROW(LITELLM, INT, NOW, "", "num_retries"),
    ROW(LITELLM, STRING_OR_STRINGS, NOW, "", "callbacks success_callback failure_callback"),
    ROW(LITELLM, BOOL, NOW, "", "turn_off_message_logging"),
    ROW(LITELLM, BOOL_OR_STRING, NOW, "", "ssl_verify"),
    ROW(LITELLM, BOOL, LATER, "shared key cache", "enable_redis_auth_cache"),
    ROW(LITELLM, STRINGS, LATER, "health of services", "service_callbacks"),
    ROW(LITELLM, STRINGS, LATER, "audit log", "audit_log_callbacks"),
    ROW(LITELLM, BOOL_ON, NOW,
        "requests are always mended where a provider needs it: roles, empty texts, tools of the "
        "history",
        "modify_params"),
    ROW(LITELLM, INT, NOW, "", "num_retries_per_request allowed_fails max_fallbacks"),
    ROW(LITELLM, MAPS, NOW, "", "fallbacks context_window_fallbacks content_policy_fallbacks"),
    ROW(LITELLM, STRINGS, NOW, "", "default_fallbacks"),
    ROW(LITELLM, MAP, LATER, "aliases of the SDK; router_settings.model_group_alias is in force",
        "model_alias_map"),
    ROW(LITELLM, MAP, LATER, "header forwarding", "model_group_settings"),
    ROW(LITELLM, BOOL, NEVER, "the gateway's --detailed_debug sets the log level", "set_verbose"),
    ROW(LITELLM, BOOL, LATER, "the gateway's own log as JSON", "json_logs"),
    ROW(LITELLM, BOOL, NEVER, "raw requests hold credentials; they are never logged",
        "log_raw_request_response"),
    ROW(LITELLM, BOOL, LATER, "redaction",
        "redact_user_api_key_info redact_messages_in_exceptions filter_invalid_headers"),
    ROW(LITELLM, BOOL, LATER, "logging", "disable_streaming_logging"),
    ROW(LITELLM, BOOL, LATER, "token counting", "disable_token_counter"),
    ROW(LITELLM, BOOL, NEVER, "memory is bounded in any case", "safe_memory_mode"),
    ROW(LITELLM, STRINGS, LATER, "logging", "standard_logging_payload_excluded_fields"),
    ROW(LITELLM, ANY, LATER, "log sinks",
        "langfuse_default_tags s3_callback_params aws_sqs_callback_params datadog_params "
        "datadog_llm_observability_params gcs_pub_sub_use_v1 generic_api_use_v1 datadog_use_v1 "
        "generic_logger_headers langsmith_batch_size argilla_batch_size "
        "cold_storage_custom_logger"),
    ROW(LITELLM, BOOL, LATER, "HTTP client",
        "force_ipv4 aiohttp_trust_env disable_aiohttp_trust_env"),
    ROW(LITELLM, ANY, LATER, "HTTP client", "ssl_certificate ssl_security_level ssl_ecdh_curve"),
    ROW(LITELLM, BOOL, NEVER, "names an implementation detail of LiteLLM",
        "disable_aiohttp_transport network_mock"),
    ROW(LITELLM, AMOUNT, LATER, "budgets",
        "max_budget default_soft_budget max_user_budget max_internal_user_budget "
        "default_max_internal_user_budget max_ui_session_budget max_end_user_budget"),
    ROW(LITELLM, STRING, LATER, "budgets",
        "budget_duration internal_user_budget_duration max_end_user_budget_id timezone"),
    ROW(LITELLM, MAP, LATER, "budgets", "tag_budget_config"),
    ROW(LITELLM, MAP, LATER, "virtual keys",
        "default_key_generate_params upperbound_key_generate_params key_generation_settings "
        "default_internal_user_params default_team_params"),
    ROW(LITELLM, MAPS, LATER, "teams", "default_team_settings"),
    ROW(LITELLM, BOOL, LATER, "virtual keys", "enable_key_alias_format_validation"),
    ROW(LITELLM, LIST, NEVER, "Python handlers; write a provider plugin", "custom_provider_map"),
    ROW(LITELLM, ANY, LATER, "guardrails",
        "guardrails banned_keywords_list blocked_user_list llm_guard_mode "
        "openai_moderations_model_name presidio_ad_hoc_recognizers output_parse_pii "
        "skip_system_message_in_guardrail"),
    ROW(LITELLM, ANY, NEVER, "Python functions; write a plugin", "post_call_rules pre_call_rules"),
    ROW(LITELLM, MAP, LATER, "priorities", "priority_reservation priority_reservation_settings"),
    ROW(LITELLM, BOOL, NEVER, "the whole request is part of the cache key",
        "enable_caching_on_provider_specific_optional_params"),
    ROW(LITELLM, SECONDS, LATER, "life of cache entries: cache_params.ttl is in force",
        "default_in_memory_ttl default_redis_ttl default_redis_batch_cache_expiry"),
    ROW(LITELLM, BOOL, LATER, "spend of end users",
        "disable_end_user_cost_tracking disable_end_user_cost_tracking_prometheus_only "
        "enable_end_user_cost_tracking_prometheus_only"),
    ROW(LITELLM, ANY, LATER, "metrics",
        "prometheus_metrics_config custom_prometheus_metadata_labels custom_prometheus_tags"),
    ROW(LITELLM, BOOL, LATER, "metrics",
        "prometheus_initialize_budget_metrics require_auth_for_metrics_endpoint"),
    ROW(LITELLM, MAP, LATER, "cost", "cost_discount_config cost_margin_config"),
    ROW(LITELLM, BOOL, LATER, "cost", "include_cost_in_streaming_usage"),
    ROW(LITELLM, BOOL, LATER, "headers",
        "return_response_headers forward_traceparent_to_llm_provider "
        "add_user_information_to_llm_headers"),
    ROW(LITELLM, BOOL, LATER, "models of the providers", "check_provider_endpoint"),
    ROW(LITELLM, BOOL, NEVER, "a switch of one of LiteLLM's code paths",
        "disable_copilot_system_to_assistant disable_add_prefix_to_prompt "
        "disable_add_transform_inline_image_block disable_add_user_agent_to_request_tags "
        "disable_hf_tokenizer_download disable_stop_sequence_limit enable_preview_features "
        "reasoning_auto_summary use_chat_completions_url_for_anthropic_messages "
        "log_client_error_tracebacks"),
    ROW(LITELLM, BOOL, NEVER,
        "each deployment says how its chat is asked for: model_info.mode: responses",
        "route_all_chat_openai_to_responses"),
    ROW(LITELLM, BOOL, LATER, "checks of structured output", "enable_json_schema_validation"),
    ROW(LITELLM, BOOL, LATER, "files and batches",
        "enable_loadbalancing_on_batch_endpoints require_managed_files"),
    ROW(LITELLM, STRINGS, LATER, "spend by tags", "extra_spend_tag_headers"),
    ROW(LITELLM, MAP, NEVER,
        "background responses work without; how long they are kept says "
        "general_settings.object_store",
        "responses"),
    ROW(LITELLM, ANY, LATER, "prompt management",
        "global_prompt_directory global_bitbucket_config global_gitlab_config"),
    ROW(LITELLM, MAP, LATER, "tool servers", "mcp_aliases mcp_semantic_tool_filter"),
    ROW(LITELLM, ANY, LATER, "model hub",
        "public_model_groups public_mcp_servers public_agent_groups public_model_groups_links"),
    ROW(LITELLM, BOOL_ON, NOW, "", "user_url_validation"),
    ROW(LITELLM, STRINGS, NOW, "", "user_url_allowed_hosts"),
    ROW(LITELLM, ANY, LATER,
        "defaults for all deployments: router_settings."
        "default_litellm_params is in force",
        "vertex_project vertex_location vertex_ai_safety_settings api_base api_version api_key"),
    ROW(LITELLM, BOOL, LATER, "audit log", "store_audit_logs"),
    ROW(LITELLM, BOOL, NEVER, "nothing is sent to anybody", "telemetry"),
    ROW(LITELLM, MAP, LATER, "search tools", "websearch_interception_params"),
    /* cache_params */
    ROW(CACHE, STRING, NOW, "", "type mode"),
    ROW(CACHE, SECONDS, NOW, "", "ttl default_in_memory_ttl"),
    ROW(CACHE, AMOUNT, NOW, "sluice's own: the most memory the cache takes", "max_size_mb"),
    ROW(CACHE, MAP, NOW, "sluice's own: configuration of a cache plugin", "plugin_config"),
    ROW(CACHE, STRING, LATER, "name spaces of the cache", "namespace"),
    ROW(CACHE, STRINGS, LATER, "caching by kind of call", "supported_call_types"),
    ROW(CACHE, ANY, LATER, "Redis",
        "host port password username url db ssl ssl_cert_reqs ssl_check_hostname ssl_ca_certs "
        "max_connections socket_timeout redis_startup_nodes service_name sentinel_nodes "
        "sentinel_password redis_flush_size gcp_service_account gcp_ssl_ca_certs "
        "default_in_redis_ttl"),
    ROW(CACHE, ANY, LATER, "semantic cache",
        "similarity_threshold redis_semantic_cache_embedding_model "
        "redis_semantic_cache_index_name qdrant_api_base qdrant_api_key qdrant_collection_name "
        "qdrant_quantization_config qdrant_semantic_cache_embedding_model "
        "qdrant_semantic_cache_vector_size valkey_semantic_cache_embedding_model "
        "valkey_semantic_cache_index_name"),
    ROW(CACHE, ANY, LATER, "cache in an object store",
        "s3_bucket_name s3_region_name s3_api_version s3_use_ssl s3_verify s3_endpoint_url "
        "s3_aws_access_key_id s3_aws_secret_access_key s3_aws_session_token s3_config s3_path "
        "gcs_bucket_name gcs_path_service_account gcs_path azure_account_url "
        "azure_blob_container"),
    ROW(CACHE, STRING, LATER, "cache on disk", "disk_cache_dir"),
};

const size_t sl_keys_litellm_n = sizeof sl_keys_litellm / sizeof *sl_keys_litellm;
