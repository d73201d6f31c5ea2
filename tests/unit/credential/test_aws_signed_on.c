/* SPDX-License-Identifier: Apache-2.0 */
/* AWS profiles that somebody signed on to, and those that a program has the key pair of. */
#include "aws.h"

#define SSO "AWS_ENDPOINT_URL_SSO: 'http://127.0.0.1:%d/'"
#define ROLE "sso_account_id = 123\nsso_role_name = Power User\n"
#define PORTAL "GET /federation/credentials?role_name=Power%20User&account_id=123"
/* SHA-1 of "corp" and of "https://corp.awsapps.com/start" */
#define BY_SESSION "ee0bfd2552fbd840c02cc48b6e823320543c450f.json"
#define BY_URL "a51746d4aa793ae07b25e90c3a5db96fc7832bd7.json"

/* A file below the test's home, with its folders. */
static void at_home(struct kit *k, const char *name, const char *text)
{
    char folder[160];

    for (const char *p = strchr(name, '/'); p; p = strchr(p + 1, '/')) {
        snprintf(folder, sizeof folder, "%s/%.*s", k->dir, (int)(p - name), name);
        (void)mkdir(folder, 0700);
    }
    kit_file(k, name, text);
}

static void signed_on(struct kit *k, const char *file, int seconds)
{
    char path[128], text[256];

    snprintf(path, sizeof path, ".aws/sso/cache/%s", file);
    snprintf(text, sizeof text, "{\"accessToken\":\"tok\",\"expiresAt\":\"%s\"}",
             kit_time(seconds));
    at_home(k, path, text);
}

static void portal_answers(struct kit *k, const char *id)
{
    kit_route(k, PORTAL, 200,
              "{\"roleCredentials\":{\"accessKeyId\":\"%s\",\"secretAccessKey\":\"s\","
              "\"sessionToken\":\"session-of-%s\",\"expiration\":%lld}}",
              id, id, (long long)(sl_unix_ms() + 3600000));
}

static void session_gives_a_pair_for_its_role(void **state)
{
    struct kit *k = *state;

    at_home(k, ".aws/config",
            "[profile dev]\nsso_session = corp\nregion = eu-north-1\n" ROLE
            "[sso-session corp]\nsso_region = us-east-1\n"
            "sso_start_url = https://corp.awsapps.com/start\n[profile corp]\nregion = no\n");
    signed_on(k, BY_SESSION, 600);
    portal_answers(k, "AKSSO");
    kit_open(k, "aws_profile_name: dev", SSO);
    assert_int_equal(kit_call(k), SLUICE_OK);
    assert_int_equal(kit_call(k), SLUICE_OK);
    assert_sent(k, "AKSSO", "session-of-AKSSO");
    assert_int_equal(kit_seen(k, PORTAL "\nx-amz-sso_bearer_token: tok\n"), 1);
    assert_string_equal(kit_facts, "{\"region\":\"eu-north-1\"}");
}

static void older_profiles_name_the_start_themselves(void **state)
{
    struct kit *k = *state;

    at_home(
        k, ".aws/config",
        "[default]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = us-east-1\n" ROLE);
    signed_on(k, BY_URL, 600);
    portal_answers(k, "AKOLD");
    kit_open(k, REGION, SSO);
    assert_int_equal(kit_call(k), SLUICE_OK);
    assert_sent(k, "AKOLD", "session-of-AKOLD");
}

static void role_may_be_assumed_by_who_is_signed_on(void **state)
{
    struct kit *k = *state;

    at_home(k, ".aws/config",
            "[profile prod]\nrole_arn = arn:prod\nsource_profile = dev\n"
            "[profile dev]\nsso_session = corp\n" ROLE
            "[sso-session corp]\nsso_region = us-east-1\n");
    signed_on(k, BY_SESSION, 600);
    portal_answers(k, "AKSSO");
    assume_answers(k, "AKROLE", 3600);
    kit_open(k, REGION ", " STS ", aws_profile_name: prod", SSO);
    assert_int_equal(kit_call(k), SLUICE_OK);
    assert_sent(k, "AKROLE", "session-of-AKROLE==");
    assert_int_equal(kit_seen(k, "POST /sts\nauthorization: AWS4-HMAC-SHA256 Credential=AKSSO/"),
                     1);
}

