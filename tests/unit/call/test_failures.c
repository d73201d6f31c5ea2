/* SPDX-License-Identifier: Apache-2.0 */
/* What a client gets when something is wrong: with its request, with the upstream, with memory; and
 * when it leaves. */
#include "kit.h"

#include "base/arena.h"

#define OK_BODY                                                                                    \
    "{\"id\":\"c1\",\"object\":\"chat.completion\",\"created\":7,\"model\":\"m\",\"choices\":[{"   \
    "\"index\":0,"                                                                                 \
    "\"message\":{\"role\":\"assistant\",\"content\":\"x\"},\"finish_reason\":\"stop\"}]}"
#define OK_ANSWER                                                                                  \
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n" OK_BODY
#define FAIL(status, text)                                                                         \
    "HTTP/1.1 " status "\r\nContent-Type: application/json\r\nConnection: "                        \
    "close\r\n\r\n{\"error\":{\"message\":\"" text "\"}}"
#define TWO_DEPLOYMENTS                                                                            \
    "model_list:\n"                                                                                \
    "- {model_name: m, litellm_params: {model: openai/a, api_base: 'http://127.0.0.1:%d/v1', "     \
    "api_key: k}}\n"                                                                               \
    "- {model_name: m, litellm_params: {model: openai/b, api_base: 'http://127.0.0.1:%d/v1', "     \
    "api_key: k}}\n"

static void refused(const char *body, int status, const char *text)
{
    struct kit k;
    struct got g;

    kit_open(&k, ONE_DEPLOYMENT);
    k.script.answer[0] = OK_ANSWER;
    kit_call(&k, &g, body);
    assert_int_equal(g.status, status);
    assert_string_equal(g.content_type, "application/json");
    if (!strstr(g.body.ptr, text))
        fail_msg("%s is not in %s", text, g.body.ptr);
    assert_int_equal(k.requests, 0);
    got_free(&g);
    kit_close(&k);
}

static void malformed_json_is_400_and_says_where(void **state)
{
    (void)state;
    refused("{\"model\":\"m\",\n \"messages\":[}", 400, "line 2, column 14");
}

static void duplicate_members_are_400(void **state)
{
    (void)state;
    refused("{\"model\":\"m\",\"model\":\"m\",\"messages\":[{}]}", 400,
            "appears twice at line 1, column 22. Send each member once");
}

static void body_that_is_no_object_is_400(void **state)
{
    (void)state;
    refused("[1]", 400, "JSON");
}

static void missing_model_is_400(void **state)
{
    (void)state;
    refused("{\"messages\":[{}]}", 400, "\"param\":\"model\"");
}

static void model_of_wrong_type_is_400(void **state)
{
    (void)state;
    refused("{\"model\":7,\"messages\":[{}]}", 400, "must be a string");
}

static void messages_of_wrong_type_are_400(void **state)
{
    (void)state;
    refused("{\"model\":\"m\",\"messages\":\"hi\"}", 400, "\"param\":\"messages\"");
}

static void empty_messages_are_400(void **state)
{
    (void)state;
    refused("{\"model\":\"m\",\"messages\":[ ]}", 400, "must not be empty");
}

static void stream_of_wrong_type_is_400(void **state)
{
    (void)state;
    refused("{\"model\":\"m\",\"stream\":1,\"messages\":[{}]}", 400, "\"param\":\"stream\"");
}

static void timeout_of_wrong_type_is_400(void **state)
{
    (void)state;
    refused("{\"model\":\"m\",\"timeout\":\"soon\",\"messages\":[{}]}", 400,
            "\"param\":\"timeout\"");
}

static void body_beyond_the_limit_is_413(void **state)
{
    struct kit k;
    struct got g;
    char *ask = malloc(70000);

    (void)state;
    memset(ask, ' ', 70000);
    ask[69999] = 0;
    memcpy(ask, ASK, strlen(ASK));
    kit_open(&k, ONE_DEPLOYMENT "general_settings: {max_request_size_mb: 0.05}\n");
    kit_call(&k, &g, ask);
    assert_int_equal(g.status, 413);
    got_free(&g);
    kit_close(&k);
    free(ask);
}

