/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens by the description of a provider's data file, each way to one against a scripted
 * service. */
#define KIT_SCHEMES ""
#include "kit.h"

#define MACHINE                                                                                    \
    "  url: '{origin}/oidc/v1/token'\n"                                                            \
    "  basic: '{client_id}:{client_secret}'\n"                                                     \
    "  form: {grant_type: client_credentials, scope: all-apis}\n"                                  \
    "  inputs: {client_id: ACME_CLIENT_ID, client_secret: [ACME_SECRET, ACME_CLIENT_SECRET]}\n"
#define KEY                                                                                        \
    "  url: '{origin}/identity/token'\n"                                                           \
    "  form: {grant_type: apikey, apikey: '{api_key}'}\n"                                          \
    "  inputs: {token: ACME_TOKEN}\n"                                                              \
    "  ready: token\n"
#define GET                                                                                        \
    "  url: '{origin}/v2/{account_id}/token'\n"                                                    \
    "  method: GET\n"                                                                              \
    "  headers: {authorization: 'token {api_key}', metadata: '{uuid}'}\n"                          \
    "  inputs: {account_id: ACME_ACCOUNT}\n"                                                       \
    "  key_file: ['{ACME_DIR}/access-token', '{HOME}/.config/acme/access-token']\n"                \
    "  answer: {token: data.token, expires_at: data.until}\n"
#define OIDC "POST /oidc/v1/token"
#define IDENTITY "POST /identity/token"

static void describe(struct kit *k, const char *exchange)
{
    char text[2048];

    snprintf(text, sizeof text, "id: acme\nuses: kit\nkey_env: [ACME_KEY]\ntoken_exchange:\n%s",
             exchange);
    kit_file(k, "acme.yaml", text);
    kit_id = "acme";
    kit_auth = SLUICE_AUTH_BEARER;
}

static void open_with(struct kit *k, const char *exchange, const char *params, const char *env)
{
    describe(k, exchange);
    kit_open(k, params, env);
}

static void token_answers(struct kit *k, const char *route, const char *token, const char *more)
{
    kit_route(k, route, 200, "{\"access_token\":\"%s\"%s}", token, more);
}

static void machine_shows_who_it_is_and_gets_a_token(void **state)
{
    struct kit *k = *state;

    token_answers(k, OIDC, "one", ",\"expires_in\":3600");
    open_with(k, MACHINE, "client_id: 'c:1', client_secret: s1", "");
    assert_int_equal(kit_call(k), SLUICE_OK);
    assert_int_equal(kit_call(k), SLUICE_OK);
    assert_int_equal(kit_seen(k, "POST /vendor\nauthorization: Bearer one\n"), 2);
    assert_int_equal(kit_seen(k, OIDC), 1);
    assert_int_equal(kit_seen(k, OIDC "\nauthorization: Basic YzoxOnMx\n"
                                      "content-type: application/x-www-form-urlencoded\n"
                                      "grant_type=client_credentials&scope=all-apis\n"),
                     1);
}

/* A description that we ship, with the plugin that runs it. */
static void databricks_is_reached_by_a_machine(void **state)
{
    struct kit *k = *state;

    token_answers(k, OIDC, "dapi", ",\"expires_in\":3600");
    kit_route(k, "POST /chat/completions", 200,
              "{\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"hi\"},"
              "\"finish_reason\":\"stop\"}]}");
    kit_id = "databricks";
    kit_open(k, "", "DATABRICKS_CLIENT_ID: c, DATABRICKS_CLIENT_SECRET: s");
    assert_int_equal(kit_call(k), SLUICE_OK);
    assert_int_equal(kit_seen(k, "authorization: Bearer dapi\n"), 1);
}

static void variables_may_hold_what_is_sent(void **state)
{
    struct kit *k = *state;

    token_answers(k, OIDC, "one", ",\"expires_in\":3600");
    open_with(k, MACHINE, "", "ACME_CLIENT_ID: c, ACME_CLIENT_SECRET: s");
    assert_int_equal(kit_call(k), SLUICE_OK);
    assert_int_equal(kit_seen(k, "authorization: Basic Yzpz\n"), 1);
    assert_int_equal(kit_seen(k, "Bearer one\n"), 1);
}

static void deployment_counts_before_a_key_of_the_environment(void **state)
{
    struct kit *k = *state;

    token_answers(k, OIDC, "one", ",\"expires_in\":3600");
    open_with(k, MACHINE, "client_id: c, client_secret: s", "ACME_KEY: k");
    assert_int_equal(kit_call(k), SLUICE_OK);
    assert_int_equal(kit_seen(k, "Bearer one\n"), 1);
}

static void key_of_the_environment_counts_before_other_variables(void **state)
{
    struct kit *k = *state;

    open_with(k, MACHINE, "", "ACME_KEY: k, ACME_CLIENT_ID: c, ACME_CLIENT_SECRET: s");
    assert_int_equal(kit_call(k), SLUICE_OK);
    assert_int_equal(kit_seen(k, "Bearer k\n"), 1);
}

