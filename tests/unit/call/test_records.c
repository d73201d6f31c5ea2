/* SPDX-License-Identifier: Apache-2.0 */
/* What is written down of a call: one CALL record however it ends, one TRY for each of several
 * attempts, each with an identity of its own, and nothing secret. The logger is testlog.h. */
#include "kit.h"

#include "testlog.h"

#define HTTP_JSON "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
#define OK_BODY                                                                                    \
    "{\"id\":\"c1\",\"model\":\"v\",\"choices\":[{\"index\":0,\"message\":{\"role\":"              \
    "\"assistant\",\"content\":\"x\"},\"finish_reason\":\"stop\"}]}"
#define BUSY                                                                                       \
    "HTTP/1.1 503 Busy\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"             \
    "{\"error\":{\"message\":\"busy, sk-upstream-canary\"}}"
#define TWO                                                                                        \
    "model_list:\n"                                                                                \
    "- {model_name: m, litellm_params: {model: openai/a, api_base: 'http://127.0.0.1:%d/v1', "     \
    "api_key: sk-upstream-canary}}\n"                                                              \
    "- {model_name: m, litellm_params: {model: openai/b, api_base: 'http://127.0.0.1:%d/v1', "     \
    "api_key: sk-upstream-canary}}\n"

/* One call with its end; what was written is in seen[] afterwards. */
static void record(const char *config, const char *ask, const char *first, const char *second,
                   int cancel_after)
{
    sluice_error err = SLUICE_ERROR_INIT;
    struct kit k;
    struct got g;

    n_seen = 0;
    kit_open(&k, config);
    k.script.answer[0] = first;
    k.script.answer[1] = second;
    k.script.close = true;
    k.script.piece = cancel_after ? 200 : 0;
    got_init(&g, &k);
    g.cancel_after = cancel_after;
    assert_int_equal(kit_start(&k, &g, ask, SLUICE_CALL_WIRE, &err), SLUICE_OK);
    for (int i = 0; i < 100000 && !g.done; i++)
        event_base_loop(k.base, EVLOOP_ONCE);
    assert_int_equal(g.done, 1);
    got_free(&g);
    kit_close(&k); /* flushes */
}

static void call_that_went_well_has_one_record(void **state)
{
    (void)state;
    record(ONE_DEPLOYMENT LOGGED, ASK, HTTP_JSON OK_BODY, NULL, 0);
    assert_int_equal(n_seen, 1);
    assert_int_equal(seen[0].kind, SLUICE_RECORD_CALL);
    assert_int_equal(seen[0].http_status, 200);
}

static void tokens_nobody_counted_are_estimated_and_marked(void **state)
{
    (void)state;
    record(ONE_DEPLOYMENT LOGGED, ASK, HTTP_JSON OK_BODY, NULL, 0);
    assert_true(seen[0].output > 0);
    assert_true(seen[0].flags & SLUICE_RECORD_ESTIMATED);
}

static void refused_body_has_one_record(void **state)
{
    (void)state;
    record(ONE_DEPLOYMENT LOGGED, "{", "", NULL, 0);
    assert_int_equal(n_seen, 1);
    assert_int_equal(seen[0].http_status, 400);
}

static void refused_key_has_one_record(void **state)
{
    (void)state;
    record(ONE_DEPLOYMENT LOGGED "general_settings: {master_key: sk-master-canary}\n", ASK, "",
           NULL, 0);
    assert_int_equal(n_seen, 1);
    assert_int_equal(seen[0].http_status, 401);
    assert_null(strstr(seen[0].text, "canary"));
}

static void client_that_left_amid_a_stream_has_what_passed_by_then(void **state)
{
    (void)state;
    record(ONE_DEPLOYMENT LOGGED, ASK_SSE,
           HTTP_SSE CHUNK("{\"content\":\"a\"}", "null") CHUNK("{\"content\":\"b\"}", "null")
               CHUNK("{\"content\":\"c\"}", "null") CHUNK("{}", "\"stop\""),
           NULL, 2);
    assert_int_equal(n_seen, 1);
    assert_int_equal(seen[0].http_status, 499);
    assert_int_equal(seen[0].status, SLUICE_E_CANCELLED);
    assert_true(seen[0].output >= 2);
    assert_true(seen[0].flags & SLUICE_RECORD_ESTIMATED);
}

