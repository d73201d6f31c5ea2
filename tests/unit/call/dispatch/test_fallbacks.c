/* SPDX-License-Identifier: Apache-2.0 */
/* Where a call goes when its model group fails: LiteLLM's order, each rule a row. The upstream
 * answers by the deployment's model, so that no order of requests has to be guessed. */
#include "../kit.h"

#include "base/arena.h"

#define HTTP_JSON "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
#define OK_ANSWER                                                                                  \
    HTTP_JSON "{\"id\":\"c1\",\"object\":\"chat.completion\",\"created\":7,\"model\":\"v\","       \
              "\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"x\"},"  \
              "\"finish_reason\":\"stop\"}]}"
#define FAIL(status, text)                                                                         \
    "HTTP/1.1 " status "\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"           \
    "{\"error\":{\"message\":\"" text "\"}}"
#define BROKEN FAIL("500 Oops", "boom")
#define DEPLOYMENT(name, model)                                                                    \
    "- {model_name: " name ", litellm_params: {model: openai/" model                               \
    ", api_base: 'http://127.0.0.1:%1$d/v1', api_key: k}}\n"
#define FOUR                                                                                       \
    "model_list:\n" DEPLOYMENT("a", "va") DEPLOYMENT("b", "vb") DEPLOYMENT("c", "vc")              \
        DEPLOYMENT("d", "vd")
#define SAY(model, more)                                                                           \
    "{\"model\":\"" model "\"" more ",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"
#define ROUTER(text) "router_settings: {num_retries: 0, " text "}\n"

static struct kit k;
static struct got g;

