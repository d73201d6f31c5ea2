/* SPDX-License-Identifier: Apache-2.0 */
/*
 * named.c - see named.h. What a file names is asked for as if a request had named it: the same
 * groups, aliases and wildcards; and it has to be served by the account that gets the file.
 */
#include "call/attempt/named.h"

#include "base/status.h"
#include "call/attempt/attempt.h"
#include "call/stored/issued.h"

static const struct sl_deployment *at_account(const struct sl_group *g,
                                              const struct sl_deployment *like)
{
    const struct sl_deployment *found = NULL;

    for (size_t i = 0; i < g->n; i++) {
        if (g->deployments[i] == like)
            return like;
        if (!found && sl_issued_same_account(g->deployments[i], like))
            found = g->deployments[i];
    }
    return found;
}

sluice_status sl_named_model(void *attempt, sluice_span name, sluice_span *out, sluice_error *err)
{
    struct sl_attempt *a = attempt;
    const struct sl_groups *groups = &a->call->hold->snapshot->groups;
    struct sl_wildcard_match match = { .n = 0 };
    const struct sl_group *g = sl_groups_find(groups, name, a->call->who->team_id, &match);
    const struct sl_deployment *d = g ? at_account(g, a->pick.deployment) : NULL;

    if (!g)
        return sl_fail_param(err, SLUICE_E_INVALID, "model_not_found", "model",
                             "The model `%.*s` does not exist or you do not have access to it.",
                             SL_FMT(sl_span_head(name, 100)));
    if (!d)
        return sl_fail_param(err, SLUICE_E_INVALID, "model_not_found", "model",
                             "The model `%.*s` is not served by the account that this file is "
                             "for.",
                             SL_FMT(sl_span_head(name, 100)));
    *out = sl_wildcard_apply(d->settings->model, &match, name, &a->arena);
    return out->ptr ? SLUICE_OK : sl_fail(err, SLUICE_E_NOMEM, "out of memory");
}
