/* SPDX-License-Identifier: Apache-2.0 */
/* Calls of tools, in streams and in what was said before: pitfalls 1 to 13 where a whole call is
 * needed to see them. */
#include "pitfalls.h"

#include "format/json_scan.h"

static void pitfall_1_parallel_calls_are_numbered_from_nought(void **state)
{
    (void)state;
    says(SSE, A_START("\"input_tokens\":1,\"output_tokens\":1") A_TEXT_BLOCK("0") A_TEXT("0", "so")
                  A_STOP("0") A_TOOL_BLOCK("1", "t1", "f") A_ARGS("1", "{}") A_STOP("1")
                      A_TOOL_BLOCK("2", "t2", "g") A_ARGS("2", "{}") A_STOP("2")
                          A_END("tool_use", "\"output_tokens\":4"));
    ask_stream("chat", "anthropic");
    EXPECT("\"tool_calls\":[{\"index\":0,\"id\":\"t1\"",
           "\"tool_calls\":[{\"index\":1,\"id\":\"t2\"", "\"finish_reason\":\"tool_calls\"",
           "data: [DONE]");
    expect_not("\"tool_calls\":[{\"index\":2");
}

#define R_CALL(n, output, id, name)                                                                \
    R_EVENT("response.output_item.added", n,                                                       \
            ",\"output_index\":" output ",\"item\":{\"type\":\"function_call\",\"id\":\"fc_" id    \
            "\",\"call_id\":\"" id "\",\"name\":\"" name "\",\"arguments\":\"\"}")
#define R_ARGS(n, output, id, text)                                                                \
    R_EVENT("response.function_call_arguments.delta", n,                                           \
            ",\"item_id\":\"fc_" id "\",\"output_index\":" output ",\"delta\":\"" text "\"")

static void pitfall_2_calls_of_responses_have_numbers_of_their_own(void **state)
{
    (void)state;
    says(SSE, R_EVENT("response.created", "0", R_OBJECT("in_progress", "", ""))
                  R_CALL("1", "1", "t1", "f") R_CALL("2", "2", "t2", "g")
                      R_ARGS("3", "1", "t1", "{\\\"a\\\":1}") R_ARGS("4", "2", "t2", "{}")
                          R_EVENT("response.completed", "5", R_OBJECT("completed", "", "")));
    ask_stream("chat", "codex");
    EXPECT("\"index\":0,\"id\":\"t1\"", "\"index\":1,\"id\":\"t2\"",
           "\"index\":0,\"function\":{\"arguments\":\"{\\\"a\\\":1}\"",
           "\"index\":1,\"function\":{\"arguments\":\"{}\"", "\"tool_calls\"}", "[DONE]");
}

/* Fragments of two calls that come mixed, with numbers that are not dense. */
static void pitfall_2_arguments_of_two_calls_are_not_glued(void **state)
{
    (void)state;
    says(SSE, CHAT_CALL("1", "t1", "f") CHAT_CALL("4", "t2", "g") CHAT_ARGS("1", "{\\\"a\\\":")
                  CHAT_ARGS("4", "{\\\"b\\\":") CHAT_ARGS("1", "1}") CHAT_ARGS("4", "2}")
                      CHAT_CHUNK("{}", "\"tool_calls\"") CHAT_DONE);
    ask_stream("responses", "compat");
    EXPECT("\"type\":\"response.function_call_arguments.done\"", "\"output_index\":0",
           "\"arguments\":\"{\\\"a\\\":1}\"", "\"type\":\"response.function_call_arguments.done\"",
           "\"output_index\":1", "\"arguments\":\"{\\\"b\\\":2}\"", "response.completed");
    ask_stream("messages", "compat");
    EXPECT("\"name\":\"f\"", "\"partial_json\":\"{\\\"a\\\":\"", "\"partial_json\":\"1}\"",
           "content_block_stop", "\"name\":\"g\"", "2}\"");
}

static void whole_arguments(const char *model, const char *type, const char *text)
{
    says(type, text);
    ask_stream("messages", model);
    EXPECT("\"name\":\"f\",\"input\":{}",
           "{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"a\\\":1}\"}",
           "content_block_stop", "\"name\":\"g\",\"input\":{}",
           "{\"type\":\"input_json_delta\",\"partial_json\":\"{}\"}", "content_block_stop",
           "\"stop_reason\":\"tool_use\"");
}

