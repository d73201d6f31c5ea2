/* SPDX-License-Identifier: Apache-2.0 */
/*
 * way.c - what one deployment is asked for one call: the client's own operation, whose answer is
 * relayed; its pivot, with a translation on both ways; or nothing, when we can answer ourselves.
 */
#include "call/attempt.h"

#include "base/status.h"
#include "call/stored.h"

/* Does this deployment take the operation as it is? */
static bool takes(const struct sl_attempt *a, const char *operation)
{
    if (SLUICE_HAS(a->cls, sluice_provider_class, accepts) && a->cls->accepts)
        return a->cls->accepts(a->provider->self, sl_span_str(operation), a->model) >= 0;
    for (const char *const *o = a->cls->operations; *o; o++)
        if (strcmp(*o, operation) == 0)
            return true;
    return false;
}

sluice_status sl_attempt_way(struct sl_attempt *a)
{
    const struct sl_operation *op = a->call->operation;
    bool native = takes(a, op->name);

    a->operation = op;
    if (a->call->warm && (native || (op->pivot && takes(a, op->pivot)))) {
        a->local = true;
        return sl_stored_note(a->call, false);
    }
    /* A vendor would not know what others have answered before: items of ours, signatures of
     * theirs; nor could its own dialect say that an answer goes on amid a sentence. */
    if (native && !(op->pivot && (sl_stored_is_ours(a->call) || a->leg->continues)))
        return sl_stored_note(a->call, true);
    if (op->pivot && takes(a, op->pivot)) {
        a->operation = sl_operation_find(sl_span_str(op->pivot), sl_span("", 0));
        return sl_bridge_request(a, takes(a, SL_OPERATION_EXTENDED));
    }
    if (op->estimate) {
        a->local = true;
        return SLUICE_OK;
    }
    return sl_fail(&a->error, SLUICE_E_UNSUPPORTED, "%.*s does not serve %s with model %.*s",
                   SL_FMT(a->pick.deployment->settings->provider), op->name,
                   SL_FMT(sl_span_head(a->model, 100)));
}
