/* SPDX-License-Identifier: Apache-2.0 */
/* step_resolve.c - the model's name becomes a group of deployments. */
#include "call/call.h"

#include "base/status.h"
#include "call/stored/account_of.h"
#include "call/model_list.h"
#include "call/steps/pass.h"
#include "call/stored/stored.h"

/* "a, b, c" of what there is, for the error text; hidden aliases are no part of it. */
static void list_models(const struct sl_groups *g, struct sl_buf *b)
{
    for (size_t i = 0; i < g->n; i++) {
        if (b->len > 280) {
            sl_buf_add(b, SL_SPAN(", ..."));
            return;
        }
        if (i)
            sl_buf_add(b, SL_SPAN(", "));
        sl_buf_add(b, g->list[i]->name);
    }
}

enum sl_verdict sl_step_resolve(struct sl_call *c)
{
    const struct sl_groups *groups = &c->hold->snapshot->groups;
    enum sl_verdict verdict;
    struct sl_buf b;

    if (c->model_list)
        return sl_model_list_run(c);
    if (!c->pass && !c->stored.asked)
        sl_stored_recall(c);
    verdict = c->pass || c->stored.asked ? SL_NEXT : sl_account_ids(c);
    if (verdict != SL_NEXT)
        return verdict;
    verdict = sl_stored_find(c);
    if (verdict != SL_NEXT)
        return verdict;
    if (sl_choose_prepare(c) < 0)
        return sl_call_refuse(c, SLUICE_E_NOMEM);
    if (c->pass)
        return sl_pass_resolve(c);
    if (c->operation->model == SL_MODEL_NONE ||
        (c->operation->model == SL_MODEL_OPTIONAL && !c->model.len))
        return sl_account_find(c);
    c->group = sl_groups_find(groups, c->model, c->who->team_id, &c->match);
    if (c->group)
        return sl_account_narrow(c);
    if (sl_model_list_is(c))
        return sl_model_list_run(c);
    sl_buf_init(&b, 1024);
    list_models(groups, &b);
    sl_fail_param(
        &c->error, SLUICE_E_NOT_FOUND, "model_not_found", "model",
        "The model `%.*s` does not exist or you do not have access to it. This key can use: "
        "%.*s",
        SL_FMT(sl_span_head(c->model, 100)), SL_FMT(sl_buf_span(&b)));
    sl_buf_finish(&b);
    return sl_call_refuse(c, SLUICE_E_NOT_FOUND);
}
