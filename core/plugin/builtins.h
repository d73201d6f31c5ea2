/* SPDX-License-Identifier: Apache-2.0 */
/* builtins.h - the plugins whose source was linked into this library, as the build system lists
 * them; sl_registry_create() adds them before anything else. NULL-terminated. */
#ifndef SL_PLUGIN_BUILTINS_H
#define SL_PLUGIN_BUILTINS_H

#include <sluice/plugin.h>

extern const sluice_plugin_entry_fn sl_linked_plugins[];

#endif
