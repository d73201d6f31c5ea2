/* SPDX-License-Identifier: Apache-2.0 */
/* The Converse dialect: requests become chats, answers become binary events or one answer, looks at
 * what is relayed, failures, and memory that runs out. */
#include "../dialect/dialect_kit.h"

#include <stdio.h>

#include "format/converse/converse.h"
#include "format/eventstream.h"

#define OP "converse"
#define USER(blocks) "{\"messages\":[{\"role\":\"user\",\"content\":[" blocks "]}]}"
#define CHAT(messages) "{\"model\":\"m\",\"messages\":[" messages "]}"

/* The messages of d->out, one a line: "type payload". */
static void read_stream(struct desk *d, char *room, size_t size)
{
    sluice_span rest = sl_span(d->out.ptr, d->out.len - 1);
    size_t at = 0;

    room[0] = 0;
    while (rest.len) {
        const unsigned char *p = (const unsigned char *)rest.ptr;
        size_t len = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
        struct sl_es_message m;
        sluice_span type;
        const char *what;

        assert_true(len <= rest.len);
        assert_int_equal(sl_es_decode(sl_span_head(rest, len), &m, &what), SLUICE_OK);
        type = sl_es_text(&m, ":event-type");
        if (!type.ptr)
            type = sl_es_text(&m, ":exception-type");
        at +=
            (size_t)snprintf(room + at, size - at, "%.*s %.*s\n", SL_FMT(type), SL_FMT(m.payload));
        rest = sl_span_from(rest, len);
    }
}

static void requests_become_chats(void **state)
{
    (void)state;
    desk_expect_request(
        OP, 0,
        "{\"system\":[{\"text\":\"Be brief.\"}],\"messages\":[{\"role\":\"user\",\"content\":[{"
        "\"text\":\"see\"},{\"image\":{\"format\":\"png\",\"source\":{\"bytes\":\"AAAA\"}}}]}],"
        "\"inferenceConfig\":{\"maxTokens\":5,\"temperature\":0.5,\"topP\":0.9,"
        "\"stopSequences\":[\"END\"]},\"requestMetadata\":{\"who\":\"me\"}}",
        "{\"model\":\"m\",\"messages\":[{\"role\":\"system\",\"content\":\"Be brief.\"},{"
        "\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"see\"},{"
        "\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,AAAA\"}}]}],"
        "\"max_tokens\":5,\"temperature\":0.5,\"top_p\":0.9,\"stop\":[\"END\"],"
        "\"metadata\":{\"who\":\"me\"}}");
    desk_expect_request(OP, 0, USER("{\"text\":\"a\"},{\"text\":\"b\"}"),
                        CHAT("{\"role\":\"user\",\"content\":\"a\\nb\"}"));
    desk_expect_request(
        OP, 0,
        USER("{\"document\":{\"format\":\"pdf\",\"name\":\"d\",\"source\":{\"bytes\":\"QUJD\"}}},{"
             "\"audio\":{\"format\":\"wav\",\"source\":{\"bytes\":\"QUJD\"}}}"),
        CHAT("{\"role\":\"user\",\"content\":[{\"type\":\"file\",\"file\":{\"filename\":\"d\","
             "\"file_data\":\"data:application/pdf;base64,QUJD\"}},{\"type\":\"input_audio\","
             "\"input_audio\":{\"data\":\"QUJD\",\"format\":\"wav\"}}]}"));
}

