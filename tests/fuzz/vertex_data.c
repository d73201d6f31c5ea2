/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes what the vertex provider makes of answers; see translated.h. With a key: no project. */
#define ENTRY sluice_builtin_vertex
#define MODEL "gemini-2.5-flash"
#define NATIVE "generateContent"
#define STREAMED "text/event-stream"
#include "translated.h"
