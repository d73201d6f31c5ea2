/* SPDX-License-Identifier: Apache-2.0 */
/* gemini.h - the parts of the Gemini dialect, one file each; put together in gemini.c. Its streams
 * are server-sent events, or one JSON array that grows. */
#ifndef SL_FORMAT_GEMINI_H
#define SL_FORMAT_GEMINI_H

#include "format/dialect/blocks.h"
#include "format/dialect/dialect.h"
#include "format/dialect/pivot.h"

/* Before a signature in thoughtSignature: one that we wrote, of a thought of another vendor; and of
 * a block that is all signature. */
#define SL_GEMINI_SIGNED "sl1:"
#define SL_GEMINI_OPAQUE "sl1r:"

/* gemini_look.c */
sluice_status sl_gemini_look(sluice_span event, sluice_span text, bool whole,
                             struct sluice_arena *scratch, struct sl_event_view *view,
                             struct sl_usage *usage);

/* gemini_error.c: the list ones for streams that are a list */
sluice_status sl_gemini_failure(sluice_span error, sluice_error *err);
void sl_gemini_error_body(struct sl_buf *b, sluice_status status, const sluice_error *err);
void sl_gemini_error_list(struct sl_buf *b, sluice_status status, const sluice_error *err);
void sl_gemini_error_event(struct sl_encoder *e, struct sl_buf *b, sluice_status status,
                           const sluice_error *err);

/* gemini_request.c: a request becomes a chat request. */
sluice_status sl_gemini_request(struct sl_translation *t);
/* gemini_contents.c: contents and systemInstruction as messages. */
sluice_status sl_gemini_messages(struct sl_translation *t);
/* gemini_tools.c: tools and toolConfig. */
sluice_status sl_gemini_tools(struct sl_translation *t);
/* A schema in Google's words as a JSON Schema. */
void sl_gemini_schema(struct sl_json_out *o, const struct sl_json *schema);
/* A member under its name, or as some clients write it, with underscores; NULL: absent or null. */
const struct sl_json *sl_gemini_opt(const struct sl_json *j, const char *name);

/* gemini_answer.c */
sluice_status sl_gemini_delta(struct sl_encoder *e, const sluice_delta *d, struct sl_buf *b);
sluice_status sl_gemini_end(struct sl_encoder *e, const struct sl_usage *usage, struct sl_buf *b);
sluice_status sl_gemini_collect(struct sl_encoder *e, const sluice_delta *d);
sluice_status sl_gemini_whole(struct sl_encoder *e, const struct sl_usage *usage, struct sl_buf *b);

/* gemini_embed.c: one text, or several, through embeddings; and tokens counted. */
sluice_status sl_gemini_embed_request(struct sl_translation *t);
sluice_status sl_gemini_embed_answer(struct sl_encoder *e, sluice_span text,
                                     struct sluice_arena *scratch, struct sl_buf *b);
sluice_status sl_gemini_batch_request(struct sl_translation *t);
sluice_status sl_gemini_batch_answer(struct sl_encoder *e, sluice_span text,
                                     struct sluice_arena *scratch, struct sl_buf *b);
void sl_gemini_count(struct sl_buf *b, int64_t tokens);

/* gemini_retrace.c */
sluice_status sl_gemini_retrace(const struct sl_retrace *r, const struct sl_event_view *view,
                                sluice_span text);

#endif
