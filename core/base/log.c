/* SPDX-License-Identifier: Apache-2.0 */
/* log.c - formats a line of the library's own log and hands it on. */
#include "base/log.h"

#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>

#define LINE 1024

void sl_log(const struct sl_log *log, enum sl_log_level level, const char *fmt, ...)
{
    /* Longer than a line by a code point, so that the cut can see where the next one begins. */
    char text[LINE + 5], line[LINE + 1];
    va_list ap;
    int n;

    if (!log || !log->fn || level < log->level)
        return;
    va_start(ap, fmt);
    n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (n < 0)
        return;
    sl_copy_text(line, sizeof line, sl_span_str(text));
    log->fn(log->ctx, (int32_t)level, sl_span_str(line));
}
