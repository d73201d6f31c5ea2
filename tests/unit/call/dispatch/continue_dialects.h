/* SPDX-License-Identifier: Apache-2.0 */
/* continue_dialects.h - the streams of test_continue_dialects.c: for each dialect a vendor's own
 * that breaks off amid a word, and what its client must see once. Behind kit.h. */
#ifndef TEST_CALL_CONTINUE_DIALECTS_H
#define TEST_CALL_CONTINUE_DIALECTS_H

#define NATIVE(model)                                                                              \
    "- {model_name: a, litellm_params: {model: " model                                             \
    ", api_base: 'http://127.0.0.1:%1$d', api_key: k}}\n"
#define OPENAI(name, more)                                                                         \
    "- {model_name: " name ", litellm_params: {model: openai/v" name                               \
    ", api_base: 'http://127.0.0.1:%1$d/v1', api_key: k}" more "}\n"
#define OPENAI_CHAT                                                                                \
    "- {model_name: a, litellm_params: {model: upstage/va, api_base: 'http://127.0.0.1:%1$d/v1', " \
    "api_key: k}}\n"
#define REST                                                                                       \
    OPENAI("b", ", model_info: {supports_assistant_prefill: true}")                                \
    "router_settings: {num_retries: 0, fallbacks: [{a: [b]}], mid_stream_fallback: true, "         \
    "disable_cooldowns: true}\n"
#define HTTP(type) "HTTP/1.1 200 OK\r\nContent-Type: " type "\r\nConnection: close\r\n\r\n"
#define SSE HTTP("text/event-stream")
#define EVENT(name, more) "event: " name "\ndata: {\"type\":\"" name "\"" more "}\n\n"
#define OTHER(delta, finish)                                                                       \
    "data: {\"id\":\"c2\",\"object\":\"chat.completion.chunk\",\"created\":9,\"model\":\"vb\","    \
    "\"choices\":[{\"index\":0,\"delta\":" delta ",\"finish_reason\":" finish "}]}\n\n"
#define GOES_ON                                                                                    \
    HTTP_SSE OTHER("{\"role\":\"assistant\",\"content\":\"\"}", "null")                            \
        OTHER("{\"content\":\"lo\"}", "null") OTHER("{}", "\"stop\"") "data: [DONE]\n\n"
#define BROKEN                                                                                     \
    HTTP_SSE CHUNK("{\"role\":\"assistant\",\"content\":\"\"}", "null")                            \
        CHUNK("{\"content\":\"hel\"}", "null")
#define HI "[{\"role\":\"user\",\"content\":\"hi\"}]"

/* What a client of a dialect asks, what the vendor's own stream looks like until it breaks off,
 * what stands in the whole answer once (its beginning, its end), and where its words are. */
struct dialect {
    const char *operation, *native, *body, *stream;
    const char *once[6];
    const char *text;
};

static const struct dialect messages = {
    "messages",
    "model_list:\n" NATIVE("anthropic/va") REST,
    "{\"model\":\"a\",\"max_tokens\":9,\"stream\":true,\"thinking\":{\"type\":\"enabled\","
    "\"budget_tokens\":1024},\"messages\":" HI "}",
    SSE EVENT("message_start",
              ",\"message\":{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\","
              "\"model\":\"va\",\"content\":[],\"usage\":{\"input_tokens\":3,\"output_tokens\":1}}")
        EVENT("content_block_start", ",\"index\":0,\"content_block\":{\"type\":\"thinking\","
                                     "\"thinking\":\"\",\"signature\":\"\"}")
            EVENT("content_block_delta",
                  ",\"index\":0,\"delta\":{\"type\":\"thinking_delta\",\"thinking\":\"hm\"}")
                EVENT("content_block_delta",
                      ",\"index\":0,\"delta\":{\"type\":\"signature_delta\",\"signature\":\"s\"}")
                    EVENT("content_block_stop", ",\"index\":0")
                        EVENT("content_block_start",
                              ",\"index\":1,\"content_block\":{\"type\":\"text\",\"text\":\"\"}")
                            EVENT("content_block_delta",
                                  ",\"index\":1,\"delta\":{\"type\":\"text_delta\","
                                  "\"text\":\"hel\"}"),
    { "event: message_start", "event: message_delta", "event: message_stop",
      "\"stop_reason\":\"end_turn\"" },
    "delta.text",
};