static void unknown_model_is_404_and_names_what_there_is(void **state)
{
    (void)state;
    refused("{\"model\":\"x\",\"messages\":[{}]}", 404, "This key can use: m\"");
}

static void client_cannot_choose_where_a_call_goes(void **state)
{
    (void)state;
    refused("{\"model\":\"m\",\"api_base\":\"http://evil\",\"messages\":[{}]}", 401, "api_base");
}

static void upstream(const char *answer, int status, sluice_status result, const char *text)
{
    struct kit k;
    struct got g;

    kit_open(&k, ONE_DEPLOYMENT);
    k.script.answer[0] = answer;
    k.script.close = true;
    kit_call(&k, &g, ASK);
    assert_int_equal(g.status, status);
    assert_int_equal(g.result, result);
    if (!strstr(g.body.ptr, text))
        fail_msg("%s is not in %s", text, g.body.ptr);
    assert_null(strstr(g.body.ptr, "sk-upstream-canary"));
    got_free(&g);
    kit_close(&k);
}

static void our_refused_key_is_502_not_401(void **state)
{
    (void)state;
    upstream(FAIL("401 Unauthorized", "bad key"), 502, SLUICE_E_AUTH, "upstream_auth");
}

static void key_that_an_upstream_repeats_is_hidden(void **state)
{
    (void)state;
    upstream(FAIL("400 Bad", "key sk-upstream-canary is odd"), 400, SLUICE_E_INVALID,
             "key ****************** is odd");
}

static void upstream_429_is_429(void **state)
{
    (void)state;
    upstream(FAIL("429 Too Many", "slow"), 429, SLUICE_E_RATE_LIMIT, "rate_limit_exceeded");
}

static void upstream_400_keeps_its_message(void **state)
{
    (void)state;
    upstream(FAIL("400 Bad", "temperature is odd"), 400, SLUICE_E_INVALID, "temperature is odd");
}

static void upstream_500_is_502(void **state)
{
    (void)state;
    upstream(FAIL("500 Oops", "boom"), 502, SLUICE_E_UPSTREAM, "boom");
}

