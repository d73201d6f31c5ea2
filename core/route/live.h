/* SPDX-License-Identifier: Apache-2.0 */
/*
 * live.h - what is learned and shared about a model group while the process lives, by its name, in
 * a registry that outlives configuration snapshots. [any]
 */
#ifndef SL_ROUTE_LIVE_H
#define SL_ROUTE_LIVE_H

#include "base/span.h"
#include "route/hedge.h"
#include "route/queue.h"

struct sl_live_registry;

struct sl_group_live {
    atomic_uint refs;
    sluice_span name;
    struct sl_live_registry *registry;
    struct sl_queue queue;           /* calls that wait for a place at its deployments */
    struct sl_hedge streams, wholes; /* answers that are streamed, and others */
};

struct sl_live_registry *sl_live_registry_create(void);    /* NULL when out of memory */
void sl_live_registry_destroy(struct sl_live_registry *r); /* after the last drop */
/* Find or make, held for the caller; NULL when out of memory. */
struct sl_group_live *sl_live_hold(struct sl_live_registry *r, sluice_span name);
void sl_live_drop(struct sl_group_live *g); /* NULL is fine */

#endif
