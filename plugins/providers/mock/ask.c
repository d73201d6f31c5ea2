/* SPDX-License-Identifier: Apache-2.0 */
/* ask.c - reads what the caller wants out of the call's members; nothing is judged that an answer
 * does not depend on. */
#include "mock.h"

#include <sluice_sdk/span.h>
#include <sluice_sdk/status.h>

static const struct {
    const char *name;
    enum mock_operation operation;
} operations[] = {
    { "chat.completions", MOCK_CHAT },
    { "completions", MOCK_COMPLETION },
    { "embeddings", MOCK_EMBEDDING },
    { "models", MOCK_MODELS },
};

static sluice_span member(const sluice_call *call, const char *name)
{
    for (size_t i = 0; i < call->n_members; i++)
        if (sl_span_eq(call->members[i].name, sl_span_str(name)))
            return call->members[i].value;
    return sl_span(NULL, 0);
}

static bool given(sluice_span value)
{
    return value.ptr && sl_json_type(value) != SL_JSON_NULL;
}

/* The request's parameter, else the configuration's. */
static sluice_span parameter(const sluice_call *call, sluice_span config, const char *name)
{
    sluice_span v = member(call, name);

    if (!given(v))
        v = sl_json_member(config, sl_span_str(name));
    return given(v) ? v : sl_span(NULL, 0);
}

static sluice_status read_int(const sluice_call *call, const char *name, int64_t least,
                              int64_t most, int64_t *out, sluice_error *err)
{
    sluice_span v = member(call, name);

    if (!given(v))
        return SLUICE_OK;
    if (!sl_json_i64(v, out) || *out < least || *out > most)
        return sl_fail_param(err, SLUICE_E_INVALID, "invalid_value", name,
                             "%s must be an integer between %lld and %lld", name, (long long)least,
                             (long long)most);
    return SLUICE_OK;
}

/* Text of a message: a string, or the text parts of an array joined. */
static bool content_text(sluice_span content, struct sluice_arena *mem, sluice_span *out)
{
    struct sl_json_iter it = { 0 };
    sluice_span part, text, name;
    char *dst;
    size_t n = 0;

    *out = sl_span(NULL, 0);
    if (!given(content))
        return true;
    if (sl_json_type(content) == SL_JSON_STRING)
        return sl_json_string(content, mem, out);
    if (sl_json_type(content) != SL_JSON_ARRAY)
        return true;
    dst = sl_alloc(mem, content.len);
    if (!dst)
        return false;
    while (sl_json_next(&it, content, &name, &part)) {
        sluice_span inside;

        if (sl_json_type(part) != SL_JSON_OBJECT)
            continue;
        text = sl_json_member(part, SL_SPAN("text"));
        if (text.ptr && sl_json_raw_string(text, &inside))
            n += sl_json_unescape(inside, dst + n);
    }
    *out = sl_span(dst, n);
    return true;
}

static bool is(sluice_span value, const char *text)
{
    sluice_span inside;

    return value.ptr && sl_json_raw_string(value, &inside) && sl_span_eq(inside, sl_span_str(text));
}

static sluice_status read_chat(const sluice_call *call, struct sluice_arena *mem,
                               struct mock_ask *ask, sluice_error *err)
{
    sluice_span messages = member(call, "messages"), tools = member(call, "tools");
    sluice_span last = sl_span(NULL, 0), name, message, v;
    struct sl_json_iter it = { 0 };

    if (!given(messages) || sl_json_type(messages) != SL_JSON_ARRAY)
        return sl_fail_param(err, SLUICE_E_INVALID, "missing_required_parameter", "messages",
                             "messages must be an array");
    while (sl_json_next(&it, messages, &name, &message)) {
        if (sl_json_type(message) != SL_JSON_OBJECT)
            return sl_fail_param(err, SLUICE_E_INVALID, "invalid_type", "messages",
                                 "each message must be an object");
        v = sl_json_member(message, SL_SPAN("role"));
        ask->tool_answered = is(v, "tool");
        if (is(v, "user") || ask->tool_answered)
            last = sl_json_member(message, SL_SPAN("content"));
    }
    ask->prompt_bytes = messages.len;
    if (!content_text(last, mem, &ask->text))
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory reading the messages");
    v = member(call, "response_format");
    if (given(v) && sl_json_type(v) == SL_JSON_OBJECT) {
        if (is(sl_json_member(v, SL_SPAN("type")), "json_object"))
            ask->schema = SL_SPAN("{\"properties\":{\"echo\":{}}}");
        else if (is(sl_json_member(v, SL_SPAN("type")), "json_schema"))
            ask->schema = sl_json_find(v, "json_schema.schema");
    }
    if (given(tools) && sl_json_type(tools) == SL_JSON_ARRAY) {
        v = sl_json_find(tools, "0.function.name");
        if (v.ptr && sl_json_type(v) == SL_JSON_STRING)
            ask->tool_name = v;
    }
    return SLUICE_OK;
}

