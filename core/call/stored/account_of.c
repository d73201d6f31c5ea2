/* SPDX-License-Identifier: Apache-2.0 */
/*
 * account_of.c - which deployments a call may use that names no model: those of one account at one
 * provider. An id that we issued says which; else a model, or a provider, as LiteLLM reads them;
 * else openai. And for all calls: ids of ours in the request become the vendor's.
 */
#include "call/stored/account_of.h"
#include "call/stored/stored.h"

#include "base/status.h"
#include "call/stored/issued.h"
#include "format/json_scan.h"

#define PROVIDER_DEFAULT "openai"

/* ---- ids of ours ---- */

static enum sl_verdict lost(struct sl_call *c, sluice_span name)
{
    char param[sizeof c->error.param];

    sl_copy_text(param, sizeof param, name);
    return sl_call_refuse(c, sl_fail_param(&c->error, SLUICE_E_NOT_FOUND, "not_found", param,
                                           "there is nothing with the id that %s names", param));
}

/* One deployment answers: two ids must name the same account. */
static enum sl_verdict pin(struct sl_call *c, const struct sl_deployment *d, sluice_span name)
{
    char param[sizeof c->error.param];

    if (!c->pinned)
        c->pinned = d;
    if (c->pinned == d || sl_issued_same_account(c->pinned, d))
        return SL_NEXT;
    sl_copy_text(param, sizeof param, name);
    return sl_call_refuse(c, sl_fail_param(&c->error, SLUICE_E_INVALID, NULL, param,
                                           "%s is kept at another account than the rest of this "
                                           "request",
                                           param));
}

static enum sl_verdict read_params(struct sl_call *c)
{
    sluice_header *params = NULL;

    for (size_t i = 0; i < c->n_params; i++) {
        const struct sl_deployment *d;
        sluice_span id;
        enum sl_verdict verdict;

        switch (sl_issued_read(c->hold->snapshot, sl_stored_owner(c), c->params[i].value, &c->arena,
                               &d, &id)) {
        case SL_ISSUED_NOT:
            continue;
        case SL_ISSUED_LOST:
            return lost(c, c->params[i].name);
        case SL_ISSUED_YES:
            break;
        }
        verdict = pin(c, d, c->params[i].name);
        if (verdict != SL_NEXT)
            return verdict;
        if (!params) {
            params = sl_alloc(&c->arena, c->n_params * sizeof *params);
            if (!params)
                return sl_call_refuse(c, SLUICE_E_NOMEM);
            memcpy(params, c->params, c->n_params * sizeof *params);
            c->params = params;
        }
        params[i].value = id;
    }
    return SL_NEXT;
}

/* All ids of ours in one value. They stand in strings, alone, and need no escapes. */
static enum sl_verdict read_value(struct sl_call *c, sluice_header *member)
{
    sluice_span rest = member->value, id;
    struct sl_buf b;
    enum sl_verdict verdict = SL_NEXT;

    if (!sl_issued_find(rest).ptr)
        return SL_NEXT;
    sl_buf_init(&b, member->value.len + 1);
    while (verdict == SL_NEXT && (id = sl_issued_find(rest)).ptr) {
        const struct sl_deployment *d;
        sluice_span vendor_id = id;
        enum sl_issued what =
            sl_issued_read(c->hold->snapshot, sl_stored_owner(c), id, &c->arena, &d, &vendor_id);

        if (what == SL_ISSUED_LOST)
            verdict = lost(c, member->name);
        else if (what == SL_ISSUED_YES)
            verdict = pin(c, d, member->name);
        sl_buf_add(&b, sl_span_head(rest, (size_t)(id.ptr - rest.ptr)));
        sl_buf_add(&b, vendor_id);
        rest = sl_span_from(rest, (size_t)(id.ptr + id.len - rest.ptr));
    }
    sl_buf_add(&b, rest);
    if (verdict == SL_NEXT) {
        member->value = sl_buf_ok(&b) ? sl_arena_dup(&c->arena, sl_buf_span(&b)) : sl_span(NULL, 0);
        if (!member->value.ptr)
            verdict = sl_call_refuse(c, SLUICE_E_NOMEM);
    }
    sl_buf_finish(&b);
    return verdict;
}

enum sl_verdict sl_account_ids(struct sl_call *c)
{
    enum sl_verdict verdict = read_params(c);

    if (c->boundary.len || !sl_issued_any(sl_body_span(c->body), &c->longs))
        return verdict;
    for (size_t i = 0; i < c->n_members && verdict == SL_NEXT; i++)
        if (!c->history || !sl_span_eq(c->members[i].name, SL_SPAN("previous_response_id")))
            verdict = read_value(c, &c->members[i]); /* else what it names is here */
    return verdict;
}

/* ---- whose account ---- */

static sluice_span header(const struct sl_call *c, sluice_span name)
{
    for (size_t i = 0; i < c->n_headers; i++)
        if (sl_span_eq(c->headers[i].name, name))
            return c->headers[i].value;
    return sl_span("", 0);
}

