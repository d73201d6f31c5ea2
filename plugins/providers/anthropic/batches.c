/* SPDX-License-Identifier: Apache-2.0 */
/*
 * batches.c - message batches. To create one, the file is read from the host's store, translated
 * line by line, and sent inline; what the vendor does not keep (which file it was, metadata) is
 * kept beside it for as long as the store will. Its results are translated as they come.
 */
#include <sluice_sdk/clock.h>
#include "answer.h"
#include "job.h"

#define ID_MOST 64 /* of a custom_id */

static sluice_span name_of_note(sluice_exchange *x, sluice_span batch)
{
    return sl_arena_printf(x->arena, "of-%.*s", SL_FMT(batch));
}

/* ---- as clients see it ---- */

static int64_t count(sluice_span object, const char *path)
{
    int64_t n = 0;

    return sl_json_i64(sl_json_find(object, path), &n) ? n : 0;
}

static int64_t moment(sluice_span object, const char *name)
{
    return sl_unix_of(anthropic_member(object, name));
}

static enum sl_batch_status status_of(sluice_span object)
{
    sluice_span word = anthropic_member(object, "processing_status");

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
    struct sl_batch_object b = { .id = anthropic_member(object, "id"),
                                 .input_file_id = anthropic_member(note, "input_file_id"),
                                 .metadata = note.len ? sl_json_find(note, "metadata") : note,
                                 .status = status_of(object),
                                 .created_at = moment(object, "created_at"),
                                 .started_at = moment(object, "created_at"),
                                 .expires_at = moment(object, "expires_at"),
                                 .ended_at = moment(object, "ended_at"),
                                 .cancelling_at = moment(object, "cancel_initiated_at") };
    int64_t unmade =
        count(object, "request_counts.canceled") + count(object, "request_counts.expired");
    bool ended = sl_span_eq(anthropic_member(object, "processing_status"), SL_SPAN("ended"));

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

static bool is_batch(sluice_span text)
{
    struct sl_json_error e;

    return sl_json_type(sl_span_trim(text)) == SL_JSON_OBJECT && sl_json_validate(text, &e) >= 0 &&
           anthropic_member(text, "id").len;
}

static sluice_status odd(sluice_error *err)
{
    return sl_fail(err, SLUICE_E_UPSTREAM, "The provider describes no batch.");
}

static sluice_status answer_batch(sluice_exchange *x, sluice_span object, const sluice_sink *sink,
                                  sluice_error *err)
{
    struct sl_json_out o;

    sl_buf_reset(&x->job->output);
    o = sl_json_out(&x->job->output);
    if (write_batch(x, object, x->job->note, &o) < 0)
        return anthropic_job_nomem(err);
    return anthropic_job_answer(&x->job->output, sink, err);
}

static sluice_status on_batch(sluice_exchange *x, sluice_span text, const sluice_sink *sink,
                              sluice_error *err)
{
    return is_batch(text) ? answer_batch(x, text, sink, err) : odd(err);
}

/* ---- create ---- */

static sluice_status on_noted(sluice_exchange *x, sluice_span text, const sluice_sink *sink,
                              sluice_error *err)
{
    (void)text;
    return answer_batch(x, x->job->object, sink, err);
}

/* It runs: whether the note can be kept changes nothing about that. */
static sluice_status on_created(sluice_exchange *x, sluice_span text, const sluice_sink *sink,
                                sluice_error *err)
{
    struct anthropic_job *job = x->job;
    sluice_status st;

    (void)sink;
    if (!is_batch(text))
        return odd(err);
    job->object = sl_arena_dup(x->arena, text);
    if (!job->object.ptr)
        return anthropic_job_nomem(err);
    st = anthropic_job_store(x, "PUT", name_of_note(x, anthropic_member(job->object, "id")),
                             on_noted, err);
    if (st >= 0)
        st = anthropic_job_send(x, SL_SPAN(""), &job->note, 1, err);
    job->failed = on_noted;
    return st;
}

static sluice_status send_batch(sluice_exchange *x, sluice_error *err)
{
    struct anthropic_job *job = x->job;
    sluice_span text;
    sluice_status st;

    sl_buf_add_str(&job->output, "]}");
    if (!sl_buf_ok(&job->output))
        return anthropic_job_nomem(err);
    sl_buf_finish(&job->input);
    text = sl_buf_span(&job->output);
    st = anthropic_job_ask(x, "POST", SL_SPAN("/messages/batches"), on_created, err);
    return st < 0 ? st : anthropic_job_send(x, SL_SPAN(""), &text, 1, err);
}

/* What the vendor takes for an id of a request. */
static bool is_custom_id(sluice_span raw)
{
    sluice_span id;

    if (!sl_json_raw_string(raw, &id))
        return false;
    for (size_t i = 0; i < id.len; i++) {
        char c = id.ptr[i];

        if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
            c != '-' && c != '_')
            return false;
    }
    return id.len > 0 && id.len <= ID_MOST;
}

