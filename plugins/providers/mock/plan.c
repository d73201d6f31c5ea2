/* SPDX-License-Identifier: Apache-2.0 */
/* plan.c - from a model's name and the mock_* parameters to what will be answered. The names are
 * listed in mock.h. */
#include "mock.h"

#include <sluice_sdk/span.h>
#include <sluice_sdk/status.h>

#define LONG_BYTES 100000

struct failure {
    int32_t status;
    const char *type, *code, *message; /* code NULL = null */
};

/* By status; the last line serves every other one. */
static const struct failure failures[] = {
    { 400, "invalid_request_error", NULL, "mock: the request is wrong" },
    { 401, "authentication_error", "invalid_api_key", "mock: the key is not known" },
    { 402, "billing_error", "insufficient_quota", "mock: the account is empty" },
    { 403, "permission_error", NULL, "mock: the key may not do this" },
    { 404, "invalid_request_error", "model_not_found", "mock: there is no such model" },
    { 408, "timeout_error", "timeout", "mock: the request took too long" },
    { 429, "rate_limit_error", "rate_limit_exceeded", "mock: too many requests" },
    { 500, "server_error", NULL, "mock: internal error" },
    { 503, "server_error", "overloaded", "mock: overloaded" },
    { 0, "server_error", NULL, "mock: failed" },
};

static const struct {
    const char *name;
    int32_t status;
    const char *code, *message;
} named_failures[] = {
    { "context", 400, "context_length_exceeded",
      "mock: this model's maximum context length is 10 tokens" },
    { "policy", 400, "content_filter", "mock: the content policy forbids this" },
    { "quota", 429, "insufficient_quota", "mock: you exceeded your current quota" },
};

/* Special values of mock_response; the last is a prefix. */
static const struct {
    const char *text;
    int32_t status;
    const char *code, *message;
} special_responses[] = {
    { "litellm.RateLimitError", 429, "rate_limit_exceeded", "mock rate limit error" },
    { "litellm.ContextWindowExceededError", 400, "context_length_exceeded",
      "mock: the prompt exceeds this model's maximum context length" },
    { "litellm.InternalServerError", 500, NULL, "mock internal server error" },
    { "Exception: content_filter_policy", 400, "content_filter",
      "mock: refused by content_filter_policy" },
};

static const char html_page[] = "<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head>"
                                "<body><h1>502 Bad Gateway</h1></body></html>\n";

sluice_span mock_error_body(struct sluice_arena *mem, int32_t status, const char *code,
                            const char *message)
{
    const struct failure *f = failures;

    while (f->status && f->status != status)
        f++;
    if (!f->status && status < 500)
        f = failures;
    if (!code)
        code = f->code;
    return sl_arena_printf(mem,
                           "{\"error\":{\"message\":\"%s\",\"type\":\"%s\",\"param\":null,"
                           "\"code\":%s%s%s}}",
                           message ? message : f->message, f->type, code ? "\"" : "",
                           code ? code : "null", code ? "\"" : "");
}

static sluice_status fail_with(struct mock_plan *plan, struct sluice_arena *mem, int32_t status,
                               const char *code, const char *message, sluice_error *err)
{
    plan->status = status;
    plan->content_type = "application/json";
    plan->retry_after_s = status == 429 || status == 503 ? 1 : 0;
    plan->whole = mock_error_body(mem, status, code, message);
    if (!plan->whole.ptr)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory making the mock's answer");
    return SLUICE_OK;
}

