/* SPDX-License-Identifier: Apache-2.0 */
/* What is learned about deployments: counters, minutes, averages, windows, peaks. */
#include "kit.h"

#include <pthread.h>

struct one {
    struct sl_state_registry *r;
    struct sl_deployment_state *a;
};

static struct one open_one(void)
{
    struct one o = { .r = sl_state_registry_create() };

    o.a = sl_state_hold(o.r, SL_SPAN("a"));
    assert_non_null(o.a);
    return o;
}

static void close_one(struct one *o)
{
    sl_state_drop(o->a);
    sl_state_registry_destroy(o->r);
}

static void end_at(struct sl_deployment_state *s, uint64_t now_ms, int64_t total_us, int64_t tokens)
{
    sl_state_begin(s, (int64_t)now_ms);
    sl_state_end(s, &(struct sl_sample){ .now_ms = now_ms,
                                         .unix_ms = (int64_t)now_ms,
                                         .first_byte_us = -1,
                                         .first_token_us = -1,
                                         .total_us = total_us,
                                         .input_tokens = -1,
                                         .output_tokens = tokens });
}

static void state_of_one_id_is_one(void **state)
{
    struct one o = open_one();
    struct sl_deployment_state *again = sl_state_hold(o.r, SL_SPAN("a")),
                               *b = sl_state_hold(o.r, SL_SPAN("b"));

    (void)state;
    assert_ptr_equal(o.a, again);
    assert_ptr_not_equal(o.a, b);
    assert_int_not_equal(o.a->slot, b->slot);
    sl_state_drop(again);
    sl_state_drop(b);
    close_one(&o);
}

static void what_choices_read_begins_a_cache_line(void **state)
{
    struct one o = open_one();

    (void)state;
    assert_int_equal((uintptr_t)o.a % 64, 0);
    assert_true(offsetof(struct sl_deployment_state, breaker.until_ms) < 64);
    assert_int_equal(offsetof(struct sl_deployment_state, token_ns) % 64, 0);
    close_one(&o);
}

static void cancelled_attempt_counts_neither_way(void **state)
{
    struct one o = open_one();

    (void)state;
    sl_state_begin(o.a, 0);
    sl_state_end(o.a, &(struct sl_sample){ .status = SLUICE_E_CANCELLED,
                                           .first_byte_us = 1,
                                           .first_token_us = 1,
                                           .total_us = 2,
                                           .stream = true,
                                           .output_tokens = -1 });
    assert_int_equal(o.a->in_flight, 0);
    assert_int_equal(o.a->calls, 0);
    assert_int_equal(o.a->failures, 0);
    assert_int_equal(o.a->latency_us, -1);
    assert_int_equal(o.a->token_ns, -1);
    assert_int_equal(o.a->peak_first_us, -1);
    close_one(&o);
}

static void minute_begins_at_zero(void **state)
{
    struct one o = open_one();
    int64_t requests, tokens;

    (void)state;
    end_at(o.a, 59999, 2, 7);
    sl_state_minute(o.a, 59999, &requests, &tokens);
    assert_int_equal(requests, 1);
    assert_int_equal(tokens, 7);
    sl_state_minute(o.a, 60000, &requests, &tokens);
    assert_int_equal(requests, 0);
    assert_int_equal(tokens, 0);
    close_one(&o);
}

static void looking_at_a_minute_changes_nothing(void **state)
{
    struct one o = open_one();
    int64_t requests, tokens;

    (void)state;
    end_at(o.a, 59999, 2, 7);
    sl_state_minute(o.a, 60000, &requests, &tokens);
    sl_state_minute(o.a, 59999, &requests, &tokens);
    assert_int_equal(requests, 1);
    close_one(&o);
}

static void time_counts_per_output_token(void **state)
{
    struct one o = open_one();

    (void)state;
    end_at(o.a, 1000, 500, 10);
    assert_int_equal(o.a->token_ns, 50000);
    end_at(o.a, 2000, 700, -1); /* no tokens: all of it */
    assert_int_equal(o.a->token_ns, (50000 + 700000) / 2);
    assert_int_equal(o.a->token_at_ms, 2000);
    close_one(&o);
}

static void the_window_holds_as_many_samples_as_configured(void **state)
{
    struct one o = open_one();

    (void)state;
    sl_state_window(o.a, 2, 1000000);
    end_at(o.a, 1, 1000, 1);
    end_at(o.a, 2, 20, 1);
    end_at(o.a, 3, 40, 1);
    assert_int_equal(o.a->token_ns, 30000);
    close_one(&o);
}

static void a_smaller_window_forgets_what_is_beyond(void **state)
{
    struct one o = open_one();

    (void)state;
    for (uint64_t i = 0; i < 10; i++)
        end_at(o.a, i, 1000, 1);
    sl_state_window(o.a, 1, 1000000);
    end_at(o.a, 11, 20, 1);
    assert_int_equal(o.a->token_ns, 20000);
    close_one(&o);
}