static void pitfall_3_arguments_in_one_piece_reach_the_client(void **state)
{
    (void)state;
    whole_arguments("ollama", NDJSON, ollama_stream);
    whole_arguments("gemini", SSE, gemini_stream);
    whole_arguments("mistral", SSE, mistral_stream);
}

static void pitfall_4_call_without_arguments_has_an_empty_object(void **state)
{
    static const struct aws_event events[] = { { "messageStart", "{\"role\":\"assistant\"}" },
                                               B_TOOL("0", "t1", "f"),
                                               B_STOP("0"),
                                               { "messageStop", "{\"stopReason\":\"tool_use\"}" },
                                               { "metadata", "{\"usage\":{}}" },
                                               { NULL, NULL } };
    struct sl_buf stream;

    (void)state;
    sl_buf_init(&stream, 1u << 16);
    aws_events(&stream, events);
    canned_says(&vendor, AWS_EVENTS, sl_buf_span(&stream));
    ask_stream("chat", "bedrock");
    EXPECT("\"name\":\"f\",\"arguments\":\"\"", "\"arguments\":\"{}\"", "\"tool_calls\"}");
    ask_stream("responses", "bedrock");
    EXPECT("\"arguments\":\"{}\"", "response.completed");
    sl_buf_finish(&stream);
    says(SSE, A_START("\"input_tokens\":1,\"output_tokens\":1") A_TOOL_BLOCK("0", "t1", "f")
                  A_STOP("0") A_END("tool_use", "\"output_tokens\":4"));
    ask_stream("chat", "anthropic");
    EXPECT("\"name\":\"f\",\"arguments\":\"\"", "\"arguments\":\"{}\"", "\"tool_calls\"}");
}

/* The only thing that rebuilds a chunk here are rules of a vendor's data file. */
static void pitfall_5_rebuilt_chunks_keep_every_field(void **state)
{
    (void)state;
    says(SSE, CHAT_CHUNK("{\"role\":\"assistant\",\"content\":\"a\",\"reasoning_content\":\"r\","
                         "\"novel\":[1],\"tool_calls\":[{\"index\":0,\"id\":\"t1\",\"type\":"
                         "\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"},"
                         "\"extra_content\":{\"x\":1}}]}",
                         "null") CHAT_CHUNK("{}", "\"tool_calls\"") CHAT_USAGE CHAT_DONE);
    ask_stream("chat", "compat");
    EXPECT("\"model\":\"compat\"", "\"content\":\"a\"", "\"reasoning_content\":\"r\"",
           "\"novel\":[1]", "\"id\":\"t1\"", "\"name\":\"f\",\"arguments\":\"{}\"",
           "\"extra_content\":{\"x\":1}", "\"total_tokens\":13", "[DONE]");
}

static void pitfall_6_call_in_an_earlier_frame_makes_a_stop_tool_calls(void **state)
{
    (void)state;
    says(SSE, G_FRAME("{\"functionCall\":{\"name\":\"f\",\"args\":{}}}", "")
                  G_USAGE("9", "4", ",\"totalTokenCount\":13"));
    ask_stream("chat", "gemini");
    EXPECT("\"name\":\"f\"", "\"finish_reason\":\"tool_calls\"");
    expect_not("\"finish_reason\":\"stop\"");
}

static void pitfall_7_call_in_an_earlier_line_makes_a_stop_tool_calls(void **state)
{
    (void)state;
    says(NDJSON, O_LINE("\"content\":\"\",\"tool_calls\":[{\"function\":{\"name\":\"f\","
                        "\"arguments\":{}}}]",
                        "\"done\":false") O_LINE("\"content\":\"\"", O_END));
    ask_stream("chat", "ollama");
    EXPECT("\"name\":\"f\"", "\"finish_reason\":\"tool_calls\"");
    expect_not("\"finish_reason\":\"stop\"");
}

