/* SPDX-License-Identifier: Apache-2.0 */
/* log.h - the library's own log lines, towards whoever embeds it. Never prompts, never secrets. */
#ifndef SL_BASE_LOG_H
#define SL_BASE_LOG_H

#include "base/span.h"

enum sl_log_level { SL_DEBUG, SL_INFO, SL_WARN, SL_ERROR };

struct sl_log {
    void (*fn)(void *ctx, int32_t level, sluice_span message); /* NULL = nobody listens */
    void *ctx;
    enum sl_log_level level; /* lower ones are not formatted */
};

/* [any] One line, cut at 1 KiB. log may be NULL. */
void sl_log(const struct sl_log *log, enum sl_log_level level, const char *fmt, ...)
    __attribute__((cold, format(printf, 3, 4)));

#endif
