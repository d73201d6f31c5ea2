/* SPDX-License-Identifier: Apache-2.0 */
/* Each key is reported: in force, nearly, not yet, never, unknown, or wrong, with its place. */
#include "kit.h"

#define MODEL "model_list:\n- model_name: m\n  litellm_params:\n    model: mock/m\n"

static const struct {
    const char *yaml, *line;
} reports[] = {
    /* in force */
    { MODEL, "exact <text>:1:1 model_list: \n" },
    { MODEL, "exact <text>:2:3 model_list[0].model_name: \n" },
    { MODEL, "exact <text>:4:5 model_list[0].litellm_params.model: \n" },
    { MODEL "    rpm: 5\n", "exact <text>:5:5 model_list[0].litellm_params.rpm: a weight for "
                            "simple-shuffle, a limit for others\n" },
    { MODEL "    temperature: 0.5\n",
      "exact <text>:5:5 model_list[0].litellm_params.temperature: a "
      "default that the client's value replaces\n" },
    { MODEL "    my_own: 1\n",
      "exact <text>:5:5 model_list[0].litellm_params.my_own: passed on as a request parameter\n" },
    { MODEL "  model_info: {my_own: 1}\n",
      "exact <text>:5:16 model_list[0].model_info.my_own: kept and shown\n" },
    { "general_settings: {master_key: ~}", "exact <text>:1:20 general_settings.master_key: null" },
    /* nearly */
    { "environment_variables: {HTTPS_PROXY: b}",
      "ignored <text>:1:25 environment_variables.HTTPS_PROXY: read by libraries" },
    { "environment_variables: {A: b}", "exact <text>:1:25 environment_variables.A: " },
    { MODEL "    rpm: \"5\"\n",
      "approximated <text>:5:5 model_list[0].litellm_params.rpm: text read "
      "as a number" },
    { MODEL "    input_cost_per_token: 3e-06\n",
      "approximated <text>:5:5 model_list[0].litellm_params.input_cost_per_token: text read" },
    { MODEL "    input_cost_per_token: 1.25e-13\n",
      "approximated <text>:5:5 model_list[0].litellm_params.input_cost_per_token: rounded to" },
    { MODEL "    timeout: 0.0005\n",
      "approximated <text>:5:5 model_list[0].litellm_params.timeout: rounded to a millisecond" },
    { "litellm_settings: {drop_params: 'True'}",
      "approximated <text>:1:20 litellm_settings.drop_params: text read as a boolean" },
    { "router_settings: {routing_strategy: least-busy}",
      "exact <text>:1:19 router_settings.routing_strategy" },
    { "router_settings: {optional_pre_call_checks: [session_affinity]}",
      "exact <text>:1:19 router_settings.optional_pre_call_checks: what calls stay with" },
    { "router_settings: {optional_pre_call_checks: [session_affinity, guess]}",
      "approximated <text>:1:19 router_settings.optional_pre_call_checks: not yet in force: "
      "'guess'" },
    { "router_settings: {routing_groups: [{models: [m], routing_strategy: p2c-ewma}]}",
      "exact <text>:1:50 router_settings.routing_groups[0].routing_strategy" },
    { "litellm_settings: {cache: on, cache_params: {type: redis}}",
      "approximated <text>:1:46 litellm_settings.cache_params.type: not yet in force: the memory" },
    { MODEL "router_settings: {model_group_alias: {a: n}}\n",
      "ignored <text>:5:42 router_settings.model_group_alias.a: no model_name is 'n'\n" },
    { MODEL "    max_token: 5\n", "approximated <text>:5:5 model_list[0].litellm_params.max_token: "
                                  "passed on as a request parameter; was 'max_tokens' meant?" },
    /* not yet */
    { "router_settings: {fallbacks: [{a: [b]}]}",
      "exact <text>:1:19 router_settings.fallbacks: \n" },
    { "router_settings: {fallbacks: [{a: [b]}]}",
      "ignored <text>:1:36 router_settings.fallbacks[0].a[0]: no model_name is 'b'\n" },
    { MODEL "router_settings: {fallbacks: [{a: [{model: m, api_key: x}]}]}",
      "ignored <text>:5:47 router_settings.fallbacks[0].a[0].api_key: where a call goes" },
    { "router_settings: {retry_policy: {TimeoutErrorRetries: 1}}",
      "exact <text>:1:34 router_settings.retry_policy.TimeoutErrorRetries: \n" },
    { "guardrails: [{guardrail_name: g}]",
      "ignored <text>:1:15 guardrails[0].guardrail_name: not yet in force" },
    { "litellm_settings: {callbacks: [jsonl, langfuse]}",
      "ignored <text>:1:20 litellm_settings.callbacks: not yet in force: 'langfuse'" },
    { "litellm_settings: {cache: on, cache_params: {type: qdrant-semantic}}",
      "ignored <text>:1:46 litellm_settings.cache_params.type: not yet in force: nothing is "
      "cached" },
    { "litellm_settings: {ssl_verify: /etc/ca.pem}",
      "ignored <text>:1:20 litellm_settings.ssl_verify: not yet in force" },
    /* a switch that is off says what is the case anyway */
    { "router_settings: {enable_pre_call_checks: false}",
      "exact <text>:1:19 router_settings.enable_pre_call_checks: " },
    { "general_settings: {health_check_details: true}",
      "exact <text>:1:20 general_settings.health_check_details: " },
    /* never */
    { "router_settings: {client_ttl: 3600}", "ignored <text>:1:19 router_settings.client_ttl: "
                                             "connections are pooled" },
    { "general_settings: {some_later_invention: 1}",
      "ignored <text>:1:20 general_settings.some_later_invention: unknown key\n" },
    /* what LiteLLM takes, and what hinders nobody because it is not in force */
    { "router_settings: {redis_host: os.environ/SL_TEST_NOBODY}",
      "ignored <text>:1:31 router_settings.redis_host: not in force, and the environment has no "
      "SL_TEST_NOBODY\n" },
    { "guardrails: [{guardrail_name: g, litellm_params: {api_key: os.environ/SL_TEST_NOBODY}}]",
      "ignored <text>:1:60 guardrails[0].litellm_params.api_key: not in force, and" },
    { "litellm_settings: {max_budget: os.environ/SL_TEST_NOBODY}",
      "ignored <text>:1:32 litellm_settings.max_budget: not in force, and" },
    { "model_list: [{model_name: m, rpm: 5, litellm_params: {model: mock/x}}]",
      "ignored <text>:1:30 model_list[0].rpm: it belongs to litellm_params\n" },
    { MODEL "    s3_access_key_id: a\n",
      "ignored <text>:5:5 model_list[0].litellm_params.s3_access_key_id: the deployment's own "
      "AWS" },
    { MODEL "    special_password: x\n", "approximated <text>:5:5 model_list[0].litellm_params."
                                         "special_password: given to the provider as a secret" },
};

