/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes what the gemini provider asks for; see asked.h. */
#define ENTRY sluice_builtin_gemini
#define OPERATIONS "chat.completions", "embeddings", "generateContent", "batchEmbedContents"
#define MODELS                                                                                     \
    "gemini-2.5-flash", "gemini-3-pro-preview", "gemini-2.0-flash", "gemini-embedding-001"
#include "asked.h"
