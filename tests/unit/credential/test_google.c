/* SPDX-License-Identifier: Apache-2.0 */
/* The Google chain, each of its links against a scripted endpoint or file; and its signature
 * against vectors that others published. */
#define KIT_SCHEMES "\"google\""
#include "kit.h"

#include "credential/google.h"

/* The key of RFC 7515, appendix A.2, as a file of credentials has it: nobody's. */
#define PEM(end)                                                                                   \
    "-----BEGIN PRIVATE KEY-----" end                                                              \
    "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQCh+BYK4uPJtGXO" end                         \
    "jS1lYmM2K5J9vinh8CR3/BYlzJChNuOL2TSXxbbqY913EeZ8dCn5VrD7io8ImtxL" end                         \
    "aYk8wTM/U+3QGbh3hCUv7JFP5IV3aVlL6kKA0ywPVb9ilE8TA5a8bpvfbr3SvaNn" end                         \
    "juygxmj3AbONv/s4yDQs4v5tJ/reSlpIdJed1LnPmt7Ex1sFhSwsD174pcF1A5L5" end                         \
    "ROjtZMEQxrZHYJqkeDrrnGya11UxMFBji4NmXG9veoKjlnAqH2QbgtPr8jkiGUkf" end                         \
    "toaHLFcW9Qr4NY2ai50Xw0Byj3+H2JoY2PyrZ62EWQwuz3WTOTY8BwNNb2BvniHg" end                         \
    "VFbK5emhAgMBAAECggEAEq5xpGnNCivDflJsRQBXHx1hdR1k6Ulwe2JZD50LpXyW" end                         \
    "PEAeP88vLNO97IjlA7/GQ5sLKMgvfTeXZx9SE+7YwVol2NXOoAJe46sui395IW/G" end                         \
    "O+pWJ1O0BkTGoVEn2bKVRUCgu+GjBVaYLU6f3l9kJfFNS3E0QbVdxzubSu3Mkqzj" end                         \
    "kn439X0M/V51gfpRLI9JYanrC4D4qAdGcopV/0ZHHzQlBjudU2QvXt4ehNYTCBr6" end                         \
    "XCLQUShb1juUO1ZdiYoFaFQT5Tw8bGUl/x/jTj3ccPDVZFD9pIuhLhBOneufuBiB" end                         \
    "4cS98l2SR/RQyGWSeWjnczT0QU91p1DhOVRuOopznQKBgQDgHMQQ60imZV1URk0K" end                         \
    "pLttoLhyt3SmqdEf/kgHePDdtzEafpAu+cS191R2JiuoF2yzWXnwFDcqGigp5BNr" end                         \
    "0AHQfD8/Lk8l1Mk09jxxCfui5nYooNyac8YFjm3vItzVCVDnEd3BbVWG8qf6deqE" end                         \
    "lMGAg+C2V0L4oNXnP7LZcPAZRwKBgQC5A8R+CZW2MvRTLLHzwZkUXV866cff7tx6" end                         \
    "kqa0finGG0KgeqlaZPxgCZnFp7AeAcCMtiynVlJ7vMVgePsLq6XtON4tB5kP9jAP" end                         \
    "rq3rbAOal78eUH5OcED6eNuCV8ixEu1eWcPNCS/l1OW1EnXUEoEHKl54Xrrz2uNw" end                         \
    "kgMTP1FZ1wKBgAcCn1dwJKufzBWQxWQp1vsM5fggqPN1qGb5y0MAk3g7/Ls5bkUp" end                         \
    "5u9SN0Ai3Ya6hNnvWJMb7sXQX6U/zyO2M/hTip7tUeh7CXgwo59dkpN75gJLVds2" end                         \
    "9+DAncu3KXU4f2Fa+7bLNrur53k8KwPOq2bbuTG69QtV7Jr5MR0AHWKNAoGBAIf/" end                         \
    "evpitUf+4JYbLpvNXWcY052Mpz22aR84mY3nh3F2LF2mjMJDpTg7FmuyPcVw6EcG" end                         \
    "yoAe9fa65iNqCq+jdw6PVNGo2hxfjSiZ8IIzHdsPXI89//pMjZcQK9r+CCoRjaZj" end                         \
    "OYiIDktVWZzmevJuv6WywUqd57LE3Zar3dLSIkx1AoGAIYd7DHOhrWvxkwPQsRM2" end                         \
    "tOgrjbcrfvtQJipd+DlcxyVuuM9sQLdgjVk2oy26F0EmpScGLq2MowX7fhd/QJQ3" end                         \
    "ydy5cY7YIBi87w93IKLEdfnbJtoOPLUW0ITrJReOgo1cq9SbsxYawBgfp/gh6A56" end                         \
    "03k2+ZQwVK0JKSHuLFkuQ3U=" end "-----END PRIVATE KEY-----" end
