/* SPDX-License-Identifier: Apache-2.0 */
/* expand.h - os.environ/NAME in a tree, and the marks on everything that must not be shown. */
#ifndef SL_CONFIG_EXPAND_H
#define SL_CONFIG_EXPAND_H

#include "config/load.h"

/* environment_variables into the settings' own table; the process environment stays as it is. */
void sl_expand_environment(struct sl_load *l, const struct sl_node *root);
/* Replaces every os.environ/NAME, in lists too, and hides what is secret. */
void sl_expand_tree(struct sl_load *l, struct sl_node *root);
/* Can this go into a header? A line break in a key is a variable set from a file, or worse. */
bool sl_secret_is_plain(sluice_span text);
/* A copy in the settings' own memory that is dropped with them; NULL: out of memory, reported. */
struct sl_secret *sl_load_secret(struct sl_load *l, sluice_span text);

#endif
