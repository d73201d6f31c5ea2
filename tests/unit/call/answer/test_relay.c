/* SPDX-License-Identifier: Apache-2.0 */
/* What a client gets of an upstream that speaks its own dialect, whole and as a stream. */
#include "../kit.h"

#define ANSWER(body, length)                                                                       \
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " length "\r\n\r\n" body

static void whole_answer_keeps_its_bytes_but_for_the_model(void **state)
{
    static const char body[] =
        "{\"id\":\"c1\", \"object\":\"chat.completion\",\"created\":7,"
        "\"model\":\"vendor-model\",\"choices\":[{\"index\":0,\"message\":"
        "{\"role\":\"assistant\",\"content\":\"x\"},\"finish_reason\":\"stop\"}],"
        "\"big\":9007199254740993,\"one\":1.0 ,\"usage\":{\"prompt_tokens\":3,"
        "\"completion_tokens\":5,\"total_tokens\":8}}";
    char answer[1024];
    struct kit k;
    struct got g;

    (void)state;
    snprintf(answer, sizeof answer,
             "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
             strlen(body), body);
    kit_open(&k, ONE_DEPLOYMENT);
    k.script.answer[0] = answer;
    kit_call(&k, &g, ASK);
    assert_int_equal(g.status, 200);
    assert_string_equal(g.body.ptr,
                        "{\"id\":\"c1\", \"object\":\"chat.completion\",\"created\":7,"
                        "\"model\":\"m\",\"choices\":[{\"index\":0,\"message\":"
                        "{\"role\":\"assistant\",\"content\":\"x\"},\"finish_reason\":\"stop\"}],"
                        "\"big\":9007199254740993,\"one\":1.0 ,\"usage\":{\"prompt_tokens\":3,"
                        "\"completion_tokens\":5,\"total_tokens\":8}}");
    assert_int_equal(g.length, (int64_t)strlen(g.body.ptr));
    assert_int_equal(g.input_tokens, 3);
    assert_int_equal(g.output_tokens, 5);
    got_free(&g);
    kit_close(&k);
}

static void request_goes_on_as_it_came_but_for_the_model(void **state)
{
    struct kit k;
    struct got g;

    (void)state;
    kit_open(&k, ONE_DEPLOYMENT);
    k.script.answer[0] = ANSWER("{\"choices\":[]}", "14");
    kit_call(
        &k, &g,
        "{ \"seed\":12345678901234567890,\"model\":\"m\",\"metadata\":{\"a\":1},"
        "\"messages\":[ {\"role\":\"user\",\"content\":\"\\u00e9\"}],\"unknown\":{\"x\":1.0}}");
    assert_non_null(strstr(k.seen.ptr,
                           "{ \"seed\":12345678901234567890,\"model\":\"vendor-model\","
                           "\"messages\":[ {\"role\":\"user\",\"content\":\"\\u00e9\"}],"
                           "\"unknown\":{\"x\":1.0}}"));
    assert_non_null(strstr(k.seen.ptr, "POST /v1/chat/completions HTTP/1.1\r\n"));
    assert_non_null(strstr(k.seen.ptr, "Bearer sk-upstream-canary\r\n"));
    got_free(&g);
    kit_close(&k);
}

static const char stream[] = HTTP_SSE CHUNK("{\"role\":\"assistant\",\"content\":\"\"}", "null")
    CHUNK("{\"content\":\"h\\u00e9\xc3\xa9\"}", "null")
        CHUNK("{}", "\"stop\"") "data: "
                                "{\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":7,"
                                "\"model\":\"vendor-model\","
                                "\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_"
                                "tokens\":5,\"total_tokens\":8}}\n\n"
                                "data: [DONE]\n\n";
static const char stream_out[] = OUT_CHUNK("{\"role\":\"assistant\",\"content\":\"\"}", "null")
    OUT_CHUNK("{\"content\":\"h\\u00e9\xc3\xa9\"}", "null")
        OUT_CHUNK("{}", "\"stop\"") "data: [DONE]\n\n";