static void key_that_no_exchange_asks_for_is_used_as_it_is(void **state)
{
    struct kit *k = *state;

    open_with(k, MACHINE, "api_key: k", "");
    assert_int_equal(kit_call(k), SLUICE_OK);
    assert_int_equal(kit_seen(k, "Bearer k\n"), 1);
    assert_int_equal(kit_seen(k, OIDC), 0);
}

static void key_becomes_a_token(void **state)
{
    struct kit *k = *state;

    token_answers(k, IDENTITY, "one", ",\"expires_in\":\"3600\"");
    open_with(k, KEY, "api_key: 'k&1'", "");
    assert_int_equal(kit_call(k), SLUICE_OK);
    assert_int_equal(kit_seen(k, "grant_type=apikey&apikey=k%261\n"), 1);
    assert_int_equal(kit_seen(k, "Bearer one\n"), 1);
    assert_int_equal(kit_seen(k, "Bearer k"), 0);
}

static void key_of_the_environment_becomes_a_token(void **state)
{
    struct kit *k = *state;

    token_answers(k, IDENTITY, "one", "");
    open_with(k, KEY, "", "ACME_KEY: k");
    assert_int_equal(kit_call(k), SLUICE_OK);
    assert_int_equal(kit_seen(k, "apikey=k\n"), 1);
}

static void token_that_is_given_is_used(void **state)
{
    struct kit *k = *state;

    open_with(k, KEY, "token: given", "");
    assert_int_equal(kit_call(k), SLUICE_OK);
    assert_int_equal(kit_seen(k, "Bearer given\n"), 1);
}

static void nothing_to_exchange_is_no_credential(void **state)
{
    struct kit *k = *state;

    open_with(k, MACHINE, "client_id: c", "");
    assert_int_equal(kit_call(k), SLUICE_OK);
    assert_int_equal(kit_seen(k, "authorization:"), 0);
}

static void token_and_its_end_may_stand_anywhere(void **state)
{
    struct kit *k = *state;

    sl_clock_freeze(1000000000, 1767323045000000);
    kit_route(k, "GET /v2/a%2F1/token", 200,
              "{\"data\":{\"token\":\"deep\",\"until\":1767323645}}");
    open_with(k, GET, "api_key: gho_1, account_id: a/1", "");
    assert_int_equal(kit_call(k), SLUICE_OK);
    assert_int_equal(kit_seen(k, "authorization: token gho_1\nmetadata: "), 1);
    assert_int_equal(kit_seen(k, "content-type: application/x-www-form"), 0);
    assert_int_equal(kit_seen(k, "Bearer deep\n"), 1);
    sl_clock_freeze(1000000000 + 599ull * 1000000, 1767323045000000 + 599ll * 1000000);
    kit_route(k, "GET /v2/a%2F1/token", 200,
              "{\"data\":{\"token\":\"next\",\"until\":1767324645000}}");
    assert_int_equal(kit_call(k), SLUICE_OK);
    assert_int_equal(kit_seen(k, "Bearer next\n"), 1);
}

static void key_may_lie_in_a_file_of_another_program(void **state)
{
    struct kit *k = *state;
    char env[256];

    kit_file(k, "access-token", "gho_2\n");
    snprintf(env, sizeof env, "ACME_ACCOUNT: a, ACME_DIR: '%s'", k->dir);
    kit_route(k, "GET /v2/a/token", 200, "{\"data\":{\"token\":\"t\"}}");
    open_with(k, GET, "", env);
    assert_int_equal(kit_call(k), SLUICE_OK);
    assert_int_equal(kit_seen(k, "authorization: token gho_2\n"), 1);
    assert_int_equal(kit_seen(k, "Bearer t\n"), 1);
}

static void file_that_is_missing_fails_calls(void **state)
{
    struct kit *k = *state;

    open_with(k, GET, "", "ACME_ACCOUNT: a");
    assert_int_equal(kit_call(k), SLUICE_E_AUTH);
    assert_int_equal(kit_seen(k, "/"), 0);
}

static void refusal_is_told(void **state)
{
    struct kit *k = *state;
    struct got g;

    kit_route(k, IDENTITY, 400,
              "{\"errorCode\":\"BXNIM0415E\",\"errorMessage\":\"Provided key is wrong\"}");
    open_with(k, KEY, "api_key: k", "");
    kit_start(k, &g);
    kit_wait(k, &g);
    assert_int_equal(g.status, SLUICE_E_AUTH);
    assert_non_null(strstr(g.err.message, "Provided key is wrong"));
    assert_int_equal(kit_seen(k, "POST /vendor"), 0);
}

