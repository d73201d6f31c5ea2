/* SPDX-License-Identifier: Apache-2.0 */
/* operation.c - the table of operations, and the request members that are LiteLLM's own. */
#include "format/dialect/operation.h"

#include "format/anthropic/anthropic.h"
#include "format/converse/converse.h"
#include "format/cohere/cohere.h"
#include "format/gemini/gemini.h"
#include "format/ollama/ollama.h"
#include "format/responses/responses.h"

#define CHAT &sl_dialect_openai_chat
#define PLAIN &sl_dialect_openai_plain
#define EVENTS &sl_dialect_openai_events

/* What requests cannot do without; one more than there is ends each list. */
static const struct sl_required messages[2] = {
    { { "messages", 8 }, SL_JSON_ARRAY, "must be an array of messages" }
};
static const struct sl_required contents[2] = {
    { { "contents", 8 }, SL_JSON_NONE, "must be a list of contents" }
};
static const struct sl_required requests[2] = {
    { { "requests", 8 }, SL_JSON_ARRAY, "must be a list of requests" }
};
static const struct sl_required input[2] = {
    { { "input", 5 }, SL_JSON_NONE, "must be a string or an array" }
};
static const struct sl_required prompt[2] = {
    { { "prompt", 6 }, SL_JSON_NONE, "must be a string or an array" }
};
static const struct sl_required input_text[2] = {
    { { "input", 5 }, SL_JSON_STRING, "must be a string" }
};
static const struct sl_required prompt_text[2] = {
    { { "prompt", 6 }, SL_JSON_STRING, "must be a string" }
};
static const struct sl_required search[3] = {
    { { "query", 5 }, SL_JSON_STRING, "must be a string" },
    { { "documents", 9 }, SL_JSON_ARRAY, "must be an array" },
};
static const struct sl_required input_file[2] = {
    { { "input_file_id", 13 }, SL_JSON_STRING, "must be a string" }
};

/* JSON in, JSON out. */
#define ASK(op, needs, speaks, stream, may_cache)                                                  \
    {                                                                                              \
        .name = op, .required = needs, .dialect = speaks, .streams = stream, .cached = may_cache,  \
        .text = stream                                                                             \
    }
#define OPEN(op, needs, in, out, need, stream)                                                     \
    {                                                                                              \
        .name = op, .required = needs, .dialect = EVENTS, .streams = stream,                       \
        .takes = SL_TAKES_##in, .gives = SL_GIVES_##out, .model = SL_MODEL_##need                  \
    }
/* Of an account: files, batches. */
#define KEPT(op, needs, in, out)                                                                   \
    {                                                                                              \
        .name = op, .required = needs, .dialect = PLAIN, .takes = SL_TAKES_##in,                   \
        .gives = SL_GIVES_##out, .model = SL_MODEL_NONE                                            \
    }

/* Of a response that was made before. */
#define RESPONSE(op, stream)                                                                       \
    {                                                                                              \
        .name = op, .dialect = &sl_dialect_responses_kept, .streams = stream,                      \
        .takes = SL_TAKES_NOTHING, .model = SL_MODEL_NONE                                          \
    }

/* Members of the dialect itself, although LiteLLM gives the name a meaning. */
static const char *const metadata[] = { "metadata", NULL };
static const char *const cohere_members[] = { "priority", NULL };
static const char *const response_members[] = { "metadata", "prompt", NULL };

