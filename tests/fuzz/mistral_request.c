/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes what the mistral provider asks for; see asked.h. */
#define ENTRY sluice_builtin_mistral
#define OPERATIONS "chat.completions", "embeddings", "completions", "chat.completions"
#define MODELS "mistral-large-latest", "codestral-latest", "magistral-medium-latest", "x"
#include "asked.h"
