/* SPDX-License-Identifier: Apache-2.0 */
/* merge_reasoning_content_in_choices: thoughts of a stream stand in the content, in tags. */
#include "../pitfalls.h"

/* A relayed vendor, one whose events the plugin reads, one that tells steps. */
static const char *const models[] = { "merged", "merged_compat", "merged_anthropic" };

static const char *stream_of(size_t i)
{
    return i == 2 ? anthropic_stream : chat_stream;
}

static void thoughts_stand_in_the_content(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        says(SSE, stream_of(i));
        ask_stream("chat", models[i]);
        EXPECT("\"content\":\"<think>\"", "\"content\":\"hm", "\"content\":\"</think>\"",
               "\"content\":\"se", "\"tool_calls\"", "\"finish_reason\":\"tool_calls\"",
               "data: [DONE]");
        assert_int_equal(times("<think>"), 1);
        assert_int_equal(times("</think>"), 1);
        expect_not("reasoning_content");
    }
}

static void thoughts_that_end_the_answer_are_closed(void **state)
{
    (void)state;
    says(SSE, CHAT_CHUNK("{\"role\":\"assistant\",\"reasoning_content\":\"hm\"}", "null")
                  CHAT_CHUNK("{\"reasoning_content\":\"m\"}", "null") CHAT_CHUNK("{}", "\"length\"")
                      CHAT_USAGE CHAT_DONE);
    ask_stream("chat", "merged");
    EXPECT("\"content\":\"<think>\"", "\"content\":\"hm\"", "\"content\":\"m\"",
           "\"content\":\"</think>\"", "\"finish_reason\":\"length\"");
    assert_int_equal(times("<think>"), 1);
}

static void answer_without_thoughts_has_no_tags(void **state)
{
    (void)state;
    says(SSE, CHAT_CHUNK("{\"role\":\"assistant\",\"content\":\"a\"}", "null")
                  CHAT_CHUNK("{}", "\"stop\"") CHAT_DONE);
    ask_stream("chat", "merged");
    EXPECT("\"content\":\"a\"", "\"finish_reason\":\"stop\"");
    expect_not("think>");
}

static void whole_answers_and_other_dialects_keep_them_apart(void **state)
{
    (void)state;
    says("application/json",
         CHAT_ANSWER("{\"role\":\"assistant\",\"content\":\"a\",\"reasoning_content\":\"hm\"}",
                     "stop", "\"prompt_tokens\":9,\"completion_tokens\":4,\"total_tokens\":13"));
    ask_whole("chat", "merged");
    EXPECT("\"reasoning_content\":\"hm\"");
    says(SSE, chat_stream);
    ask_stream("messages", "merged");
    EXPECT("thinking_delta");
    expect_not("<think>");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PITFALL(thoughts_stand_in_the_content),
        PITFALL(thoughts_that_end_the_answer_are_closed),
        PITFALL(answer_without_thoughts_has_no_tags),
        PITFALL(whole_answers_and_other_dialects_keep_them_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
