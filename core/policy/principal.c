/* SPDX-License-Identifier: Apache-2.0 */
/* principal.c - see principal.h. Without a master key everybody is admin (LiteLLM's rule); the
 * gateway then listens on loopback only. */
#include "policy/principal.h"

#include "base/status.h"

/* LiteLLM's names for the two. */
static const struct sl_principal master = {
    .admin = true,
    .key_id = { "master_key", 10 },
    .user_id = { "default_user_id", 15 },
};
static const struct sl_principal trusted = {
    .admin = true,
    .user_id = { "default_user_id", 15 },
};

static sluice_status denied(sluice_error *err, const char *message)
{
    sl_fail_param(err, SLUICE_E_DENIED, "invalid_api_key", NULL, "%s", message);
    if (err)
        err->http_status = 401;
    return SLUICE_E_DENIED;
}

sluice_status sl_principal_find(const struct sl_settings *settings, sluice_span key, bool embedder,
                                const struct sl_principal **out, sluice_error *err)
{
    if (!settings->master_key || (embedder && key.len == 0)) {
        *out = &trusted;
        return SLUICE_OK;
    }
    if (key.len == 0)
        return denied(err, "Authentication Error, No api key passed in. Send `Authorization: "
                           "Bearer <key>`, `x-api-key` or `api-key`.");
    if (!sl_span_eq_secret(key, sl_secret_reveal(settings->master_key)))
        return denied(err, "Authentication Error, Invalid proxy server token passed. This key is "
                           "not known here.");
    *out = &master;
    return SLUICE_OK;
}
