/* SPDX-License-Identifier: Apache-2.0 */
/* Microsoft's identities, each way to a token against a scripted endpoint or file. */
#define KIT_SCHEMES "\"entra\""
#include "kit.h"

#define HERE "AZURE_AUTHORITY_HOST: 'http://127.0.0.1:%d/'"
#define METADATA "AZURE_POD_IDENTITY_AUTHORITY_HOST: 'http://127.0.0.1:%d'"
#define APP "tenant_id: 't/1', client_id: c1, client_secret: 's&1'"
#define TOKEN_AT "POST /t%2F1/oauth2/v2.0/token"

static void token_answers(struct kit *k, const char *route, const char *token, const char *seconds)
{
    kit_route(k, route, 200,
              "{\"token_type\":\"Bearer\",\"access_token\":\"%s\",\"expires_in\":%s}", token,
              seconds);
}

static void open_with(struct kit *k, const char *params, const char *env)
{
    kit_auth = SLUICE_AUTH_BEARER;
    kit_open(k, params, env);
}

static void application_gets_a_token_for_its_secret(void **state)
{
    struct kit *k = *state;

    token_answers(k, TOKEN_AT, "one", "3599");
    open_with(k, APP, HERE);
    assert_int_equal(kit_call(k), SLUICE_OK);
    assert_int_equal(kit_call(k), SLUICE_OK);
    assert_int_equal(kit_seen(k, "POST /vendor\nauthorization: Bearer one\n"), 2);
    assert_int_equal(kit_seen(k, TOKEN_AT), 1);
    assert_int_equal(kit_seen(k, "grant_type=client_credentials&client_id=c1&client_secret=s%261&"
                                 "scope=https%3A%2F%2Fcognitiveservices.azure.com%2F.default"),
                     1);
}

static void scope_may_be_another(void **state)
{
    struct kit *k = *state;

    token_answers(k, TOKEN_AT, "one", "3599");
    open_with(k, APP ", azure_scope: 'api://mine/.default'", HERE);
    assert_int_equal(kit_call(k), SLUICE_OK);
    assert_int_equal(kit_seen(k, "scope=api%3A%2F%2Fmine%2F.default\n"), 1);
}

static void token_that_is_given_is_used(void **state)
{
    struct kit *k = *state;

    open_with(k, "azure_ad_token: given", "");
    assert_int_equal(kit_call(k), SLUICE_OK);
    assert_int_equal(kit_seen(k, "Bearer given\n"), 1);
}

static void environment_may_name_the_application(void **state)
{
    struct kit *k = *state;

    token_answers(k, "POST /t/oauth2/v2.0/token", "env", "3599");
    open_with(k, "", HERE ", AZURE_TENANT_ID: t, AZURE_CLIENT_ID: c, AZURE_CLIENT_SECRET: s");
    assert_int_equal(kit_call(k), SLUICE_OK);
    assert_int_equal(kit_seen(k, "Bearer env\n"), 1);
}

static void user_gets_a_token_for_a_password(void **state)
{
    struct kit *k = *state;

    token_answers(k, "POST /t/oauth2/v2.0/token", "u", "3599");
    open_with(k, "tenant_id: t, client_id: c, azure_username: me@x, azure_password: 'p w'", HERE);
    assert_int_equal(kit_call(k), SLUICE_OK);
    assert_int_equal(kit_seen(k, "grant_type=password&client_id=c&username=me%40x&password=p%20w&"),
                     1);
}

static void workload_shows_the_token_of_its_file(void **state)
{
    struct kit *k = *state;
    char env[512];

    token_answers(k, "POST /t/oauth2/v2.0/token", "w", "3599");
    snprintf(env, sizeof env,
             "AZURE_AUTHORITY_HOST: 'http://127.0.0.1:%d', AZURE_FEDERATED_TOKEN_FILE: '%s'",
             k->port, kit_file(k, "token", "ey.J.x\n"));
    open_with(k, "tenant_id: t, client_id: c", env);
    assert_int_equal(kit_call(k), SLUICE_OK);
    assert_int_equal(
        kit_seen(k, "client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3A"
                    "jwt-bearer&client_assertion=ey.J.x&scope="),
        1);
    assert_int_equal(kit_seen(k, "Bearer w\n"), 1);
}

static void workload_without_its_file_fails_calls(void **state)
{
    struct kit *k = *state;

    open_with(k, "tenant_id: t, client_id: c",
              HERE ", AZURE_FEDERATED_TOKEN_FILE: '/nowhere/at/all'");
    assert_int_equal(kit_call(k), SLUICE_E_AUTH);
    assert_int_equal(kit_seen(k, "POST /"), 0);
}

