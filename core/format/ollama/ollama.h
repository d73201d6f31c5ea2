/* SPDX-License-Identifier: Apache-2.0 */
/* ollama.h - the parts of Ollama's dialect, one file each; put together in ollama.c. Streams are
 * lines; a chat and a text that goes on differ in where the words stand. */
#ifndef SL_FORMAT_OLLAMA_H
#define SL_FORMAT_OLLAMA_H

#include "format/dialect/blocks.h"
#include "format/dialect/dialect.h"
#include "format/dialect/pivot.h"

/* ollama_look.c */
sluice_status sl_ollama_look(sluice_span event, sluice_span text, bool whole,
                             struct sluice_arena *scratch, struct sl_event_view *view,
                             struct sl_usage *usage);

/* ollama_request.c */
sluice_status sl_ollama_chat_request(struct sl_translation *t);
sluice_status sl_ollama_generate_request(struct sl_translation *t);
sluice_status sl_ollama_embed_request(struct sl_translation *t);
/* ollama_messages.c: the messages of a chat. */
sluice_status sl_ollama_messages(struct sl_translation *t);
/* Pictures as parts; they are plain base64 there. */
void sl_ollama_images(struct sl_json_out *o, const struct sl_json *images);

/* ollama_answer.c */
sluice_status sl_ollama_delta(struct sl_encoder *e, const sluice_delta *d, struct sl_buf *b);
sluice_status sl_ollama_end(struct sl_encoder *e, const struct sl_usage *usage, struct sl_buf *b);
sluice_status sl_ollama_collect(struct sl_encoder *e, const sluice_delta *d);
sluice_status sl_ollama_whole(struct sl_encoder *e, const struct sl_usage *usage, struct sl_buf *b);
sluice_status sl_ollama_embed_answer(struct sl_encoder *e, sluice_span text,
                                     struct sluice_arena *scratch, struct sl_buf *b);

/* ollama_retrace.c */
sluice_status sl_ollama_retrace(const struct sl_retrace *r, const struct sl_event_view *view,
                                sluice_span text);

#endif
