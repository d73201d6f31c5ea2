/* SPDX-License-Identifier: Apache-2.0 */
/* pick.h - one choice: the candidates that may be used now, then the group's router plugin. */
#ifndef SL_ROUTE_PICK_H
#define SL_ROUTE_PICK_H

#include <sluice/router.h>
#include "route/filter.h"
#include "route/fit.h"
#include "route/group.h"
#include "route/room.h"

struct sl_pick_request {
    const struct sl_settings *settings; /* NULL: every switch is at its default */
    const struct sl_group *group;
    struct sl_room *room;                     /* of this loop for this group */
    struct sl_instance *router;               /* of this loop, for this group */
    const struct sl_deployment *const *tried; /* not again in this call */
    size_t n_tried;
    uint32_t attempt, flags;
    bool prefill;     /* only who goes on from a message of the assistant's */
    bool last_resort; /* nothing comes after this group: better one on trial than none */
    uint64_t now_ms, random;
    uint64_t sticky; /* sl_sticky_hash() of what the call shall stay with; 0 = nothing */
    int64_t unix_ms, input_tokens, output_tokens;
    sluice_span operation;
    sluice_span key_id, team_id, user_id; /* of the caller; empty = none */
    sluice_span region;                   /* allowed_model_region; empty = any */
    const sluice_span *tags;              /* asked for by the caller */
    size_t n_tags;
    sluice_span tags_json, metadata; /* for the router: JSON array, JSON object */
    const sluice_header *members, *headers;
    size_t n_members, n_headers;
    bool probe;                   /* a health check: one that rests is asked as well */
    const struct sl_needs *needs; /* fit.h; NULL: any model will do */
};

struct sl_pick {
    const struct sl_deployment *deployment; /* NULL: ask `group` instead */
    sluice_span group;                      /* the router's own wish; see sluice_choice.group */
    uint64_t cookie;
    const struct sl_deployment *second; /* to be asked as well after hedge_ms; NULL = none */
    uint32_t hedge_ms;
    bool sticky; /* the session decided */
};

/* UNAVAILABLE or what sl_route_nobody() says: no candidate is left, or the router wants none. */
sluice_status sl_route_pick(const struct sl_pick_request *request, struct sl_pick *out,
                            sluice_error *err);
/* Tell the router how a pick turned out; exactly once per pick. Unknown numbers are -1. */
void sl_route_observe(struct sl_instance *router, const struct sl_pick *pick,
                      const sluice_outcome *outcome);

#endif
