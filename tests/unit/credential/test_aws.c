/* SPDX-License-Identifier: Apache-2.0 */
/* The AWS credential chain, each of its links against a scripted endpoint or file. */
#include "aws.h"

static void keys_of_the_deployment_are_used(void **state)
{
    struct kit *k = *state;

    kit_open(k,
             REGION ", aws_access_key_id: AKGIVEN, aws_secret_access_key: s, "
                    "aws_session_token: st",
             "AWS_ACCESS_KEY_ID: AKENV, AWS_SECRET_ACCESS_KEY: s, KIT_KEY: a-key");
    assert_int_equal(kit_call(k), SLUICE_OK);
    assert_sent(k, "AKGIVEN", "st");
    assert_string_equal(kit_facts, "{\"region\":\"us-east-1\"}");
}

static void half_a_pair_is_an_error_at_start(void **state)
{
    struct kit *k = *state;
    sluice_error err = SLUICE_ERROR_INIT;

    assert_int_equal(kit_try_open(k, REGION ", aws_access_key_id: AK", "", &err), SLUICE_E_INVALID);
    assert_string_equal(err.param, "litellm_params.aws_secret_access_key");
}

static void keys_of_the_environment_are_used(void **state)
{
    struct kit *k = *state;

    kit_open(k, "",
             "AWS_ACCESS_KEY_ID: AKENV, AWS_SECRET_ACCESS_KEY: s, AWS_SESSION_TOKEN: est, "
             "AWS_REGION: eu-west-3");
    assert_int_equal(kit_call(k), SLUICE_OK);
    assert_sent(k, "AKENV", "est");
    assert_string_equal(kit_facts, "{\"region\":\"eu-west-3\"}");
}

static void bearer_key_of_the_environment_comes_before_the_chain(void **state)
{
    struct kit *k = *state;

    kit_auth = SLUICE_AUTH_BEARER;
    kit_open(k, REGION,
             "KIT_KEY: bedrock-api-key, AWS_ACCESS_KEY_ID: AKENV, "
             "AWS_SECRET_ACCESS_KEY: s");
    assert_int_equal(kit_call(k), SLUICE_OK);
    kit_auth = SLUICE_AUTH_SIGV4;
    assert_int_equal(kit_seen(k, "authorization: Bearer bedrock-api-key\n"), 1);
}

#define CREDENTIALS                                                                                \
    "# a comment\n[default]\naws_access_key_id = AKDEFAULT\naws_secret_access_key=s ; really\n"    \
    "[team]\nAWS_ACCESS_KEY_ID=AKTEAM\naws_secret_access_key = s\naws_session_token = pst\n"       \
    "s3 =\n  aws_access_key_id = nested\n"

static void named_profile_is_read(void **state)
{
    struct kit *k = *state;
    char env[512];

    snprintf(env, sizeof env, "AWS_SHARED_CREDENTIALS_FILE: '%s', AWS_CONFIG_FILE: '%s'",
             kit_file(k, "credentials", CREDENTIALS),
             kit_file(k, "config", "[profile team]\nregion = ap-south-1\n[default]\nregion = x\n"));
    kit_open(k, "aws_profile_name: team", env);
    assert_int_equal(kit_call(k), SLUICE_OK);
    assert_sent(k, "AKTEAM", "pst");
    assert_string_equal(kit_facts, "{\"region\":\"ap-south-1\"}");
}

static void default_profile_is_found_at_home(void **state)
{
    struct kit *k = *state;
    char folder[128];

    snprintf(folder, sizeof folder, "%s/.aws", k->dir);
    assert_int_equal(mkdir(folder, 0700), 0);
    kit_file(k, ".aws/credentials", CREDENTIALS);
    kit_open(k, REGION, NO_METADATA);
    assert_int_equal(kit_call(k), SLUICE_OK);
    assert_sent(k, "AKDEFAULT", NULL);
}

static void missing_profile_fails_the_call(void **state)
{
    struct kit *k = *state;
    struct got g;

    kit_open(k, REGION ", aws_profile_name: nobody", NO_METADATA);
    kit_start(k, &g);
    kit_wait(k, &g);
    assert_int_equal(g.status, SLUICE_E_AUTH);
    assert_non_null(strstr(g.err.message, "nobody"));
}