static void truncated_answer_is_502(void **state)
{
    (void)state;
    upstream(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{\"id\":",
        502, SLUICE_E_TRUNCATED, "stream_truncated");
}

static void answer_that_is_no_http_is_502(void **state)
{
    (void)state;
    upstream("SSH-2.0-OpenSSH\r\n\r\n", 502, SLUICE_E_UPSTREAM, "127.0.0.1");
}

static void refused_connection_is_503(void **state)
{
    struct kit k;
    struct got g;

    (void)state;
    kit_open(
        &k, "model_list:\n- {model_name: m, litellm_params: {model: openai/a, "
            "api_base: 'http://127.0.0.1:1/v1', api_key: k}}\nrouter_settings: {num_retries: 0}\n");
    kit_call(&k, &g, ASK);
    assert_int_equal(g.status, 503);
    got_free(&g);
    kit_close(&k);
}

static void stalled_upstream_is_a_timeout(void **state)
{
    struct kit k;
    struct got g;

    (void)state;
    kit_open(
        &k,
        "model_list:\n- {model_name: m, litellm_params: {model: openai/a, timeout: 0.05, "
        "api_base: 'http://127.0.0.1:%d/v1', api_key: k}}\nrouter_settings: {num_retries: 0}\n");
    k.script.stall = true;
    kit_call(&k, &g, ASK);
    assert_int_equal(g.status, 504);
    assert_int_equal(g.result, SLUICE_E_TIMEOUT);
    got_free(&g);
    kit_close(&k);
}

static void failed_attempt_goes_to_another_deployment(void **state)
{
    struct kit k;
    struct got g;

    (void)state;
    kit_open(&k, TWO_DEPLOYMENTS);
    k.script.answer[0] = FAIL("500 Oops", "boom");
    k.script.answer[1] = OK_ANSWER;
    k.script.close = true;
    kit_call(&k, &g, ASK);
    assert_int_equal(g.status, 200);
    assert_int_equal(k.requests, 2);
    assert_string_equal(g.retries, "1");
    got_free(&g);
    kit_close(&k);
}

static void clients_own_retries_count_first(void **state)
{
    struct kit k;
    struct got g;

    (void)state;
    kit_open(&k, TWO_DEPLOYMENTS);
    k.script.answer[0] = FAIL("500 Oops", "boom");
    k.script.answer[1] = OK_ANSWER;
    k.script.close = true;
    kit_call(&k, &g, "{\"model\":\"m\",\"num_retries\":0,\"messages\":[{}]}");
    assert_int_equal(g.status, 502);
    assert_int_equal(k.requests, 1);
    got_free(&g);
    kit_close(&k);
}

static void clients_own_time_limit_counts_first(void **state)
{
    struct kit k;
    struct got g;

    (void)state;
    kit_open(&k, ONE_DEPLOYMENT);
    k.script.stall = true;
    kit_call(&k, &g, "{\"model\":\"m\",\"timeout\":0.05,\"messages\":[{}]}");
    assert_int_equal(g.result, SLUICE_E_TIMEOUT);
    got_free(&g);
    kit_close(&k);
}

static void callers_mistake_is_not_retried(void **state)
{
    struct kit k;
    struct got g;

    (void)state;
    kit_open(&k, TWO_DEPLOYMENTS);
    k.script.answer[0] = FAIL("400 Bad", "no");
    k.script.close = true;
    kit_call(&k, &g, ASK);
    assert_int_equal(g.status, 400);
    assert_int_equal(k.requests, 1);
    got_free(&g);
    kit_close(&k);
}

static void nothing_is_sent_again_once_a_byte_has_left(void **state)
{
    struct kit k;
    struct got g;

    (void)state;
    kit_open(&k, TWO_DEPLOYMENTS);
    k.script.answer[0] = HTTP_SSE CHUNK("{\"content\":\"x\"}", "null");
    k.script.close = true;
    kit_call(&k, &g, ASK_SSE);
    assert_int_equal(g.result, SLUICE_E_TRUNCATED);
    assert_int_equal(k.requests, 1);
    got_free(&g);
    kit_close(&k);
}

static void cancel_in_mid_stream_closes_the_upstream(void **state)
{
    struct kit k;
    struct got g;
    sluice_error err = SLUICE_ERROR_INIT;

    (void)state;
    kit_open(&k, ONE_DEPLOYMENT);
    k.script.answer[0] =
        HTTP_SSE CHUNK("{\"content\":\"x\"}", "null") CHUNK("{\"content\":\"y\"}", "null");
    k.script.piece = 300;
    got_init(&g, &k);
    g.cancel_after = 1;
    assert_int_equal(kit_start(&k, &g, ASK_SSE, SLUICE_CALL_WIRE, &err), SLUICE_OK);
    for (int i = 0; i < 1000 && (!g.done || k.open); i++)
        event_base_loop(k.base, EVLOOP_ONCE);
    assert_int_equal(g.done, 1);
    assert_int_equal(g.result, SLUICE_E_CANCELLED);
    assert_int_equal(k.open, 0);
    got_free(&g);
    kit_close(&k);
}

static void cancel_before_the_answer_closes_the_upstream(void **state)
{
    struct kit k;
    struct got g;
    sluice_error err = SLUICE_ERROR_INIT;

    (void)state;
    kit_open(&k, ONE_DEPLOYMENT);
    k.script.stall = true;
    got_init(&g, &k);
    assert_int_equal(kit_start(&k, &g, ASK, SLUICE_CALL_WIRE, &err), SLUICE_OK);
    for (int i = 0; i < 1000 && !k.requests; i++)
        event_base_loop(k.base, EVLOOP_ONCE);
    sluice_cancel(k.loop, g.task);
    assert_int_equal(g.done, 1);
    assert_int_equal(g.head, 0);
    sluice_cancel(k.loop, g.task); /* it is gone: nothing happens */
    for (int i = 0; i < 1000 && k.open; i++)
        event_base_loop(k.base, EVLOOP_ONCE);
    assert_int_equal(k.open, 0);
    got_free(&g);
    kit_close(&k);
}

static sluice_status start_child(struct kit *k, struct got *g, sluice_task parent)
{
    sluice_error err = SLUICE_ERROR_INIT;
    sluice_request r = { .struct_size = sizeof r,
                         .operation = SL_SPAN("chat.completions"),
                         .flags = SLUICE_CALL_WIRE,
                         .body = SL_SPAN(ASK),
                         .parent = parent };

    got_init(g, k);
    return sluice_start(k->loop, &r, &kit_events, g, &g->task, &err);
}

static void call_ends_with_the_call_it_works_for(void **state)
{
    struct kit k;
    struct got g[3];

    (void)state;
    kit_open(&k, ONE_DEPLOYMENT);
    k.script.stall = true;
    assert_int_equal(start_child(&k, &g[0], 0), SLUICE_OK);
    assert_int_equal(start_child(&k, &g[1], g[0].task), SLUICE_OK);
    assert_int_equal(start_child(&k, &g[2], g[1].task), SLUICE_OK);
    sluice_cancel(k.loop, g[0].task);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(g[i].done, 1);
        assert_int_equal(g[i].result, SLUICE_E_CANCELLED);
        got_free(&g[i]);
    }
    kit_close(&k);
}

