/* SPDX-License-Identifier: Apache-2.0 */
/* principal.h - who is calling: what a credential stands for. Read by all loops; lives at least as
 * long as the configuration that a call holds. */
#ifndef SL_POLICY_PRINCIPAL_H
#define SL_POLICY_PRINCIPAL_H

#include "config/settings.h"

struct sl_principal {
    bool admin;
    sluice_span key_id, key_alias, user_id, team_id, org_id; /* for records; never a key */
};

/* The caller behind a credential. embedder: an empty key is vouched for by the program that embeds
 * the library. DENIED (401, LiteLLM's sentences) otherwise. */
sluice_status sl_principal_find(const struct sl_settings *settings, sluice_span key, bool embedder,
                                const struct sl_principal **out, sluice_error *err);

#endif
