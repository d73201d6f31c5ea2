/* SPDX-License-Identifier: Apache-2.0 */
/* pick.h - one choice: the candidates that may be used now, then the group's router plugin. */
#ifndef SL_ROUTE_PICK_H
#define SL_ROUTE_PICK_H

#include <sluice/router.h>
#include "route/group.h"

struct sl_pick_request {
    const struct sl_group *group;
    struct sl_instance *router;               /* of this loop */
    const struct sl_deployment *const *tried; /* not again in this call */
    size_t n_tried;
    sluice_span operation;
    uint32_t attempt, flags;
    uint64_t now_ms, random, sticky;
    int64_t unix_ms, input_tokens, output_tokens;
    const sluice_header *members;
    size_t n_members;
};

struct sl_pick {
    const struct sl_deployment *deployment;
    uint64_t cookie;
};

/* UNAVAILABLE: no candidate is left, or the router wants none; err names the group. */
sluice_status sl_route_pick(const struct sl_pick_request *request, struct sluice_arena *arena,
                            struct sl_pick *out, sluice_error *err);
/* Tell the router how a pick turned out; exactly once per pick. Unknown numbers are -1. */
void sl_route_observe(struct sl_instance *router, const struct sl_pick *pick,
                      const sluice_outcome *outcome);

#endif