static const struct sl_operation operations[] = {
    ASK("chat.completions", messages, CHAT, true, true),
    ASK("completions", prompt, PLAIN, true, true),
    ASK("embeddings", input, PLAIN, false, true),
    ASK("rerank", search, PLAIN, false, true),
    OPEN("moderations", input, JSON, JSON, OPTIONAL, false),
    OPEN("images.generations", prompt_text, JSON, JSON, OPTIONAL, true),
    OPEN("images.edits", NULL, FORM, JSON, OPTIONAL, true),
    OPEN("images.variations", NULL, FORM, JSON, OPTIONAL, false),
    OPEN("audio.speech", input_text, JSON, EITHER, NEEDED, true),
    OPEN("audio.transcriptions", NULL, FORM, EITHER, NEEDED, true),
    OPEN("audio.translations", NULL, FORM, EITHER, NEEDED, false),
    KEPT("files.create", NULL, FORM, JSON),
    KEPT("files.list", NULL, NOTHING, JSON),
    KEPT("files.retrieve", NULL, NOTHING, JSON),
    KEPT("files.delete", NULL, NOTHING, JSON),
    KEPT("files.content", NULL, NOTHING, BYTES),
    {
        .name = "batches.create",
        .required = input_file,
        .dialect = PLAIN,
        .model = SL_MODEL_NONE,
        .own = metadata,
    },
    KEPT("batches.list", NULL, NOTHING, JSON),
    KEPT("batches.retrieve", NULL, NOTHING, JSON),
    KEPT("batches.cancel", NULL, NOTHING, JSON),
    KEPT("passthrough", NULL, ANY, BYTES),
    {
        .name = "messages",
        .required = messages,
        .dialect = &sl_dialect_anthropic,
        .streams = true,
        .cached = true,
        .text = true,
        .own = metadata,
        .pivot = "chat.completions",
        .request = sl_anthropic_request,
    },
    {
        .name = "messages.count_tokens",
        .required = messages,
        .dialect = &sl_dialect_anthropic,
        .own = metadata,
        .estimate = sl_anthropic_count,
    },
    {
        .name = "responses",
        .required = input,
        .dialect = &sl_dialect_responses,
        .messages = &sl_dialect_responses_messages,
        .streams = true,
        .text = true,
        .issues = true,
        .own = response_members,
        .pivot = "chat.completions",
        .request = sl_responses_request,
    },
    {
        .name = "generateContent",
        .required = contents,
        .dialect = &sl_dialect_gemini,
        .unless_sse = &sl_dialect_gemini_list,
        .streams = true,
        .cached = true,
        .text = true,
        .flags = SL_OP_PATH | SL_OP_OWN_PARAMETERS,
        .pivot = "chat.completions",
        .request = sl_gemini_request,
    },
    {
        .name = "countTokens",
        .dialect = &sl_dialect_gemini,
        .flags = SL_OP_PATH | SL_OP_OWN_PARAMETERS,
        .estimate = sl_gemini_count,
    },
    {
        .name = "embedContent",
        .dialect = &sl_dialect_gemini,
        .cached = true,
        .flags = SL_OP_PATH | SL_OP_OWN_PARAMETERS,
        .pivot = "embeddings",
        .request = sl_gemini_embed_request,
        .answer = sl_gemini_embed_answer,
    },
    {
        .name = "batchEmbedContents",
        .required = requests,
        .dialect = &sl_dialect_gemini,
        .cached = true,
        .flags = SL_OP_PATH | SL_OP_OWN_PARAMETERS,
        .pivot = "embeddings",
        .request = sl_gemini_batch_request,
        .answer = sl_gemini_batch_answer,
    },
    {
        .name = "cohere.chat",
        .required = messages,
        .dialect = &sl_dialect_cohere,
        .streams = true,
        .cached = true,
        .text = true,
        .flags = SL_OP_OWN_PARAMETERS,
        .own = cohere_members,
        .pivot = "chat.completions",
        .request = sl_cohere_chat_request,
    },
    {
        .name = "cohere.embed",
        .dialect = &sl_dialect_cohere,
        .cached = true,
        .flags = SL_OP_OWN_PARAMETERS,
        .own = cohere_members,
        .pivot = "embeddings",
        .request = sl_cohere_embed_request,
        .answer = sl_cohere_embed_answer,
    },
    {
        .name = "ollama.chat",
        .required = messages,
        .dialect = &sl_dialect_ollama_chat,
        .streams = true,
        .cached = true,
        .text = true,
        .flags = SL_OP_STREAM_UNLESS | SL_OP_OWN_PARAMETERS,
        .pivot = "chat.completions",
        .request = sl_ollama_chat_request,
    },
    {
        .name = "ollama.generate",
        .dialect = &sl_dialect_ollama_generate,
        .streams = true,
        .cached = true,
        .text = true,
        .flags = SL_OP_STREAM_UNLESS | SL_OP_OWN_PARAMETERS,
        .pivot = "chat.completions",
        .request = sl_ollama_generate_request,
    },
    {
        .name = "ollama.embed",
        .required = input,
        .dialect = &sl_dialect_ollama_chat,
        .cached = true,
        .flags = SL_OP_OWN_PARAMETERS,
        .pivot = "embeddings",
        .request = sl_ollama_embed_request,
        .answer = sl_ollama_embed_answer,
    },
    {
        .name = "converse",
        .dialect = &sl_dialect_converse,
        .streams = true,
        .cached = true,
        .text = true,
        .flags = SL_OP_PATH | SL_OP_OWN_PARAMETERS,
        .pivot = "chat.completions",
        .request = sl_converse_request,
    },
    {
        .name = "invoke",
        .dialect = &sl_dialect_invoke,
        .streams = true,
        .gives = SL_GIVES_EITHER,
        .cached = true,
        .flags = SL_OP_PATH | SL_OP_OWN_PARAMETERS,
    },
    {
        .name = "realtime",
        .dialect = PLAIN,
        .takes = SL_TAKES_NOTHING,
        .gives = SL_GIVES_BYTES,
        .flags = SL_OP_SOCKET,
    },
    RESPONSE("responses.retrieve", true),
    RESPONSE("responses.delete", false),
    RESPONSE("responses.cancel", false),
    RESPONSE("responses.input_items", false),
};

