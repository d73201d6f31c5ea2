/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes what the cohere provider asks for; see asked.h. */
#define ENTRY sluice_builtin_cohere
#define OPERATIONS "chat.completions", "embeddings", "rerank", "cohere.chat"
#define MODELS "command-a-03-2025", "embed-v4.0", "rerank-v3.5", "command-r"
#include "asked.h"