static const char turn[] =
    "{\"messages\":[{\"role\":\"user\",\"content\":[{\"text\":\"q\"},{\"cachePoint\":{\"type\":"
    "\"default\",\"ttl\":\"1h\"}}]},{\"role\":\"assistant\",\"content\":[{\"reasoningContent\":{"
    "\"reasoningText\":{\"text\":\"hm\",\"signature\":\"sig\"}}},{\"reasoningContent\":{"
    "\"redactedContent\":\"UkVE\"}},{\"text\":\"a\"},{\"toolUse\":{\"toolUseId\":\"t1\",\"name\":"
    "\"f\",\"input\":{\"n\":12345678901234567890}}},{\"toolUse\":{\"toolUseId\":\"t2\",\"name\":"
    "\"g\"}}]},{\"role\":\"user\",\"content\":[{\"toolResult\":{\"toolUseId\":\"t1\",\"content\":[{"
    "\"json\":{\"t\":1}}],\"status\":\"error\"}},{\"toolResult\":{\"toolUseId\":\"t2\","
    "\"content\":[{\"text\":\"x\"},{\"text\":\"y\"}]}},{\"text\":\"So?\"}]}],\"toolConfig\":{"
    "\"tools\":[{\"toolSpec\":{\"name\":\"f\",\"description\":\"d\",\"inputSchema\":{\"json\":{"
    "\"type\":\"object\"}}}},{\"cachePoint\":{\"type\":\"default\"}}],\"toolChoice\":{\"tool\":{"
    "\"name\":\"f\"}}},\"additionalModelRequestFields\":{\"top_k\":7,\"thinking\":{\"type\":"
    "\"enabled\",\"budget_tokens\":2000}}}";

static void what_a_tool_showed_is_with_its_result_or_behind_it(void **state)
{
    static const char shown[] =
        USER("{\"toolResult\":{\"toolUseId\":\"t\",\"content\":[{\"text\":\"r\"},{\"image\":{"
             "\"format\":\"png\",\"source\":{\"bytes\":\"AA\"}}},{\"json\":{ \"a\": 1 }}]}}");
#define TOLD "{\"model\":\"m\",\"messages\":[{\"role\":\"tool\",\"tool_call_id\":\"t\",\"content\":"
#define PICTURE "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,AA\"}}"

    (void)state;
    desk_expect_request(OP, DESK_EXTENDED, shown,
                        TOLD "[{\"type\":\"text\",\"text\":\"r\"}," PICTURE
                             ",{\"type\":\"text\",\"text\":\"{\\\"a\\\":1}\"}]}]}");
    desk_expect_request(OP, 0, shown,
                        TOLD "\"r\\n{\\\"a\\\":1}\"},{\"role\":\"user\",\"content\":[" PICTURE
                             "]}]}");
}

static void a_turn_with_tools_is_told_whole(void **state)
{
    (void)state;
    desk_expect_request(
        OP, DESK_EXTENDED, turn,
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\","
        "\"text\":\"q\",\"cache_control\":{\"type\":\"ephemeral\",\"ttl\":\"1h\"}}]},{\"role\":"
        "\"assistant\",\"content\":\"a\",\"reasoning_content\":\"hm\",\"thinking_blocks\":[{"
        "\"type\":\"thinking\",\"thinking\":\"hm\",\"signature\":\"sig\"},{\"type\":"
        "\"redacted_thinking\",\"data\":\"UkVE\"}],\"tool_calls\":[{\"id\":\"t1\",\"type\":"
        "\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"n\\\":"
        "12345678901234567890}\"}},{\"id\":\"t2\",\"type\":\"function\",\"function\":{\"name\":"
        "\"g\",\"arguments\":\"{}\"}}]},{\"role\":\"tool\",\"tool_call_id\":\"t1\",\"content\":"
        "\"{\\\"t\\\":1}\",\"is_error\":true},{\"role\":\"tool\",\"tool_call_id\":\"t2\","
        "\"content\":\"x\\ny\"},{\"role\":\"user\",\"content\":\"So?\"}],\"tools\":[{\"type\":"
        "\"function\",\"function\":{\"name\":\"f\",\"description\":\"d\",\"parameters\":{\"type\":"
        "\"object\"}},\"cache_control\":{\"type\":\"ephemeral\"}}],\"tool_choice\":{\"type\":"
        "\"function\",\"function\":{\"name\":\"f\"}},\"thinking\":{\"type\":\"enabled\","
        "\"budget_tokens\":2000},\"top_k\":7}");
}

static void plain_vendors_are_not_bothered_with_extensions(void **state)
{
    struct desk d;

    (void)state;
    desk_open(&d, OP);
    assert_int_equal(desk_translate(&d, turn, 0), SLUICE_OK);
    assert_null(strstr(d.out.ptr, "cache_control"));
    assert_null(strstr(d.out.ptr, "thinking_blocks"));
    assert_null(strstr(d.out.ptr, "is_error"));
    assert_null(strstr(d.out.ptr, "top_k"));
    assert_non_null(strstr(d.out.ptr, "\"reasoning_effort\":\"low\""));
    desk_close(&d);
}

