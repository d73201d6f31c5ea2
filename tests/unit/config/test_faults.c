/* SPDX-License-Identifier: Apache-2.0 */
/* Each allocation of a load fails in turn: a clean NOMEM, nothing kept. */
#include "kit.h"

static const char text[] =
    "environment_variables: {A: b, LITELLM_MASTER_KEY: sk-e}\n"
    "credential_list: [{credential_name: c, credential_values: {api_key: k}}]\n"
    "router_settings: {routing_strategy_args: {a: 1}, model_group_alias: {a: m, b: {model: m, "
    "hidden: "
    "yes}}, default_litellm_params: {timeout: 5}}\n"
    "litellm_settings: {cache: on, cache_params: {type: local, plugin_config: {password: p}}, "
    "callbacks: [jsonl]}\n"
    "callback_settings: {jsonl: {path: /x, token: t}}\n"
    "general_settings: {master_key: os.environ/A}\n"
    "plugins: {path: [/a], sha256: {x: "
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef}}\n"
    "model_list:\n"
    "- model_name: m\n"
    "  litellm_params: &p {model: a/b, litellm_credential_name: c, organization: [o, p], stop: "
    "[x], "
    "extra_headers: {a: b}, extra_body: {c: 1.50}, tags: [t], additional_drop_params: [d], "
    "client_secret: s, vertex_credentials: {k: v}, provider_config: {x: 0x1f}}\n"
    "  model_info: {id: i}\n"
    "- model_name: n\n"
    "  litellm_params: {<<: *p, organization: q, mock_response: hi}\n";

static void each_allocation_may_fail(void **state)
{
    uint64_t n = 1;

    (void)state;
    for (;; n++) {
        sluice_error err = SLUICE_ERROR_INIT;
        struct sl_settings *s;
        sluice_status st;

        sl_fault_after(n);
        st = sl_settings_load(NULL, sl_span_str(text), NULL, &s, &err);
        sl_fault_after(0);
        if (st == SLUICE_OK) {
            assert_int_equal(s->n_deployments, 3);
            sl_settings_destroy(s);
            break;
        }
        assert_int_equal(st, SLUICE_E_NOMEM);
        assert_null(s);
        assert_string_equal(err.message, "out of memory reading the configuration");
        if (n > 100000)
            fail_msg("no end");
    }
    assert_true(n > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(each_allocation_may_fail) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
