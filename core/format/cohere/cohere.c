/* SPDX-License-Identifier: Apache-2.0 */
/* cohere.c - Cohere's v2 dialect as a table, its failures: {"message":"..."}. */
#include "format/cohere/cohere.h"

#include "format/json_write.h"
#include "format/openai/openai_error.h"

static void error_body(struct sl_buf *b, sluice_status status, const sluice_error *err)
{
    struct sl_json_out o = sl_json_out(b);
    const char *message = err && err->message[0] ? err->message : sl_status_info(status)->name;

    sl_json_open(&o, '{');
    sl_json_kv_str(&o, "message", sl_span_str(message));
    sl_json_close(&o, '}');
}

const struct sl_dialect sl_dialect_cohere = {
    .name = "cohere",
    .content_type = "text/event-stream",
    .id_prefix = "",
    .framing = SL_FRAMING_EVENTS,
    .look = sl_cohere_look,
    .failure = sl_openai_failure,
    .error_body = error_body,
    .error_event = sl_cohere_error_event,
    .delta = sl_cohere_delta,
    .end = sl_cohere_end,
    .collect = sl_cohere_collect,
    .whole = sl_cohere_whole,
    .retrace = sl_cohere_retrace,
};
