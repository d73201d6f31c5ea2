/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes what the azure_openai provider makes of answers of Responses to a chat; see translated.h.
 */
#define ENTRY sluice_builtin_azure_openai
#define MODEL "gpt-5.1-codex"
#define BASE_URL "https://a.test"
#define NATIVE "responses"
#define STREAMED "text/event-stream"
#include "translated.h"
