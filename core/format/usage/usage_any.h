/* SPDX-License-Identifier: Apache-2.0 */
/* usage_any.h - what was used, out of an answer whose dialect nobody told: by the names that such
 * objects have wherever they stand. For pass-through, which knows no dialects. */
#ifndef SL_FORMAT_USAGE_ANY_H
#define SL_FORMAT_USAGE_ANY_H

#include "format/usage/usage.h"

/* text: one answer or one event; what is no JSON object says nothing. Totals replace what was read
 * before. */
void sl_usage_any(struct sl_usage *u, sluice_span text);

#endif
