/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes what the cohere provider makes of answers; see translated.h. */
#define ENTRY sluice_builtin_cohere
#define MODEL "command-a-03-2025"
#define NATIVE "cohere.chat"
#define STREAMED "text/event-stream"
#include "translated.h"
