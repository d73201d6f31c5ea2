/* SPDX-License-Identifier: Apache-2.0 */
/* settings_health.h - health checks out of a checked tree. */
#ifndef SL_CONFIG_SETTINGS_HEALTH_H
#define SL_CONFIG_SETTINGS_HEALTH_H

#include "config/fill.h"

void sl_fill_health(struct sl_load *l, const struct sl_node *root);
/* info: model_info; may be NULL. */
void sl_fill_probe(struct sl_load *l, const struct sl_node *info, struct sl_probe_settings *out);

#endif
