/* SPDX-License-Identifier: Apache-2.0 */
/* What the settings hold after a load: defaults, deployments, names, numbers, plugins. */
#include "kit.h"
#include "format/json_scan.h"

#define MODEL "model_list:\n- model_name: m\n  litellm_params:\n    model: mock/m\n"

static void defaults_hold_where_the_file_is_silent(void **state)
{
    struct loaded l;

    (void)state;
    kit_load(&l, ""); /* neither file nor text: what the environment offers */
    assert_int_equal(l.status, SLUICE_OK);
    assert_int_equal(l.s->n_deployments, 0);
    assert_null(l.s->master_key);
    assert_int_equal(l.s->request_timeout_ms, 6000000);
    assert_int_equal(l.s->limits.timeout_ms, -1);
    assert_int_equal(l.s->limits.stream_timeout_ms, -1);
    assert_int_equal(l.s->num_retries, 2);
    assert_int_equal(l.s->retry_after_ms, 0);
    assert_span(l.s->routing_strategy, "simple_shuffle");
    assert_span(l.s->routing_args, "{}");
    assert_false(l.s->cache);
    assert_span(l.s->cache_plugin, "memory");
    assert_true(l.s->cache_default_on);
    assert_int_equal(l.s->max_request_bytes, 100 << 20);
    assert_int_equal(l.s->max_response_bytes, 100 << 20);
    assert_int_equal(l.s->max_bytes_in_flight, 1 << 30);
    assert_int_equal(l.s->max_parallel_requests, -1);
    kit_unload(&l);
}

static void a_deployment_has_its_defaults(void **state)
{
    const struct sl_deployment_settings *d;
    struct loaded l;

    (void)state;
    load_good(l, MODEL);
    d = &l.s->deployments[0];
    assert_span(d->model_name, "m");
    assert_span(d->provider, "mock");
    assert_span(d->model, "m");
    assert_span(d->config, "{}");
    assert_span(d->model_info, "{}");
    assert_int_equal(d->id.len, 64);
    assert_null(d->api_key);
    assert_true(d->weight_ppm == -1 && d->order == -1 && d->rpm == -1 && d->tpm == -1);
    assert_true(d->limits.timeout_ms == -1 && d->limits.stream_timeout_ms == -1 &&
                d->num_retries == -1);
    assert_true(d->input_pico_usd == -1 && d->output_pico_usd == -1 && d->max_parallel == -1);
    assert_false(d->drop_params || d->insecure);
    assert_int_equal(d->n_defaults + d->n_drop + d->n_allow + d->mock_response.len, 0);
    kit_unload(&l);
}

static void a_deployment_says_everything(void **state)
{
    const struct sl_deployment_settings *d;
    struct loaded l;

    (void)state;
    load_good(l,
              "litellm_settings: {drop_params: true, ssl_verify: false}\n" MODEL
              "    api_base: https://example.com/v1\n    api_key: sk-1\n    rpm: 600\n"
              "    weight: 2.5\n    order: 1\n    timeout: 30\n    stream_timeout: 0.25\n"
              "    num_retries: 0\n    input_cost_per_token: 1.5e-07\n    region_name: eu\n"
              "    drop_params: false\n    additional_drop_params: [a.b, c]\n"
              "    allowed_openai_params: [d]\n    tags: [free, \"q\\\"\"]\n    temperature: 0.5\n"
              "    stop: [x]\n    my_own: {a: 1}\n    extra_headers: {X-A: b, X-N: 5}\n"
              "    headers: {X-C: d}\n    api_version: '2024-10-21'\n    client_secret: s1\n"
              "    provider_config: {depth: 2, a_password: s2}\n    ssl_verify: true\n"
              "  model_info: {id: 7, mode: chat, base_model: b, tpm: 9, "
              "output_cost_per_token: 0.0000006, more: ~}\n");
    d = &l.s->deployments[0];
    assert_span(d->api_base, "https://example.com/v1");
    assert_span(sl_secret_reveal(d->api_key), "sk-1");
    assert_int_equal(d->rpm, 600);
    assert_int_equal(d->tpm, 9);
    assert_int_equal(d->weight_ppm, 2500000);
    assert_int_equal(d->order, 1);
    assert_int_equal(d->limits.timeout_ms, 30000);
    assert_int_equal(d->limits.stream_timeout_ms, 250);
    assert_int_equal(d->num_retries, 0);
    assert_int_equal(d->input_pico_usd, 150000);
    assert_int_equal(d->output_pico_usd, 600000);
    assert_span(d->region, "eu");
    assert_false(d->drop_params);
    assert_false(d->insecure);
    assert_int_equal(d->n_drop, 2);
    assert_span(d->drop[0], "a.b");
    assert_int_equal(d->n_allow, 1);
    assert_span(d->tags, "[\"free\",\"q\\\"\"]");
    assert_int_equal(d->n_defaults, 3);
    assert_span(d->defaults[0].name, "temperature");
    assert_span(d->defaults[0].value, "0.5");
    assert_span(d->defaults[1].value, "[\"x\"]");
    assert_span(d->defaults[2].value, "{\"a\":1}");
    assert_int_equal(d->n_extra_headers, 3);
    assert_span(d->extra_headers[1].value, "5");
    assert_span(d->extra_headers[2].name, "X-C");
    assert_span(d->config, "{\"region_name\":\"eu\",\"api_version\":\"2024-10-21\","
                           "\"allowed_openai_params\":[\"d\"],\"base_model\":\"b\","
                           "\"depth\":2,\"a_password\":\"secret:0\"}");
    assert_span(d->credential, "{\"client_secret\":\"secret:1\"}");
    assert_int_equal(l.s->n_secrets, 2);
    assert_span(sl_secret_reveal(l.s->secrets[1]), "s1");
    assert_span(sl_secret_reveal(l.s->secrets[0]), "s2");
    assert_span(d->id, "7");
    assert_span(d->mode, "chat");
    assert_span(d->base_model, "b");
    assert_span(d->model_info, "{\"id\":7,\"mode\":\"chat\",\"base_model\":\"b\",\"tpm\":9,"
                               "\"output_cost_per_token\":0.0000006,\"more\":null}");
    kit_unload(&l);
}

