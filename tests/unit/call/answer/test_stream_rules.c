/* SPDX-License-Identifier: Apache-2.0 */
/* The rules a stream keeps whatever the upstream does: one terminator, nothing behind it, frames
 * that are frames, and no half answer that looks whole. */
#include "../kit.h"

#define HTTP_JSON "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"

static void expect(const char *ask, const char *answer, sluice_status result, const char *body)
{
    struct kit k;
    struct got g;

    kit_open(&k, ONE_DEPLOYMENT);
    k.script.answer[0] = answer;
    k.script.close = true;
    kit_call(&k, &g, ask);
    assert_int_equal(g.result, result);
    if (body)
        assert_string_equal(g.body.ptr, body);
    got_free(&g);
    kit_close(&k);
}

static void nothing_follows_the_terminator(void **state)
{
    (void)state;
    expect(ASK_SSE,
           HTTP_SSE CHUNK("{\"content\":\"a\"}", "\"stop\"") "data: [DONE]\n\n" CHUNK(
               "{\"content\":\"b\"}", "null") "data: [DONE]\n\n",
           SLUICE_OK, OUT_CHUNK("{\"content\":\"a\"}", "\"stop\"") "data: [DONE]\n\n");
}

static void error_behind_the_terminator_is_nothing(void **state)
{
    (void)state;
    expect(ASK_SSE,
           HTTP_SSE CHUNK("{\"content\":\"a\"}", "\"stop\"") "data: [DONE]\n\n"
                                                             "data: {\"error\":{\"message\":\"x\"}}"
                                                             "\n\n",
           SLUICE_OK, OUT_CHUNK("{\"content\":\"a\"}", "\"stop\"") "data: [DONE]\n\n");
}

static void connection_that_breaks_behind_the_terminator_breaks_nothing(void **state)
{
    (void)state;
    expect(ASK_SSE,
           "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 9999\r\n"
           "Connection: close\r\n\r\n" CHUNK("{\"content\":\"a\"}", "\"stop\"") "data: [DONE]\n\n",
           SLUICE_OK, OUT_CHUNK("{\"content\":\"a\"}", "\"stop\"") "data: [DONE]\n\n");
}

static void one_finished_choice_of_two_is_no_whole_answer(void **state)
{
    (void)state;
    expect("{\"model\":\"m\",\"n\":2,\"stream\":true,\"messages\":[{\"role\":\"user\","
           "\"content\":\"hi\"}]}",
           HTTP_SSE CHUNK("{\"content\":\"a\"}", "\"stop\""), SLUICE_E_TRUNCATED, NULL);
}

static void stream_of_comments_is_no_answer(void **state)
{
    (void)state;
    expect(ASK_SSE, HTTP_SSE ": a\n\n: b\n\n", SLUICE_E_TRUNCATED, NULL);
}

static void event_named_error_is_a_failure(void **state)
{
    (void)state;
    expect(ASK_SSE,
           HTTP_SSE CHUNK("{\"role\":\"assistant\"}", "null") "event: error\n"
                                                              "data: {\"message\":\"gone\"}\n\n",
           SLUICE_E_UPSTREAM, NULL);
}

static void event_of_several_lines_is_one_frame(void **state)
{
    (void)state;
    expect(ASK_SSE,
           HTTP_SSE "data: {\"model\":\"vendor-model\",\ndata: \"choices\":\ndata: "
                    "[{\"index\":0,\"delta\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]}"
                    "\n\n",
           SLUICE_OK,
           "data: {\"model\":\"m\", \"choices\": [{\"index\":0,\"delta\":{\"content\":\"a\"},"
           "\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n");
}

static void content_in_parts_is_content(void **state)
{
    struct kit k;
    struct got g;

    (void)state;
    kit_open(&k, ONE_DEPLOYMENT);
    k.script.answer[0] =
        HTTP_SSE CHUNK("{\"content\":[{\"type\":\"text\",\"text\":\"a\"}]}", "null") "data: "
                                                                                     "{\"error\":"
                                                                                     "\"x\"}\n\n";
    k.script.close = true;
    kit_call(&k, &g, ASK_SSE);
    assert_int_equal(g.status, 200); /* it had left already */
    got_free(&g);
    kit_close(&k);
}

