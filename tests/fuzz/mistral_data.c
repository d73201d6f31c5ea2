/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes what the mistral provider makes of answers; see translated.h. */
#define ENTRY sluice_builtin_mistral
#define MODEL "mistral-large-latest"
#define NATIVE "completions"
#define STREAMED "text/event-stream"
#include "translated.h"
