/* SPDX-License-Identifier: Apache-2.0 */
/* config.h - what an instance gets as its configuration: data file and deployment in one object,
 * checked against the class's schema, with references in the place of secrets. */
#ifndef SL_PLUGIN_CONFIG_H
#define SL_PLUGIN_CONFIG_H

#include "base/secret.h"
#include "plugin/registry.h"

/* The references of one entry; "secret:N" is list[N]. Holds each. */
struct sl_secrets {
    struct sl_secret **list;
    size_t n, room;
};
void sl_secrets_finish(struct sl_secrets *s);
/* Takes a hold of its own; false when out of memory. */
bool sl_secrets_add(struct sl_secrets *s, struct sl_secret *secret);

/* config over cls->data: objects are merged at every depth, null takes a member of the data file
 * away. A text where the schema says "format":"secret" is moved
 * to secrets, unless it is a reference already. *out is malloc'ed text. INVALID with err->param. */
sluice_status sl_config_merge(const struct sl_plugin_class *cls, sluice_span config,
                              struct sl_secrets *secrets, char **out, size_t *len,
                              sluice_error *err);
/* Does the class's data file alone fit its schema? */
sluice_status sl_config_check(const struct sl_plugin_class *cls, sluice_error *err);

#endif
