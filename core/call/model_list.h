/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model_list.h - chat with several models at once, "model": "a,b,c": one call for each name, and
 * the answers as an array in the order of the names; with fastest_response the first good answer
 * alone. As LiteLLM has it; the calls are children (spawn.h) with records of their own.
 */
#ifndef SL_CALL_MODEL_LIST_H
#define SL_CALL_MODEL_LIST_H

#include "call/call.h"

/* Does the call's model name several, and no group of that very name? */
bool sl_model_list_is(const struct sl_call *c);
/* For the step that found that: begins them, and when it runs again answers. */
enum sl_verdict sl_model_list_run(struct sl_call *c);

#endif
