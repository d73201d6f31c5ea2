/* SPDX-License-Identifier: Apache-2.0 */
/* batch_object.c - see sluice_sdk/batch.h: files and batches as OpenAI's clients see them. */
#include <sluice_sdk/batch.h>
#include <sluice_sdk/span.h>

static void text_or_null(struct sl_json_out *o, const char *name, sluice_span text)
{
    sl_json_key(o, name);
    if (text.len)
        sl_json_str(o, text);
    else
        sl_json_null(o);
}

static void time_or_null(struct sl_json_out *o, const char *name, int64_t at)
{
    sl_json_key(o, name);
    if (at)
        sl_json_i64_value(o, at);
    else
        sl_json_null(o);
}

void sl_batch_write_file(struct sl_json_out *o, const struct sl_batch_file *f)
{
    sl_json_open(o, '{');
    sl_json_kv_str(o, "id", f->id);
    sl_json_kv_str(o, "object", SL_SPAN("file"));
    sl_json_kv_i64(o, "bytes", f->bytes);
    sl_json_kv_i64(o, "created_at", f->created_at);
    time_or_null(o, "expires_at", f->expires_at);
    sl_json_kv_str(o, "filename", f->filename);
    sl_json_kv_str(o, "purpose", sl_span_str(f->purpose));
    sl_json_kv_str(o, "status", SL_SPAN("processed"));
    sl_json_kv_raw(o, "status_details", SL_SPAN("null"));
    sl_json_close(o, '}');
}

static void write_failure(struct sl_json_out *o, sluice_span message)
{
    sl_json_key(o, "errors");
    if (!message.len) {
        sl_json_null(o);
        return;
    }
    sl_json_open(o, '{');
    sl_json_kv_str(o, "object", SL_SPAN("list"));
    sl_json_key(o, "data");
    sl_json_open(o, '[');
    sl_json_open(o, '{');
    sl_json_kv_str(o, "code", SL_SPAN("batch_failed"));
    sl_json_kv_str(o, "message", message);
    sl_json_kv_raw(o, "param", SL_SPAN("null"));
    sl_json_kv_raw(o, "line", SL_SPAN("null"));
    sl_json_close(o, '}');
    sl_json_close(o, ']');
    sl_json_close(o, '}');
}

void sl_batch_write(struct sl_json_out *o, const struct sl_batch_object *b)
{
    static const char *const names[] = { "validating", "failed",  "in_progress", "finalizing",
                                         "completed",  "expired", "cancelling",  "cancelled" };
    bool runs = b->status == SL_BATCH_VALIDATING || b->status == SL_BATCH_IN_PROGRESS ||
                b->status == SL_BATCH_FINALIZING || b->status == SL_BATCH_CANCELLING;
    int64_t ended = runs ? 0 : b->ended_at;

    sl_json_open(o, '{');
    sl_json_kv_str(o, "id", b->id);
    sl_json_kv_str(o, "object", SL_SPAN("batch"));
    sl_json_kv_raw(o, "endpoint",
                   b->endpoint.len ? b->endpoint : SL_SPAN("\"/v1/chat/completions\""));
    write_failure(o, b->failure);
    sl_json_kv_str(o, "input_file_id", b->input_file_id);
    sl_json_kv_raw(o, "completion_window",
                   b->completion_window.len ? b->completion_window : SL_SPAN("\"24h\""));
    sl_json_kv_str(o, "status", sl_span_str(names[b->status]));
    text_or_null(o, "output_file_id", b->output_file_id);
    text_or_null(o, "error_file_id", b->error_file_id);
    sl_json_kv_i64(o, "created_at", b->created_at);
    time_or_null(o, "in_progress_at", b->started_at);
    time_or_null(o, "expires_at", b->expires_at);
    time_or_null(o, "finalizing_at", 0);
    time_or_null(o, "completed_at", b->status == SL_BATCH_COMPLETED ? ended : 0);
    time_or_null(o, "failed_at", b->status == SL_BATCH_FAILED ? ended : 0);
    time_or_null(o, "expired_at", b->status == SL_BATCH_EXPIRED ? ended : 0);
    time_or_null(o, "cancelling_at", b->cancelling_at);
    time_or_null(o, "cancelled_at", b->status == SL_BATCH_CANCELLED ? ended : 0);
    sl_json_key(o, "request_counts");
    sl_json_open(o, '{');
    sl_json_kv_i64(o, "total", b->total);
    sl_json_kv_i64(o, "completed", b->completed);
    sl_json_kv_i64(o, "failed", b->failed);
    sl_json_close(o, '}');
    sl_json_kv_raw(o, "metadata", b->metadata.len ? b->metadata : SL_SPAN("null"));
    sl_json_close(o, '}');
}
