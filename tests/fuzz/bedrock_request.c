/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes what the bedrock provider asks for; see asked.h. */
#define ENTRY sluice_builtin_bedrock
#define OPERATIONS "chat.completions", "embeddings", "images.generations", "converse"
#define MODELS                                                                                     \
    "anthropic.claude-3-haiku-20240307-v1:0", "amazon.titan-embed-text-v2:0",                      \
        "cohere.embed-english-v3", "amazon.nova-canvas-v1:0"
#define CONFIG "{\"region_name\":\"us-east-1\"}"
#include "asked.h"
