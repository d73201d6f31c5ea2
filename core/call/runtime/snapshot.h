/* SPDX-License-Identifier: Apache-2.0 */
/*
 * snapshot.h - one configuration with the plugin entries it needs: immutable, counted. A call holds
 * the one it began with, through its loop's hold (worker.h): one count per loop, not per call.
 * What is learned (deployment state, entries with equal text) passes from one snapshot to the next.
 */
#ifndef SL_CALL_SNAPSHOT_H
#define SL_CALL_SNAPSHOT_H

#include "call/runtime/owner.h"
#include "config/models.h"
#include "config/settings.h"
#include "record/logger.h"
#include "route/group.h"

/* A way to somebody else's API as it is: pass.h. */
struct sl_pass_route {
    sluice_span name, own; /* of the provider, as somebody wrote it and as its class has it: what
                              stands behind the first slash; empty: an endpoint */
    const struct sl_pass_settings *endpoint; /* NULL: a provider's own API */
    struct sl_deployment **deployments;      /* whose address and credential count */
    size_t n;
};

struct sl_snapshot {
    atomic_uint refs;
    struct sl_post dropping; /* its way to the control thread, when the last one let go */
    struct sl_owner *owner;
    struct sl_settings *settings;
    struct sluice_arena arena;
    struct sl_deployment *deployments;
    size_t n_deployments, n_hidden; /* hidden ones, behind the others, are for pass-through only */
    struct sl_pass_route *pass;
    size_t n_pass;
    struct sl_groups groups;
    struct sl_models *models;  /* the catalogue; held */
    struct sl_entry **routers; /* the first one for all, then those of routing_groups */
    size_t n_routers;
    bool keep_headers;          /* a router wants the request's headers */
    struct sl_entry *cache;     /* NULL = none */
    struct sl_logger **loggers; /* in the order of settings->loggers */
    size_t n_loggers;
};

/* Takes settings over, also on failure. previous (may be NULL) lends entries and loggers that stay
 * the same. Loads plugins; [pool] or the opening thread. */
sluice_status sl_snapshot_create(struct sl_owner *owner, struct sl_settings *settings,
                                 const struct sl_snapshot *previous, struct sl_snapshot **out,
                                 sluice_error *err);
struct sl_snapshot *sl_snapshot_hold(struct sl_snapshot *s);
/* [any] When the last one lets go the control thread frees it, since a logger that nobody needs any
 * more is flushed then. */
void sl_snapshot_drop(struct sl_snapshot *s);
/* What is known of the model that d would be asked for by this name: for a deployment whose model
 * holds a '*' it is looked up, into arena; NULL: out of memory. [any] */
const struct sl_model *sl_snapshot_model(const struct sl_snapshot *s, const struct sl_deployment *d,
                                         sluice_span model, struct sluice_arena *arena);
/* For the parts of a snapshot: make the entry, or take over the previous one that is the same. */
sluice_status sl_snapshot_entry(struct sl_owner *owner, const struct sl_settings *settings,
                                const char *kind, sluice_span plugin, sluice_span name,
                                sluice_span config, struct sl_entry *previous,
                                struct sl_entry **out, sluice_error *err);
sluice_status sl_snapshot_deployment(struct sl_snapshot *s, const struct sl_snapshot *previous,
                                     const struct sl_deployment_settings *d,
                                     struct sl_deployment *out, sluice_error *err);
void sl_snapshot_deployment_drop(struct sl_deployment *d);
/* snapshot_pass.c: how many deployments it may need, and then what leads where. */
size_t sl_snapshot_pass_most(const struct sl_settings *settings);
sluice_status sl_snapshot_pass(struct sl_snapshot *s, const struct sl_snapshot *previous,
                               sluice_error *err);
/* snapshot_routers.c: make the routers and tell each group which one is its own. */
sluice_status sl_snapshot_routers(struct sl_snapshot *s, const struct sl_snapshot *previous,
                                  sluice_error *err);
/* Does a deployment, a router or the cache of s run on this entry? */
bool sl_snapshot_uses(const struct sl_snapshot *s, const struct sl_entry *e);

#endif
