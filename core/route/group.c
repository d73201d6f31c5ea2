/* SPDX-License-Identifier: Apache-2.0 */
/* group.c - see group.h. Order of look-up: the team's own names, exact group, alias, deployment id,
 * wildcards by the longest pattern, what litellm_params.model says. */
#include "route/group.h"

#include <stdlib.h>

/* What a team calls its deployment; others know it by model_name, and may not use it. */
static bool has_team_name(const struct sl_deployment *d)
{
    return d->settings->team_id.len > 0 && d->settings->team_model.len > 0;
}

static struct sl_group *add_group(struct sl_groups *g, sluice_span name)
{
    struct sl_group *group = sl_alloc0(g->arena, sizeof *group);

    if (!group)
        return NULL;
    group->name = name;
    group->wildcard = sl_span_find_char(name, '*') < name.len;
    group->number = g->n_all;
    g->all[g->n_all++] = group;
    return group;
}

/* Room doubles: nobody counts the members of ten thousand groups beforehand. */
static bool grow(struct sl_groups *g, struct sl_group *group)
{
    size_t room = group->n ? 2 * group->n : 1;
    struct sl_deployment **more;

    if (group->n & (group->n - 1))
        return true;
    more = sl_alloc(g->arena, room * sizeof(struct sl_deployment *));
    if (!more)
        return false;
    if (group->n)
        memcpy(more, group->deployments, group->n * sizeof(struct sl_deployment *));
    group->deployments = more;
    return true;
}

static void note_member(struct sl_group *group, const struct sl_deployment *d)
{
    const struct sl_deployment_settings *s = d->settings;

    group->has_keys |= d->n_keys > 0;
    group->has_order |= s->order >= 0;
    group->has_teams |= s->team_id.len > 0;
    group->has_regions |= s->region.len > 0;
    group->has_parallel |= s->max_parallel >= 0;
    group->has_tags |= s->n_tags > 0;
    for (size_t i = 0; i < s->n_tags; i++)
        group->has_default |= sl_span_eq(s->tag_list[i], SL_SPAN("default"));
}

static bool add_member(struct sl_groups *g, struct sl_group *group, struct sl_deployment *d)
{
    if (!grow(g, group))
        return false;
    group->deployments[group->n++] = d;
    note_member(group, d);
    return true;
}

void sl_group_own(struct sl_group *g)
{
    g->number = SL_GROUP_OWN;
    for (size_t i = 0; i < g->n; i++)
        note_member(g, g->deployments[i]);
}

/* "team\nname" as a key of by_team. */
static sluice_span team_key(struct sluice_arena *arena, sluice_span team, sluice_span name)
{
    return sl_arena_printf(arena, "%.*s\n%.*s", SL_FMT(team), SL_FMT(name));
}

static bool add_to_team(struct sl_groups *g, struct sl_deployment *d)
{
    sluice_span name = d->settings->team_model;
    sluice_span key = team_key(g->arena, d->settings->team_id, name);
    struct sl_group *group = key.ptr ? sl_map_get(&g->by_team, key) : NULL;

    if (!key.ptr)
        return false;
    if (!group) {
        group = add_group(g, name);
        if (!group || !sl_map_put(&g->by_team, key, group))
            return false;
        group->team_id = d->settings->team_id;
    }
    return add_member(g, group, d);
}

/* A call that names a deployment's id goes to that one. */
static bool add_alone(struct sl_groups *g, struct sl_deployment *d)
{
    struct sl_group *alone = add_group(g, d->settings->model_name);

    return alone && add_member(g, alone, d) &&
           sl_map_put(&g->by_deployment, d->settings->id, alone);
}

/* Those whose litellm_params.model is the same text; teams keep theirs to themselves. */
static bool add_written(struct sl_groups *g, struct sl_deployment *d)
{
    sluice_span text = d->settings->written;
    struct sl_group *group;

    if (!text.len || d->settings->team_id.len || sl_span_find_char(text, '*') < text.len)
        return true;
    group = sl_map_get(&g->by_written, text);
    if (!group) {
        group = add_group(g, text);
        if (!group || !sl_map_put(&g->by_written, text, group))
            return false;
    }
    return add_member(g, group, d);
}

