/* SPDX-License-Identifier: Apache-2.0 */
/* operation.c - the table of operations, and the request members that are LiteLLM's own. */
#include "format/operation.h"

#include "format/anthropic.h"
#include "format/gemini.h"
#include "format/responses.h"

#define CHAT &sl_dialect_openai_chat
#define PLAIN &sl_dialect_openai_plain
#define EVENTS &sl_dialect_openai_events

/* JSON in, JSON out. */
#define ASK(op, speaks, stream, may_cache)                                                         \
    {                                                                                              \
        .name = op, .dialect = speaks, .streams = stream, .cached = may_cache, .text = stream      \
    }
#define OPEN(op, in, out, need, stream)                                                            \
    {                                                                                              \
        .name = op, .dialect = EVENTS, .streams = stream, .takes = SL_TAKES_##in,                  \
        .gives = SL_GIVES_##out, .model = SL_MODEL_##need                                          \
    }
/* Of an account: files, batches. */
#define KEPT(op, in, out)                                                                          \
    {                                                                                              \
        .name = op, .dialect = PLAIN, .takes = SL_TAKES_##in, .gives = SL_GIVES_##out,             \
        .model = SL_MODEL_NONE                                                                     \
    }

/* Of a response that was made before. */
#define RESPONSE(op)                                                                               \
    {                                                                                              \
        .name = op, .dialect = &sl_dialect_responses_kept, .takes = SL_TAKES_NOTHING,              \
        .model = SL_MODEL_NONE                                                                     \
    }

/* Members of the dialect itself, although LiteLLM gives the name a meaning. */
static const char *const metadata[] = { "metadata", NULL };
static const char *const response_members[] = { "metadata", "prompt", NULL };

static const struct sl_operation operations[] = {
    ASK("chat.completions", CHAT, true, true),
    ASK("completions", PLAIN, true, true),
    ASK("embeddings", PLAIN, false, true),
    ASK("rerank", PLAIN, false, true),
    OPEN("moderations", JSON, JSON, OPTIONAL, false),
    OPEN("images.generations", JSON, JSON, OPTIONAL, true),
    OPEN("images.edits", FORM, JSON, OPTIONAL, true),
    OPEN("images.variations", FORM, JSON, OPTIONAL, false),
    OPEN("audio.speech", JSON, EITHER, NEEDED, true),
    OPEN("audio.transcriptions", FORM, EITHER, NEEDED, true),
    OPEN("audio.translations", FORM, EITHER, NEEDED, false),
    KEPT("files.create", FORM, JSON),
    KEPT("files.list", NOTHING, JSON),
    KEPT("files.retrieve", NOTHING, JSON),
    KEPT("files.delete", NOTHING, JSON),
    KEPT("files.content", NOTHING, BYTES),
    KEPT("batches.create", JSON, JSON),
    KEPT("batches.list", NOTHING, JSON),
    KEPT("batches.retrieve", NOTHING, JSON),
    KEPT("batches.cancel", NOTHING, JSON),
    KEPT("passthrough", ANY, BYTES),
    {
        .name = "messages",
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
        .dialect = &sl_dialect_anthropic,
        .own = metadata,
        .estimate = sl_anthropic_count,
    },
    {
        .name = "responses",
        .dialect = &sl_dialect_responses,
        .streams = true,
        .text = true,
        .issues = true,
        .own = response_members,
        .pivot = "chat.completions",
        .request = sl_responses_request,
    },
    {
        .name = "generateContent",
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
        .dialect = &sl_dialect_gemini,
        .cached = true,
        .flags = SL_OP_PATH | SL_OP_OWN_PARAMETERS,
        .pivot = "embeddings",
        .request = sl_gemini_batch_request,
        .answer = sl_gemini_batch_answer,
    },
    RESPONSE("responses.retrieve"),
    RESPONSE("responses.delete"),
    RESPONSE("responses.cancel"),
    RESPONSE("responses.input_items"),
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

#define NAME(text)                                                                                 \
    {                                                                                              \
        text, sizeof(text) - 1                                                                     \
    }
static const sluice_span ours[] = {
    NAME("metadata"),
    NAME("litellm_metadata"),
    NAME("tags"),
    NAME("guardrails"),
    NAME("caching"),
    NAME("cache"),
    NAME("num_retries"),
    NAME("fallbacks"),
    NAME("context_window_fallbacks"),
    NAME("context_window_fallback_dict"),
    NAME("content_policy_fallbacks"),
    NAME("disable_fallbacks"),
    NAME("max_fallbacks"),
    NAME("mock_testing_fallbacks"),
    NAME("mock_testing_context_fallbacks"),
    NAME("mock_testing_content_policy_fallbacks"),
    NAME("mock_testing_rate_limit_error"),
    NAME("mock_timeout"),
    NAME("mock_response"),
    NAME("mock_delay"),
    NAME("mock_tool_calls"),
    NAME("timeout"),
    NAME("request_timeout"),
    NAME("stream_timeout"),
    NAME("priority"),
    NAME("allowed_model_region"),
    NAME("fastest_response"),
    NAME("litellm_call_id"),
    NAME("litellm_trace_id"),
    NAME("litellm_session_id"),
    NAME("no-log"),
    NAME("drop_params"),
    NAME("allowed_openai_params"),
    NAME("additional_drop_params"),
    NAME("extra_headers"),
    NAME("extra_body"),
    NAME("custom_llm_provider"),
    NAME("target_model_names"),
    NAME("modify_params"),
    NAME("policies"),
    NAME("prompt_id"),
    NAME("prompt_variables"),
    NAME("api_version"),
};

bool sl_member_is_ours(const struct sl_operation *op, sluice_span name)
{
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++) {
        if (name.len != ours[i].len || memcmp(name.ptr, ours[i].ptr, name.len) != 0)
            continue;
        for (const char *const *own = op->own; own && *own; own++)
            if (sl_span_eq(name, sl_span_str(*own)))
                return false;
        return true;
    }
    return false;
}
