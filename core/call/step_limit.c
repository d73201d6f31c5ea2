/* SPDX-License-Identifier: Apache-2.0 */
/* step_limit.c - may one more call run? Today one bound:
 * general_settings.global_max_parallel_requests. */
#include "call/call.h"

#include "base/status.h"

enum sl_verdict sl_step_limit(struct sl_call *c)
{
    int64_t most = c->settings->max_parallel_requests;

    if (most < 0 || atomic_load_explicit(&c->worker->owner->calls, memory_order_relaxed) <= most)
        return SL_NEXT;
    sl_fail(&c->error, SLUICE_E_LIMITED,
            "%lld calls are running, which is all that global_max_parallel_requests allows",
            (long long)most);
    c->error.retry_after_ms = 1000;
    return sl_call_refuse(c, SLUICE_E_LIMITED);
}
