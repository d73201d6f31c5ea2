/* SPDX-License-Identifier: Apache-2.0 */
/*
 * room.h - what one loop needs to choose in one group, made once per configuration: the candidates
 * as routers see them, of which a choice refreshes only the numbers. Belongs to one loop; a choice
 * is over before the next one begins.
 */
#ifndef SL_ROUTE_ROOM_H
#define SL_ROUTE_ROOM_H

#include <sluice/router.h>
#include "route/group.h"

#define SL_AHEAD 12 /* states are fetched so many before they are looked at: they lie anywhere */

struct sl_room {
    sluice_deployment *views; /* one for each deployment of the group */
    const struct sl_deployment_state **states;
    uint64_t *ids;                        /* hashes of the deployments' ids; see sticky.h */
    double *waits;                        /* sl_sticky_wait() of each */
    bool weighted;                        /* weights differ */
    const sluice_deployment **candidates; /* of the choice under way */
    uint32_t *from;                       /* their places in the group */
    bool whole;                           /* those are all of the group, as last time */
    uint8_t *why;                         /* enum sl_reason of each deployment */
};

/* The rooms of one configuration on one loop. */
struct sl_rooms {
    struct sluice_arena arena;
    struct sl_room **by_number; /* of groups; NULL until the first choice */
    size_t n;
};

void sl_rooms_init(struct sl_rooms *rooms, const struct sl_groups *groups);
void sl_rooms_finish(struct sl_rooms *rooms);
/* For a group that a call made for itself. NULL when out of memory. */
struct sl_room *sl_room_make(struct sluice_arena *arena, const struct sl_group *group);
/* NULL when out of memory. */
struct sl_room *sl_room_of(struct sl_rooms *rooms, const struct sl_group *group);

/* Bring what changes of a candidate up to date. times: the measured ones as well. */
static inline __attribute__((always_inline)) void
sl_room_refresh(struct sl_room *room, size_t deployment, int64_t minute, bool times)
{
    const struct sl_deployment_state *s = room->states[deployment];
    sluice_deployment *v = &room->views[deployment];
    bool now;

#define GET(field) atomic_load_explicit(&s->field, memory_order_relaxed)
    now = GET(minute) == minute;
    v->in_flight = GET(in_flight);
    v->rpm_used = now ? GET(minute_requests) : 0;
    v->tpm_used = now ? GET(minute_tokens) : 0;
    v->latency_us = GET(latency_us);
    v->first_byte_us = GET(first_byte_us);
    v->error_ppm = GET(error_ppm);
    if (!times)
        return;
    v->token_ns = GET(token_ns);
    v->token_at_ms = GET(token_at_ms);
    v->first_token_us = GET(first_token_us);
    v->first_token_at_ms = GET(first_token_at_ms);
    v->peak_us = GET(peak_us);
    v->peak_at_ms = GET(peak_at_ms);
    v->peak_first_us = GET(peak_first_us);
    v->peak_first_at_ms = GET(peak_first_at_ms);
#undef GET
}

#endif
