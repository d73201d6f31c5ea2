/* SPDX-License-Identifier: Apache-2.0 */
/* settings_clients.h - key pairs of clients that sign their requests. */
#ifndef SL_CONFIG_SETTINGS_CLIENTS_H
#define SL_CONFIG_SETTINGS_CLIENTS_H

#include "config/load.h"

/* general_settings.aws_client_credentials. */
void sl_fill_aws_clients(struct sl_load *l, const struct sl_node *root);

#endif
