/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keys.h - several credentials of one deployment that take turns. A key that the vendor refuses, or
 * that has used up what it may, rests alone: the model behind it is fine. Only when all of them
 * rest does the deployment. [any]
 */
#ifndef SL_ROUTE_KEYS_H
#define SL_ROUTE_KEYS_H

#include "route/group.h"

struct sl_key {
    struct sl_credential *credential;
    struct sl_deployment_state *state; /* its own: outlives configurations, as a deployment's */
};

/* Whose turn it is, among those that do not rest; else the one that rests the shortest. NULL: the
 * deployment has no more than one. */
const struct sl_key *sl_keys_turn(const struct sl_deployment *d, uint64_t now_ms);
/* Is there one that can be asked now? */
bool sl_keys_left(const struct sl_deployment *d, uint64_t now_ms);

/* May it be asked, as far as its own failures and its keys' go? */
enum sl_gate sl_deployment_gate(const struct sl_deployment *d, uint64_t now_ms);
/* When it may, in ms from now; 0: it may, or a probe is under way. */
uint64_t sl_deployment_left_ms(const struct sl_deployment *d, uint64_t now_ms);
/* The class of failure that it rests for. */
sluice_status sl_deployment_why(const struct sl_deployment *d, uint64_t now_ms);

#endif
