/* SPDX-License-Identifier: Apache-2.0 */
/* fault.h - private to the test kit: the switch of malloc_fault.c, where a program links it. */
#ifndef SL_TESTHOST_FAULT_H
#define SL_TESTHOST_FAULT_H

/* While on, malloc() on this thread counts and fails with sl_fault_after(). Returns what was. NULL
 * in programs without malloc_fault.c. */
int sl_test_malloc_arm(int on) __attribute__((weak));

static inline int test_arm(int on)
{
    return sl_test_malloc_arm ? sl_test_malloc_arm(on) : 0;
}

#endif