#define REAL_PEM PEM("\n")
#define SERVICE                                                                                    \
    "{\"type\":\"service_account\",\"client_email\":\"gw@proj-1.iam.gserviceaccount.com\","        \
    "\"private_key_id\":\"k1\",\"project_id\":\"proj-1\",\"private_key\":\"" PEM(                  \
        "\\n") "\","                                                                               \
               "\"token_uri\":\"http://127.0.0.1:%d/token\"}"
#define USER                                                                                       \
    "{\"type\":\"authorized_user\",\"client_id\":\"c&1\",\"client_secret\":\"cs\","                \
    "\"refresh_token\":\"rt\",\"quota_project_id\":\"quota\","                                     \
    "\"token_uri\":\"http://127.0.0.1:%d/token\"}"
#define NOWHERE "GCE_METADATA_HOST: '127.0.0.1:1'"
#define METADATA "GCE_METADATA_HOST: '127.0.0.1:%d'"

/* A file with the server's port in it. */
static const char *file_of(struct kit *k, const char *name, const char *text)
{
    char out[8192];

    snprintf(out, sizeof out, text, k->port, k->port);
    return kit_file(k, name, out);
}

static void token_answers(struct kit *k, const char *path, const char *token, int seconds)
{
    kit_route(k, path, 200, "{\"access_token\":\"%s\",\"expires_in\":%d,\"token_type\":\"Bearer\"}",
              token, seconds);
}

static void open_with(struct kit *k, const char *params, const char *env)
{
    kit_auth = SLUICE_AUTH_BEARER;
    kit_open(k, params, env);
}

/* Opens with a file of credentials named by the deployment. */
static void open_file(struct kit *k, const char *text)
{
    char params[512];

    snprintf(params, sizeof params, "vertex_location: us-east5, vertex_credentials: '%s'",
             file_of(k, "key.json", text));
    open_with(k, params, NOWHERE);
}

static sluice_span span_of(const char *text)
{
    return sl_span_str(text);
}

static void claims_are_those_of_the_published_example(void **state)
{
    struct sluice_arena arena;
    sluice_span claims;

    (void)state;
    sl_arena_init(&arena, 1u << 20);
    claims = sl_google_claims(&arena, span_of("k1"), span_of("gw@proj-1.iam.gserviceaccount.com"),
                              span_of("https://oauth2.googleapis.com/token"), 1790000030);
    assert_true(sl_span_eq(
        claims,
        span_of("eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6ImsxIn0."
                "eyJpc3MiOiJnd0Bwcm9qLTEuaWFtLmdzZXJ2aWNlYWNjb3VudC5jb20iLCJzY29wZSI6Imh0dHBzOi8vd"
                "3d3Lmdvb2dsZWFwaXMuY29tL2F1dGgvY2xvdWQtcGxhdGZvcm0iLCJhdWQiOiJodHRwczovL29hdXRoMi"
                "5nb29nbGVhcGlzLmNvbS90b2tlbiIsImlhdCI6MTc5MDAwMDAwMCwiZXhwIjoxNzkwMDAzNjAwfQ")));
    sl_arena_finish(&arena);
}

static void signature_is_that_of_rfc_7515(void **state)
{
    struct sluice_arena arena;
    sluice_span signature;

    (void)state;
    sl_arena_init(&arena, 1u << 20);
    signature = sl_google_rs256(
        &arena, span_of(REAL_PEM),
        span_of("eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9le"
                "GFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"));
    assert_non_null(signature.ptr);
    signature = sl_google_base64url(&arena, signature);
    assert_true(sl_span_eq(
        signature,
        span_of(
            "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YK"
            "t_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBA"
            "rLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI"
            "7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypG"
            "lUPQGe77Rw")));
    sl_arena_finish(&arena);
}

