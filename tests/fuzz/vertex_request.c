/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes what the vertex provider asks for; see asked.h. */
#define ENTRY sluice_builtin_vertex
#define OPERATIONS "chat.completions", "embeddings", "generateContent", "messages"
#define MODELS "gemini-2.5-flash", "claude-sonnet-4-5", "mistral-large-2411", "text-embedding-005"
#define CONFIG "{\"vertex_project\":\"p\",\"vertex_location\":\"us-east5\"}"
#include "asked.h"
