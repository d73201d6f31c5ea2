/* SPDX-License-Identifier: Apache-2.0 */
/* logline.c - one write per line, so that lines of several threads do not mix. */
#include "command/logline.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_BYTES 2048

static atomic_int least_level = GW_LOG_INFO;

void gw_log_from(enum gw_log_level least)
{
    atomic_store(&least_level, (int)least);
}

void gw_log_library(void *ctx, int32_t level, sluice_span message)
{
    static const char *const names[] = { "DEBUG", "INFO", "WARN", "ERROR" };
    char line[LINE_MAX_BYTES];
    struct timespec now;
    struct tm t;
    size_t n;

    (void)ctx;
    if (level < GW_LOG_DEBUG || level > GW_LOG_ERROR)
        level = GW_LOG_ERROR;
    if (level < atomic_load(&least_level))
        return;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &t);
    n = (size_t)snprintf(line, sizeof line, "%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ %-5s ",
                         t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec,
                         now.tv_nsec / 1000000, names[level]);
    for (size_t i = 0; i < message.len && n < sizeof line - 1; i++) {
        char c = message.ptr[i];

        /* A line stays a line, whatever a message quotes. */
        line[n++] = (unsigned char)c < ' ' || c == 0x7f ? ' ' : c;
    }
    line[n++] = '\n';
    if (write(STDERR_FILENO, line, n) < 0)
        return; /* nobody to tell */
}

void gw_log(enum gw_log_level level, const char *format, ...)
{
    char text[LINE_MAX_BYTES / 2];
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (n > 0)
        gw_log_library(
            NULL, (int32_t)level,
            (sluice_span){ text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1 });
}
