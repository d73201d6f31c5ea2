/* SPDX-License-Identifier: Apache-2.0 */
/*
 * way.c - what one deployment is asked for one call: the client's own operation, whose answer is
 * relayed; its pivot, with a translation on both ways; or nothing, when we can answer ourselves.
 */
#include "call/attempt/attempt.h"

#include "base/status.h"
#include "call/stored/stored.h"
#include "call/attempt/way.h"

/* Does this deployment take the operation as it is? */
static bool class_takes(const sluice_provider_class *cls, struct sl_instance *provider,
                        const char *operation, sluice_span model)
{
    if (SLUICE_HAS(cls, sluice_provider_class, accepts) && cls->accepts)
        return cls->accepts(provider->self, sl_span_str(operation), model) >= 0;
    for (const char *const *o = cls->operations; *o; o++)
        if (strcmp(*o, operation) == 0)
            return true;
    return false;
}

static bool takes(const struct sl_attempt *a, const char *operation)
{
    return class_takes(a->cls, a->provider, operation, a->model);
}

bool sl_way_takes(struct sl_worker *w, const struct sl_deployment *d, const char *operation)
{
    struct sl_instance *provider;

    return sl_worker_instance(w, d->provider, &provider, NULL) >= 0 &&
           class_takes(d->cls, provider, operation, d->settings->model);
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
     * theirs; nor what we make in the background; nor could its own dialect say that an answer goes
     * on amid a sentence. */
    if (native && !(op->pivot && (sl_stored_is_ours(a->call) || a->leg->continues || a->call->run)))
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
