/* SPDX-License-Identifier: Apache-2.0 */
/* anthropic_error.c - failures as Messages clients know them: {"type":"error","error":{...}}. */
#include "format/anthropic/anthropic.h"

#include "format/json_write.h"
#include "format/openai/openai_error.h"

#define OVERLOADED 529 /* what the dialect's clients take 503 for */

static const struct {
    int http_status;
    const char *type;
} types[] = {
    { 400, "invalid_request_error" },   { 401, "authentication_error" },
    { 402, "billing_error" },           { 403, "permission_error" },
    { 404, "not_found_error" },         { 413, "request_too_large" },
    { 429, "rate_limit_error" },        { 503, "overloaded_error" },
    { OVERLOADED, "overloaded_error" }, { 504, "timeout_error" },
};

static const char *type_of(int http_status)
{
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (types[i].http_status == http_status)
            return types[i].type;
    return http_status < 500 ? "invalid_request_error" : "api_error";
}

int sl_anthropic_http_status(sluice_status status, const sluice_error *err)
{
    int http_status = sl_error_http_status(status, err);

    return http_status == 503 ? OVERLOADED : http_status;
}

void sl_anthropic_error_body(struct sl_buf *b, sluice_status status, const sluice_error *err)
{
    struct sl_json_out o = sl_json_out(b);
    const char *message = err && err->message[0] ? err->message : sl_status_info(status)->name;

    sl_json_open(&o, '{');
    sl_json_kv_str(&o, "type", SL_SPAN("error"));
    sl_json_key(&o, "error");
    sl_json_open(&o, '{');
    sl_json_kv_str(&o, "type", sl_span_str(type_of(sl_error_http_status(status, err))));
    sl_json_kv_str(&o, "message", sl_span_str(message));
    if (err && err->code[0]) { /* what clients act upon: sending a lost thread again, for one */
        sl_json_key(&o, "details");
        sl_json_open(&o, '{');
        sl_json_kv_str(&o, "error_code", sl_span_str(err->code));
        sl_json_close(&o, '}');
    }
    sl_json_close(&o, '}');
    sl_json_close(&o, '}');
}

void sl_anthropic_error_event(struct sl_encoder *e, struct sl_buf *b, sluice_status status,
                              const sluice_error *err)
{
    (void)e;
    sl_frame_open(b, SL_FRAMING_EVENTS, SL_SPAN("error"));
    sl_anthropic_error_body(b, status, err);
    sl_buf_add(b, sl_frame_close(SL_FRAMING_EVENTS));
}