static void text_that_is_no_key_signs_nothing(void **state)
{
    struct sluice_arena arena;

    (void)state;
    sl_arena_init(&arena, 1u << 20);
    assert_null(sl_google_rs256(&arena, span_of("no key"), span_of("x")).ptr);
    assert_null(sl_google_rs256(&arena, span_of(""), span_of("x")).ptr);
    sl_arena_finish(&arena);
}

static void service_account_signs_for_a_token(void **state)
{
    struct kit *k = *state;

    token_answers(k, "POST /token", "ya29.one", 3599);
    open_file(k, SERVICE);
    assert_int_equal(kit_call(k), SLUICE_OK);
    assert_int_equal(kit_seen(k, "POST /vendor\nauthorization: Bearer ya29.one\n"), 1);
    assert_int_equal(kit_seen(k, "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&"
                                 "assertion=eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6ImsxIn0."),
                     1);
    assert_string_equal(kit_facts, "{\"project_id\":\"proj-1\",\"region\":\"us-east5\"}");
}

static void credentials_may_stand_in_the_configuration(void **state)
{
    struct kit *k = *state;
    char params[1024];

    token_answers(k, "POST /token", "t", 3599);
    snprintf(params, sizeof params,
             "vertex_credentials: {type: authorized_user, client_id: c, client_secret: s, "
             "refresh_token: r, token_uri: 'http://127.0.0.1:%d/token'}, vertex_project: mine",
             k->port);
    open_with(k, params, NOWHERE);
    assert_int_equal(kit_call(k), SLUICE_OK);
    assert_int_equal(kit_seen(k, "Bearer t\n"), 1);
    assert_string_equal(kit_facts, "{\"project_id\":\"mine\"}");
}

static void file_named_by_the_environment_refreshes_a_users_token(void **state)
{
    struct kit *k = *state;
    char env[512];

    token_answers(k, "POST /token", "t", 3599);
    snprintf(env, sizeof env, "GOOGLE_APPLICATION_CREDENTIALS: '%s', " NOWHERE,
             file_of(k, "adc.json", USER));
    open_with(k, "vertex_project: p", env);
    assert_int_equal(kit_call(k), SLUICE_OK);
    assert_int_equal(kit_seen(k, "grant_type=refresh_token&client_id=c%261&client_secret=cs&"
                                 "refresh_token=rt"),
                     1);
    assert_string_equal(kit_facts, "{\"project_id\":\"p\",\"quota_project_id\":\"quota\"}");
}

static void file_of_gcloud_is_found(void **state)
{
    struct kit *k = *state;
    char env[512];

    token_answers(k, "POST /token", "t", 3599);
    file_of(k, "application_default_credentials.json", USER);
    snprintf(env, sizeof env, "CLOUDSDK_CONFIG: '%s', " NOWHERE, k->dir);
    open_with(k, "", env);
    assert_int_equal(kit_call(k), SLUICE_OK);
    assert_int_equal(kit_seen(k, "Bearer t\n"), 1);
}

static void file_that_is_named_must_be_there(void **state)
{
    struct kit *k = *state;

    open_with(k, "", "GOOGLE_APPLICATION_CREDENTIALS: '/nowhere/at/all.json', " METADATA);
    assert_int_equal(kit_call(k), SLUICE_E_AUTH);
    assert_int_equal(kit_seen(k, "GET /computeMetadata"), 0);
}

static void metadata_server_is_asked_last(void **state)
{
    struct kit *k = *state;

    token_answers(k, "GET /computeMetadata/v1/instance/service-accounts/default/token", "m", 3599);
    kit_route(k, "GET /computeMetadata/v1/project/project-id", 200, "proj-9");
    open_with(k, "vertex_location: eu", METADATA);
    assert_int_equal(kit_call(k), SLUICE_OK);
    assert_int_equal(kit_seen(k, "Bearer m\n"), 1);
    assert_int_equal(kit_seen(k, "metadata-flavor: Google\n"), 2);
    assert_string_equal(kit_facts, "{\"project_id\":\"proj-9\",\"region\":\"eu\"}");
}

