/* SPDX-License-Identifier: Apache-2.0 */
/* silent_model: a copy of each call, whose answer only the loggers get; and arms of a trial, which
 * records name. */
#include "kit.h"

#include "api/instance.h"
#include "testlog.h"

#define DEPLOYMENT(name, more, info)                                                               \
    "- {model_name: " name ", litellm_params: {model: openai/" name                                \
    ", mock_response: from-" name more "}, model_info: {" info "}}\n"
#define SHADOWED                                                                                   \
    "model_list:\n" DEPLOYMENT("m", ", silent_model: s", "variant: new")                           \
        DEPLOYMENT("s", ", silent_model: m", "")
#define STREAM                                                                                     \
    "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"

/* One call of a client; what is recorded of it and of its copy is in seen[] afterwards. */
static void run(const char *config, const char *ask, const char *answer)
{
    struct kit k;
    struct got g;

    n_seen = 0;
    kit_open(&k, config);
    kit_call(&k, &g, ask);
    for (int i = 0; i < 100000 && k.s->owner.calls > 0; i++)
        event_base_loop(k.base, EVLOOP_ONCE);
    assert_int_equal(k.s->owner.calls, 0);
    assert_int_equal(k.loop->worker.shadows, 0);
    assert_int_equal(g.result, SLUICE_OK);
    assert_int_equal(g.head, 1);
    assert_non_null(strstr(g.body.ptr, answer));
    assert_null(strstr(g.body.ptr, "from-s"));
    got_free(&g);
    kit_close(&k);
}

static const struct seen *shadow(void)
{
    for (size_t i = 0; i < n_seen; i++)
        if (strcmp(seen[i].purpose, "shadow") == 0)
            return &seen[i];
    fail_msg("no record of a copy");
    return NULL;
}

static const struct seen *of_client(void)
{
    for (size_t i = 0; i < n_seen; i++)
        if (!seen[i].purpose[0] && seen[i].kind == SLUICE_RECORD_CALL)
            return &seen[i];
    fail_msg("no record of the call");
    return NULL;
}

static void each_call_has_a_copy_with_a_record(void **state)
{
    (void)state;
    run(SHADOWED LOGGED, ASK, "from-m");
    assert_int_equal(n_seen, 2);
    assert_string_equal(shadow()->parent, of_client()->uid);
    assert_int_equal(shadow()->status, SLUICE_OK);
    assert_true(shadow()->output > 0);
}

static void a_streamed_call_has_one_too(void **state)
{
    (void)state;
    run(SHADOWED LOGGED, STREAM, "data: ");
    assert_int_equal(n_seen, 2);
    assert_int_equal(shadow()->status, SLUICE_OK);
}

static void a_copy_that_fails_is_no_failure_of_the_call(void **state)
{
    (void)state;
    run("model_list:\n" DEPLOYMENT("m", ", silent_model: nobody", "") LOGGED, ASK, "from-m");
    assert_int_equal(n_seen, 2);
    assert_int_equal(shadow()->status, SLUICE_E_NOT_FOUND);
    assert_int_equal(of_client()->status, SLUICE_OK);
}

static void a_copy_that_is_slow_does_not_hold_up_the_client(void **state)
{
    sluice_error err = SLUICE_ERROR_INIT;
    struct kit k;
    struct got g;

    (void)state;
    n_seen = 0;
    kit_open(&k, "model_list:\n" DEPLOYMENT("m", ", silent_model: s", "")
                     DEPLOYMENT("s", ", mock_delay: 60", "") LOGGED);
    got_init(&g, &k);
    assert_int_equal(kit_start(&k, &g, ASK, SLUICE_CALL_WIRE, &err), SLUICE_OK);
    for (int i = 0; i < 100000 && !g.done; i++)
        event_base_loop(k.base, EVLOOP_ONCE);
    assert_int_equal(g.result, SLUICE_OK);
    for (int i = 0; i < 1000 && k.loop->worker.shadows == 0; i++)
        event_base_loop(k.base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
    assert_int_equal(k.loop->worker.shadows, 1);
    got_free(&g);
    kit_close(&k); /* it ends with the loop */
    assert_int_equal(shadow()->status, SLUICE_E_SHUTDOWN);
}

static void records_name_the_arm_of_a_trial(void **state)
{
    (void)state;
    run(SHADOWED LOGGED, ASK, "from-m");
    assert_string_equal(of_client()->variant, "new");
    assert_string_equal(shadow()->variant, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_call_has_a_copy_with_a_record),
        cmocka_unit_test(a_streamed_call_has_one_too),
        cmocka_unit_test(a_copy_that_fails_is_no_failure_of_the_call),
        cmocka_unit_test(a_copy_that_is_slow_does_not_hold_up_the_client),
        cmocka_unit_test(records_name_the_arm_of_a_trial),
    };

    if (sluice_add_builtin(testlog) < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
