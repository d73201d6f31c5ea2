/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access.h - may somebody with a list of names use a model? LiteLLM's test, the same for keys,
 * teams, users and organisations: names, wildcards, access groups (model_info.access_groups).
 */
#ifndef SL_ROUTE_ACCESS_H
#define SL_ROUTE_ACCESS_H

#include "route/group.h"

/* An empty list allows everything. "*" and "all-proxy-models" too; "no-default-models" nothing. A
 * name with '*' is a pattern for the whole of the model's name, as it is or behind its provider's;
 * the name of an access group stands for the models that one deployment of says so. An alias is
 * tried as itself and as what it stands for. "all-team-models" is the caller's to replace by the
 * team's list. */
bool sl_access_allows(const struct sl_groups *g, const sluice_span *list, size_t n,
                      sluice_span model);

/* The groups that a list lets somebody see, in the order of the configuration: for /models. Calls
 * fn for each. */
void sl_access_each(const struct sl_groups *g, const sluice_span *list, size_t n,
                    void (*fn)(void *ctx, const struct sl_group *group), void *ctx);

#endif
