/* SPDX-License-Identifier: Apache-2.0 */
/*
 * budget.h - how many retries a deployment is worth: each one is a debt, each first try pays back a
 * part of one. When much fails, retries become a share of the calls instead of a multiple, so that
 * an outage is not made worse. [any]
 */
#ifndef SL_ROUTE_BUDGET_H
#define SL_ROUTE_BUDGET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* A first try: pays back percent of a retry. debt counts thousandths of retries. */
void sl_budget_earn(_Atomic int64_t *debt, int64_t percent);
/* A retry, if there is room for it: at most burst are owed at any time. */
bool sl_budget_take(_Atomic int64_t *debt, int64_t burst);

#endif
