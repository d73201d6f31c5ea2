/* SPDX-License-Identifier: Apache-2.0 */
/* When a deployment rests, for how long, and how it comes back: LiteLLM's rules and our probe, with
 * a clock of the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "config/settings.h"
#include "route/budget.h"
#include "route/cooldown.h"

static const struct sl_breaker_policy rates = { .cooldown_ms = 5000,
                                                .allowed_fails = 3,
                                                .by_class = SL_BY_CLASS_NONE };

/* One failed try of a deployment that has company, or none. */
static int64_t failed(struct sl_breaker *b, const struct sl_breaker_policy *p, sluice_status status,
                      bool spare, uint64_t now)
{
    struct sl_failure f = { .status = status, .spare = spare };

    return sl_breaker_bad(b, sl_breaker_begin(b, now), p, &f, now);
}

static bool succeed(struct sl_breaker *b, uint64_t now)
{
    return sl_breaker_good(b, sl_breaker_begin(b, now), now);
}

static void rate_limit_cools_one_of_several_at_once(void **state)
{
    struct sl_breaker b = { 0 };

    (void)state;
    assert_int_equal(failed(&b, &rates, SLUICE_E_RATE_LIMIT, true, 1000), 5000);
    assert_int_equal(sl_breaker_gate(&b, 5999), SL_GATE_COOLING);
    assert_int_equal(sl_breaker_gate(&b, 6000), SL_GATE_HALF);
}

static void rate_limit_spares_the_only_one(void **state)
{
    struct sl_breaker b = { 0 };

    (void)state;
    assert_int_equal(failed(&b, &rates, SLUICE_E_RATE_LIMIT, false, 1000), 0);
    assert_int_equal(sl_breaker_gate(&b, 1000), SL_GATE_CLOSED);
}

static void bad_key_and_unknown_model_cool_even_the_only_one(void **state)
{
    struct sl_breaker a = { 0 }, b = { 0 };

    (void)state;
    assert_int_equal(failed(&a, &rates, SLUICE_E_AUTH, false, 1000), 5000);
    assert_int_equal(failed(&b, &rates, SLUICE_E_NOT_FOUND, false, 1000), 5000);
}

static void half_of_five_failing_cools(void **state)
{
    struct sl_breaker b = { 0 };

    (void)state;
    assert_true(!succeed(&b, 1000) && !succeed(&b, 1000));
    assert_int_equal(failed(&b, &rates, SLUICE_E_UPSTREAM, true, 1000), 0);
    assert_int_equal(failed(&b, &rates, SLUICE_E_UPSTREAM, true, 1000), 0);
    assert_int_equal(failed(&b, &rates, SLUICE_E_TIMEOUT, true, 1000), 5000);
}

static void four_failures_are_too_few_for_a_rate(void **state)
{
    struct sl_breaker b = { 0 };

    (void)state;
    for (int i = 0; i < 4; i++)
        assert_int_equal(failed(&b, &rates, SLUICE_E_UPSTREAM, true, 1000), 0);
}

static void failures_of_another_minute_do_not_count(void **state)
{
    struct sl_breaker b = { 0 };

    (void)state;
    for (int i = 0; i < 4; i++)
        assert_int_equal(failed(&b, &rates, SLUICE_E_UPSTREAM, true, 59000), 0);
    sl_breaker_good(&b, SL_TRIAL_NONE, 59000);
    assert_int_equal(failed(&b, &rates, SLUICE_E_UPSTREAM, true, 61000), 0);
}

static void five_failures_in_a_row_cool_whatever_the_minute_was_like(void **state)
{
    struct sl_breaker b = { 0 };

    (void)state;
    for (int i = 0; i < 100; i++)
        sl_breaker_good(&b, SL_TRIAL_NONE, 1000);
    for (int i = 0; i < 4; i++)
        assert_int_equal(failed(&b, &rates, SLUICE_E_UPSTREAM, true, 1000), 0);
    sl_breaker_good(&b, SL_TRIAL_NONE, 1000);
    for (int i = 0; i < 4; i++)
        assert_int_equal(failed(&b, &rates, SLUICE_E_UPSTREAM, true, 1000), 0);
    assert_int_equal(failed(&b, &rates, SLUICE_E_UPSTREAM, true, 1000), 5000);
}

