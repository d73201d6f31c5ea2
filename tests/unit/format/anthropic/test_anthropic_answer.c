/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of the pivot become Messages events or one message: blocks that never overlap, and a
 * stream that says what the whole answer says. */
#include "../dialect/dialect_kit.h"

static const char *const talk[] = {
    DESK_CHUNK("{\"role\":\"assistant\",\"content\":\"\"}"),
    DESK_CHUNK("{\"reasoning_content\":\"h\"}"),
    DESK_CHUNK("{\"reasoning_content\":\"m\"}"),
    DESK_CHUNK("{\"thinking_blocks\":[{\"type\":\"thinking\",\"thinking\":\"hm\","
               "\"signature\":\"s\"}]}"),
    DESK_CHUNK("{\"content\":\"a\"}"),
    DESK_CHUNK("{\"content\":\"\\ud83d\"}"),
    DESK_CHUNK("{\"content\":\"\\ude00\"}"),
    DESK_CHUNK("{\"tool_calls\":[{\"index\":0,\"id\":\"t1\",\"type\":\"function\",\"function\":{"
               "\"name\":\"f\",\"arguments\":\"\"}}]}"),
    DESK_CHUNK("{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{\\\"x\\\":\"}}]}"),
    DESK_CHUNK("{\"tool_calls\":[{\"index\":1,\"id\":\"t2\",\"type\":\"function\",\"function\":{"
               "\"name\":\"g\",\"arguments\":\"\"}}]}"),
    DESK_CHUNK("{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"1}\"}}]}"),
    DESK_FINISH("tool_calls"),
    NULL,
};

static void open_talk(struct desk *d)
{
    desk_open(d, "messages");
    sl_usage_set(&d->usage, SLUICE_USE_INPUT, 910);
    sl_usage_set(&d->usage, SLUICE_USE_CACHED_INPUT, 900);
    sl_usage_set(&d->usage, SLUICE_USE_OUTPUT, 7);
}

static void stream_has_one_block_at_a_time(void **state)
{
    struct desk d;
    const char *at;
    int open = -1, index = 0, n = 0;

    (void)state;
    open_talk(&d);
    assert_int_equal(desk_answer(&d, talk, true), SLUICE_OK);
    at = d.out.ptr;
    assert_int_equal(desk_times(at, "event: message_start\n"), 1);
    assert_int_equal(desk_times(at, "event: message_stop\n"), 1);
    for (; (at = strstr(at, "\ndata: {\"type\":\"content_block_")); at += 30) {
        index = (int)strtol(strstr(at, "\"index\":") + 8, NULL, 10);
        if (!strncmp(at + 30, "start", 5)) {
            assert_int_equal(open, -1);
            assert_int_equal(index, n++);
            open = index;
        } else {
            assert_int_equal(index, open);
            open = strncmp(at + 30, "stop", 4) ? open : -1;
        }
    }
    assert_int_equal(n, 4);
    assert_int_equal(open, -1);
    desk_close(&d);
}

static void stream_is_what_its_clients_expect(void **state)
{
    static const char *const expected[] = {
        "\"usage\":{\"input_tokens\":10,\"cache_creation_input_tokens\":0,"
        "\"cache_read_input_tokens\":900,\"output_tokens\":7}}}\n\n",
        "\"content_block\":{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}}\n\n",
        "{\"type\":\"thinking_delta\",\"thinking\":\"h\"}}\n\n",
        "{\"type\":\"signature_delta\",\"signature\":\"s\"}}\n\n",
        "\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n",
        "{\"type\":\"text_delta\",\"text\":\"\\ud83d\\ude00\"}}\n\n",
        "\"content_block\":{\"type\":\"tool_use\",\"id\":\"t1\",\"name\":\"f\",\"input\":{}}}\n\n",
        "\"index\":2,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"1}\"}}\n\n",
        "\"content_block\":{\"type\":\"tool_use\",\"id\":\"t2\",\"name\":\"g\",\"input\":{}}}\n\n",
        "\"index\":3,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"{}\"}}\n\n",
        "\"delta\":{\"stop_reason\":\"tool_use\",\"stop_sequence\":null}",
    };
    struct desk d;
    const char *at;

    (void)state;
    open_talk(&d);
    assert_int_equal(desk_answer(&d, talk, true), SLUICE_OK);
    at = d.out.ptr;
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        at = strstr(at, expected[i]);
        if (!at)
            fail_msg("not, or not there: %s in %s", expected[i], d.out.ptr);
    }
    desk_close(&d);
}