static void call_that_outlives_its_child_goes_on(void **state)
{
    struct kit k;
    struct got g[2];

    (void)state;
    kit_open(&k, ONE_DEPLOYMENT);
    k.script.stall = true;
    assert_int_equal(start_child(&k, &g[0], 0), SLUICE_OK);
    assert_int_equal(start_child(&k, &g[1], g[0].task), SLUICE_OK);
    sluice_cancel(k.loop, g[1].task);
    assert_int_equal(g[1].done, 1);
    assert_int_equal(g[0].done, 0);
    sluice_cancel(k.loop, g[0].task);
    got_free(&g[0]);
    got_free(&g[1]);
    kit_close(&k);
}

static void calls_within_calls_have_an_end(void **state)
{
    struct kit k;
    struct got g[4];

    (void)state;
    kit_open(&k, ONE_DEPLOYMENT);
    k.script.stall = true;
    assert_int_equal(start_child(&k, &g[0], 0), SLUICE_OK);
    assert_int_equal(start_child(&k, &g[1], g[0].task), SLUICE_OK);
    assert_int_equal(start_child(&k, &g[2], g[1].task), SLUICE_OK);
    assert_int_equal(start_child(&k, &g[3], g[2].task), SLUICE_E_INVALID);
    sluice_cancel(k.loop, g[0].task);
    for (int i = 0; i < 4; i++)
        got_free(&g[i]);
    kit_close(&k);
}

static void call_without_its_body_can_be_cancelled(void **state)
{
    struct kit k;
    struct got g;
    sluice_error err = SLUICE_ERROR_INIT;

    (void)state;
    kit_open(&k, ONE_DEPLOYMENT);
    got_init(&g, &k);
    assert_int_equal(kit_start(&k, &g, "", SLUICE_CALL_WIRE | SLUICE_BODY_FOLLOWS, &err),
                     SLUICE_OK);
    assert_int_equal(sluice_body_write(k.loop, g.task, SL_SPAN("{\"model\""), 0), SLUICE_OK);
    sluice_cancel(k.loop, g.task);
    assert_int_equal(g.done, 1);
    assert_int_equal(sluice_body_write(k.loop, g.task, SL_SPAN("x"), 1), SLUICE_E_NOT_FOUND);
    got_free(&g);
    kit_close(&k);
}

static void wrong_key_is_told_before_the_body_comes(void **state)
{
    struct kit k;
    struct got g;
    sluice_error err = SLUICE_ERROR_INIT;
    sluice_request r = { .struct_size = sizeof r,
                         .operation = SL_SPAN("chat.completions"),
                         .flags = SLUICE_CALL_WIRE | SLUICE_BODY_FOLLOWS,
                         .key = SL_SPAN("sk-wrong") };

    (void)state;
    kit_open(&k, ONE_DEPLOYMENT "general_settings: {master_key: sk-1234}\n");
    got_init(&g, &k);
    assert_int_equal(sluice_start(k.loop, &r, &kit_events, &g, &g.task, &err), SLUICE_OK);
    assert_int_equal(g.done, 1);
    assert_int_equal(g.status, 401);
    got_free(&g);
    kit_close(&k);
}

