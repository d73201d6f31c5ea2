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

struct sl_room {
    sluice_deployment *views; /* one for each deployment of the group */
    const struct sl_deployment_state **states;
    uint64_t *ids;                        /* hashes of the deployments' ids; see sticky.h */
    const sluice_deployment **candidates; /* of the choice under way */
    uint32_t *from;                       /* their places in the group */
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

/* Bring what changes of a candidate up to date. */
void sl_room_refresh(struct sl_room *room, size_t deployment, int64_t minute);

#endif
