/* SPDX-License-Identifier: Apache-2.0 */
/* anthropic.c - the Messages dialect as a table. */
#include "format/anthropic/anthropic.h"

#include "format/openai/openai_error.h"

const struct sl_dialect sl_dialect_anthropic = {
    .name = "anthropic",
    .content_type = "text/event-stream; charset=utf-8",
    .id_prefix = "msg_",
    .framing = SL_FRAMING_EVENTS,
    .id_header = "request-id",
    .look = sl_anthropic_look,
    .failure = sl_openai_failure, /* an object with type and message, as there */
    .http_status = sl_anthropic_http_status,
    .error_body = sl_anthropic_error_body,
    .error_event = sl_anthropic_error_event,
    .delta = sl_anthropic_delta,
    .end = sl_anthropic_end,
    .collect = sl_anthropic_collect,
    .whole = sl_anthropic_whole,
    .retrace = sl_anthropic_retrace,
};
