/* SPDX-License-Identifier: Apache-2.0 */
/* scalar.h - what an unquoted word of YAML 1.1 means, and exact decimal arithmetic on its text. */
#ifndef SL_CONFIG_SCALAR_H
#define SL_CONFIG_SCALAR_H

#include "config/node.h"

/* The type of a plain scalar as PyYAML's safe loader resolves it, and its value as JSON spells it
 * (strings as they are). INVALID: a number that JSON cannot carry (.inf, .nan, an integer in
 * another base beyond 64 bits). */
sluice_status sl_scalar_resolve(sluice_span s, struct sluice_arena *arena, enum sl_node_kind *kind,
                                sluice_span *text);
/* The same by the rules of JSON, for text that is valid JSON. */
enum sl_node_kind sl_scalar_json(sluice_span s);

enum sl_decimal { SL_DECIMAL_EXACT, SL_DECIMAL_ROUNDED, SL_DECIMAL_RANGE, SL_DECIMAL_BAD };
/* text x 10^power as an integer, without floating point; halves away from zero. */
enum sl_decimal sl_decimal_scale(sluice_span text, int power, int64_t *out);

#endif