static void tries_are_recorded_each_with_its_own_identity(void **state)
{
    (void)state;
    record(TWO LOGGED, ASK, BUSY, HTTP_JSON OK_BODY, 0);
    assert_int_equal(n_seen, 3);
    assert_int_equal(seen[0].kind, SLUICE_RECORD_CALL);
    for (size_t i = 1; i < 3; i++) {
        assert_int_equal(seen[i].kind, SLUICE_RECORD_TRY);
        assert_string_equal(seen[i].parent, seen[0].uid);
        assert_string_not_equal(seen[i].uid, seen[0].uid);
    }
    assert_string_not_equal(seen[1].uid, seen[2].uid);
    assert_int_equal(seen[1].status, SLUICE_E_UNAVAILABLE);
}

static void a_record_tells_why_the_call_went_where_it_went(void **state)
{
    (void)state;
    record(TWO LOGGED, ASK, BUSY, HTTP_JSON OK_BODY, 0);
    assert_int_equal(n_seen, 3);
    assert_non_null(strstr(seen[0].detail, "{\"tries\":[{\"why\":\"asked\",\"group\":\"m\","
                                           "\"strategy\":\"simple_shuffle\",\"candidates\":2,"
                                           "\"pick\":\""));
    assert_non_null(strstr(seen[0].detail, "\"status\":\"overloaded\"},{"));
    assert_non_null(strstr(seen[0].detail, "\"left_out\":{\"tried\":1}"));
    assert_non_null(strstr(seen[0].detail, "\"status\":\"ok\"}]}"));
    assert_null(strstr(seen[1].detail, "tries")); /* of each try its own */
    assert_non_null(strstr(seen[2].detail, "\"left_out\":{\"tried\":1}"));
}

static void a_record_tells_why_nobody_could_be_asked(void **state)
{
    (void)state;
    record("model_list:\n- {model_name: m, litellm_params: {model: openai/a, api_base: "
           "'http://127.0.0.1:%d/v1'}, model_info: {max_input_tokens: 1}}\n"
           "router_settings: {enable_pre_call_checks: true}\n" LOGGED,
           ASK, "", NULL, 0);
    assert_int_equal(n_seen, 1);
    assert_string_equal(seen[0].detail,
                        "{\"tries\":[],\"nobody\":{\"group\":\"m\",\"strategy\":\"simple_shuffle\","
                        "\"candidates\":1,\"left_out\":{\"context_window\":1}}}");
}

static void an_explanation_leaves_no_record(void **state)
{
    sluice_error err = SLUICE_ERROR_INIT;
    struct kit k;
    struct got g;

    (void)state;
    n_seen = 0;
    kit_open(&k, ONE_DEPLOYMENT LOGGED);
    got_init(&g, &k);
    assert_int_equal(kit_start(&k, &g, ASK, SLUICE_CALL_WIRE | SLUICE_CALL_EXPLAIN, &err),
                     SLUICE_OK);
    for (int i = 0; i < 100000 && !g.done; i++)
        event_base_loop(k.base, EVLOOP_ONCE);
    assert_int_equal(g.done, 1);
    assert_int_equal(g.status, 200);
    assert_string_equal(g.content_type, "application/json");
    assert_int_equal(g.length, g.body.len);
    assert_int_equal(k.requests, 0);
    got_free(&g);
    kit_close(&k);
    assert_int_equal(n_seen, 0);
}

static void no_record_has_a_secret(void **state)
{
    (void)state;
    record(TWO LOGGED, ASK, BUSY, BUSY, 0);
    assert_true(n_seen >= 2);
    for (size_t i = 0; i < n_seen; i++)
        assert_null(strstr(seen[i].text, "canary"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(call_that_went_well_has_one_record),
        cmocka_unit_test(tokens_nobody_counted_are_estimated_and_marked),
        cmocka_unit_test(refused_body_has_one_record),
        cmocka_unit_test(refused_key_has_one_record),
        cmocka_unit_test(client_that_left_amid_a_stream_has_what_passed_by_then),
        cmocka_unit_test(tries_are_recorded_each_with_its_own_identity),
        cmocka_unit_test(a_record_tells_why_the_call_went_where_it_went),
        cmocka_unit_test(a_record_tells_why_nobody_could_be_asked),
        cmocka_unit_test(an_explanation_leaves_no_record),
        cmocka_unit_test(no_record_has_a_secret),
    };

    sluice_add_builtin(testlog);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
