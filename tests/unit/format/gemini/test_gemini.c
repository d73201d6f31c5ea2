/* SPDX-License-Identifier: Apache-2.0 */
/* The Gemini dialect where no upstream is needed to see it: signatures, refusals, what a look
 * finds, and memory that runs out. */
#include "../dialect/dialect_kit.h"

#define OP "generateContent"
#define CONTENTS(list) "{\"contents\":[" list "]}"
#define SAID(messages) "{\"model\":\"m\",\"messages\":[" messages "]}"

static const char turn[] =
    CONTENTS("{\"role\":\"user\",\"parts\":[{\"text\":\"q\"}]},"
             "{\"role\":\"model\",\"parts\":[{\"text\":\"h\",\"thought\":true},"
             "{\"text\":\"m\",\"thought\":true,\"thoughtSignature\":\"sl1:sig\"},"
             "{\"text\":\"a\",\"thoughtSignature\":\"bXNn\"},"
             "{\"functionCall\":{\"name\":\"f\",\"args\":{\"n\":12345678901234567890}},"
             "\"thoughtSignature\":\"Y2FsbA==\"}]},"
             "{\"role\":\"user\",\"parts\":[{\"functionResponse\":{\"name\":\"f\",\"response\":{"
             "\"error\":\"no\"}}}]}");

static void signatures_go_where_they_are_known(void **state)
{
    (void)state;
    desk_expect_request(
        OP, DESK_EXTENDED, turn,
        SAID(
            "{\"role\":\"user\",\"content\":\"q\"},{\"role\":\"assistant\",\"content\":\"a\","
            "\"thinking_blocks\":[{\"type\":\"thinking\",\"thinking\":\"hm\",\"signature\":\"sig\"}"
            "],"
            "\"tool_calls\":[{\"id\":\"call_0\",\"type\":\"function\",\"function\":{\"name\":\"f\","
            "\"arguments\":\"{\\\"n\\\":12345678901234567890}\"},\"extra_content\":{\"google\":{"
            "\"thought_signature\":\"Y2FsbA==\"}}}],\"extra_content\":{\"google\":{"
            "\"thought_signature\":\"bXNn\"}}},"
            "{\"role\":\"tool\",\"tool_call_id\":\"call_0\",\"content\":\"no\",\"is_error\":"
            "true}"));
    desk_expect_request(
        OP, 0, turn,
        SAID(
            "{\"role\":\"user\",\"content\":\"q\"},{\"role\":\"assistant\",\"content\":\"a\","
            "\"tool_calls\":[{\"id\":\"call_0\",\"type\":\"function\",\"function\":{\"name\":\"f\","
            "\"arguments\":\"{\\\"n\\\":12345678901234567890}\"}}]},"
            "{\"role\":\"tool\",\"tool_call_id\":\"call_0\",\"content\":\"no\"}"));
}

static void signatures_of_calls_come_back_beside_them(void **state)
{
    static const char *const chunks[] = {
        DESK_CHUNK("{\"tool_calls\":[{\"index\":0,\"id\":\"t\",\"type\":\"function\",\"function\":{"
                   "\"name\":\"f\",\"arguments\":\"{}\"},\"extra_content\":{\"google\":{"
                   "\"thought_signature\":\"c2ln\"}}}]}"),
        DESK_FINISH("tool_calls"), NULL
    };
    struct desk d;

    (void)state;
    for (int stream = 0; stream < 2; stream++) {
        desk_open(&d, OP);
        assert_int_equal(desk_answer(&d, chunks, stream), SLUICE_OK);
        assert_non_null(strstr(d.out.ptr, "{\"functionCall\":{\"id\":\"t\",\"name\":\"f\","
                                          "\"args\":{}},\"thoughtSignature\":\"c2ln\"}"));
        desk_close(&d);
    }
}

