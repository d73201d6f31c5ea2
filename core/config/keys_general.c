/* SPDX-License-Identifier: Apache-2.0 */
/* keys_general.c - the table of keys, last part: general_settings and the blocks of later use. */
#include "config/keys.h"

#define ROW(section, type, state, text, names)                                                     \
    {                                                                                              \
        SL_IN_##section, SL_TYPE_##type, SL_##state, SL_USE_NONE, SL_IN_NOTHING, text, names       \
    }
#define NEST(section, type, state, inside, text, names)                                            \
    {                                                                                              \
        SL_IN_##section, SL_TYPE_##type, SL_##state, SL_USE_NONE, SL_IN_##inside, text, names      \
    }

const struct sl_key_row sl_keys_general[] = {
    ROW(GENERAL, SECRET, NOW, "", "master_key"),
    ROW(GENERAL, AMOUNT, NOW, "", "max_request_size_mb max_response_size_mb"),
    ROW(GENERAL, AMOUNT, NOW, "sluice's own: bodies of all calls together", "max_in_flight_mb"),
    ROW(GENERAL, INT, NOW, "sluice's own: responses made in the background at a time",
        "max_background_responses"),
    NEST(GENERAL, MAP, NOW, OBJECTS, "sluice's own: what is kept between calls (stored responses)",
         "object_store"),
    ROW(OBJECTS, STRING, START, "memory, or sqlite", "type"),
    ROW(OBJECTS, STRING, START, "of the SQLite file; else objects.db in $SLUICE_STATE_DIR", "path"),
    ROW(OBJECTS, AMOUNT, START, "", "max_size_mb"),
    ROW(OBJECTS, SECONDS, NOW, "how long a response is kept; 30 days", "ttl"),
    ROW(GENERAL, SECONDS, NOW, "sluice's own: between two pieces of a request's body; 60",
        "body_timeout"),
    ROW(GENERAL, INT, NOW, "", "global_max_parallel_requests"),
    ROW(GENERAL, INT, LATER, "limits of a key", "max_parallel_requests"),
    ROW(GENERAL, SECRET, LATER, "database", "database_url"),
    ROW(GENERAL, AMOUNT, LATER, "database",
        "database_connection_pool_limit database_connection_timeout "
        "database_connection_pool_timeout database_connect_timeout database_socket_timeout"),
    ROW(GENERAL, ANY, LATER, "database",
        "database_extra_connection_params supported_db_objects use_redis_transaction_buffer"),
    ROW(GENERAL, BOOL, LATER, "database",
        "database_disable_prepared_statements store_model_in_db "
        "allow_requests_on_db_unavailable"),
    ROW(GENERAL, BOOL, NEVER, "there is no Prisma", "disable_prisma_schema_update"),
    ROW(GENERAL, BOOL, LATER, "budgets", "fail_closed_budget_enforcement"),
    ROW(GENERAL, STRING, NEVER, "Python functions; write a plugin",
        "custom_auth custom_key_generate custom_key_update custom_sso "
        "custom_ui_sso_sign_in_handler"),
    ROW(GENERAL, ANY, NEVER, "Python functions; write a plugin",
        "custom_auth_settings custom_auth_run_common_checks"),
    ROW(GENERAL, STRING, LATER, "keys in another header", "litellm_key_header_name"),
    ROW(GENERAL, BOOL, LATER, "sign-on",
        "enable_jwt_auth enable_oauth2_auth enable_oauth2_proxy_auth enforce_rbac"),
    ROW(GENERAL, ANY, LATER, "sign-on", "litellm_jwtauth oauth2_config_mappings role_permissions"),
    ROW(GENERAL, STRINGS, LATER, "rights by route",
        "allowed_routes admin_only_routes public_routes"),
    ROW(GENERAL, STRINGS, LATER, "rights by address", "allowed_ips"),
    ROW(GENERAL, BOOL, LATER, "rights by address", "use_x_forwarded_for"),
    ROW(GENERAL, STRING, LATER, "limits", "token_rate_limit_type"),
    ROW(GENERAL, BOOL, LATER, "required parameters",
        "enforce_user_param reject_clientside_metadata_tags"),
    ROW(GENERAL, STRINGS, LATER, "required parameters", "enforced_params"),
    ROW(GENERAL, BOOL, LATER, "credentials from clients",
        "allow_client_side_credentials use_client_credentials_pass_through_routes"),
    ROW(GENERAL, ANY, LATER, "end users", "user_header_name user_header_mappings"),
    ROW(GENERAL, BOOL, LATER, "header forwarding",
        "forward_client_headers_to_llm_api forward_openai_org_id "
        "forward_llm_provider_auth_headers"),
    ROW(GENERAL, STRING, LATER, "a fixed model for each kind of call",
        "completion_model embedding_model image_generation_model moderation_model"),
    ROW(GENERAL, BOOL, LATER, "models of the providers", "infer_model_from_keys"),
    ROW(GENERAL, BOOL, LATER, "spend log",
        "disable_spend_logs disable_spend_updates disable_error_logs disable_reset_budget "
        "disable_adding_master_key_hash_to_db disable_master_key_return "
        "disable_retry_on_max_parallel_request_limit_error disable_responses_id_security "
        "store_prompts_in_spend_logs"),
    ROW(GENERAL, ANY, LATER, "spend log",
        "maximum_spend_logs_retention_period maximum_spend_logs_retention_interval "
        "maximum_spend_logs_cleanup_cron proxy_batch_write_at proxy_budget_rescheduler_min_time "
        "proxy_budget_rescheduler_max_time proxy_batch_polling_interval user_api_key_cache_ttl "
        "spend_report_frequency"),
    ROW(GENERAL, BOOL, NOW, "",
        "background_health_checks enable_health_check_routing "
        "health_check_ignore_transient_errors"),
    ROW(GENERAL, BOOL, LATER, "state shared through Redis", "use_shared_health_check"),
    ROW(GENERAL, BOOL_ON, NOW, "", "health_check_details"),
    ROW(GENERAL, INT, NOW, "",
        "health_check_interval health_check_concurrency health_check_staleness_threshold"),
    ROW(GENERAL, ANY, LATER, "alerts",
        "alerting alerting_threshold alert_types alert_to_webhook_url alert_type_config "
        "email_settings"),
    NEST(GENERAL, MAP, LATER, ALERTING, "alerts", "alerting_args"),
    NEST(GENERAL, MAPS, NOW, AWS_CLIENT, "sluice's own: clients that sign as AWS has it",
         "aws_client_credentials"),
    ROW(AWS_CLIENT, SECRET, NOW, "", "access_key_id secret_access_key key"),
    NEST(GENERAL, MAPS, NOW, PASS, "", "pass_through_endpoints"),
    ROW(GENERAL, SECONDS, NOW, "for pass_through_endpoints", "pass_through_request_timeout"),
    ROW(GENERAL, STRINGS, NOW,
        "sluice's own: providers whose own API is open at /PROVIDER/ with the key of the "
        "environment; those of model_list are",
        "pass_through_providers"),
    ROW(GENERAL, STRING, LATER, "secret managers", "key_management_system"),
    ROW(GENERAL, MAP, LATER, "secret managers", "key_management_settings"),
    ROW(GENERAL, BOOL, LATER, "secret managers", "use_google_kms use_azure_key_vault"),
    ROW(GENERAL, ANY, LATER, "user interface",
        "ui_access_mode auto_redirect_ui_login_to_sso control_plane_url disable_show_chat_ui"),
    ROW(GENERAL, BOOL, LATER, "teams", "default_team_disabled"),
    ROW(GENERAL, MAP, LATER, "virtual keys", "service_account_settings"),
    ROW(GENERAL, SECRET, NEVER, "everything is free here", "litellm_license"),
    ROW(GENERAL, ANY, LATER, "tool servers",
        "mcp_client_side_auth_header_name mcp_internal_ip_ranges mcp_trusted_proxy_ranges "
        "mcp_required_fields enable_mcp_registry require_end_user_mcp_access_defined "
        "user_mcp_management_mode"),
    ROW(GENERAL, ANY, LATER, "search tools", "search_tools"),
    ROW(GENERAL, BOOL, LATER, "usage in every stream", "always_include_stream_usage"),
    ROW(GENERAL, BOOL, LATER, "draining by HTTP", "enable_drain_endpoint"),
    ROW(GENERAL, SECRET, LATER, "draining by HTTP", "drain_endpoint_token"),
    ROW(GENERAL, BOOL_ON, NOW, "a client that leaves always ends its call", "cancel_on_disconnect"),
    ROW(GENERAL, BOOL, LATER, "spend log",
        "scope_spend_list_endpoints_to_caller legacy_unscoped_spend_list_endpoints"),
    ROW(GENERAL, ANY, LATER, "files and batches",
        "disable_batch_input_file_rate_limiting "
        "skip_batch_input_file_rate_limiting_for_providers "
        "skip_batch_input_file_rate_limiting_for_models"),
    ROW(GENERAL, BOOL, LATER, "robots.txt", "block_robots"),
    ROW(GENERAL, BOOL, LATER, "log sinks", "otel"),
    ROW(ALERTING, INT, LATER, "alerts",
        "daily_report_frequency report_check_interval budget_alert_ttl outage_alert_ttl "
        "region_outage_alert_ttl minor_outage_alert_threshold major_outage_alert_threshold "
        "max_outage_alert_list_size"),
    ROW(ALERTING, BOOL, LATER, "alerts", "log_to_console"),
    ROW(PASS, STRING, NOW, "", "id path target"),
    ROW(PASS, MAP, NOW, "litellm_user_api_key in it is not in force", "headers"),
    ROW(PASS, MAP, NOW, "", "default_query_params"),
    ROW(PASS, MAP, LATER, "guardrails", "guardrails"),
    ROW(PASS, BOOL, NOW, "", "include_subpath forward_headers"),
    ROW(PASS, BOOL_ON, NOW, "", "auth"),
    ROW(PASS, AMOUNT, NOW, "", "cost_per_request"),
    ROW(PASS, SECONDS, NOW, "", "timeout"),
    ROW(PASS, STRINGS, NOW, "", "methods"),
    ROW(GUARDRAIL, STRING, LATER, "guardrails", "guardrail_name"),
    ROW(GUARDRAIL, MAP, LATER, "guardrails", "litellm_params guardrail_info"),
};

const size_t sl_keys_general_n = sizeof sl_keys_general / sizeof *sl_keys_general;
