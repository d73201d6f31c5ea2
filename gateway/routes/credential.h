/* SPDX-License-Identifier: Apache-2.0 */
/* credential.h - which request header holds the client's key: LiteLLM's list, in its order. */
#ifndef GW_CREDENTIAL_H
#define GW_CREDENTIAL_H

#include <sluice_sdk/http1.h>

/* The key, without a "Bearer " before it; empty when no header holds one. Borrowed from the
 * head. */
sluice_span gw_credential(const struct sl_http_head *head);

#endif