static void forms_of_answers(void **state)
{
    (void)state;
    desk_expect_request(
        OP, 0,
        "{\"messages\":[],\"outputConfig\":{\"textFormat\":{\"type\":\"json_schema\","
        "\"structure\":{\"jsonSchema\":{\"name\":\"n\",\"schema\":\"{\\\"type\\\":\\\"object\\\"}\""
        "}}}}}",
        "{\"model\":\"m\",\"messages\":[],\"response_format\":{\"type\":\"json_schema\","
        "\"json_schema\":{\"strict\":true,\"name\":\"n\",\"schema\":{\"type\":\"object\"}}}}");
    desk_expect_refusal(OP, 0,
                        "{\"messages\":[],\"outputConfig\":{\"textFormat\":{\"structure\":{"
                        "\"jsonSchema\":{\"schema\":\"{\"}}}}}",
                        "outputConfig.textFormat.structure.jsonSchema.schema");
}

static void refusals_name_what_is_wrong(void **state)
{
    (void)state;
    desk_expect_refusal(OP, 0,
                        "{\"messages\":[{\"role\":\"robot\",\"content\":[{\"text\":\"x\"}]}]}",
                        "messages.[0].role");
    desk_expect_refusal(OP, 0, "{\"messages\":[{\"role\":\"user\",\"content\":[]}]}",
                        "messages.[0].content");
    desk_expect_refusal(OP, 0, USER("{\"text\":\"a\"},{\"novel\":{}}"), "messages.[0].content.[1]");
    desk_expect_refusal(OP, 0,
                        USER("{\"image\":{\"format\":\"bmp\",\"source\":{\"bytes\":\"A\"}}}"),
                        "messages.[0].content.[0].image.format");
    desk_expect_refusal(OP, 0, USER("{\"image\":{\"format\":\"png\"}}"),
                        "messages.[0].content.[0].image.source");
    desk_expect_refusal(OP, 0, USER("{\"toolResult\":{\"content\":[]}}"),
                        "messages.[0].content.[0].toolResult.toolUseId");
    desk_expect_refusal(OP, 0, "{\"messages\":[],\"guardrailConfig\":{}}", "guardrailConfig");
    desk_expect_refusal(OP, 0,
                        "{\"messages\":[],\"toolConfig\":{\"tools\":[{\"systemTool\":{\"name\":"
                        "\"x\"}}]}}",
                        "toolConfig.tools.[0]");
}

static const char *const talk[] = {
    DESK_CHUNK("{\"role\":\"assistant\",\"reasoning_content\":\"hm\"}"),
    DESK_CHUNK("{\"thinking_blocks\":[{\"type\":\"thinking\",\"thinking\":\"hm\",\"signature\":"
               "\"sig\"}]}"),
    DESK_CHUNK("{\"content\":\"Two \"}"),
    DESK_CHUNK("{\"content\":\"\\\"cities\\\"\"}"),
    DESK_CHUNK("{\"tool_calls\":[{\"index\":0,\"id\":\"t1\",\"type\":\"function\",\"function\":{"
               "\"name\":\"f\",\"arguments\":\"{\\\"a\\\"\"}}]}"),
    DESK_CHUNK("{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\":1}\"}}]}"),
    DESK_FINISH("tool_calls"),
    NULL,
};

static void use(struct desk *d)
{
    sl_usage_set(&d->usage, SLUICE_USE_INPUT, 20);
    sl_usage_set(&d->usage, SLUICE_USE_CACHED_INPUT, 5);
    sl_usage_set(&d->usage, SLUICE_USE_OUTPUT, 7);
}