static void chat_by_responses_is_said_by_the_model_or_its_info(void **state)
{
    struct loaded l;

    (void)state;
    load_good(l, "model_list:\n"
                 "- {model_name: a, litellm_params: {model: openai/responses/o3}}\n"
                 "- {model_name: b, litellm_params: {model: openai/o3}, model_info: {mode: "
                 "responses}}\n"
                 "- {model_name: c, litellm_params: {model: openai/o3, provider_config: {mode: "
                 "chat}}, model_info: {mode: responses}}\n");
    for (size_t i = 0; i < 3; i++) {
        assert_span(l.s->deployments[i].model, "o3");
        assert_span(l.s->deployments[i].mode, "responses");
        assert_span(l.s->deployments[i].config,
                    i < 2 ? "{\"mode\":\"responses\"}" : "{\"mode\":\"chat\"}");
    }
    kit_unload(&l);
}

static void the_prefix_is_the_provider_unless_one_is_named(void **state)
{
    static const struct {
        const char *params, *provider, *model;
    } cases[] = {
        { "model: openai/gpt-x", "openai", "gpt-x" },
        { "model: \"anthropic/*\"", "anthropic", "*" },
        { "model: a/b/c", "a", "b/c" },
        { "model: gpt-x", "", "gpt-x" },
        { "model: \"*\"", "", "*" },
        { "model: b/c, custom_llm_provider: a", "a", "b/c" },
        { "model: a/b/c, custom_llm_provider: a", "a", "b/c" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[200];
        struct loaded l;

        snprintf(text, sizeof text, "model_list: [{model_name: m, litellm_params: {%s}}]",
                 cases[i].params);
        load_good(l, text);
        assert_span(l.s->deployments[0].provider, cases[i].provider);
        assert_span(l.s->deployments[0].model, cases[i].model);
        kit_unload(&l);
    }
}

static void a_mocked_deployment_is_configured_for_the_mock_alone(void **state)
{
    static const struct {
        const char *params, *answer, *config;
    } cases[] = {
        { "mock_response: \"hi\\n\", api_version: v", "\"hi\\n\"",
          "{\"mock_response\":\"hi\\n\"}" },
        { "mock_timeout: true, mock_delay: 0.5", "null",
          "{\"mock_timeout\":true,\"mock_delay\":0.5}" },
        { "mock_timeout: false, api_version: v", "",
          "{\"mock_timeout\":false,\"api_version\":\"v\"}" },
        { "mock_tool_calls: [{id: a}]", "null", "{\"mock_tool_calls\":[{\"id\":\"a\"}]}" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[300];
        struct loaded l;

        snprintf(text, sizeof text,
                 "model_list: [{model_name: m, litellm_params: {model: openai/x, %s}}]",
                 cases[i].params);
        load_good(l, text);
        assert_span(l.s->deployments[0].mock_response, cases[i].answer);
        assert_span(l.s->deployments[0].config, cases[i].config);
        kit_unload(&l);
    }
}

static void ids_are_stable_distinct_and_blind_to_secrets(void **state)
{
    struct loaded a, b;

    (void)state;
    load_good(a, "model_list:\n- {model_name: m, litellm_params: {model: x/y, api_key: k1}}\n"
                 "- {model_name: m, litellm_params: {model: x/y, api_key: k2}}\n"
                 "- {model_name: m, litellm_params: {model: x/y, rpm: 1}}\n");
    load_good(
        b, "# moved\n\nmodel_list:\n- {model_name: m, litellm_params: {model: x/y, api_key: k3}}\n"
           "- {model_name: m, litellm_params: {model: x/y, api_key: k4}}\n"
           "- {model_name: m, litellm_params: {model: x/y, rpm: 1}}\n");
    for (size_t i = 0; i < 3; i++) {
        assert_true(sl_span_eq(a.s->deployments[i].id, b.s->deployments[i].id));
        assert_false(sl_span_eq(a.s->deployments[i].id, a.s->deployments[(i + 1) % 3].id));
    }
    kit_unload(&a);
    kit_unload(&b);
}

static void a_list_of_organizations_makes_one_deployment_each(void **state)
{
    struct loaded l;

    (void)state;
    load_good(l, MODEL "    organization: [org-1, org-2]\n  model_info: {id: a}\n");
    assert_int_equal(l.s->n_deployments, 2);
    assert_span(l.s->deployments[0].config, "{\"organization\":\"org-1\"}");
    assert_span(l.s->deployments[1].config, "{\"organization\":\"org-2\"}");
    assert_span(l.s->deployments[0].id, "a");
    assert_span(l.s->deployments[1].id, "a-2");
    kit_unload(&l);
}

static void parameters_come_from_credential_and_router_too(void **state)
{
    const struct sl_deployment_settings *d;
    struct loaded l;

    (void)state;
    load_good(
        l, "credential_list:\n- credential_name: c\n  credential_values: {api_key: k, api_base: "
           "'http://c'}\nrouter_settings: {default_litellm_params: {timeout: 5, temperature: 1, "
           "api_base: 'http://r'}}\n" MODEL "    litellm_credential_name: c\n    temperature: 0\n");
    d = &l.s->deployments[0];
    assert_span(sl_secret_reveal(d->api_key), "k");
    assert_span(d->api_base, "http://c");
    assert_int_equal(d->limits.timeout_ms, 5000);
    assert_int_equal(d->n_defaults, 1);
    assert_span(d->defaults[0].value, "0");
    kit_unload(&l);
}

static void a_provider_key_serves_deployments_without_one(void **state)
{
    struct loaded l;

    (void)state;
    load_good(l, "litellm_settings: {mock_key: k}\n" MODEL
                 "- {model_name: n, litellm_params: {model: mock/n, api_key: own}}\n"
                 "- {model_name: o, litellm_params: {model: other/o}}\n");
    assert_span(sl_secret_reveal(l.s->deployments[0].api_key), "k");
    assert_span(sl_secret_reveal(l.s->deployments[1].api_key), "own");
    assert_null(l.s->deployments[2].api_key);
    assert_reported(l, "exact <text>:1:20 litellm_settings.mock_key: for deployments of provider");
    kit_unload(&l);
}

static void variables_are_replaced_wherever_they_stand(void **state)
{
    const struct sl_deployment_settings *d;
    struct loaded l;

    (void)state;
    setenv("SL_TEST_VAR", "from-outside", 1);
    setenv("SL_TEST_RPM", "60", 1);
    load_good(l, "environment_variables: {SL_TEST_OWN: own, SL_TEST_TWICE: os.environ/SL_TEST_VAR, "
                 "SL_TEST_INT: 5}\n" MODEL
                 "    api_key: os.environ/SL_TEST_OWN\n    rpm: os.environ/SL_TEST_RPM\n"
                 "    extra_body: {l: [os.environ/SL_TEST_VAR, {m: os.environ/SL_TEST_TWICE}], t: "
                 "a os.environ/SL_TEST_VAR}\n");
    d = &l.s->deployments[0];
    assert_span(sl_secret_reveal(d->api_key), "own");
    assert_int_equal(d->rpm, 60);
    assert_reported(l, "exact <text>:7:5 model_list[0].litellm_params.rpm: ");
    assert_span(d->extra_body[0].value, "[\"from-outside\",{\"m\":\"from-outside\"}]");
    assert_span(d->extra_body[1].value, "\"a os.environ/SL_TEST_VAR\"");
    assert_span(sl_settings_env(l.s, "SL_TEST_OWN"), "own");
    assert_span(sl_settings_env(l.s, "SL_TEST_INT"), "5");
    assert_span(sl_settings_env(l.s, "SL_TEST_VAR"), "from-outside");
    assert_null(sl_settings_env(l.s, "SL_TEST_NOBODY").ptr);
    assert_null(getenv("SL_TEST_OWN"));
    kit_unload(&l);
    unsetenv("SL_TEST_VAR");
    unsetenv("SL_TEST_RPM");
}

static void an_unset_key_leaves_the_choice_to_the_provider(void **state)
{
    struct loaded l;

    (void)state;
    load_good(l, MODEL "    api_key: os.environ/SL_TEST_NOBODY\n");
    assert_null(l.s->deployments[0].api_key);
    assert_reported(l, "ignored <text>:5:14 model_list[0].litellm_params.api_key: the environment "
                       "has no SL_TEST_NOBODY; the provider's own variable is tried\n");
    assert_unreported(l, "null: as if");
    kit_unload(&l);
}

static void the_master_key_may_come_from_the_environment(void **state)
{
    struct loaded l;

    (void)state;
    load_good(l, "environment_variables: {LITELLM_MASTER_KEY: sk-env}");
    assert_span(sl_secret_reveal(l.s->master_key), "sk-env");
    kit_unload(&l);
    load_good(l, "environment_variables: {LITELLM_MASTER_KEY: sk-env}\n"
                 "general_settings: {master_key: sk-file}\n");
    assert_span(sl_secret_reveal(l.s->master_key), "sk-file");
    kit_unload(&l);
}

static void sections_fill_the_settings(void **state)
{
    struct loaded l;

    (void)state;
    load_good(l,
              "general_settings: {max_request_size_mb: 1.5, max_response_size_mb: 0, "
              "global_max_parallel_requests: 9, max_in_flight_mb: 2}\n"
              "router_settings: {num_retries: 5, timeout: 9.5, stream_timeout: 3, retry_after: 1, "
              "routing_strategy: com.acme.best, routing_strategy_args: {a: 1}, model_group_alias: "
              "{a: m, b: {model: m, hidden: true}}}\n"
              "litellm_settings: {num_retries: 1, request_timeout: 7}\n"
              "plugins: {path: [/a, /b], load: all, sha256: {x: "
              "0123456789abcdef0123456789abcdef0123456789abcdef0123456789ABCDEF}}\n");
    assert_int_equal(l.s->max_request_bytes, 1572864);
    assert_int_equal(l.s->max_response_bytes, 100 << 20);
    assert_int_equal(l.s->max_bytes_in_flight, 2 << 20);
    assert_int_equal(l.s->max_parallel_requests, 9);
    assert_int_equal(l.s->num_retries, 5);
    assert_int_equal(l.s->limits.timeout_ms, 9500);
    assert_int_equal(l.s->limits.stream_timeout_ms, 3000);
    assert_int_equal(l.s->retry_after_ms, 1000);
    assert_int_equal(l.s->request_timeout_ms, 7000);
    assert_span(l.s->routing_strategy, "com.acme.best");
    assert_span(l.s->routing_args, "{\"a\":1}");
    assert_int_equal(l.s->n_aliases, 2);
    assert_span(l.s->aliases[1].name, "b");
    assert_span(l.s->aliases[1].value, "m");
    assert_int_equal(l.s->n_hidden_aliases, 1);
    assert_span(l.s->hidden_aliases[0], "b");
    assert_span(l.s->plugins_path, "/a:/b");
    assert_true(l.s->plugins_load_all);
    assert_int_equal(l.s->n_plugins_sha256, 1);
    assert_span(l.s->plugins_sha256[0].name, "x");
    kit_unload(&l);
    load_good(l, "litellm_settings: {num_retries: 1, request_timeout: 7}\n");
    assert_int_equal(l.s->num_retries, 1);
    assert_int_equal(l.s->request_timeout_ms, 7000);
    assert_int_equal(l.s->limits.timeout_ms, -1);
    kit_unload(&l);
}

static void callbacks_become_loggers(void **state)
{
    struct loaded l;

    (void)state;
    load_good(l,
              "litellm_settings: {callbacks: [jsonl, langfuse], success_callback: [com.acme.a, "
              "jsonl], failure_callback: [com.acme.b]}\n"
              "callback_settings: {jsonl: {path: /tmp/x, message_logging: true, auth_token: t}}\n");
    assert_int_equal(l.s->n_loggers, 3);
    assert_span(l.s->loggers[0].plugin, "jsonl");
    assert_span(l.s->loggers[0].config, "{\"path\":\"/tmp/x\",\"auth_token\":\"secret:0\"}");
    assert_true(l.s->loggers[0].on_success && l.s->loggers[0].on_failure);
    assert_span(l.s->loggers[1].plugin, "com.acme.a");
    assert_span(l.s->loggers[1].config, "{}");
    assert_true(l.s->loggers[1].on_success && !l.s->loggers[1].on_failure);
    assert_true(!l.s->loggers[2].on_success && l.s->loggers[2].on_failure);
    assert_true(l.s->log_bodies);
    kit_unload(&l);
    load_good(l, "litellm_settings: {callbacks: [jsonl], turn_off_message_logging: true}\n"
                 "callback_settings: {jsonl: {message_logging: true}}\n");
    assert_false(l.s->log_bodies);
    kit_unload(&l);
    load_good(l, "litellm_settings: {callbacks: com.acme.one}\n");
    assert_int_equal(l.s->n_loggers, 1);
    assert_span(l.s->loggers[0].plugin, "com.acme.one");
    kit_unload(&l);
}

static void caches_are_chosen_by_type(void **state)
{
    static const struct {
        const char *params, *plugin, *config;
        bool on;
    } cases[] = {
        { "{type: local, ttl: 600, max_size_mb: 1}", "memory",
          "{\"max_bytes\":1048576,\"ttl_ms\":600000}", true },
        { "{type: local, ttl: 600, default_in_memory_ttl: 60}", "memory", "{\"ttl_ms\":60000}",
          true },
        { "{type: redis, ttl: 1, default_in_memory_ttl: 60}", "memory", "{\"ttl_ms\":1000}", true },
        { "{}", "memory", "{}", true },
        { "{type: redis-semantic, similarity_threshold: 0.8}", "memory", "{}", false },
        { "{type: com.acme.c, plugin_config: {a: 1}}", "com.acme.c", "{\"a\":1}", true },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[300];
        struct loaded l;

        snprintf(text, sizeof text, "litellm_settings: {cache: true, cache_params: %s}",
                 cases[i].params);
        load_good(l, text);
        assert_int_equal(l.s->cache, cases[i].on);
        assert_span(l.s->cache_plugin, cases[i].plugin);
        if (cases[i].on)
            assert_span(l.s->cache_config, cases[i].config);
        kit_unload(&l);
    }
}

static void a_secret_map_is_one_secret(void **state)
{
    struct loaded l;

    (void)state;
    load_good(l, MODEL "    vertex_credentials: {type: x, private_key: \"a\\nb\"}\n");
    assert_span(l.s->deployments[0].credential, "{\"vertex_credentials\":\"secret:0\"}");
    assert_span(sl_secret_reveal(l.s->secrets[0]), "{\"type\":\"x\",\"private_key\":\"a\\nb\"}");
    kit_unload(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_hold_where_the_file_is_silent),
        cmocka_unit_test(a_deployment_has_its_defaults),
        cmocka_unit_test(a_deployment_says_everything),
        cmocka_unit_test(chat_by_responses_is_said_by_the_model_or_its_info),
        cmocka_unit_test(the_prefix_is_the_provider_unless_one_is_named),
        cmocka_unit_test(a_mocked_deployment_is_configured_for_the_mock_alone),
        cmocka_unit_test(ids_are_stable_distinct_and_blind_to_secrets),
        cmocka_unit_test(a_list_of_organizations_makes_one_deployment_each),
        cmocka_unit_test(parameters_come_from_credential_and_router_too),
        cmocka_unit_test(a_provider_key_serves_deployments_without_one),
        cmocka_unit_test(variables_are_replaced_wherever_they_stand),
        cmocka_unit_test(an_unset_key_leaves_the_choice_to_the_provider),
        cmocka_unit_test(the_master_key_may_come_from_the_environment),
        cmocka_unit_test(sections_fill_the_settings),
        cmocka_unit_test(callbacks_become_loggers),
        cmocka_unit_test(caches_are_chosen_by_type),
        cmocka_unit_test(a_secret_map_is_one_secret),
    };

    /* What a developer's shell may hold must not decide. */
    unsetenv("LITELLM_MASTER_KEY");
    unsetenv("REQUEST_TIMEOUT");
    unsetenv("LITELLM_DROP_PARAMS");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
