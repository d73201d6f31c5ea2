/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes what the mock provider asks for; see asked.h. */
#define ENTRY sluice_builtin_mock
#define OPERATIONS "chat.completions", "completions", "embeddings", "chat.completions"
#define MODELS "echo", "context", "stream", "x"
#include "asked.h"
