/* SPDX-License-Identifier: Apache-2.0 */
/* settings_id.h - the id of a deployment: what metrics, records and state hang on. */
#ifndef SL_CONFIG_SETTINGS_ID_H
#define SL_CONFIG_SETTINGS_ID_H

#include "config/load.h"

/* Sets d->id, d being the last of l->out->deployments: model_info.id, else a hash of name and
 * parameters, secrets left out, so that the id tells nothing about them and outlives a rotation.
 * nth: which of the deployments this entry stands for. A given id that another one has already is
 * an error. */
void sl_settings_identify(struct sl_load *l, struct sl_deployment_settings *d,
                          const struct sl_path *path, const struct sl_node *info,
                          const struct sl_node *params, uint32_t nth);

#endif