#define TWO_RESULTS                                                                                \
    "\"messages\":[{\"role\":\"user\",\"content\":\"q\"},{\"role\":\"assistant\",\"content\":"     \
    "null,\"tool_calls\":[{\"id\":\"t1\",\"type\":\"function\",\"function\":{\"name\":\"f\","      \
    "\"arguments\":\"{}\"}},{\"id\":\"t2\",\"type\":\"function\",\"function\":{\"name\":\"g\","    \
    "\"arguments\":\"{}\"}}]},{\"role\":\"tool\",\"tool_call_id\":\"t1\",\"content\":\"1\"},"      \
    "{\"role\":\"tool\",\"tool_call_id\":\"t2\",\"content\":\"2\"}]"

static void pitfall_10_results_stay_messages_of_their_own_for_openais_kin(void **state)
{
    static const char *const models[] = {
        "openai", "azure", "compat", "mistral", "ollama", "cohere"
    };
    char body[1024];

    (void)state;
    for (size_t i = 0; i < sizeof models / sizeof models[0]; i++) {
        says("application/json", "{}");
        snprintf(body, sizeof body, "{\"model\":\"%s\"," TWO_RESULTS "}", models[i]);
        ask_chat(body);
        assert_int_equal(times_in(vendor.seen.ptr, "\"role\":\"tool\""), 2);
    }
}

static void pitfall_43_null_content_stays_null_for_openais_kin(void **state)
{
    (void)state;
    says("application/json", CHAT_HI);
    ask_chat("{\"model\":\"openai\"," TWO_RESULTS "}");
    expect_sent("\"content\":null,\"tool_calls\"");
    ask_chat("{\"model\":\"compat\"," TWO_RESULTS "}");
    expect_sent("\"content\":null,\"tool_calls\"");
    ask_chat("{\"model\":\"mistral\"," TWO_RESULTS "}");
    expect_not_sent("\"content\":\"\",\"tool_calls\"");
}

/* Every line a client of lines or events reads is whole JSON. */
static void every_line_is_whole(const char *start)
{
    sluice_span rest = sl_span_str(heard.ptr);

    while (rest.len) {
        sluice_span line = sl_span_head(rest, sl_span_find_char(rest, '\n'));
        struct sl_json_error why;

        rest = sl_span_from(rest, line.len + 1);
        line = sl_span_trim(line);
        if (line.len && (!sl_span_starts(line, sl_span_str(start)) ||
                         sl_json_validate(sl_span_from(line, strlen(start)), &why) < 0))
            fail_msg("%.*s", SL_FMT(line));
    }
}

static void pitfall_46_arguments_on_several_lines_break_no_frame(void **state)
{
    (void)state;
    says(SSE, CHAT_CALL("0", "t1", "f") CHAT_ARGS("0", "{\\n  \\\"a\\\": [\\r\\n1]\\n}")
                  CHAT_CHUNK("{}", "\"tool_calls\"") CHAT_DONE);
    ask_stream("ollama", "compat");
    EXPECT("\"name\":\"f\"", "\"a\": [", "\"done\":true");
    every_line_is_whole("");
    ask_stream("gemini", "compat");
    EXPECT("\"name\":\"f\"", "\"a\": [", "\"finishReason\"");
    every_line_is_whole("data: ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PITFALL(pitfall_1_parallel_calls_are_numbered_from_nought),
        PITFALL(pitfall_2_calls_of_responses_have_numbers_of_their_own),
        PITFALL(pitfall_2_arguments_of_two_calls_are_not_glued),
        PITFALL(pitfall_3_arguments_in_one_piece_reach_the_client),
        PITFALL(pitfall_4_call_without_arguments_has_an_empty_object),
        PITFALL(pitfall_5_rebuilt_chunks_keep_every_field),
        PITFALL(pitfall_6_call_in_an_earlier_frame_makes_a_stop_tool_calls),
        PITFALL(pitfall_7_call_in_an_earlier_line_makes_a_stop_tool_calls),
        PITFALL(pitfall_10_results_stay_messages_of_their_own_for_openais_kin),
        PITFALL(pitfall_43_null_content_stays_null_for_openais_kin),
        PITFALL(pitfall_46_arguments_on_several_lines_break_no_frame),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
