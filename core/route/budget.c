/* SPDX-License-Identifier: Apache-2.0 */
/* budget.c - see budget.h. */
#include "route/budget.h"

#define RETRY 1000 /* what one costs */

void sl_budget_earn(_Atomic int64_t *debt, int64_t percent)
{
    int64_t owed = atomic_load_explicit(debt, memory_order_relaxed);
    int64_t part = percent < 100000 ? percent * (RETRY / 100) : 100000 * (RETRY / 100);

    while (owed > 0 &&
           !atomic_compare_exchange_weak_explicit(debt, &owed, owed > part ? owed - part : 0,
                                                  memory_order_relaxed, memory_order_relaxed))
        continue;
}

bool sl_budget_take(_Atomic int64_t *debt, int64_t burst)
{
    int64_t owed = atomic_load_explicit(debt, memory_order_relaxed);
    int64_t most = burst < INT64_MAX / RETRY ? burst * RETRY : INT64_MAX;

    do {
        if (owed > most - RETRY)
            return false;
    } while (!atomic_compare_exchange_weak_explicit(debt, &owed, owed + RETRY, memory_order_relaxed,
                                                    memory_order_relaxed));
    return true;
}
