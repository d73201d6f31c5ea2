/* SPDX-License-Identifier: Apache-2.0 */
/* units.h - what is sold by the piece, the second or the character, and what OpenAI's answers do
 * not count: images made, sound heard, text read aloud. What a provider has reported stays. */
#ifndef SL_CALL_UNITS_H
#define SL_CALL_UNITS_H

#include "call/attempt/attempt.h"

/* Of an answer that is no text. */
void sl_units_of_answer(struct sl_attempt *a, sluice_span text);
/* Of the request, while its body is there: for answers that are bytes. */
void sl_units_of_request(struct sl_attempt *a);

#endif