static void role_is_assumed_with_the_keys(void **state)
{
    struct kit *k = *state;

    assume_answers(k, "AKROLE", 3600);
    kit_open(k,
             REGION ", " STS ", aws_access_key_id: AKGIVEN, aws_secret_access_key: s, "
                    "aws_role_name: 'arn:aws:iam::1:role/r x', aws_session_name: ses, "
                    "aws_external_id: ext",
             "");
    assert_int_equal(kit_call(k), SLUICE_OK);
    assert_sent(k, "AKROLE", "session-of-AKROLE==");
    assert_int_equal(kit_seen(k, "POST /sts\nauthorization: AWS4-HMAC-SHA256 Credential=AKGIVEN/"),
                     1);
    assert_int_equal(
        kit_seen(k, "\nAction=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3A"
                    "role%2Fr%20x&RoleSessionName=ses&DurationSeconds=3600&ExternalId=ext\n"),
        1);
}

static void refused_role_fails_the_call(void **state)
{
    struct kit *k = *state;
    struct got g;

    kit_route(k, "POST /sts", 403,
              "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>not "
              "you</Message></Error></ErrorResponse>");
    kit_open(k,
             REGION ", " STS ", aws_access_key_id: A, aws_secret_access_key: s, "
                    "aws_role_name: arn",
             "");
    kit_start(k, &g);
    kit_wait(k, &g);
    assert_int_equal(g.status, SLUICE_E_AUTH);
    assert_non_null(strstr(g.err.message, "AccessDenied: not you"));
    assert_int_equal(kit_seen(k, "POST /vendor"), 0);
}

static void profiles_assume_one_after_the_other(void **state)
{
    struct kit *k = *state;
    char env[512];

    assume_answers(k, "AKROLE", 3600);
    snprintf(env, sizeof env, "AWS_SHARED_CREDENTIALS_FILE: '%s', AWS_CONFIG_FILE: '%s'",
             kit_file(k, "credentials", CREDENTIALS),
             kit_file(k, "config",
                      "[profile a]\nrole_arn = arn-a\nsource_profile = b\nexternal_id = xa\n"
                      "[profile b]\nrole_arn = arn-b\nsource_profile = team\n"));
    kit_open(k, REGION ", " STS ", aws_profile_name: a", env);
    assert_int_equal(kit_call(k), SLUICE_OK);
    assert_sent(k, "AKROLE", "session-of-AKROLE==");
    assert_int_equal(kit_seen(k, "RoleArn=arn-b&"), 1);
    assert_int_equal(kit_seen(k, "RoleArn=arn-a&"), 1);
    assert_true(strstr(k->log, "RoleArn=arn-b&") < strstr(k->log, "RoleArn=arn-a&"));
    assert_int_equal(kit_seen(k, "Credential=AKTEAM/"), 1);
}

static void ring_of_profiles_is_refused(void **state)
{
    struct kit *k = *state;
    char env[256];

    snprintf(env, sizeof env, "AWS_CONFIG_FILE: '%s'",
             kit_file(k, "config",
                      "[profile a]\nrole_arn = x\nsource_profile = b\n[profile b]\nrole_arn = y\n"
                      "source_profile = a\n"));
    kit_open(k, REGION ", aws_profile_name: a", env);
    assert_int_equal(kit_call(k), SLUICE_E_AUTH);
}

static void profile_may_use_the_environment(void **state)
{
    struct kit *k = *state;
    char env[512];

    assume_answers(k, "AKROLE", 3600);
    snprintf(env, sizeof env,
             "AWS_CONFIG_FILE: '%s', AWS_ACCESS_KEY_ID: AKENV, AWS_SECRET_ACCESS_KEY: s",
             kit_file(k, "config", "[profile a]\nrole_arn = x\ncredential_source = Environment\n"));
    kit_open(k, REGION ", " STS ", aws_profile_name: a", env);
    assert_int_equal(kit_call(k), SLUICE_OK);
    assert_int_equal(kit_seen(k, "POST /sts\nauthorization: AWS4-HMAC-SHA256 Credential=AKENV/"),
                     1);
}

static void web_identity_is_exchanged_unsigned(void **state)
{
    struct kit *k = *state;
    char env[512];

    assume_answers(k, "AKWEB", 3600);
    snprintf(env, sizeof env,
             "AWS_WEB_IDENTITY_TOKEN_FILE: '%s', AWS_ROLE_ARN: arn-w, AWS_ROLE_SESSION_NAME: pod, "
             "AWS_ENDPOINT_URL_STS: 'http://127.0.0.1:%%d/sts'",
             kit_file(k, "token", "ey.J.w\n"));
    kit_open(k, REGION, env);
    assert_int_equal(kit_call(k), SLUICE_OK);
    assert_sent(k, "AKWEB", "session-of-AKWEB==");
    assert_int_equal(kit_seen(k, "POST /sts\ncontent-type"), 1); /* no authorization before it */
    assert_int_equal(kit_seen(k, "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn="
                                 "arn-w&RoleSessionName=pod&DurationSeconds=3600&WebIdentityToken="
                                 "ey.J.w\n"),
                     1);
}