/* Betas that a line needs are the whole batch's. */
static sluice_status take_betas(sluice_exchange *x)
{
    const sluice_http_request *sent = &x->job->batch.sent;
    sluice_span list;

    for (size_t i = 0; i < sent->n_headers; i++) {
        if (!sl_span_eq(sent->headers[i].name, SL_SPAN("anthropic-beta")))
            continue;
        list = sl_arena_dup(x->arena, sent->headers[i].value);
        if (!list.ptr)
            return SLUICE_E_NOMEM;
        anthropic_betas_add(&x->job->betas, list);
    }
    return SLUICE_OK;
}

static sluice_status translate_line(sluice_exchange *x, const struct sl_batch_line *line,
                                    sluice_error *err)
{
    struct anthropic_job *job = x->job;
    struct sl_buf *out = &job->output;
    sluice_status st;

    if (!is_custom_id(line->custom_id))
        return sl_batch_refuse(&job->batch, "custom_id",
                               "the provider takes up to 64 letters, digits, '-' and '_' as a "
                               "custom_id.",
                               err);
    if (out->len)
        sl_buf_add_char(out, ',');
    else
        sl_buf_add_str(out, "{\"requests\":[");
    sl_buf_add_str(out, "{\"custom_id\":");
    sl_buf_add(out, line->custom_id);
    sl_buf_add_str(out, ",\"params\":");
    st = sl_batch_request(&job->batch, line, out, err);
    sl_buf_add_char(out, '}');
    return st < 0 || sl_buf_ok(out) ? st : anthropic_job_nomem(err);
}

/* A part of the file at a time: others run on this loop as well. */
static sluice_status translate(sluice_exchange *x, sluice_span text, const sluice_sink *sink,
                               sluice_error *err)
{
    struct anthropic_job *job = x->job;
    size_t before = job->rest.len;
    struct sl_batch_line line;
    sluice_status st = SLUICE_OK;

    (void)text;
    (void)sink;
    while (st == SLUICE_OK && before - job->rest.len < SL_BATCH_TURN) {
        st = sl_batch_next(&job->batch, &job->rest, &line, err);
        if (st == SLUICE_OK)
            st = translate_line(x, &line, err);
        if (st == SLUICE_OK && job->batch.sent.n_headers)
            st = take_betas(x);
    }
    if (st < 0)
        return st;
    if (st == SLUICE_OK) {
        anthropic_job_pause(x, translate);
        return SLUICE_OK;
    }
    if (!job->output.len)
        return sl_fail_param(err, SLUICE_E_INVALID, "empty_file", "input_file_id",
                             "The file has no requests in it.");
    return send_batch(x, err);
}

static sluice_status on_input(sluice_exchange *x, sluice_span text, const sluice_sink *sink,
                              sluice_error *err)
{
    struct anthropic_job *job = x->job;

    sl_buf_add(&job->input, sl_span_from(text, sl_span_find_char(text, '\n') + 1));
    if (!sl_buf_ok(&job->input))
        return anthropic_job_nomem(err);
    job->rest = sl_buf_span(&job->input);
    return translate(x, text, sink, err);
}

