/* SPDX-License-Identifier: Apache-2.0 */
/* pick.c - see pick.h. */
#include "route/pick.h"

#include "base/status.h"
#include "route/sticky.h"

static void show(const struct sl_pick_request *r, sluice_route *out)
{
    *out = (sluice_route){
        .struct_size = sizeof *out,
        .attempt = r->attempt,
        .flags = r->flags,
        .now_ms = r->now_ms,
        .random = r->random,
        .sticky = r->sticky,
        .input_tokens = r->input_tokens,
        .output_tokens = r->output_tokens,
        .group = r->group->name,
        .operation = r->operation,
        .tags = r->tags_json,
        .key_id = r->key_id,
        .team_id = r->team_id,
        .user_id = r->user_id,
        .metadata = r->metadata,
        .members = r->members,
        .headers = r->headers,
        .n_members = r->n_members,
        .n_headers = r->n_headers,
    };
}

/* The fit ones; when that is everybody, now and last time, they stand there already. */
static void gather(const struct sl_pick_request *r, size_t fit)
{
    struct sl_room *room = r->room;
    bool before = room->whole;
    size_t n = 0;

    room->whole = fit == r->group->n;
    if (room->whole && before)
        return;
    for (size_t i = 0; i < r->group->n; i++) {
        room->candidates[n] = &room->views[i];
        room->from[n] = (uint32_t)i;
        n += room->why[i] == SL_FITS;
    }
}

/* Today's numbers, if the router looks at them. */
static void refresh(const struct sl_pick_request *r, const uint32_t *from, size_t n)
{
    const sluice_router_class *cls = sl_entry_class(r->router->entry)->table;
    struct sl_room *room = r->room;
    int64_t minute = r->unix_ms / 60000;
    bool times = !(cls->flags & SLUICE_ROUTER_NO_TIMES);

    if (cls->flags & (SLUICE_ROUTER_NO_COUNTERS | SLUICE_ROUTER_FETCHES))
        return;
    for (size_t i = 0; i < n && !times; i++)
        sl_room_refresh(room, from[i], minute, false);
    for (size_t i = 0; i < n && times; i++) {
        /* What stands before the times was just looked at. */
        __builtin_prefetch(&room->states[from[i + SL_AHEAD < n ? i + SL_AHEAD : i]]->token_ns);
        sl_room_refresh(room, from[i], minute, true);
    }
}

static sluice_status read_choice(const struct sl_pick_request *r, const sluice_choice *choice,
                                 size_t n, struct sl_pick *out, sluice_error *err)
{
    const struct sl_room *room = r->room;

    *out = (struct sl_pick){ .cookie = choice->cookie, .group = choice->group };
    if (choice->group.len && !sl_span_eq(choice->group, r->group->name))
        return SLUICE_OK;
    if (choice->index >= n)
        return sl_fail(err, SLUICE_E_INTERNAL, "router %s picked candidate %u of %zu",
                       sl_entry_class(r->router->entry)->id, choice->index, n);
    out->group = sl_span(NULL, 0);
    out->deployment = r->group->deployments[room->from[choice->index]];
    if (choice->hedge_ms && choice->second < n && choice->second != choice->index) {
        out->second = r->group->deployments[room->from[choice->second]];
        out->hedge_ms = choice->hedge_ms;
    }
    return SLUICE_OK;
}

/* What a router holds while it chooses, and what fetch() finds behind it. */
struct asked {
    sluice_route route;
    const struct sl_pick_request *request;
    const uint32_t *from;
    size_t n;
};

static void fetch(const sluice_route *route, uint32_t index)
{
    const struct asked *a = (const struct asked *)(const void *)route;

    if (index < a->n)
        sl_room_refresh(a->request->room, a->from[index], a->request->unix_ms / 60000, true);
}

/* The candidates from[0..n), which stand in candidates[0..n). */
static sluice_status ask(const struct sl_pick_request *r,
                         const sluice_deployment *const *candidates, const uint32_t *from, size_t n,
                         sluice_choice *out, sluice_error *err)
{
    const sluice_router_class *cls = sl_entry_class(r->router->entry)->table;
    union {
        sluice_choice choice;
        char slack[sizeof(sluice_choice) + SLUICE_SLACK];
    } room = { .choice = { .struct_size = sizeof(sluice_choice) } };
    struct asked asked = { .request = r, .from = from, .n = n };
    sluice_status st;

    refresh(r, from, n);
    show(r, &asked.route);
    asked.route.fetch = fetch;
    st = cls->pick(r->router->self, &asked.route, candidates, n, &room.choice, err);
    *out = room.choice;
    return st;
}

sluice_status sl_route_pick(const struct sl_pick_request *r, struct sl_pick *out, sluice_error *err)
{
    struct sl_room *room = r->room;
    size_t n = sl_route_filter(r, room->why), own;
    bool sticky = r->sticky && n > 1;
    sluice_status st = SLUICE_E_UNAVAILABLE;
    sluice_choice choice;

    if (n == 0)
        return sl_route_nobody(r, room->why, err);
    gather(r, n);
    /* The session's own one, unless the router thinks that better none than that. */
    if (sticky) {
        own = sl_sticky_choose(r->sticky, room->ids, room->weighted ? room->waits : NULL,
                               room->from, n);
        st = ask(r, &room->candidates[own], &room->from[own], 1, &choice, err);
        if (st >= 0) {
            choice.index += (uint32_t)own;
            choice.hedge_ms = 0;
        }
    }
    if (st == SLUICE_E_UNAVAILABLE) {
        sticky = false;
        st = ask(r, room->candidates, room->from, n, &choice, err);
    }
    if (st >= 0)
        st = read_choice(r, &choice, n, out, err);
    if (st >= 0)
        out->sticky = sticky;
    return st;
}

void sl_route_observe(struct sl_instance *router, const struct sl_pick *pick,
                      const sluice_outcome *outcome)
{
    const sluice_router_class *cls = sl_entry_class(router->entry)->table;
    sluice_outcome told = *outcome;

    if (!SLUICE_HAS(cls, sluice_router_class, observe) || !cls->observe)
        return;
    told.struct_size = sizeof told;
    told.slot = pick->deployment->state->slot;
    told.cookie = pick->cookie;
    cls->observe(router->self, &told);
}