static void pretty_printed_members_do_not_break_frames(void **state)
{
    struct kit k;
    struct got g;

    (void)state;
    kit_open(&k, ONE_DEPLOYMENT);
    k.script.answer[0] = HTTP_JSON "{\"choices\":[{\"index\":0,\"message\":{\"content\":\"a\","
                                   "\"annotations\":[\n\n{\"type\":\"x\"}\n]},"
                                   "\"finish_reason\":\"stop\"}]}";
    k.script.close = true;
    kit_call(&k, &g, ASK_SSE);
    assert_non_null(strstr(g.body.ptr, "\"annotations\":[  {\"type\":\"x\"} ]"));
    got_free(&g);
    kit_close(&k);
}

static void completion_given_whole_becomes_a_stream_of_one_event(void **state)
{
    struct kit k;
    struct got g;
    sluice_error err = SLUICE_ERROR_INIT;
    sluice_request r = { .struct_size = sizeof r,
                         .operation = SL_SPAN("completions"),
                         .flags = SLUICE_CALL_WIRE,
                         .body = SL_SPAN("{\"model\":\"m\",\"prompt\":\"a\",\"stream\":true}") };

    (void)state;
    kit_open(&k, ONE_DEPLOYMENT);
    k.script.answer[0] = HTTP_JSON "{\"choices\":[{\"text\":\"b\",\"finish_reason\":\"stop\"}]}";
    k.script.close = true;
    got_init(&g, &k);
    assert_int_equal(sluice_start(k.loop, &r, &kit_events, &g, &g.task, &err), SLUICE_OK);
    while (!g.done)
        event_base_loop(k.base, EVLOOP_ONCE);
    sl_buf_add_char(&g.body, 0);
    assert_string_equal(g.body.ptr, "data: {\"choices\":[{\"text\":\"b\",\"finish_reason\":"
                                    "\"stop\"}]}\n\ndata: [DONE]\n\n");
    got_free(&g);
    kit_close(&k);
}

static void stream_nobody_asked_for_is_a_failure_where_it_cannot_be_gathered(void **state)
{
    struct kit k;
    struct got g;
    sluice_error err = SLUICE_ERROR_INIT;
    sluice_request r = { .struct_size = sizeof r,
                         .operation = SL_SPAN("embeddings"),
                         .flags = SLUICE_CALL_WIRE,
                         .body = SL_SPAN("{\"model\":\"m\",\"input\":\"a\"}") };

    (void)state;
    kit_open(&k, ONE_DEPLOYMENT);
    k.script.answer[0] = HTTP_SSE CHUNK("{\"content\":\"a\"}", "\"stop\"");
    k.script.close = true;
    got_init(&g, &k);
    assert_int_equal(sluice_start(k.loop, &r, &kit_events, &g, &g.task, &err), SLUICE_OK);
    while (!g.done)
        event_base_loop(k.base, EVLOOP_ONCE);
    assert_int_equal(g.result, SLUICE_E_UPSTREAM);
    assert_int_equal(g.status, 502);
    got_free(&g);
    kit_close(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_follows_the_terminator),
        cmocka_unit_test(error_behind_the_terminator_is_nothing),
        cmocka_unit_test(connection_that_breaks_behind_the_terminator_breaks_nothing),
        cmocka_unit_test(one_finished_choice_of_two_is_no_whole_answer),
        cmocka_unit_test(stream_of_comments_is_no_answer),
        cmocka_unit_test(event_named_error_is_a_failure),
        cmocka_unit_test(event_of_several_lines_is_one_frame),
        cmocka_unit_test(content_in_parts_is_content),
        cmocka_unit_test(pretty_printed_members_do_not_break_frames),
        cmocka_unit_test(completion_given_whole_becomes_a_stream_of_one_event),
        cmocka_unit_test(stream_nobody_asked_for_is_a_failure_where_it_cannot_be_gathered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