static sluice_status read_prompt(const sluice_call *call, struct sluice_arena *mem,
                                 struct mock_ask *ask, sluice_error *err)
{
    sluice_span prompt = member(call, "prompt");

    ask->prompt_bytes = prompt.len;
    if (given(prompt) && sl_json_type(prompt) == SL_JSON_ARRAY)
        prompt = sl_json_find(prompt, "0");
    if (given(prompt) && sl_json_type(prompt) == SL_JSON_STRING &&
        !sl_json_string(prompt, mem, &ask->text))
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory reading the prompt");
    return SLUICE_OK;
}

static sluice_status read_embedding(const sluice_call *call, struct mock_ask *ask,
                                    sluice_error *err)
{
    ask->input = member(call, "input");
    if (!given(ask->input))
        return sl_fail_param(err, SLUICE_E_INVALID, "missing_required_parameter", "input",
                             "input is missing");
    ask->base64 = is(member(call, "encoding_format"), "base64");
    return read_int(call, "dimensions", 1, MOCK_DIMENSIONS_MAX, &ask->dimensions, err);
}

static sluice_status read_operation(const sluice_call *call, struct sluice_arena *mem,
                                    struct mock_ask *ask, sluice_error *err)
{
    switch (ask->operation) {
    case MOCK_CHAT:
        return read_chat(call, mem, ask, err);
    case MOCK_COMPLETION:
        return read_prompt(call, mem, ask, err);
    case MOCK_EMBEDDING:
        return read_embedding(call, ask, err);
    case MOCK_MODELS:
        break;
    }
    return SLUICE_OK;
}

sluice_status mock_ask_read(const sluice_call *call, sluice_span config, struct sluice_arena *mem,
                            struct mock_ask *ask, sluice_error *err)
{
    size_t n_operations = sizeof operations / sizeof *operations, i = 0;
    sluice_span v;
    sluice_status st;

    while (i < n_operations && !sl_span_eq(call->operation, sl_span_str(operations[i].name)))
        i++;
    if (i == n_operations)
        return sl_fail(err, SLUICE_E_UNSUPPORTED, "the mock does not answer %.*s",
                       SL_FMT(call->operation));
    *ask = (struct mock_ask){ .operation = operations[i].operation,
                              .model = call->model,
                              .stream = call->flags & SLUICE_CALL_STREAM,
                              .n = 1,
                              .max_tokens = -1,
                              .dimensions = 256 };
    ask->response = parameter(call, config, "mock_response");
    ask->delay = parameter(call, config, "mock_delay");
    ask->timeout = parameter(call, config, "mock_timeout");
    ask->tool_calls = parameter(call, config, "mock_tool_calls");
    ask->chunk_delay = parameter(call, config, "mock_chunk_delay");
    v = member(call, "stream_options");
    ask->usage_asked = given(v) && sl_json_type(v) == SL_JSON_OBJECT &&
                       sl_json_is_true(sl_json_member(v, SL_SPAN("include_usage")));
    st = read_int(call, "n", 1, MOCK_CHOICES_MAX, &ask->n, err);
    if (st == SLUICE_OK)
        st = read_int(call, "max_tokens", 0, INT32_MAX, &ask->max_tokens, err);
    if (st == SLUICE_OK)
        st = read_int(call, "max_completion_tokens", 0, INT32_MAX, &ask->max_tokens, err);
    return st < 0 ? st : read_operation(call, mem, ask, err);
}
