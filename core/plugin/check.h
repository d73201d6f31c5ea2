/* SPDX-License-Identifier: Apache-2.0 */
/* check.h - one plugin file, loaded as a registry would, without init(), and described. */
#ifndef SL_PLUGIN_CHECK_H
#define SL_PLUGIN_CHECK_H

#include <sluice/plugin.h>

/* *json: id, kind, version, abi, abi_min, vendor, summary, sha256, file; freed with free(). What
 * is wrong is said in err: file, found, wanted. */
sluice_status sl_plugin_check(const char *file, char **json, sluice_error *err);

#endif
