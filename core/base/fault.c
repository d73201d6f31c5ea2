/* SPDX-License-Identifier: Apache-2.0 */
/* fault.c - failing allocations on demand, so that tests can walk every out-of-memory path. */
#include "base/arena.h"

#include <stdatomic.h>

/* Stays false outside tests: then an allocation pays one load and no thread-local access. */
atomic_bool sl_fault_counting;
static _Thread_local uint64_t left, counted;

uint64_t sl_fault_after(uint64_t n)
{
    uint64_t before = counted;

    atomic_store_explicit(&sl_fault_counting, true, memory_order_relaxed);
    left = n;
    counted = 0;
    return before;
}

bool sl_fault_count(void)
{
    counted++;
    return left && --left == 0;
}
