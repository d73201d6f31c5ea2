/* SPDX-License-Identifier: Apache-2.0 */
/* ollama.c - Ollama's dialect as tables, its failures: {"error":"..."}. */
#include "format/ollama/ollama.h"

#include "format/json_write.h"
#include "format/openai/openai_error.h"

static void error_body(struct sl_buf *b, sluice_status status, const sluice_error *err)
{
    struct sl_json_out o = sl_json_out(b);
    const char *message = err && err->message[0] ? err->message : sl_status_info(status)->name;

    sl_json_open(&o, '{');
    sl_json_kv_str(&o, "error", sl_span_str(message));
    sl_json_close(&o, '}');
}

static void error_event(struct sl_encoder *e, struct sl_buf *b, sluice_status status,
                        const sluice_error *err)
{
    (void)e;
    error_body(b, status, err);
    sl_buf_add_char(b, '\n');
}

#define LINES                                                                                      \
    .name = "ollama", .content_type = "application/x-ndjson", .framing = SL_FRAMING_LINES,         \
    .look = sl_ollama_look, .failure = sl_openai_failure, .error_body = error_body,                \
    .error_event = error_event, .delta = sl_ollama_delta, .end = sl_ollama_end,                    \
    .collect = sl_ollama_collect, .whole = sl_ollama_whole, .retrace = sl_ollama_retrace

const struct sl_dialect sl_dialect_ollama_chat = { LINES };
const struct sl_dialect sl_dialect_ollama_generate = { LINES };