static void machine_has_an_identity_whose_seconds_are_text(void **state)
{
    struct kit *k = *state;

    token_answers(k,
                  "GET /metadata/identity/oauth2/token?api-version=2018-02-01&"
                  "resource=https%3A%2F%2Fcognitiveservices.azure.com%2F",
                  "m", "\"86399\"");
    open_with(k, "", METADATA);
    assert_int_equal(kit_call(k), SLUICE_OK);
    assert_int_equal(kit_call(k), SLUICE_OK);
    assert_int_equal(kit_seen(k, "Bearer m\n"), 2);
    assert_int_equal(kit_seen(k, "GET /metadata"), 1);
}

static void machine_with_several_identities_is_told_which(void **state)
{
    struct kit *k = *state;

    token_answers(k, "GET /metadata/identity", "m", "3600");
    open_with(k, "client_id: which", METADATA);
    assert_int_equal(kit_call(k), SLUICE_OK);
    assert_int_equal(kit_seen(k, "&client_id=which\n"), 1);
}

static void app_service_has_an_endpoint_of_its_own(void **state)
{
    struct kit *k = *state;

    token_answers(k, "GET /msi?api-version=2019-08-01&resource=", "a", "3600");
    open_with(k, "", "IDENTITY_ENDPOINT: 'http://127.0.0.1:%d/msi', IDENTITY_HEADER: h");
    assert_int_equal(kit_call(k), SLUICE_OK);
    assert_int_equal(kit_seen(k, "Bearer a\n"), 1);
}

static void refusal_is_told(void **state)
{
    struct kit *k = *state;
    struct got g;

    kit_route(k, TOKEN_AT, 401,
              "{\"error\":\"invalid_client\",\"error_description\":\"AADSTS7000215: wrong\"}");
    open_with(k, APP, HERE);
    kit_start(k, &g);
    kit_wait(k, &g);
    assert_int_equal(g.status, SLUICE_E_AUTH);
    assert_non_null(strstr(g.err.message, "invalid_client: AADSTS7000215: wrong"));
    assert_int_equal(kit_seen(k, "POST /vendor"), 0);
}

static void answer_without_a_token_is_none(void **state)
{
    struct kit *k = *state;

    kit_route(k, TOKEN_AT, 200, "{}");
    open_with(k, APP, HERE);
    assert_int_equal(kit_call(k), SLUICE_E_UPSTREAM);
}

static void nobody_who_answers_is_no_credential(void **state)
{
    struct kit *k = *state;

    open_with(k, "", "AZURE_POD_IDENTITY_AUTHORITY_HOST: 'http://127.0.0.1:1'");
    assert_int_equal(kit_call(k), SLUICE_E_AUTH);
}

static void token_is_renewed_ahead_without_a_wait(void **state)
{
    struct kit *k = *state;

    sl_clock_freeze(1000000000, 1767323045000000);
    token_answers(k, TOKEN_AT, "one", "3600");
    open_with(k, APP, HERE);
    assert_int_equal(kit_call(k), SLUICE_OK);
    sl_clock_freeze(1000000000 + 3400ull * 1000000, 1767323045000000 + 3400ll * 1000000);
    token_answers(k, TOKEN_AT, "two", "3600");
    assert_int_equal(kit_call(k), SLUICE_OK);
    assert_int_equal(kit_seen(k, "Bearer one\n"), 2);
    for (int i = 0; i < 1000 && !kit_seen(k, "Bearer two\n"); i++)
        assert_int_equal(kit_call(k), SLUICE_OK);
    assert_int_equal(kit_seen(k, "Bearer two\n"), 1);
    sl_clock_freeze(0, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(application_gets_a_token_for_its_secret),
        TEST(scope_may_be_another),
        TEST(token_that_is_given_is_used),
        TEST(environment_may_name_the_application),
        TEST(user_gets_a_token_for_a_password),
        TEST(workload_shows_the_token_of_its_file),
        TEST(workload_without_its_file_fails_calls),
        TEST(machine_has_an_identity_whose_seconds_are_text),
        TEST(machine_with_several_identities_is_told_which),
        TEST(app_service_has_an_endpoint_of_its_own),
        TEST(refusal_is_told),
        TEST(answer_without_a_token_is_none),
        TEST(nobody_who_answers_is_no_credential),
        TEST(token_is_renewed_ahead_without_a_wait),
    };

    sluice_add_builtin(kit_entry);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
