/* SPDX-License-Identifier: Apache-2.0 */
/* host.h - the sluice_host that an instance sees, and the services behind get_extension(). */
#ifndef SL_PLUGIN_HOST_H
#define SL_PLUGIN_HOST_H

#include "plugin/entry.h"

#include <sluice/ext/http.h>
#include <sluice/ext/io.h>
#include <sluice/ext/metrics.h>
#include <sluice/ext/secret.h>
#include <sluice/ext/share.h>

/* Fills i->host; the rest of i is the caller's. product outlives i. */
void sl_host_init(struct sl_instance *i, const char *product);
/* A host for a plugin's init(): memory, log, clock and chance, no services. */
void sl_host_init_only(struct sl_instance *i, const struct sl_log *log, sluice_span name);

/* The instance behind a host. */
static inline struct sl_instance *sl_host_instance(const sluice_host *host)
{
    return host->impl;
}

extern const sluice_host_io sl_host_io;
extern const sluice_host_share sl_host_share;
extern const sluice_host_secret sl_host_secret;
extern const sluice_host_http sl_host_http;
extern const sluice_host_metrics sl_host_metrics;

/* [loop] Before destroy(): posts and jobs not yet begun are dropped, running HTTP calls cancelled.
 * false: a job is still running; done(i) comes from the loop when the last one is back. */
bool sl_host_io_settle(struct sl_instance *i, void (*done)(struct sl_instance *i));
void sl_host_http_settle(struct sl_instance *i);
/* After destroy(): what the plugin forgot to take down. Returns how many. */
size_t sl_host_io_sweep(struct sl_instance *i);

#endif
