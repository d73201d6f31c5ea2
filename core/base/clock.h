/* SPDX-License-Identifier: Apache-2.0 */
/* clock.h - time that tests can steer. */
#ifndef SL_BASE_CLOCK_H
#define SL_BASE_CLOCK_H

#include <stdint.h>

uint64_t sl_now_us(void); /* monotonic */
uint64_t sl_now_ms(void); /* monotonic */
int64_t sl_unix_us(void);
int64_t sl_unix_ms(void);
/* For tests, process-wide: stand still at these values until called with 0, 0. */
void sl_clock_freeze(uint64_t mono_us, int64_t unix_us);

#endif
