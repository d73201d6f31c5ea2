/* SPDX-License-Identifier: Apache-2.0 */
/* steps.c - the life of a call, to be read from top to bottom. (A guard step will stand between
 * limit and cache when there are guardrails.) */
#include "call/call.h"

const struct sl_step sl_steps[SL_STEPS] = {
    [SL_STEP_HEAD] = { "head", sl_step_head, false },
    [SL_STEP_AUTH] = { "auth", sl_step_auth, false },
    [SL_STEP_BODY] = { "body", sl_step_body, false },
    [SL_STEP_PARSE] = { "parse", sl_step_parse, true },
    [SL_STEP_PERMIT] = { "permit", sl_step_permit, false },
    [SL_STEP_RESOLVE] = { "resolve", sl_step_resolve, false },
    [SL_STEP_LIMIT] = { "limit", sl_step_limit, false },
    [SL_STEP_CACHE] = { "cache", sl_step_cache, true },
    [SL_STEP_DISPATCH] = { "dispatch", sl_step_dispatch, false },
    [SL_STEP_FINISH] = { "finish", NULL, false }, /* call.c: entered once, from every step */
};
