/* SPDX-License-Identifier: Apache-2.0 */
/*
 * batches.c - a batch is created: the file is read from the host's store, translated line by line,
 * and sent inline; what the vendor does not keep (which file it was, metadata) is kept beside it
 * for as long as the store will.
 */
#include "answer.h"
#include "job.h"

#define ID_MOST 64 /* of a custom_id */

static sluice_status on_noted(sluice_exchange *x, sluice_span text, const sluice_sink *sink,
                              sluice_error *err)
{
    (void)text;
    return anthropic_batch_answer(x, x->job->object, sink, err);
}

/* It runs: whether the note can be kept changes nothing about that. */
static sluice_status on_created(sluice_exchange *x, sluice_span text, const sluice_sink *sink,
                                sluice_error *err)
{
    struct anthropic_job *job = x->job;
    sluice_status st;

    (void)sink;
    if (!anthropic_batch_is(text))
        return anthropic_batch_odd(err);
    job->object = sl_arena_dup(x->arena, text);
    if (!job->object.ptr)
        return sl_steps_nomem(err);
    st = anthropic_job_store(x, "PUT", anthropic_batch_note(x, sl_chat_member(job->object, "id")),
                             on_noted, err);
    if (st >= 0)
        st = sl_steps_body(&x->job->steps, &job->note, 1, err);
    job->steps.failed = on_noted;
    return st;
}

static sluice_status send_batch(sluice_exchange *x, sluice_error *err)
{
    struct anthropic_job *job = x->job;
    sluice_span text;
    sluice_status st;

    sl_buf_add_str(&job->output, "]}");
    if (!sl_buf_ok(&job->output))
        return sl_steps_nomem(err);
    sl_buf_finish(&job->input);
    text = sl_buf_span(&job->output);
    st = anthropic_job_ask(x, "POST", SL_SPAN("/messages/batches"), SL_SPAN(""), on_created, err);
    return st < 0 ? st : sl_steps_body(&x->job->steps, &text, 1, err);
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
    if (st < 0)
        return st;
    sl_buf_add_char(out, '}');
    return sl_buf_ok(out) && take_betas(x) >= 0 ? SLUICE_OK : sl_steps_nomem(err);
}

/* A part of the file at a time: others run on this loop as well. */
static sluice_status translate(sluice_exchange *x, sluice_span text, const sluice_sink *sink,
                               sluice_error *err)
{
    struct anthropic_job *job = x->job;
    sluice_status st = sl_batch_turn(&job->batch, &job->rest, translate_line, x, err);

    (void)text;
    (void)sink;
    if (st < 0)
        return st;
    if (st == SLUICE_OK) {
        sl_steps_pause(&job->steps, translate);
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
        return sl_steps_nomem(err);
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
    return x->job->note.ptr ? SLUICE_OK : sl_steps_nomem(err);
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
        return sl_steps_nomem(err);
    st = write_note(x, err);
    return st < 0 ? st : anthropic_job_store(x, "GET", x->job->id, on_input, err);
}
