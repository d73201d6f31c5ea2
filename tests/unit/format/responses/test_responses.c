/* SPDX-License-Identifier: Apache-2.0 */
/* The Responses dialect where no upstream is needed to see it: what is carried on, refusals, looks
 * at relayed events, and memory that runs out. */
#include "../dialect/dialect_kit.h"

#define OP "responses"
#define ITEMS(items) "{\"model\":\"x\",\"input\":[" items "]}"
#define SAID(messages) "{\"model\":\"m\",\"messages\":[" messages "]}"

static const char turn[] =
    ITEMS("{\"role\":\"user\",\"content\":\"q\"},"
          "{\"type\":\"reasoning\",\"summary\":[{\"type\":\"summary_text\",\"text\":\"hm\"}],"
          "\"encrypted_content\":\"sl1:sig\"},"
          "{\"type\":\"reasoning\",\"summary\":[],\"encrypted_content\":\"sl1r:data\"},"
          "{\"type\":\"reasoning\",\"summary\":[],\"encrypted_content\":\"of another\"},"
          "{\"type\":\"function_call\",\"call_id\":\"c\",\"name\":\"f\",\"arguments\":\"\"}");

static void thoughts_that_we_wrote_down_go_back(void **state)
{
    (void)state;
    desk_expect_request(
        OP, DESK_EXTENDED, turn,
        SAID("{\"role\":\"user\",\"content\":\"q\"},{\"role\":\"assistant\",\"content\":null,"
             "\"thinking_blocks\":[{\"type\":\"thinking\",\"thinking\":\"hm\",\"signature\":"
             "\"sig\"},"
             "{\"type\":\"redacted_thinking\",\"data\":\"data\"}],\"tool_calls\":[{\"id\":\"c\","
             "\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]}"));
    desk_expect_request(OP, 0, turn,
                        SAID("{\"role\":\"user\",\"content\":\"q\"},{\"role\":\"assistant\","
                             "\"content\":null,\"tool_calls\":[{\"id\":\"c\",\"type\":\"function\","
                             "\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]}"));
}

static void pictures_of_a_tool_follow_where_results_are_texts(void **state)
{
    static const char body[] =
        ITEMS("{\"type\":\"function_call_output\",\"call_id\":\"c\",\"output\":[{\"type\":"
              "\"input_text\",\"text\":\"see\"},{\"type\":\"input_image\",\"image_url\":\"u\"}]}");

    (void)state;
    desk_expect_request(OP, 0, body,
                        SAID("{\"role\":\"tool\",\"tool_call_id\":\"c\",\"content\":\"see\"},"
                             "{\"role\":\"user\",\"content\":[{\"type\":\"image_url\","
                             "\"image_url\":{\"url\":\"u\"}}]}"));
}

static void refusals_name_what_is_wrong(void **state)
{
    (void)state;
    desk_expect_refusal(OP, 0, ITEMS("{\"type\":\"item_reference\",\"id\":\"x\"}"),
                        "input.[0].type");
    desk_expect_refusal(OP, 0, ITEMS("{\"role\":\"user\"}"), "input.[0].content");
    desk_expect_refusal(OP, 0,
                        ITEMS("{\"role\":\"user\",\"content\":\"q\"},{\"type\":\"function_call\"}"),
                        "input.[1].call_id");
    desk_expect_refusal(OP, 0, "{\"input\":\"q\",\"background\":true}", "background");
    desk_expect_refusal(OP, 0, "{\"input\":\"q\",\"conversation\":\"c\"}", "conversation");
    desk_expect_refusal(OP, 0, "{\"input\":\"q\",\"previous_response_id\":\"r\"}",
                        "previous_response_id");
    desk_expect_refusal(OP, 0, "{\"input\":\"q\",\"text\":{\"format\":{\"type\":\"x\"}}}",
                        "text.format.type");
    desk_expect_refusal(OP, 0, "{\"input\":\"q\",\"tools\":[{\"type\":\"web_search\"}]}",
                        "tools.[0].type");
}

