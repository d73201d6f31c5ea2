/* SPDX-License-Identifier: Apache-2.0 */
/* settings_known.h - what a deployment's configuration says about its model. */
#ifndef SL_CONFIG_SETTINGS_KNOWN_H
#define SL_CONFIG_SETTINGS_KNOWN_H

#include "config/fill.h"

/* d->known, from litellm_params and model_info (may be NULL). After d->mode. */
void sl_settings_known(struct sl_load *l, const struct sl_node *params, const struct sl_node *info,
                       struct sl_deployment_settings *d);

#endif