static void the_only_one_cools_when_a_thousand_failed(void **state)
{
    struct sl_breaker b = { 0 };

    (void)state;
    for (int i = 0; i < 999; i++)
        assert_int_equal(failed(&b, &rates, SLUICE_E_UPSTREAM, false, 1000), 0);
    assert_int_equal(failed(&b, &rates, SLUICE_E_UPSTREAM, false, 1000), 5000);
}

static void callers_own_faults_never_count(void **state)
{
    static const sluice_status own[] = { SLUICE_E_INVALID, SLUICE_E_CONTEXT, SLUICE_E_REFUSED,
                                         SLUICE_E_FORBIDDEN, SLUICE_E_NOMEM };
    struct sl_breaker b = { 0 };
    struct sl_failure late = { .status = SLUICE_E_TIMEOUT, .of_caller = true, .spare = true };

    (void)state;
    for (int i = 0; i < 100; i++) {
        assert_int_equal(failed(&b, &rates, own[i % 5], true, 1000), 0);
        assert_int_equal(sl_breaker_bad(&b, SL_TRIAL_NONE, &rates, &late, 1000), 0);
    }
}

static void allowed_fails_decide_when_they_are_set(void **state)
{
    struct sl_breaker_policy p = {
        .cooldown_ms = 5000, .by_count = true, .allowed_fails = 2, .by_class = SL_BY_CLASS_NONE
    };
    struct sl_breaker b = { 0 };

    (void)state;
    assert_int_equal(failed(&b, &p, SLUICE_E_RATE_LIMIT, true, 1000), 0);
    assert_int_equal(failed(&b, &p, SLUICE_E_UPSTREAM, false, 2000), 0);
    assert_int_equal(failed(&b, &p, SLUICE_E_UPSTREAM, false, 3000), 5000);
}

static void fails_are_forgotten_after_a_cooldown_time(void **state)
{
    struct sl_breaker_policy p = {
        .cooldown_ms = 5000, .by_count = true, .allowed_fails = 1, .by_class = SL_BY_CLASS_NONE
    };
    struct sl_breaker b = { 0 };

    (void)state;
    assert_int_equal(failed(&b, &p, SLUICE_E_UPSTREAM, true, 1000), 0);
    assert_int_equal(failed(&b, &p, SLUICE_E_UPSTREAM, true, 6000), 0);
    assert_int_equal(failed(&b, &p, SLUICE_E_UPSTREAM, true, 6001), 5000);
}

static void classes_have_numbers_of_their_own(void **state)
{
    struct sl_breaker_policy p = {
        .cooldown_ms = 5000, .by_count = true, .allowed_fails = 100, .by_class = SL_BY_CLASS_NONE
    };
    struct sl_breaker b = { 0 };

    (void)state;
    p.by_class.n[SL_CLASS_AUTH] = 0;
    assert_int_equal(failed(&b, &p, SLUICE_E_UPSTREAM, true, 1000), 0);
    assert_int_equal(failed(&b, &p, SLUICE_E_AUTH, true, 1000), 5000);
}

static void vendor_says_how_long_unless_the_deployment_does(void **state)
{
    struct sl_breaker_policy own = rates;
    struct sl_failure f = { .status = SLUICE_E_RATE_LIMIT, .retry_after_ms = 20000, .spare = true };
    struct sl_breaker a = { 0 }, b = { 0 }, c = { 0 };

    (void)state;
    own.own_cooldown = true;
    assert_int_equal(sl_breaker_bad(&a, SL_TRIAL_NONE, &rates, &f, 1000), 20000);
    assert_int_equal(sl_breaker_bad(&b, SL_TRIAL_NONE, &own, &f, 1000), 5000);
    f.retry_after_ms = 86400000;
    assert_int_equal(sl_breaker_bad(&c, SL_TRIAL_NONE, &rates, &f, 1000), 3600000);
}

