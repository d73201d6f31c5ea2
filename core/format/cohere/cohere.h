/* SPDX-License-Identifier: Apache-2.0 */
/* cohere.h - the parts of Cohere's v2 dialect, one file each; put together in cohere.c. */
#ifndef SL_FORMAT_COHERE_H
#define SL_FORMAT_COHERE_H

#include "format/dialect/blocks.h"
#include "format/dialect/dialect.h"
#include "format/dialect/pivot.h"

/* cohere_look.c */
sluice_status sl_cohere_look(sluice_span event, sluice_span text, bool whole,
                             struct sluice_arena *scratch, struct sl_event_view *view,
                             struct sl_usage *usage);

/* cohere_request.c */
sluice_status sl_cohere_chat_request(struct sl_translation *t);
sluice_status sl_cohere_embed_request(struct sl_translation *t);

/* cohere_answer.c */
sluice_status sl_cohere_delta(struct sl_encoder *e, const sluice_delta *d, struct sl_buf *b);
sluice_status sl_cohere_end(struct sl_encoder *e, const struct sl_usage *usage, struct sl_buf *b);
sluice_status sl_cohere_collect(struct sl_encoder *e, const sluice_delta *d);
sluice_status sl_cohere_whole(struct sl_encoder *e, const struct sl_usage *usage, struct sl_buf *b);
void sl_cohere_error_event(struct sl_encoder *e, struct sl_buf *b, sluice_status status,
                           const sluice_error *err);
sluice_status sl_cohere_embed_answer(struct sl_encoder *e, sluice_span text,
                                     struct sluice_arena *scratch, struct sl_buf *b);

/* cohere_retrace.c */
sluice_status sl_cohere_retrace(const struct sl_retrace *r, const struct sl_event_view *view,
                                sluice_span text);

#endif
