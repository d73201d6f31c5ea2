/* SPDX-License-Identifier: Apache-2.0 */
/* batch_view.c - message batches as clients see them: one, all, one that is being cancelled. */
#include <sluice_sdk/clock.h>
#include "answer.h"
#include "job.h"

sluice_span anthropic_batch_note(sluice_exchange *x, sluice_span batch)
{
    return sl_arena_printf(x->arena, "of-%.*s", SL_FMT(batch));
}

/* ---- as clients see it ---- */

static int64_t count(sluice_span object, const char *path)
{
    int64_t n = 0;

    return sl_json_i64(sl_json_find(object, path), &n) ? n : 0;
}

int64_t anthropic_batch_moment(sluice_span object, const char *name)
{
    return sl_unix_of(sl_chat_member(object, name));
}

static enum sl_batch_status status_of(sluice_span object)
{
    sluice_span word = sl_chat_member(object, "processing_status");

    if (sl_span_eq(word, SL_SPAN("canceling")))
        return SL_BATCH_CANCELLING;
    if (!sl_span_eq(word, SL_SPAN("ended")))
        return SL_BATCH_IN_PROGRESS;
    if (count(object, "request_counts.canceled"))
        return SL_BATCH_CANCELLED;
    return count(object, "request_counts.expired") ? SL_BATCH_EXPIRED : SL_BATCH_COMPLETED;
}

static sluice_status write_batch(sluice_exchange *x, sluice_span object, sluice_span note,
                                 struct sl_json_out *o)
{
    struct sl_batch_object b = { .id = sl_chat_member(object, "id"),
                                 .input_file_id = sl_chat_member(note, "input_file_id"),
                                 .metadata = note.len ? sl_json_find(note, "metadata") : note,
                                 .status = status_of(object),
                                 .created_at = anthropic_batch_moment(object, "created_at"),
                                 .started_at = anthropic_batch_moment(object, "created_at"),
                                 .expires_at = anthropic_batch_moment(object, "expires_at"),
                                 .ended_at = anthropic_batch_moment(object, "ended_at"),
                                 .cancelling_at =
                                     anthropic_batch_moment(object, "cancel_initiated_at") };
    int64_t unmade =
        count(object, "request_counts.canceled") + count(object, "request_counts.expired");
    bool ended = sl_span_eq(sl_chat_member(object, "processing_status"), SL_SPAN("ended"));

    b.completed = count(object, "request_counts.succeeded");
    b.failed = count(object, "request_counts.errored");
    b.total = b.completed + b.failed + unmade + count(object, "request_counts.processing");
    if (ended && b.completed)
        b.output_file_id = sl_arena_printf(x->arena, FILE_OUT "%.*s", SL_FMT(b.id));
    if (ended && b.failed + unmade)
        b.error_file_id = sl_arena_printf(x->arena, FILE_ERR "%.*s", SL_FMT(b.id));
    sl_batch_write(o, &b);
    return (ended && b.completed && !b.output_file_id.ptr) ||
                   (ended && b.failed + unmade && !b.error_file_id.ptr)
               ? SLUICE_E_NOMEM
               : SLUICE_OK;
}

bool anthropic_batch_is(sluice_span text)
{
    struct sl_json_error e;

    return sl_json_type(sl_span_trim(text)) == SL_JSON_OBJECT && sl_json_validate(text, &e) >= 0 &&
           sl_chat_member(text, "id").len;
}

sluice_status anthropic_batch_odd(sluice_error *err)
{
    return sl_fail(err, SLUICE_E_UPSTREAM, "The provider describes no batch.");
}

sluice_status anthropic_batch_answer(sluice_exchange *x, sluice_span object,
                                     const sluice_sink *sink, sluice_error *err)
{
    struct sl_json_out o;

    sl_buf_reset(&x->job->output);
    o = sl_json_out(&x->job->output);
    if (write_batch(x, object, x->job->note, &o) < 0)
        return sl_steps_nomem(err);
    return sl_steps_answer(&x->job->output, sink, err);
}