static void what_a_function_showed_is_with_its_result_or_behind_it(void **state)
{
    static const char shown[] = CONTENTS(
        "{\"role\":\"model\",\"parts\":[{\"functionCall\":{\"name\":\"f\",\"args\":{}}}]},"
        "{\"role\":\"user\",\"parts\":[{\"functionResponse\":{\"name\":\"f\",\"response\":{"
        "\"output\":\"r\"},\"parts\":[{\"inlineData\":{\"mimeType\":\"image/png\","
        "\"data\":\"AA\"}}]}}]}");
#define CALLED                                                                                     \
    "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"call_0\",\"type\":"        \
    "\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]},"                          \
    "{\"role\":\"tool\",\"tool_call_id\":\"call_0\",\"content\":"
#define PICTURE "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,AA\"}}]}"

    (void)state;
    desk_expect_request(OP, DESK_EXTENDED, shown,
                        SAID(CALLED "[{\"type\":\"text\",\"text\":\"r\"}," PICTURE));
    desk_expect_request(OP, 0, shown,
                        SAID(CALLED "\"r\"},{\"role\":\"user\",\"content\":[" PICTURE));
}

static void what_a_model_said_in_pieces_is_one_message(void **state)
{
    (void)state;
    desk_expect_request(
        OP, 0,
        CONTENTS(
            "{\"role\":\"model\",\"parts\":[{\"text\":\"a\"}]},"
            "{\"role\":\"model\",\"parts\":[{\"functionCall\":{\"id\":\"x\",\"name\":\"f\"}}]},"
            "{\"role\":\"model\",\"parts\":[]},"
            "{\"role\":\"model\",\"parts\":[{\"functionCall\":{\"id\":\"y\",\"name\":\"g\"}}]},"
            "{\"role\":\"user\",\"parts\":[{\"functionResponse\":{\"id\":\"x\",\"name\":\"f\","
            "\"response\":{\"output\":\"1\"}}},{\"functionResponse\":{\"id\":\"y\",\"name\":"
            "\"g\",\"response\":{\"output\":\"2\"}}}]},"
            "{\"role\":\"model\",\"parts\":[{\"text\":\"b\"}]}"),
        SAID("{\"role\":\"assistant\",\"content\":\"a\",\"tool_calls\":[{\"id\":\"x\",\"type\":"
             "\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}},{\"id\":\"y\","
             "\"type\":\"function\",\"function\":{\"name\":\"g\",\"arguments\":\"{}\"}}]},"
             "{\"role\":\"tool\",\"tool_call_id\":\"x\",\"content\":\"1\"},"
             "{\"role\":\"tool\",\"tool_call_id\":\"y\",\"content\":\"2\"},"
             "{\"role\":\"assistant\",\"content\":\"b\"}"));
}

static void names_with_underscores_are_the_same(void **state)
{
    (void)state;
    desk_expect_request(
        OP, 0,
        "{\"system_instruction\":{\"parts\":[{\"text\":\"s\"}]},\"contents\":{"
        "\"parts\":[{\"text\":\"q\"}]},\"generation_config\":{\"max_output_tokens\":5,"
        "\"top_p\":0.5}}",
        "{\"model\":\"m\",\"messages\":[{\"role\":\"system\",\"content\":\"s\"},{"
        "\"role\":\"user\",\"content\":\"q\"}],\"top_p\":0.5,\"max_tokens\":5}");
}

static void refusals_name_what_is_wrong(void **state)
{
    (void)state;
    desk_expect_refusal(OP, 0, CONTENTS("{\"role\":\"robot\",\"parts\":[]}"), "contents.[0].role");
    desk_expect_refusal(OP, 0, CONTENTS("{\"role\":\"user\"}"), "contents.[0].parts");
    desk_expect_refusal(OP, 0, CONTENTS("{\"parts\":[{\"text\":\"a\"},{\"inlineData\":{}}]}"),
                        "contents.[0].parts.[1].inlineData");
    desk_expect_refusal(
        OP, 0, CONTENTS("{\"parts\":[{\"functionResponse\":{\"name\":\"f\",\"response\":{}}}]}"),
        "contents.[0].parts.[0].functionResponse");
    desk_expect_refusal(OP, 0, "{\"contents\":[],\"generationConfig\":{\"candidateCount\":2}}",
                        "generationConfig.candidateCount");
    desk_expect_refusal(OP, 0, "{\"contents\":[],\"tools\":[{\"codeExecution\":{}}]}",
                        "tools.[0].codeExecution");
    desk_expect_refusal(OP, 0, "{\"contents\":[],\"cachedContent\":\"x\"}", "cachedContent");
}

