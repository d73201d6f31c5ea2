/* SPDX-License-Identifier: Apache-2.0 */
/* openai_chat.h - the parts of the OpenAI chat dialect, one file each; put together in openai.c. */
#ifndef SL_FORMAT_OPENAI_CHAT_H
#define SL_FORMAT_OPENAI_CHAT_H

#include "format/dialect/dialect.h"

/* openai_chunks.c: steps -> chunks of a stream */
sluice_status sl_openai_chunk(struct sl_encoder *e, const sluice_delta *d, struct sl_buf *b);
sluice_status sl_openai_chunks_end(struct sl_encoder *e, const struct sl_usage *usage,
                                   struct sl_buf *b);
/* openai_whole.c: steps -> one answer */
sluice_status sl_openai_collect(struct sl_encoder *e, const sluice_delta *d);
sluice_status sl_openai_whole(struct sl_encoder *e, const struct sl_usage *usage, struct sl_buf *b);

#endif
