/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vendor_streams.h - one answer as each protocol streams it: a thought (where there is a word for
 * it), text with letters of two and four bytes, two parallel calls of which the second has no
 * arguments, usage. Included by tests that need canned.h.
 */
#ifndef TEST_CALL_VENDOR_STREAMS_H
#define TEST_CALL_VENDOR_STREAMS_H

#include "canned.h"

#define SSE "text/event-stream"
#define NDJSON "application/x-ndjson"
#define AWS_EVENTS "application/vnd.amazon.eventstream"

#define CHAT_CHUNK(delta, finish)                                                                  \
    "data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"v\","     \
    "\"choices\":[{\"index\":0,\"delta\":" delta ",\"finish_reason\":" finish "}]}\n\n"
#define CHAT_USAGE                                                                                 \
    "data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"v\","     \
    "\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":4,\"total_tokens\":13}}"  \
    "\n\n"
#define CHAT_CALL(index, id, name)                                                                 \
    CHAT_CHUNK("{\"tool_calls\":[{\"index\":" index ",\"id\":\"" id                                \
               "\",\"type\":\"function\",\"function\":{\"name\":\"" name                           \
               "\",\"arguments\":\"\"}}]}",                                                        \
               "null")
#define CHAT_ARGS(index, text)                                                                     \
    CHAT_CHUNK("{\"tool_calls\":[{\"index\":" index ",\"function\":{\"arguments\":\"" text         \
               "\"}}]}",                                                                           \
               "null")
#define CHAT_DONE "data: [DONE]\n\n"

static const char chat_stream[] = CHAT_CHUNK("{\"role\":\"assistant\",\"content\":\"\"}", "null")
    CHAT_CHUNK("{\"reasoning_content\":\"hm \xc3\xa9\"}", "null")
        CHAT_CHUNK("{\"content\":\"se\xc3\xa9 \xf0\x9f\x98\x80\"}", "null")
            CHAT_CALL("0", "t1", "f") CHAT_ARGS("0", "{\\\"a\\\"") CHAT_ARGS("0", ":1}")
                CHAT_CALL("1", "t2", "g") CHAT_ARGS("1", "{}") CHAT_CHUNK("{}", "\"tool_calls\"")
                    CHAT_USAGE CHAT_DONE;

#define A_EVENT(type, rest) "event: " type "\ndata: {\"type\":\"" type "\"" rest "}\n\n"
#define A_START(usage)                                                                             \
    A_EVENT("message_start",                                                                       \
            ",\"message\":{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\","          \
            "\"model\":\"v\",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,"          \
            "\"usage\":{" usage "}}")
#define A_BLOCK(index, block)                                                                      \
    A_EVENT("content_block_start", ",\"index\":" index ",\"content_block\":" block)
#define A_TEXT_BLOCK(index) A_BLOCK(index, "{\"type\":\"text\",\"text\":\"\"}")
#define A_TOOL_BLOCK(index, id, name)                                                              \
    A_BLOCK(index, "{\"type\":\"tool_use\",\"id\":\"" id "\",\"name\":\"" name "\",\"input\":{}}")
#define A_DELTA(index, type, member, text)                                                         \
    A_EVENT("content_block_delta",                                                                 \
            ",\"index\":" index ",\"delta\":{\"type\":\"" type "\",\"" member "\":\"" text "\"}")
#define A_TEXT(index, text) A_DELTA(index, "text_delta", "text", text)
#define A_ARGS(index, text) A_DELTA(index, "input_json_delta", "partial_json", text)
#define A_STOP(index) A_EVENT("content_block_stop", ",\"index\":" index)
#define A_END(reason, usage)                                                                       \
    A_EVENT("message_delta", ",\"delta\":{\"stop_reason\":\"" reason                               \
                             "\",\"stop_sequence\":null},\"usage\":{" usage "}")                   \
    A_EVENT("message_stop", "")

