/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes what the azure_openai provider asks for; see asked.h. */
#define ENTRY sluice_builtin_azure_openai
#define OPERATIONS "chat.completions", "responses", "embeddings", "images.generations"
#define MODELS "gpt-4o", "o4-mini", "gpt-5.1-codex", "our own"
#define BASE_URL "https://a.test"
#include "asked.h"
