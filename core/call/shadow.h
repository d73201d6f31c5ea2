/* SPDX-License-Identifier: Apache-2.0 */
/* shadow.h - silent_model: a copy of a call to another model group, whose answer nobody gets but
 * the loggers. */
#ifndef SL_CALL_SHADOW_H
#define SL_CALL_SHADOW_H

#include "call/call.h"

/* The call's first attempt goes to d: its copy begins when this turn is over. What fails with it is
 * no failure of the call. */
void sl_shadow_begin(struct sl_call *c, const struct sl_deployment *d);

#endif
