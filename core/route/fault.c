/* SPDX-License-Identifier: Apache-2.0 */
/* fault.c - see fault.h. */
#include "route/fault.h"

enum sl_fault sl_fault_of(sluice_status status, bool limit_of_caller)
{
    switch (status) {
    case SLUICE_E_NOMEM:
    case SLUICE_E_INTERNAL:
    case SLUICE_E_SHUTDOWN:
        return SL_FAULT_OURS;
    case SLUICE_E_INVALID:
    case SLUICE_E_UNSUPPORTED:
    case SLUICE_E_CONTEXT:
    case SLUICE_E_REFUSED:
    case SLUICE_E_DENIED:
    case SLUICE_E_LIMITED:
        return SL_FAULT_CALLER;
    case SLUICE_E_AUTH:
    case SLUICE_E_FORBIDDEN:
    case SLUICE_E_QUOTA:
        return SL_FAULT_KEY;
    case SLUICE_E_TIMEOUT:
        return limit_of_caller ? SL_FAULT_CALLER : SL_FAULT_PROVIDER;
    case SLUICE_E_CANCELLED:
        return SL_FAULT_NONE;
    default:
        return status < 0 ? SL_FAULT_PROVIDER : SL_FAULT_NONE;
    }
}

const char *sl_fault_name(enum sl_fault fault)
{
    static const char *const names[] = { "none", "ours", "caller", "key", "provider" };

    return names[fault];
}

enum sl_error_class sl_error_class_of(sluice_status status)
{
    switch (status) {
    case SLUICE_E_INVALID:
    case SLUICE_E_UNSUPPORTED:
    case SLUICE_E_CONTEXT:
        return SL_CLASS_BAD_REQUEST;
    case SLUICE_E_AUTH:
        return SL_CLASS_AUTH;
    case SLUICE_E_TIMEOUT:
        return SL_CLASS_TIMEOUT;
    case SLUICE_E_RATE_LIMIT:
    case SLUICE_E_QUOTA:
        return SL_CLASS_RATE_LIMIT;
    case SLUICE_E_REFUSED:
        return SL_CLASS_CONTENT_POLICY;
    case SLUICE_E_UPSTREAM:
    case SLUICE_E_UNAVAILABLE:
    case SLUICE_E_TRUNCATED:
    case SLUICE_E_INTERNAL:
        return SL_CLASS_SERVER;
    default:
        return SL_CLASS_NONE;
    }
}
