/* SPDX-License-Identifier: Apache-2.0 */
/* bench.h - what an attempt's course means for its deployment and its key: told to their breakers
 * (route/cooldown.h), and to the loggers when one begins to rest or is trusted again. */
#ifndef SL_CALL_BENCH_H
#define SL_CALL_BENCH_H

#include "call/attempt/attempt.h"

/* It begins; after the pick and the key's turn. */
void sl_bench_begin(struct sl_attempt *a);
/* Something useful came. */
void sl_bench_useful(struct sl_attempt *a, uint64_t now_us);
/* It has ended with a->status; once. */
void sl_bench_end(struct sl_attempt *a);

#endif