static void answer_without_the_flavor_is_nobodys(void **state)
{
    struct kit *k = *state;

    token_answers(k, "GET /", "m", 3599);
    open_with(k, "", METADATA);
    assert_int_equal(kit_call(k), SLUICE_E_AUTH);
    assert_int_equal(kit_seen(k, "POST /vendor"), 0);
}

static void account_that_speaks_for_another_asks_for_its_token(void **state)
{
    struct kit *k = *state;
    char text[8192];

    snprintf(text, sizeof text,
             "{\"type\":\"impersonated_service_account\",\"service_account_impersonation_url\":"
             "\"http://127.0.0.1:%%d/impersonate\",\"source_credentials\":%s}",
             USER);
    token_answers(k, "POST /token", "source", 3599);
    kit_route(k, "POST /impersonate", 200, "{\"accessToken\":\"other\",\"expireTime\":\"%s\"}",
              kit_time(3600));
    open_file(k, text);
    assert_int_equal(kit_call(k), SLUICE_OK);
    assert_int_equal(kit_seen(k, "POST /impersonate\nauthorization: Bearer source\n"), 1);
    assert_int_equal(kit_seen(k, "POST /vendor\nauthorization: Bearer other\n"), 1);
}

static void token_of_another_identity_provider_is_exchanged(void **state)
{
    struct kit *k = *state;
    char text[2048];

    snprintf(text, sizeof text,
             "{\"type\":\"external_account\",\"audience\":\"//iam/x\",\"subject_token_type\":"
             "\"urn:ietf:params:oauth:token-type:jwt\",\"token_url\":\"http://127.0.0.1:%%d/sts\","
             "\"credential_source\":{\"file\":\"%s\",\"format\":{\"type\":\"json\","
             "\"subject_token_field_name\":\"tok\"}}}",
             kit_file(k, "subject", "{\"tok\":\"subject/1\"}"));
    token_answers(k, "POST /sts", "sts", 3599);
    open_file(k, text);
    assert_int_equal(kit_call(k), SLUICE_OK);
    assert_int_equal(kit_seen(k, "subject_token=subject%2F1&"), 1);
    assert_int_equal(kit_seen(k, "Bearer sts\n"), 1);
}

static void refusal_of_the_token_service_is_told(void **state)
{
    struct kit *k = *state;
    struct got g;

    kit_route(k, "POST /token", 400,
              "{\"error\":\"invalid_grant\",\"error_description\":\"Invalid JWT Signature.\"}");
    open_file(k, SERVICE);
    kit_start(k, &g);
    kit_wait(k, &g);
    assert_int_equal(g.status, SLUICE_E_AUTH);
    assert_int_equal(kit_seen(k, "POST /vendor"), 0);
}

static void file_that_is_no_credential_fails_calls(void **state)
{
    static const char *const texts[] = { "no JSON",
                                         "[]",
                                         "{}",
                                         "{\"type\":\"magic\"}",
                                         "{\"type\":\"service_account\"}",
                                         "{\"type\":\"authorized_user\"}",
                                         "{\"type\":\"service_account\",\"client_email\":\"e\","
                                         "\"private_key\":\"no key\"}",
                                         "{\"type\":\"external_account\"}",
                                         "{\"type\":\"impersonated_service_account\"}" };
    struct kit *k = *state;

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        open_file(k, texts[i]);
        assert_int_equal(kit_call(k), SLUICE_E_AUTH);
        kit_close(k);
    }
    assert_int_equal(kit_seen(k, "POST"), 0);
}

/* ---- under load ---- */

#define TOKEN_LIFE 60

/* The seconds that all tokens sent since the last look were good for; none is over. */
static void assert_none_is_over(struct kit *k, int now)
{
    static const char bearer[] = "POST /vendor\nauthorization: Bearer until-";

    for (const char *p = k->log; (p = strstr(p, bearer)); p += sizeof bearer)
        assert_true(atol(p + sizeof bearer - 1) > now);
    k->log[0] = 0;
}

