/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes what the openai_compat provider asks for; see asked.h. */
#define ENTRY sluice_builtin_openai_compat
#define OPERATIONS "chat.completions", "embeddings", "rerank", "completions"
#define MODELS "m", "a/b", "o1", "x y"
#define CONFIG                                                                                     \
    "{\"id\":\"acme\",\"base_url\":\"https://a.test/v1\",\"operations\":{\"chat.completions\":\"/" \
    "chat/completions\",\"embeddings\":\"/embeddings\",\"rerank\":\"/rerank\",\"completions\":\"/" \
    "completions\"},\"request\":{\"rename\":{\"max_completion_tokens\":\"max_tokens\"},\"drop\":[" \
    "\"user\"],\"roles\":{\"developer\":\"system\"},\"values\":{\"response_format\":[\"text\","    \
    "\"json_schema\"]}}}"
#include "asked.h"