static void old_samples_do_not_count(void **state)
{
    struct one o = open_one();

    (void)state;
    sl_state_window(o.a, 10, 5000);
    end_at(o.a, 1000, 900, 1);
    end_at(o.a, 6000, 100, 1); /* both count to the millisecond */
    assert_int_equal(o.a->token_ns, 500000);
    end_at(o.a, 6001, 300, 1);
    assert_int_equal(o.a->token_ns, 200000);
    close_one(&o);
}

static void a_timeout_is_a_very_long_answer(void **state)
{
    struct one o = open_one();

    (void)state;
    sl_state_begin(o.a, 0);
    sl_state_end(o.a, &(struct sl_sample){ .status = SLUICE_E_TIMEOUT,
                                           .total_us = 5,
                                           .first_token_us = -1,
                                           .output_tokens = -1,
                                           .stream = true });
    assert_int_equal(o.a->token_ns, 1000000000000);
    assert_int_equal(o.a->first_token_us, 1000000000);
    assert_int_equal(o.a->failures, 1);
    close_one(&o);
}

static void other_failures_say_nothing_about_time(void **state)
{
    struct one o = open_one();

    (void)state;
    sl_state_begin(o.a, 0);
    sl_state_end(o.a, &(struct sl_sample){ .status = SLUICE_E_UPSTREAM, .total_us = 5 });
    assert_int_equal(o.a->token_ns, -1);
    assert_int_equal(o.a->peak_us, -1);
    assert_int_equal(o.a->error_ppm, 1000000);
    close_one(&o);
}

static void a_peak_rises_at_once_and_falls_with_time(void **state)
{
    struct one o = open_one();
    int64_t after;

    (void)state;
    end_at(o.a, 1000, 1000, 1);
    end_at(o.a, 1001, 100000, 1);
    assert_int_equal(o.a->peak_us, 100000);
    end_at(o.a, 1001, 1000, 1); /* no time has passed */
    assert_int_equal(o.a->peak_us, 100000);
    end_at(o.a, 11001, 1000, 1); /* one time constant: 1/e of the difference is left */
    after = o.a->peak_us;
    assert_in_range(after, 1000 + 99000 * 34 / 100, 1000 + 99000 * 39 / 100);
    end_at(o.a, 11001 + 600000, 1000, 1);
    assert_int_equal(o.a->peak_us, 1000);
    close_one(&o);
}

static void streams_and_whole_answers_have_peaks_of_their_own(void **state)
{
    struct one o = open_one();

    (void)state;
    sl_state_begin(o.a, 0);
    sl_state_end(o.a, &(struct sl_sample){ .stream = true,
                                           .first_byte_us = -1,
                                           .first_token_us = 70,
                                           .total_us = 9000,
                                           .output_tokens = 3 });
    assert_int_equal(o.a->peak_us, -1);
    assert_int_equal(o.a->peak_first_us, 70);
    assert_int_equal(o.a->first_token_us, 70);
    assert_int_equal(o.a->token_ns, 3000000);
    close_one(&o);
}

#define THREADS 4
#define EACH 20000

static void *use(void *ctx)
{
    struct sl_deployment_state *s = ctx;

    for (uint64_t i = 1; i <= EACH; i++)
        end_at(s, i / 100, (int64_t)i, 1);
    return NULL;
}

static void loops_share_a_state_and_lose_nothing(void **state)
{
    struct one o = open_one();
    pthread_t threads[THREADS];

    (void)state;
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, use, o.a), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(o.a->in_flight, 0);
    assert_int_equal(o.a->calls, THREADS * EACH);
    assert_in_range(o.a->token_ns, 1000, (int64_t)EACH * 1000);
    close_one(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(state_of_one_id_is_one),
        cmocka_unit_test(what_choices_read_begins_a_cache_line),
        cmocka_unit_test(cancelled_attempt_counts_neither_way),
        cmocka_unit_test(minute_begins_at_zero),
        cmocka_unit_test(looking_at_a_minute_changes_nothing),
        cmocka_unit_test(time_counts_per_output_token),
        cmocka_unit_test(the_window_holds_as_many_samples_as_configured),
        cmocka_unit_test(a_smaller_window_forgets_what_is_beyond),
        cmocka_unit_test(old_samples_do_not_count),
        cmocka_unit_test(a_timeout_is_a_very_long_answer),
        cmocka_unit_test(other_failures_say_nothing_about_time),
        cmocka_unit_test(a_peak_rises_at_once_and_falls_with_time),
        cmocka_unit_test(loops_share_a_state_and_lose_nothing),
        cmocka_unit_test(streams_and_whole_answers_have_peaks_of_their_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
