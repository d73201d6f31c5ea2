/* SPDX-License-Identifier: Apache-2.0 */
/* Streams in one dialect out of another, and streams that fail: pitfalls 26 to 34, 37. */
#include "pitfalls.h"

/* Each frame's line `event:` names the type of its data. */
static void every_event_is_named(void)
{
    const char *at = heard.ptr;
    size_t n = 0;

    for (; (at = strstr(at, "event: ")); n++) {
        const char *end = strchr(at, '\n'), *data = end + strlen("\ndata: {\"type\":\"");
        size_t len = (size_t)(end - at) - strlen("event: ");

        if (strncmp(end, "\ndata: {\"type\":\"", strlen("\ndata: {\"type\":\"")) != 0 ||
            strncmp(at + strlen("event: "), data, len) != 0 || data[len] != '"')
            fail_msg("%.*s", 200, at);
        at = end;
    }
    assert_int_equal(n, times("data: "));
}

static void pitfall_26_message_starts_once(void **state)
{
    (void)state;
    says(SSE, CHAT_CHUNK("{\"role\":\"assistant\",\"content\":\"\"}", "null")
                  CHAT_CHUNK("{\"role\":\"assistant\",\"content\":\"a\"}", "null")
                      CHAT_CHUNK("{}", "\"stop\"") CHAT_USAGE CHAT_DONE);
    ask_stream("messages", "compat");
    assert_int_equal(times("event: message_start\n"), 1);
    assert_int_equal(times("event: message_stop\n"), 1);
    assert_int_equal(times("event: content_block_start\n"), 1);
}

static void pitfall_27_thinking_and_text_are_blocks_of_their_own(void **state)
{
    (void)state;
    says(SSE, CHAT_CHUNK("{\"role\":\"assistant\",\"content\":\"\"}", "null")
                  CHAT_CHUNK("{\"reasoning_content\":\"hm\"}", "null")
                      CHAT_CHUNK("{\"content\":\"a\"}", "null") CHAT_CHUNK("{}", "\"stop\"")
                          CHAT_USAGE CHAT_DONE);
    ask_stream("messages", "compat");
    EXPECT("\"index\":0,\"content_block\":{\"type\":\"thinking\"",
           "\"index\":0,\"delta\":{\"type\":\"thinking_delta\"",
           "\"type\":\"content_block_stop\",\"index\":0",
           "\"index\":1,\"content_block\":{\"type\":\"text\"",
           "\"index\":1,\"delta\":{\"type\":\"text_delta\"",
           "\"type\":\"content_block_stop\",\"index\":1");
}

static void pitfall_28_every_event_of_a_message_has_its_name(void **state)
{
    struct sl_buf stream;

    (void)state;
    sl_buf_init(&stream, 1u << 16);
    aws_events(&stream, bedrock_events);
    canned_says(&vendor, AWS_EVENTS, sl_buf_span(&stream));
    ask_stream("messages", "bedrock");
    sl_buf_finish(&stream);
    every_event_is_named();
    EXPECT("message_start", "thinking_delta", "signature_delta", "text_delta", "\"id\":\"t1\"",
           "input_json_delta", "\"id\":\"t2\"", "message_delta", "message_stop");
}

static void pitfall_29_every_item_and_part_is_opened_and_closed(void **state)
{
    (void)state;
    says(SSE, CHAT_CHUNK("{\"content\":\"a\"}", "null") CHAT_CHUNK("{\"content\":\"b\"}", "null")
                  CHAT_CHUNK("{}", "\"stop\"") CHAT_USAGE CHAT_DONE);
    ask_stream("responses", "compat");
    every_event_is_named();
    EXPECT("event: response.created\n", "event: response.in_progress\n",
           "event: response.output_item.added\n", "event: response.content_part.added\n",
           "event: response.output_text.delta\n", "event: response.output_text.delta\n",
           "event: response.output_text.done\n", "event: response.content_part.done\n",
           "event: response.output_item.done\n", "event: response.completed\n");
}

static void pitfall_30_reasoning_is_an_item_in_front_of_the_text(void **state)
{
    (void)state;
    says(SSE, CHAT_CHUNK("{\"reasoning_content\":\"hm\"}", "null") CHAT_CHUNK(
                  "{\"content\":\"a\"}", "null") CHAT_CHUNK("{}", "\"stop\"") CHAT_USAGE CHAT_DONE);
    ask_stream("responses", "compat");
    EXPECT("event: response.output_item.added\n", "\"output_index\":0",
           "event: response.output_item.done\n", "\"output_index\":0", "\"type\":\"reasoning\"",
           "event: response.output_item.added\n", "\"output_index\":1",
           "event: response.output_text.delta\n", "\"item_id\":\"msg_", "\"output_index\":1");
}

static void pitfall_31_members_that_typed_clients_want_are_there(void **state)
{
    char text[64];
    size_t n;

    (void)state;
    says(SSE, CHAT_CHUNK("{\"content\":\"a\"}", "null") CHAT_CHUNK("{}", "\"stop\"") CHAT_DONE);
    ask_stream("responses", "compat");
    n = times("data: {\"type\":");
    for (size_t i = 0; i < n; i++) {
        snprintf(text, sizeof text, "\"sequence_number\":%zu,", i);
        assert_int_equal(times(text), 1);
    }
    EXPECT("event: response.completed\n", "\"text\":{\"format\":{\"type\":\"text\"}}",
           "\"output_tokens_details\":{\"reasoning_tokens\":0}");
    says("application/json", CHAT_HI);
    ask_whole("responses", "compat");
    EXPECT("\"text\":{\"format\":{\"type\":\"text\"}}",
           "\"output_tokens_details\":{\"reasoning_tokens\":0}");
}