static void every_key_is_reported_with_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof reports / sizeof *reports; i++) {
        struct loaded l;

        load_good(l, reports[i].yaml);
        assert_reported(l, reports[i].line);
        kit_unload(&l);
    }
}

static const struct {
    const char *yaml, *message;
} errors[] = {
    /* unknown names */
    { "model_lst: []", "<text>:1:1: model_lst: unknown key; was 'model_list' meant?" },
    { "router_settings: {num_retrys: 2}",
      "<text>:1:19: router_settings.num_retrys: unknown key; was 'num_retries' meant?" },
    { "router_settings: {Num-Retries: 2}",
      "<text>:1:19: router_settings.Num-Retries: unknown key; was 'num_retries' meant?" },
    { "router_settings: {enable_pre_call_check: true}",
      "<text>:1:19: router_settings.enable_pre_call_check: unknown key; was "
      "'enable_pre_call_checks' meant?" },
    { "litellm_settings: {drop_parmas: true}",
      "<text>:1:20: litellm_settings.drop_parmas: unknown key; was 'drop_params' meant?" },
    { "general_settings: {mater_key: x}",
      "<text>:1:20: general_settings.mater_key: unknown key; was 'master_key' meant?" },
    { "router_settings: {health_check_interval: 3}",
      "<text>:1:19: router_settings.health_check_interval: unknown key; it belongs to "
      "general_settings" },
    { "routing_strategy: simple-shuffle",
      "<text>:1:1: routing_strategy: unknown key; it belongs to router_settings" },
    { "model_list: [{model_nam: m}]",
      "<text>:1:15: model_list[0].model_nam: unknown key; was 'model_name' meant?" },
    { "litellm_settings: {cold_storage_custom_logger: &a os.environ/SL_TEST_NOBODY}\n"
      "general_settings: {master_key: *a}",
      "<text>:1:48: general_settings.master_key: the environment has no SL_TEST_NOBODY" },
    { "model_list: [{model_name: m, litellm_params: {model: auto_router/adaptive_router}}]",
      "<text>:1:54: model_list[0].litellm_params.model: automatic routers are not in force" },
    { "plugins: {paths: /x}", "<text>:1:11: plugins.paths: unknown key; was 'path' meant?" },
    { "litellm_settings: {cache_params: {mod: x, type: local, supported_calltypes: []}}",
      "<text>:1:56: litellm_settings.cache_params.supported_calltypes: unknown key" },
    { MODEL "    api_keyx: k\n",
      "<text>:5:5: model_list[0].litellm_params.api_keyx: unknown key; was 'api_key' meant?" },
    { MODEL "    api_keys: k\n",
      "<text>:5:15: model_list[0].litellm_params.api_keys: must be a list of strings" },
    /* wrong types */
    { "model_list: {a: b}", "<text>:1:13: model_list: must be a list of maps, not a map" },
    { "model_list: [a]", "<text>:1:13: model_list: must be a list of maps; item 0 is a string" },
    { "router_settings: {fallbacks: [{a: [7]}]}",
      "<text>:1:36: router_settings.fallbacks[0].a[0]: must be the name of a model group" },
    { "router_settings: {model_group_retry_policy: {m: {TimeoutErrorRetries: x}}}",
      "<text>:1:71: router_settings.model_group_retry_policy.m.TimeoutErrorRetries: must" },
    { "router_settings: x", "<text>:1:18: router_settings: must be a map, not a string" },
    { MODEL "    rpm: many\n",
      "<text>:5:10: model_list[0].litellm_params.rpm: must be a whole number, "
      "0 or more, not a string" },
    { MODEL "    rpm: -1\n",
      "<text>:5:10: model_list[0].litellm_params.rpm: must be a whole number, 0 or more" },
    { MODEL "    rpm: 1.5\n",
      "<text>:5:10: model_list[0].litellm_params.rpm: must be a whole number, 0 or more" },
    { MODEL "    rpm: 99999999999999999999\n",
      "<text>:5:10: model_list[0].litellm_params.rpm: too large" },
    { MODEL "    rpm: true\n",
      "<text>:5:10: model_list[0].litellm_params.rpm: must be a whole number, "
      "0 or more, not a boolean; quote it if it is text" },
    { MODEL "    timeout: 1.0e+12\n",
      "<text>:5:14: model_list[0].litellm_params.timeout: too large" },
    { MODEL "    drop_params: maybe\n", "<text>:5:18: model_list[0].litellm_params.drop_params: "
                                        "must be true or false, not a string" },
    { MODEL "    api_version: 2024\n",
      "<text>:5:18: model_list[0].litellm_params.api_version: must be "
      "a string, not an integer; quote it if it is text" },
    { MODEL "    tags: a\n", "<text>:5:11: model_list[0].litellm_params.tags: must be a list of "
                             "strings, not a string" },
    { MODEL "    tags: [a, 1]\n",
      "<text>:5:11: model_list[0].litellm_params.tags: must be a list of "
      "strings; item 1 is an integer" },
    { "general_settings: {master_key: 12}", "<text>:1:32: general_settings.master_key: must be a "
                                            "string, not an integer; quote it if it is text" },
    { "environment_variables: {A: yes}",
      "<text>:1:28: environment_variables.A: must be a string, not a boolean" },
    { "include: a.yaml", "<text>:1:10: include: must be a list of file paths, not a string" },
    { "include: [a.yaml]",
      "<text>:1:11: include[0]: a relative path needs a configuration that is a file" },
    { "include: [/nowhere/at/all.yaml]",
      "<text>:1:11: include: /nowhere/at/all.yaml: no such file" },
    { "include: [/]", "<text>:1:11: include: /: is no file" },
    /* values */
    { "router_settings: {routing_strategy: simple-shufle}",
      "<text>:1:37: router_settings.routing_strategy: there is no 'simple-shufle'; was "
      "'simple-shuffle' meant?" },
    { "router_settings: {routing_strategy: best}",
      "<text>:1:37: router_settings.routing_strategy: there is no 'best'; known: simple-shuffle" },
    { "litellm_settings: {cache_params: {mode: default_onn}}",
      "<text>:1:41: litellm_settings.cache_params.mode: there is no 'default_onn'; was "
      "'default_on' "
      "meant?" },
    { "litellm_settings: {callbacks: [langfus]}",
      "<text>:1:31: litellm_settings.callbacks: there is no 'langfus'; was 'langfuse' meant?" },
    { "plugins: {load: some}",
      "<text>:1:17: plugins.load: there is no 'some'; known: referenced all" },
    { "plugins: {path: relative}",
      "<text>:1:17: plugins.path: must be an absolute folder, or a list of them" },
    { "plugins: {sha256: {mock: abc}}",
      "<text>:1:26: plugins.sha256.mock: must be a SHA-256 digest: 64 hexadecimal digits" },
    { "general_settings: {master_key: \"a\\n\"}",
      "<text>:1:32: general_settings.master_key: holds a line break or another control character" },
    { MODEL "    api_key: \"a\\r\"\n",
      "<text>:5:14: model_list[0].litellm_params.api_key: holds a line "
      "break or another control character" },
    { "general_settings: {master_key: ''}", "<text>:1:32: general_settings.master_key: is empty" },
    { "router_settings: {model_group_alias: {a: 1}}",
      "<text>:1:42: router_settings.model_group_alias.a: must be the name of a model group" },
    /* entries of model_list */
    { "model_list: [{litellm_params: {model: mock/m}}]",
      "<text>:1:14: model_list[0]: model_name is missing" },
    { "model_list: [{model_name: m}]", "<text>:1:14: model_list[0]: litellm_params is missing" },
    { "model_list: [{model_name: '', litellm_params: {model: a/b}}]",
      "<text>:1:15: model_list[0]: model_name is empty" },
    { "model_list: [{model_name: m, litellm_params: {rpm: 1}}]",
      "<text>:1:46: model_list[0].litellm_params: model is missing" },
    { "model_list: [{model_name: m, litellm_params: {model: openai/}}]",
      "<text>:1:54: model_list[0].litellm_params.model: names no model" },
    { MODEL "    api_base: localhost:8000\n", "<text>:5:15: model_list[0].litellm_params.api_base: "
                                              "must begin with http:// or https://" },
    { MODEL "    api_base: \"http://a b\"\n", "<text>:5:15: model_list[0].litellm_params.api_base: "
                                              "must not contain blanks or control characters" },
    { MODEL "    extra_headers: {\"a b\": c}\n",
      "<text>:5:21: model_list[0].litellm_params.extra_headers.a b: is no HTTP header" },
    { MODEL "    extra_headers: {a: \"b\\r\\nc: d\"}\n",
      "<text>:5:21: model_list[0].litellm_params.extra_headers.a: is no HTTP header" },
    { MODEL "    litellm_credential_name: nobody\n",
      "<text>:5:30: model_list[0].litellm_params.litellm_credential_name: no such entry in "
      "credential_list" },
    { MODEL "  model_info: {id: a}\n- model_name: n\n  litellm_params: {model: mock/n}\n"
            "  model_info: {id: a}\n",
      "<text>:8:20: model_list[1].model_info.id: id 'a' belongs to another deployment already" },
    /* the environment */
    { "general_settings: {master_key: os.environ/SL_TEST_NOBODY}",
      "<text>:1:32: general_settings.master_key: the environment has no SL_TEST_NOBODY: set it, or "
      "add it to environment_variables" },
    { "general_settings: {master_key: os.environ/oidc/a/b}",
      "<text>:1:32: general_settings.master_key: tokens by os.environ/oidc/ are not yet in force" },
    { "general_settings: {master_key: os.environ/}",
      "<text>:1:32: general_settings.master_key: os.environ/ must be followed by the name" },
};