static void thoughts_are_items_with_their_signature(void **state)
{
    static const char *const chunks[] = {
        DESK_CHUNK("{\"reasoning_content\":\"hm\"}"),
        DESK_CHUNK("{\"thinking_blocks\":[{\"type\":\"thinking\",\"thinking\":\"hm\","
                   "\"signature\":\"s\"}]}"),
        DESK_CHUNK("{\"thinking_blocks\":[{\"type\":\"redacted_thinking\",\"data\":\"d\"}]}"),
        DESK_FINISH("stop"), NULL
    };
    struct desk d;

    (void)state;
    desk_open(&d, OP);
    assert_int_equal(desk_answer(&d, chunks, false), SLUICE_OK);
    assert_non_null(strstr(d.out.ptr, "\"text\":\"hm\"}],\"encrypted_content\":\"sl1:s\"}"));
    assert_non_null(strstr(d.out.ptr, "\"summary\":[],\"encrypted_content\":\"sl1r:d\"}"));
    desk_close(&d);
}

static void looks_know_ends_and_failures(void **state)
{
    static const struct {
        const char *text;
        enum sl_event_class cls;
    } events[] = {
        { "{\"type\":\"response.created\",\"response\":{\"id\":\"r\",\"model\":\"v\"}}",
          SL_EVENT_PREAMBLE },
        { "{\"type\":\"response.output_item.added\",\"item\":{\"type\":\"function_call\"}}",
          SL_EVENT_TOOL },
        { "{\"type\":\"response.output_text.delta\",\"delta\":\"x\"}", SL_EVENT_CONTENT },
        { "{\"type\":\"response.completed\",\"response\":{\"usage\":{\"input_tokens\":5,"
          "\"output_tokens\":6}}}",
          SL_EVENT_END },
        { "{\"type\":\"response.incomplete\",\"response\":{}}", SL_EVENT_END },
        { "{\"type\":\"response.failed\",\"response\":{\"error\":{\"code\":\"server_error\"}}}",
          SL_EVENT_ERROR },
        { "{\"type\":\"error\",\"code\":\"rate_limit_exceeded\",\"message\":\"m\"}",
          SL_EVENT_ERROR },
        { "{\"type\":\"error\",\"error\":{\"code\":\"rate_limit_exceeded\"}}", SL_EVENT_ERROR },
    };
    struct sluice_arena arena;
    struct sl_usage usage = { 0 };
    struct sl_event_view view;
    sluice_error err = SLUICE_ERROR_INIT;

    (void)state;
    sl_arena_init(&arena, 1u << 20);
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
        assert_int_equal(sl_dialect_responses.look(sl_span("", 0), sl_span_str(events[i].text),
                                                   false, &arena, &view, &usage),
                         SLUICE_OK);
        assert_int_equal(view.cls, events[i].cls);
        if (i > 5)
            assert_int_equal(sl_dialect_responses.failure(view.error, &err), SLUICE_E_RATE_LIMIT);
    }
    assert_int_equal(sl_usage_get(&usage, SLUICE_USE_INPUT, -1), 5);
    assert_int_equal(sl_usage_get(&usage, SLUICE_USE_OUTPUT, -1), 6);
    sl_arena_finish(&arena);
}

static const char *const talk[] = {
    DESK_CHUNK("{\"reasoning_content\":\"hm\"}"),
    DESK_CHUNK("{\"content\":\"a\"}"),
    DESK_CHUNK("{\"tool_calls\":[{\"index\":0,\"id\":\"t1\",\"type\":\"function\",\"function\":{"
               "\"name\":\"f\",\"arguments\":\"{}\"}}]}"),
    DESK_FINISH("tool_calls"),
    NULL,
};

static void every_failing_allocation_is_told(void **state)
{
    (void)state;
    desk_expect_faults_told(OP, talk, turn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(thoughts_that_we_wrote_down_go_back),
        cmocka_unit_test(pictures_of_a_tool_follow_where_results_are_texts),
        cmocka_unit_test(refusals_name_what_is_wrong),
        cmocka_unit_test(thoughts_are_items_with_their_signature),
        cmocka_unit_test(looks_know_ends_and_failures),
        cmocka_unit_test(every_failing_allocation_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
