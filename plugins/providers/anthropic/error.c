/* SPDX-License-Identifier: Apache-2.0 */
/* error.c - the vendor's error types, texts and HTTP statuses as classes of failure. */
#include <stdio.h>
#include "anthropic.h"

/* The error's `type`. */
static const struct {
    const char *type;
    sluice_status status;
    int32_t http_status; /* towards the client; 0 = the class's own */
    const char *code;
} types[] = {
    { "invalid_request_error", SLUICE_E_INVALID, 0, "" },
    { "authentication_error", SLUICE_E_AUTH, 0, "" },
    { "billing_error", SLUICE_E_QUOTA, 0, "insufficient_quota" },
    { "permission_error", SLUICE_E_FORBIDDEN, 0, "" },
    { "not_found_error", SLUICE_E_NOT_FOUND, 0, "model_not_found" },
    { "request_too_large", SLUICE_E_INVALID, 413, "request_too_large" },
    { "rate_limit_error", SLUICE_E_RATE_LIMIT, 0, "rate_limit_exceeded" },
    { "timeout_error", SLUICE_E_TIMEOUT, 0, "timeout" },
    { "overloaded_error", SLUICE_E_UNAVAILABLE, 503, "overloaded" },
    { "api_error", SLUICE_E_UPSTREAM, 0, "" },
};

/* HTTP statuses that say more than the type, or come without one. */
static const struct {
    int32_t http;
    sluice_status status;
    int32_t http_status;
    const char *code;
} statuses[] = {
    { 401, SLUICE_E_AUTH, 0, "" },
    { 402, SLUICE_E_QUOTA, 0, "insufficient_quota" },
    { 403, SLUICE_E_FORBIDDEN, 0, "" },
    { 404, SLUICE_E_NOT_FOUND, 0, "model_not_found" },
    { 408, SLUICE_E_TIMEOUT, 0, "timeout" },
    { 409, SLUICE_E_UNAVAILABLE, 409, "" },
    { 413, SLUICE_E_INVALID, 413, "request_too_large" },
    { 429, SLUICE_E_RATE_LIMIT, 0, "rate_limit_exceeded" },
    { 503, SLUICE_E_UNAVAILABLE, 503, "" },
    { 504, SLUICE_E_TIMEOUT, 0, "timeout" },
    { 529, SLUICE_E_UNAVAILABLE, 503, "overloaded" },
};

/* What an otherwise plain invalid_request_error is about. */
static const struct {
    const char *text;
    sluice_status status;
    const char *code;
} texts[] = {
    { "prompt is too long", SLUICE_E_CONTEXT, "context_length_exceeded" },
    { "exceed context limit", SLUICE_E_CONTEXT, "context_length_exceeded" },
    { "exceeds the maximum number of tokens", SLUICE_E_CONTEXT, "context_length_exceeded" },
    { "maximum context length", SLUICE_E_CONTEXT, "context_length_exceeded" },
    { "input is too long", SLUICE_E_CONTEXT, "context_length_exceeded" },
    { "too many tokens", SLUICE_E_CONTEXT, "context_length_exceeded" },
    { "content filtering policy", SLUICE_E_REFUSED, "content_filter" },
    { "credit balance is too low", SLUICE_E_QUOTA, "insufficient_quota" },
};

static void set(struct anthropic_failure *f, sluice_status status, int32_t http_status,
                const char *code)
{
    f->status = status;
    f->http_status = http_status;
    f->code = code;
}

static bool contains(sluice_span text, const char *needle)
{
    size_t n = strlen(needle);

    for (size_t i = 0; i + n <= text.len; i++)
        if (sl_span_ieq(sl_span(text.ptr + i, n), sl_span_str(needle)))
            return true;
    return false;
}

/* type, details and message of a valid `error` object. */
static void read_error(struct anthropic_failure *f, sluice_span error, struct sluice_arena *arena)
{
    sluice_span type = SL_SPAN(""), code = SL_SPAN(""), message = SL_SPAN("");

    sl_json_raw_string(sl_json_find(error, "type"), &type);
    sl_json_raw_string(sl_json_find(error, "details.error_code"), &code);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        /* a bad request with a status of its own keeps that */
        if (sl_span_eq(type, sl_span_str(types[i].type)) && (i || !f->status))
            set(f, types[i].status, types[i].http_status, types[i].code);
    if (sl_span_find(code, SL_SPAN("spend_limit_reached")) < code.len)
        set(f, SLUICE_E_QUOTA, 0, "insufficient_quota");
    else if (code.len < sizeof f->own_code)
        sl_copy_text(f->own_code, sizeof f->own_code, code);
    if (sl_span_starts(code, SL_SPAN("thread_"))) /* nothing is wrong with the model */
        set(f, SLUICE_E_INVALID, 0, "");
    if (!sl_json_string(sl_json_find(error, "message"), arena, &message))
        return;
    if (f->status == SLUICE_E_INVALID)
        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
            if (contains(message, texts[i].text)) {
                set(f, texts[i].status, 0, texts[i].code);
                break;
            }
    sl_copy_text(f->message, sizeof f->message, message);
}

/* Whole seconds, a day at most. */
static uint32_t retry_after_ms(sluice_span value)
{
    uint64_t seconds;

    return sl_span_u64(sl_span_trim(value), 86400, &seconds) ? (uint32_t)seconds * 1000 : 0;
}

void anthropic_failure_http(struct anthropic_failure *f, int32_t http_status, sluice_span body,
                            sluice_span retry_after, struct sluice_arena *arena)
{
    struct sl_json_error e;

    memset(f, 0, sizeof *f);
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        if (statuses[i].http == http_status)
            set(f, statuses[i].status, statuses[i].http_status, statuses[i].code);
    snprintf(f->message, sizeof f->message, "The provider answered HTTP %d.", (int)http_status);
    if (sl_json_type(sl_span_trim(body)) == SL_JSON_OBJECT && sl_json_validate(body, &e) >= 0) {
        sluice_span error = sl_json_find(body, "error");

        if (sl_json_type(error) == SL_JSON_OBJECT)
            read_error(f, error, arena);
    }
    if (!f->status)
        f->status = http_status >= 500 ? SLUICE_E_UPSTREAM : SLUICE_E_INVALID;
    if (f->status == SLUICE_E_UPSTREAM && http_status == 503)
        set(f, SLUICE_E_UNAVAILABLE, 503, "");
    if (f->status == SLUICE_E_INVALID && !f->http_status && http_status != 400 && http_status < 500)
        f->http_status = http_status;
    f->retry_after_ms = retry_after_ms(retry_after);
}

void anthropic_failure_event(struct anthropic_failure *f, sluice_span error,
                             struct sluice_arena *arena)
{
    memset(f, 0, sizeof *f);
    snprintf(f->message, sizeof f->message, "The provider broke off its answer with an error.");
    if (sl_json_type(error) == SL_JSON_OBJECT)
        read_error(f, error, arena);
    if (!f->status)
        f->status = SLUICE_E_UPSTREAM; /* a type we do not know */
}

sluice_status anthropic_failure_report(const struct anthropic_failure *f, sluice_error *err)
{
    const char *code = *f->own_code ? f->own_code : f->code;

    sl_fail_param(err, f->status, code && *code ? code : NULL, NULL, "%s", f->message);
    if (err) {
        err->http_status = f->http_status;
        err->retry_after_ms = f->retry_after_ms;
    }
    return f->status;
}
