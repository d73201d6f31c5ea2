/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes what the passthrough provider asks for; see asked.h. */
#define ENTRY sluice_builtin_passthrough
#define OPERATIONS "passthrough", "passthrough", "passthrough", "passthrough"
#define MODELS "", "m", "", "m"
#define BASE_URL "https://a.test/v1"
#include "asked.h"
