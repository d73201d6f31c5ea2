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
#include "route/live.h"
#include "route/state.h"
#include "route/wildcard.h"

struct sl_credential; /* credential/credential.h */
struct sl_key;        /* keys.h */

#define SL_DEPLOYMENT_TAG 12

struct sl_deployment {
    const struct sl_deployment_settings *settings;
    const struct sl_model *model; /* limits, prices, abilities: never NULL */
    bool wildcard; /* the model's name is the client's choice, and so is what is known of it:
                      call/choice/known.h */
    struct sl_deployment_state *state;
    struct sl_group_live *live; /* held; who waits for a place here. NULL: there is no limit */
    struct sl_entry *provider;
    const sluice_provider_class *cls;
    sluice_span base_url;             /* the deployment's or the provider's default */
    sluice_span shown_url;            /* the same for everybody's eyes: no password, no query */
    struct sl_credential *credential; /* NULL = none */
    struct sl_key *keys;              /* more of them, that take turns; else n_keys 0 */
    size_t n_keys;
    const struct sl_upstream_options *upstream; /* how to reach it; NULL = as usual */
    unsigned char tag[SL_DEPLOYMENT_TAG];       /* in ids that we issue: call/stored/issued.h */
};

struct sl_group {
    sluice_span name;
    sluice_span team_id; /* only this team calls it so; empty = everybody */
    bool wildcard;
    bool has_order, has_tags, has_default, has_teams, has_regions, has_parallel,
        has_keys; /* some of it */
    struct sl_deployment **deployments;
    size_t n;
    size_t number;           /* among all groups of the configuration; SL_GROUP_OWN */
    struct sl_entry *router; /* who chooses in it; set by the configuration's owner */
    const struct sl_group_options *options; /* NULL = nothing is said of it */
    struct sl_hedge_rule hedge;             /* the group's, or the router's */
    struct sl_group_live *live;             /* held; NULL = nothing is shared of it */
};
#define SL_GROUP_OWN SIZE_MAX /* made for one call; router NULL = the one for all */

struct sl_groups {
    struct sluice_arena *arena;
    struct sl_group **list; /* in the order of the configuration; without those of teams */
    size_t n;
    struct sl_group **all; /* every group there is, those of single deployments as well */
    size_t n_all;
    struct sl_map by_name, by_team, by_deployment, by_alias, by_written; /* exact */
    struct sl_group **wildcards;                                         /* most specific first */
    size_t n_wildcards;
    const sluice_header *aliases;
    size_t n_aliases;
};

/* deployments[0..n) in the order of the configuration. */
sluice_status sl_groups_build(struct sl_groups *g, struct sl_deployment *deployments, size_t n,
                              const sluice_header *aliases, size_t n_aliases,
                              struct sluice_arena *arena);
/* What the configuration says of groups, and what they share. NOMEM or OK. */
sluice_status sl_groups_set_options(struct sl_groups *g, const struct sl_settings *settings,
                                    struct sl_live_registry *live);
void sl_groups_finish(struct sl_groups *g);
/* The group that serves a model name; match is filled for wildcards. NULL: nobody does. team_id:
 * the caller's; empty = none. */
const struct sl_group *sl_groups_find(const struct sl_groups *g, sluice_span model,
                                      sluice_span team_id, struct sl_wildcard_match *match);
/* For one that a call made for itself: name, deployments and n are there; fills the rest. */
void sl_group_own(struct sl_group *g);
/* The group behind an alias of model_group_alias, else the name itself. */
sluice_span sl_groups_unalias(const struct sl_groups *g, sluice_span model);

#endif