/* The call fails and says so. */
static void assert_fails(struct kit *k, const char *says)
{
    struct got g;

    kit_start(k, &g);
    kit_wait(k, &g);
    assert_int_equal(g.status, SLUICE_E_AUTH);
    if (!strstr(g.err.message, says))
        fail_msg("says: %s", g.err.message);
    assert_int_equal(kit_seen(k, "POST /vendor"), 0);
}

static const char session[] =
    "[profile dev]\nsso_session = corp\n" ROLE "[sso-session corp]\nsso_region = us-east-1\n";

static void who_is_signed_on_no_longer_hears_of_it(void **state)
{
    struct kit *k = *state;

    at_home(k, ".aws/config", session);
    signed_on(k, BY_SESSION, -1);
    kit_open(k, REGION ", aws_profile_name: dev", SSO);
    assert_fails(k, "aws sso login");
    assert_int_equal(kit_seen(k, "GET /"), 0);
}

static void who_never_signed_on_hears_of_it(void **state)
{
    struct kit *k = *state;

    at_home(k, ".aws/config", session);
    kit_open(k, REGION ", aws_profile_name: dev", SSO);
    assert_fails(k, "aws sso login");
}

static void portal_may_refuse(void **state)
{
    struct kit *k = *state;

    at_home(k, ".aws/config", session);
    signed_on(k, BY_SESSION, 600);
    kit_route(k, PORTAL, 403, "{\"message\":\"No access\",\"__type\":\"ForbiddenException\"}");
    kit_open(k, REGION ", aws_profile_name: dev", SSO);
    assert_fails(k, "ForbiddenException: No access");
}

static void profile_without_its_account_is_refused(void **state)
{
    struct kit *k = *state;

    at_home(k, ".aws/config",
            "[profile dev]\nsso_session = corp\n"
            "[sso-session corp]\nsso_region = us-east-1\n");
    kit_open(k, REGION ", aws_profile_name: dev", SSO);
    assert_fails(k, "sso_account_id");
}

/* ---- programs ---- */

/* A script of the test's folder, and a profile whose program it is. */
static void with_program(struct kit *k, const char *script, const char *arguments)
{
    char config[512], path[160];

    snprintf(path, sizeof path, "%s/a program", k->dir);
    kit_file(k, "a program", script);
    assert_int_equal(chmod(path, 0700), 0);
    snprintf(config, sizeof config, "[default]\ncredential_process = \"%s\" %s\n", path, arguments);
    at_home(k, ".aws/config", config);
}

#define PRINT(id, more)                                                                            \
    "#!/bin/sh\necho '{\"Version\":1,\"AccessKeyId\":\"" id                                        \
    "\",\"SecretAccessKey\":\"s\",\"SessionToken\":\"t\"" more "}'\n"

static void program_prints_the_pair(void **state)
{
    struct kit *k = *state;

    with_program(k, PRINT("AKPROG", ""), "");
    kit_open(k, REGION, NO_METADATA);
    assert_int_equal(kit_call(k), SLUICE_OK);
    assert_int_equal(kit_call(k), SLUICE_OK);
    assert_sent(k, "AKPROG", "t");
}

static void program_gets_its_words_and_no_shell(void **state)
{
    struct kit *k = *state;

    with_program(k,
                 "#!/bin/sh\ncase \"$#:$1:$2:$3\" in '3:a b:$HOME;c:d\"e') ;; *) exit 1;; esac\n"
                 "read line && exit 1\n" /* nothing to read */
                 "echo '{\"Version\":1,\"AccessKeyId\":\"AKARG\",\"SecretAccessKey\":\"s\"}'\n",
                 "'a b' $HOME;c d\\\"e");
    kit_open(k, REGION, NO_METADATA);
    assert_int_equal(kit_call(k), SLUICE_OK);
    assert_sent(k, "AKARG", NULL);
}

static void pair_of_a_program_ends(void **state)
{
    struct kit *k = *state;

    with_program(k, PRINT("AKPROG", ",\"Expiration\":\"2001-01-01T00:00:00Z\""), "");
    kit_open(k, REGION, NO_METADATA);
    assert_fails(k, "over already");
}

static void program_that_fails_is_told(void **state)
{
    struct kit *k = *state;

    with_program(k, PRINT("AKPROG", "") "exit 3\n", "");
    kit_open(k, REGION, NO_METADATA);
    assert_fails(k, "failed");
}

