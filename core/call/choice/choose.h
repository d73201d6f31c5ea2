/* SPDX-License-Identifier: Apache-2.0 */
/*
 * choose.h - a call and the router: what routing must know of a call, found once; and the choice of
 * a deployment, which may lead on to another group.
 */
#ifndef SL_CALL_CHOOSE_H
#define SL_CALL_CHOOSE_H

#include "route/pick.h"

struct sl_call;
struct sl_leg;

/* Spans into the call's arena. */
struct sl_choose_facts {
    const sluice_span *tags; /* from the header, the body, the embedder */
    size_t n_tags;
    sluice_span tags_json, metadata, region;
    uint64_t sticky; /* 0 = nothing to stay with */
};

/* While the body is there: fill c->routing. NOMEM or OK. */
sluice_status sl_choose_prepare(struct sl_call *c);

/* All that a choice in the leg's group goes by; c->error on failure. For those who explain too. */
sluice_status sl_choose_request(struct sl_call *c, const struct sl_leg *leg, uint64_t now_us,
                                struct sl_pick_request *out);

/* Choose among those deployments of the leg's group that are left; the router may lead to another
 * group, which is the leg's then. Whoever gets a pick reports to *router, once. */
sluice_status sl_choose(struct sl_call *c, struct sl_leg *leg, uint64_t now_us,
                        struct sl_pick *pick, struct sl_instance **router);

#endif