static void message_says_what_the_stream_says(void **state)
{
    struct desk d;

    (void)state;
    open_talk(&d);
    assert_int_equal(desk_answer(&d, talk, false), SLUICE_OK);
    assert_string_equal(
        d.out.ptr,
        "{\"id\":\"id_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"m\",\"content\":["
        "{\"type\":\"thinking\",\"thinking\":\"hm\",\"signature\":\"s\"},"
        "{\"type\":\"text\",\"text\":\"a\\ud83d\\ude00\"},"
        "{\"type\":\"tool_use\",\"id\":\"t1\",\"name\":\"f\",\"input\":{\"x\":1}},"
        "{\"type\":\"tool_use\",\"id\":\"t2\",\"name\":\"g\",\"input\":{}}],"
        "\"stop_reason\":\"tool_use\",\"stop_sequence\":null,\"usage\":{\"input_tokens\":10,"
        "\"cache_creation_input_tokens\":0,\"cache_read_input_tokens\":900,\"output_tokens\":7}}");
    desk_close(&d);
}

static void whole_answer_becomes_the_same_stream(void **state)
{
    static const char *const whole[] = {
        "{\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"hi\","
        "\"annotations\":[{\"type\":\"url_citation\",\"url_citation\":{\"url\":\"http://x\","
        "\"title\":\"X\"}}]},\"finish_reason\":\"length\"}]}",
        NULL
    };
    struct desk d;

    (void)state;
    desk_open(&d, "messages");
    assert_int_equal(desk_answer(&d, whole, true), SLUICE_OK);
    assert_non_null(strstr(d.out.ptr, "\"text_delta\",\"text\":\"hi\""));
    assert_non_null(strstr(d.out.ptr, "{\"type\":\"citations_delta\",\"citation\":{\"type\":"
                                      "\"web_search_result_location\",\"cited_text\":\"\","
                                      "\"url\":\"http://x\",\"title\":\"X\""));
    assert_non_null(strstr(d.out.ptr, "\"stop_reason\":\"max_tokens\""));
    desk_close(&d);
}

static void arguments_of_no_call_are_the_vendors_fault(void **state)
{
    static const char *const chunks[] = {
        DESK_CHUNK("{\"tool_calls\":[{\"index\":4,\"function\":{\"arguments\":\"{}\"}}]}"), NULL
    };
    struct desk d;

    (void)state;
    desk_open(&d, "messages");
    assert_int_equal(desk_answer(&d, chunks, true), SLUICE_E_UPSTREAM);
    desk_close(&d);
}

static void answer_without_anything_is_an_empty_message(void **state)
{
    static const char *const nothing[] = { DESK_FINISH("stop"), NULL };
    struct desk d;

    (void)state;
    desk_open(&d, "messages");
    assert_int_equal(desk_answer(&d, nothing, false), SLUICE_OK);
    assert_non_null(strstr(d.out.ptr, "\"content\":[],\"stop_reason\":\"end_turn\""));
    desk_close(&d);
}

static void failures_have_the_dialects_words(void **state)
{
    sluice_error err = SLUICE_ERROR_INIT;
    struct sl_buf b;

    (void)state;
    sl_buf_init(&b, 4096);
    sl_fail(&err, SLUICE_E_UNAVAILABLE, "full");
    assert_int_equal(sl_dialect_anthropic.http_status(SLUICE_E_UNAVAILABLE, &err), 529);
    sl_dialect_anthropic.error_event(NULL, &b, SLUICE_E_UNAVAILABLE, &err);
    sl_buf_add_char(&b, 0);
    assert_string_equal(b.ptr, "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":"
                               "\"overloaded_error\",\"message\":\"full\"}}\n\n");
    sl_buf_finish(&b);
}

