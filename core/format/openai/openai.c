/* SPDX-License-Identifier: Apache-2.0 */
/* openai.c - the OpenAI dialects as tables. */
#include "format/dialect/dialect.h"

#include "format/openai/openai_chat.h"
#include "format/openai/openai_deltas.h"
#include "format/openai/openai_error.h"
#include "format/openai/openai_look.h"

#define EVENT_STREAM "text/event-stream; charset=utf-8"

const struct sl_dialect sl_dialect_openai_chat = {
    .shapes = true,
    .name = "openai",
    .content_type = EVENT_STREAM,
    .look = sl_openai_look,
    .failure = sl_openai_failure,
    .error_body = sl_openai_error_body,
    .error_event = sl_openai_error_event,
    .delta = sl_openai_chunk,
    .end = sl_openai_chunks_end,
    .collect = sl_openai_collect,
    .whole = sl_openai_whole,
    .retrace = sl_openai_retrace,
    .framing = SL_FRAMING_DATA,
    .finish_ends = true,
    .terminator = { "data: [DONE]\n\n", 14 },
};

const struct sl_dialect sl_dialect_openai_plain = {
    .shapes = true,
    .name = "openai",
    .content_type = EVENT_STREAM,
    .look = sl_openai_look,
    .failure = sl_openai_failure,
    .error_body = sl_openai_error_body,
    .error_event = sl_openai_error_event,
    .framing = SL_FRAMING_DATA,
    .finish_ends = true,
    .terminator = { "data: [DONE]\n\n", 14 },
};

const struct sl_dialect sl_dialect_openai_events = {
    .name = "openai",
    .content_type = EVENT_STREAM,
    .look = sl_openai_look_typed,
    .failure = sl_openai_failure,
    .error_body = sl_openai_error_body,
    .error_event = sl_openai_error_event,
    .framing = SL_FRAMING_DATA,
    .finish_ends = true,
};
