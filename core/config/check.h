/* SPDX-License-Identifier: Apache-2.0 */
/* check.h - a tree held against the table of keys: one report line for each key. */
#ifndef SL_CONFIG_CHECK_H
#define SL_CONFIG_CHECK_H

#include "config/keys.h"
#include "config/load.h"

/* Reports every key below map; types, ranges, unknown names. What it lets pass, fill.h's readers
 * can read. */
void sl_check_map(struct sl_load *l, enum sl_section section, const struct sl_node *map,
                  const struct sl_path *path);

/* What a value means beyond its type. */
struct sl_ruling {
    enum sl_key_verdict verdict;
    char text[200];
};
/* Values whose verdict is not their key's: enumerations, plugin names. */
void sl_judge(enum sl_section section, sluice_span name, const struct sl_node *value,
              struct sl_ruling *ruling);
/* Is this one of LiteLLM's own callbacks, which no plugin of ours bears the name of? */
bool sl_judge_foreign_callback(sluice_span name);
/* The plugin for a routing_strategy or cache type: "simple_shuffle"; empty = none. */
sluice_span sl_judge_router(sluice_span strategy);
sluice_span sl_judge_cache(sluice_span type);

#endif
