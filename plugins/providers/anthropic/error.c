/* SPDX-License-Identifier: Apache-2.0 */
/* error.c - the vendor's error types, texts and HTTP statuses as classes of failure. */
#include "anthropic.h"

/* The error's `type`. */
static const struct sl_verdict_word types[] = {
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
static const struct sl_verdict_http statuses[] = {
    { 402, SLUICE_E_QUOTA, 0, "insufficient_quota" },
    { 409, SLUICE_E_UNAVAILABLE, 409, "" },
    { 503, SLUICE_E_UNAVAILABLE, 503, "" },
    { 529, SLUICE_E_UNAVAILABLE, 503, "overloaded" },
};

/* What an otherwise plain invalid_request_error is about. */
static const struct sl_verdict_text texts[] = {
    { "prompt is too long", SLUICE_E_CONTEXT, "context_length_exceeded" },
    { "exceed context limit", SLUICE_E_CONTEXT, "context_length_exceeded" },
    { "exceeds the maximum number of tokens", SLUICE_E_CONTEXT, "context_length_exceeded" },
    { "maximum context length", SLUICE_E_CONTEXT, "context_length_exceeded" },
    { "input is too long", SLUICE_E_CONTEXT, "context_length_exceeded" },
    { "too many tokens", SLUICE_E_CONTEXT, "context_length_exceeded" },
    { "content filtering policy", SLUICE_E_REFUSED, "content_filter" },
    { "credit balance is too low", SLUICE_E_QUOTA, "insufficient_quota" },
};

/* type, details and message of a valid `error` object. */
static void read_error(struct sl_verdict *v, sluice_span error, struct sluice_arena *arena)
{
    sluice_span type = SL_SPAN(""), code = SL_SPAN(""), message = SL_SPAN("");

    sl_json_raw_string(sl_json_find(error, "type"), &type);
    sl_json_raw_string(sl_json_find(error, "details.error_code"), &code);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        /* a bad request with a status of its own keeps that */
        if (sl_span_eq(type, sl_span_str(types[i].word)) && (i || !v->status))
            sl_verdict_set(v, types[i].status, types[i].http_status, types[i].code);
    if (sl_span_find(code, SL_SPAN("spend_limit_reached")) < code.len)
        sl_verdict_set(v, SLUICE_E_QUOTA, 0, "insufficient_quota");
    else if (code.len < sizeof v->own_code)
        sl_copy_text(v->own_code, sizeof v->own_code, code);
    if (sl_span_starts(code, SL_SPAN("thread_"))) /* nothing is wrong with the model */
        sl_verdict_set(v, SLUICE_E_INVALID, 0, "");
    if (!sl_json_string(sl_json_find(error, "message"), arena, &message))
        return;
    sl_verdict_message(v, message, texts, sizeof texts / sizeof *texts);
}

/* Whole seconds, a day at most. */
static uint32_t retry_after_ms(sluice_span value)
{
    uint64_t seconds;

    return sl_span_u64(sl_span_trim(value), 86400, &seconds) ? (uint32_t)seconds * 1000 : 0;
}

void anthropic_failure_http(struct sl_verdict *v, int32_t http_status, sluice_span body,
                            sluice_span retry_after, struct sluice_arena *arena)
{
    struct sl_json_error e;

    sl_verdict_answer(v, http_status, statuses, sizeof statuses / sizeof *statuses);
    if (sl_json_type(sl_span_trim(body)) == SL_JSON_OBJECT && sl_json_validate(body, &e) >= 0) {
        sluice_span error = sl_json_find(body, "error");

        if (sl_json_type(error) == SL_JSON_OBJECT)
            read_error(v, error, arena);
    }
    if (!v->status)
        v->status = http_status >= 500 ? SLUICE_E_UPSTREAM : SLUICE_E_INVALID;
    if (v->status == SLUICE_E_UPSTREAM && http_status == 503)
        sl_verdict_set(v, SLUICE_E_UNAVAILABLE, 503, "");
    if (v->status == SLUICE_E_INVALID && !v->http_status && http_status != 400 && http_status < 500)
        v->http_status = http_status;
    v->retry_after_ms = retry_after_ms(retry_after);
}

void anthropic_failure_event(struct sl_verdict *v, sluice_span error, struct sluice_arena *arena)
{
    sl_verdict_event(v);
    if (sl_json_type(error) == SL_JSON_OBJECT)
        read_error(v, error, arena);
    if (!v->status)
        v->status = SLUICE_E_UPSTREAM; /* a type we do not know */
}
