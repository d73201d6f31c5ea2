/* SPDX-License-Identifier: Apache-2.0 */
/* pick.c - see pick.h. */
#include "route/pick.h"

#include "base/status.h"

static bool was_tried(const struct sl_pick_request *r, const struct sl_deployment *d)
{
    for (size_t i = 0; i < r->n_tried; i++)
        if (r->tried[i] == d)
            return true;
    return false;
}

static int64_t load(const _Atomic int64_t *value)
{
    return atomic_load_explicit(value, memory_order_relaxed);
}

static void describe(const struct sl_deployment *d, int64_t unix_ms, sluice_deployment *out)
{
    const struct sl_deployment_settings *s = d->settings;
    int64_t rpm, tpm;

    sl_state_minute(d->state, unix_ms, &rpm, &tpm);
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
        .in_flight = load(&d->state->in_flight),
        .parallel_max = s->max_parallel,
        .rpm_used = rpm,
        .rpm_max = s->rpm,
        .tpm_used = tpm,
        .tpm_max = s->tpm,
        .latency_us = load(&d->state->latency_us),
        .first_byte_us = load(&d->state->first_byte_us),
        .error_ppm = load(&d->state->error_ppm),
        .input_pico_usd = s->input_pico_usd,
        .output_pico_usd = s->output_pico_usd,
    };
}

sluice_status sl_route_pick(const struct sl_pick_request *r, struct sluice_arena *arena,
                            struct sl_pick *out, sluice_error *err)
{
    const sluice_router_class *cls = sl_entry_class(r->router->entry)->table;
    const struct sl_deployment **from;
    const sluice_deployment **candidates;
    sluice_deployment *room;
    union {
        sluice_choice choice;
        char slack[sizeof(sluice_choice) + SLUICE_SLACK];
    } chosen = { .choice = { .struct_size = sizeof(sluice_choice) } };
    sluice_route route = {
        .struct_size = sizeof route,
        .attempt = r->attempt,
        .flags = r->flags,
        .now_ms = r->now_ms,
        .random = r->random,
        .sticky = r->sticky,
        .input_tokens = r->input_tokens,
        .output_tokens = r->output_tokens,
        .group = r->group->name,
        .operation = r->operation,
        .members = r->members,
        .n_members = r->n_members,
    };
    size_t n = 0;
    sluice_status st;

    from = sl_alloc(arena, r->group->n * sizeof *from);
    candidates = sl_alloc(arena, r->group->n * sizeof *candidates);
    room = sl_alloc(arena, r->group->n * sizeof *room);
    if (!from || !candidates || !room)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory choosing a deployment");
    for (size_t i = 0; i < r->group->n; i++) {
        const struct sl_deployment *d = r->group->deployments[i];

        if (was_tried(r, d))
            continue;
        describe(d, r->unix_ms, &room[n]);
        candidates[n] = &room[n];
        from[n++] = d;
    }
    if (n == 0)
        return sl_fail(err, SLUICE_E_UNAVAILABLE, "no deployment of model %.*s is left to try",
                       SL_FMT(r->group->name));
    st = cls->pick(r->router->self, &route, candidates, n, &chosen.choice, err);
    if (st < 0)
        return st;
    if (chosen.choice.index >= n)
        return sl_fail(err, SLUICE_E_INTERNAL, "router %s picked candidate %u of %zu",
                       sl_entry_class(r->router->entry)->id, chosen.choice.index, n);
    *out = (struct sl_pick){ from[chosen.choice.index], chosen.choice.cookie };
    return SLUICE_OK;
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