static bool add(struct sl_groups *g, struct sl_deployment *d)
{
    sluice_span name = d->settings->model_name;
    struct sl_group *group = sl_map_get(&g->by_name, name);

    if (!group) {
        group = add_group(g, name);
        if (!group || !sl_map_put(&g->by_name, name, group))
            return false;
        g->list[g->n++] = group;
    }
    return add_member(g, group, d) && add_alone(g, d) && add_written(g, d);
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

static bool build(struct sl_groups *g, struct sl_deployment *deployments, size_t n)
{
    g->list = sl_alloc(g->arena, (n + 1) * sizeof(struct sl_group *));
    g->all = sl_alloc(g->arena, (4 * n + 1) * sizeof(struct sl_group *));
    g->wildcards = sl_alloc(g->arena, (2 * n + 1) * sizeof(struct sl_group *));
    if (!g->list || !g->all || !g->wildcards)
        return false;
    for (size_t i = 0; i < n; i++)
        if (!add(g, &deployments[i]) ||
            (has_team_name(&deployments[i]) && !add_to_team(g, &deployments[i])))
            return false;
    for (size_t i = g->n_aliases; i-- > 0;) /* the first of two counts */
        if (!sl_map_put(&g->by_alias, g->aliases[i].name, (void *)(uintptr_t)&g->aliases[i]))
            return false;
    return true;
}

sluice_status sl_groups_build(struct sl_groups *g, struct sl_deployment *deployments, size_t n,
                              const sluice_header *aliases, size_t n_aliases,
                              struct sluice_arena *arena)
{
    *g = (struct sl_groups){ .arena = arena, .aliases = aliases, .n_aliases = n_aliases };
    sl_map_init(&g->by_name);
    sl_map_init(&g->by_team);
    sl_map_init(&g->by_alias);
    sl_map_init(&g->by_written);
    sl_map_init(&g->by_deployment);
    if (!build(g, deployments, n)) {
        sl_groups_finish(g);
        return SLUICE_E_NOMEM;
    }
    for (size_t i = 0; i < g->n_all; i++)
        if (g->all[i]->wildcard &&
            (g->all[i]->team_id.len || sl_map_get(&g->by_name, g->all[i]->name) == g->all[i]))
            g->wildcards[g->n_wildcards++] = g->all[i];
    qsort(g->wildcards, g->n_wildcards, sizeof(struct sl_group *), by_specificity);
    return SLUICE_OK;
}

sluice_status sl_groups_set_options(struct sl_groups *g, const struct sl_settings *settings,
                                    struct sl_live_registry *live)
{
    for (size_t i = 0; i < g->n_all; i++) {
        struct sl_group *group = g->all[i];

        group->options = sl_settings_group(settings, group->name);
        group->hedge = settings->hedge;
        if (group->options && sl_hedge_is_on(&group->options->hedge))
            group->hedge = group->options->hedge;
        if (!sl_hedge_is_on(&group->hedge))
            continue;
        group->live = sl_live_hold(live, group->name);
        if (!group->live)
            return SLUICE_E_NOMEM;
    }
    return SLUICE_OK;
}

void sl_groups_finish(struct sl_groups *g)
{
    for (size_t i = 0; i < g->n_all; i++)
        sl_live_drop(g->all[i]->live);
    g->n_all = 0;
    sl_map_finish(&g->by_name);
    sl_map_finish(&g->by_team);
    sl_map_finish(&g->by_alias);
    sl_map_finish(&g->by_written);
    sl_map_finish(&g->by_deployment);
}

sluice_span sl_groups_unalias(const struct sl_groups *g, sluice_span model)
{
    const sluice_header *alias = g->n_aliases ? sl_map_get(&g->by_alias, model) : NULL;

    return alias ? alias->value : model;
}

static const struct sl_group *exact(const struct sl_groups *g, sluice_span model)
{
    const struct sl_group *group = sl_map_get(&g->by_name, model);

    return group && !group->wildcard ? group : NULL;
}

/* The team's own name for it. Keys of by_team are put together; long names are nobody's. */
static const struct sl_group *of_team(const struct sl_groups *g, sluice_span model,
                                      sluice_span team)
{
    const struct sl_group *group;
    char key[512];

    if (g->by_team.n == 0 || team.len == 0 || team.len + 1 + model.len > sizeof key)
        return NULL;
    memcpy(key, team.ptr, team.len);
    key[team.len] = '\n';
    memcpy(key + team.len + 1, model.ptr, model.len);
    group = sl_map_get(&g->by_team, sl_span(key, team.len + 1 + model.len));
    return group && !group->wildcard ? group : NULL;
}

const struct sl_group *sl_groups_find(const struct sl_groups *g, sluice_span model,
                                      sluice_span team_id, struct sl_wildcard_match *match)
{
    const struct sl_group *group;

    match->n = 0;
    group = of_team(g, model, team_id);
    if (!group)
        group = exact(g, model);
    if (!group) {
        model = sl_groups_unalias(g, model);
        group = exact(g, model);
    }
    if (!group)
        group = sl_map_get(&g->by_deployment, model);
    if (group)
        return group;
    for (size_t i = 0; i < g->n_wildcards; i++)
        if ((g->wildcards[i]->team_id.len == 0 || sl_span_eq(g->wildcards[i]->team_id, team_id)) &&
            sl_wildcard_match(g->wildcards[i]->name, model, match))
            return g->wildcards[i];
    match->n = 0;
    return sl_map_get(&g->by_written, model);
}
