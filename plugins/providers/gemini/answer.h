/* SPDX-License-Identifier: Apache-2.0 */
/*
 * answer.h - how answers are read: each frame of a stream is an answer like a whole one, with parts
 * that come behind those of the frame before. Raw values are spans of valid JSON; text goes to the
 * sink as it stands there, still escaped.
 */
#ifndef GEMINI_ANSWER_H
#define GEMINI_ANSWER_H

#include "gemini.h"

/* One frame: JSON text of an answer, or a list of such. */
sluice_status gemini_frame(sluice_exchange *x, sluice_span text, const sluice_sink *sink,
                           sluice_error *err);
/* All frames were seen: what was held back, and the finishes. TRUNCATED when one is missing. */
sluice_status gemini_answer_end(sluice_exchange *x, const sluice_sink *sink, sluice_error *err);
void gemini_answer_close(sluice_exchange *x);

/* usage.c: a raw usageMetadata; the last one counts. */
void gemini_usage(const sluice_sink *sink, sluice_span usage);
/* logprobs.c: a raw logprobsResult. */
sluice_status gemini_logprobs(const sluice_sink *sink, uint32_t choice, sluice_span result);
/* extras.c: the members that a candidate's message gets besides its text: annotations,
 * provider_specific_fields, images, audio, extra_content. */
sluice_status gemini_extras(sluice_exchange *x, struct gemini_candidate *c,
                            const sluice_sink *sink);

#endif
