/* SPDX-License-Identifier: Apache-2.0 */
/*
 * answer.h - what a whole answer and a stream have in common: blocks become deltas, usage becomes
 * counts, stop reasons become OpenAI's words. Raw values are spans of valid JSON; text goes to the
 * sink as it stands there, still escaped.
 */
#ifndef BEDROCK_ANSWER_H
#define BEDROCK_ANSWER_H

#include <turns/answer.h>
#include "bedrock.h"

void bedrock_answer_init(struct bedrock_answer *a);
void bedrock_answer_close(struct bedrock_answer *a);

sluice_status bedrock_answer_start(sluice_exchange *x, const sluice_sink *sink);
/* tool: {"toolUseId","name"[,"input"]} */
sluice_status bedrock_tool_begin(sluice_exchange *x, const sluice_sink *sink, uint32_t index,
                                 sluice_span tool);
sluice_status bedrock_tool_args(sluice_exchange *x, const sluice_sink *sink, sluice_span inside);
/* The open tool block ends; harmless when none is. */
sluice_status bedrock_tool_end(sluice_exchange *x, const sluice_sink *sink);
sluice_status bedrock_answer_text(const sluice_sink *sink, sluice_span inside);
/* content: raw reasoningContent, {"text"}, {"signature"}, {"redactedContent"}, {"reasoningText"}.
 */
sluice_status bedrock_reasoning(const sluice_sink *sink, uint32_t index, sluice_span content);
sluice_status bedrock_citation(sluice_exchange *x, sluice_span citation);
/* Something of the vendor's that OpenAI has no word for. */
sluice_status bedrock_extra(sluice_exchange *x, const char *name, sluice_span json);
/* raw stopReason */
void bedrock_answer_reason(sluice_exchange *x, sluice_span reason);
void bedrock_usage(const sluice_sink *sink, sluice_span usage);
/* Everything was seen: what was held back, and the finish. */
sluice_status bedrock_answer_finish(sluice_exchange *x, const sluice_sink *sink);

/* stream.c, response.c: one frame each. */
sluice_status bedrock_event(sluice_exchange *x, const sluice_frame *frame, const sluice_sink *sink,
                            sluice_error *err);
sluice_status bedrock_whole(sluice_exchange *x, const sluice_frame *frame, const sluice_sink *sink,
                            sluice_error *err);

#endif