static sluice_span text_of(struct sl_call *c, sluice_span name)
{
    sluice_span value = sl_call_param(c, name), text;

    if (value.len)
        return value;
    value = sl_call_member(c, name);
    if (sl_json_type(value) == SL_JSON_ARRAY)
        value = sl_json_find(value, "0");
    return value.ptr && sl_json_string(value, &c->arena, &text) ? text : sl_span("", 0);
}

static sluice_span provider_name(struct sl_call *c)
{
    sluice_span name = header(c, SL_SPAN("custom-llm-provider"));

    if (!name.len)
        name = text_of(c, SL_SPAN("custom_llm_provider"));
    if (!name.len)
        name = text_of(c, SL_SPAN("provider"));
    return name.len ? name : SL_SPAN(PROVIDER_DEFAULT);
}

static bool serves(const struct sl_call *c, const struct sl_deployment *d, sluice_span provider)
{
    (void)c;
    return sl_span_eq(sl_span_str(sl_entry_class(d->provider)->id), provider) ||
           sl_span_eq(d->settings->provider, provider);
}

/* A group of this call alone: the deployments of `from` (NULL: all) at one account, its first one's
 * or `like`'s. */
static enum sl_verdict make_group(struct sl_call *c, struct sl_deployment *const *from, size_t n,
                                  sluice_span provider, const struct sl_deployment *like)
{
    const struct sl_snapshot *s = c->hold->snapshot;
    size_t most = from ? n : s->n_deployments;
    struct sl_group *g = sl_alloc0(&c->arena, sizeof *g);

    if (g)
        g->deployments = sl_alloc(&c->arena, (most + 1) * sizeof(struct sl_deployment *));
    if (!g || !g->deployments)
        return sl_call_refuse(c, SLUICE_E_NOMEM);
    for (size_t i = 0; i < most; i++) {
        struct sl_deployment *d = from ? from[i] : &s->deployments[i];

        if (provider.len && !serves(c, d, provider))
            continue;
        if (!like)
            like = d;
        if (d == like || sl_issued_same_account(d, like))
            g->deployments[g->n++] = d;
    }
    g->name = c->model;
    sl_group_own(g);
    c->group = g->n ? g : NULL;
    return SL_NEXT;
}

static enum sl_verdict by_model(struct sl_call *c, sluice_span model)
{
    const struct sl_group *g =
        sl_groups_find(&c->hold->snapshot->groups, model, c->who->team_id, &c->match);

    if (g)
        return make_group(c, g->deployments, g->n, sl_span(NULL, 0), NULL);
    return sl_call_refuse(c,
                          sl_fail_param(&c->error, SLUICE_E_NOT_FOUND, "model_not_found", "model",
                                        "The model `%.*s` does not exist or you do not have "
                                        "access to it.",
                                        SL_FMT(sl_span_head(model, 100))));
}

enum sl_verdict sl_account_find(struct sl_call *c)
{
    sluice_span provider, targets = text_of(c, SL_SPAN("target_model_names"));
    sluice_span model = c->model.len ? c->model : header(c, SL_SPAN("x-litellm-model"));
    enum sl_verdict verdict;

    if (c->pinned)
        return make_group(c, NULL, 0, sl_span(NULL, 0), c->pinned);
    if (sl_span_find_char(targets, ',') < targets.len ||
        sl_json_find(sl_call_member(c, SL_SPAN("target_model_names")), "1").ptr)
        return sl_call_refuse(c,
                              sl_fail_param(&c->error, SLUICE_E_INVALID, NULL, "target_model_names",
                                            "target_model_names takes one name: a file is kept "
                                            "at one account"));
    if (!model.len)
        model = sl_span_trim(targets);
    if (model.len)
        return by_model(c, model);
    provider = provider_name(c);
    verdict = make_group(c, NULL, 0, provider, NULL);
    if (verdict != SL_NEXT || c->group)
        return verdict;
    return sl_call_refuse(c, sl_fail_param(&c->error, SLUICE_E_NOT_FOUND, "provider_not_found",
                                           "custom_llm_provider",
                                           "no deployment of provider %.*s is configured; name a "
                                           "model, or another provider with custom_llm_provider",
                                           SL_FMT(sl_span_head(provider, 64))));
}

enum sl_verdict sl_account_narrow(struct sl_call *c)
{
    const struct sl_group *whole = c->group;
    enum sl_verdict verdict;

    if (!c->pinned)
        return SL_NEXT;
    verdict = make_group(c, whole->deployments, whole->n, sl_span(NULL, 0), c->pinned);
    if (verdict != SL_NEXT || c->group)
        return verdict;
    return sl_call_refuse(c, sl_fail_param(&c->error, SLUICE_E_INVALID, NULL, "model",
                                           "an id in this request belongs to an account that does "
                                           "not serve model `%.*s`",
                                           SL_FMT(sl_span_head(c->model, 100))));
}
