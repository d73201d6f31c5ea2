/* SPDX-License-Identifier: Apache-2.0 */
/* openai_error.c - failures in OpenAI's shape; see openai_error.h. Codes and types follow the table
 * in base/status.c unless the failure brings its own. */
#include "format/openai/openai_error.h"

#include "format/json_scan.h"
#include "format/json_write.h"

int sl_error_http_status(sluice_status status, const sluice_error *err)
{
    if (err && err->http_status >= 400 && err->http_status <= 599)
        return err->http_status;
    return sl_status_info(status)->http_status;
}

/* The type that goes with an HTTP status that a failure chose itself. */
static const char *error_type(sluice_status status, int http_status)
{
    const struct sl_status_info *info = sl_status_info(status);

    if (http_status == info->http_status)
        return info->type;
    switch (http_status) {
    case 401:
        return "authentication_error";
    case 403:
        return "permission_error";
    case 429:
        return "rate_limit_error";
    default:
        return http_status >= 500 ? "server_error" : "invalid_request_error";
    }
}

void sl_openai_error_body(struct sl_buf *b, sluice_status status, const sluice_error *err)
{
    const struct sl_status_info *info = sl_status_info(status);
    struct sl_json_out o = sl_json_out(b);
    const char *code = err && err->code[0] ? err->code : info->code;
    const char *message = err && err->message[0] ? err->message : info->name;

    sl_json_open(&o, '{');
    sl_json_key(&o, "error");
    sl_json_open(&o, '{');
    sl_json_kv_str(&o, "message", sl_span_str(message));
    sl_json_kv_str(&o, "type", sl_span_str(error_type(status, sl_error_http_status(status, err))));
    sl_json_key(&o, "param");
    if (err && err->param[0])
        sl_json_str(&o, sl_span_str(err->param));
    else
        sl_json_null(&o);
    sl_json_key(&o, "code");
    if (code)
        sl_json_str(&o, sl_span_str(code));
    else
        sl_json_null(&o);
    sl_json_close(&o, '}');
    sl_json_close(&o, '}');
}

void sl_openai_error_event(struct sl_encoder *e, struct sl_buf *b, sluice_status status,
                           const sluice_error *err)
{
    (void)e;
    sl_buf_add(b, SL_SPAN("data: "));
    sl_openai_error_body(b, status, err);
    sl_buf_add(b, SL_SPAN("\n\n"));
}

/* Codes and types that vendors put into an error object, and the class each stands for. */
static const struct {
    const char *word;
    sluice_status status;
} words[] = {
    { "rate_limit_exceeded", SLUICE_E_RATE_LIMIT },
    { "rate_limit_error", SLUICE_E_RATE_LIMIT },
    { "too_many_requests", SLUICE_E_RATE_LIMIT },
    { "insufficient_quota", SLUICE_E_QUOTA },
    { "billing_error", SLUICE_E_QUOTA },
    { "context_length_exceeded", SLUICE_E_CONTEXT },
    { "content_filter", SLUICE_E_REFUSED },
    { "content_policy_violation", SLUICE_E_REFUSED },
    { "invalid_api_key", SLUICE_E_AUTH },
    { "authentication_error", SLUICE_E_AUTH },
    { "permission_error", SLUICE_E_FORBIDDEN },
    { "model_not_found", SLUICE_E_NOT_FOUND },
    { "not_found_error", SLUICE_E_NOT_FOUND },
    { "overloaded", SLUICE_E_UNAVAILABLE },
    { "overloaded_error", SLUICE_E_UNAVAILABLE },
    { "service_unavailable", SLUICE_E_UNAVAILABLE },
    { "timeout", SLUICE_E_TIMEOUT },
    { "timeout_error", SLUICE_E_TIMEOUT },
    { "server_is_overloaded", SLUICE_E_UNAVAILABLE },
    { "invalid_request_error", SLUICE_E_INVALID },
    { "bad_request", SLUICE_E_INVALID },
};

static sluice_status class_of_word(sluice_span word)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (sl_span_ieq(word, sl_span_str(words[i].word)))
            return words[i].status;
    return SLUICE_OK;
}

static sluice_status class_of_number(int64_t n)
{
    switch (n) {
    case 400:
    case 422:
        return SLUICE_E_INVALID;
    case 401:
        return SLUICE_E_AUTH;
    case 402:
        return SLUICE_E_QUOTA;
    case 403:
        return SLUICE_E_FORBIDDEN;
    case 404:
        return SLUICE_E_NOT_FOUND;
    case 408:
    case 504:
        return SLUICE_E_TIMEOUT;
    case 429:
        return SLUICE_E_RATE_LIMIT;
    case 503:
    case 529:
        return SLUICE_E_UNAVAILABLE;
    default:
        return SLUICE_OK;
    }
}

/* `code` may be a slug, a number, or a number written as text. */
static sluice_status class_of_value(sluice_span value)
{
    sluice_span word;
    uint64_t digits;
    int64_t number;

    if (sl_json_raw_string(value, &word))
        return sl_span_u64(word, 999, &digits) ? class_of_number((int64_t)digits)
                                               : class_of_word(word);
    return sl_json_i64(value, &number) ? class_of_number(number) : SLUICE_OK;
}

sluice_status sl_openai_failure(sluice_span error, sluice_error *err)
{
    struct sluice_arena arena;
    sluice_span text = { 0 }, word;
    sluice_status st = SLUICE_OK;

    sl_arena_init(&arena, 64 * 1024);
    if (sl_json_type(error) == SL_JSON_OBJECT) {
        (void)sl_json_string(sl_json_member(error, SL_SPAN("message")), &arena, &text);
        st = class_of_value(sl_json_member(error, SL_SPAN("code")));
        if (st == SLUICE_OK)
            st = class_of_value(sl_json_member(error, SL_SPAN("type")));
    } else {
        (void)sl_json_string(error, &arena, &text);
    }
    if (st == SLUICE_OK)
        st = SLUICE_E_UPSTREAM;
    sl_fail(err, st, "%.*s",
            SL_FMT(text.len ? sl_span_head(text, sizeof err->message - 1)
                            : SL_SPAN("the provider reported an error")));
    if (err && sl_json_raw_string(sl_json_member(error, SL_SPAN("param")), &word))
        sl_copy_text(err->param, sizeof err->param, word);
    sl_arena_finish(&arena);
    return st;
}
