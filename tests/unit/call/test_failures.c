/* SPDX-License-Identifier: Apache-2.0 */
/* What a client gets when something is wrong: with its request, with the upstream, with memory; and
 * when it leaves. */
#include "kit.h"

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
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
