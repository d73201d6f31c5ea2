/* SPDX-License-Identifier: Apache-2.0 */
/* openai_look.h - the dialects' look() for OpenAI formats: chat, completions, embeddings. */
#ifndef SL_FORMAT_OPENAI_LOOK_H
#define SL_FORMAT_OPENAI_LOOK_H

#include "format/dialect/dialect.h"

sluice_status sl_openai_look(sluice_span event, sluice_span text, bool whole,
                             struct sluice_arena *scratch, struct sl_event_view *view,
                             struct sl_usage *usage);

/* The same for events that say what they are in their `type`: "image_generation.completed". */
sluice_status sl_openai_look_typed(sluice_span event, sluice_span text, bool whole,
                                   struct sluice_arena *scratch, struct sl_event_view *view,
                                   struct sl_usage *usage);

#endif
