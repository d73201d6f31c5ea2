/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mock.h - the parts of the mock provider. A call is read into an `ask`, the model's name and the
 * mock_* parameters make a `plan` of it, and the plan is written as a complete HTTP answer in
 * OpenAI's format, which the host plays back (provider.h, url "mock:").
 *
 * MODELS      Any name echoes the last user message, except:
 *   slow           one second passes before the head
 *   stream-slow    fifty milliseconds pass between the events
 *   stream-bytes   the body comes byte by byte
 *   long           some 100 KB of text
 *   empty          an answer without text
 *   reasoning      reasoning_content first, then the echo
 *   tools          calls the request's first tool; answers in text once a result is there
 *   error-NNN      HTTP status NNN (400 to 599) with the error body that fits it; 429 and 503 with
 *                  retry-after
 *   error-context, error-policy, error-quota   the failures of that name
 *   error-html     502 with a proxy's HTML page
 *   error-stream   200, two chunks, then an error in the stream
 *   html           200 with an HTML page
 *   refuse         no connection
 *   reset, stall, truncate          the fault after half of the body
 *   reset-early, stall-early        the fault instead of an answer
 *   no-done        the stream ends without finish and terminator
 * PARAMETERS  of the request or of the deployment's configuration, the request's first:
 *   mock_response     the text of the answer, or an object that is the whole answer; LiteLLM's
 *                     special strings name failures
 *   mock_delay        seconds before the head
 *   mock_timeout      true: no answer ever comes
 *   mock_tool_calls   tool calls in OpenAI's form
 *   mock_chunk_delay  seconds between the pieces of the body
 * A response_format of JSON gets a value that fits its schema instead of the echo.
 * max_tokens counts words. usage is 10 and 20 with mock_response, else a quarter of the bytes.
 */
#ifndef MOCK_H
#define MOCK_H

#include <sluice/provider.h>
#include <sluice_sdk/arena.h>
#include <sluice_sdk/buf.h>
#include <sluice_sdk/json.h>

#define MOCK_BODY_MAX ((size_t)64 << 20)
#define MOCK_CHOICES_MAX 128
#define MOCK_DIMENSIONS_MAX 4096

enum mock_operation { MOCK_CHAT, MOCK_COMPLETION, MOCK_EMBEDDING, MOCK_MODELS };

/* What the caller wants; spans into the call or the configuration. */
struct mock_ask {
    enum mock_operation operation;
    sluice_span model;
    bool stream, usage_asked;
    int64_t n;          /* choices */
    int64_t max_tokens; /* -1 = no bound */
    size_t prompt_bytes;
    sluice_span text;      /* last user message or first prompt, decoded */
    sluice_span schema;    /* of the wanted answer, raw; empty = plain text */
    sluice_span tool_name; /* the request's first tool, raw; empty = none */
    bool tool_answered;    /* the last message is a tool's result */
    sluice_span input;     /* embeddings: raw */
    bool base64;
    int64_t dimensions;
    sluice_span response, delay, timeout, tool_calls, chunk_delay; /* mock_*: raw, or empty */
};

/* What will be answered. */
struct mock_plan {
    int32_t status;
    const char *content_type; /* NULL = JSON or event stream, as asked */
    sluice_span text;         /* decoded */
    sluice_span reasoning;    /* decoded; empty = none */
    sluice_span tool_calls;   /* raw array; empty = none */
    sluice_span whole;        /* a ready body; empty = compose one */
    bool cut_finish;          /* no finish, no terminator */
    bool error_in_stream;
    int64_t input_tokens, output_tokens; /* -1 = count */
    uint64_t delay_ms, chunk_delay_ms, chunk, retry_after_s;
    const char *fail; /* NULL = none */
    bool fail_early;  /* before the head; else after half of the body */
};

/* The composed body; ends[] are offsets behind each piece. */
struct mock_body {
    struct sl_buf text, ends;
};

/* Read the call and the configuration (a JSON object). INVALID names what is missing or wrong. */
sluice_status mock_ask_read(const sluice_call *call, sluice_span config, struct sluice_arena *mem,
                            struct mock_ask *ask, sluice_error *err);
/* The behaviour that the model's name and the mock_* parameters ask for. */
sluice_status mock_plan_make(const struct mock_ask *ask, struct sluice_arena *mem,
                             struct mock_plan *plan, sluice_error *err);
/* An error body in OpenAI's shape. */
sluice_span mock_error_body(struct sluice_arena *mem, int32_t status, const char *code,
                            const char *message);

/* Ends a piece of the body. */
void mock_cut(struct mock_body *body);
void mock_chat_write(const struct mock_ask *ask, const struct mock_plan *plan, uint64_t id,
                     int64_t created, struct mock_body *body);
void mock_embedding_write(const struct mock_ask *ask, struct mock_body *body);
void mock_models_write(int64_t created, struct mock_body *body);
/* A value that fits the schema, a valid JSON object. */
void mock_sample_write(sluice_span schema, sluice_span text, struct sl_buf *out);
/* Words of a text, each with the blanks before it. false at the end. */
bool mock_word(sluice_span *rest, sluice_span *word);

#endif
