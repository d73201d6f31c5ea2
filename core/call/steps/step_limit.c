/* SPDX-License-Identifier: Apache-2.0 */
/* step_limit.c - may one more call run? general_settings.global_max_parallel_requests is a queue.
 */
#include "call/turn.h"

enum sl_verdict sl_step_limit(struct sl_call *c)
{
    return sl_turn_in_process(c);
}
