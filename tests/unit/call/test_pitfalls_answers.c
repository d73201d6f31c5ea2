/* SPDX-License-Identifier: Apache-2.0 */
/* What is counted, why an answer ended, what frames may lack: pitfalls 17 to 25 and 38, 39 where a
 * whole call is needed to see them. And requests: 35 and 36. */
#include "pitfalls.h"

static void pitfall_17_cache_writes_are_a_part_of_the_prompt(void **state)
{
    (void)state;
    says(SSE, A_START("\"input_tokens\":10,\"cache_creation_input_tokens\":1000,"
                      "\"cache_read_input_tokens\":0,\"output_tokens\":1") A_TEXT_BLOCK("0")
                  A_TEXT("0", "a") A_STOP("0") A_END("end_turn", "\"output_tokens\":4"));
    ask_stream("chat", "anthropic");
    EXPECT("\"usage\":{\"prompt_tokens\":1010,\"completion_tokens\":4,\"total_tokens\":1014");
    ask_stream("converse", "anthropic");
    EXPECT("\"inputTokens\":10,", "\"cacheWriteInputTokens\":1000");
}

static void pitfall_18_cache_reads_are_told_in_streams(void **state)
{
    (void)state;
    says(SSE, A_START("\"input_tokens\":10,\"cache_creation_input_tokens\":0,"
                      "\"cache_read_input_tokens\":900,\"output_tokens\":1") A_TEXT_BLOCK("0")
                  A_TEXT("0", "a") A_STOP("0") A_END("end_turn", "\"output_tokens\":4"));
    ask_stream("chat", "anthropic");
    EXPECT("\"usage\":{\"prompt_tokens\":910,", "\"cached_tokens\":900");
    says("application/json",
         "{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"v\","
         "\"content\":[{\"type\":\"text\",\"text\":\"a\"}],\"stop_reason\":\"end_turn\",\"usage\":{"
         "\"input_tokens\":10,\"cache_creation_input_tokens\":0,\"cache_read_input_tokens\":900,"
         "\"output_tokens\":4}}");
    ask_whole("chat", "anthropic");
    EXPECT("\"usage\":{\"prompt_tokens\":910,", "\"cached_tokens\":900");
}

static void pitfall_19_message_start_has_every_key_of_usage(void **state)
{
    (void)state;
    says(SSE, CHAT_CHUNK("{\"content\":\"a\"}", "null") CHAT_CHUNK("{}", "\"stop\"") CHAT_DONE);
    ask_stream("messages", "compat");
    EXPECT("event: message_start\n",
           "\"usage\":{\"input_tokens\":", "\"cache_creation_input_tokens\":",
           "\"cache_read_input_tokens\":", "\"output_tokens\":", "event: message_delta\n",
           "\"output_tokens\":", "event: message_stop\n");
}

static void pitfall_20_thoughts_are_a_part_of_the_answer(void **state)
{
    (void)state;
    says(SSE, G_FRAME("{\"text\":\"a\"}", "")
                  G_USAGE("20", "8", ",\"thoughtsTokenCount\":40,\"totalTokenCount\":68"));
    ask_stream("chat", "gemini");
    EXPECT("\"prompt_tokens\":20,\"completion_tokens\":48,\"total_tokens\":68",
           "\"reasoning_tokens\":40");
}

#define REASONED                                                                                   \
    "\"prompt_tokens\":9,\"completion_tokens\":4,\"total_tokens\":13,"                             \
    "\"completion_tokens_details\":{\"reasoning_tokens\":3}"

static void pitfall_21_reasoning_and_its_count_are_delivered(void **state)
{
    static const char *const models[] = { "openai", "compat" };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        says("application/json",
             CHAT_ANSWER("{\"role\":\"assistant\",\"content\":\"a\",\"reasoning_content\":\"hm\"}",
                         "stop", REASONED));
        ask_whole("chat", models[i]);
        EXPECT("\"reasoning_content\":\"hm\"", "\"reasoning_tokens\":3");
        ask_whole("messages", models[i]);
        EXPECT("\"thinking\":\"hm\"");
        says(SSE,
             CHAT_CHUNK("{\"reasoning_content\":\"hm\"}", "null")
                 CHAT_CHUNK("{\"content\":\"a\"}", "null") CHAT_CHUNK(
                     "{}", "\"stop\"") "data: {\"id\":\"c1\",\"choices\":[],\"usage\":{" REASONED
                                       "}}\n\n" CHAT_DONE);
        ask_stream("chat", models[i]);
        EXPECT("\"reasoning_content\":\"hm\"", "\"reasoning_tokens\":3", "[DONE]");
    }
    ask_stream("responses", "compat");
    EXPECT("response.completed", "\"output_tokens_details\":{\"reasoning_tokens\":3}");
}

static void finish(const char *native, const char *word)
{
    static char stream[512]; /* the vendor says it to those who ask later, too */
    char expected[64];

    snprintf(stream, sizeof stream,
             "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"a\"}]}}]}\r\n\r\n"
             "data: {\"candidates\":[{\"finishReason\":\"%s\"}]}\r\n\r\n",
             native);
    snprintf(expected, sizeof expected, "\"finish_reason\":\"%s\"", word);
    says(SSE, stream);
    ask_stream("chat", "gemini");
    expect_status(200);
    EXPECT("\"content\":\"a\"", expected, "[DONE]");
    expect_not(native);
}

static void pitfall_22_no_word_of_the_vendors_is_a_finish_reason(void **state)
{
    (void)state;
    finish("MAX_TOKENS", "length");
    finish("OTHER", "stop");
    finish("A_WORD_OF_LATER_YEARS", "stop");
}

