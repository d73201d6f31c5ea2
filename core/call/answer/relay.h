/* SPDX-License-Identifier: Apache-2.0 */
/* relay.h - between the intake, which cuts an answer, and the outlet, which writes it. */
#ifndef SL_CALL_RELAY_H
#define SL_CALL_RELAY_H

#include "call/attempt/attempt.h"

/* A piece for the provider. */
sluice_status sl_relay_give(struct sl_attempt *a, sluice_span event, sluice_span data);
/* One event in the client's own dialect; raw: the bytes it came in, ptr NULL when they do not stand
 * alone. */
sluice_status sl_relay_event(struct sl_attempt *a, const struct sl_sse_event *event,
                             sluice_span raw);
/* The same as a message of a binary event stream. */
sluice_status sl_relay_message(struct sl_attempt *a, sluice_span frame);
/* One whole answer: what a look at it says decides. */
sluice_status sl_relay_whole(struct sl_attempt *a, sluice_span text);

#endif
