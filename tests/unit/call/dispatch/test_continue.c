/* SPDX-License-Identifier: Apache-2.0 */
/* An answer that breaks off amid its stream goes on at a model that takes a prefill; the client
 * sees one answer. Where that cannot be done rightly it sees an error event, as ever. */
#include "../kit.h"

#include "base/arena.h"

#define DEPLOYMENT(name, model, more)                                                              \
    "- {model_name: " name ", litellm_params: {model: openai/" model                               \
    ", api_base: 'http://127.0.0.1:%1$d/v1', api_key: k, output_cost_per_token: 1.0e-06, "         \
    "input_cost_per_token: 1.0e-06}" more "}\n"
#define PREFILLS ", model_info: {supports_assistant_prefill: true}"
#define ROUTER(more) "router_settings: {num_retries: 0, fallbacks: [{a: [b]}]" more "}\n"
#define ON ROUTER(", mid_stream_fallback: true")
#define TWO "model_list:\n" DEPLOYMENT("a", "va", "") DEPLOYMENT("b", "vb", PREFILLS)
#define SAY                                                                                        \
    "{\"model\":\"a\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"
#define SAY_USAGE                                                                                  \
    "{\"model\":\"a\",\"stream\":true,\"stream_options\":{\"include_usage\":true},"                \
    "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"
#define ROLE CHUNK("{\"role\":\"assistant\",\"content\":\"\"}", "null")
#define TEXT(text) CHUNK("{\"content\":\"" text "\"}", "null")
#define STOP CHUNK("{}", "\"stop\"")
#define DONE "data: [DONE]\n\n"
#define OTHER(delta, finish)                                                                       \
    "data: {\"id\":\"c2\",\"object\":\"chat.completion.chunk\",\"created\":9,\"model\":\"vb\","    \
    "\"choices\":[{\"index\":0,\"delta\":" delta ",\"finish_reason\":" finish "}]}\n\n"
#define REST                                                                                       \
    HTTP_SSE OTHER("{\"role\":\"assistant\",\"content\":\"\"}", "null")                            \
        OTHER("{\"content\":\"lo\"}", "null") OTHER("{}", "\"stop\"")
#define GOES_ON REST DONE

static struct kit k;
static struct got g;