/* With the n-th allocation failing a call ends once, with an answer or with an error, and nothing
 * is lost. */
static void every_allocation(const char *ask, const char *answer)
{
    struct kit k;
    bool done = false;

    kit_open(&k, ONE_DEPLOYMENT);
    k.script.answer[0] = answer;
    k.script.close = true;
    for (uint64_t n = 1; !done && n < 2000; n++) {
        sluice_error err = SLUICE_ERROR_INIT;
        struct got g;
        sluice_status st;

        got_init(&g, &k);
        sl_buf_reserve(&g.body, 4096);
        sl_buf_reserve(&k.seen, 4096);
        sl_fault_after(n);
        st = kit_start(&k, &g, ask, SLUICE_CALL_WIRE, &err);
        for (int i = 0; st >= 0 && i < 100000 && !g.done; i++)
            event_base_loop(k.base, EVLOOP_ONCE);
        done = sl_fault_after(0) < n;
        assert_int_equal(g.done, st >= 0 ? 1 : 0);
        if (done) {
            assert_int_equal(g.result, SLUICE_OK);
            assert_int_equal(g.status, 200);
        }
        got_free(&g);
    }
    assert_true(done);
    kit_close(&k);
}

static void every_failing_allocation_ends_a_whole_call_cleanly(void **state)
{
    (void)state;
    every_allocation(ASK, OK_ANSWER);
}

static void every_failing_allocation_ends_a_stream_cleanly(void **state)
{
    (void)state;
    every_allocation(ASK_SSE, HTTP_SSE CHUNK("{\"role\":\"assistant\",\"content\":\"\"}", "null")
                                  CHUNK("{\"content\":\"x\"}", "null")
                                      CHUNK("{}", "\"stop\"") "data: [DONE]\n\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(malformed_json_is_400_and_says_where),
        cmocka_unit_test(duplicate_members_are_400),
        cmocka_unit_test(body_that_is_no_object_is_400),
        cmocka_unit_test(missing_model_is_400),
        cmocka_unit_test(model_of_wrong_type_is_400),
        cmocka_unit_test(messages_of_wrong_type_are_400),
        cmocka_unit_test(empty_messages_are_400),
        cmocka_unit_test(stream_of_wrong_type_is_400),
        cmocka_unit_test(timeout_of_wrong_type_is_400),
        cmocka_unit_test(body_beyond_the_limit_is_413),
        cmocka_unit_test(clients_own_retries_count_first),
        cmocka_unit_test(clients_own_time_limit_counts_first),
        cmocka_unit_test(unknown_model_is_404_and_names_what_there_is),
        cmocka_unit_test(client_cannot_choose_where_a_call_goes),
        cmocka_unit_test(our_refused_key_is_502_not_401),
        cmocka_unit_test(key_that_an_upstream_repeats_is_hidden),
        cmocka_unit_test(upstream_429_is_429),
        cmocka_unit_test(upstream_400_keeps_its_message),
        cmocka_unit_test(upstream_500_is_502),
        cmocka_unit_test(truncated_answer_is_502),
        cmocka_unit_test(answer_that_is_no_http_is_502),
        cmocka_unit_test(refused_connection_is_503),
        cmocka_unit_test(stalled_upstream_is_a_timeout),
        cmocka_unit_test(failed_attempt_goes_to_another_deployment),
        cmocka_unit_test(callers_mistake_is_not_retried),
        cmocka_unit_test(nothing_is_sent_again_once_a_byte_has_left),
        cmocka_unit_test(cancel_in_mid_stream_closes_the_upstream),
        cmocka_unit_test(cancel_before_the_answer_closes_the_upstream),
        cmocka_unit_test(call_ends_with_the_call_it_works_for),
        cmocka_unit_test(call_that_outlives_its_child_goes_on),
        cmocka_unit_test(calls_within_calls_have_an_end),
        cmocka_unit_test(call_without_its_body_can_be_cancelled),
        cmocka_unit_test(wrong_key_is_told_before_the_body_comes),
        cmocka_unit_test(every_failing_allocation_ends_a_whole_call_cleanly),
        cmocka_unit_test(every_failing_allocation_ends_a_stream_cleanly),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
