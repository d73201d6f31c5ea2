/* SPDX-License-Identifier: Apache-2.0 */
/* error.c - the vendor's status words, reasons, texts and HTTP statuses as classes of failure. */
#include "answer.h"

/* google.rpc.Code */
static const struct sl_verdict_word words[] = {
    { "INVALID_ARGUMENT", SLUICE_E_INVALID, 0, "" },
    { "FAILED_PRECONDITION", SLUICE_E_INVALID, 0, "" },
    { "OUT_OF_RANGE", SLUICE_E_INVALID, 0, "" },
    { "UNAUTHENTICATED", SLUICE_E_AUTH, 0, "" },
    { "PERMISSION_DENIED", SLUICE_E_FORBIDDEN, 0, "" },
    { "NOT_FOUND", SLUICE_E_NOT_FOUND, 0, "model_not_found" },
    { "ALREADY_EXISTS", SLUICE_E_UNAVAILABLE, 409, "" },
    { "ABORTED", SLUICE_E_UNAVAILABLE, 409, "" },
    { "RESOURCE_EXHAUSTED", SLUICE_E_RATE_LIMIT, 0, "rate_limit_exceeded" },
    { "CANCELLED", SLUICE_E_UPSTREAM, 0, "" },
    { "INTERNAL", SLUICE_E_UPSTREAM, 0, "" },
    { "UNKNOWN", SLUICE_E_UPSTREAM, 0, "" },
    { "DATA_LOSS", SLUICE_E_UPSTREAM, 0, "" },
    { "UNIMPLEMENTED", SLUICE_E_UNSUPPORTED, 501, "" },
    { "UNAVAILABLE", SLUICE_E_UNAVAILABLE, 503, "overloaded" },
    { "DEADLINE_EXCEEDED", SLUICE_E_TIMEOUT, 0, "timeout" },
};

/* What a plain bad request is about. */
static const struct sl_verdict_text texts[] = {
    { "API key not valid", SLUICE_E_AUTH, "invalid_api_key" },
    { "API key expired", SLUICE_E_AUTH, "invalid_api_key" },
    { "API_KEY_INVALID", SLUICE_E_AUTH, "invalid_api_key" },
    { "exceeds the maximum number of tokens", SLUICE_E_CONTEXT, "context_length_exceeded" },
    { "input token count", SLUICE_E_CONTEXT, "context_length_exceeded" },
    { "User location is not supported", SLUICE_E_FORBIDDEN, "" },
};

static const struct sl_verdict_http statuses[] = {
    { 409, SLUICE_E_UNAVAILABLE, 409, "" },
    { 499, SLUICE_E_UPSTREAM, 0, "" },
    { 501, SLUICE_E_UNSUPPORTED, 501, "" },
    { 503, SLUICE_E_UNAVAILABLE, 503, "overloaded" },
};

/* "34s", "1.5s": rounded up, a day at most. */
static uint32_t delay_ms(sluice_span text)
{
    size_t point = sl_span_find_char(text, '.');
    uint64_t seconds;

    if (!sl_span_ends(text, SL_SPAN("s")) ||
        !sl_span_u64(sl_span_head(text, point < text.len ? point : text.len - 1), 86400, &seconds))
        return 0;
    return ((uint32_t)seconds + (point < text.len)) * 1000;
}

static void read_detail(struct sl_verdict *v, sluice_span detail)
{
    sluice_span type = sl_chat_member(detail, "@type"), reason = sl_chat_member(detail, "reason");
    sluice_span violations = sl_json_find(detail, "violations");

    if (sl_span_ends(type, SL_SPAN("RetryInfo")))
        v->retry_after_ms = delay_ms(sl_chat_member(detail, "retryDelay"));
    if (sl_span_eq(reason, SL_SPAN("API_KEY_INVALID")) ||
        sl_span_eq(reason, SL_SPAN("API_KEY_EXPIRED")))
        sl_verdict_set(v, SLUICE_E_AUTH, 0, "invalid_api_key");
    /* a quota of a day does not come back while anybody waits */
    if (v->status == SLUICE_E_RATE_LIMIT &&
        sl_span_find(violations, SL_SPAN("PerDay")) < violations.len)
        sl_verdict_set(v, SLUICE_E_QUOTA, 0, "insufficient_quota");
}

/* A valid `error` object. */
static void read_error(struct sl_verdict *v, sluice_span error, struct sluice_arena *arena)
{
    sluice_span word = sl_chat_member(error, "status"), details = sl_json_find(error, "details");
    sluice_span message = SL_SPAN(""), name, detail;
    struct sl_json_iter it = { .started = false };
    int64_t code = 0;

    sl_json_i64(sl_json_find(error, "code"), &code);
    if (!v->status && code > 0 && code < 600)
        sl_verdict_http(v, (int32_t)code, statuses, sizeof statuses / sizeof *statuses);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (sl_span_eq(word, sl_span_str(words[i].word)) &&
            !(words[i].status == SLUICE_E_INVALID && v->status))
            sl_verdict_set(v, words[i].status, words[i].http_status, words[i].code);
    if (!v->status && code >= 400 && code < 500)
        v->status = SLUICE_E_INVALID;
    while (sl_json_type(details) == SL_JSON_ARRAY && sl_json_next(&it, details, &name, &detail))
        if (sl_json_type(detail) == SL_JSON_OBJECT)
            read_detail(v, detail);
    if (!sl_json_string(sl_json_find(error, "message"), arena, &message))
        return;
    sl_verdict_message(v, message, texts, sizeof texts / sizeof *texts);
}

void gemini_failure_http(struct sl_verdict *v, int32_t http_status, sluice_span body,
                         struct sluice_arena *arena)
{
    struct sl_json_error e;

    sl_verdict_answer(v, http_status, statuses, sizeof statuses / sizeof *statuses);
    body = sl_span_trim(body);
    if (body.len && sl_json_validate(body, &e) >= 0) {
        sluice_span error = SL_SPAN("");

        if (sl_json_type(body) == SL_JSON_ARRAY) /* streams wrap it in a list */
            error = sl_json_find(body, "0.error");
        else if (sl_json_type(body) == SL_JSON_OBJECT)
            error = sl_json_find(body, "error");
        if (sl_json_type(error) == SL_JSON_OBJECT)
            read_error(v, error, arena);
    }
    if (!v->status)
        v->status = http_status >= 500 ? SLUICE_E_UPSTREAM : SLUICE_E_INVALID;
    if (v->status == SLUICE_E_INVALID && !v->http_status && http_status != 400 && http_status < 500)
        v->http_status = http_status;
}

void gemini_failure_event(struct sl_verdict *v, sluice_span error, struct sluice_arena *arena)
{
    sl_verdict_event(v);
    read_error(v, error, arena);
    if (!v->status)
        v->status = SLUICE_E_UPSTREAM;
}
