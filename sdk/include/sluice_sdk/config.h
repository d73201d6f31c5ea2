/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sluice_sdk/config.h - a deployment's configuration as create() gets it. The host has checked it
 * against the class's schema; what is kept of it has to outlive the text.
 */
#ifndef SLUICE_SDK_CONFIG_H
#define SLUICE_SDK_CONFIG_H

#include <stdbool.h>
#include <sluice/plugin.h>
#include <sluice_sdk/arena.h>
#include <sluice_sdk/json.h>

/* Its tree; nothing at all counts as {}. Negative: err is filled. */
sluice_status sl_config_read(sluice_span config, struct sluice_arena *arena,
                             const struct sl_json **tree, sluice_error *err);

/* Of one of its members, or NULL: the text, decoded and in the arena; *out stays when there is
 * none. false: out of memory. */
bool sl_config_text(const struct sl_json *j, struct sluice_arena *arena, sluice_span *out);
/* Its raw JSON likewise. */
bool sl_config_raw(const struct sl_json *j, struct sluice_arena *arena, sluice_span *out);
bool sl_config_true(const struct sl_json *j);

#endif