/* "error-429", "error-context". */
static sluice_status error_model(const struct mock_ask *ask, sluice_span what,
                                 struct sluice_arena *mem, struct mock_plan *plan,
                                 sluice_error *err)
{
    uint64_t status;

    for (size_t i = 0; i < sizeof named_failures / sizeof *named_failures; i++)
        if (sl_span_eq(what, sl_span_str(named_failures[i].name)))
            return fail_with(plan, mem, named_failures[i].status, named_failures[i].code,
                             named_failures[i].message, err);
    if (sl_span_eq(what, SL_SPAN("html"))) {
        plan->status = 502;
        plan->content_type = "text/html";
        plan->whole = sl_span_str(html_page);
        return SLUICE_OK;
    }
    if (sl_span_eq(what, SL_SPAN("stream")) && ask->stream) {
        plan->error_in_stream = true;
        return SLUICE_OK;
    }
    if (sl_span_eq(what, SL_SPAN("stream")))
        return fail_with(plan, mem, 500, NULL, NULL, err);
    if (sl_span_u64(what, 599, &status) && status >= 400)
        return fail_with(plan, mem, (int32_t)status, NULL, NULL, err);
    return SLUICE_OK;
}

static void fault(struct mock_plan *plan, const char *how, bool early)
{
    plan->fail = how;
    plan->fail_early = early;
}

static sluice_status tools_model(const struct mock_ask *ask, struct sluice_arena *mem,
                                 struct mock_plan *plan, sluice_error *err)
{
    if (!ask->tool_name.len || ask->tool_answered)
        return SLUICE_OK;
    plan->tool_calls = sl_arena_printf(mem,
                                       "[{\"id\":\"call_mock_1\",\"type\":\"function\","
                                       "\"function\":{\"name\":%.*s,\"arguments\":\"{}\"}}]",
                                       SL_FMT(ask->tool_name));
    if (!plan->tool_calls.ptr)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory making the mock's answer");
    return SLUICE_OK;
}

static sluice_status long_model(struct sluice_arena *mem, struct mock_plan *plan, sluice_error *err)
{
    static const char words[] = "all work and no play makes a long answer ";
    char *text = sl_alloc(mem, LONG_BYTES);

    if (!text)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory making the mock's answer");
    for (size_t i = 0; i < LONG_BYTES; i++)
        text[i] = words[i % (sizeof words - 1)];
    plan->text = sl_span(text, LONG_BYTES);
    return SLUICE_OK;
}

/* The echo in the form that the caller wants. */
static sluice_status structured(const struct mock_ask *ask, struct sluice_arena *mem,
                                struct mock_plan *plan, sluice_error *err)
{
    struct sl_buf b;

    sl_buf_init(&b, MOCK_BODY_MAX);
    mock_sample_write(ask->schema, ask->text, &b);
    plan->text = sl_buf_ok(&b) ? sl_arena_dup(mem, sl_buf_span(&b)) : sl_span(NULL, 0);
    sl_buf_finish(&b);
    if (!plan->text.ptr)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory making the mock's answer");
    return SLUICE_OK;
}

static sluice_status by_model(const struct mock_ask *ask, struct sluice_arena *mem,
                              struct mock_plan *plan, sluice_error *err)
{
    sluice_span m = ask->model;

    if (sl_span_starts(m, SL_SPAN("error-")))
        return error_model(ask, sl_span_from(m, 6), mem, plan, err);
    if (sl_span_eq(m, SL_SPAN("tools")))
        return tools_model(ask, mem, plan, err);
    if (sl_span_eq(m, SL_SPAN("long")))
        return long_model(mem, plan, err);
    if (sl_span_eq(m, SL_SPAN("slow"))) {
        plan->delay_ms = 1000;
    } else if (sl_span_eq(m, SL_SPAN("stream-slow"))) {
        plan->chunk_delay_ms = 50;
    } else if (sl_span_eq(m, SL_SPAN("stream-bytes"))) {
        plan->chunk = 1;
    } else if (sl_span_eq(m, SL_SPAN("empty"))) {
        plan->text = SL_SPAN("");
    } else if (sl_span_eq(m, SL_SPAN("reasoning"))) {
        plan->reasoning = SL_SPAN("The user wants to hear an echo.");
    } else if (sl_span_eq(m, SL_SPAN("html"))) {
        plan->content_type = "text/html";
        plan->whole = sl_span_str(html_page);
    } else if (sl_span_eq(m, SL_SPAN("no-done"))) {
        plan->cut_finish = true;
    } else if (sl_span_eq(m, SL_SPAN("refuse"))) {
        fault(plan, "refuse", true);
    } else if (sl_span_eq(m, SL_SPAN("reset"))) {
        fault(plan, "reset", false);
    } else if (sl_span_eq(m, SL_SPAN("reset-early"))) {
        fault(plan, "reset", true);
    } else if (sl_span_eq(m, SL_SPAN("stall"))) {
        fault(plan, "stall", false);
    } else if (sl_span_eq(m, SL_SPAN("stall-early"))) {
        fault(plan, "stall", true);
    } else if (sl_span_eq(m, SL_SPAN("truncate"))) {
        fault(plan, "truncate", false);
    }
    return SLUICE_OK;
}

