/* SPDX-License-Identifier: Apache-2.0 */
/* logline.h - the process's log: time, level, sentence, on standard error. [any] thread. */
#ifndef GW_LOGLINE_H
#define GW_LOGLINE_H

#include <stdbool.h>
#include <sluice/plugin.h>

/* Levels as in sluice_host.log: 0 debug, 1 info, 2 warn, 3 error. Debug lines only when asked. */
void gw_log_debug(bool on);
/* sluice_options.log; ctx is not used. */
void gw_log_library(void *ctx, int32_t level, sluice_span message);
void gw_log(int level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
