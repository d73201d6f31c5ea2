/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes what the gemini provider makes of answers; see translated.h. */
#define ENTRY sluice_builtin_gemini
#define MODEL "gemini-2.5-flash"
#define NATIVE "generateContent"
#define STREAMED "text/event-stream"
#include "translated.h"
