/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kit.h - a model_list as groups with their states and rooms, without plugins' providers and
 * without calls: what core/route needs and no more. The router is a class of the test's own, behind
 * a registry of built-ins.
 */
#ifndef TEST_ROUTE_KIT_H
#define TEST_ROUTE_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include "config/settings.h"
#include "route/pick.h"

struct kit {
    struct sl_settings *settings;
    struct sl_state_registry *states;
    struct sl_deployment *deployments;
    struct sluice_arena arena;
    struct sl_groups groups;
    struct sl_rooms rooms;
};

static inline void kit_open(struct kit *k, const char *yaml)
{
    sluice_error err = SLUICE_ERROR_INIT;
    size_t n;

    *k = (struct kit){ 0 };
    if (sl_settings_load(NULL, sl_span_str(yaml), NULL, &k->settings, &err) < 0)
        fail_msg("%s", err.message);
    n = k->settings->n_deployments;
    k->states = sl_state_registry_create();
    k->deployments = calloc(n + 1, sizeof *k->deployments);
    assert_non_null(k->states);
    assert_non_null(k->deployments);
    for (size_t i = 0; i < n; i++) {
        k->deployments[i].settings = &k->settings->deployments[i];
        k->deployments[i].state = sl_state_hold(k->states, k->settings->deployments[i].id);
        assert_non_null(k->deployments[i].state);
    }
    sl_arena_init(&k->arena, 64u << 20);
    assert_int_equal(sl_groups_build(&k->groups, k->deployments, n, k->settings->aliases,
                                     k->settings->n_aliases, &k->arena),
                     SLUICE_OK);
    sl_rooms_init(&k->rooms, &k->groups);
}

static inline void kit_close(struct kit *k)
{
    sl_rooms_finish(&k->rooms);
    sl_groups_finish(&k->groups);
    sl_arena_finish(&k->arena);
    for (size_t i = 0; i < k->settings->n_deployments; i++)
        sl_state_drop(k->deployments[i].state);
    free(k->deployments);
    sl_state_registry_destroy(k->states);
    sl_settings_destroy(k->settings);
}

/* The group of a name for a caller of no team. */
static inline const struct sl_group *kit_find(struct kit *k, const char *model)
{
    struct sl_wildcard_match match;

    return sl_groups_find(&k->groups, sl_span_str(model), sl_span(NULL, 0), &match);
}

/* A request in the group of this name. */
static inline struct sl_pick_request kit_request(struct kit *k, const char *model)
{
    const struct sl_group *g = kit_find(k, model);

    assert_non_null(g);
    return (struct sl_pick_request){
        .settings = k->settings,
        .group = g,
        .room = sl_room_of(&k->rooms, g),
        .input_tokens = -1,
        .output_tokens = -1,
    };
}

/* Ids of those that fit, in order, with blanks between; what the others lack as id=reason. */
static inline const char *kit_filter(const struct sl_pick_request *r)
{
    static char text[1024];
    uint8_t *why = r->room->why;
    size_t at = 0;

    sl_route_filter(r, why);
    text[0] = 0;
    for (size_t i = 0; i < r->group->n; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "%s%.*s%s%s", i ? " " : "",
                               SL_FMT(r->group->deployments[i]->settings->id), why[i] ? "=" : "",
                               why[i] ? sl_reason_name(why[i]) : "");
    return text;
}

#endif
