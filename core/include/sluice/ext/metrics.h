/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sluice/ext/metrics.h - host service: a plugin's own counters and histograms. They appear beside
 * the host's as sluice_plugin_NAME{instance="..."}. get_extension(SLUICE_METRICS_ID).
 */
#ifndef SLUICE_EXT_METRICS_H
#define SLUICE_EXT_METRICS_H

#include <sluice/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SLUICE_METRICS_ID "sluice.host.metrics/1"

typedef struct sluice_metric sluice_metric; /* the host's */

#define SLUICE_METRIC_COUNTER 0u /* only grows */
#define SLUICE_METRIC_GAUGE   1u

typedef struct sluice_host_metrics {
    uint32_t struct_size;
    uint32_t reserved;
    /* [any] The same name gives the same metric for all instances of an entry. name:
     * [a-z_][a-z0-9_]*; help: one line. NULL when out of memory or the name is malformed. The
     * metric lives as long as the sluice object. */
    sluice_metric *(*open)(const sluice_host *host, const char *name, const char *help,
                           uint32_t kind);
    /* [any] Cheap: one atomic. */
    void (*add)(sluice_metric *metric, int64_t n);
    void (*set)(sluice_metric *metric, int64_t n);
} sluice_host_metrics;

#ifdef __cplusplus
}
#endif
#endif
