/* SPDX-License-Identifier: Apache-2.0 */
/* gemini_error.c - failures as Google's APIs tell them: {"error":{"code","message","status"}}. */
#include "format/gemini/gemini.h"

#include "format/json_write.h"
#include "format/openai/openai_error.h"

static const struct {
    int http_status;
    const char *word;
    sluice_status status;
} words[] = {
    { 400, "INVALID_ARGUMENT", SLUICE_E_INVALID },
    { 400, "FAILED_PRECONDITION", SLUICE_E_INVALID },
    { 401, "UNAUTHENTICATED", SLUICE_E_AUTH },
    { 403, "PERMISSION_DENIED", SLUICE_E_FORBIDDEN },
    { 404, "NOT_FOUND", SLUICE_E_NOT_FOUND },
    { 429, "RESOURCE_EXHAUSTED", SLUICE_E_RATE_LIMIT },
    { 499, "CANCELLED", SLUICE_E_CANCELLED },
    { 500, "INTERNAL", SLUICE_E_UPSTREAM },
    { 503, "UNAVAILABLE", SLUICE_E_UNAVAILABLE },
    { 504, "DEADLINE_EXCEEDED", SLUICE_E_TIMEOUT },
};

static const char *word_of(int http_status)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (words[i].http_status == http_status)
            return words[i].word;
    return http_status < 500 ? "INVALID_ARGUMENT" : "INTERNAL";
}

sluice_status sl_gemini_failure(sluice_span error, sluice_error *err)
{
    sluice_status st = sl_openai_failure(error, err); /* message, and class by the code */
    sluice_span word;

    if (sl_json_type(error) == SL_JSON_OBJECT &&
        sl_json_raw_string(sl_json_member(error, SL_SPAN("status")), &word))
        for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
            if (sl_span_eq(word, sl_span_str(words[i].word)) &&
                words[i].status != SLUICE_E_CANCELLED)
                st = words[i].status;
    return st;
}

void sl_gemini_error_body(struct sl_buf *b, sluice_status status, const sluice_error *err)
{
    struct sl_json_out o = sl_json_out(b);
    int http_status = sl_error_http_status(status, err);
    const char *message = err && err->message[0] ? err->message : sl_status_info(status)->name;

    sl_json_open(&o, '{');
    sl_json_key(&o, "error");
    sl_json_open(&o, '{');
    sl_json_kv_i64(&o, "code", http_status);
    sl_json_kv_str(&o, "message", sl_span_str(message));
    sl_json_kv_str(&o, "status", sl_span_str(word_of(http_status)));
    sl_json_close(&o, '}');
    sl_json_close(&o, '}');
}

void sl_gemini_error_list(struct sl_buf *b, sluice_status status, const sluice_error *err)
{
    sl_buf_add_char(b, '[');
    sl_gemini_error_body(b, status, err);
    sl_buf_add_char(b, ']');
}

/* Something of the stream has left already. */
void sl_gemini_error_event(struct sl_encoder *e, struct sl_buf *b, sluice_status status,
                           const sluice_error *err)
{
    bool list = e && e->dialect->framing == SL_FRAMING_LIST;

    sl_buf_add(b, list ? SL_SPAN(",\r\n") : SL_SPAN("data: "));
    sl_gemini_error_body(b, status, err);
    sl_buf_add(b, list ? SL_SPAN("]") : SL_SPAN("\n\n"));
}
