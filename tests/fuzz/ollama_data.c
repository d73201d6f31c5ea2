/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes what the ollama provider makes of answers; see translated.h. */
#define ENTRY sluice_builtin_ollama
#define MODEL "qwen3:8b"
#define NATIVE "ollama.chat"
#define STREAMED "application/x-ndjson"
#include "translated.h"