static void errors_name_place_key_and_remedy(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        struct loaded l;

        kit_load(&l, errors[i].yaml);
        assert_int_equal(l.status, SLUICE_E_INVALID);
        assert_null(l.s);
        if (strncmp(l.err.message, errors[i].message, strlen(errors[i].message)) != 0)
            fail_msg("%s\n is not\n%s", l.err.message, errors[i].message);
        assert_string_equal(l.err.code, "invalid_config");
        assert_reported(l, "error <text>:");
        kit_unload(&l);
    }
}

static void all_errors_are_reported_and_the_first_returned(void **state)
{
    struct loaded l;

    (void)state;
    kit_load(&l, "router_settings:\n  num_retrys: 1\n  timeout: soon\n"
                 "model_list: [{model_name: m}]\n");
    assert_string_equal(l.err.message,
                        "<text>:2:3: router_settings.num_retrys: unknown key; was 'num_retries' "
                        "meant?");
    assert_string_equal(l.err.param, "router_settings.num_retrys");
    assert_reported(l, "error <text>:3:12 router_settings.timeout: must be seconds");
    assert_reported(l, "error <text>:4:14 model_list[0]: litellm_params is missing");
    kit_unload(&l);
}

static void control_characters_do_not_reach_the_report(void **state)
{
    struct loaded l;

    (void)state;
    kit_load(&l, "{\"a\\n\\u001b[31m\": 1}");
    assert_reported(l, "ignored <text>:1:2 a??[31m: unknown key\n");
    kit_unload(&l);
}

static void no_report_and_no_error_struct_are_fine(void **state)
{
    struct sl_settings *s;

    (void)state;
    assert_int_equal(sl_settings_load(NULL, SL_SPAN("a: ["), NULL, &s, NULL), SLUICE_E_INVALID);
    assert_null(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_is_reported_with_its_place),
        cmocka_unit_test(errors_name_place_key_and_remedy),
        cmocka_unit_test(all_errors_are_reported_and_the_first_returned),
        cmocka_unit_test(control_characters_do_not_reach_the_report),
        cmocka_unit_test(no_report_and_no_error_struct_are_fine),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
