/* SPDX-License-Identifier: Apache-2.0 */
/* room.c - see room.h. */
#include "route/room.h"

#include "route/sticky.h"

#define ROOMS_MOST (256u << 20)

void sl_rooms_init(struct sl_rooms *rooms, const struct sl_groups *groups)
{
    *rooms = (struct sl_rooms){ .n = groups->n_all };
    sl_arena_init(&rooms->arena, ROOMS_MOST);
}

void sl_rooms_finish(struct sl_rooms *rooms)
{
    sl_arena_finish(&rooms->arena);
    *rooms = (struct sl_rooms){ 0 };
}

/* What the configuration says of a deployment. */
static void describe(const struct sl_deployment *d, sluice_deployment *out)
{
    const struct sl_deployment_settings *s = d->settings;

    *out = (sluice_deployment){
        .struct_size = sizeof *out,
        .slot = d->state->slot,
        .id = s->id,
        .provider = s->provider,
        .model = s->model,
        .region = s->region,
        .tags = s->tags,
        .weight_ppm = s->weight_ppm,
        .order = s->order,
        .parallel_max = s->max_parallel,
        .rpm_max = s->rpm,
        .tpm_max = s->tpm,
        .input_pico_usd = sl_model_price(d->model, SL_PRICE_IN, sl_span("", 0), -1),
        .output_pico_usd = sl_model_price(d->model, SL_PRICE_OUT, sl_span("", 0), -1),
    };
}

struct sl_room *sl_room_make(struct sluice_arena *arena, const struct sl_group *g)
{
    struct sl_room *room = sl_alloc(arena, sizeof *room);

    if (!room)
        return NULL;
    room->views = sl_alloc(arena, g->n * sizeof *room->views + 64);
    room->states = sl_alloc(arena, g->n * sizeof *room->states);
    room->ids = sl_alloc(arena, g->n * sizeof *room->ids);
    room->waits = sl_alloc(arena, g->n * sizeof *room->waits);
    room->candidates = sl_alloc(arena, g->n * sizeof *room->candidates);
    room->from = sl_alloc(arena, g->n * sizeof *room->from);
    room->why = sl_alloc(arena, g->n);
    if (!room->views || !room->states || !room->ids || !room->waits || !room->candidates ||
        !room->from || !room->why)
        return NULL;
    /* Each view four cache lines, and not five. */
    room->views = (void *)(((uintptr_t)room->views + 63) & ~(uintptr_t)63);
    room->weighted = room->whole = false;
    for (size_t i = 0; i < g->n; i++) {
        describe(g->deployments[i], &room->views[i]);
        room->states[i] = g->deployments[i]->state;
        room->ids[i] = sl_sticky_hash(g->deployments[i]->settings->id);
        room->waits[i] = sl_sticky_wait(room->views[i].weight_ppm);
        /* As simple-shuffle has it: the first one says whether weights count. */
        room->weighted |= room->views[0].weight_ppm >= 0 &&
                          room->views[i].weight_ppm != room->views[0].weight_ppm;
    }
    return room;
}

struct sl_room *sl_room_of(struct sl_rooms *rooms, const struct sl_group *group)
{
    if (!rooms->by_number)
        rooms->by_number = sl_alloc0(&rooms->arena, rooms->n * sizeof(struct sl_room *));
    if (!rooms->by_number)
        return NULL;
    if (!rooms->by_number[group->number])
        rooms->by_number[group->number] = sl_room_make(&rooms->arena, group);
    return rooms->by_number[group->number];
}
