/* SPDX-License-Identifier: Apache-2.0 */
/* A canary in every place where a secret can stand: no report line, error or JSON shows it. */
#include "kit.h"

#include <unistd.h>

#define CANARY "canary-77e0b1"

/* Right and wrong configurations alike; "%" is the secret. */
static const char *const texts[] = {
    "general_settings: {master_key: %}",
    "general_settings: {master_key: [%]}",
    "general_settings: {master_key: {a: %}}",
    "general_settings: {database_url: %, litellm_license: %, drain_endpoint_token: %}",
    "environment_variables: {A: %, B: [%]}",
    "litellm_settings: {mock_key: %, api_key: %}",
    "litellm_settings: {callbacks: [jsonl]}\ncallback_settings: {jsonl: {password: %, n: {token: "
    "%}}}",
    "litellm_settings: {cache: yes, cache_params: {type: local, password: %, url: %, "
    "plugin_config: {api_key: %}}}",
    "model_list: [{model_name: m, litellm_params: {model: mock/m, api_key: %, client_secret: %, "
    "aws_secret_access_key: %, vertex_credentials: {a: %}, own_password: %, provider_config: {x: "
    "{secret: %}}}, model_info: {auth_token: %}}]",
    "model_list: [{model_name: m, litellm_params: {model: mock/m, api_key: [%]}}]",
    "model_list: [{model_name: m, litellm_params: {model: mock/m, api_keys: %}}]",
    "credential_list: [{credential_name: c, credential_values: {api_key: %}}]",
    "router_settings: {redis_password: %, routing_strategy_args: {password: %}}",
    "plugins: {sha256: {token: %}}",
};

/* The same texts with a variable: there, nothing it stands for may be shown. */
static const char *const variables[] = {
    "router_settings: {routing_strategy: %}",
    "router_settings: {num_retries: %}",
    "router_settings: {timeout: %, enable_pre_call_checks: %}",
    "litellm_settings: {callbacks: [%], drop_params: %, cache_params: {type: %, mode: %}}",
    "include: [%]",
    "plugins: {path: %, load: %, sha256: {a: %}}",
    "model_list: [{model_name: m, litellm_params: {model: mock/m, api_base: %, rpm: %, "
    "litellm_credential_name: %, drop_params: %}}]",
    "model_list: [{model_name: m, litellm_params: {model: mock/m}, model_info: {id: %}}, "
    "{model_name: n, litellm_params: {model: mock/m}, model_info: {id: %}}]",
    "model_list: [{model_name: m, litellm_params: {model: mock/m}, model_info: {mode: %}}]",
    "model_list: %",
    "general_settings: {max_request_size_mb: %}",
};

static bool shows(sluice_span text)
{
    return sl_span_find(text, SL_SPAN(CANARY)) < text.len;
}

static void check(const char *pattern, const char *secret)
{
    struct sl_buf b;
    struct loaded l;

    sl_buf_init(&b, 1 << 16);
    for (const char *p = pattern; *p; p++)
        if (*p == '%')
            sl_buf_add_str(&b, secret);
        else
            sl_buf_add_char(&b, *p);
    kit_load_from(&l, NULL, sl_buf_span(&b));
    assert_true(l.report.len > 1);
    assert_unreported(l, CANARY);
    assert_null(strstr(l.err.message, CANARY));
    for (size_t i = 0; l.s && i < l.s->n_deployments; i++) {
        assert_false(shows(l.s->deployments[i].config));
        assert_false(shows(l.s->deployments[i].model_info) && strcmp(secret, CANARY) == 0);
        for (size_t k = 0; k < l.s->deployments[i].n_defaults; k++)
            assert_false(shows(l.s->deployments[i].defaults[k].value));
    }
    for (size_t i = 0; l.s && i < l.s->n_loggers; i++)
        assert_false(shows(l.s->loggers[i].config));
    if (l.s)
        assert_false(shows(l.s->cache_config) || shows(l.s->routing_args));
    kit_unload(&l);
    sl_buf_finish(&b);
}

static void secrets_are_shown_nowhere(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        check(texts[i], CANARY);
        check(texts[i], "os.environ/SL_TEST_CANARY");
    }
}

static void what_variables_hold_is_not_reported(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
        check(variables[i], "os.environ/SL_TEST_CANARY");
}

static void the_check_itself_can_see_a_canary(void **state)
{
    struct loaded l;

    (void)state;
    kit_load(&l, "router_settings: {routing_strategy: " CANARY "}");
    assert_reported(l, CANARY);
    kit_unload(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secrets_are_shown_nowhere),
        cmocka_unit_test(what_variables_hold_is_not_reported),
        cmocka_unit_test(the_check_itself_can_see_a_canary),
    };

    setenv("SL_TEST_CANARY", CANARY, 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
