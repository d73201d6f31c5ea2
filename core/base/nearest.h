/* SPDX-License-Identifier: Apache-2.0 */
/* nearest.h - "did you mean": the name that is a slip of the pen away from a wrong one. */
#ifndef SL_BASE_NEAREST_H
#define SL_BASE_NEAREST_H

#include "base/span.h"

/* Feed candidates one by one; what is best so far stays in the struct. */
struct sl_nearest {
    sluice_span wanted;
    sluice_span best; /* empty = none near enough */
    size_t distance;
};

static inline struct sl_nearest sl_nearest(sluice_span wanted)
{
    return (struct sl_nearest){ .wanted = wanted, .best = { NULL, 0 }, .distance = 0 };
}
void sl_nearest_try(struct sl_nearest *n, sluice_span name);

#endif