static void streams_are_events(void **state)
{
    char room[4096];
    struct desk d;

    (void)state;
    desk_open(&d, OP);
    use(&d);
    assert_int_equal(desk_answer(&d, talk, true), SLUICE_OK);
    read_stream(&d, room, sizeof room);
    assert_string_equal(
        room,
        "messageStart {\"role\":\"assistant\"}\n"
        "contentBlockDelta {\"contentBlockIndex\":0,\"delta\":{\"reasoningContent\":{\"text\":"
        "\"hm\"}}}\n"
        "contentBlockDelta {\"contentBlockIndex\":0,\"delta\":{\"reasoningContent\":{"
        "\"signature\":\"sig\"}}}\n"
        "contentBlockStop {\"contentBlockIndex\":0}\n"
        "contentBlockDelta {\"contentBlockIndex\":1,\"delta\":{\"text\":\"Two \"}}\n"
        "contentBlockDelta {\"contentBlockIndex\":1,\"delta\":{\"text\":\"\\\"cities\\\"\"}}\n"
        "contentBlockStop {\"contentBlockIndex\":1}\n"
        "contentBlockStart {\"contentBlockIndex\":2,\"start\":{\"toolUse\":{\"toolUseId\":\"t1\","
        "\"name\":\"f\"}}}\n"
        "contentBlockDelta {\"contentBlockIndex\":2,\"delta\":{\"toolUse\":{\"input\":"
        "\"{\\\"a\\\"\"}}}\n"
        "contentBlockDelta {\"contentBlockIndex\":2,\"delta\":{\"toolUse\":{\"input\":"
        "\":1}\"}}}\n"
        "contentBlockStop {\"contentBlockIndex\":2}\n"
        "messageStop {\"stopReason\":\"tool_use\"}\n"
        "metadata {\"usage\":{\"inputTokens\":15,\"outputTokens\":7,\"totalTokens\":27,"
        "\"cacheReadInputTokens\":5,\"cacheWriteInputTokens\":0}}\n");
    desk_close(&d);
}

static void whole_answers_are_one_object(void **state)
{
    struct desk d;

    (void)state;
    desk_open(&d, OP);
    use(&d);
    assert_int_equal(desk_answer(&d, talk, false), SLUICE_OK);
    assert_string_equal(
        d.out.ptr,
        "{\"output\":{\"message\":{\"role\":\"assistant\",\"content\":[{\"reasoningContent\":{"
        "\"reasoningText\":{\"text\":\"hm\",\"signature\":\"sig\"}}},{\"text\":\"Two "
        "\\\"cities\\\"\"},{\"toolUse\":{\"toolUseId\":\"t1\",\"name\":\"f\",\"input\":{\"a\":1}}}]"
        "}},\"stopReason\":\"tool_use\",\"usage\":{\"inputTokens\":15,\"outputTokens\":7,"
        "\"totalTokens\":27,\"cacheReadInputTokens\":5,\"cacheWriteInputTokens\":0}}");
    desk_close(&d);
}

static void opaque_thoughts_and_nothing_at_all(void **state)
{
    static const char *const opaque[] = {
        DESK_CHUNK("{\"thinking_blocks\":[{\"type\":\"redacted_thinking\",\"data\":\"UkVE\"}]}"),
        DESK_CHUNK("{\"content\":\"a\"}"), DESK_FINISH("length"), NULL
    };
    static const char *const nothing[] = { DESK_FINISH("stop"), NULL };
    char room[2048];
    struct desk d;

    (void)state;
    desk_open(&d, OP);
    assert_int_equal(desk_answer(&d, opaque, true), SLUICE_OK);
    read_stream(&d, room, sizeof room);
    assert_non_null(strstr(room, "{\"contentBlockIndex\":0,\"delta\":{\"reasoningContent\":{"
                                 "\"redactedContent\":\"UkVE\"}}}"));
    assert_non_null(strstr(room, "messageStop {\"stopReason\":\"max_tokens\"}"));
    desk_close(&d);
    desk_open(&d, OP);
    assert_int_equal(desk_answer(&d, opaque, false), SLUICE_OK);
    assert_non_null(strstr(d.out.ptr, "{\"reasoningContent\":{\"redactedContent\":\"UkVE\"}}"));
    desk_close(&d);
    desk_open(&d, OP);
    assert_int_equal(desk_answer(&d, nothing, true), SLUICE_OK);
    read_stream(&d, room, sizeof room);
    assert_string_equal(room, "messageStart {\"role\":\"assistant\"}\n"
                              "messageStop {\"stopReason\":\"end_turn\"}\n"
                              "metadata {\"usage\":{\"inputTokens\":0,\"outputTokens\":0,"
                              "\"totalTokens\":0}}\n");
    desk_close(&d);
}

