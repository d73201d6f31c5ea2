/* SPDX-License-Identifier: Apache-2.0 */
/* results.c - what came of a batch, translated line by line as it comes; and as a file. */
#include <sluice_sdk/clock.h>
#include "answer.h"
#include "job.h"

static sluice_span batch_of_file(const sluice_exchange *x)
{
    return sl_span_from(sl_batch_param(x->call, "file_id"), sizeof FILE_OUT - 1);
}

/* One line of the vendor's; what the file at hand has none of is left out. */
static sluice_status translate_result(sluice_exchange *x, sluice_span line, sluice_error *err)
{
    struct anthropic_job *job = x->job;
    sluice_span id = sl_json_find(line, "custom_id"), result = sl_json_find(line, "result");
    sluice_span type = sl_chat_member(result, "type"), message;
    sluice_error why = SLUICE_ERROR_INIT;
    sluice_status st;

    if (sl_json_type(id) != SL_JSON_STRING)
        return sl_fail(err, SLUICE_E_UPSTREAM, "The provider's results have a line without id.");
    if (sl_span_eq(type, SL_SPAN("succeeded")) == job->failures)
        return SLUICE_OK;
    if (!job->failures) {
        message = sl_json_find(result, "message");
        return sl_batch_answer(&job->batch, id, sl_chat_member(message, "model"), message,
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
    st = sl_verdict_report(&x->failure, &why);
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
        return sl_steps_nomem(err);
    if (st < 0 || !job->output.len)
        return st < 0 ? st : SLUICE_OK;
    return sink->bytes(sink, SL_SPAN("application/jsonl"), sl_buf_span(&job->output));
}

sluice_status anthropic_batch_results(sluice_exchange *x, sluice_error *err)
{
    sluice_status st = anthropic_job_ask(
        x, "GET", anthropic_job_path(x, "/messages/batches", batch_of_file(x), "/results"),
        SL_SPAN(""), on_result, err);

    x->job->failures = sl_span_starts(sl_batch_param(x->call, "file_id"), SL_SPAN(FILE_ERR));
    x->job->steps.next.framing = SLUICE_FRAME_LINES;
    return st;
}

/* How long it will be nobody knows before it was read. */
static sluice_status on_batch_of_file(sluice_exchange *x, sluice_span text, const sluice_sink *sink,
                                      sluice_error *err)
{
    struct sl_batch_file f = { .id = sl_batch_param(x->call, "file_id"),
                               .purpose = "batch_output",
                               .created_at = anthropic_batch_moment(text, "ended_at") };
    struct sl_json_out o = sl_json_out(&x->job->output);

    if (!anthropic_batch_is(text))
        return anthropic_batch_odd(err);
    f.filename = sl_arena_printf(x->arena, "%.*s.jsonl", SL_FMT(f.id));
    if (!f.filename.ptr)
        return sl_steps_nomem(err);
    sl_batch_write_file(&o, &f);
    return sl_steps_answer(&x->job->output, sink, err);
}

sluice_status anthropic_batch_as_file(sluice_exchange *x, sluice_error *err)
{
    return anthropic_job_ask(x, "GET",
                             anthropic_job_path(x, "/messages/batches", batch_of_file(x), ""),
                             SL_SPAN(""), on_batch_of_file, err);
}