static void pitfall_23_last_frame_without_content_finishes(void **state)
{
    (void)state;
    finish("SAFETY", "content_filter");
    ask_stream("messages", "gemini");
    EXPECT("\"stop_reason\":\"refusal\"", "message_stop");
    ask_stream("responses", "gemini");
    EXPECT("\"reason\":\"content_filter\"");
}

#define NO_CHOICES                                                                                 \
    "data: {\"id\":\"\",\"object\":\"\",\"created\":0,\"model\":\"\",\"choices\":[],"              \
    "\"prompt_filter_results\":[{\"prompt_index\":0,\"content_filter_results\":{}}]}\n\n"

static void pitfall_25_chunks_without_choices_are_passed_on(void **state)
{
    (void)state;
    says(SSE, NO_CHOICES CHAT_CHUNK("{\"role\":\"assistant\",\"content\":\"a\"}", "null")
                  CHAT_CHUNK("{}", "\"stop\"") CHAT_USAGE CHAT_DONE);
    ask_stream("chat", "azure");
    EXPECT("\"prompt_filter_results\"", "\"content\":\"a\"", "\"finish_reason\":\"stop\"",
           "\"choices\":[],\"usage\":{", "[DONE]");
    for (size_t i = 1; i < CANNED_DIALECTS; i++) {
        ask_stream(canned_dialects[i].name,
                   strcmp(canned_dialects[i].name, "responses") ? "azure" : "compat");
        expect_status(200);
        assert_int_equal(got.result, SLUICE_OK);
    }
}

static void pitfall_38_counts_of_later_frames_replace_earlier_ones(void **state)
{
    (void)state;
    says(SSE,
         A_START("\"input_tokens\":10,\"output_tokens\":3") A_TEXT_BLOCK("0") A_TEXT("0", "a")
             A_STOP("0") A_EVENT("message_delta", ",\"delta\":{},\"usage\":{\"output_tokens\":5}")
                 A_END("end_turn", "\"output_tokens\":9"));
    ask_stream("chat", "anthropic");
    EXPECT("\"prompt_tokens\":10,\"completion_tokens\":9,\"total_tokens\":19");
    says(SSE, G_FRAME("{\"text\":\"a\"}],\"role\":\"model\"}}],\"usageMetadata\":{"
                      "\"promptTokenCount\":20,\"candidatesTokenCount\":5,\"totalTokenCount\":25},"
                      "\"x\":[{\"y\":{\"z\":[0",
                      "") G_USAGE("20", "8", ",\"totalTokenCount\":28"));
    ask_stream("chat", "gemini");
    EXPECT("\"prompt_tokens\":20,\"completion_tokens\":8,\"total_tokens\":28");
}

static void pitfall_39_what_was_not_cached_is_never_below_nought(void **state)
{
    (void)state;
    says("application/json",
         CHAT_ANSWER("{\"role\":\"assistant\",\"content\":\"a\"}", "stop",
                     "\"prompt_tokens\":5,\"completion_tokens\":4,\"total_tokens\":9,"
                     "\"prompt_tokens_details\":{\"cached_tokens\":9}"));
    ask_whole("messages", "compat");
    EXPECT("\"input_tokens\":0,");
    ask_whole("converse", "compat");
    EXPECT("\"inputTokens\":0,");
}

static void pitfall_35_reasoning_models_are_told_apart_by_what_they_are(void **state)
{
    (void)state;
    says("application/json", CHAT_HI);
    ask_chat("{\"model\":\"o3\",\"max_tokens\":50," CANNED_USER "}");
    expect_sent("\"max_completion_tokens\":50");
    expect_not_sent("\"max_tokens\"");
    ask_chat("{\"model\":\"azure\",\"max_tokens\":50," CANNED_USER "}");
    expect_sent("/openai/deployments/deployed/");
    expect_sent("\"max_completion_tokens\":50");
    expect_not_sent("\"max_tokens\"");
    ask_chat("{\"model\":\"openai\",\"max_tokens\":50," CANNED_USER "}");
    expect_sent("\"max_tokens\":50");
}

static void pitfall_36_encoding_that_was_left_out_stays_out(void **state)
{
    static const char *const models[] = { "openai", "azure" };
    char body[128];

    (void)state;
    says("application/json",
         "{\"object\":\"list\",\"data\":[{\"object\":\"embedding\",\"index\":0,\"embedding\":[1]}],"
         "\"model\":\"v\",\"usage\":{\"prompt_tokens\":1,\"total_tokens\":1}}");
    for (size_t i = 0; i < 2; i++) {
        sluice_request r = { .operation = SL_SPAN("embeddings") };

        snprintf(body, sizeof body, "{\"model\":\"%s\",\"input\":\"x\"}", models[i]);
        r.body = sl_span_str(body);
        canned_run(&vendor, &got, &r);
        read_answer();
        expect_status(200);
        expect_not_sent("encoding_format");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PITFALL(pitfall_17_cache_writes_are_a_part_of_the_prompt),
        PITFALL(pitfall_18_cache_reads_are_told_in_streams),
        PITFALL(pitfall_19_message_start_has_every_key_of_usage),
        PITFALL(pitfall_20_thoughts_are_a_part_of_the_answer),
        PITFALL(pitfall_21_reasoning_and_its_count_are_delivered),
        PITFALL(pitfall_22_no_word_of_the_vendors_is_a_finish_reason),
        PITFALL(pitfall_23_last_frame_without_content_finishes),
        PITFALL(pitfall_25_chunks_without_choices_are_passed_on),
        PITFALL(pitfall_35_reasoning_models_are_told_apart_by_what_they_are),
        PITFALL(pitfall_36_encoding_that_was_left_out_stays_out),
        PITFALL(pitfall_38_counts_of_later_frames_replace_earlier_ones),
        PITFALL(pitfall_39_what_was_not_cached_is_never_below_nought),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
