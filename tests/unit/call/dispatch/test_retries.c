/* SPDX-License-Identifier: Apache-2.0 */
/* How often a failed call is tried again, by whose word, and when it is not: the levels that
 * LiteLLM has, classes of error, budgets, what a vendor asks for. */
#include "../kit.h"

#include "format/json_scan.h"

#define OK_ANSWER                                                                                  \
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"               \
    "{\"id\":\"c1\",\"model\":\"v\",\"choices\":[{\"index\":0,\"message\":{\"role\":"              \
    "\"assistant\",\"content\":\"x\"},\"finish_reason\":\"stop\"}]}"
#define FAIL(status, more)                                                                         \
    "HTTP/1.1 " status "\r\nContent-Type: application/json\r\nConnection: close\r\n" more          \
    "\r\n{\"error\":{\"message\":\"boom\"}}"
#define BROKEN FAIL("500 Oops", "")
#define MODEL(more)                                                                                \
    "- {model_name: m, litellm_params: {model: openai/v, api_base: 'http://127.0.0.1:%1$d/v1', "   \
    "api_key: k" more "}}\n"
#define FOUR "model_list:\n" MODEL("") MODEL("") MODEL("") MODEL("")
#define ONE "model_list:\n" MODEL("")

static struct kit k;
static struct got g;

static void ask(const char *config, const char *body, const char *always)
{
    kit_open(&k, config);
    k.script.answer[0] = always;
    k.script.close = true;
    kit_call(&k, &g, body);
}

static int over(void **state)
{
    (void)state;
    got_free(&g);
    kit_close(&k);
    return 0;
}

static void router_says_two_unless_told_otherwise(void **state)
{
    (void)state;
    ask(FOUR, ASK, BROKEN);
    assert_int_equal(k.requests, 3);
    assert_string_equal(g.retries, "2");
}

static void routers_number_counts(void **state)
{
    (void)state;
    ask(FOUR "router_settings: {num_retries: 1}\n", ASK, BROKEN);
    assert_int_equal(k.requests, 2);
}

static void deployments_number_counts_before_the_routers(void **state)
{
    (void)state;
    ask("model_list:\n" MODEL(", num_retries: 0") MODEL(", num_retries: 0"), ASK, BROKEN);
    assert_int_equal(k.requests, 1);
}

static void requests_number_counts_first(void **state)
{
    (void)state;
    ask("model_list:\n" MODEL(", num_retries: 0") MODEL(", num_retries: 0"),
        "{\"model\":\"m\",\"num_retries\":1,\"messages\":[{}]}", BROKEN);
    assert_int_equal(k.requests, 2);
}

static void policy_has_a_number_for_a_class(void **state)
{
    (void)state;
    ask(FOUR "router_settings: {num_retries: 0, retry_policy: {InternalServerErrorRetries: 3}}\n",
        ASK, BROKEN);
    assert_int_equal(k.requests, 4);
}

static void policy_of_a_group_counts_before_the_general_one(void **state)
{
    (void)state;
    ask(FOUR "router_settings: {retry_policy: {InternalServerErrorRetries: 3}, "
             "model_group_retry_policy: {m: {InternalServerErrorRetries: 0}}}\n",
        ASK, BROKEN);
    assert_int_equal(k.requests, 1);
}

static void policy_is_for_its_class_only(void **state)
{
    (void)state;
    ask(FOUR "router_settings: {num_retries: 1, retry_policy: {TimeoutErrorRetries: 3}}\n", ASK,
        BROKEN);
    assert_int_equal(k.requests, 2);
}

static void policy_may_try_what_else_is_not_tried_again(void **state)
{
    (void)state;
    ask(FOUR "router_settings: {retry_policy: {BadRequestErrorRetries: 1}}\n", ASK,
        FAIL("400 Bad", ""));
    assert_int_equal(k.requests, 2);
}

static void refusal_without_a_number_is_a_bad_request(void **state)
{
    (void)state;
    ask(FOUR "router_settings: {retry_policy: {BadRequestErrorRetries: 1}}\n", ASK,
        "HTTP/1.1 400 Bad\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
        "{\"error\":{\"message\":\"no\",\"code\":\"content_policy_violation\"}}");
    assert_int_equal(k.requests, 2);
}

static void key_that_is_refused_is_tried_elsewhere_only(void **state)
{
    (void)state;
    ask(ONE, ASK, FAIL("401 No", ""));
    assert_int_equal(k.requests, 1);
    over(NULL);
    ask(FOUR, ASK, FAIL("401 No", ""));
    assert_int_equal(k.requests, 3);
}

static void who_asks_for_more_than_a_minute_is_not_asked_again(void **state)
{
    (void)state;
    ask(ONE, ASK, FAIL("429 Slow", "Retry-After: 61\r\n"));
    assert_int_equal(k.requests, 1);
    assert_int_equal(g.status, 429);
}

static void without_a_budget_nobody_is_asked_twice(void **state)
{
    (void)state;
    ask(ONE "router_settings: {retry_budget: {burst: 0}}\n", ASK, BROKEN);
    assert_int_equal(k.requests, 1);
    over(NULL);
    ask(FOUR "router_settings: {retry_budget: {burst: 0}}\n", ASK, BROKEN);
    assert_int_equal(k.requests, 3); /* others may still be asked */
}

static void rehearsed_limit_costs_a_retry(void **state)
{
    (void)state;
    ask(FOUR "router_settings: {num_retries: 1}\n",
        "{\"model\":\"m\",\"mock_testing_rate_limit_error\":true,\"messages\":[{}]}", OK_ANSWER);
    assert_int_equal(g.status, 200);
    assert_int_equal(k.requests, 1);
    assert_string_equal(g.retries, "1");
}

struct rows {
    int calls;
    bool over;
};

static int add_calls(void *ctx, sluice_span json)
{
    sluice_span name = sl_json_member(json, SL_SPAN("model_name")), inside;
    int64_t n;

    if (sl_json_raw_string(name, &inside) && sl_span_eq(inside, SL_SPAN("m")) &&
        sl_json_i64(sl_json_member(json, SL_SPAN("calls")), &n))
        ((struct rows *)ctx)->calls += (int)n;
    return 0;
}

static void rows_done(void *ctx, sluice_status status, const sluice_error *err)
{
    (void)err;
    assert_int_equal(status, SLUICE_OK);
    ((struct rows *)ctx)->over = true;
}

/* How many attempts have ended at deployment m. */
static int calls_of_m(void)
{
    struct rows rows = { 0 };

    assert_int_equal(sluice_control(k.loop, sl_span(NULL, 0), SL_SPAN("deployments"), SL_SPAN("{}"),
                                    add_calls, rows_done, &rows, NULL),
                     SLUICE_OK);
    for (int i = 0; i < 10000 && !rows.over; i++)
        event_base_loop(k.base, EVLOOP_ONCE);
    return rows.calls;
}

/* The primary is dead; every call is answered, and it is asked no more than it takes to see that.
 */
static void outage_costs_a_few_calls_and_no_client_anything(void **state)
{
    (void)state;
    kit_open(&k,
             "model_list:\n"
             "- {model_name: m, litellm_params: {model: openai/v, api_key: k, "
             "api_base: 'http://127.0.0.1:1/v1'}}\n"
             "- {model_name: spare, litellm_params: {model: openai/s, api_key: k, "
             "api_base: 'http://127.0.0.1:%1$d/v1'}}\n"
             "router_settings: {num_retries: 0, cooldown_time: 600, fallbacks: [{m: [spare]}]}\n"
             "litellm_settings: {request_timeout: 5}\n");
    k.script.answer[0] = OK_ANSWER;
    k.script.close = true;
    for (int i = 0; i < 60; i++) {
        kit_call(&k, &g, ASK);
        assert_int_equal(g.status, 200);
        assert_string_equal(g.fallbacks, "1");
        got_free(&g);
    }
    assert_int_equal(k.requests, 60);
    assert_int_equal(calls_of_m(), 5);
    got_init(&g, &k);
}

static void has_field(const char *field)
{
    if (!strstr(g.fields, field))
        fail_msg("%s is not in %s", field, g.fields);
}

static void answer_says_where_it_came_from_and_how(void **state)
{
    (void)state;
    kit_open(&k, FOUR "router_settings: {num_retries: 1}\n");
    k.script.answer[0] = BROKEN;
    k.script.answer[1] = OK_ANSWER;
    k.script.close = true;
    kit_call(&k, &g, ASK);
    has_field("x-litellm-model-id: ");
    has_field("x-litellm-model-group: m\n");
    has_field("x-litellm-model-api-base: http://127.0.0.1:");
    has_field("x-litellm-attempted-retries: 1\n");
    has_field("x-litellm-max-retries: 1\n");
    has_field("x-litellm-attempted-fallbacks: 0\n");
    has_field("x-litellm-response-duration-ms: ");
    has_field("x-litellm-overhead-duration-ms: ");
}

static void failure_says_what_the_vendor_said(void **state)
{
    (void)state;
    ask(ONE "router_settings: {num_retries: 0}\n", ASK,
        FAIL("529 Overloaded", "x-ratelimit-remaining-requests: 0\r\nretry-after: 7\r\n"));
    assert_int_equal(g.status, 503);
    has_field("x-sluice-upstream-status: 529\n");
    has_field("x-ratelimit-remaining-requests: 0\n");
    has_field("llm_provider-retry-after: 7\n");
    has_field("\nretry-after: 7\n");
    has_field("x-litellm-attempted-retries: 0\n");
    has_field("x-litellm-model-id: ");
}

static void stream_says_the_same(void **state)
{
    (void)state;
    ask(ONE, ASK_SSE, HTTP_SSE CHUNK("{\"content\":\"x\"}", "\"stop\"") "data: [DONE]\n\n");
    has_field("x-litellm-model-id: ");
    has_field("x-litellm-attempted-fallbacks: 0\n");
    has_field("x-litellm-overhead-duration-ms: ");
}

/* LiteLLM's num_retries_per_request: all legs together. */
static void retries_of_a_call_may_be_limited_as_a_whole(void **state)
{
    (void)state;
    ask(FOUR "- {model_name: other, litellm_params: {model: openai/v, api_base: "
             "'http://127.0.0.1:%1$d/v1', api_key: k}}\n"
             "router_settings: {num_retries: 3, fallbacks: [{m: [other]}], retry_policy: {}}\n"
             "litellm_settings: {num_retries_per_request: 2}\n",
        ASK, BROKEN);
    assert_int_equal(k.requests, 3);
    assert_string_equal(g.fallbacks, "0");
}

static void limit_for_a_call_counts_fallbacks(void **state)
{
    (void)state;
    ask(ONE "- {model_name: other, litellm_params: {model: openai/v, api_base: "
            "'http://127.0.0.1:%1$d/v1', api_key: k}}\n"
            "router_settings: {num_retries: 0, fallbacks: [{m: [other]}]}\n"
            "litellm_settings: {num_retries_per_request: 0}\n",
        ASK, BROKEN);
    assert_int_equal(k.requests, 1);
    over(NULL);
    ask(ONE "- {model_name: other, litellm_params: {model: openai/v, api_base: "
            "'http://127.0.0.1:%1$d/v1', api_key: k}}\n"
            "router_settings: {num_retries: 0, fallbacks: [{m: [other]}]}\n"
            "litellm_settings: {num_retries_per_request: 1}\n",
        ASK, BROKEN);
    assert_int_equal(k.requests, 2);
}

#define T(name) cmocka_unit_test_teardown(name, over)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(retries_of_a_call_may_be_limited_as_a_whole),
        T(limit_for_a_call_counts_fallbacks),
        T(router_says_two_unless_told_otherwise),
        T(routers_number_counts),
        T(deployments_number_counts_before_the_routers),
        T(requests_number_counts_first),
        T(policy_has_a_number_for_a_class),
        T(policy_of_a_group_counts_before_the_general_one),
        T(policy_is_for_its_class_only),
        T(policy_may_try_what_else_is_not_tried_again),
        T(refusal_without_a_number_is_a_bad_request),
        T(key_that_is_refused_is_tried_elsewhere_only),
        T(who_asks_for_more_than_a_minute_is_not_asked_again),
        T(without_a_budget_nobody_is_asked_twice),
        T(rehearsed_limit_costs_a_retry),
        T(outage_costs_a_few_calls_and_no_client_anything),
        T(answer_says_where_it_came_from_and_how),
        T(failure_says_what_the_vendor_said),
        T(stream_says_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