static void stream_is_the_same_however_it_is_cut(void **state)
{
    struct kit k;
    struct got g;

    (void)state;
    kit_open(&k, ONE_DEPLOYMENT);
    k.script.answer[0] = stream;
    k.script.close = true;
    for (size_t cut = 0; cut < strlen(stream); cut++) {
        k.script.cut = cut;
        kit_call(&k, &g, ASK_SSE);
        assert_int_equal(g.status, 200);
        assert_int_equal(g.result, SLUICE_OK);
        assert_string_equal(g.body.ptr, stream_out);
        assert_int_equal(g.output_tokens, 5);
        got_free(&g);
    }
    kit_close(&k);
}

static void stream_of_single_bytes_is_whole(void **state)
{
    struct kit k;
    struct got g;

    (void)state;
    kit_open(&k, ONE_DEPLOYMENT);
    k.script.answer[0] = stream;
    k.script.piece = 1;
    k.script.close = true;
    kit_call(&k, &g, ASK_SSE);
    assert_string_equal(g.body.ptr, stream_out);
    got_free(&g);
    kit_close(&k);
}

static void usage_chunk_comes_when_it_is_asked_for(void **state)
{
    struct kit k;
    struct got g;

    (void)state;
    kit_open(&k, ONE_DEPLOYMENT);
    k.script.answer[0] = stream;
    k.script.close = true;
    kit_call(&k, &g,
             "{\"model\":\"m\",\"stream\":true,\"stream_options\":{\"include_usage\":true},"
             "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}");
    assert_non_null(
        strstr(g.body.ptr, "\"model\":\"m\",\"choices\":[],\"usage\":{\"prompt_tokens\":3"));
    got_free(&g);
    kit_close(&k);
}

static void stream_without_terminator_gets_one(void **state)
{
    struct kit k;
    struct got g;

    (void)state;
    kit_open(&k, ONE_DEPLOYMENT);
    k.script.answer[0] = HTTP_SSE CHUNK("{\"content\":\"x\"}", "null") CHUNK("{}", "\"stop\"");
    k.script.close = true;
    kit_call(&k, &g, ASK_SSE);
    assert_string_equal(g.body.ptr, OUT_CHUNK("{\"content\":\"x\"}", "null")
                                        OUT_CHUNK("{}", "\"stop\"") "data: [DONE]\n\n");
    got_free(&g);
    kit_close(&k);
}

static void stream_that_ends_early_says_so_and_has_no_terminator(void **state)
{
    struct kit k;
    struct got g;

    (void)state;
    kit_open(&k, ONE_DEPLOYMENT);
    k.script.answer[0] = HTTP_SSE CHUNK("{\"content\":\"x\"}", "null");
    k.script.close = true;
    kit_call(&k, &g, ASK_SSE);
    assert_int_equal(g.status, 200);
    assert_int_equal(g.result, SLUICE_E_TRUNCATED);
    assert_non_null(
        strstr(g.body.ptr, OUT_CHUNK("{\"content\":\"x\"}", "null") "data: {\"error\":"));
    assert_non_null(strstr(g.body.ptr, "\"code\":\"stream_truncated\""));
    assert_null(strstr(g.body.ptr, "[DONE]"));
    got_free(&g);
    kit_close(&k);
}

static void error_event_before_content_is_a_plain_failure(void **state)
{
    struct kit k;
    struct got g;

    (void)state;
    kit_open(&k, ONE_DEPLOYMENT);
    k.script.answer[0] = HTTP_SSE CHUNK(
        "{\"role\":\"assistant\",\"content\":\"\"}",
        "null") "data: {\"error\":{\"message\":\"slow "
                "down\",\"type\":\"rate_limit_error\",\"code\":\"rate_limit_exceeded\"}}\n\n";
    k.script.close = true;
    kit_call(&k, &g, ASK_SSE);
    assert_int_equal(g.status, 429);
    assert_string_equal(g.content_type, "application/json");
    assert_non_null(strstr(g.body.ptr, "slow down"));
    assert_int_equal(g.result, SLUICE_E_RATE_LIMIT);
    got_free(&g);
    kit_close(&k);
}