const struct sl_operation *sl_operation_find(sluice_span name, sluice_span dialect)
{
    const struct sl_operation *found = NULL;

    for (size_t i = 0; i < sizeof operations / sizeof operations[0] && !found; i++)
        if (sl_span_eq(name, sl_span_str(operations[i].name)))
            found = &operations[i];
    if (!found || !dialect.len || sl_span_eq(dialect, sl_span_str(found->dialect->name)))
        return found;
    /* The same thing, asked for in other words. */
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++)
        if (operations[i].pivot && strcmp(operations[i].pivot, found->name) == 0 &&
            sl_span_eq(dialect, sl_span_str(operations[i].dialect->name)))
            return &operations[i];
    return NULL;
}

/* Asked for every member of every request: by length first. */
static bool is_ours(sluice_span name)
{
#define IS(text) sl_span_eq(name, SL_SPAN(text))
    switch (name.len) {
    case 4:
        return IS("tags");
    case 5:
        return IS("cache");
    case 6:
        return IS("no-log");
    case 7:
        return IS("caching") || IS("timeout");
    case 8:
        return IS("metadata") || IS("policies") || IS("priority");
    case 9:
        return IS("fallbacks") || IS("prompt_id");
    case 10:
        return IS("extra_body") || IS("guardrails") || IS("mock_delay");
    case 11:
        return IS("api_version") || IS("drop_params") || IS("num_retries");
    case 12:
        return IS("mock_timeout");
    case 13:
        return IS("extra_headers") || IS("max_fallbacks") || IS("mock_response") ||
               IS("modify_params");
    case 14:
        return IS("stream_timeout");
    case 15:
        return IS("litellm_call_id") || IS("mock_tool_calls") || IS("request_timeout");
    case 16:
        return IS("fastest_response") || IS("litellm_metadata") || IS("litellm_trace_id") ||
               IS("prompt_variables");
    case 17:
        return IS("disable_fallbacks");
    case 18:
        return IS("litellm_session_id") || IS("target_model_names");
    case 19:
        return IS("custom_llm_provider");
    case 20:
        return IS("allowed_model_region");
    case 21:
        return IS("allowed_openai_params");
    case 22:
        return IS("additional_drop_params") || IS("mock_testing_fallbacks");
    case 24:
        return IS("content_policy_fallbacks") || IS("context_window_fallbacks");
    case 28:
        return IS("context_window_fallback_dict");
    case 29:
        return IS("mock_testing_rate_limit_error");
    case 30:
        return IS("mock_testing_context_fallbacks");
    case 37:
        return IS("mock_testing_content_policy_fallbacks");
    default:
        return false;
    }
#undef IS
}

bool sl_member_is_ours(const struct sl_operation *op, sluice_span name)
{
    if (!is_ours(name))
        return false;
    for (const char *const *own = op->own; own && *own; own++)
        if (sl_span_eq(name, sl_span_str(*own)))
            return false;
    return true;
}