static void deployments_own_web_identity_is_used(void **state)
{
    struct kit *k = *state;
    char params[512];

    assume_answers(k, "AKWEB", 3600);
    snprintf(params, sizeof params,
             REGION ", aws_sts_endpoint: 'http://127.0.0.1:%%d/sts', aws_role_name: arn, "
                    "aws_web_identity_token: 'oidc/file/%s'",
             kit_file(k, "token", "from-file"));
    kit_open(k, params, "");
    assert_int_equal(kit_call(k), SLUICE_OK);
    assert_int_equal(kit_seen(k, "WebIdentityToken=from-file\n"), 1);
}

static void container_is_asked_with_its_token(void **state)
{
    struct kit *k = *state;
    char env[512];

    container_answers(k, "AKCONTAINER", 3600);
    snprintf(env, sizeof env,
             NO_METADATA ", AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://127.0.0.1:%%d/container', "
                         "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: '%s'",
             kit_file(k, "token", "container-token\n"));
    kit_open(k, REGION, env);
    assert_int_equal(kit_call(k), SLUICE_OK);
    assert_sent(k, "AKCONTAINER", "session-of-AKCONTAINER");
    assert_int_equal(kit_seen(k, "GET /container\nauthorization: container-token\n"), 1);
}

static void strangers_are_no_container(void **state)
{
    struct kit *k = *state;

    kit_open(k, REGION,
             NO_METADATA ", AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://192.0.2.1:%d/container'");
    assert_int_equal(kit_call(k), SLUICE_E_AUTH);
}

static void instance_is_asked_with_a_session(void **state)
{
    struct kit *k = *state;

    metadata_answers(k, "AKINSTANCE");
    kit_open(k, "", METADATA);
    assert_int_equal(kit_call(k), SLUICE_OK);
    assert_sent(k, "AKINSTANCE", "session-of-AKINSTANCE");
    assert_string_equal(kit_facts, "{\"region\":\"eu-central-1\"}");
    assert_int_equal(
        kit_seen(k, "PUT /latest/api/token\nx-aws-ec2-metadata-token-ttl-seconds: 21600\n"), 1);
    assert_int_equal(kit_seen(k, "x-aws-ec2-metadata-token: metadata-token\n"), 3);
}

static void instance_without_sessions_is_asked_without(void **state)
{
    struct kit *k = *state;

    metadata_answers(k, "AKV1");
    kit_route(k, "PUT /latest/api/token", 405, "%s", "");
    kit_open(k, REGION, METADATA);
    assert_int_equal(kit_call(k), SLUICE_OK);
    assert_sent(k, "AKV1", "session-of-AKV1");
    assert_int_equal(kit_seen(k, "x-aws-ec2-metadata-token:"), 0);
    kit_close(k);
    kit_open(k, REGION, METADATA ", AWS_EC2_METADATA_V1_DISABLED: 'true'");
    assert_int_equal(kit_call(k), SLUICE_E_AUTH);
}

static void nothing_found_is_said(void **state)
{
    struct kit *k = *state;
    struct got g;

    kit_open(k, REGION, NO_METADATA);
    kit_start(k, &g);
    kit_wait(k, &g);
    assert_int_equal(g.status, SLUICE_E_AUTH);
    assert_non_null(strstr(g.err.message, "no AWS credentials"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(keys_of_the_deployment_are_used),
        TEST(half_a_pair_is_an_error_at_start),
        TEST(keys_of_the_environment_are_used),
        TEST(bearer_key_of_the_environment_comes_before_the_chain),
        TEST(named_profile_is_read),
        TEST(default_profile_is_found_at_home),
        TEST(missing_profile_fails_the_call),
        TEST(role_is_assumed_with_the_keys),
        TEST(refused_role_fails_the_call),
        TEST(profiles_assume_one_after_the_other),
        TEST(ring_of_profiles_is_refused),
        TEST(profile_may_use_the_environment),
        TEST(web_identity_is_exchanged_unsigned),
        TEST(deployments_own_web_identity_is_used),
        TEST(container_is_asked_with_its_token),
        TEST(strangers_are_no_container),
        TEST(instance_is_asked_with_a_session),
        TEST(instance_without_sessions_is_asked_without),
        TEST(nothing_found_is_said),
    };

    clearenv();
    sluice_add_builtin(kit_entry);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
