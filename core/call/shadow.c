/* SPDX-License-Identifier: Apache-2.0 */
/* shadow.c - see shadow.h. */
#include "call/shadow.h"

#include "base/status.h"
#include "call/spawn.h"

#define SHADOWS_MOST 256 /* of one loop at once: a slow vendor must not fill the memory */

static void ended(void *ctx, sluice_status status, const sluice_error *err,
                  const sluice_usage *usage)
{
    struct sl_worker *w = ctx;

    (void)status;
    (void)err;
    (void)usage;
    w->shadows--;
}

static const sluice_events events = { .struct_size = sizeof events, .done = ended };

void sl_shadow_begin(struct sl_call *c, const struct sl_deployment *d)
{
    struct sl_worker *w = c->worker;
    const struct sl_spawn spec = {
        .flags = SLUICE_CALL_DETACHED | SLUICE_CALL_NO_CACHE,
        .model = d->settings->silent_model,
        .shared = c->body,
        .purpose = SL_SPAN("shadow"),
        .events = &events,
        .ctx = w,
    };
    sluice_error err;

    /* What works for a call has no shadow: no chains of them, and none of guards. */
    if (!spec.model.len || c->purpose.len || !c->body || c->upload)
        return;
    if (w->shadows >= SHADOWS_MOST) {
        sl_log(&w->owner->log, SL_WARN, "no copy of call %s to %.*s: %d are under way", c->uid,
               SL_FMT(spec.model), SHADOWS_MOST);
        return;
    }
    sl_error_clear(&err);
    w->shadows++;
    if (sl_call_spawn(c, &spec, NULL, &err) < 0) {
        w->shadows--;
        sl_log(&w->owner->log, SL_WARN, "no copy of call %s to %.*s: %s", c->uid,
               SL_FMT(spec.model), err.message);
    }
}
