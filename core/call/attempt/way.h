/* SPDX-License-Identifier: Apache-2.0 */
/* way.h - what deployments take as it is; how an attempt goes is attempt.h's sl_attempt_way(). */
#ifndef SL_CALL_WAY_H
#define SL_CALL_WAY_H

#include "call/runtime/worker.h"

/* Does this deployment take the operation as it is? */
bool sl_way_takes(struct sl_worker *w, const struct sl_deployment *d, const char *operation);

#endif
