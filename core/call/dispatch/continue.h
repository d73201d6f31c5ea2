/* SPDX-License-Identifier: Apache-2.0 */
/*
 * continue.h - an answer that broke off amid its stream goes on at somebody else: what the client
 * has is shown to the next model as the beginning of its own answer, and what that writes follows
 * as if nothing had happened, under the same id, time and model. Only where the configuration says
 * so (mid_stream_fallback) and only amid text: never inside a tool call or a thinking block.
 *
 * Whoever goes on is asked in the pivot, and the client's dialect writes what it says. For that the
 * call's encoder must stand where the client does: what was relayed until then is retraced through
 * it (format/dialect/retrace.h), and what it writes of that goes nowhere.
 */
#ifndef SL_CALL_CONTINUE_H
#define SL_CALL_CONTINUE_H

#include "call/attempt/attempt.h"

/* May it come to that? Then what is needed for it is kept. */
bool sl_continue_wanted(const struct sl_call *c);
/* What the client is given: a step, or a relayed event. */
void sl_continue_note(struct sl_call *c, const sluice_delta *d);
void sl_continue_note_event(struct sl_attempt *a, const struct sl_event_view *view,
                            sluice_span text);
/* An attempt failed before anything left: nothing was given. */
void sl_continue_forget(struct sl_call *c);
/* The leg under way failed after the answer had begun; a: its try, NULL when there was none. True:
 * plan.leg is where it goes on. */
bool sl_continue_next(struct sl_call *c, struct sl_attempt *a, sluice_status status);
/* For who goes on: what was said, behind the messages of a chat request in OpenAI's words;
 * messages: as they were before. And no more thinking: vendors refuse that together with a prefill.
 * False: out of memory, or there are no messages. */
bool sl_continue_prefill(struct sl_call *c, sluice_header *members, size_t *n,
                         sluice_span messages);
/* The attempt that goes on has begun to answer: it is the winner now. */
void sl_continue_taken_over(struct sl_attempt *a);
/* All that was used for the answer, by those who broke off as well. */
struct sl_usage sl_continue_usage(const struct sl_attempt *a);

#endif
