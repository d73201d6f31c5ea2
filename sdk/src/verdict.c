/* SPDX-License-Identifier: Apache-2.0 */
/* verdict.c - see sluice_sdk/verdict.h. */
#include <sluice_sdk/span.h>
#include <sluice_sdk/status.h>
#include <sluice_sdk/verdict.h>
#include <stdio.h>

/* What all vendors mean by them. */
static const struct sl_verdict_http common[] = {
    { 401, SLUICE_E_AUTH, 0, "" },
    { 403, SLUICE_E_FORBIDDEN, 0, "" },
    { 404, SLUICE_E_NOT_FOUND, 0, "model_not_found" },
    { 408, SLUICE_E_TIMEOUT, 0, "timeout" },
    { 413, SLUICE_E_INVALID, 413, "request_too_large" },
    { 429, SLUICE_E_RATE_LIMIT, 0, "rate_limit_exceeded" },
    { 504, SLUICE_E_TIMEOUT, 0, "timeout" },
};

void sl_verdict_answer(struct sl_verdict *v, int32_t http, const struct sl_verdict_http *own,
                       size_t n)
{
    memset(v, 0, sizeof *v);
    snprintf(v->message, sizeof v->message, "The provider answered HTTP %d.", (int)http);
    sl_verdict_http(v, http, own, n);
}

void sl_verdict_event(struct sl_verdict *v)
{
    memset(v, 0, sizeof *v);
    snprintf(v->message, sizeof v->message, "The provider broke off its answer with an error.");
}

void sl_verdict_set(struct sl_verdict *v, sluice_status status, int32_t http_status,
                    const char *code)
{
    v->status = status;
    v->http_status = http_status;
    v->code = code;
}

static bool listed(struct sl_verdict *v, int32_t http, const struct sl_verdict_http *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (rows[i].http == http) {
            sl_verdict_set(v, rows[i].status, rows[i].http_status, rows[i].code);
            return true;
        }
    return false;
}

void sl_verdict_http(struct sl_verdict *v, int32_t http, const struct sl_verdict_http *own,
                     size_t n)
{
    if (!listed(v, http, own, n))
        listed(v, http, common, sizeof common / sizeof *common);
}

void sl_verdict_message(struct sl_verdict *v, sluice_span message,
                        const struct sl_verdict_text *texts, size_t n)
{
    for (size_t i = 0; i < n && v->status == SLUICE_E_INVALID; i++)
        if (sl_span_ifind(message, sl_span_str(texts[i].text)) < message.len)
            sl_verdict_set(v, texts[i].status, 0, texts[i].code);
    sl_copy_text(v->message, sizeof v->message, message);
}

sluice_status sl_verdict_report(const struct sl_verdict *v, sluice_error *err)
{
    const char *code = *v->own_code ? v->own_code : v->code;

    sl_fail_param(err, v->status, code && *code ? code : NULL, NULL, "%s", v->message);
    if (err) {
        err->http_status = v->http_status;
        err->retry_after_ms = v->retry_after_ms;
    }
    return v->status;
}
