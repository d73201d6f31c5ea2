/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sluice/ext/token.h - an extra of a provider class: how to exchange a deployment's secret for
 * a bearer token (IBM IAM, Databricks M2M, GitHub Copilot). The host runs it once per credential
 * for all loops, renews early, lets calls wait, and drops the token and tries once more after
 * SLUICE_E_AUTH. Exchanges just say SLUICE_AUTH_BEARER.
 * sluice_provider_class.get_extension(SLUICE_TOKEN_ID).
 */
#ifndef SLUICE_EXT_TOKEN_H
#define SLUICE_EXT_TOKEN_H

#include <sluice/provider.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SLUICE_TOKEN_ID "sluice.provider.token/1"

typedef struct sluice_token {
    uint32_t struct_size;
    uint32_t reserved;
    sluice_span token;
    uint64_t ttl_ms; /* 0 = until it is refused */
} sluice_token;

typedef struct sluice_token_class {
    uint32_t struct_size;
    uint32_t flags; /* none yet */
    /* [loop] The request that gets a token; SLUICE_PART_SECRET with data "credential" stands for
     * the deployment's own secret. */
    sluice_status (*request)(sluice_provider *self, sluice_arena *arena, sluice_http_request *out,
                             sluice_error *err);
    /* [loop] Its answer, whole. */
    sluice_status (*answer)(sluice_provider *self, const sluice_http_head *head, sluice_span body,
                            sluice_arena *arena, sluice_token *out, sluice_error *err);
} sluice_token_class;

#ifdef __cplusplus
}
#endif
#endif
