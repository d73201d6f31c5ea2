/* SPDX-License-Identifier: Apache-2.0 */
/* error.c - the service's exceptions, texts and HTTP statuses as classes of failure. */
#include "bedrock.h"

/* Exceptions, without "Exception" and by any case of the first letter: streams spell them so. */
static const struct sl_verdict_word types[] = {
    { "validation", SLUICE_E_INVALID, 0, "" },
    { "conflict", SLUICE_E_INVALID, 0, "" },
    { "serviceQuotaExceeded", SLUICE_E_RATE_LIMIT, 0, "rate_limit_exceeded" },
    { "accessDenied", SLUICE_E_FORBIDDEN, 0, "" },
    { "unrecognizedClient", SLUICE_E_AUTH, 0, "" },
    { "expiredToken", SLUICE_E_AUTH, 0, "" },
    { "invalidSignature", SLUICE_E_AUTH, 0, "" },
    { "incompleteSignature", SLUICE_E_AUTH, 0, "" },
    { "missingAuthenticationToken", SLUICE_E_AUTH, 0, "" },
    { "resourceNotFound", SLUICE_E_NOT_FOUND, 0, "model_not_found" },
    { "unknownOperation", SLUICE_E_NOT_FOUND, 404, "model_not_found" },
    { "modelTimeout", SLUICE_E_TIMEOUT, 0, "timeout" },
    { "modelError", SLUICE_E_UPSTREAM, 0, "" },
    { "modelStreamError", SLUICE_E_UPSTREAM, 0, "" },
    { "throttling", SLUICE_E_RATE_LIMIT, 0, "rate_limit_exceeded" },
    { "modelNotReady", SLUICE_E_RATE_LIMIT, 0, "rate_limit_exceeded" },
    { "internalServer", SLUICE_E_UPSTREAM, 0, "" },
    { "serviceUnavailable", SLUICE_E_UNAVAILABLE, 503, "overloaded" },
};

/* For answers that name no exception. */
static const struct sl_verdict_http statuses[] = {
    { 424, SLUICE_E_UPSTREAM, 0, "" },
    { 503, SLUICE_E_UNAVAILABLE, 503, "overloaded" },
};

/* What a plain validation error is about. */
static const struct sl_verdict_text texts[] = {
    { "input is too long", SLUICE_E_CONTEXT, "context_length_exceeded" },
    { "too many total text bytes", SLUICE_E_CONTEXT, "context_length_exceeded" },
    { "prompt is too long", SLUICE_E_CONTEXT, "context_length_exceeded" },
    { "too many input tokens", SLUICE_E_CONTEXT, "context_length_exceeded" },
    { "too many tokens", SLUICE_E_CONTEXT, "context_length_exceeded" },
    { "exceed context limit", SLUICE_E_CONTEXT, "context_length_exceeded" },
    { "maximum context length", SLUICE_E_CONTEXT, "context_length_exceeded" },
    { "content filtering policy", SLUICE_E_REFUSED, "content_filter" },
    { "provided model identifier is invalid", SLUICE_E_NOT_FOUND, "model_not_found" },
};

/* "com.amazon.coral#ValidationException:http://..." is ValidationException. */
static void read_type(struct sl_verdict *v, sluice_span type)
{
    sluice_span ending = SL_SPAN("Exception");
    size_t hash = sl_span_find_char(type, '#');

    if (hash < type.len)
        type = sl_span_from(type, hash + 1);
    type = sl_span_trim(sl_span_head(type, sl_span_find_char(type, ':')));
    if (sl_span_ends(type, ending))
        type.len -= ending.len;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (sl_span_ieq(type, sl_span_str(types[i].word)))
            sl_verdict_set(v, types[i].status, types[i].http_status, types[i].code);
}

static void read_message(struct sl_verdict *v, sluice_span body, struct sluice_arena *arena)
{
    sluice_span raw = sl_json_find(body, "message"), message;

    if (!raw.ptr)
        raw = sl_json_find(body, "Message");
    if (!raw.ptr)
        raw = sl_json_find(body, "originalMessage");
    if (sl_json_type(raw) != SL_JSON_STRING || !sl_json_string(raw, arena, &message) ||
        !message.len)
        return;
    sl_verdict_message(v, message, texts, sizeof texts / sizeof *texts);
}

static bool is_object(sluice_span body)
{
    struct sl_json_error e;

    return sl_json_type(sl_span_trim(body)) == SL_JSON_OBJECT && sl_json_validate(body, &e) >= 0;
}

void bedrock_failure_http(struct sl_verdict *v, int32_t http_status, sluice_span type,
                          sluice_span body, struct sluice_arena *arena)
{
    sl_verdict_answer(v, http_status, statuses, sizeof statuses / sizeof *statuses);
    if (!v->status)
        v->status = http_status >= 500 ? SLUICE_E_UPSTREAM : SLUICE_E_INVALID;
    read_type(v, type);
    if (!is_object(body))
        return;
    if (!type.len) {
        sluice_span own = SL_SPAN("");

        sl_json_raw_string(sl_json_find(body, "__type"), &own);
        sl_json_raw_string(sl_json_find(body, "Output.__type"), &own);
        read_type(v, own);
    }
    read_message(v, body, arena);
}

void bedrock_failure_event(struct sl_verdict *v, sluice_span type, sluice_span payload,
                           struct sluice_arena *arena)
{
    sl_verdict_event(v);
    v->status = SLUICE_E_UPSTREAM; /* what an exception that we do not know is */
    v->code = "";
    read_type(v, type);
    if (is_object(payload))
        read_message(v, payload, arena);
}
