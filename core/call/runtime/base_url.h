/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base_url.h - where a deployment lives, settled once per configuration, since the credential goes
 * to this origin only: its own api_base, else a variable that the provider's data file names
 * (base_env), else the data file's base_url with its {placeholders} filled in from the deployment's
 * configuration or from the variables that the file names for them.
 */
#ifndef SL_CALL_BASE_URL_H
#define SL_CALL_BASE_URL_H

#include "config/settings.h"
#include "plugin/registry.h"

/* Empty: the provider knows, or says what is missing. A placeholder without a value leaves the text
 * as the data file has it, which no URL fits. NOMEM. */
sluice_status sl_base_url(const struct sl_settings *settings,
                          const struct sl_deployment_settings *d, const struct sl_plugin_class *cls,
                          struct sluice_arena *arena, sluice_span *out);
/* A URL as anybody may see it: without user and password, and without what follows '?' or '#'
 * unless `query` is wanted. Itself, or in the arena; empty when out of memory. */
sluice_span sl_url_shown(sluice_span url, bool query, struct sluice_arena *arena);

#endif
