/* SPDX-License-Identifier: Apache-2.0 */
/* status.c - the table of failure classes, and how an error gets its text. */
#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>

#define INVALID "invalid_request_error"
#define SERVER "server_error"

/* At index -status. Going elsewhere after CONTEXT or REFUSED is for fallbacks that somebody asked
 * for by name, not for retries: another deployment of the same model has the same window. AUTH is
 * about our key upstream, which is none of the client's business: hence 502. */
static const struct sl_status_info table[] = {
    { SLUICE_OK, "ok", 200, NULL, NULL, false, false },
    { SLUICE_E_INTERNAL, "internal", 500, SERVER, "internal_error", false, true },
    { SLUICE_E_INVALID, "bad_request", 400, INVALID, NULL, false, false },
    { SLUICE_E_UNSUPPORTED, "unsupported", 400, INVALID, "unsupported", false, true },
    { SLUICE_E_NOMEM, "out_of_memory", 503, SERVER, "out_of_memory", false, false },
    { SLUICE_E_UNAVAILABLE, "overloaded", 503, SERVER, "overloaded", true, true },
    { SLUICE_E_TIMEOUT, "timeout", 504, SERVER, "timeout", true, true },
    { SLUICE_E_UPSTREAM, "upstream", 502, SERVER, "upstream_error", true, true },
    { SLUICE_E_AUTH, "auth", 502, SERVER, "upstream_auth", false, true },
    { SLUICE_E_RATE_LIMIT, "rate_limit", 429, "rate_limit_error", "rate_limit_exceeded", true,
      true },
    { SLUICE_E_CONTEXT, "context_length", 400, INVALID, "context_length_exceeded", false, false },
    { SLUICE_E_REFUSED, "content_policy", 400, INVALID, "content_filter", false, false },
    { SLUICE_E_NOT_FOUND, "not_found", 404, INVALID, "model_not_found", false, true },
    { SLUICE_E_FORBIDDEN, "permission", 403, "permission_error", NULL, false, true },
    { SLUICE_E_QUOTA, "quota", 429, "insufficient_quota", "insufficient_quota", false, true },
    { SLUICE_E_CANCELLED, "cancelled", 499, INVALID, "cancelled", false, false },
    { SLUICE_E_DENIED, "denied", 403, "permission_error", NULL, false, false },
    { SLUICE_E_LIMITED, "limited", 429, "rate_limit_error", "rate_limit_exceeded", false, false },
    { SLUICE_E_TRUNCATED, "truncated", 502, SERVER, "stream_truncated", true, true },
    { SLUICE_E_SHUTDOWN, "shutdown", 503, SERVER, "shutting_down", false, false },
};

const struct sl_status_info *sl_status_info(sluice_status status)
{
    size_t n = sizeof table / sizeof table[0];

    if (status >= 0)
        return &table[0];
    /* Widened first: -INT32_MIN does not exist. */
    return (size_t) - (int64_t)status < n ? &table[-status] : &table[-SLUICE_E_INTERNAL];
}

const char *sl_status_type(sluice_status status, int http_status)
{
    const struct sl_status_info *info = sl_status_info(status);

    if (http_status == 0 || http_status == info->http_status)
        return info->type;
    switch (http_status) {
    case 401:
        return "authentication_error";
    case 403:
        return "permission_error";
    case 429:
        return "rate_limit_error";
    default:
        return http_status >= 400 && http_status < 500 ? INVALID : SERVER;
    }
}

void sl_copy_text(char *dst, size_t size, sluice_span src)
{
    size_t n = src.len;

    if (size == 0)
        return;
    if (n > size - 1) {
        n = size - 1;
        /* A byte 10xxxxxx right behind the cut means that a code point was cut in two. More than
         * three of them in a row are no UTF-8: then there is nothing to respect. */
        for (size_t back = 0; back <= 3 && back < n; back++)
            if (((unsigned char)src.ptr[n - back] & 0xC0) != 0x80) {
                n -= back;
                break;
            }
    }
    if (n)
        memcpy(dst, src.ptr, n);
    dst[n] = '\0';
}

static void clear(sluice_error *err, const char *code, const char *param)
{
    err->http_status = 0;
    err->retry_after_ms = 0;
    sl_copy_text(err->code, sizeof err->code, sl_span_str(code));
    sl_copy_text(err->param, sizeof err->param, sl_span_str(param));
}

static void set_message(sluice_error *err, const char *fmt, va_list ap)
{
    /* Longer than the field by a code point, so that the cut can see what follows. */
    char text[sizeof err->message + 4];

    if (vsnprintf(text, sizeof text, fmt, ap) < 0)
        text[0] = '\0';
    sl_copy_text(err->message, sizeof err->message, sl_span_str(text));
}

sluice_status sl_fail(sluice_error *err, sluice_status status, const char *fmt, ...)
{
    va_list ap;

    if (!err)
        return status;
    clear(err, NULL, NULL);
    va_start(ap, fmt);
    set_message(err, fmt, ap);
    va_end(ap);
    return status;
}

sluice_status sl_fail_param(sluice_error *err, sluice_status status, const char *code,
                            const char *param, const char *fmt, ...)
{
    va_list ap;

    if (!err)
        return status;
    clear(err, code, param);
    va_start(ap, fmt);
    set_message(err, fmt, ap);
    va_end(ap);
    return status;
}
