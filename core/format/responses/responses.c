/* SPDX-License-Identifier: Apache-2.0 */
/* responses.c - the Responses dialect as tables: of what is asked, over HTTP and over a
 * WebSocket, and of what is fetched later. */
#include "format/responses/responses.h"

#include "format/openai/openai_error.h"

const struct sl_dialect sl_dialect_responses = {
    .name = "responses",
    .content_type = "text/event-stream; charset=utf-8",
    .id_prefix = "resp_",
    .framing = SL_FRAMING_EVENTS,
    .look = sl_responses_look,
    .failure = sl_openai_failure,
    .error_body = sl_openai_error_body,
    .error_event = sl_responses_error_event,
    .delta = sl_responses_delta,
    .end = sl_responses_end,
    .collect = sl_responses_collect,
    .whole = sl_responses_whole,
    .retrace = sl_responses_retrace,
};

const struct sl_dialect sl_dialect_responses_messages = {
    .name = "responses",
    .content_type = "application/x-ndjson",
    .id_prefix = "resp_",
    .framing = SL_FRAMING_LINES,
    .look = sl_responses_look,
    .failure = sl_openai_failure,
    .error_body = sl_responses_error_message,
    .error_event = sl_responses_error_event,
    .delta = sl_responses_delta,
    .end = sl_responses_end,
    .collect = sl_responses_collect,
    .whole = sl_responses_whole,
    .retrace = sl_responses_retrace,
};

const struct sl_dialect sl_dialect_responses_kept = {
    .name = "responses",
    .content_type = "text/event-stream; charset=utf-8",
    .framing = SL_FRAMING_EVENTS,
    .look = sl_responses_look_kept,
    .failure = sl_openai_failure,
    .error_body = sl_openai_error_body,
    .error_event = sl_responses_error_event,
};