static sluice_status by_response(const struct mock_ask *ask, struct sluice_arena *mem,
                                 struct mock_plan *plan, sluice_error *err)
{
    sluice_span text;

    if (sl_json_type(ask->response) == SL_JSON_OBJECT) {
        plan->whole = ask->response;
        plan->content_type = "application/json";
        return SLUICE_OK;
    }
    if (sl_json_type(ask->response) != SL_JSON_STRING)
        return sl_fail_param(err, SLUICE_E_INVALID, "invalid_type", "mock_response",
                             "mock_response must be a string or an object");
    if (!sl_json_string(ask->response, mem, &text))
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory reading mock_response");
    for (size_t i = 0; i < sizeof special_responses / sizeof *special_responses; i++)
        if (sl_span_eq(text, sl_span_str(special_responses[i].text)) ||
            (special_responses[i].text[0] == 'E' &&
             sl_span_starts(text, sl_span_str(special_responses[i].text))))
            return fail_with(plan, mem, special_responses[i].status, special_responses[i].code,
                             special_responses[i].message, err);
    plan->text = text;
    plan->input_tokens = 10;
    plan->output_tokens = 20;
    return SLUICE_OK;
}

static sluice_status read_seconds(sluice_span value, const char *name, uint64_t *ms,
                                  sluice_error *err)
{
    double s;

    if (!value.len)
        return SLUICE_OK;
    if (!sl_json_f64(value, &s) || s < 0 || s > 86400)
        return sl_fail_param(err, SLUICE_E_INVALID, "invalid_value", name,
                             "%s must be a number of seconds, a day at most", name);
    *ms = (uint64_t)(s * 1000);
    return SLUICE_OK;
}

sluice_status mock_plan_make(const struct mock_ask *ask, struct sluice_arena *mem,
                             struct mock_plan *plan, sluice_error *err)
{
    sluice_status st;

    *plan = (struct mock_plan){
        .status = 200, .text = ask->text, .input_tokens = -1, .output_tokens = -1
    };
    st = ask->schema.len ? structured(ask, mem, plan, err) : SLUICE_OK;
    if (st == SLUICE_OK)
        st = by_model(ask, mem, plan, err);
    if (st == SLUICE_OK && ask->response.len)
        st = by_response(ask, mem, plan, err);
    if (st == SLUICE_OK)
        st = read_seconds(ask->delay, "mock_delay", &plan->delay_ms, err);
    if (st == SLUICE_OK)
        st = read_seconds(ask->chunk_delay, "mock_chunk_delay", &plan->chunk_delay_ms, err);
    if (st < 0)
        return st;
    if (ask->tool_calls.len) {
        if (sl_json_type(ask->tool_calls) != SL_JSON_ARRAY)
            return sl_fail_param(err, SLUICE_E_INVALID, "invalid_type", "mock_tool_calls",
                                 "mock_tool_calls must be an array");
        plan->tool_calls = ask->tool_calls;
    }
    if (ask->timeout.len && sl_json_is_true(ask->timeout))
        fault(plan, "stall", true);
    return SLUICE_OK;
}