static void program_that_is_not_there_is_told(void **state)
{
    struct kit *k = *state;

    at_home(k, ".aws/config", "[default]\ncredential_process = /no/such/program x\n");
    kit_open(k, REGION, NO_METADATA);
    assert_fails(k, "/no/such/program");
}

static void program_that_prints_nonsense_is_told(void **state)
{
    struct kit *k = *state;

    with_program(k, "#!/bin/sh\necho '{\"Version\":2}'\n", "");
    kit_open(k, REGION, NO_METADATA);
    assert_fails(k, "Version 1");
}

static void command_with_an_open_quote_is_none(void **state)
{
    struct kit *k = *state;

    with_program(k, PRINT("AKPROG", ""), "'open");
    kit_open(k, REGION, NO_METADATA);
    assert_fails(k, "no command line");
}

static void program_that_does_not_stop_is_stopped(void **state)
{
    struct kit *k = *state;

    with_program(k, "#!/bin/sh\nexec yes\n", "");
    kit_open(k, REGION, NO_METADATA);
    assert_fails(k, "too much");
}

static void program_that_takes_too_long_is_stopped(void **state)
{
    struct kit *k = *state;
    char path[160];
    struct got g;

    snprintf(path, sizeof path, "#!/bin/sh\necho $$ > '%s/pid'\nexec sleep 1000\n", k->dir);
    with_program(k, path, "");
    sl_clock_freeze(1000000000, 1767323045000000);
    kit_open(k, REGION, NO_METADATA);
    kit_start(k, &g);
    snprintf(path, sizeof path, "%s/pid", k->dir);
    while (access(path, R_OK) != 0)
        event_base_loop(k->base, EVLOOP_NONBLOCK);
    sl_clock_freeze(1000000000 + 21ull * 1000000, 1767323045000000 + 21ll * 1000000);
    kit_wait(k, &g);
    assert_int_equal(g.status, SLUICE_E_AUTH);
    assert_non_null(strstr(g.err.message, "took too long"));
}

/* Given keys need a profile's region only: its program does not run. */
static void program_of_a_profile_that_is_not_used_stays_away(void **state)
{
    struct kit *k = *state;
    char path[160], script[256];

    snprintf(path, sizeof path, "%s/ran", k->dir);
    snprintf(script, sizeof script, "#!/bin/sh\n: > '%s'\n", path);
    with_program(k, script, "");
    kit_open(k, "aws_access_key_id: AKGIVEN, aws_secret_access_key: s", NO_METADATA);
    assert_int_equal(kit_call(k), SLUICE_OK);
    assert_sent(k, "AKGIVEN", NULL);
    assert_int_not_equal(access(path, F_OK), 0);
}

static void failing_memory_fails_no_more_than_the_call(void **state)
{
    struct kit *k = *state;

    at_home(k, ".aws/config", session);
    signed_on(k, BY_SESSION, 600);
    portal_answers(k, "AKSSO");
    kit_fail_in_turn(k, REGION ", aws_profile_name: dev", SSO);
}

static void failing_memory_stops_no_program(void **state)
{
    struct kit *k = *state;

    with_program(k, PRINT("AKPROG", ""), "");
    kit_fail_in_turn(k, REGION, NO_METADATA);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(session_gives_a_pair_for_its_role),
        TEST(older_profiles_name_the_start_themselves),
        TEST(role_may_be_assumed_by_who_is_signed_on),
        TEST(who_is_signed_on_no_longer_hears_of_it),
        TEST(who_never_signed_on_hears_of_it),
        TEST(portal_may_refuse),
        TEST(profile_without_its_account_is_refused),
        TEST(program_prints_the_pair),
        TEST(program_gets_its_words_and_no_shell),
        TEST(pair_of_a_program_ends),
        TEST(program_that_fails_is_told),
        TEST(program_that_is_not_there_is_told),
        TEST(program_that_prints_nonsense_is_told),
        TEST(command_with_an_open_quote_is_none),
        TEST(program_that_does_not_stop_is_stopped),
        TEST(program_that_takes_too_long_is_stopped),
        TEST(program_of_a_profile_that_is_not_used_stays_away),
        TEST(failing_memory_fails_no_more_than_the_call),
        TEST(failing_memory_stops_no_program),
    };

    clearenv();
    sluice_add_builtin(kit_entry);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
