/* SPDX-License-Identifier: Apache-2.0 */
/* named.h - models that are named inside of a file: sluice_call.model_named. */
#ifndef SL_CALL_NAMED_H
#define SL_CALL_NAMED_H

#include <sluice/provider.h>

/* attempt: the struct sl_attempt that the provider works for. The name lies in its arena. */
sluice_status sl_named_model(void *attempt, sluice_span name, sluice_span *out, sluice_error *err);

#endif
