/* SPDX-License-Identifier: Apache-2.0 */
/* include.h - files: reading one, and the `include` list. */
#ifndef SL_CONFIG_INCLUDE_H
#define SL_CONFIG_INCLUDE_H

#include "config/load.h"

/* The tree of a file; NULL: reported. */
struct sl_node *sl_include_file(struct sl_load *l, sluice_span path,
                                const struct sl_place *asked_at);
/* Adds what the files of root's `include` say: lists are appended, anything else replaces. dir is
 * where relative names start; empty = only absolute ones can be found. */
sluice_status sl_include_all(struct sl_load *l, struct sl_node *root, sluice_span dir);

#endif