#define OVERLOADED                                                                                 \
    A_EVENT("error", ",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}")

static void pitfall_32_overload_in_a_200_is_a_status(void **state)
{
    (void)state;
    says(SSE, OVERLOADED);
    for (size_t i = 0; i < CANNED_DIALECTS; i++) {
        ask_stream(canned_dialects[i].name, "anthropic");
        expect_status(strcmp(canned_dialects[i].name, "messages") ? 503 : 529);
    }
}

static void pitfall_32_overload_in_a_200_leads_to_the_fallback(void **state)
{
    sluice_request r = { .operation = SL_SPAN("messages"),
                         .body = SL_SPAN("{\"model\":\"anthropic\",\"stream\":true,"
                                         "\"fallbacks\":[\"compat\"]," CANNED_USER
                                         ",\"max_tokens\":9}") };

    (void)state;
    vendor.answers[0] = (struct canned_answer){ .type = SSE, .body = SL_SPAN(OVERLOADED) };
    vendor.answers[1] =
        (struct canned_answer){ .type = SSE,
                                .body = SL_SPAN(CHAT_CHUNK("{\"content\":\"hi\"}", "null")
                                                    CHAT_CHUNK("{}", "\"stop\"") CHAT_DONE) };
    vendor.n_answers = 2;
    canned_run(&vendor, &got, &r);
    read_answer();
    expect_status(200);
    assert_int_equal(vendor.requests, 2);
    EXPECT("message_start", "\"text\":\"hi\"", "message_stop");
}

/* What ends a good answer, for each dialect. */
static const struct {
    const char *dialect, *end;
} ends[] = {
    { "chat", "[DONE]" },
    { "responses", "response.completed" },
    { "messages", "message_stop" },
    { "gemini", "finishReason" },
    { "gemini list", "finishReason" },
    { "cohere", "COMPLETE" },
    { "converse", "messageStop" },
    { "ollama", "\"done\":true" },
    { "ollama generate", "\"done\":true" },
};

static void fails(const char *what)
{
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        ask_stream(ends[i].dialect, "anthropic");
        expect_status(200);
        EXPECT("a");
        expect_not(ends[i].end);
        if (got.result >= 0 || !strstr(heard.ptr, what))
            fail_msg("%s: no %s in %s", ends[i].dialect, what, heard.ptr);
    }
}

static void pitfall_33_failure_amid_a_stream_keeps_its_class(void **state)
{
    (void)state;
    says(SSE, A_START("\"input_tokens\":1,\"output_tokens\":1") A_TEXT_BLOCK("0") A_TEXT("0", "a")
                  A_EVENT("error", ",\"error\":{\"type\":\"rate_limit_error\",\"message\":"
                                   "\"Slow down\"}"));
    ask_stream("chat", "anthropic");
    EXPECT("\"content\":\"a\"", "\"error\":{", "Slow down", "\"code\":\"rate_limit_exceeded\"");
    assert_int_equal(got.result, SLUICE_E_RATE_LIMIT);
    fails("Slow down");
    ask_stream("converse", "anthropic");
    EXPECT("!throttlingException ");
    ask_stream("responses", "anthropic");
    EXPECT("response.failed", "rate_limit_exceeded");
    ask_stream("gemini", "anthropic");
    EXPECT("RESOURCE_EXHAUSTED");
}

static void pitfall_34_answer_that_breaks_off_is_never_dressed_as_one(void **state)
{
    static const char broken[] = A_START("\"input_tokens\":1,\"output_tokens\":1") A_TEXT_BLOCK("0")
        A_TEXT("0", "a") A_TEXT("0", "b") A_TEXT("0", "c");

    (void)state;
    says(SSE, broken);
    fails("ended");
    vendor.answers[0].broken = true;
    fails("broke");
    ask_whole("chat", "anthropic");
    assert_true(got.status >= 500);
    /* And where both speak the same. */
    says(SSE, CHAT_CHUNK("{\"content\":\"a\"}", "null"));
    ask_stream("chat", "openai");
    EXPECT("\"content\":\"a\"", "\"error\":{");
    expect_not("[DONE]");
}

static void pitfall_37_unknown_failure_keeps_its_message(void **state)
{
    (void)state;
    says(SSE, A_EVENT("error", ",\"error\":{\"type\":\"novel_error\",\"message\":\"Novel\"}"));
    ask_stream("chat", "anthropic");
    expect_status(502);
    EXPECT("Novel", "\"type\":\"server_error\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PITFALL(pitfall_26_message_starts_once),
        PITFALL(pitfall_27_thinking_and_text_are_blocks_of_their_own),
        PITFALL(pitfall_28_every_event_of_a_message_has_its_name),
        PITFALL(pitfall_29_every_item_and_part_is_opened_and_closed),
        PITFALL(pitfall_30_reasoning_is_an_item_in_front_of_the_text),
        PITFALL(pitfall_31_members_that_typed_clients_want_are_there),
        PITFALL(pitfall_32_overload_in_a_200_is_a_status),
        PITFALL(pitfall_32_overload_in_a_200_leads_to_the_fallback),
        PITFALL(pitfall_33_failure_amid_a_stream_keeps_its_class),
        PITFALL(pitfall_34_answer_that_breaks_off_is_never_dressed_as_one),
        PITFALL(pitfall_37_unknown_failure_keeps_its_message),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
