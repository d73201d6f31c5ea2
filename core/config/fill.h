/* SPDX-License-Identifier: Apache-2.0 */
/* fill.h - a checked tree into struct sl_settings. Readers take what they can; what they cannot
 * was reported by check.c already. */
#ifndef SL_CONFIG_FILL_H
#define SL_CONFIG_FILL_H

#include "base/buf.h"
#include "config/load.h"
#include "format/json_write.h"

/* Everything but the deployments. */
void sl_fill_settings(struct sl_load *l, const struct sl_node *root);
/* Fallbacks, retries by class, cooldown: settings_resilience.c. */
void sl_fill_resilience(struct sl_load *l, const struct sl_node *root);
/* retry_policy, or with fails allowed_fails_policy; NULL map: nothing. */
void sl_fill_by_class(const struct sl_node *map, bool fails, struct sl_by_class *out);
/* Is there a model_name like this, or one with a '*' that may match? */
bool sl_fill_group_exists(const struct sl_node *root, sluice_span group);
/* How a deployment is chosen: the part of router_settings that settings_route.c reads. */
void sl_fill_routing(struct sl_load *l, const struct sl_node *map);
/* Pass-through: settings_pass.c. general may be NULL. */
void sl_fill_pass(struct sl_load *l, const struct sl_node *general);
/* object_store: settings_objects.c. general may be NULL. */
void sl_fill_objects(struct sl_load *l, const struct sl_node *general);
/* model_list into out->deployments. After sl_fill_settings(). */
void sl_fill_deployments(struct sl_load *l, const struct sl_node *root);

/* ---- settings_options.c: limits and what is said of groups ---- */

/* Seconds in milliseconds; 0 is as good as not given, as LiteLLM has it. */
void sl_fill_limit(const struct sl_node *node, int64_t *ms);
/* All of them that stand in this map. */
void sl_fill_limits(const struct sl_node *map, struct sl_limits *out);
/* The same one by one: sl_limit_keys[i]. */
extern const char *const sl_limit_keys[];
extern const size_t sl_limit_keys_n;
void sl_fill_limit_named(const struct sl_node *node, size_t i, struct sl_limits *out);
/* hedge, of the router's or a group's map. */
void sl_fill_hedge(struct sl_load *l, const struct sl_node *map, struct sl_hedge_rule *out);
/* router_settings.model_group_options; NULL map: nothing. */
void sl_fill_options(struct sl_load *l, const struct sl_node *root, const struct sl_node *map);

/* ---- readers: NULL nodes and wrong types leave *out as it is ------------------------------ */

void sl_fill_bool(const struct sl_node *node, bool *out);
/* Mebibytes in bytes; 0 is as good as not given. */
void sl_fill_mib(const struct sl_node *node, int64_t *bytes);
/* text x 10^power */
void sl_fill_number(const struct sl_node *node, int power, int64_t *out);
/* Into the settings' memory; ptr NULL: out of memory, reported. */
sluice_span sl_fill_text(struct sl_load *l, sluice_span text);
void sl_fill_str(struct sl_load *l, const struct sl_node *node, sluice_span *out);
void sl_fill_strs(struct sl_load *l, const struct sl_node *node, const sluice_span **out,
                  size_t *n);
/* A value as JSON. Secrets become references into out->secrets. */
void sl_fill_json_value(struct sl_load *l, struct sl_json_out *o, const struct sl_node *node);
/* The same as text in the settings' memory; empty for NULL. */
void sl_fill_json(struct sl_load *l, const struct sl_node *node, sluice_span *out);
/* What a buffer holds, into the settings' memory; frees the buffer. */
sluice_span sl_fill_buf(struct sl_load *l, struct sl_buf *buf);
/* "secret:N" for this text, kept in the settings; empty: out of memory, reported. */
sluice_span sl_fill_secret(struct sl_load *l, sluice_span text);

#endif
