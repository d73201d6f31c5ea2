/* SPDX-License-Identifier: Apache-2.0 */
/*
 * answer.h - what a whole answer and a stream have in common: blocks become deltas, usage becomes
 * counts, stop reasons become OpenAI's words. Raw values are spans of valid JSON; text goes to the
 * sink as it stands there, still escaped.
 */
#ifndef ANTHROPIC_ANSWER_H
#define ANTHROPIC_ANSWER_H

#include <turns/answer.h>
#include "anthropic.h"

void anthropic_answer_init(struct anthropic_answer *a);
void anthropic_answer_close(struct anthropic_answer *a);

/* message: the object with id, model and usage. */
sluice_status anthropic_answer_start(sluice_exchange *x, const sluice_sink *sink,
                                     sluice_span message);
/* block: raw object of content_block_start, or an element of `content`. */
sluice_status anthropic_block_begin(sluice_exchange *x, const sluice_sink *sink, uint32_t index,
                                    sluice_span block);
sluice_status anthropic_block_text(sluice_exchange *x, const sluice_sink *sink, sluice_span inside);
sluice_status anthropic_block_thinking(sluice_exchange *x, const sluice_sink *sink, uint32_t index,
                                       sluice_span inside);
sluice_status anthropic_block_signature(sluice_exchange *x, const sluice_sink *sink, uint32_t index,
                                        sluice_span inside);
sluice_status anthropic_block_args(sluice_exchange *x, const sluice_sink *sink, sluice_span inside);
sluice_status anthropic_block_citation(sluice_exchange *x, sluice_span citation);
sluice_status anthropic_block_end(sluice_exchange *x, const sluice_sink *sink);
/* reason: raw stop_reason; null changes nothing. */
void anthropic_answer_reason(sluice_exchange *x, sluice_span reason);
/* Everything was seen: what was held back, and the finish. */
sluice_status anthropic_answer_finish(sluice_exchange *x, const sluice_sink *sink);

/* sources.c: the text block that is open ends; what was held goes out; one element more. */
sluice_status anthropic_text_end(struct anthropic_answer *a);
sluice_status anthropic_sources(struct anthropic_answer *a, const sluice_sink *sink);
void anthropic_list_append(struct sl_buf *list, sluice_span element);

/* usage.c: takes in a raw usage object and reports the totals so far. Counters overwrite. */
void anthropic_usage(struct anthropic_answer *a, const sluice_sink *sink, sluice_span usage);

/* stream.c, response.c: one frame each; a relayed one is only looked at. */
sluice_status anthropic_event(sluice_exchange *x, const sluice_frame *frame,
                              const sluice_sink *sink, sluice_error *err);
sluice_status anthropic_whole(sluice_exchange *x, const sluice_frame *frame,
                              const sluice_sink *sink, sluice_error *err);
sluice_status anthropic_relayed(sluice_exchange *x, const sluice_frame *frame,
                                const sluice_sink *sink, sluice_error *err);

#endif
