/* SPDX-License-Identifier: Apache-2.0 */
/* sluice_sdk/auth.h - how a request shows the credential that the host has for this call. */
#ifndef SLUICE_SDK_AUTH_H
#define SLUICE_SDK_AUTH_H

#include <sluice/provider.h>
#include <sluice_sdk/span.h>

/* As a bearer, whatever it is; nothing where there is none. */
static inline void sl_auth_bearer(const sluice_call *call, sluice_http_request *out)
{
    out->auth = call->credential == SLUICE_CRED_NONE ? SLUICE_AUTH_NONE : SLUICE_AUTH_BEARER;
}

/* A key in a header of this name (a literal), a token as a bearer. */
static inline void sl_auth_key(const sluice_call *call, const char *header,
                               sluice_http_request *out)
{
    out->auth = call->credential == SLUICE_CRED_TOKEN ? SLUICE_AUTH_BEARER
                : call->credential == SLUICE_CRED_KEY ? SLUICE_AUTH_HEADER
                                                      : SLUICE_AUTH_NONE;
    out->auth_param = out->auth == SLUICE_AUTH_HEADER ? sl_span_str(header) : SL_SPAN("");
}

#endif
