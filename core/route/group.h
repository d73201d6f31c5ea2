/* SPDX-License-Identifier: Apache-2.0 */
/*
 * group.h - model name -> group -> deployments: exact names, aliases, wildcards, deployment ids.
 * Built once per configuration snapshot, then read only.
 */
#ifndef SL_ROUTE_GROUP_H
#define SL_ROUTE_GROUP_H

#include <sluice/provider.h>
#include "base/map.h"
#include "config/settings.h"
#include "plugin/entry.h"
#include "route/state.h"
#include "route/wildcard.h"

struct sl_credential; /* credential/credential.h */

#define SL_DEPLOYMENT_TAG 12

struct sl_deployment {
    const struct sl_deployment_settings *settings;
    const struct sl_model *model; /* limits, prices, abilities: never NULL */
    bool wildcard; /* the model's name is the client's choice, and so is what is known of it:
                      call/known.h */
    struct sl_deployment_state *state;
    struct sl_entry *provider;
    const sluice_provider_class *cls;
    sluice_span base_url;                       /* the deployment's or the provider's default */
    struct sl_credential *credential;           /* NULL = none */
    const struct sl_upstream_options *upstream; /* how to reach it; NULL = as usual */
    unsigned char tag[SL_DEPLOYMENT_TAG];       /* in ids that we issue: call/issued.h */
};

struct sl_group {
    sluice_span name;
    bool wildcard;
    struct sl_deployment **deployments;
    size_t n;
};

struct sl_groups {
    struct sluice_arena *arena;
    struct sl_group **list; /* in the order of the configuration */
    size_t n;
    struct sl_map by_name, by_deployment; /* exact */
    struct sl_group **wildcards;          /* most specific first */
    size_t n_wildcards;
    const sluice_header *aliases;
    size_t n_aliases;
};

/* deployments[0..n) in the order of the configuration. */
sluice_status sl_groups_build(struct sl_groups *g, struct sl_deployment *deployments, size_t n,
                              const sluice_header *aliases, size_t n_aliases,
                              struct sluice_arena *arena);
void sl_groups_finish(struct sl_groups *g);
/* The group that serves a model name; match is filled for wildcards. NULL: nobody does. */
const struct sl_group *sl_groups_find(const struct sl_groups *g, sluice_span model,
                                      struct sl_wildcard_match *match);

#endif
