/* SPDX-License-Identifier: Apache-2.0 */
/* pulse.h - do the loops still turn? */
#ifndef SL_API_PULSE_H
#define SL_API_PULSE_H

#include "api/instance.h"

struct sl_pulse {
    size_t loops, silent; /* all; those that did not answer in time */
    uint64_t slowest_us;  /* of those that did */
};

/* Asks every loop and waits for up to ms. Never on a loop's own thread. */
struct sl_pulse sl_pulse_take(struct sluice *s, uint32_t ms);

#endif
