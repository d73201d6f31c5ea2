/* SPDX-License-Identifier: Apache-2.0 */
/* account.h - the books of a call that ended: one record to every logger. */
#ifndef SL_CALL_ACCOUNT_H
#define SL_CALL_ACCOUNT_H

#include "call/call.h"

void sl_account(struct sl_call *c);

#endif
