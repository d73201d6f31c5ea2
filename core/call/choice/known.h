/* SPDX-License-Identifier: Apache-2.0 */
/* known.h - what is known of the model that a call is for, looked up once per loop and
 * configuration. */
#ifndef SL_CALL_KNOWN_H
#define SL_CALL_KNOWN_H

#include "call/call.h"

/* Of deployment d when asked for this model (the vendor's name). Lives as long as the call. NULL
 * only when out of memory. */
const struct sl_model *sl_known_model(struct sl_call *c, const struct sl_deployment *d,
                                      sluice_span model);
void sl_known_init(struct sl_hold *h);
void sl_known_finish(struct sl_hold *h);

#endif