static void answer_without_a_token_is_none(void **state)
{
    struct kit *k = *state;

    kit_route(k, IDENTITY, 200, "[]");
    open_with(k, KEY, "api_key: k", "");
    assert_int_equal(kit_call(k), SLUICE_E_UPSTREAM);
}

static void token_is_renewed_ahead_without_a_wait(void **state)
{
    struct kit *k = *state;

    sl_clock_freeze(1000000000, 1767323045000000);
    token_answers(k, OIDC, "one", ",\"expires_in\":3600");
    open_with(k, MACHINE, "client_id: c, client_secret: s", "");
    assert_int_equal(kit_call(k), SLUICE_OK);
    sl_clock_freeze(1000000000 + 3400ull * 1000000, 1767323045000000 + 3400ll * 1000000);
    token_answers(k, OIDC, "two", ",\"expires_in\":3600");
    assert_int_equal(kit_call(k), SLUICE_OK);
    assert_int_equal(kit_seen(k, "Bearer one\n"), 2);
    for (int i = 0; i < 1000 && !kit_seen(k, "Bearer two\n"); i++)
        assert_int_equal(kit_call(k), SLUICE_OK);
    assert_int_equal(kit_seen(k, "Bearer two\n"), 1);
    assert_int_equal(kit_seen(k, OIDC), 2);
}

static void token_that_is_over_is_not_sent(void **state)
{
    struct kit *k = *state;

    sl_clock_freeze(1000000000, 1767323045000000);
    token_answers(k, OIDC, "one", ",\"expires_in\":3600");
    open_with(k, MACHINE, "client_id: c, client_secret: s", "");
    assert_int_equal(kit_call(k), SLUICE_OK);
    sl_clock_freeze(1000000000 + 3600ull * 1000000, 1767323045000000 + 3600ll * 1000000);
    token_answers(k, OIDC, "two", ",\"expires_in\":3600");
    assert_int_equal(kit_call(k), SLUICE_OK);
    assert_int_equal(kit_seen(k, "Bearer one\n"), 1);
    assert_int_equal(kit_seen(k, "Bearer two\n"), 1);
}

static void many_calls_make_one_request_for_a_token(void **state)
{
    struct kit *k = *state;
    struct got g[20];

    token_answers(k, IDENTITY, "one", ",\"expires_in\":3600");
    open_with(k, KEY, "api_key: k", "");
    for (size_t i = 0; i < 20; i++)
        kit_start(k, &g[i]);
    for (size_t i = 0; i < 20; i++) {
        kit_wait(k, &g[i]);
        assert_int_equal(g[i].status, SLUICE_OK);
    }
    assert_int_equal(kit_seen(k, IDENTITY), 1);
    assert_int_equal(kit_seen(k, "Bearer one\n"), 20);
}

static void refused_token_is_fetched_anew(void **state)
{
    struct kit *k = *state;

    token_answers(k, IDENTITY, "one", ",\"expires_in\":3600");
    open_with(k, KEY, "api_key: k", "");
    kit_route(k, "POST /vendor", 403, "{}");
    assert_int_equal(kit_call(k), SLUICE_E_AUTH);
    kit_route(k, "POST /vendor", 200, "{}");
    assert_int_equal(kit_call(k), SLUICE_OK);
    assert_true(kit_seen(k, IDENTITY) > 1);
}

static void failing_memory_fails_no_more_than_the_call(void **state)
{
    struct kit *k = *state;
    char env[256];

    kit_file(k, "access-token", "gho_2\n");
    kit_route(k, "GET /v2/a/token", 200, "{\"data\":{\"token\":\"t\"}}");
    snprintf(env, sizeof env, "ACME_ACCOUNT: a, ACME_DIR: '%s'", k->dir);
    describe(k, GET);
    kit_fail_in_turn(k, "", env);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(machine_shows_who_it_is_and_gets_a_token),
        TEST(databricks_is_reached_by_a_machine),
        TEST(variables_may_hold_what_is_sent),
        TEST(deployment_counts_before_a_key_of_the_environment),
        TEST(key_of_the_environment_counts_before_other_variables),
        TEST(key_that_no_exchange_asks_for_is_used_as_it_is),
        TEST(key_becomes_a_token),
        TEST(key_of_the_environment_becomes_a_token),
        TEST(token_that_is_given_is_used),
        TEST(nothing_to_exchange_is_no_credential),
        TEST(token_and_its_end_may_stand_anywhere),
        TEST(key_may_lie_in_a_file_of_another_program),
        TEST(file_that_is_missing_fails_calls),
        TEST(refusal_is_told),
        TEST(answer_without_a_token_is_none),
        TEST(token_is_renewed_ahead_without_a_wait),
        TEST(token_that_is_over_is_not_sent),
        TEST(many_calls_make_one_request_for_a_token),
        TEST(refused_token_is_fetched_anew),
        TEST(failing_memory_fails_no_more_than_the_call),
    };

    sluice_add_builtin(kit_entry);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
