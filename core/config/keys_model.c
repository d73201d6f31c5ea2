/* SPDX-License-Identifier: Apache-2.0 */
/* keys_model.c - the table of keys, first part: top level, model_list, plugins. */
#include "config/keys.h"

#define ROW(section, type, state, text, names)                                                     \
    {                                                                                              \
        SL_IN_##section, SL_TYPE_##type, SL_##state, SL_USE_NONE, SL_IN_NOTHING, text, names       \
    }
#define NEST(section, type, state, inside, text, names)                                            \
    {                                                                                              \
        SL_IN_##section, SL_TYPE_##type, SL_##state, SL_USE_NONE, SL_IN_##inside, text, names      \
    }
#define PARAM(type, use, text, names)                                                              \
    {                                                                                              \
        SL_IN_PARAMS, SL_TYPE_##type, SL_NOW, SL_USE_##use, SL_IN_NOTHING, text, names             \
    }

/* The same names in litellm_params, which win, and in model_info: settings_known.c. */
#define PRICES                                                                                     \
    "cache_creation_input_token_cost cache_creation_input_token_cost_above_1hr "                   \
    "cache_creation_input_token_cost_above_200k_tokens cache_read_input_token_cost "               \
    "cache_read_input_token_cost_flex cache_read_input_token_cost_priority "                       \
    "cache_read_input_token_cost_above_200k_tokens input_cost_per_token_flex "                     \
    "input_cost_per_token_priority input_cost_per_token_batches "                                  \
    "input_cost_per_token_above_128k_tokens input_cost_per_token_above_200k_tokens "               \
    "input_cost_per_token_cache_hit output_cost_per_token_flex output_cost_per_token_priority "    \
    "output_cost_per_token_batches output_cost_per_token_above_128k_tokens "                       \
    "output_cost_per_token_above_200k_tokens input_cost_per_audio_token "                          \
    "output_cost_per_audio_token output_cost_per_reasoning_token input_cost_per_image "            \
    "input_cost_per_image_token output_cost_per_image output_cost_per_image_token "                \
    "input_cost_per_query input_cost_per_character output_cost_per_character "                     \
    "input_cost_per_second output_cost_per_second input_cost_per_video_per_second "                \
    "output_cost_per_video_per_second ocr_cost_per_page"

