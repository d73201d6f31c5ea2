/* SPDX-License-Identifier: Apache-2.0 */
/* fault.h - whose fault a failure was, and LiteLLM's name for its class. Pure. */
#ifndef SL_ROUTE_FAULT_H
#define SL_ROUTE_FAULT_H

#include <sluice/plugin.h>
#include "config/resilience.h"

enum sl_fault {
    SL_FAULT_NONE,     /* none, or nobody's: the client left */
    SL_FAULT_OURS,     /* this process: out of memory, going away, a plugin that is wrong */
    SL_FAULT_CALLER,   /* the request: no other deployment would have liked it better */
    SL_FAULT_KEY,      /* the credential: the model may be fine */
    SL_FAULT_PROVIDER, /* the vendor, or the way to it */
};

/* limit_of_caller: it was a time limit that failed it, and the client had set that. */
enum sl_fault sl_fault_of(sluice_status status, bool limit_of_caller);
const char *sl_fault_name(enum sl_fault fault);
/* The class that retry_policy and allowed_fails_policy count it in. */
enum sl_error_class sl_error_class_of(sluice_status status);

#endif