/* What each answer's turn brings: first, second, ... */
static void ask(const char *config, const char *body, const char *first, const char *second,
                const char *third)
{
    kit_open(&k, config);
    k.script.answer[0] = first;
    k.script.answer[1] = second;
    k.script.answer[2] = third;
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

static void answered_after(int requests, const char *model)
{
    char wanted[40];

    assert_int_equal(g.status, 200);
    assert_int_equal(k.requests, requests);
    snprintf(wanted, sizeof wanted, "\"model\":\"%s\"", model);
    if (!strstr(k.seen.ptr, wanted))
        fail_msg("%s was not asked last: %s", model, k.seen.ptr);
}

static void failed_group_leads_to_its_fallback(void **state)
{
    (void)state;
    ask(FOUR ROUTER("fallbacks: [{b: [c]}, {a: [d]}]"), SAY("a", ""), BROKEN, OK_ANSWER, NULL);
    answered_after(2, "vd");
}

static void fallbacks_are_tried_in_order(void **state)
{
    (void)state;
    ask(FOUR ROUTER("fallbacks: [{a: [b, c]}]"), SAY("a", ""), BROKEN, BROKEN, OK_ANSWER);
    answered_after(3, "vc");
}

static void fallbacks_have_fallbacks_of_their_own(void **state)
{
    (void)state;
    ask(FOUR ROUTER("fallbacks: [{a: [b]}, {b: [c]}]"), SAY("a", ""), BROKEN, BROKEN, OK_ANSWER);
    answered_after(3, "vc");
}

static void circle_of_fallbacks_ends(void **state)
{
    (void)state;
    ask(FOUR ROUTER("fallbacks: [{a: [b]}, {b: [a]}]"), SAY("a", ""), BROKEN, BROKEN, OK_ANSWER);
    assert_int_equal(g.status, 502);
    assert_int_equal(k.requests, 2);
}

static void client_hears_of_the_model_it_asked_for(void **state)
{
    (void)state;
    ask(FOUR ROUTER("fallbacks: [{a: [b]}]"), SAY("a", ""), FAIL("503 Busy", "busy a"),
        FAIL("401 No", "bad key"), NULL);
    assert_int_equal(g.status, 503);
    assert_non_null(strstr(g.body.ptr, "busy a"));
}

static void star_is_for_everybody(void **state)
{
    (void)state;
    ask(FOUR ROUTER("fallbacks: [{b: [c]}, {'*': [d]}]"), SAY("a", ""), BROKEN, OK_ANSWER, NULL);
    answered_after(2, "vd");
}

static void default_fallbacks_are_for_everybody(void **state)
{
    (void)state;
    ask(FOUR ROUTER("default_fallbacks: [c]"), SAY("a", ""), BROKEN, OK_ANSWER, NULL);
    answered_after(2, "vc");
}

static void prefix_of_a_provider_is_left_out(void **state)
{
    (void)state;
    ask("model_list:\n" DEPLOYMENT("x/a", "va") DEPLOYMENT("d", "vd")
            ROUTER("fallbacks: [{a: [d]}]"),
        SAY("x/a", ""), BROKEN, OK_ANSWER, NULL);
    answered_after(2, "vd");
}

static void long_prompt_goes_to_the_larger_model(void **state)
{
    (void)state;
    ask(FOUR ROUTER("fallbacks: [{a: [b]}], context_window_fallbacks: [{a: [c]}]"), SAY("a", ""),
        FAIL("400 Bad", "maximum context length is 10 tokens"), OK_ANSWER, NULL);
    answered_after(2, "vc");
}

static void long_prompt_without_an_entry_goes_nowhere(void **state)
{
    (void)state;
    ask(FOUR ROUTER("fallbacks: [{a: [b]}], context_window_fallbacks: [{d: [c]}]"), SAY("a", ""),
        FAIL("400 Bad", "maximum context length is 10 tokens"), OK_ANSWER, NULL);
    assert_int_equal(g.status, 400);
    assert_int_equal(k.requests, 1);
}

static void long_prompt_takes_the_general_way_when_it_has_none(void **state)
{
    (void)state;
    ask(FOUR ROUTER("fallbacks: [{a: [b]}]"), SAY("a", ""),
        FAIL("400 Bad", "maximum context length is 10 tokens"), OK_ANSWER, NULL);
    answered_after(2, "vb");
}

static void refusal_goes_to_its_own_fallback(void **state)
{
    (void)state;
    ask(FOUR ROUTER("fallbacks: [{a: [b]}], content_policy_fallbacks: [{a: [d]}]"), SAY("a", ""),
        FAIL("400 Bad", "content_policy_violation"), OK_ANSWER, NULL);
    answered_after(2, "vd");
}

static void request_names_its_fallbacks(void **state)
{
    (void)state;
    ask(FOUR ROUTER("fallbacks: [{a: [b]}]"), SAY("a", ",\"fallbacks\":[\"c\"]"), BROKEN, OK_ANSWER,
        NULL);
    answered_after(2, "vc");
}

static void fallback_of_a_request_changes_members(void **state)
{
    (void)state;
    ask(FOUR,
        SAY("a", ",\"num_retries\":0,\"temperature\":1,\"fallbacks\":[{\"model\":\"c\","
                 "\"temperature\":0.5}]"),
        BROKEN, OK_ANSWER, NULL);
    answered_after(2, "vc");
    assert_non_null(strstr(k.seen.ptr, "\"temperature\":0.5"));
    assert_null(strstr(k.seen.ptr, "\"temperature\":1"));
}

static void request_may_pair_models_with_fallbacks(void **state)
{
    (void)state;
    ask(FOUR ROUTER("fallbacks: [{a: [b]}]"), SAY("a", ",\"fallbacks\":[{\"a\":[\"d\"]}]"), BROKEN,
        OK_ANSWER, NULL);
    answered_after(2, "vd");
}

static void configured_fallback_changes_members(void **state)
{
    (void)state;
    ask(FOUR ROUTER("fallbacks: [{a: [{model: c, temperature: 0.5}]}]"), SAY("a", ""), BROKEN,
        OK_ANSWER, NULL);
    answered_after(2, "vc");
    assert_non_null(strstr(k.seen.ptr, "\"temperature\":0.5"));
}

static void request_without_fallbacks_has_none(void **state)
{
    (void)state;
    ask(FOUR ROUTER("fallbacks: [{a: [b]}]"), SAY("a", ",\"disable_fallbacks\":true"), BROKEN,
        OK_ANSWER, NULL);
    assert_int_equal(g.status, 502);
    assert_int_equal(k.requests, 1);
}

static void fallbacks_have_a_limit(void **state)
{
    (void)state;
    ask(FOUR ROUTER("fallbacks: [{a: [b, c]}], max_fallbacks: 1"), SAY("a", ""), BROKEN, BROKEN,
        OK_ANSWER);
    assert_int_equal(g.status, 502);
    assert_int_equal(k.requests, 2);
}

static void request_may_set_the_limit(void **state)
{
    (void)state;
    ask(FOUR ROUTER("fallbacks: [{a: [b, c]}]"), SAY("a", ",\"max_fallbacks\":0"), BROKEN,
        OK_ANSWER, NULL);
    assert_int_equal(g.status, 502);
    assert_int_equal(k.requests, 1);
    assert_null(strstr(k.seen.ptr, "max_fallbacks"));
}

static void credentials_in_a_requests_fallback_are_refused(void **state)
{
    (void)state;
    ask(FOUR, SAY("a", ",\"fallbacks\":[{\"model\":\"c\",\"api_base\":\"http://evil\"}]"), BROKEN,
        NULL, NULL);
    assert_int_equal(g.status, 401);
    assert_int_equal(k.requests, 0);
}

static void fallbacks_of_a_wrong_shape_are_400(void **state)
{
    (void)state;
    ask(FOUR, SAY("a", ",\"fallbacks\":[7]"), BROKEN, NULL, NULL);
    assert_int_equal(g.status, 400);
    assert_int_equal(k.requests, 0);
}

static void rehearsed_failure_asks_nobody(void **state)
{
    (void)state;
    ask(FOUR ROUTER("fallbacks: [{a: [b]}]"), SAY("a", ",\"mock_testing_fallbacks\":true"),
        OK_ANSWER, NULL, NULL);
    answered_after(1, "vb");
    assert_string_equal(g.fallbacks, "1");
}

static void answer_of_another_model_bears_its_name(void **state)
{
    (void)state;
    ask(FOUR ROUTER("fallbacks: [{a: [b]}]"), SAY("a", ""), BROKEN, OK_ANSWER, NULL);
    assert_non_null(strstr(g.body.ptr, "\"model\":\"v\""));
}

static void error_event_before_the_answer_falls_back(void **state)
{
    (void)state;
    ask(FOUR ROUTER("fallbacks: [{a: [b]}]"), SAY("a", ",\"stream\":true"),
        HTTP_SSE CHUNK("{\"role\":\"assistant\",\"content\":\"\"}",
                       "null") "data: {\"error\":{\"message\":\"overloaded\"}}\n\n",
        HTTP_SSE CHUNK("{\"content\":\"x\"}", "\"stop\"") "data: [DONE]\n\n", NULL);
    assert_int_equal(g.status, 200);
    assert_int_equal(k.requests, 2);
    assert_non_null(strstr(g.body.ptr, "\"content\":\"x\""));
    assert_null(strstr(g.body.ptr, "overloaded"));
}

static void bad_request_goes_to_the_fallback_without_a_retry(void **state)
{
    (void)state;
    ask(FOUR "router_settings: {num_retries: 2, fallbacks: [{a: [b]}]}\n", SAY("a", ""),
        FAIL("400 Bad", "no such parameter"), OK_ANSWER, NULL);
    answered_after(2, "vb");
}

#define OTHERS                                                                                     \
    "model_list:\n" DEPLOYMENT(                                                                    \
        "a", "va") "- {model_name: claude, litellm_params: {model: anthropic/vc, api_key: k, "     \
                   "api_base: 'http://127.0.0.1:%1$d'}}\n"
#define MESSAGE                                                                                    \
    HTTP_JSON "{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"vc\","    \
              "\"content\":[{\"type\":\"text\",\"text\":\"x\"}],\"stop_reason\":\"end_turn\","     \
              "\"usage\":{\"input_tokens\":1,\"output_tokens\":1}}"

static void fallback_to_another_vendor_maps_the_parameters(void **state)
{
    (void)state;
    ask(OTHERS ROUTER("fallbacks: [{a: [claude]}]"),
        SAY("a", ",\"max_completion_tokens\":9,\"stop\":\"z\""), BROKEN, MESSAGE, NULL);
    assert_int_equal(g.status, 200);
    assert_non_null(strstr(k.seen.ptr, "POST /v1/messages"));
    assert_non_null(strstr(k.seen.ptr, "\"max_tokens\":9"));
    assert_non_null(strstr(k.seen.ptr, "\"stop_sequences\":[\"z\"]"));
    assert_null(strstr(k.seen.ptr, "max_completion_tokens"));
    assert_non_null(strstr(g.body.ptr, "\"object\":\"chat.completion\""));
}

/* The same the other way round: the client speaks what only the first vendor does. */
static void ask_messages(const char *config, const char *first, const char *second)
{
    sluice_error err = SLUICE_ERROR_INIT;
    sluice_request r = { .struct_size = sizeof r,
                         .operation = SL_SPAN("messages"),
                         .flags = SLUICE_CALL_WIRE,
                         .body = SL_SPAN("{\"model\":\"claude\",\"max_tokens\":9,\"messages\":[{"
                                         "\"role\":\"user\",\"content\":\"hi\"}]}") };

    kit_open(&k, config);
    k.script.answer[0] = first;
    k.script.answer[1] = second;
    k.script.close = true;
    got_init(&g, &k);
    assert_int_equal(sluice_start(k.loop, &r, &kit_events, &g, &g.task, &err), SLUICE_OK);
    for (int i = 0; i < 100000 && !g.done; i++)
        event_base_loop(k.base, EVLOOP_ONCE);
    sl_buf_add_char(&g.body, 0);
}

static void fallback_answers_in_the_clients_own_words(void **state)
{
    (void)state;
    ask_messages(OTHERS ROUTER("fallbacks: [{claude: [a]}]"), BROKEN, OK_ANSWER);
    assert_int_equal(g.status, 200);
    assert_int_equal(k.requests, 2);
    assert_non_null(strstr(k.seen.ptr, "POST /v1/chat/completions"));
    assert_non_null(strstr(g.body.ptr, "\"type\":\"message\""));
    assert_non_null(strstr(g.body.ptr, "\"text\":\"x\""));
}

static void failure_everywhere_is_told_in_the_clients_own_words(void **state)
{
    (void)state;
    ask_messages(OTHERS ROUTER("fallbacks: [{claude: [a]}]"), FAIL("503 Busy", "busy"), BROKEN);
    assert_int_equal(g.status, 529);
    assert_int_equal(k.requests, 2);
    assert_non_null(
        strstr(g.body.ptr, "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\""));
}

/* With the n-th allocation failing the call ends once all the same, and nothing is lost. */
static void every_allocation(const char *config, const char *body, const char *first,
                             const char *second)
{
    bool done = false;

    kit_open(&k, config);
    k.script.close = true;
    for (uint64_t n = 1; !done && n < 4000; n++) {
        sluice_error err = SLUICE_ERROR_INIT;
        sluice_status st;

        k.requests = 0;
        k.script.answer[0] = first;
        k.script.answer[1] = second;
        got_init(&g, &k);
        sl_buf_reserve(&g.body, 8192);
        sl_buf_reserve(&k.seen, 8192);
        sl_fault_after(n);
        st = kit_start(&k, &g, body, SLUICE_CALL_WIRE, &err);
        for (int i = 0; st >= 0 && i < 100000 && !g.done; i++)
            event_base_loop(k.base, EVLOOP_ONCE);
        done = sl_fault_after(0) < n;
        assert_int_equal(g.done, st >= 0 ? 1 : 0);
        if (!done)
            got_free(&g);
    }
    assert_true(done);
    assert_int_equal(g.result, SLUICE_OK);
}

static void fallback_without_memory_ends_cleanly(void **state)
{
    (void)state;
    every_allocation(FOUR "router_settings: {num_retries: 0, disable_cooldowns: true, "
                          "fallbacks: [{a: [{model: b, temperature: 1}]}]}\n",
                     SAY("a", ""), BROKEN, OK_ANSWER);
}

static void fallback_of_a_request_without_memory_ends_cleanly(void **state)
{
    (void)state;
    every_allocation(FOUR "router_settings: {num_retries: 0, disable_cooldowns: true}\n",
                     SAY("a", ",\"fallbacks\":[{\"a\":[\"b\\u0020\",{\"model\":\"c\"}]}]"), BROKEN,
                     OK_ANSWER);
}

#define T(name) cmocka_unit_test_teardown(name, over)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(failed_group_leads_to_its_fallback),
        T(fallbacks_are_tried_in_order),
        T(fallbacks_have_fallbacks_of_their_own),
        T(circle_of_fallbacks_ends),
        T(client_hears_of_the_model_it_asked_for),
        T(star_is_for_everybody),
        T(default_fallbacks_are_for_everybody),
        T(prefix_of_a_provider_is_left_out),
        T(long_prompt_goes_to_the_larger_model),
        T(long_prompt_without_an_entry_goes_nowhere),
        T(long_prompt_takes_the_general_way_when_it_has_none),
        T(refusal_goes_to_its_own_fallback),
        T(request_names_its_fallbacks),
        T(fallback_of_a_request_changes_members),
        T(request_may_pair_models_with_fallbacks),
        T(configured_fallback_changes_members),
        T(request_without_fallbacks_has_none),
        T(fallbacks_have_a_limit),
        T(request_may_set_the_limit),
        T(credentials_in_a_requests_fallback_are_refused),
        T(fallbacks_of_a_wrong_shape_are_400),
        T(rehearsed_failure_asks_nobody),
        T(answer_of_another_model_bears_its_name),
        T(error_event_before_the_answer_falls_back),
        T(bad_request_goes_to_the_fallback_without_a_retry),
        T(fallback_to_another_vendor_maps_the_parameters),
        T(fallback_answers_in_the_clients_own_words),
        T(failure_everywhere_is_told_in_the_clients_own_words),
        T(fallback_without_memory_ends_cleanly),
        T(fallback_of_a_request_without_memory_ends_cleanly),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
