/* SPDX-License-Identifier: Apache-2.0 */
/* Configurations in the shapes that LiteLLM's users have: all are read without an error. */
#include "kit.h"

#include <unistd.h>

static const struct {
    const char *name, *yaml;
    size_t deployments;
} shapes[] = {
    { "one model", /* the first page of every guide */
      "model_list:\n"
      "  - model_name: gpt-4o\n"
      "    litellm_params:\n"
      "      model: openai/gpt-4o\n"
      "      api_key: os.environ/SL_SHAPE_KEY\n",
      1 },
    { "two regions of one model, by weight, and a shared proxy key",
      "model_list:\n"
      "- model_name: chat\n"
      "  litellm_params:\n"
      "    model: azure/chat-eu\n"
      "    api_base: https://eu.example.net/\n"
      "    api_version: \"2024-10-21\"\n"
      "    api_key: os.environ/SL_SHAPE_KEY\n"
      "    rpm: 900\n"
      "    tpm: 90000\n"
      "  model_info: {base_model: azure/gpt-4o, id: eu, access_groups: [beta]}\n"
      "- model_name: chat\n"
      "  litellm_params: {model: azure/chat-us, api_base: 'https://us.example.net/', rpm: 100}\n"
      "  model_info: {id: us, supports_vision: true, max_input_tokens: 128000}\n"
      "router_settings:\n"
      "  routing_strategy: usage-based-routing-v2\n"
      "  enable_pre_call_checks: true\n"
      "  redis_host: redis\n  redis_port: 6379\n  redis_password: hush\n"
      "general_settings:\n"
      "  master_key: sk-1234\n"
      "  database_url: postgresql://u:p@db/litellm\n"
      "  store_model_in_db: true\n"
      "  background_health_checks: true\n"
      "  health_check_interval: 300\n",
      2 },
    { "fallbacks, retries and cooldown in both sections",
      "model_list:\n"
      "- {model_name: small, litellm_params: {model: openai/gpt-4o-mini}}\n"
      "- {model_name: large, litellm_params: {model: anthropic/claude, max_tokens: 4096}}\n"
      "litellm_settings:\n"
      "  num_retries: 3\n"
      "  request_timeout: 10\n"
      "  fallbacks: [{small: [large]}]\n"
      "  context_window_fallbacks: [{small: [large]}]\n"
      "  default_fallbacks: [large]\n"
      "  allowed_fails: 3\n"
      "router_settings:\n"
      "  retry_policy: {BadRequestErrorRetries: 0, TimeoutErrorRetries: 2}\n"
      "  allowed_fails_policy: {RateLimitErrorAllowedFails: 100}\n"
      "  cooldown_time: 30\n"
      "  model_group_alias: {gpt-4: large, hidden-one: {model: small, hidden: true}}\n",
      2 },
    { "every provider by wildcard",
      "model_list:\n"
      "- {model_name: \"*\", litellm_params: {model: \"*\"}}\n"
      "- {model_name: \"openai/*\", litellm_params: {model: \"openai/*\", api_key: "
      "os.environ/SL_SHAPE_KEY}}\n"
      "- {model_name: \"bedrock/*\", litellm_params: {model: \"bedrock/*\", aws_region_name: "
      "us-east-1, aws_access_key_id: os.environ/SL_SHAPE_KEY, aws_secret_access_key: "
      "os.environ/SL_SHAPE_KEY}}\n"
      "- {model_name: \"v/*\", litellm_params: {model: \"vertex_ai/*\", vertex_project: p, "
      "vertex_location: europe-west1, vertex_credentials: /etc/key.json}}\n",
      4 },
    { "caching and logging",
      "model_list: []\n"
      "litellm_settings:\n"
      "  set_verbose: False\n"
      "  json_logs: true\n"
      "  cache: True\n"
      "  cache_params:\n"
      "    type: redis\n"
      "    host: localhost\n"
      "    port: 6379\n"
      "    ttl: 600\n"
      "    namespace: \"a.b\"\n"
      "    supported_call_types: [acompletion, aembedding]\n"
      "  success_callback: [\"langfuse\", \"prometheus\"]\n"
      "  failure_callback: [\"sentry\"]\n"
      "  callbacks: otel\n"
      "  service_callbacks: [prometheus_system]\n"
      "  turn_off_message_logging: true\n"
      "callback_settings:\n"
      "  otel: {message_logging: False}\n"
      "general_settings: {alerting: [slack], alerting_threshold: 300, alert_types: "
      "[llm_exceptions], "
      "alerting_args: {daily_report_frequency: 43200}}\n",
      0 },
    { "guardrails, tools, pass-through and credentials",
      "model_list:\n"
      "- model_name: m\n"
      "  litellm_params: {model: openai/m, litellm_credential_name: c, tags: [paid], max_budget: "
      "5, "
      "budget_duration: 1d, guardrails: [pii]}\n"
      "credential_list:\n"
      "- credential_name: c\n"
      "  credential_values: {api_key: os.environ/SL_SHAPE_KEY}\n"
      "  credential_info: {description: ours}\n"
      "guardrails:\n"
      "- guardrail_name: pii\n"
      "  litellm_params: {guardrail: presidio, mode: pre_call, default_on: true}\n"
      "mcp_servers:\n"
      "  files: {url: https://mcp.example.com, transport: http, auth_type: bearer_token, "
      "auth_value: hush}\n"
      "general_settings:\n"
      "  pass_through_endpoints:\n"
      "  - path: /v1/rerank\n"
      "    target: https://rerank.example.com\n"
      "    headers: {Authorization: \"bearer os.environ/KEY\", content-type: application/json}\n"
      "    auth: false\n",
      1 },
    { "keys and budgets",
      "general_settings: {master_key: sk-1, max_parallel_requests: 100, "
      "global_max_parallel_requests: 1000, enforce_user_param: true, token_rate_limit_type: "
      "output, "
      "maximum_spend_logs_retention_period: 7d, use_x_forwarded_for: on}\n"
      "litellm_settings: {max_budget: 100.5, budget_duration: 30d, default_key_generate_params: "
      "{max_budget: 1.5, models: [m]}, upperbound_key_generate_params: {duration: 30d}, "
      "default_team_settings: [{team_id: t}], cost_discount_config: {openai: 0.05}, "
      "priority_reservation: {prod: 0.9}}\n",
      0 },
};

static void configurations_of_litellm_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        struct loaded l;

        kit_load(&l, shapes[i].yaml);
        if (l.status < 0)
            fail_msg("%s: %s", shapes[i].name, l.err.message);
        assert_int_equal(l.s->n_deployments, shapes[i].deployments);
        assert_unreported(l, "unknown key");
        kit_unload(&l);
    }
}

static void keys_of_later_work_are_named(void **state)
{
    static const char *const keys[] = { "router_settings.redis_password",
                                        "litellm_settings.service_callbacks",
                                        "general_settings.store_model_in_db",
                                        "model_list[0].litellm_params.max_budget",
                                        "guardrails",
                                        "mcp_servers",
                                        "litellm_settings.cache_params.namespace" };

    (void)state;
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
        bool found = false;

        for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
            char line[200];
            struct loaded l;

            snprintf(line, sizeof line, " %s: not yet in force", keys[k]);
            load_good(l, shapes[i].yaml);
            found |= kit_reports(&l, line);
            kit_unload(&l);
        }
        if (!found)
            fail_msg("%s", keys[k]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(configurations_of_litellm_are_read),
        cmocka_unit_test(keys_of_later_work_are_named),
    };

    setenv("SL_SHAPE_KEY", "sk-shape", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
