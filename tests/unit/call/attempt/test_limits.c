/* SPDX-License-Identifier: Apache-2.0 */
/* How long an attempt may take: which limit holds, what it is called when it has run out, and whom
 * it does not blame. */
#include "../kit.h"

#include <unistd.h>

#define DEPLOYMENT(own)                                                                            \
    "- {model_name: m, litellm_params: {model: openai/a, api_base: 'http://127.0.0.1:%d/v1', "     \
    "api_key: k" own "}}\n"
#define ROUTER "router_settings:\n  num_retries: 0\n"
#define ONE(own, router) "model_list:\n" DEPLOYMENT(own) ROUTER router
#define ROLE CHUNK("{\"role\":\"assistant\",\"content\":\"\"}", "null")
#define WORD CHUNK("{\"content\":\"x\"}", "null")
#define STOP CHUNK("{}", "\"stop\"") "data: [DONE]\n\n"
#define WHOLE                                                                                      \
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"               \
    "{\"id\":\"c1\",\"model\":\"v\",\"choices\":[{\"index\":0,\"message\":{\"role\":"              \
    "\"assistant\",\"content\":\"x\"},\"finish_reason\":\"stop\"}]}"

static struct kit k;
static struct got g;

static void begin(const char *config, const char *answer, const char *ask,
                  const sluice_header *headers, size_t n)
{
    sluice_error err = SLUICE_ERROR_INIT;
    sluice_request r = { .struct_size = sizeof r,
                         .operation = SL_SPAN("chat.completions"),
                         .flags = SLUICE_CALL_WIRE,
                         .body = sl_span_str(ask),
                         .headers = headers,
                         .n_headers = n };

    kit_open(&k, config);
    k.script.stall = !answer;
    k.script.answer[0] = answer;
    got_init(&g, &k);
    assert_int_equal(sluice_start(k.loop, &r, &kit_events, &g, &g.task, &err), SLUICE_OK);
}

static void end(void)
{
    for (int i = 0; i < 100000 && !g.done; i++)
        event_base_loop(k.base, EVLOOP_ONCE);
    assert_int_equal(g.done, 1);
}

static void close_all(void)
{
    got_free(&g);
    kit_close(&k);
}

static void runs_out(const char *config, const char *answer, const char *ask, const char *code)
{
    begin(config, answer, ask, NULL, 0);
    end();
    assert_int_equal(g.result, SLUICE_E_TIMEOUT);
    assert_string_equal(g.err.code, code);
    assert_non_null(strstr(g.err.message, code));
    sl_buf_add_char(&g.body, 0);
    assert_non_null(strstr(g.body.ptr, code)); /* the client is told as well */
    close_all();
}

static void whole_answer_has_the_timeout(void **state)
{
    (void)state;
    runs_out(ONE(", timeout: 0.02", ""), NULL, ASK, "timeout");
}

static void stream_has_a_timeout_of_its_own(void **state)
{
    (void)state;
    runs_out(ONE(", timeout: 60, stream_timeout: 0.02", ""), HTTP_SSE WORD, ASK_SSE,
             "stream_timeout");
}

static void general_limit_is_the_last(void **state)
{
    (void)state;
    runs_out(ONE("", "litellm_settings: {request_timeout: 0.02}\n"), NULL, ASK, "request_timeout");
}

static void head_without_a_token_is_late(void **state)
{
    (void)state;
    runs_out(ONE(", ttft_timeout: 0.03", ""), HTTP_SSE ROLE, ASK_SSE, "ttft_timeout");
}

static void first_token_ends_the_wait_for_it(void **state)
{
    (void)state;
    runs_out(ONE(", ttft_timeout: 0.02, stream_idle_timeout: 0.08", ""), HTTP_SSE ROLE WORD,
             ASK_SSE, "stream_idle_timeout");
    assert_int_equal(g.status, 200);
}

static void whole_answer_has_no_first_token(void **state)
{
    (void)state;
    runs_out(ONE(", ttft_timeout: 0.01, stream_idle_timeout: 0.01, timeout: 0.05", ""), NULL, ASK,
             "timeout");
}

static void slow_stream_is_ended(void **state)
{
    (void)state;
    runs_out(ONE(", stream_min_tokens_per_second: 20.5", ""), HTTP_SSE WORD WORD, ASK_SSE,
             "stream_min_tokens_per_second");
}

static void group_counts_before_the_router(void **state)
{
    (void)state;
    runs_out(ONE("", "  timeout: 60\n  model_group_options: {m: {timeout: 0.02}}\n"), NULL, ASK,
             "timeout");
}

static void deployment_counts_before_the_group(void **state)
{
    (void)state;
    runs_out(ONE(", timeout: 0.02", "  model_group_options: {m: {timeout: 60}}\n"), NULL, ASK,
             "timeout");
}

static void router_counts_where_nothing_nearer_does(void **state)
{
    (void)state;
    runs_out(ONE("", "  ttft_timeout: 0.02\n"), HTTP_SSE ROLE, ASK_SSE, "ttft_timeout");
}

static void request_counts_before_all(void **state)
{
    const sluice_header header = { SL_SPAN("x-litellm-timeout"), SL_SPAN("0.02") };
    const sluice_header stream = { SL_SPAN("x-litellm-stream-timeout"), SL_SPAN("0.02") };
    char message[sizeof g.err.message];

    (void)state;
    begin(ONE(", timeout: 60", ""), NULL, ASK, &header, 1);
    end();
    assert_string_equal(g.err.code, "timeout");
    memcpy(message, g.err.message, sizeof message);
    assert_non_null(strstr(message, "20 ms"));
    close_all();
    begin(ONE(", stream_timeout: 60", ""), HTTP_SSE WORD, ASK_SSE, &stream, 1);
    end();
    assert_string_equal(g.err.code, "stream_timeout");
    close_all();
    runs_out(ONE(", timeout: 60", ""), NULL,
             "{\"model\":\"m\",\"timeout\":0.02,\"messages\":[{\"role\":\"user\",\"content\":"
             "\"hi\"}]}",
             "timeout");
}

static void late_first_token_is_asked_for_elsewhere(void **state)
{
    (void)state;
    begin("model_list:\n" DEPLOYMENT("")
              DEPLOYMENT("") "router_settings: {num_retries: 1, ttft_timeout: 0.05}\n",
          HTTP_SSE ROLE, ASK_SSE, NULL, 0);
    k.script.answer[1] = HTTP_SSE ROLE WORD STOP;
    for (int i = 0; i < 100000 && k.requests < 2; i++)
        event_base_loop(k.base, EVLOOP_ONCE);
    k.script.close = true; /* the second one, when it is sent */
    end();
    assert_int_equal(g.result, SLUICE_OK);
    assert_int_equal(k.requests, 2);
    close_all();
}

/* The client holds the stream back for longer than the limit. */
static void reader_that_pauses_is_not_the_vendors_fault(void **state)
{
    (void)state;
    begin(ONE(", stream_idle_timeout: 0.05, stream_min_tokens_per_second: 1000", ""),
          HTTP_SSE WORD WORD, ASK_SSE, NULL, 0);
    for (int i = 0; i < 100000 && !g.head; i++)
        event_base_loop(k.base, EVLOOP_ONCE);
    sluice_pause(k.loop, g.task, 1);
    for (int i = 0; i < 10; i++) {
        usleep(10 * 1000);
        event_base_loop(k.base, EVLOOP_NONBLOCK);
    }
    assert_int_equal(g.done, 0);
    sluice_pause(k.loop, g.task, 0);
    assert_int_equal(g.done, 0);
    end();
    assert_string_equal(g.err.code, "stream_idle_timeout");
    close_all();
}

/* The loop was away while the answer came: it is read before the vendor is blamed. */
static void late_loop_reads_before_it_blames(void **state)
{
    (void)state;
    begin(ONE(", timeout: 0.1", ""), WHOLE, ASK, NULL, 0);
    k.script.close = true;
    for (int i = 0; i < 100000 && !k.requests; i++)
        event_base_loop(k.base, EVLOOP_ONCE);
    usleep(200 * 1000);
    end();
    assert_int_equal(g.result, SLUICE_OK);
    close_all();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_answer_has_the_timeout),
        cmocka_unit_test(stream_has_a_timeout_of_its_own),
        cmocka_unit_test(general_limit_is_the_last),
        cmocka_unit_test(head_without_a_token_is_late),
        cmocka_unit_test(first_token_ends_the_wait_for_it),
        cmocka_unit_test(whole_answer_has_no_first_token),
        cmocka_unit_test(slow_stream_is_ended),
        cmocka_unit_test(group_counts_before_the_router),
        cmocka_unit_test(deployment_counts_before_the_group),
        cmocka_unit_test(router_counts_where_nothing_nearer_does),
        cmocka_unit_test(request_counts_before_all),
        cmocka_unit_test(late_first_token_is_asked_for_elsewhere),
        cmocka_unit_test(reader_that_pauses_is_not_the_vendors_fault),
        cmocka_unit_test(late_loop_reads_before_it_blames),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