static sluice_status on_batch(sluice_exchange *x, sluice_span text, const sluice_sink *sink,
                              sluice_error *err)
{
    return anthropic_batch_is(text) ? anthropic_batch_answer(x, text, sink, err)
                                    : anthropic_batch_odd(err);
}

/* ---- retrieve, cancel, list ---- */

static sluice_status ask_batch(sluice_exchange *x, sluice_error *err)
{
    bool cancels = sl_span_eq(x->call->operation, SL_SPAN("batches.cancel"));
    sluice_span path =
        anthropic_job_path(x, "/messages/batches", x->job->id, cancels ? "/cancel" : "");

    return anthropic_job_ask(x, cancels ? "POST" : "GET", path, SL_SPAN(""), on_batch, err);
}

/* Without a note a batch is a batch as well. */
static sluice_status on_no_note(sluice_exchange *x, sluice_span text, const sluice_sink *sink,
                                sluice_error *err)
{
    (void)text;
    (void)sink;
    return ask_batch(x, err);
}

static sluice_status on_note(sluice_exchange *x, sluice_span text, const sluice_sink *sink,
                             sluice_error *err)
{
    struct sl_json_error e;

    (void)sink;
    if (sl_json_validate(text, &e) >= 0) {
        x->job->note = sl_arena_dup(x->arena, text);
        if (!x->job->note.ptr)
            return sl_steps_nomem(err);
    }
    return ask_batch(x, err);
}

static sluice_status about_batch(sluice_exchange *x, sluice_error *err)
{
    sluice_status st;

    x->job->id = sl_batch_param(x->call, "batch_id");
    st = anthropic_job_store(x, "GET", anthropic_batch_note(x, x->job->id), on_note, err);
    x->job->steps.failed = on_no_note;
    return st;
}

sluice_status anthropic_batches_retrieve(sluice_exchange *x, sluice_error *err)
{
    return about_batch(x, err);
}

sluice_status anthropic_batches_cancel(sluice_exchange *x, sluice_error *err)
{
    return about_batch(x, err);
}

static sluice_status on_list(sluice_exchange *x, sluice_span text, const sluice_sink *sink,
                             sluice_error *err)
{
    struct sl_json_out o = sl_json_out(&x->job->output);
    struct sl_json_iter it = { .started = false };
    sluice_span data, name, object;
    struct sl_json_error e;
    sluice_status st = SLUICE_OK;

    if (sl_json_validate(text, &e) < 0 ||
        sl_json_type(data = sl_json_find(text, "data")) != SL_JSON_ARRAY)
        return anthropic_batch_odd(err);
    sl_json_open(&o, '{');
    sl_json_kv_str(&o, "object", SL_SPAN("list"));
    sl_json_key(&o, "data");
    sl_json_open(&o, '[');
    while (st >= 0 && sl_json_next(&it, data, &name, &object))
        if (sl_json_type(object) == SL_JSON_OBJECT)
            st = write_batch(x, object, SL_SPAN(""), &o);
    sl_json_close(&o, ']');
    sl_json_kv_str(&o, "first_id", sl_chat_member(text, "first_id"));
    sl_json_kv_str(&o, "last_id", sl_chat_member(text, "last_id"));
    sl_json_kv_bool(&o, "has_more", sl_json_is_true(sl_json_find(text, "has_more")));
    sl_json_close(&o, '}');
    return st < 0 ? sl_steps_nomem(err) : sl_steps_answer(&x->job->output, sink, err);
}

sluice_status anthropic_batches_list(sluice_exchange *x, sluice_error *err)
{
    sluice_span path;
    sluice_status st = anthropic_job_list_path(x, "/messages/batches", &path, err);

    return st < 0 ? st : anthropic_job_ask(x, "GET", path, SL_SPAN(""), on_list, err);
}