static sluice_status write_note(sluice_exchange *x, sluice_error *err)
{
    sluice_span metadata = sl_batch_member(x->call, "metadata");
    struct sl_json_out o = sl_json_out(&x->job->output);

    sl_json_open(&o, '{');
    sl_json_kv_str(&o, "input_file_id", x->job->id);
    if (metadata.ptr)
        sl_json_kv_raw(&o, "metadata", metadata);
    sl_json_close(&o, '}');
    x->job->note = sl_buf_ok(&x->job->output) ? sl_arena_dup(x->arena, sl_buf_span(&x->job->output))
                                              : sl_span(NULL, 0);
    sl_buf_reset(&x->job->output);
    return x->job->note.ptr ? SLUICE_OK : anthropic_job_nomem(err);
}

sluice_status anthropic_batches_create(sluice_exchange *x, sluice_error *err)
{
    sluice_span id = SL_SPAN("");
    sluice_status st = sl_batch_check(x->call, err);

    if (st < 0)
        return st;
    sl_json_raw_string(sl_batch_member(x->call, "input_file_id"), &id);
    if (!sl_span_starts(id, SL_SPAN(FILE_IN)))
        return sl_fail_param(err, SLUICE_E_INVALID, "invalid_value", "input_file_id",
                             "input_file_id must name a file that was uploaded for a batch.");
    x->job->id = sl_arena_dup(x->arena, id);
    if (!x->job->id.ptr)
        return anthropic_job_nomem(err);
    st = write_note(x, err);
    return st < 0 ? st : anthropic_job_store(x, "GET", x->job->id, on_input, err);
}

/* ---- retrieve, cancel, list ---- */

static sluice_status ask_batch(sluice_exchange *x, sluice_error *err)
{
    bool cancels = sl_span_eq(x->call->operation, SL_SPAN("batches.cancel"));
    sluice_span path =
        anthropic_job_path(x, "/messages/batches", x->job->id, cancels ? "/cancel" : "");

    return anthropic_job_ask(x, cancels ? "POST" : "GET", path, on_batch, err);
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
            return anthropic_job_nomem(err);
    }
    return ask_batch(x, err);
}

static sluice_status about_batch(sluice_exchange *x, sluice_error *err)
{
    sluice_status st;

    x->job->id = sl_batch_param(x->call, "batch_id");
    st = anthropic_job_store(x, "GET", name_of_note(x, x->job->id), on_note, err);
    x->job->failed = on_no_note;
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
        return odd(err);
    sl_json_open(&o, '{');
    sl_json_kv_str(&o, "object", SL_SPAN("list"));
    sl_json_key(&o, "data");
    sl_json_open(&o, '[');
    while (st >= 0 && sl_json_next(&it, data, &name, &object))
        if (sl_json_type(object) == SL_JSON_OBJECT)
            st = write_batch(x, object, SL_SPAN(""), &o);
    sl_json_close(&o, ']');
    sl_json_kv_str(&o, "first_id", anthropic_member(text, "first_id"));
    sl_json_kv_str(&o, "last_id", anthropic_member(text, "last_id"));
    sl_json_kv_bool(&o, "has_more", sl_json_is_true(sl_json_find(text, "has_more")));
    sl_json_close(&o, '}');
    return st < 0 ? anthropic_job_nomem(err) : anthropic_job_answer(&x->job->output, sink, err);
}

sluice_status anthropic_batches_list(sluice_exchange *x, sluice_error *err)
{
    sluice_span path;
    sluice_status st = anthropic_job_list_path(x, "/messages/batches", &path, err);

    return st < 0 ? st : anthropic_job_ask(x, "GET", path, on_list, err);
}

/* ---- results ---- */

static sluice_span batch_of_file(const sluice_exchange *x)
{
    return sl_span_from(sl_batch_param(x->call, "file_id"), sizeof FILE_OUT - 1);
}