static void ask(const char *config, const char *body, const char *first, const char *second)
{
    kit_open(&k, config);
    k.script.answer[0] = first;
    k.script.answer[1] = second;
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

static int count(const char *text, const char *what)
{
    int n = 0;

    for (const char *p = text; (p = strstr(p, what)); p += strlen(what))
        n++;
    return n;
}

static void answer_goes_on_where_it_broke_off(void **state)
{
    (void)state;
    ask(TWO ON, SAY, HTTP_SSE ROLE TEXT("hel"), GOES_ON);
    assert_int_equal(g.result, SLUICE_OK);
    assert_int_equal(k.requests, 2);
    assert_non_null(strstr(g.body.ptr, "\"content\":\"hel\""));
    assert_non_null(strstr(g.body.ptr, "\"content\":\"lo\""));
    assert_int_equal(count(g.body.ptr, "data: [DONE]"), 1);
    assert_int_equal(count(g.body.ptr, "\"finish_reason\":\"stop\""), 1);
    assert_null(strstr(g.body.ptr, "error"));
}

static void one_answer_has_one_id_time_model_and_role(void **state)
{
    (void)state;
    ask(TWO ON, SAY, HTTP_SSE ROLE TEXT("hel"), GOES_ON);
    assert_int_equal(count(g.body.ptr, "\"id\":\"c1\""), count(g.body.ptr, "\"id\":"));
    assert_int_equal(count(g.body.ptr, "\"created\":7"), count(g.body.ptr, "\"created\":"));
    assert_int_equal(count(g.body.ptr, "\"model\":\"a\""), count(g.body.ptr, "\"model\":"));
    assert_int_equal(count(g.body.ptr, "\"role\":"), 1);
}

static void what_was_said_is_shown_to_the_next_model(void **state)
{
    (void)state;
    ask(TWO ON, SAY, HTTP_SSE ROLE TEXT("he\\n") TEXT("l"), GOES_ON);
    assert_non_null(strstr(k.seen.ptr, "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"},{"
                                       "\"role\":\"assistant\",\"content\":\"he\\nl\","
                                       "\"prefix\":true}]"));
}

static void usage_is_the_sum_of_both(void **state)
{
    (void)state;
    ask(TWO ON, SAY_USAGE, HTTP_SSE ROLE TEXT("h") TEXT("el"),
        REST "data: {\"id\":\"c2\",\"choices\":[],\"usage\":{\"prompt_tokens\":10,"
             "\"completion_tokens\":5,\"total_tokens\":15}}\n\n" DONE);
    assert_int_equal(g.output_tokens, 5 + 2);
    assert_non_null(strstr(g.body.ptr, "\"completion_tokens\":7"));
    assert_true(g.input_tokens > 10);
}

static void switched_off_it_is_an_error_event(void **state)
{
    (void)state;
    ask(TWO ROUTER(""), SAY, HTTP_SSE ROLE TEXT("hel"), GOES_ON);
    assert_int_equal(k.requests, 1);
    assert_non_null(strstr(g.body.ptr, "stream_truncated"));
}

static void model_that_takes_no_prefill_is_not_asked(void **state)
{
    (void)state;
    ask("model_list:\n" DEPLOYMENT("a", "va", "") DEPLOYMENT("b", "vb", "") ON, SAY,
        HTTP_SSE ROLE TEXT("hel"), GOES_ON);
    assert_int_equal(k.requests, 1);
    assert_non_null(strstr(g.body.ptr, "stream_truncated"));
}

static void nobody_goes_on_inside_a_tool_call(void **state)
{
    (void)state;
    ask(TWO ON, SAY,
        HTTP_SSE ROLE TEXT("hel")
            CHUNK("{\"tool_calls\":[{\"index\":0,\"id\":\"t\",\"type\":\"function\",\"function\":"
                  "{\"name\":\"f\",\"arguments\":\"{\"}}]}",
                  "null"),
        GOES_ON);
    assert_int_equal(k.requests, 1);
    assert_non_null(strstr(g.body.ptr, "stream_truncated"));
}

static void nobody_goes_on_inside_a_thought(void **state)
{
    (void)state;
    ask(TWO ON, SAY, HTTP_SSE ROLE CHUNK("{\"reasoning_content\":\"hmm\"}", "null"), GOES_ON);
    assert_int_equal(k.requests, 1);
    assert_non_null(strstr(g.body.ptr, "stream_truncated"));
}

static void whoever_goes_on_may_break_off_too(void **state)
{
    (void)state;
    ask("model_list:\n" DEPLOYMENT("a", "va", "") DEPLOYMENT("b", "vb", PREFILLS) DEPLOYMENT(
            "c", "vc", PREFILLS) "router_settings: {num_retries: 0, "
                                 "mid_stream_fallback: true, fallbacks: [{a: [b, c]}]}\n",
        SAY, HTTP_SSE ROLE TEXT("he"), HTTP_SSE OTHER("{\"content\":\"l\"}", "null"));
    assert_int_equal(k.requests, 3);
    assert_non_null(strstr(k.seen.ptr, "\"content\":\"hel\",\"prefix\":true"));
    assert_int_equal(g.result, SLUICE_E_TRUNCATED);
    assert_int_equal(count(g.body.ptr, "data: [DONE]"), 0);
}

static void another_deployment_of_the_group_may_go_on(void **state)
{
    (void)state;
    ask("model_list:\n" DEPLOYMENT("a", "va", PREFILLS) DEPLOYMENT(
            "a", "vb", PREFILLS) "router_settings: {num_retries: 1, mid_stream_fallback: true}\n",
        SAY, HTTP_SSE ROLE TEXT("hel"), GOES_ON);
    assert_int_equal(g.result, SLUICE_OK);
    assert_int_equal(k.requests, 2);
}

static void answer_that_comes_whole_is_never_gone_on_with(void **state)
{
    (void)state;
    ask(TWO ON, "{\"model\":\"a\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}",
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{\"id\":",
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
        "{\"id\":\"c\",\"model\":\"v\",\"choices\":[{\"index\":0,\"message\":{\"role\":"
        "\"assistant\",\"content\":\"x\"},\"finish_reason\":\"stop\"}]}");
    assert_int_equal(g.status, 200);
    assert_null(strstr(k.seen.ptr, "prefix"));
}

static void embedder_gets_one_answer_too(void **state)
{
    sluice_error err = SLUICE_ERROR_INIT;

    (void)state;
    kit_open(&k, TWO ON);
    k.script.answer[0] = HTTP_SSE ROLE TEXT("hel");
    k.script.answer[1] = GOES_ON;
    k.script.close = true;
    got_init(&g, &k);
    assert_int_equal(kit_start(&k, &g, SAY, SLUICE_CALL_STREAM, &err), SLUICE_OK);
    for (int i = 0; i < 100000 && !g.done; i++)
        event_base_loop(k.base, EVLOOP_ONCE);
    sl_buf_add_char(&g.body, 0);
    assert_int_equal(g.result, SLUICE_OK);
    assert_int_equal(count(g.body.ptr, "\"id\":\"c1\""), count(g.body.ptr, "\"id\":"));
    assert_non_null(strstr(g.body.ptr, "\"content\":\"lo\""));
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

static void going_on_without_memory_ends_cleanly(void **state)
{
    (void)state;
    every_allocation(
        "model_list:\n" DEPLOYMENT("a", "va", "") DEPLOYMENT(
            "b", "vb", PREFILLS) "router_settings: {num_retries: 0, fallbacks: [{a: [b]}], "
                                 "mid_stream_fallback: true, disable_cooldowns: true}\n",
        SAY, HTTP_SSE ROLE TEXT("hel"), GOES_ON);
}

#define T(name) cmocka_unit_test_teardown(name, over)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(answer_goes_on_where_it_broke_off),
        T(one_answer_has_one_id_time_model_and_role),
        T(what_was_said_is_shown_to_the_next_model),
        T(usage_is_the_sum_of_both),
        T(switched_off_it_is_an_error_event),
        T(model_that_takes_no_prefill_is_not_asked),
        T(nobody_goes_on_inside_a_tool_call),
        T(nobody_goes_on_inside_a_thought),
        T(whoever_goes_on_may_break_off_too),
        T(another_deployment_of_the_group_may_go_on),
        T(answer_that_comes_whole_is_never_gone_on_with),
        T(embedder_gets_one_answer_too),
        T(going_on_without_memory_ends_cleanly),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
