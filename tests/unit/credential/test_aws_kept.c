/* SPDX-License-Identifier: Apache-2.0 */
/* What the AWS chain fetched is kept, renewed, and never used when it is over. */
#include "aws.h"

static void fetched_pair_serves_many_calls(void **state)
{
    struct kit *k = *state;
    struct got g[8];

    assume_answers(k, "AKROLE", 3600);
    kit_open(k,
             REGION ", " STS ", aws_access_key_id: A, aws_secret_access_key: s, "
                    "aws_role_name: arn",
             "");
    for (int i = 0; i < 8; i++)
        kit_start(k, &g[i]);
    for (int i = 0; i < 8; i++) {
        kit_wait(k, &g[i]);
        assert_int_equal(g[i].status, SLUICE_OK);
    }
    assert_int_equal(kit_call(k), SLUICE_OK);
    assert_int_equal(kit_seen(k, "POST /sts"), 1);
    assert_int_equal(kit_seen(k, "POST /vendor"), 9);
}

static const char at_container[] =
    NO_METADATA ", AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://localhost:%d/container'";

/* The clock stands at so many seconds behind the beginning of a test. */
static void clock_at(double seconds)
{
    sl_clock_freeze(1000000000 + (uint64_t)(seconds * 1e6),
                    1767323045000000 + (int64_t)(seconds * 1e6));
}

static void pair_is_renewed_while_it_serves(void **state)
{
    struct kit *k = *state;

    clock_at(0);
    container_answers(k, "AKONE", 3600);
    kit_open(k, REGION, at_container);
    assert_int_equal(kit_call(k), SLUICE_OK);
    clock_at(3600 - 301);
    assert_int_equal(kit_call(k), SLUICE_OK);
    assert_int_equal(kit_seen(k, "GET /container"), 1);
    clock_at(3600 - 299);
    container_answers(k, "AKTWO", 3600);
    assert_int_equal(kit_call(k), SLUICE_OK); /* begins the renewal, does not wait for it */
    assert_int_equal(kit_seen(k, "Credential=AKONE/"), 3);
    for (int i = 0; i < 100000 && kit_seen(k, "GET /container") < 2; i++)
        event_base_loop(k->base, EVLOOP_ONCE);
    for (int i = 0; i < 100 && !kit_seen(k, "Credential=AKTWO/"); i++)
        assert_int_equal(kit_call(k), SLUICE_OK);
    assert_int_equal(kit_seen(k, "Credential=AKTWO/"), 1);
    assert_int_equal(kit_seen(k, "GET /container"), 2);
}

/* The endpoint fails while the pair still serves: it goes on serving, and is not sent any more when
 * it is about to be over. */
static void pair_that_is_over_is_never_sent(void **state)
{
    struct kit *k = *state;
    int sent;

    clock_at(0);
    container_answers(k, "AKONE", 3600);
    kit_open(k, REGION, at_container);
    assert_int_equal(kit_call(k), SLUICE_OK);
    kit_route(k, "GET /container", 500, "%s", "");
    for (int left = 320; left > 30; left--) {
        clock_at(3600 - left);
        assert_int_equal(kit_call(k), SLUICE_OK);
    }
    assert_true(kit_seen(k, "GET /container") > 1);
    sent = kit_seen(k, "POST /vendor");
    for (int left = 30; left > -30; left--) {
        clock_at(3600 - left);
        assert_int_equal(kit_call(k), SLUICE_E_UNAVAILABLE);
    }
    assert_int_equal(kit_seen(k, "POST /vendor"), sent);
    container_answers(k, "AKTWO", 3600);
    assert_int_equal(kit_call(k), SLUICE_OK);
    assert_sent(k, "AKTWO", "session-of-AKTWO");
}

static void refused_pair_is_fetched_again_once(void **state)
{
    struct kit *k = *state;

    container_answers(k, "AKONE", 3600);
    kit_route(k, "POST /vendor", 403, "%s", "{}");
    kit_open(k, REGION,
             NO_METADATA ", AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://127.0.0.1:%d/container'");
    assert_int_equal(kit_call(k), SLUICE_E_AUTH);
    assert_int_equal(kit_seen(k, "GET /container"), 2);
    assert_int_equal(kit_seen(k, "POST /vendor"), 2);
}

static void pair_that_comes_too_late_is_no_pair(void **state)
{
    struct kit *k = *state;
    struct got g;

    container_answers(k, "AKOLD", -1);
    kit_open(k, REGION,
             NO_METADATA ", AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://127.0.0.1:%d/container'");
    kit_start(k, &g);
    kit_wait(k, &g);
    assert_int_equal(g.status, SLUICE_E_AUTH);
    assert_int_equal(kit_seen(k, "POST /vendor"), 0);
}

static void loop_may_end_while_an_endpoint_is_silent(void **state)
{
    struct kit *k = *state;
    struct got g;

    kit_route(k, "GET /container", -1, "%s", "");
    kit_open(k, REGION,
             NO_METADATA ", AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://127.0.0.1:%d/container'");
    kit_start(k, &g);
    for (int i = 0; i < 100000 && !kit_seen(k, "GET /container"); i++)
        event_base_loop(k->base, EVLOOP_ONCE);
    kit_close(k);
    assert_int_equal(g.status, SLUICE_E_SHUTDOWN);
}

static void deployments_configured_alike_share(void **state)
{
    struct kit *k = *state;
    sluice_options options = { .struct_size = sizeof options,
                               .plugin_path = TEST_BUILD_DIR "/lib/sluice/1" };
    sluice_error err = SLUICE_ERROR_INIT;
    char config[1024];

    container_answers(k, "AKSHARED", 3600);
    snprintf(
        config, sizeof config,
        "model_list:\n"
        "- {model_name: m, litellm_params: {model: kit/x, api_base: 'http://127.0.0.1:%d', " REGION
        "}}\n"
        "- {model_name: m, litellm_params: {model: kit/y, api_base: 'http://127.0.0.1:%d', " REGION
        "}}\n"
        "environment_variables: {" NO_METADATA ", HOME: '%s', "
        "AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://127.0.0.1:%d/container'}\n",
        k->port, k->port, k->dir, k->port);
    options.config = sl_span_str(config);
    assert_int_equal(sluice_open(&options, &k->s, &err), SLUICE_OK);
    assert_int_equal(sluice_attach(k->s, k->base, &k->loop, &err), SLUICE_OK);
    for (int i = 0; i < 20; i++)
        assert_int_equal(kit_call(k), SLUICE_OK);
    assert_int_equal(sluice_reload(k->s, options.config, &err), SLUICE_OK);
    for (int i = 0; i < 20; i++)
        assert_int_equal(kit_call(k), SLUICE_OK);
    assert_int_equal(kit_seen(k, "GET /container"), 1);
}

static void failing_memory_fails_no_more_than_the_call(void **state)
{
    struct kit *k = *state;

    assume_answers(k, "AKROLE", 3600);
    kit_fail_in_turn(k,
                     REGION ", " STS ", aws_access_key_id: A, aws_secret_access_key: s, "
                            "aws_role_name: arn",
                     "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(fetched_pair_serves_many_calls),      TEST(pair_is_renewed_while_it_serves),
        TEST(pair_that_is_over_is_never_sent),     TEST(refused_pair_is_fetched_again_once),
        TEST(pair_that_comes_too_late_is_no_pair), TEST(loop_may_end_while_an_endpoint_is_silent),
        TEST(deployments_configured_alike_share),  TEST(failing_memory_fails_no_more_than_the_call),
    };

    clearenv();
    sluice_add_builtin(kit_entry);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