/* One line of the vendor's; what the file at hand has none of is left out. */
static sluice_status translate_result(sluice_exchange *x, sluice_span line, sluice_error *err)
{
    struct anthropic_job *job = x->job;
    sluice_span id = sl_json_find(line, "custom_id"), result = sl_json_find(line, "result");
    sluice_span type = anthropic_member(result, "type"), message;
    sluice_error why = SLUICE_ERROR_INIT;
    sluice_status st;

    if (sl_json_type(id) != SL_JSON_STRING)
        return sl_fail(err, SLUICE_E_UPSTREAM, "The provider's results have a line without id.");
    if (sl_span_eq(type, SL_SPAN("succeeded")) == job->failures)
        return SLUICE_OK;
    if (!job->failures) {
        message = sl_json_find(result, "message");
        return sl_batch_answer(&job->batch, id, anthropic_member(message, "model"), message,
                               &job->output);
    }
    if (sl_span_eq(type, SL_SPAN("expired")))
        return sl_batch_skipped(id, "batch_expired", "This request was not made in time.",
                                &job->output);
    if (sl_span_eq(type, SL_SPAN("canceled")))
        return sl_batch_skipped(id, "batch_cancelled",
                                "The batch was cancelled before this request was made.",
                                &job->output);
    message = sl_json_find(result, "error.error");
    anthropic_failure_event(&x->failure, message.ptr ? message : sl_json_find(result, "error"),
                            x->arena);
    st = anthropic_failure_report(&x->failure, &why);
    return sl_batch_failed(id, st, &why, &job->output);
}

static sluice_status on_result(sluice_exchange *x, sluice_span line, const sluice_sink *sink,
                               sluice_error *err)
{
    struct anthropic_job *job = x->job;
    struct sl_json_error e;
    sluice_status st;

    if (sl_json_type(sl_span_trim(line)) != SL_JSON_OBJECT || sl_json_validate(line, &e) < 0)
        return sl_fail(err, SLUICE_E_UPSTREAM,
                       "The provider's results have a line that is no "
                       "JSON object.");
    sl_buf_reset(&job->output);
    st = translate_result(x, line, err);
    if (st == SLUICE_E_NOMEM)
        return anthropic_job_nomem(err);
    if (st < 0 || !job->output.len)
        return st < 0 ? st : SLUICE_OK;
    return sink->bytes(sink, SL_SPAN("application/jsonl"), sl_buf_span(&job->output));
}

sluice_status anthropic_batch_results(sluice_exchange *x, sluice_error *err)
{
    sluice_status st = anthropic_job_ask(
        x, "GET", anthropic_job_path(x, "/messages/batches", batch_of_file(x), "/results"),
        on_result, err);

    x->job->failures = sl_span_starts(sl_batch_param(x->call, "file_id"), SL_SPAN(FILE_ERR));
    x->job->framing = SLUICE_FRAME_LINES;
    return st;
}

/* How long it will be nobody knows before it was read. */
static sluice_status on_batch_of_file(sluice_exchange *x, sluice_span text, const sluice_sink *sink,
                                      sluice_error *err)
{
    struct sl_batch_file f = { .id = sl_batch_param(x->call, "file_id"),
                               .purpose = "batch_output",
                               .created_at = moment(text, "ended_at") };
    struct sl_json_out o = sl_json_out(&x->job->output);

    if (!is_batch(text))
        return odd(err);
    f.filename = sl_arena_printf(x->arena, "%.*s.jsonl", SL_FMT(f.id));
    if (!f.filename.ptr)
        return anthropic_job_nomem(err);
    sl_batch_write_file(&o, &f);
    return anthropic_job_answer(&x->job->output, sink, err);
}

sluice_status anthropic_batch_as_file(sluice_exchange *x, sluice_error *err)
{
    return anthropic_job_ask(x, "GET",
                             anthropic_job_path(x, "/messages/batches", batch_of_file(x), ""),
                             on_batch_of_file, err);
}
