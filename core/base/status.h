/* SPDX-License-Identifier: Apache-2.0 */
/* status.h - classes of failure: names, HTTP statuses, OpenAI's type and code for each, and the one
 * way to fill a sluice_error. The table follows the error classes of OpenAI's API. */
#ifndef SL_BASE_STATUS_H
#define SL_BASE_STATUS_H

#include "base/span.h"

/* What a class means towards clients when nothing more is known. */
struct sl_status_info {
    sluice_status status;
    const char *name; /* "rate_limit" */
    int http_status;  /* 429 */
    const char *type; /* "rate_limit_error" */
    const char *code; /* "rate_limit_exceeded"; NULL = null */
    bool retry_same;  /* the same deployment may be asked again */
    bool retry_other; /* another deployment may be asked */
};
const struct sl_status_info *sl_status_info(sluice_status status);
/* OpenAI's type for a class whose HTTP status somebody may have overridden (0 = not). */
const char *sl_status_type(sluice_status status, int http_status);

/* Fill err (may be NULL) with a sentence, clearing what was in it; returns status. */
sluice_status sl_fail(sluice_error *err, sluice_status status, const char *fmt, ...)
    __attribute__((cold, format(printf, 3, 4)));
/* The same, naming code ("model_not_found") and param ("model"); either may be NULL. */
sluice_status sl_fail_param(sluice_error *err, sluice_status status, const char *code,
                            const char *param, const char *fmt, ...)
    __attribute__((cold, format(printf, 5, 6)));
/* An empty one. SLUICE_ERROR_INIT clears all of its text, which is much to do for each call. */
static inline void sl_error_clear(sluice_error *err)
{
    err->struct_size = sizeof *err;
    err->http_status = 0;
    err->retry_after_ms = err->reserved = 0;
    err->code[0] = err->message[0] = err->param[0] = 0;
}
/* Copy src to a fixed field, cut at a code point, NUL-terminated. */
void sl_copy_text(char *dst, size_t size, sluice_span src);

#endif