static void error_event_after_content_ends_the_stream_without_terminator(void **state)
{
    struct kit k;
    struct got g;

    (void)state;
    kit_open(&k, ONE_DEPLOYMENT);
    k.script.answer[0] = HTTP_SSE CHUNK(
        "{\"content\":\"x\"}",
        "null") "data: {\"error\":{\"message\":\"broke\",\"type\":\"server_error\"}}\n\ndata: "
                "[DONE]\n\n";
    k.script.close = true;
    kit_call(&k, &g, ASK_SSE);
    assert_int_equal(g.status, 200);
    assert_non_null(
        strstr(g.body.ptr,
               OUT_CHUNK("{\"content\":\"x\"}", "null") "data: {\"error\":{\"message\":\"broke\""));
    assert_null(strstr(g.body.ptr, "[DONE]"));
    got_free(&g);
    kit_close(&k);
}

static void html_is_no_answer(void **state)
{
    struct kit k;
    struct got g;

    (void)state;
    kit_open(&k, ONE_DEPLOYMENT);
    k.script.answer[0] =
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 13\r\n\r\n<html></html>";
    kit_call(&k, &g, ASK);
    assert_int_equal(g.status, 502);
    assert_int_equal(g.result, SLUICE_E_UPSTREAM);
    assert_non_null(strstr(g.body.ptr, "HTML page; is api_base right?"));
    got_free(&g);
    kit_close(&k);
}

static void whole_answer_becomes_a_stream_when_one_was_asked_for(void **state)
{
    static const char body[] =
        "{\"id\":\"c1\",\"object\":\"chat.completion\",\"created\":7,\"model\":\"v\","
        "\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"hey\"},"
        "\"finish_reason\":\"stop\"}]}";
    char answer[1024];
    struct kit k;
    struct got g;

    (void)state;
    snprintf(answer, sizeof answer,
             "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
             strlen(body), body);
    kit_open(&k, ONE_DEPLOYMENT);
    k.script.answer[0] = answer;
    kit_call(&k, &g, ASK_SSE);
    assert_non_null(strstr(g.content_type, "text/event-stream"));
    assert_non_null(strstr(g.body.ptr, "\"delta\":{\"role\":\"assistant\",\"content\":\"\"}"));
    assert_non_null(strstr(g.body.ptr, "\"delta\":{\"content\":\"hey\"}"));
    assert_non_null(strstr(g.body.ptr, "\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"));
    got_free(&g);
    kit_close(&k);
}

static void a_comment_that_keeps_alive_waits_for_no_event(void **state)
{
    sluice_error err = SLUICE_ERROR_INIT;
    struct kit k;
    struct got g;

    (void)state;
    kit_open(&k, ONE_DEPLOYMENT);
    for (size_t cut = 0; cut < 200; cut++) {
        k.script = (struct script){ .answer = { HTTP_SSE ": early\n\n" CHUNK(
                                        "{\"content\":\"a\"}", "null") ": alive\n\n" },
                                    .cut = cut ? strlen(HTTP_SSE) + cut : 0 };
        got_init(&g, &k);
        assert_int_equal(kit_start(&k, &g, ASK_SSE, SLUICE_CALL_WIRE, &err), SLUICE_OK);
        for (int i = 0;
             i < 100000 && !(g.body.len && memmem(g.body.ptr, g.body.len, ": alive\n\n", 9)); i++)
            event_base_loop(k.base, EVLOOP_ONCE);
        assert_int_equal(g.done, 0);
        sl_buf_add_char(&g.body, 0);
        assert_string_equal(strstr(g.body.ptr, "}\n\n"), "}\n\n: alive\n\n");
        sluice_cancel(k.loop, g.task);
        got_free(&g);
    }
    kit_close(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_answer_keeps_its_bytes_but_for_the_model),
        cmocka_unit_test(request_goes_on_as_it_came_but_for_the_model),
        cmocka_unit_test(stream_is_the_same_however_it_is_cut),
        cmocka_unit_test(stream_of_single_bytes_is_whole),
        cmocka_unit_test(usage_chunk_comes_when_it_is_asked_for),
        cmocka_unit_test(stream_without_terminator_gets_one),
        cmocka_unit_test(stream_that_ends_early_says_so_and_has_no_terminator),
        cmocka_unit_test(error_event_before_content_is_a_plain_failure),
        cmocka_unit_test(error_event_after_content_ends_the_stream_without_terminator),
        cmocka_unit_test(html_is_no_answer),
        cmocka_unit_test(whole_answer_becomes_a_stream_when_one_was_asked_for),
        cmocka_unit_test(a_comment_that_keeps_alive_waits_for_no_event),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
