/* SPDX-License-Identifier: Apache-2.0 */
/* snapshot_routers.c - the routers of a configuration: one for all groups, and one for each entry
 * of routing_groups. */
#include "call/runtime/snapshot.h"

#include <sluice/router.h>
#include "base/status.h"

static sluice_status make(struct sl_snapshot *s, const struct sl_snapshot *previous,
                          sluice_span strategy, sluice_span args, sluice_error *err)
{
    size_t i = s->n_routers;
    sluice_span name = strategy;
    const sluice_router_class *cls;
    sluice_status st;

    if (i > 0)
        name = sl_arena_printf(&s->arena, "%.*s.%zu", SL_FMT(strategy), i);
    if (!name.ptr)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory for routers");
    st = sl_snapshot_entry(s->owner, s->settings, SLUICE_ROUTER_ID, strategy, name, args,
                           previous && i < previous->n_routers ? previous->routers[i] : NULL,
                           &s->routers[i], err);
    if (st < 0)
        return st;
    s->n_routers++;
    cls = sl_entry_class(s->routers[i])->table;
    s->keep_headers |= (cls->flags & SLUICE_ROUTER_HEADERS) != 0;
    return SLUICE_OK;
}

/* model_name as it is written there, '*' included. */
static bool lists(const struct sl_routing_group *g, sluice_span name)
{
    for (size_t i = 0; i < g->n_models; i++)
        if (sl_span_eq(g->models[i], name))
            return true;
    return false;
}

sluice_status sl_snapshot_routers(struct sl_snapshot *s, const struct sl_snapshot *previous,
                                  sluice_error *err)
{
    const struct sl_settings *settings = s->settings;
    sluice_status st;

    s->routers = sl_alloc0(&s->arena, (settings->n_routing_groups + 1) * sizeof *s->routers);
    if (!s->routers)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory for routers");
    st = make(s, previous, settings->routing_strategy, settings->routing_args, err);
    for (size_t i = 0; i < settings->n_routing_groups && st >= 0; i++)
        st = make(s, previous, settings->routing_groups[i].strategy,
                  settings->routing_groups[i].args, err);
    if (st < 0)
        return st;
    for (size_t i = 0; i < s->groups.n_all; i++) {
        struct sl_group *group = s->groups.all[i];

        group->router = s->routers[0];
        for (size_t k = settings->n_routing_groups; k-- > 0;)
            if (lists(&settings->routing_groups[k], group->name))
                group->router = s->routers[k + 1];
    }
    return SLUICE_OK;
}
