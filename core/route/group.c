/* SPDX-License-Identifier: Apache-2.0 */
/* group.c - see group.h. Order of look-up: exact group, alias, deployment id, wildcards by the
 * longest pattern. */
#include "route/group.h"

#include <stdlib.h>

static size_t count_of(const struct sl_deployment *d, size_t n, sluice_span name)
{
    size_t same = 0;

    for (size_t i = 0; i < n; i++)
        same += sl_span_eq(d[i].settings->model_name, name);
    return same;
}

static struct sl_group *add_group(struct sl_groups *g, sluice_span name, size_t members)
{
    struct sl_group *group = sl_alloc0(g->arena, sizeof *group);

    if (!group)
        return NULL;
    group->name = name;
    group->wildcard = sl_span_find_char(name, '*') < name.len;
    group->deployments = sl_alloc(g->arena, members * sizeof *group->deployments);
    if (!group->deployments || !sl_map_put(&g->by_name, name, group))
        return NULL;
    g->list[g->n++] = group;
    return group;
}

/* A call that names a deployment's id goes to that one. */
static bool add_alone(struct sl_groups *g, struct sl_deployment *d)
{
    struct sl_group *alone = sl_alloc0(g->arena, sizeof *alone);

    if (!alone)
        return false;
    alone->name = d->settings->model_name;
    alone->deployments = sl_alloc(g->arena, sizeof *alone->deployments);
    if (!alone->deployments)
        return false;
    alone->deployments[0] = d;
    alone->n = 1;
    return sl_map_put(&g->by_deployment, d->settings->id, alone);
}

/* Longer patterns first; among equals the one with fewer '*'. */
static int by_specificity(const void *a, const void *b)
{
    const struct sl_group *x = *(struct sl_group *const *)a, *y = *(struct sl_group *const *)b;
    size_t stars_x = 0, stars_y = 0;

    if (x->name.len != y->name.len)
        return x->name.len > y->name.len ? -1 : 1;
    for (size_t i = 0; i < x->name.len; i++) {
        stars_x += x->name.ptr[i] == '*';
        stars_y += y->name.ptr[i] == '*';
    }
    return stars_x < stars_y ? -1 : stars_x > stars_y;
}

sluice_status sl_groups_build(struct sl_groups *g, struct sl_deployment *deployments, size_t n,
                              const sluice_header *aliases, size_t n_aliases,
                              struct sluice_arena *arena)
{
    *g = (struct sl_groups){ .arena = arena, .aliases = aliases, .n_aliases = n_aliases };
    sl_map_init(&g->by_name);
    sl_map_init(&g->by_deployment);
    g->list = sl_alloc(arena, (n + 1) * sizeof(struct sl_group *));
    g->wildcards = sl_alloc(arena, (n + 1) * sizeof(struct sl_group *));
    if (!g->list || !g->wildcards)
        goto nomem;
    for (size_t i = 0; i < n; i++) {
        sluice_span name = deployments[i].settings->model_name;
        struct sl_group *group = sl_map_get(&g->by_name, name);

        if (!group)
            group = add_group(g, name, count_of(deployments, n, name));
        if (!group || !add_alone(g, &deployments[i]))
            goto nomem;
        group->deployments[group->n++] = &deployments[i];
    }
    for (size_t i = 0; i < g->n; i++)
        if (g->list[i]->wildcard)
            g->wildcards[g->n_wildcards++] = g->list[i];
    qsort(g->wildcards, g->n_wildcards, sizeof(struct sl_group *), by_specificity);
    return SLUICE_OK;
nomem:
    sl_groups_finish(g);
    return SLUICE_E_NOMEM;
}

void sl_groups_finish(struct sl_groups *g)
{
    sl_map_finish(&g->by_name);
    sl_map_finish(&g->by_deployment);
}

const struct sl_group *sl_groups_find(const struct sl_groups *g, sluice_span model,
                                      struct sl_wildcard_match *match)
{
    const struct sl_group *group;

    match->n = 0;
    group = sl_map_get(&g->by_name, model);
    if (group && !group->wildcard)
        return group;
    for (size_t i = 0; i < g->n_aliases; i++)
        if (sl_span_eq(g->aliases[i].name, model)) {
            model = g->aliases[i].value;
            group = sl_map_get(&g->by_name, model);
            if (group && !group->wildcard)
                return group;
            break;
        }
    group = sl_map_get(&g->by_deployment, model);
    if (group)
        return group;
    for (size_t i = 0; i < g->n_wildcards; i++)
        if (sl_wildcard_match(g->wildcards[i]->name, model, match))
            return g->wildcards[i];
    return NULL;
}