static enum sl_event_class look(const char *text, struct sl_usage *usage)
{
    struct sluice_arena arena;
    struct sl_event_view view;

    sl_arena_init(&arena, 1u << 20);
    assert_int_equal(
        sl_dialect_gemini.look(sl_span("", 0), sl_span_str(text), false, &arena, &view, usage),
        SLUICE_OK);
    sl_arena_finish(&arena);
    return view.cls;
}

static void looks_know_what_a_piece_is(void **state)
{
    struct sl_usage usage = { 0 };

    (void)state;
    assert_int_equal(
        look("{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"x\"}]}}]}", &usage),
        SL_EVENT_CONTENT);
    assert_int_equal(look("{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"\"}]}}]}", &usage),
                     SL_EVENT_PREAMBLE);
    assert_int_equal(
        look("{\"candidates\":[{\"content\":{\"parts\":[{\"functionCall\":{}}]}}]}", &usage),
        SL_EVENT_TOOL);
    assert_int_equal(look("{\"candidates\":[{\"finishReason\":\"SAFETY\"}]}", &usage),
                     SL_EVENT_FINISH);
    assert_int_equal(look("{\"promptFeedback\":{\"blockReason\":\"SAFETY\"}}", &usage),
                     SL_EVENT_FINISH);
    assert_int_equal(look("{\"error\":{\"code\":503,\"status\":\"UNAVAILABLE\"}}", &usage),
                     SL_EVENT_ERROR);
}

static void thoughts_are_counted_once(void **state)
{
    struct sl_usage usage = { 0 };

    (void)state;
    look("{\"usageMetadata\":{\"promptTokenCount\":20,\"candidatesTokenCount\":8,"
         "\"thoughtsTokenCount\":40,\"totalTokenCount\":68}}",
         &usage);
    assert_int_equal(sl_usage_get(&usage, SLUICE_USE_OUTPUT, -1), 48);
    look("{\"usageMetadata\":{\"promptTokenCount\":20,\"candidatesTokenCount\":48,"
         "\"thoughtsTokenCount\":40,\"totalTokenCount\":68}}",
         &usage);
    assert_int_equal(sl_usage_get(&usage, SLUICE_USE_OUTPUT, -1), 48);
    assert_int_equal(sl_usage_get(&usage, SLUICE_USE_REASONING, -1), 40);
}

static const char *const talk[] = {
    DESK_CHUNK("{\"reasoning_content\":\"hm\"}"),
    DESK_CHUNK("{\"content\":\"a\"}"),
    DESK_CHUNK("{\"tool_calls\":[{\"index\":0,\"id\":\"t1\",\"type\":\"function\",\"function\":{"
               "\"name\":\"f\",\"arguments\":\"{}\"}}]}"),
    DESK_FINISH("length"),
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
        cmocka_unit_test(signatures_go_where_they_are_known),
        cmocka_unit_test(signatures_of_calls_come_back_beside_them),
        cmocka_unit_test(what_a_function_showed_is_with_its_result_or_behind_it),
        cmocka_unit_test(what_a_model_said_in_pieces_is_one_message),
        cmocka_unit_test(names_with_underscores_are_the_same),
        cmocka_unit_test(refusals_name_what_is_wrong),
        cmocka_unit_test(looks_know_what_a_piece_is),
        cmocka_unit_test(thoughts_are_counted_once),
        cmocka_unit_test(every_failing_allocation_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