static enum sl_event_class look(const char *event, const char *text, struct sl_usage *usage)
{
    struct sluice_arena arena;
    struct sl_event_view view;

    sl_arena_init(&arena, 1u << 20);
    assert_int_equal(sl_dialect_converse.look(sl_span_str(event), sl_span_str(text), !*event,
                                              &arena, &view, usage),
                     SLUICE_OK);
    sl_arena_finish(&arena);
    return view.cls;
}

static void looks_know_what_an_event_is(void **state)
{
    struct sl_usage usage = { 0 };

    (void)state;
    assert_int_equal(look("messageStart", "{\"role\":\"assistant\"}", &usage), SL_EVENT_PREAMBLE);
    assert_int_equal(
        look("contentBlockDelta", "{\"contentBlockIndex\":0,\"delta\":{\"text\":\"x\"}}", &usage),
        SL_EVENT_CONTENT);
    assert_int_equal(look("contentBlockDelta",
                          "{\"contentBlockIndex\":0,\"delta\":{\"toolUse\":{\"input\":\"\"}}}",
                          &usage),
                     SL_EVENT_TOOL);
    assert_int_equal(look("messageStop", "{\"stopReason\":\"end_turn\"}", &usage), SL_EVENT_FINISH);
    assert_int_equal(look("throttlingException", "{\"message\":\"slow\"}", &usage), SL_EVENT_ERROR);
    assert_int_equal(look("metadata",
                          "{\"usage\":{\"inputTokens\":4,\"outputTokens\":6,\"totalTokens\":40,"
                          "\"cacheReadInputTokens\":10,\"cacheWriteInputTokens\":20}}",
                          &usage),
                     SL_EVENT_END);
    assert_int_equal(sl_usage_get(&usage, SLUICE_USE_INPUT, -1), 34);
    assert_int_equal(sl_usage_get(&usage, SLUICE_USE_OUTPUT, -1), 6);
    assert_int_equal(sl_usage_get(&usage, SLUICE_USE_CACHED_INPUT, -1), 10);
    assert_int_equal(sl_usage_get(&usage, SLUICE_USE_CACHE_WRITE, -1), 20);
    assert_int_equal(
        look("", "{\"output\":{},\"usage\":{\"inputTokens\":1,\"outputTokens\":2}}", &usage),
        SL_EVENT_CONTENT);
    assert_int_equal(look("", "{\"Output\":{\"__type\":\"x#UnknownOperationException\"}}", &usage),
                     SL_EVENT_ERROR);
}

static void models_own_answers_say_what_was_used(void **state)
{
    /* {"type":"message_stop","amazon-bedrock-invocationMetrics":{"inputTokenCount":9,
     * "outputTokenCount":4}} */
    static const char chunk[] =
        "{\"bytes\":"
        "\"eyJ0eXBlIjoibWVzc2FnZV9zdG9wIiwiYW1hem9uLWJlZHJvY2staW52b2NhdGlvbk1ldHJpY3MiOn"
        "siaW5wdXRUb2tlbkNvdW50Ijo5LCJvdXRwdXRUb2tlbkNvdW50Ijo0fX0=\",\"p\":\"abc\"}";
    static const struct {
        const char *event, *text;
        enum sl_event_class cls;
        int64_t input, output;
    } cases[] = {
        { "chunk", chunk, SL_EVENT_END, 9, 4 },
        { "chunk", "{\"bytes\":\"!\"}", SL_EVENT_CONTENT, -1, -1 },
        { "chunk", "{\"bytes\":7}", SL_EVENT_CONTENT, -1, -1 },
        { "throttlingException", "{\"message\":\"x\"}", SL_EVENT_ERROR, -1, -1 },
        { "", "{\"usage\":{\"input_tokens\":3,\"cache_read_input_tokens\":2,\"output_tokens\":5}}",
          SL_EVENT_CONTENT, 5, 5 },
        { "", "{\"usage\":{\"inputTokens\":3,\"outputTokens\":5}}", SL_EVENT_CONTENT, 3, 5 },
        { "", "{\"embedding\":[1],\"inputTextTokenCount\":6}", SL_EVENT_CONTENT, 6, -1 },
    };
    struct sluice_arena arena;
    struct sl_event_view view;

    (void)state;
    sl_arena_init(&arena, 1u << 20);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sl_usage usage = { 0 };

        assert_int_equal(sl_dialect_invoke.look(sl_span_str(cases[i].event),
                                                sl_span_str(cases[i].text), !*cases[i].event,
                                                &arena, &view, &usage),
                         SLUICE_OK);
        assert_int_equal(view.cls, cases[i].cls);
        assert_int_equal(sl_usage_get(&usage, SLUICE_USE_INPUT, -1), cases[i].input);
        assert_int_equal(sl_usage_get(&usage, SLUICE_USE_OUTPUT, -1), cases[i].output);
    }
    sl_arena_finish(&arena);
}

