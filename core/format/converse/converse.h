/* SPDX-License-Identifier: Apache-2.0 */
/* converse.h - the parts of the Converse dialect (AWS), one file each; put together in converse.c.
 * Its streams are messages of a binary event stream. */
#ifndef SL_FORMAT_CONVERSE_H
#define SL_FORMAT_CONVERSE_H

#include "format/dialect/dialect.h"
#include "format/dialect/pivot.h"

/* converse_look.c: what a relayed event or answer says. event: its type, or an exception's. */
sluice_status sl_converse_look(sluice_span event, sluice_span text, bool whole,
                               struct sluice_arena *scratch, struct sl_event_view *view,
                               struct sl_usage *usage);
/* The same for an answer in a model's own form: what it used, where that is said. */
sluice_status sl_invoke_look(sluice_span event, sluice_span text, bool whole,
                             struct sluice_arena *scratch, struct sl_event_view *view,
                             struct sl_usage *usage);

/* converse_error.c */
sluice_status sl_converse_failure(sluice_span error, sluice_error *err);
int sl_converse_http_status(sluice_status status, const sluice_error *err);
void sl_converse_error_body(struct sl_buf *b, sluice_status status, const sluice_error *err);
void sl_converse_error_event(struct sl_encoder *e, struct sl_buf *b, sluice_status status,
                             const sluice_error *err);

/* converse_request.c, converse_message.c: a Converse request becomes a chat request. */
sluice_status sl_converse_request(struct sl_translation *t);
sluice_status sl_converse_system(struct sl_translation *t, const struct sl_json *system);
/* One message of the list, which becomes one or more of the pivot's. */
sluice_status sl_converse_message(struct sl_translation *t, const struct sl_json *message,
                                  size_t index);
/* The block behind this one is a cachePoint: its marker as the pivot has it, into an open object.
 */
void sl_converse_cache(struct sl_translation *t, const struct sl_json *block);

/* converse_media.c: pictures, documents, films and sound as parts of the pivot. OK with *written
 * false: this block is none of them. */
sluice_status sl_converse_media(struct sl_translation *t, const struct sl_json *block,
                                size_t message, size_t place, bool *written);

/* converse_answer.c: steps become events, or one answer. */
sluice_status sl_converse_delta(struct sl_encoder *e, const sluice_delta *d, struct sl_buf *b);
sluice_status sl_converse_end(struct sl_encoder *e, const struct sl_usage *usage, struct sl_buf *b);
sluice_status sl_converse_collect(struct sl_encoder *e, const sluice_delta *d);
sluice_status sl_converse_whole(struct sl_encoder *e, const struct sl_usage *usage,
                                struct sl_buf *b);

extern const struct sl_dialect sl_dialect_converse;
extern const struct sl_dialect sl_dialect_invoke; /* relayed only */

/* converse_retrace.c */
sluice_status sl_converse_retrace(const struct sl_retrace *r, const struct sl_event_view *view,
                                  sluice_span text);

#endif
