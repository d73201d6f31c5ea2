/* SPDX-License-Identifier: Apache-2.0 */
/* sluice_sdk/dropped.h - tell the client that a parameter was left out. */
#ifndef SLUICE_SDK_DROPPED_H
#define SLUICE_SDK_DROPPED_H

#include <stdbool.h>
#include <sluice/provider.h>

static inline void sl_dropped(const sluice_call *call, sluice_span name)
{
    if (SLUICE_HAS(call, sluice_call, dropped) && call->dropped)
        call->dropped(call->impl, name);
}

/* Did the caller or the operator say that this one is to be sent, whatever we think of it? */
static inline bool sl_allowed(const sluice_call *call, sluice_span name)
{
    if (!SLUICE_HAS(call, sluice_call, n_allowed))
        return false;
    for (size_t i = 0; i < call->n_allowed; i++)
        if (call->allowed[i].len == name.len &&
            __builtin_memcmp(call->allowed[i].ptr, name.ptr, name.len) == 0)
            return true;
    return false;
}

#endif
