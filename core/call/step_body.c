/* SPDX-License-Identifier: Apache-2.0 */
/* step_body.c - wait until the whole body is here; sl_call_body() brings it and resumes. */
#include "call/call.h"

enum sl_verdict sl_step_body(struct sl_call *c)
{
    return c->body_complete ? SL_NEXT : SL_WAIT;
}
