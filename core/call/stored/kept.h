/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kept.h - the URL "kept:NAME" of provider.h: a request that the object store answers as a vendor
 * would, for providers that have to keep something between two calls.
 */
#ifndef SL_CALL_KEPT_H
#define SL_CALL_KEPT_H

#include "call/attempt/attempt.h"

bool sl_kept_is(sluice_span url);
/* The events come as any transport's do: from the loop, never from inside of this. */
sluice_status sl_kept_submit(struct sl_attempt *a, const struct sl_http_out *out,
                             struct sl_exchange **x);

#endif