static const char anthropic_stream[] =
    A_START("\"input_tokens\":9,\"cache_creation_input_tokens\":0,\"cache_read_input_tokens\":0,"
            "\"output_tokens\":1")
        A_BLOCK("0", "{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}")
            A_DELTA("0", "thinking_delta", "thinking", "hm \xc3\xa9")
                A_DELTA("0", "signature_delta", "signature", "c2ln") A_STOP("0") A_TEXT_BLOCK("1")
                    A_EVENT("ping", "") A_TEXT("1", "se\xc3\xa9 ") A_TEXT("1", "\xf0\x9f\x98\x80")
                        A_STOP("1") A_TOOL_BLOCK("2", "t1", "f") A_ARGS("2", "{\\\"a\\\"")
                            A_ARGS("2", ":1}") A_STOP("2") A_TOOL_BLOCK("3", "t2", "g") A_STOP("3")
                                A_END("tool_use", "\"output_tokens\":4");

#define G_FRAME(parts, rest)                                                                       \
    "data: {\"candidates\":[{\"content\":{\"parts\":[" parts "],\"role\":\"model\"},\"index\":0"   \
    "" rest "}],\"modelVersion\":\"v\",\"responseId\":\"r1\"}\r\n\r\n"
#define G_USAGE(prompt, candidates, more)                                                          \
    "data: {\"candidates\":[{\"content\":{\"parts\":[],\"role\":\"model\"},\"finishReason\":"      \
    "\"STOP\",\"index\":0}],\"usageMetadata\":{\"promptTokenCount\":" prompt                       \
    ",\"candidatesTokenCount\":" candidates more "},\"modelVersion\":\"v\",\"responseId\":"        \
    "\"r1\"}\r\n\r\n"

static const char gemini_stream[] = G_FRAME("{\"text\":\"hm \xc3\xa9\",\"thought\":true}", "")
    G_FRAME("{\"text\":\"se\xc3\xa9 \xf0\x9f\x98\x80\"}", "")
        G_FRAME("{\"functionCall\":{\"name\":\"f\",\"args\":{\"a\":1}},\"thoughtSignature\":"
                "\"c2ln\"},{\"functionCall\":{\"name\":\"g\",\"args\":{}}}",
                "") G_USAGE("9", "4", ",\"totalTokenCount\":13");

#define C_EVENT(type, rest) "event: " type "\ndata: {\"type\":\"" type "\"" rest "}\n\n"
#define C_CONTENT(step, index, member)                                                             \
    C_EVENT("content-" step,                                                                       \
            ",\"index\":" index ",\"delta\":{\"message\":{\"content\":{" member "}}}")
#define C_CALL(index, id, name)                                                                    \
    C_EVENT("tool-call-start",                                                                     \
            ",\"index\":" index ",\"delta\":{\"message\":{\"tool_calls\":{\"id\":\"" id            \
            "\",\"type\":\"function\",\"function\":{\"name\":\"" name "\",\"arguments\":\"\"}}}}")
#define C_ARGS(index, text)                                                                        \
    C_EVENT("tool-call-delta",                                                                     \
            ",\"index\":" index                                                                    \
            ",\"delta\":{\"message\":{\"tool_calls\":{\"function\":{\"arguments\":\"" text         \
            "\"}}}}")

static const char cohere_stream[] = C_EVENT(
    "message-start", ",\"id\":\"c1\",\"delta\":{\"message\":{\"role\":\"assistant\",\"content\":[],"
                     "\"tool_plan\":\"\",\"tool_calls\":[],\"citations\":[]}}")
    C_CONTENT("start", "0", "\"type\":\"thinking\",\"thinking\":\"\"") C_CONTENT(
        "delta", "0", "\"thinking\":\"hm \xc3\xa9\"") C_EVENT("content-end", ",\"index\":0")
        C_CONTENT("start", "1", "\"type\":\"text\",\"text\":\"\"")
            C_CONTENT("delta", "1", "\"text\":\"se\xc3\xa9 \xf0\x9f\x98\x80\"") C_EVENT(
                "content-end", ",\"index\":1") C_CALL("0", "t1", "f") C_ARGS("0", "{\\\"a\\\"")
                C_ARGS("0", ":1}") C_EVENT("tool-call-end", ",\"index\":0") C_CALL("1", "t2", "g")
                    C_EVENT("tool-call-end", ",\"index\":1")
                        C_EVENT("message-end",
                                ",\"delta\":{\"finish_reason\":\"TOOL_CALL\",\"usage\":{\"billed_"
                                "units\":{\"input_tokens\":9,\"output_tokens\":4},\"tokens\":{"
                                "\"input_tokens\":9,\"output_tokens\":4}}}");