static void failures_are_classes(void **state)
{
    static const struct {
        const char *error;
        sluice_status status;
    } cases[] = {
        { "{\"__type\":\"throttlingException\",\"message\":\"slow\"}", SLUICE_E_RATE_LIMIT },
        { "{\"__type\":\"com.amazon#ValidationException:x\",\"message\":\"bad\"}",
          SLUICE_E_INVALID },
        { "{\"Output\":{\"__type\":\"x#UnknownOperationException\"}}", SLUICE_E_NOT_FOUND },
        { "{\"__type\":\"novel\"}", SLUICE_E_UPSTREAM },
    };
    sluice_error err = SLUICE_ERROR_INIT;
    struct sl_buf b;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(sl_dialect_converse.failure(sl_span_str(cases[i].error), &err),
                         cases[i].status);
    sl_buf_init(&b, 4096);
    err = (sluice_error)SLUICE_ERROR_INIT;
    sl_fail(&err, SLUICE_E_RATE_LIMIT, "slow");
    sl_dialect_converse.error_body(&b, SLUICE_E_RATE_LIMIT, &err);
    sl_buf_add_char(&b, 0);
    assert_string_equal(b.ptr, "{\"__type\":\"ThrottlingException\",\"message\":\"slow\"}");
    sl_buf_finish(&b);
}

static void a_failure_amid_a_stream_is_an_exception(void **state)
{
    char room[512];
    struct desk d;

    (void)state;
    desk_open(&d, OP);
    sl_fail(&d.err, SLUICE_E_TRUNCATED, "gone");
    sl_dialect_converse.error_event(&d.e, &d.out, SLUICE_E_TRUNCATED, &d.err);
    sl_buf_add_char(&d.out, 0);
    read_stream(&d, room, sizeof room);
    assert_string_equal(room, "modelStreamErrorException {\"message\":\"gone\"}\n");
    desk_close(&d);
}

static void frames_of_messages(void **state)
{
    sluice_span text, object;
    struct desk d;
    size_t n = 0;

    (void)state;
    desk_open(&d, OP);
    assert_int_equal(desk_answer(&d, talk, true), SLUICE_OK);
    text = sl_span(d.out.ptr, d.out.len - 1);
    while (sl_frame_next(SL_FRAMING_BINARY, &text, &object)) {
        assert_int_equal(object.ptr[0], '{');
        n++;
    }
    assert_int_equal(n, 13);
    desk_close(&d);
}

static void every_failing_allocation_is_told(void **state)
{
    (void)state;
    desk_expect_faults_told(OP, talk, turn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_become_chats),
        cmocka_unit_test(what_a_tool_showed_is_with_its_result_or_behind_it),
        cmocka_unit_test(a_turn_with_tools_is_told_whole),
        cmocka_unit_test(plain_vendors_are_not_bothered_with_extensions),
        cmocka_unit_test(forms_of_answers),
        cmocka_unit_test(refusals_name_what_is_wrong),
        cmocka_unit_test(streams_are_events),
        cmocka_unit_test(whole_answers_are_one_object),
        cmocka_unit_test(opaque_thoughts_and_nothing_at_all),
        cmocka_unit_test(looks_know_what_an_event_is),
        cmocka_unit_test(models_own_answers_say_what_was_used),
        cmocka_unit_test(failures_are_classes),
        cmocka_unit_test(a_failure_amid_a_stream_is_an_exception),
        cmocka_unit_test(frames_of_messages),
        cmocka_unit_test(every_failing_allocation_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
