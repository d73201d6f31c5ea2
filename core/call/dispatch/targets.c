/* SPDX-License-Identifier: Apache-2.0 */
/*
 * targets.c - what a request itself says about fallbacks: a list of model names and of maps that
 * change members of the request, or pairs {group: [target, ...]} like the configuration's.
 */
#include "call/call.h"

#include "base/status.h"
#include "call/dispatch/plan.h"

#define TARGETS_MOST 64 /* of one request */

static const sluice_span names[] = { { "fallbacks", 9 },
                                     { "context_window_fallbacks", 24 },
                                     { "content_policy_fallbacks", 24 } };

static sluice_status wrong(struct sl_call *c, const char *name, const char *what)
{
    return sl_fail_param(&c->error, SLUICE_E_INVALID, NULL, name, "'%s' %s", name, what);
}

/* A name, or a map with `model` that is one. */
static bool is_target(sluice_span v)
{
    return sl_json_type(v) == SL_JSON_STRING ||
           (sl_json_type(v) == SL_JSON_OBJECT &&
            sl_json_type(sl_json_member(v, SL_SPAN("model"))) == SL_JSON_STRING);
}

static sluice_status check_target(struct sl_call *c, const char *name, sluice_span v)
{
    static const char *const banned[] = { "api_base", "base_url", "api_key" };

    if (!is_target(v))
        return wrong(c, name, "must name models, or be maps with a `model` in them");
    for (size_t i = 0; sl_json_type(v) == SL_JSON_OBJECT && i < sizeof banned / sizeof *banned; i++)
        if (sl_json_member(v, sl_span_str(banned[i])).ptr) {
            sl_fail_param(&c->error, SLUICE_E_DENIED, NULL, name,
                          "%s is not allowed in %s: deployments and their credentials come from "
                          "the configuration",
                          banned[i], name);
            c->error.http_status = 401;
            return SLUICE_E_DENIED;
        }
    return SLUICE_OK;
}

static sluice_status check_pair(struct sl_call *c, const char *name, sluice_span pair, size_t *n)
{
    struct sl_json_iter it = { 0 }, in;
    sluice_span key, list, v;
    sluice_status st = SLUICE_OK;

    if (sl_json_type(pair) != SL_JSON_OBJECT)
        return wrong(c, name, "must be an array of models, or of {model: [models]}");
    while (st >= 0 && sl_json_next(&it, pair, &key, &list)) {
        if (sl_json_type(list) != SL_JSON_ARRAY)
            return wrong(c, name, "must have an array of models for each model");
        in = (struct sl_json_iter){ 0 };
        while (st >= 0 && ++*n <= TARGETS_MOST && sl_json_next(&in, list, &key, &v))
            st = check_target(c, name, v);
    }
    return st;
}

sluice_status sl_targets_check(struct sl_call *c)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        sluice_span list = sl_call_member(c, names[i]), key, v;
        struct sl_json_iter it = { 0 };
        sluice_status st = SLUICE_OK;
        size_t n = 0;

        if (!list.ptr || sl_json_type(list) == SL_JSON_NULL)
            continue;
        if (sl_json_type(list) != SL_JSON_ARRAY)
            return wrong(c, names[i].ptr, "must be an array");
        while (st >= 0 && ++n <= TARGETS_MOST && sl_json_next(&it, list, &key, &v))
            st = is_target(v) ? check_target(c, names[i].ptr, v)
                              : check_pair(c, names[i].ptr, v, &n);
        if (st < 0)
            return st;
        if (n > TARGETS_MOST)
            return wrong(c, names[i].ptr, "names too many models");
    }
    return SLUICE_OK;
}

static bool read_target(struct sl_call *c, sluice_span v, struct sl_target *t)
{
    sluice_span model = v;
    sluice_header *all;
    size_t n;

    *t = (struct sl_target){ .n_members = 0 };
    if (sl_json_type(v) == SL_JSON_OBJECT) {
        if (sl_json_members(v, &c->arena, &all, &n, NULL) < 0)
            return false;
        for (size_t i = 0; i < n; i++)
            if (sl_span_eq(all[i].name, SL_SPAN("model")))
                model = all[i].value;
            else
                all[t->n_members++] = all[i];
        t->members = all;
    }
    return sl_json_string(model, &c->arena, &t->model);
}

static bool read_pair(struct sl_call *c, sluice_span group, sluice_span list, struct sl_fallback *f)
{
    struct sl_target *targets = sl_alloc(&c->arena, TARGETS_MOST * sizeof *targets);
    struct sl_json_iter it = { 0 };
    sluice_span name, v;

    *f = (struct sl_fallback){ .targets = targets };
    /* The name as a JSON string: its quotes stand around it. */
    if (!targets || !sl_json_string(sl_span(group.ptr - 1, group.len + 2), &c->arena, &f->group))
        return false;
    while (f->n < TARGETS_MOST && sl_json_next(&it, list, &name, &v))
        if (!read_target(c, v, &targets[f->n++]))
            return false;
    return true;
}

bool sl_targets_read(struct sl_call *c, const char *name, struct sl_fallbacks *pairs,
                     struct sl_fallback *plain)
{
    sluice_span list = sl_call_member(c, sl_span_str(name)), key, v, in;
    struct sl_json_iter it = { 0 }, pair;
    struct sl_fallback *all;
    struct sl_target *targets;

    if (sl_json_type(list) != SL_JSON_ARRAY)
        return false;
    all = sl_alloc(&c->arena, TARGETS_MOST * sizeof *all);
    targets = sl_alloc(&c->arena, TARGETS_MOST * sizeof *targets);
    if (!all || !targets)
        return false;
    *pairs = (struct sl_fallbacks){ .list = all };
    *plain = (struct sl_fallback){ .targets = targets };
    while (sl_json_next(&it, list, &key, &v)) {
        if (is_target(v)) {
            if (plain->n < TARGETS_MOST && !read_target(c, v, &targets[plain->n++]))
                return false;
            continue;
        }
        pair = (struct sl_json_iter){ 0 };
        while (pairs->n < TARGETS_MOST && sl_json_next(&pair, v, &key, &in))
            if (!read_pair(c, key, in, &all[pairs->n++]))
                return false;
    }
    return true;
}
