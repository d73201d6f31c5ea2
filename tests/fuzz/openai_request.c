/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes what the openai provider asks for; see asked.h. */
#define ENTRY sluice_builtin_openai
#define OPERATIONS "chat.completions", "responses", "embeddings", "completions"
#define MODELS "gpt-4o", "o4-mini", "gpt-5.1-codex", "gpt-4o-search-preview"
#define BASE_URL "https://api.openai.com/v1"
#include "asked.h"
