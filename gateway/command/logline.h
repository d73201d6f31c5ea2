/* SPDX-License-Identifier: Apache-2.0 */
/* logline.h - the process's log: time, level, sentence, on standard error. [any] thread. */
#ifndef GW_LOGLINE_H
#define GW_LOGLINE_H

#include <sluice/plugin.h>

/* As in sluice_host.log. */
enum gw_log_level { GW_LOG_DEBUG, GW_LOG_INFO, GW_LOG_WARN, GW_LOG_ERROR };
/* What is below is not logged; at first INFO. */
void gw_log_from(enum gw_log_level least);
/* sluice_options.log; ctx is not used. */
void gw_log_library(void *ctx, int32_t level, sluice_span message);
void gw_log(enum gw_log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
