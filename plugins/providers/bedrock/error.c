/* SPDX-License-Identifier: Apache-2.0 */
/* error.c - the service's exceptions, texts and HTTP statuses as classes of failure. */
#include <stdio.h>
#include "bedrock.h"

/* Exceptions, without "Exception" and by any case of the first letter: streams spell them so. */
static const struct {
    const char *type;
    sluice_status status;
    int32_t http_status; /* towards the client; 0 = the class's own */
    const char *code;
} types[] = {
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
static const struct {
    int32_t http;
    sluice_status status;
    int32_t http_status;
    const char *code;
} statuses[] = {
    { 401, SLUICE_E_AUTH, 0, "" },
    { 403, SLUICE_E_FORBIDDEN, 0, "" },
    { 404, SLUICE_E_NOT_FOUND, 0, "model_not_found" },
    { 408, SLUICE_E_TIMEOUT, 0, "timeout" },
    { 413, SLUICE_E_INVALID, 413, "request_too_large" },
    { 424, SLUICE_E_UPSTREAM, 0, "" },
    { 429, SLUICE_E_RATE_LIMIT, 0, "rate_limit_exceeded" },
    { 503, SLUICE_E_UNAVAILABLE, 503, "overloaded" },
    { 504, SLUICE_E_TIMEOUT, 0, "timeout" },
};

/* What a plain validation error is about. */
static const struct {
    const char *text;
    sluice_status status;
    const char *code;
} texts[] = {
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

static void set(struct bedrock_failure *f, sluice_status status, int32_t http_status,
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

/* "com.amazon.coral#ValidationException:http://..." is ValidationException. */
static void read_type(struct bedrock_failure *f, sluice_span type)
{
    sluice_span ending = SL_SPAN("Exception");
    size_t hash = sl_span_find_char(type, '#');

    if (hash < type.len)
        type = sl_span_from(type, hash + 1);
    type = sl_span_trim(sl_span_head(type, sl_span_find_char(type, ':')));
    if (sl_span_ends(type, ending))
        type.len -= ending.len;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (sl_span_ieq(type, sl_span_str(types[i].type)))
            set(f, types[i].status, types[i].http_status, types[i].code);
}

static void read_message(struct bedrock_failure *f, sluice_span body, struct sluice_arena *arena)
{
    sluice_span raw = sl_json_find(body, "message"), message;

    if (!raw.ptr)
        raw = sl_json_find(body, "Message");
    if (!raw.ptr)
        raw = sl_json_find(body, "originalMessage");
    if (sl_json_type(raw) != SL_JSON_STRING || !sl_json_string(raw, arena, &message) ||
        !message.len)
        return;
    if (f->status == SLUICE_E_INVALID)
        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
            if (contains(message, texts[i].text)) {
                set(f, texts[i].status, 0, texts[i].code);
                break;
            }
    sl_copy_text(f->message, sizeof f->message, message);
}

static bool is_object(sluice_span body)
{
    struct sl_json_error e;

    return sl_json_type(sl_span_trim(body)) == SL_JSON_OBJECT && sl_json_validate(body, &e) >= 0;
}

void bedrock_failure_http(struct bedrock_failure *f, int32_t http_status, sluice_span type,
                          sluice_span body, struct sluice_arena *arena)
{
    memset(f, 0, sizeof *f);
    snprintf(f->message, sizeof f->message, "The provider answered HTTP %d.", (int)http_status);
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        if (statuses[i].http == http_status)
            set(f, statuses[i].status, statuses[i].http_status, statuses[i].code);
    if (!f->status)
        f->status = http_status >= 500 ? SLUICE_E_UPSTREAM : SLUICE_E_INVALID;
    read_type(f, type);
    if (!is_object(body))
        return;
    if (!type.len) {
        sluice_span own = SL_SPAN("");

        sl_json_raw_string(sl_json_find(body, "__type"), &own);
        sl_json_raw_string(sl_json_find(body, "Output.__type"), &own);
        read_type(f, own);
    }
    read_message(f, body, arena);
}

void bedrock_failure_event(struct bedrock_failure *f, sluice_span type, sluice_span payload,
                           struct sluice_arena *arena)
{
    memset(f, 0, sizeof *f);
    snprintf(f->message, sizeof f->message, "The provider broke off its answer with an error.");
    f->status = SLUICE_E_UPSTREAM; /* what an exception that we do not know is */
    f->code = "";
    read_type(f, type);
    if (is_object(payload))
        read_message(f, payload, arena);
}

sluice_status bedrock_failure_report(const struct bedrock_failure *f, sluice_error *err)
{
    sl_fail_param(err, f->status, f->code && *f->code ? f->code : NULL, NULL, "%s", f->message);
    if (err)
        err->http_status = f->http_status;
    return f->status;
}