static void no_cooldown_time_is_no_cooldown(void **state)
{
    struct sl_breaker_policy p = { .allowed_fails = 3, .by_class = SL_BY_CLASS_NONE };
    struct sl_breaker b = { 0 };

    (void)state;
    assert_int_equal(failed(&b, &p, SLUICE_E_RATE_LIMIT, true, 1000), 0);
}

static void one_probe_at_a_time(void **state)
{
    struct sl_breaker b = { 0 };

    (void)state;
    failed(&b, &rates, SLUICE_E_RATE_LIMIT, true, 1000);
    assert_int_equal(sl_breaker_begin(&b, 6000), SL_TRIAL_PROBE);
    assert_int_equal(sl_breaker_gate(&b, 6000), SL_GATE_PROBING);
    assert_int_equal(sl_breaker_begin(&b, 6000), SL_TRIAL_ALONG);
    assert_int_equal(b.probes, 1);
}

static void probe_that_goes_well_closes(void **state)
{
    struct sl_breaker b = { 0 };

    (void)state;
    failed(&b, &rates, SLUICE_E_RATE_LIMIT, true, 1000);
    assert_true(succeed(&b, 6000));
    assert_int_equal(sl_breaker_gate(&b, 6000), SL_GATE_CLOSED);
}

static void probe_that_fails_opens_again_at_once(void **state)
{
    struct sl_breaker b = { 0 };

    (void)state;
    failed(&b, &rates, SLUICE_E_RATE_LIMIT, true, 1000);
    assert_int_equal(failed(&b, &rates, SLUICE_E_UPSTREAM, false, 6000), 5000);
    assert_int_equal(sl_breaker_gate(&b, 10999), SL_GATE_COOLING);
}

static void probe_that_says_nothing_leaves_room_for_another(void **state)
{
    struct sl_breaker b = { 0 };

    (void)state;
    failed(&b, &rates, SLUICE_E_RATE_LIMIT, true, 1000);
    sl_breaker_nothing(&b, sl_breaker_begin(&b, 6000));
    assert_int_equal(sl_breaker_begin(&b, 6001), SL_TRIAL_PROBE);
}

static void late_success_from_before_does_not_close(void **state)
{
    struct sl_breaker b = { 0 };
    enum sl_trial before = sl_breaker_begin(&b, 500);

    (void)state;
    failed(&b, &rates, SLUICE_E_RATE_LIMIT, true, 1000);
    assert_false(sl_breaker_good(&b, before, 2000));
    assert_int_equal(sl_breaker_gate(&b, 2000), SL_GATE_COOLING);
}

static void failures_while_it_rests_change_nothing(void **state)
{
    struct sl_breaker b = { 0 };

    (void)state;
    failed(&b, &rates, SLUICE_E_RATE_LIMIT, true, 1000);
    assert_int_equal(failed(&b, &rates, SLUICE_E_RATE_LIMIT, true, 3000), 0);
    assert_int_equal(sl_breaker_left_ms(&b, 3000), 3000);
    assert_int_equal(b.opened, 1);
}

/* Ten minutes in which nothing answers, a call every 100 ms as long as the gate lets it through. */
static void outage_costs_one_probe_for_each_cooldown(void **state)
{
    struct sl_breaker b = { 0 };
    int asked = 0;

    (void)state;
    for (uint64_t now = 1000; now < 601000; now += 100)
        if (sl_breaker_gate(&b, now) <= SL_GATE_HALF) {
            failed(&b, &rates, SLUICE_E_UNAVAILABLE, true, now);
            asked++;
        }
    assert_in_range(asked, 5, 5 + 600 / 5);
    assert_int_equal(b.probes, asked - 5); /* five calls until it was found out */
}

