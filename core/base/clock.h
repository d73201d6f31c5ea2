/* SPDX-License-Identifier: Apache-2.0 */
/* clock.h - time that tests can steer. */
#ifndef SL_BASE_CLOCK_H
#define SL_BASE_CLOCK_H

#include <stdint.h>
#include <sluice/plugin.h>

uint64_t sl_now_us(void); /* monotonic */
uint64_t sl_now_ms(void); /* monotonic */
int64_t sl_unix_us(void);
int64_t sl_unix_ms(void);
/* Unix seconds of a moment as services write it, "2026-01-02T03:04:05.123Z", in UTC; 0: it is none.
 */
int64_t sl_unix_of(sluice_span text);
/* For tests, process-wide: stand still at these values until called with 0, 0. */
void sl_clock_freeze(uint64_t mono_us, int64_t unix_us);

#endif
