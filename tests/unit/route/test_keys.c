/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of one deployment: turns, rests, and what they mean for the deployment; and who may be asked
 * when all rest. */
#include "kit.h"

#include "route/keys.h"

#define ONE "model_list:\n- {model_name: m, litellm_params: {model: mock/m}}\n"
#define TWO                                                                                        \
    "model_list:\n- {model_name: m, litellm_params: {model: mock/a}}\n"                            \
    "- {model_name: m, litellm_params: {model: mock/b}}\n"

static const struct sl_breaker_policy policy = { .cooldown_ms = 5000,
                                                 .allowed_fails = 3,
                                                 .by_class = SL_BY_CLASS_NONE };

/* The first deployment of a configuration, with three keys. */
struct keys {
    struct kit k;
    struct sl_key key[3];
    struct sl_deployment *d;
};

static void keys_open(struct keys *s)
{
    static const char *const ids[] = { "one", "two", "three" };

    kit_open(&s->k, ONE);
    s->d = &s->k.deployments[0];
    for (int i = 0; i < 3; i++)
        s->key[i] = (struct sl_key){ NULL, sl_state_hold(s->k.states, sl_span_str(ids[i])) };
    s->d->keys = s->key;
    s->d->n_keys = 3;
}

static void keys_close(struct keys *s)
{
    for (int i = 0; i < 3; i++)
        sl_state_drop(s->key[i].state);
    kit_close(&s->k);
}

static void rest(struct sl_deployment_state *s, sluice_status status, uint64_t now)
{
    struct sl_failure f = { .status = status, .spare = true };

    assert_int_not_equal(
        sl_breaker_bad(&s->breaker, sl_breaker_begin(&s->breaker, now), &policy, &f, now), 0);
}

static void keys_take_turns(void **state)
{
    struct keys s;
    const struct sl_key *first, *second, *third;

    (void)state;
    keys_open(&s);
    first = sl_keys_turn(s.d, 1000);
    second = sl_keys_turn(s.d, 1000);
    third = sl_keys_turn(s.d, 1000);
    assert_true(first != second && second != third && third != first);
    assert_ptr_equal(sl_keys_turn(s.d, 1000), first);
    keys_close(&s);
}

static void key_that_rests_is_passed_over(void **state)
{
    struct keys s;

    (void)state;
    keys_open(&s);
    rest(s.key[1].state, SLUICE_E_AUTH, 1000);
    for (int i = 0; i < 6; i++)
        assert_ptr_not_equal(sl_keys_turn(s.d, 2000), &s.key[1]);
    assert_int_equal(sl_deployment_gate(s.d, 2000), SL_GATE_CLOSED);
    keys_close(&s);
}

static void deployment_waits_for_its_first_key(void **state)
{
    struct keys s;

    (void)state;
    keys_open(&s);
    rest(s.key[0].state, SLUICE_E_AUTH, 3000);
    rest(s.key[1].state, SLUICE_E_RATE_LIMIT, 1000);
    assert_true(sl_keys_left(s.d, 3500));
    rest(s.key[2].state, SLUICE_E_QUOTA, 2000);
    assert_false(sl_keys_left(s.d, 3500));
    assert_int_equal(sl_deployment_gate(s.d, 3500), SL_GATE_COOLING);
    assert_int_equal(sl_deployment_left_ms(s.d, 3500), 2500);
    assert_int_equal(sl_deployment_why(s.d, 3500), SLUICE_E_RATE_LIMIT);
    assert_int_equal(sl_deployment_gate(s.d, 6000), SL_GATE_HALF);
    assert_ptr_equal(sl_keys_turn(s.d, 6000), &s.key[1]);
    keys_close(&s);
}

static void deployment_without_several_keys_has_no_turns(void **state)
{
    struct kit k;

    (void)state;
    kit_open(&k, ONE);
    assert_null(sl_keys_turn(&k.deployments[0], 1000));
    assert_false(sl_keys_left(&k.deployments[0], 1000));
    kit_close(&k);
}

static void who_rests_is_no_candidate(void **state)
{
    struct kit k;
    struct sl_pick_request r;
    uint8_t why[2];

    (void)state;
    kit_open(&k, TWO);
    r = kit_request(&k, "m");
    r.now_ms = 2000;
    rest(k.deployments[0].state, SLUICE_E_RATE_LIMIT, 1000);
    assert_int_equal(sl_route_filter(&r, why), 1);
    assert_int_equal(why[0], SL_NOT_COOLING);
    r.now_ms = 6000; /* half open: it is one again */
    assert_int_equal(sl_route_filter(&r, why), 2);
    kit_close(&k);
}

static void one_on_trial_is_for_those_with_nowhere_else_to_go(void **state)
{
    struct kit k;
    struct sl_pick_request r;
    uint8_t why[1];

    (void)state;
    kit_open(&k, ONE);
    r = kit_request(&k, "m");
    r.now_ms = 6000;
    rest(k.deployments[0].state, SLUICE_E_RATE_LIMIT, 1000);
    assert_int_equal(sl_breaker_begin(&k.deployments[0].state->breaker, 6000), SL_TRIAL_PROBE);
    assert_int_equal(sl_route_filter(&r, why), 0);
    r.last_resort = true;
    assert_int_equal(sl_route_filter(&r, why), 1);
    kit_close(&k);
}

static void all_at_rest_says_until_when_and_why(void **state)
{
    sluice_error err = SLUICE_ERROR_INIT;
    struct kit k;
    struct sl_pick_request r;
    uint8_t why[2];

    (void)state;
    kit_open(&k, TWO);
    r = kit_request(&k, "m");
    r.now_ms = 2500;
    rest(k.deployments[0].state, SLUICE_E_RATE_LIMIT, 1000);
    rest(k.deployments[1].state, SLUICE_E_AUTH, 2000);
    assert_int_equal(sl_route_filter(&r, why), 0);
    assert_int_equal(sl_route_nobody(&r, why, &err), SLUICE_E_RATE_LIMIT);
    assert_int_equal(err.retry_after_ms, 3500);
    assert_non_null(strstr(err.message, "Try again in 4 seconds"));
    kit_close(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_take_turns),
        cmocka_unit_test(key_that_rests_is_passed_over),
        cmocka_unit_test(deployment_waits_for_its_first_key),
        cmocka_unit_test(deployment_without_several_keys_has_no_turns),
        cmocka_unit_test(who_rests_is_no_candidate),
        cmocka_unit_test(one_on_trial_is_for_those_with_nowhere_else_to_go),
        cmocka_unit_test(all_at_rest_says_until_when_and_why),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