static void token_that_is_over_is_never_sent_under_load(void **state)
{
    struct kit *k = *state;
    struct got g[6];
    char name[32];
    int asked = 0;

    sl_clock_freeze(1000000000, 1767323045000000);
    token_answers(k, "POST /token", "until-60", TOKEN_LIFE);
    open_file(k, SERVICE);
    for (int now = 0; now < 600; now += now % 7 == 0 ? 13 : 1) {
        sl_clock_freeze(1000000000 + (uint64_t)now * 1000000,
                        1767323045000000 + (int64_t)now * 1000000);
        snprintf(name, sizeof name, "until-%d", now + TOKEN_LIFE);
        token_answers(k, "POST /token", name, TOKEN_LIFE);
        for (int i = 0; i < 6; i++)
            kit_start(k, &g[i]);
        for (int i = 0; i < 6; i++) {
            kit_wait(k, &g[i]);
            assert_int_equal(g[i].status, SLUICE_OK);
        }
        asked += kit_seen(k, "POST /token");
        assert_none_is_over(k, now);
    }
    assert_true(asked > 5 && asked < 60);
    sl_clock_freeze(0, 0);
}

static void token_is_renewed_ahead_without_a_wait(void **state)
{
    struct kit *k = *state;

    sl_clock_freeze(1000000000, 1767323045000000);
    token_answers(k, "POST /token", "one", 3600);
    open_file(k, SERVICE);
    assert_int_equal(kit_call(k), SLUICE_OK);
    sl_clock_freeze(1000000000 + 3400ull * 1000000, 1767323045000000 + 3400ll * 1000000);
    token_answers(k, "POST /token", "two", 3600);
    assert_int_equal(kit_call(k), SLUICE_OK);
    assert_int_equal(kit_seen(k, "Bearer one\n"), 2);
    for (int i = 0; i < 1000 && !kit_seen(k, "Bearer two\n"); i++)
        assert_int_equal(kit_call(k), SLUICE_OK);
    assert_int_equal(kit_seen(k, "Bearer two\n"), 1);
    assert_int_equal(kit_seen(k, "POST /token"), 2);
    sl_clock_freeze(0, 0);
}

/* Whatever allocation fails, the call ends, and the next one is whole. */
static void failing_memory_fails_no_more_than_the_call(void **state)
{
    struct kit *k = *state;
    char text[8192];
    uint64_t counted, n = 0;
    int failed = 0;

    snprintf(text, sizeof text,
             "{\"type\":\"impersonated_service_account\",\"service_account_impersonation_url\":"
             "\"http://127.0.0.1:%%d/impersonate\",\"source_credentials\":%s}",
             USER);
    token_answers(k, "POST /token", "source", 3599);
    kit_route(k, "POST /impersonate", 200, "{\"accessToken\":\"other\",\"expireTime\":\"%s\"}",
              kit_time(3600));
    do {
        struct got g;

        assert_true(++n < 2000);
        memset(k->log, 0, sizeof k->log);
        open_file(k, text);
        sl_fault_after(n);
        kit_start(k, &g); /* the fetch begins in here */
        for (int i = 0; i < 1000000 && !g.done; i++)
            event_base_loop(k->base, EVLOOP_ONCE);
        counted = sl_fault_after(0);
        assert_int_equal(g.done, 1);
        failed += g.status < 0;
        assert_int_equal(kit_call(k), SLUICE_OK);
        kit_close(k);
    } while (counted >= n); /* the last one met no failure */
    assert_true(failed > 20);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(claims_are_those_of_the_published_example),
        cmocka_unit_test(signature_is_that_of_rfc_7515),
        cmocka_unit_test(text_that_is_no_key_signs_nothing),
        TEST(service_account_signs_for_a_token),
        TEST(credentials_may_stand_in_the_configuration),
        TEST(file_named_by_the_environment_refreshes_a_users_token),
        TEST(file_of_gcloud_is_found),
        TEST(file_that_is_named_must_be_there),
        TEST(metadata_server_is_asked_last),
        TEST(answer_without_the_flavor_is_nobodys),
        TEST(account_that_speaks_for_another_asks_for_its_token),
        TEST(token_of_another_identity_provider_is_exchanged),
        TEST(refusal_of_the_token_service_is_told),
        TEST(file_that_is_no_credential_fails_calls),
        TEST(token_that_is_over_is_never_sent_under_load),
        TEST(token_is_renewed_ahead_without_a_wait),
        TEST(failing_memory_fails_no_more_than_the_call),
    };

    sluice_add_builtin(kit_entry);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
