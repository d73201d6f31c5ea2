/* SPDX-License-Identifier: Apache-2.0 */
/* sluice_sdk/base64.h - standard base64 with padding (RFC 4648). Allocates nothing; any thread. */
#ifndef SLUICE_SDK_BASE64_H
#define SLUICE_SDK_BASE64_H

#include <sluice/plugin.h>

/* Bytes that n bytes become. */
#define SL_BASE64_SIZE(n) (((n) + 2) / 3 * 4)

/* out needs SL_BASE64_SIZE(bytes.len); no NUL is written. Returns the length. */
size_t sl_base64(sluice_span bytes, char *out);

#endif
