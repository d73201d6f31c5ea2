/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes what the ollama provider asks for; see asked.h. */
#define ENTRY sluice_builtin_ollama
#define OPERATIONS "chat.completions", "completions", "embeddings", "ollama.chat"
#define MODELS "llama3.2", "gpt-oss:20b", "llava", "nomic-embed-text"
#include "asked.h"
