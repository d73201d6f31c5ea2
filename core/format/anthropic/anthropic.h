/* SPDX-License-Identifier: Apache-2.0 */
/* anthropic.h - the parts of the Messages dialect, one file each; put together in anthropic.c. */
#ifndef SL_FORMAT_ANTHROPIC_H
#define SL_FORMAT_ANTHROPIC_H

#include "format/dialect/dialect.h"
#include "format/dialect/pivot.h"

/* anthropic_look.c: what a relayed event or answer says. */
sluice_status sl_anthropic_look(sluice_span event, sluice_span text, bool whole,
                                struct sluice_arena *scratch, struct sl_event_view *view,
                                struct sl_usage *usage);

/* anthropic_error.c */
int sl_anthropic_http_status(sluice_status status, const sluice_error *err);
void sl_anthropic_error_body(struct sl_buf *b, sluice_status status, const sluice_error *err);
void sl_anthropic_error_event(struct sl_encoder *e, struct sl_buf *b, sluice_status status,
                              const sluice_error *err);

/* anthropic_request.c, anthropic_message.c, anthropic_content.c: a Messages request becomes a chat
 * request. */
sluice_status sl_anthropic_request(struct sl_translation *t);
/* One message of the list, which becomes one or more of the pivot's. */
sluice_status sl_anthropic_message(struct sl_translation *t, const struct sl_json *message,
                                   size_t index);
/* `system` as a message in front; nothing if it is empty. */
sluice_status sl_anthropic_system(struct sl_translation *t, const struct sl_json *system);
/* {"input_tokens":n} */
void sl_anthropic_count(struct sl_buf *b, int64_t tokens);

/* anthropic_answer.c: steps become events, or one message. */
sluice_status sl_anthropic_delta(struct sl_encoder *e, const sluice_delta *d, struct sl_buf *b);
sluice_status sl_anthropic_end(struct sl_encoder *e, const struct sl_usage *usage,
                               struct sl_buf *b);
sluice_status sl_anthropic_collect(struct sl_encoder *e, const sluice_delta *d);
sluice_status sl_anthropic_whole(struct sl_encoder *e, const struct sl_usage *usage,
                                 struct sl_buf *b);

/* anthropic_retrace.c */
sluice_status sl_anthropic_retrace(const struct sl_retrace *r, const struct sl_event_view *view,
                                   sluice_span text);

#endif
