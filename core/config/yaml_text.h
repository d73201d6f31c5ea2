/* SPDX-License-Identifier: Apache-2.0 */
/* yaml_text.h - what has to be known of a file's bytes before and beside libyaml. */
#ifndef SL_CONFIG_YAML_TEXT_H
#define SL_CONFIG_YAML_TEXT_H

#include "config/node.h"

/* Without a byte order mark; JSON text is recognised (*json) and its surrogate pairs rewritten,
 * which libyaml does not know. */
sluice_status sl_yaml_prepare(struct sluice_arena *arena, sluice_span text, sluice_span *out,
                              bool *json);
/* Line and column of a byte. */
struct sl_place sl_yaml_place(sluice_span file, sluice_span text, size_t offset);
/* Does this line (from 1) have a tab in its indentation? */
bool sl_yaml_tab_indent(sluice_span text, uint32_t line);

#endif
