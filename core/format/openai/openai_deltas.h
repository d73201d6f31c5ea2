/* SPDX-License-Identifier: Apache-2.0 */
/* openai_deltas.h - an OpenAI chat answer, or one chunk of a stream, taken apart into steps: for a
 * client that wants a stream where the vendor has none, and the other way round. */
#ifndef SL_FORMAT_OPENAI_DELTAS_H
#define SL_FORMAT_OPENAI_DELTAS_H

#include "format/dialect/retrace.h"

sluice_status sl_openai_deltas(sluice_span text, struct sluice_arena *scratch, sl_delta_fn fn,
                               void *ctx);
/* A chunk of a stream: see retrace.h. */
sluice_status sl_openai_retrace(const struct sl_retrace *r, const struct sl_event_view *view,
                                sluice_span text);

#endif
