/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pass.h - pass-through: a request for somebody else's API as it is. /PROVIDER/REST goes to a
 * provider's own API, with the credential of a deployment that allows it (use_in_pass_through) or
 * of the environment; the paths of pass_through_endpoints go to their targets. The rest of a call's
 * life is every other's: keys, limits, records, usage.
 *
 * Nothing else passes: what is not named here is not found, before anything of it is kept.
 */
#ifndef SL_CALL_PASS_H
#define SL_CALL_PASS_H

#include "call/attempt/attempt.h"

/* Where a path leads; *rest: what follows its own part. NULL: nowhere, or not with this method. */
const struct sl_pass_route *sl_pass_find(const struct sl_snapshot *s, sluice_span method,
                                         sluice_span path, sluice_span *rest);
/* start.c: what the call keeps of the request besides what others do; c->pass is set. */
bool sl_pass_keep(struct sl_call *c, const sluice_request *r, sluice_span rest);
/* In the place of the steps parse and resolve: nothing is required of the body; its model, or that
 * in the path, is noted for records and prices. */
enum sl_verdict sl_pass_parse(struct sl_call *c);
enum sl_verdict sl_pass_resolve(struct sl_call *c);

/* Is this answer handed on as it is, whatever its status? Not when our own credential was refused:
 * that is nobody's business but the operator's. */
bool sl_pass_is_raw(const struct sl_attempt *a, int status);
/* A vendor's header that the client gets under its own name. */
bool sl_pass_shows(sluice_span name);
/* Reads how much was used out of what passes by, at its end the rest of it. Nothing of other calls.
 */
void sl_pass_scan(struct sl_attempt *a, sluice_span bytes);
void sl_pass_scan_end(struct sl_attempt *a);

#endif