static void failures_with_a_code_say_it_where_clients_look(void **state)
{
    sluice_error err = SLUICE_ERROR_INIT;
    struct sl_buf b;

    (void)state;
    sl_buf_init(&b, 4096);
    sl_fail_param(&err, SLUICE_E_INVALID, "thread_unsupported_request", "thread", "no");
    sl_dialect_anthropic.error_body(&b, SLUICE_E_INVALID, &err);
    sl_buf_add_char(&b, 0);
    assert_string_equal(b.ptr, "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\","
                               "\"message\":\"no\",\"details\":{\"error_code\":"
                               "\"thread_unsupported_request\"}}}");
    sl_buf_finish(&b);
}

static void looks_find_usage_and_ends(void **state)
{
    static const struct {
        const char *event, *text;
        enum sl_event_class cls;
    } events[] = {
        { "message_start",
          "{\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"model\":\"v\",\"usage\":{"
          "\"input_tokens\":10,\"cache_read_input_tokens\":900,\"output_tokens\":1}}}",
          SL_EVENT_PREAMBLE },
        { "ping", "{\"type\":\"ping\"}", SL_EVENT_PREAMBLE },
        { "content_block_start",
          "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\","
          "\"text\":\"\"}}",
          SL_EVENT_PREAMBLE },
        { "content_block_delta",
          "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\","
          "\"text\":\"x\"}}",
          SL_EVENT_CONTENT },
        { "content_block_start",
          "{\"type\":\"content_block_start\",\"index\":1,\"content_block\":{\"type\":\"tool_use\","
          "\"id\":\"t\",\"name\":\"f\",\"input\":{}}}",
          SL_EVENT_TOOL },
        { "message_delta",
          "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{"
          "\"output_tokens\":33}}",
          SL_EVENT_FINISH },
        { "message_stop", "{\"type\":\"message_stop\"}", SL_EVENT_END },
        { "", "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\"}}", SL_EVENT_ERROR },
    };
    struct sluice_arena arena;
    struct sl_usage usage = { 0 };
    struct sl_event_view view;

    (void)state;
    sl_arena_init(&arena, 1u << 20);
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
        assert_int_equal(sl_dialect_anthropic.look(sl_span_str(events[i].event),
                                                   sl_span_str(events[i].text), false, &arena,
                                                   &view, &usage),
                         SLUICE_OK);
        assert_int_equal(view.cls, events[i].cls);
    }
    assert_int_equal(sl_usage_get(&usage, SLUICE_USE_INPUT, -1), 910);
    assert_int_equal(sl_usage_get(&usage, SLUICE_USE_CACHED_INPUT, -1), 900);
    assert_int_equal(sl_usage_get(&usage, SLUICE_USE_OUTPUT, -1), 33);
    sl_arena_finish(&arena);
}

static void every_failing_allocation_of_an_answer_is_told(void **state)
{
    struct desk d;

    (void)state;
    for (int stream = 0; stream < 2; stream++) {
        sluice_status st = SLUICE_E_NOMEM;

        for (uint64_t n = 1; st != SLUICE_OK; n++) {
            open_talk(&d);
            sl_fault_after(n);
            st = desk_answer(&d, talk, stream);
            sl_fault_after(0);
            assert_true(st == SLUICE_OK || st == SLUICE_E_NOMEM);
            desk_close(&d);
            assert_true(n < 1000);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stream_has_one_block_at_a_time),
        cmocka_unit_test(stream_is_what_its_clients_expect),
        cmocka_unit_test(message_says_what_the_stream_says),
        cmocka_unit_test(whole_answer_becomes_the_same_stream),
        cmocka_unit_test(arguments_of_no_call_are_the_vendors_fault),
        cmocka_unit_test(answer_without_anything_is_an_empty_message),
        cmocka_unit_test(failures_have_the_dialects_words),
        cmocka_unit_test(failures_with_a_code_say_it_where_clients_look),
        cmocka_unit_test(looks_find_usage_and_ends),
        cmocka_unit_test(every_failing_allocation_of_an_answer_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
