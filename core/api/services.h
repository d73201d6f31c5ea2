/* SPDX-License-Identifier: Apache-2.0 */
/*
 * services.h - what calls lean on, one row each: the loops, the object store, the cache, loggers,
 * routers, providers. Some are asked at the moment (loops, store), some are known from their last
 * use. Whatever comes later reports itself by a row in the table of services.c.
 */
#ifndef SL_API_SERVICES_H
#define SL_API_SERVICES_H

#include "api/pulse.h"
#include "api/verbs.h"

/* How one of them fares. */
struct sl_service {
    const char *kind; /* "object_store" */
    sluice_span name; /* "sqlite" */
    bool healthy;
    bool needed;  /* without it most calls fail: the process should get none */
    bool counted; /* written and dropped are known */
    int64_t written, dropped;
    sluice_error error; /* why it is not healthy */
};

typedef void (*sl_service_fn)(void *ctx, const struct sl_service *service);
/* On the control thread: whoever is asked may take up to a second each. */
void sl_services_each(struct sluice *s, const struct sl_snapshot *snapshot,
                      const struct sl_pulse *pulse, sl_service_fn fn, void *ctx);

#define SL_PULSE_MS 1000 /* a loop that turns answers in microseconds */

/* health.services */
sluice_status sl_verb_services(struct sluice *s, const struct sl_snapshot *snapshot,
                               sluice_span argument, struct sl_rows *rows, sluice_error *err);

#endif
