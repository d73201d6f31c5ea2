/* SPDX-License-Identifier: Apache-2.0 */
/* step_body.c - wait until the whole body is here; sl_call_body() brings it and resumes. */
#include "call/call.h"

enum sl_verdict sl_step_body(struct sl_call *c)
{
    if (!c->body_complete)
        return SL_WAIT;
    /* One that came in pieces was held to this as it came. */
    if (sl_body_span(c->body).len > (uint64_t)c->settings->max_request_bytes)
        return sl_call_refuse(c, sl_call_too_large(c));
    return SL_NEXT;
}