static const struct dialect gemini = {
    "generateContent",
    "model_list:\n" NATIVE("gemini/va") REST,
    "{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"hi\"}]}]}",
    SSE "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"hel\"}],\"role\":\"model\"},"
        "\"index\":0}],\"modelVersion\":\"va-1\",\"responseId\":\"r1\"}\r\n\r\n",
    { "\"finishReason\":\"STOP\"", "\"usageMetadata\"" },
    "candidates.0.content.parts.0.text",
};

static const struct dialect cohere = {
    "cohere.chat",
    "model_list:\n" NATIVE("cohere/va") REST,
    "{\"model\":\"a\",\"stream\":true,\"messages\":" HI "}",
    SSE EVENT("message-start", ",\"id\":\"i1\",\"delta\":{\"message\":{\"role\":\"assistant\"}}")
        EVENT("content-start",
              ",\"index\":0,\"delta\":{\"message\":{\"content\":{\"type\":\"text\","
              "\"text\":\"\"}}}")
            EVENT("content-delta",
                  ",\"index\":0,\"delta\":{\"message\":{\"content\":{\"text\":\"hel\"}}}"),
    { "event: message-start", "event: content-start", "event: content-end", "event: message-end" },
    "delta.message.content.text",
};

static const struct dialect ollama = {
    "ollama.chat",
    "model_list:\n" NATIVE("ollama_chat/va") REST,
    "{\"model\":\"a\",\"messages\":" HI "}",
    HTTP("application/x-ndjson") "{\"model\":\"va\",\"created_at\":\"2026-01-01T00:00:00Z\","
                                 "\"message\":{\"role\":\"assistant\",\"content\":\"hel\"},"
                                 "\"done\":false}\n",
    { "\"done\":true", "\"done_reason\":\"stop\"" },
    "message.content",
};

static const struct dialect generate = {
    "ollama.generate",
    "model_list:\n" NATIVE("ollama/va") REST,
    "{\"model\":\"a\",\"prompt\":\"hi\"}",
    HTTP("application/x-ndjson") "{\"model\":\"va\",\"created_at\":\"2026-01-01T00:00:00Z\","
                                 "\"response\":\"hel\",\"done\":false}\n",
    { "\"done\":true", "\"done_reason\":\"stop\"" },
    "response",
};

/* Its stream is made of messages that are no text: converse_stream(). */
static const struct dialect converse = {
    "converse",
    "model_list:\n" NATIVE("bedrock/va") REST,
    "{\"messages\":[{\"role\":\"user\",\"content\":[{\"text\":\"hi\"}]}]}",
    NULL,
    { "messageStart", "messageStop", "\"stopReason\":\"end_turn\"", "metadata" },
    "delta.text",
};

#define MESSAGE_ITEM(status, content)                                                              \
    "{\"id\":\"msg_of_the_vendor\",\"type\":\"message\",\"status\":\"" status                      \
    "\",\"role\":\"assistant\",\"content\":[" content "]}"
#define THOUGHTS                                                                                   \
    "{\"id\":\"rs_1\",\"type\":\"reasoning\",\"summary\":[],\"encrypted_content\":\"secret\"}"

static const struct dialect responses = {
    "responses",
    "model_list:\n" OPENAI("a", "") REST,
    "{\"model\":\"a\",\"stream\":true,\"input\":\"hi\"}",
    SSE EVENT("response.created",
              ",\"sequence_number\":0,\"response\":{\"id\":\"resp_1\",\"object\":\"response\","
              "\"created_at\":7,\"model\":\"va\",\"status\":\"in_progress\",\"output\":[]}")
        EVENT("response.output_item.added",
              ",\"sequence_number\":1,\"output_index\":0,\"item\":{\"id\":\"rs_1\",\"type\":"
              "\"reasoning\",\"summary\":[]}")
            EVENT("response.output_item.done",
                  ",\"sequence_number\":2,\"output_index\":0,\"item\":" THOUGHTS)
                EVENT("response.output_item.added", ",\"sequence_number\":3,\"output_index\":1,"
                                                    "\"item\":" MESSAGE_ITEM("in_progress", ""))
                    EVENT("response.content_part.added",
                          ",\"sequence_number\":4,\"item_id\":\"msg_of_the_vendor\","
                          "\"output_index\":1,\"content_index\":0,\"part\":{\"type\":"
                          "\"output_text\",\"annotations\":[],\"text\":\"\"}")
                        EVENT("response.output_text.delta",
                              ",\"sequence_number\":5,\"item_id\":\"msg_of_the_vendor\","
                              "\"output_index\":1,\"content_index\":0,\"delta\":\"hel\""),
    { "event: response.created", "event: response.completed", "event: response.content_part.done",
      "\"status\":\"in_progress\",\"role\"" },
    "delta",
};

#endif
