/* SPDX-License-Identifier: Apache-2.0 */
/* openai.c - the OpenAI dialects as tables, the operations, and the request members that are
 * LiteLLM's own and never go upstream. */
#include "format/dialect.h"

#include "format/openai_chat.h"
#include "format/openai_error.h"
#include "format/openai_look.h"

#define EVENT_STREAM "text/event-stream; charset=utf-8"

const struct sl_dialect sl_dialect_openai_chat = {
    .name = "openai",
    .content_type = EVENT_STREAM,
    .look = sl_openai_look,
    .failure = sl_openai_failure,
    .error_body = sl_openai_error_body,
    .error_event = sl_openai_error_event,
    .delta = sl_openai_chunk,
    .end = sl_openai_chunks_end,
    .collect = sl_openai_collect,
    .whole = sl_openai_whole,
    .before = { "data: ", 6 },
    .after = { "\n\n", 2 },
    .terminator = { "data: [DONE]\n\n", 14 },
};

const struct sl_dialect sl_dialect_openai_plain = {
    .name = "openai",
    .content_type = EVENT_STREAM,
    .look = sl_openai_look,
    .failure = sl_openai_failure,
    .error_body = sl_openai_error_body,
    .error_event = sl_openai_error_event,
    .before = { "data: ", 6 },
    .after = { "\n\n", 2 },
    .terminator = { "data: [DONE]\n\n", 14 },
};

static const struct sl_operation operations[] = {
    { "chat.completions", &sl_dialect_openai_chat, true },
    { "completions", &sl_dialect_openai_plain, true },
    { "embeddings", &sl_dialect_openai_plain, false },
};

const struct sl_operation *sl_operation_find(sluice_span name)
{
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++)
        if (sl_span_eq(name, sl_span_str(operations[i].name)))
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
    NAME("mock_testing_fallbacks"),
    NAME("mock_timeout"),
    NAME("mock_response"),
    NAME("mock_delay"),
    NAME("mock_tool_calls"),
    NAME("timeout"),
    NAME("request_timeout"),
    NAME("stream_timeout"),
    NAME("priority"),
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
    NAME("policies"),
    NAME("prompt_id"),
    NAME("prompt_variables"),
    NAME("api_version"),
};

bool sl_member_is_ours(sluice_span name)
{
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
        if (name.len == ours[i].len && memcmp(name.ptr, ours[i].ptr, name.len) == 0)
            return true;
    return false;
}
