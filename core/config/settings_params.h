/* SPDX-License-Identifier: Apache-2.0 */
/* settings_params.h - parameters of a deployment that are handed on: to the provider's
 * configuration, to the credential, to requests. */
#ifndef SL_CONFIG_SETTINGS_PARAMS_H
#define SL_CONFIG_SETTINGS_PARAMS_H

#include "config/fill.h"

/* d->config, credential, mock_response, defaults, extra_headers and extra_body, from litellm_params
 * (with its path) and model_info (may be NULL). organization: this deployment's, or NULL. After
 * d->mode. */
void sl_settings_params(struct sl_load *l, const struct sl_node *params, const struct sl_path *path,
                        const struct sl_node *info, const struct sl_node *organization,
                        struct sl_deployment_settings *d);

#endif
