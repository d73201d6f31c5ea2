/* SPDX-License-Identifier: Apache-2.0 */
/* host_metrics.h - the counters and gauges of plugins; one set per registry. [any] */
#ifndef SL_PLUGIN_HOST_METRICS_H
#define SL_PLUGIN_HOST_METRICS_H

#include "base/buf.h"

struct sl_metrics;

struct sl_metrics *sl_metrics_create(void); /* NULL when out of memory */
void sl_metrics_destroy(struct sl_metrics *m);
/* Prometheus text: # HELP and # TYPE lines, then sluice_plugin_NAME{instance="..."} N. */
void sl_metrics_text(struct sl_metrics *m, struct sl_buf *out);

#endif