#define O_LINE(message, rest)                                                                      \
    "{\"model\":\"v\",\"created_at\":\"2026-01-01T00:00:00Z\",\"message\":{\"role\":"              \
    "\"assistant\"," message "}," rest "}\n"
#define O_END                                                                                      \
    "\"done\":true,\"done_reason\":\"stop\",\"total_duration\":5,\"prompt_eval_count\":9,"         \
    "\"eval_count\":4"

static const char ollama_stream[] =
    O_LINE("\"content\":\"\",\"thinking\":\"hm \xc3\xa9\"", "\"done\":false")
        O_LINE("\"content\":\"se\xc3\xa9 \xf0\x9f\x98\x80\"", "\"done\":false")
            O_LINE("\"content\":\"\",\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":{"
                   "\"a\":1}}},{\"function\":{\"name\":\"g\",\"arguments\":{}}}]",
                   "\"done\":false") O_LINE("\"content\":\"\"", O_END);

static const char mistral_stream[] = CHAT_CHUNK(
    "{\"role\":\"assistant\",\"content\":\"\"}",
    "null") CHAT_CHUNK("{\"content\":[{\"type\":\"thinking\",\"thinking\":[{\"type\":\"text\","
                       "\"text\":"
                       "\"hm \xc3\xa9\"}]}]}",
                       "null")
    CHAT_CHUNK(
        "{\"content\":\"se\xc3\xa9 \xf0\x9f\x98\x80\"}",
        "null") "data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":"
                "\"v\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\",\"tool_calls\":[{"
                "\"id\":"
                "\"AbCdEf123\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"a\\\":1}\"},"
                "\"index\":0},{\"id\":\"AbCdEf456\",\"function\":{\"name\":\"g\",\"arguments\":\"{}"
                "\"},"
                "\"index\":1}]},\"finish_reason\":\"tool_calls\"}],\"usage\":{\"prompt_tokens\":9,"
                "\"completion_tokens\":4,\"total_tokens\":13}}\n\n" CHAT_DONE;

#define R_EVENT(type, n, rest)                                                                     \
    "event: " type "\ndata: {\"type\":\"" type "\",\"sequence_number\":" n rest "}\n\n"
#define R_OBJECT(status, output, rest)                                                             \
    ",\"response\":{\"id\":\"resp_1\",\"object\":\"response\",\"created_at\":7,\"status\":"        \
    "\"" status "\",\"model\":\"v\",\"output\":[" output "]" rest "}"
#define R_MESSAGE                                                                                  \
    "{\"type\":\"message\",\"id\":\"msg_1\",\"status\":\"completed\",\"role\":\"assistant\","      \
    "\"content\":[{\"type\":\"output_text\",\"text\":\"se\xc3\xa9\",\"annotations\":[]}]}"

static const char responses_stream[] =
    R_EVENT("response.created", "0", R_OBJECT("in_progress", "", ""))
        R_EVENT("response.output_item.added", "1",
                ",\"output_index\":0,\"item\":{\"type\":\"message\",\"id\":\"msg_1\",\"status\":"
                "\"in_progress\",\"role\":\"assistant\",\"content\":[]}")
            R_EVENT("response.content_part.added", "2",
                    ",\"item_id\":\"msg_1\",\"output_index\":0,\"content_index\":0,\"part\":{"
                    "\"type\":\"output_text\",\"text\":\"\",\"annotations\":[]}")
                R_EVENT("response.output_text.delta", "3",
                        ",\"item_id\":\"msg_1\",\"output_index\":0,\"content_index\":0,"
                        "\"delta\":\"se\xc3\xa9\"")
                    R_EVENT("response.output_text.done", "4",
                            ",\"item_id\":\"msg_1\",\"output_index\":0,\"content_index\":0,"
                            "\"text\":\"se\xc3\xa9\"")
                        R_EVENT("response.output_item.done", "5",
                                ",\"output_index\":0,\"item\":" R_MESSAGE)
                            R_EVENT("response.completed", "6",
                                    R_OBJECT("completed", R_MESSAGE,
                                             ",\"usage\":{\"input_tokens\":9,\"output_tokens\":4,"
                                             "\"total_tokens\":13}"));

struct aws_event {
    const char *type, *payload; /* a type that begins with '!' is an exception's */
};

static inline void aws_events(struct sl_buf *b, const struct aws_event *events)
{
    for (; events->type; events++) {
        sluice_span payload = sl_span_str(events->payload);

        if (events->type[0] == '!')
            sl_es_exception(b, sl_span_str(events->type + 1), &payload, 1);
        else
            sl_es_event(b, sl_span_str(events->type), &payload, 1);
    }
    assert_true(sl_buf_ok(b));
}

#define B_DELTA(index, delta)                                                                      \
    {                                                                                              \
        "contentBlockDelta", "{\"contentBlockIndex\":" index ",\"delta\":{" delta "}}"             \
    }
#define B_STOP(index)                                                                              \
    {                                                                                              \
        "contentBlockStop", "{\"contentBlockIndex\":" index "}"                                    \
    }
#define B_TOOL(index, id, name)                                                                    \
    {                                                                                              \
        "contentBlockStart",                                                                       \
            "{\"contentBlockIndex\":" index ",\"start\":{\"toolUse\":{\"toolUseId\":\"" id         \
            "\",\"name\":\"" name "\"}}}"                                                          \
    }
static const struct aws_event bedrock_events[] = {
    { "messageStart", "{\"role\":\"assistant\"}" },
    B_DELTA("0", "\"reasoningContent\":{\"text\":\"hm \xc3\xa9\"}"),
    B_DELTA("0", "\"reasoningContent\":{\"signature\":\"c2ln\"}"),
    B_STOP("0"),
    B_DELTA("1", "\"text\":\"se\xc3\xa9 \xf0\x9f\x98\x80\""),
    B_STOP("1"),
    B_TOOL("2", "t1", "f"),
    B_DELTA("2", "\"toolUse\":{\"input\":\"{\\\"a\\\"\"}"),
    B_DELTA("2", "\"toolUse\":{\"input\":\":1}\"}"),
    B_STOP("2"),
    B_TOOL("3", "t2", "g"),
    B_STOP("3"),
    { "messageStop", "{\"stopReason\":\"tool_use\"}" },
    { "metadata", "{\"usage\":{\"inputTokens\":9,\"outputTokens\":4,\"totalTokens\":13},"
                  "\"metrics\":{\"latencyMs\":5}}" },
    { NULL, NULL },
};

/* Its events, one after the other: "type payload\n"; each frame must be whole, with right CRCs. */
static inline void read_aws_events(sluice_span stream, struct sl_buf *out)
{
    while (stream.len) {
        const unsigned char *p = (const unsigned char *)stream.ptr;
        size_t len;
        struct sl_es_message m;
        sluice_span type;
        const char *what = "";

        assert_true(stream.len >= 4);
        len = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
        assert_true(len <= stream.len);
        if (sl_es_decode(sl_span_head(stream, len), &m, &what) < 0)
            fail_msg("%s", what);
        type = sl_es_text(&m, ":event-type");
        if (!type.ptr) {
            type = sl_es_text(&m, ":exception-type");
            sl_buf_add_char(out, '!');
        }
        sl_buf_printf(out, "%.*s %.*s\n", SL_FMT(type), SL_FMT(m.payload));
        stream = sl_span_from(stream, len);
    }
    sl_buf_add_char(out, 0);
}

#endif