static void policy_is_the_deployments_over_the_routers(void **state)
{
    static const char yaml[] =
        "model_list:\n"
        "- {model_name: a, litellm_params: {model: mock/m, cooldown_time: 2,\n"
        "   allowed_fails_policy: {TimeoutErrorAllowedFails: 7}}}\n"
        "- {model_name: '*', litellm_params: {model: '*'}}\n"
        "router_settings: {cooldown_time: 9, allowed_fails: 4}\n";
    sluice_error err = SLUICE_ERROR_INIT;
    struct sl_breaker_policy p;
    struct sl_settings *s;

    (void)state;
    assert_int_equal(sl_settings_load(NULL, sl_span_str(yaml), NULL, &s, &err), SLUICE_OK);
    p = sl_breaker_policy(s, &s->deployments[0]);
    assert_int_equal(p.cooldown_ms, 2000);
    assert_true(p.own_cooldown && p.by_count);
    assert_int_equal(p.allowed_fails, 4);
    assert_int_equal(p.by_class.n[SL_CLASS_TIMEOUT], 7);
    p = sl_breaker_policy(s, &s->deployments[1]);
    assert_int_equal(p.cooldown_ms, 0);
    sl_settings_destroy(s);
}

static void budget_lends_a_burst_and_is_paid_back_by_calls(void **state)
{
    _Atomic int64_t debt = 0;

    (void)state;
    assert_true(sl_budget_take(&debt, 2) && sl_budget_take(&debt, 2));
    assert_false(sl_budget_take(&debt, 2));
    for (int i = 0; i < 4; i++)
        sl_budget_earn(&debt, 20);
    assert_false(sl_budget_take(&debt, 2));
    sl_budget_earn(&debt, 20);
    assert_true(sl_budget_take(&debt, 2));
}

static void budget_of_nothing_lends_nothing(void **state)
{
    _Atomic int64_t debt = 0;

    (void)state;
    assert_false(sl_budget_take(&debt, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rate_limit_cools_one_of_several_at_once),
        cmocka_unit_test(rate_limit_spares_the_only_one),
        cmocka_unit_test(bad_key_and_unknown_model_cool_even_the_only_one),
        cmocka_unit_test(half_of_five_failing_cools),
        cmocka_unit_test(four_failures_are_too_few_for_a_rate),
        cmocka_unit_test(failures_of_another_minute_do_not_count),
        cmocka_unit_test(five_failures_in_a_row_cool_whatever_the_minute_was_like),
        cmocka_unit_test(the_only_one_cools_when_a_thousand_failed),
        cmocka_unit_test(callers_own_faults_never_count),
        cmocka_unit_test(allowed_fails_decide_when_they_are_set),
        cmocka_unit_test(fails_are_forgotten_after_a_cooldown_time),
        cmocka_unit_test(classes_have_numbers_of_their_own),
        cmocka_unit_test(vendor_says_how_long_unless_the_deployment_does),
        cmocka_unit_test(no_cooldown_time_is_no_cooldown),
        cmocka_unit_test(one_probe_at_a_time),
        cmocka_unit_test(probe_that_goes_well_closes),
        cmocka_unit_test(probe_that_fails_opens_again_at_once),
        cmocka_unit_test(probe_that_says_nothing_leaves_room_for_another),
        cmocka_unit_test(late_success_from_before_does_not_close),
        cmocka_unit_test(failures_while_it_rests_change_nothing),
        cmocka_unit_test(outage_costs_one_probe_for_each_cooldown),
        cmocka_unit_test(policy_is_the_deployments_over_the_routers),
        cmocka_unit_test(budget_lends_a_burst_and_is_paid_back_by_calls),
        cmocka_unit_test(budget_of_nothing_lends_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