const struct sl_key_row sl_keys_model[] = {
    /* top level */
    NEST(TOP, MAPS, NOW, MODEL, "", "model_list"),
    NEST(TOP, MAP, NOW, LITELLM, "", "litellm_settings"),
    NEST(TOP, MAP, NOW, ROUTER, "", "router_settings"),
    NEST(TOP, MAP, NOW, GENERAL, "", "general_settings"),
    ROW(TOP, MAP, NOW,
        "seen by os.environ/ and the providers; the process's environment is left alone",
        "environment_variables"),
    ROW(TOP, STRINGS, NOW, "", "include"),
    NEST(TOP, MAPS, NOW, CREDENTIAL, "", "credential_list"),
    ROW(TOP, MAP, NOW, "the configuration of each logger plugin", "callback_settings"),
    NEST(TOP, MAP, NOW, PLUGINS, "sluice's own", "plugins"),
    NEST(TOP, MAPS, LATER, GUARDRAIL, "guardrails", "guardrails"),
    ROW(TOP, ANY, LATER, "policies", "policies policy_attachments"),
    ROW(TOP, LIST, LATER, "prompt management", "prompts"),
    ROW(TOP, ANY, LATER, "tool servers", "mcp_servers mcp_tools"),
    ROW(TOP, ANY, LATER, "agents", "agent_list"),
    ROW(TOP, ANY, LATER, "search tools", "search_tools"),
    ROW(TOP, ANY, LATER, "vector stores", "vector_store_registry"),
    ROW(TOP, ANY, LATER, "files, batches and fine-tuning", "files_settings finetune_settings"),
    ROW(TOP, MAP, LATER, "pass-through", "default_vertex_config"),
    ROW(TOP, ANY, NEVER, "the assistants API is gone", "assistant_settings"),
    /* model_list[] */
    ROW(MODEL, STRING, NOW, "", "model_name"),
    NEST(MODEL, MAP, NOW, PARAMS, "", "litellm_params"),
    NEST(MODEL, MAP, NOW, INFO, "", "model_info"),
    /* credential_list[] */
    ROW(CREDENTIAL, STRING, NOW, "", "credential_name"),
    NEST(CREDENTIAL, MAP, NOW, PARAMS, "", "credential_values"),
    ROW(CREDENTIAL, MAP, NEVER, "a note for people", "credential_info"),
    /* litellm_params: what the gateway itself reads */
    PARAM(STRING, FIELD, "", "model"),
    PARAM(STRING, FIELD, "", "custom_llm_provider"),
    PARAM(SECRET, FIELD, "", "api_key"),
    PARAM(STRING, FIELD, "", "api_base base_url aws_bedrock_runtime_endpoint"),
    PARAM(STRING, FIELD, "", "litellm_credential_name"),
    PARAM(INT, FIELD, "a weight for simple-shuffle, a limit for others", "rpm tpm"),
    PARAM(AMOUNT, FIELD, "", "weight"),
    PARAM(SECONDS, FIELD, "", "timeout request_timeout stream_timeout"),
    PARAM(SECONDS, FIELD, "", "ttft_timeout stream_idle_timeout"),
    PARAM(AMOUNT, FIELD, "sluice's own: the least speed of a stream",
          "stream_min_tokens_per_second"),
    PARAM(INT, FIELD, "", "num_retries"),
    PARAM(MAP, FIELD, "", "extra_headers headers extra_body"),
    PARAM(BOOL, FIELD, "", "drop_params use_in_pass_through merge_reasoning_content_in_choices"),
    PARAM(STRINGS, FIELD, "", "additional_drop_params allowed_openai_params"),
    PARAM(STRING, FIELD, "", "base_model"),
    PARAM(BOOL_OR_STRING, FIELD, "", "ssl_verify"),
    PARAM(STRING_OR_STRINGS, FIELD, "", "organization"),
    PARAM(PRICE, FIELD, "", "input_cost_per_token output_cost_per_token"),
    PARAM(MAP, FIELD, "sluice's own: more members of the provider plugin's configuration",
          "provider_config"),
    PARAM(STRINGS, FIELD, "sluice's own: keys that take turns", "api_keys"),
    PARAM(SECONDS, FIELD, "", "cooldown_time"),
    { SL_IN_PARAMS, SL_TYPE_MAP, SL_NOW, SL_USE_FIELD, SL_IN_FAILS, "", "allowed_fails_policy" },
    PARAM(INT, FIELD, "", "order"),
    PARAM(STRING, FIELD, "a model group that gets a copy of each call", "silent_model"),
    PARAM(INT, FIELD, "", "max_parallel_requests"),
    PARAM(STRINGS, FIELD, "", "tags"),
    /* what the provider reads */
    PARAM(STRING, PROVIDER, "read by the provider",
          "api_version region_name watsonx_region_name project_id space_id account_id workspace "
          "token_type chat_id site_url app_name s3_bucket_name s3_output_bucket_name "
          "s3_region_name s3_encryption_key_id aws_batch_role_arn"),
    PARAM(SECRET, PROVIDER, "read by the provider", "token zen_api_key"),
    /* what authentication reads; a provider that takes none of its schemes reads them itself */
    PARAM(STRING, CREDENTIAL, "authentication",
          "aws_region_name aws_session_name aws_profile_name aws_role_name aws_sts_endpoint "
          "aws_external_id vertex_project vertex_location tenant_id client_id azure_username "
          "azure_scope azure_ad_token_provider"),
    PARAM(SECRET, CREDENTIAL, "authentication",
          "aws_access_key_id aws_secret_access_key aws_session_token aws_web_identity_token "
          "azure_ad_token client_secret azure_password"),
    PARAM(ANY, CREDENTIAL, "authentication", "vertex_credentials"),
    PARAM(ANY, MOCK, "answered without network", "mock_response mock_tool_calls"),
    PARAM(SECONDS, MOCK, "", "mock_delay mock_chunk_delay"),
    PARAM(BOOL, MOCK, "", "mock_timeout"),
    /* request parameters with a default of the deployment's; the client's value wins */
    PARAM(ANY, REQUEST, "a default that the client's value replaces",
          "temperature top_p top_k top_n top_a min_p typical_p n seed stop stop_sequences logprobs "
          "top_logprobs max_tokens max_completion_tokens max_output_tokens presence_penalty "
          "frequency_penalty repetition_penalty length_penalty logit_bias user tools tool_choice "
          "functions function_call parallel_tool_calls response_format reasoning "
          "reasoning_effort thinking modalities audio prediction stream stream_options store "
          "metadata service_tier verbosity prompt_cache_key prompt_cache_retention "
          "safety_identifier web_search_options suffix echo best_of input input_type dimensions "
          "encoding_format voice speed size quality style language prompt safety_settings "
          "guardrailConfig chat_template_kwargs provider transforms models route plugins "
          "ignore_eos min_tokens num_ctx num_predict keep_alive cache_control return_documents"),
    /* not yet, or not at all */
    ROW(PARAMS, INT, NEVER, "one place retries: num_retries", "max_retries"),
    ROW(PARAMS, AMOUNT, LATER, "budgets", "max_budget"),
    ROW(PARAMS, STRING, LATER, "budgets", "budget_duration"),
    PARAM(PRICE, FIELD, "", PRICES),
    ROW(PARAMS, PRICE, LATER, "prices by pixel and by citation",
        "input_cost_per_pixel output_cost_per_pixel citation_cost_per_token"),
    ROW(PARAMS, ANY, LATER, "prices other than per token of text",
        "search_context_cost_per_query tiered_pricing"),
    ROW(PARAMS, BOOL, LATER, "cache controls of a deployment", "caching"),
    ROW(PARAMS, MAP, LATER, "cache controls of a deployment", "cache"),
    ROW(PARAMS, LIST, LATER, "credentials from clients", "configurable_clientside_auth_params"),
    ROW(PARAMS, BOOL_ON, LATER, "system messages as user messages", "supports_system_message"),
    ROW(PARAMS, ANY, LATER, "prompt templates",
        "initial_prompt_value roles final_prompt_value bos_token eos_token"),
    ROW(PARAMS, ANY, LATER, "prompt management",
        "prompt_id prompt_variables prompt_label prompt_version"),
    ROW(PARAMS, LIST, LATER, "guardrails", "guardrails"),
    ROW(PARAMS, ANY, LATER, "semantic and adaptive routing",
        "auto_router_config_path auto_router_config auto_router_default_model "
        "auto_router_embedding_model complexity_router_config complexity_router_default_model "
        "adaptive_router_config adaptive_router_default_model"),
    ROW(PARAMS, BOOL, LATER, "another proxy as provider", "use_litellm_proxy"),
    ROW(PARAMS, AMOUNT, LATER, "audio transcription", "max_file_size_mb"),
    ROW(PARAMS, STRING, LATER, "files and batches of Vertex", "gcs_bucket_name"),
    ROW(PARAMS, SECRET, NEVER, "the deployment's own AWS credentials are used",
        "s3_access_key_id s3_secret_access_key"),
    ROW(PARAMS, STRING, LATER, "files and batches", "s3_endpoint_url"),
    ROW(PARAMS, STRING, LATER, "vector stores",
        "vector_store_id milvus_text_field vector_bucket_name index_name embedding_model"),
    ROW(PARAMS, STRING, LATER, "log sinks of a deployment",
        "langfuse_public_key langfuse_secret langfuse_secret_key langfuse_host langsmith_api_key "
        "langsmith_project langsmith_base_url"),
    ROW(PARAMS, BOOL, NEVER, "names an implementation detail of LiteLLM", "rust"),
    /* model_info: all of it is kept and shown; these are read */
    ROW(INFO, TEXT, NOW, "", "id"),
    ROW(INFO, STRING, NOW, "", "mode base_model"),
    ROW(INFO, PRICE, NOW, "", "input_cost_per_token output_cost_per_token " PRICES),
    ROW(INFO, BOOL, NOW, "for the checks before a call",
        "supports_function_calling supports_tool_choice supports_parallel_function_calling "
        "supports_response_schema supports_vision supports_pdf_input supports_audio_input "
        "supports_video_input supports_audio_output supports_reasoning supports_web_search "
        "supports_prompt_caching supports_assistant_prefill supports_system_messages "
        "supports_computer_use supports_url_context supports_code_execution"),
    ROW(INFO, INT, NOW, "a weight for simple-shuffle, a limit for others", "rpm tpm"),
    ROW(INFO, STRINGS, LATER, "rights of keys and teams: there are none without virtual keys",
        "access_groups"),
    ROW(INFO, STRING, NOW, "sluice's own: the name of this arm of a trial, in records", "variant"),
    ROW(INFO, STRINGS, LATER, "environments", "supported_environments"),
    ROW(INFO, INT, NOW, "", "max_tokens max_input_tokens max_output_tokens output_vector_size"),
    ROW(INFO, STRING, NOW, "only calls of that team see it; teams come with virtual keys",
        "team_id team_public_model_name"),
    ROW(INFO, BOOL, NOW, "", "disable_background_health_check"),
    ROW(INFO, STRING, NOW, "",
        "health_check_model health_check_voice health_check_reasoning_effort"),
    ROW(INFO, SECONDS, NOW, "", "health_check_timeout"),
    ROW(INFO, INT, NOW, "",
        "health_check_max_tokens health_check_max_tokens_reasoning "
        "health_check_max_tokens_non_reasoning"),
    ROW(INFO, MAP, LATER, "token counting", "custom_tokenizer"),
    ROW(INFO, ANY, NOW, "kept and shown",
        "tier version created_at created_by updated_at updated_by db_model"),
    /* plugins */
    ROW(PLUGINS, STRING_OR_STRINGS, START, "the folders looked into, and no others", "path"),
    ROW(PLUGINS, STRING, NOW, "", "load"),
    ROW(PLUGINS, MAP, START, "", "sha256"),
};

const size_t sl_keys_model_n = sizeof sl_keys_model / sizeof *sl_keys_model;
