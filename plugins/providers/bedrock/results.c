/* SPDX-License-Identifier: Apache-2.0 */
/* results.c - what came of a batch: where the job has put it, translated line by line. */
#include <sluice_sdk/clock.h>
#include "job.h"

/* A line of the vendor's; what the file at hand has none of is left out. */
static sluice_status translate_result(sluice_exchange *x, sluice_span line, sluice_error *err)
{
    struct bedrock_work *job = x->job;
    sluice_span id = sl_json_find(line, "recordId"), error = sl_json_find(line, "error");
    sluice_error why = SLUICE_ERROR_INIT;
    sluice_span message;
    int64_t http = 500;
    sluice_status st;

    if (sl_json_type(id) != SL_JSON_STRING)
        return sl_fail(err, SLUICE_E_UPSTREAM, "The provider's results have a line without id.");
    if ((sl_json_type(error) == SL_JSON_OBJECT) != job->failures)
        return SLUICE_OK;
    if (!job->failures)
        return sl_batch_answer(&job->batch, id, sl_buf_span(&job->model),
                               sl_json_find(line, "modelOutput"), &job->output);
    sl_json_i64(sl_json_find(error, "errorCode"), &http);
    bedrock_failure_http(&x->failure, http >= 400 && http < 600 ? (int32_t)http : 500, SL_SPAN(""),
                         SL_SPAN(""), x->arena);
    if (sl_json_string(sl_json_find(error, "errorMessage"), &job->batch.arena, &message))
        sl_copy_text(x->failure.message, sizeof x->failure.message, message);
    st = sl_verdict_report(&x->failure, &why);
    return sl_batch_failed(id, st, &why, &job->output);
}

static sluice_status on_result(sluice_exchange *x, sluice_span line, const sluice_sink *sink,
                               sluice_error *err)
{
    struct bedrock_work *job = x->job;
    struct sl_json_error e;
    sluice_status st;

    if (sl_json_type(sl_span_trim(line)) != SL_JSON_OBJECT || sl_json_validate(line, &e) < 0)
        return sl_fail(err, SLUICE_E_UPSTREAM,
                       "The provider's results have a line that is no JSON object.");
    sl_buf_reset(&job->output);
    st = translate_result(x, line, err);
    if (st == SLUICE_E_NOMEM)
        return sl_steps_nomem(err);
    if (st < 0 || !job->output.len)
        return st < 0 ? st : SLUICE_OK;
    return sink->bytes(sink, SL_SPAN("application/jsonl"), sl_buf_span(&job->output));
}

/* "s3://bucket/key" */
static bool take_uri(sluice_span uri, sluice_span *bucket, sluice_span *key)
{
    size_t slash;

    if (!sl_span_starts(uri, SL_SPAN("s3://")))
        return false;
    uri = sl_span_from(uri, 5);
    slash = sl_span_find_char(uri, '/');
    *bucket = sl_span_head(uri, slash);
    *key = sl_span_from(uri, slash + 1);
    return bucket->len > 0;
}

static sluice_span after_last_slash(sluice_span text)
{
    while (sl_span_find_char(text, '/') < text.len)
        text = sl_span_from(text, sl_span_find_char(text, '/') + 1);
    return text;
}

static bool read_job(sluice_span text)
{
    struct sl_json_error e;

    return sl_json_type(sl_span_trim(text)) == SL_JSON_OBJECT && sl_json_validate(text, &e) >= 0;
}

/* One file goes in, so one comes out, named after it. */
static sluice_status on_job(sluice_exchange *x, sluice_span text, const sluice_sink *sink,
                            sluice_error *err)
{
    struct bedrock_work *job = x->job;
    sluice_span bucket, folder, key, input;
    sluice_status st;

    (void)sink;
    if (!read_job(text) ||
        !take_uri(bedrock_job_text(text, "outputDataConfig.s3OutputDataConfig.s3Uri"), &bucket,
                  &folder))
        return sl_fail(err, SLUICE_E_UPSTREAM, "The provider describes no batch.");
    input = after_last_slash(bedrock_job_text(text, "inputDataConfig.s3InputDataConfig.s3Uri"));
    key = sl_arena_printf(x->arena, "%.*s%s%.*s/%.*s.out", SL_FMT(folder),
                          folder.len && !sl_span_ends(folder, SL_SPAN("/")) ? "/" : "",
                          SL_FMT(job->job), SL_FMT(input));
    bucket = sl_arena_dup(x->arena, bucket);
    sl_buf_add(&job->model, bedrock_job_text(text, "modelId"));
    if (!bucket.ptr || !sl_buf_ok(&job->model))
        return sl_steps_nomem(err);
    st = bedrock_job_s3(x, "GET", bucket, key, SL_SPAN(""), on_result, err);
    job->steps.next.framing = SLUICE_FRAME_LINES;
    return st;
}

static sluice_status ask(sluice_exchange *x, sl_steps_fn told, sluice_error *err)
{
    struct bedrock_work *job = x->job;
    sluice_span id = sl_batch_param(x->call, "file_id");
    sluice_status st;

    job->failures = sl_span_starts(id, SL_SPAN(FILE_ERR));
    st = bedrock_job_id(x, id, job->failures ? FILE_ERR : FILE_OUT, &job->job, err);
    return st < 0 ? st
                  : bedrock_job_control(
                        x, "GET",
                        sl_arena_printf(x->arena, "/model-invocation-job/%.*s", SL_FMT(job->job)),
                        told, err);
}

sluice_status bedrock_results_content(sluice_exchange *x, sluice_error *err)
{
    return ask(x, on_job, err);
}

/* How long it will be nobody knows before it was read. */
static sluice_status on_file(sluice_exchange *x, sluice_span text, const sluice_sink *sink,
                             sluice_error *err)
{
    struct sl_batch_file f = { .id = sl_batch_param(x->call, "file_id"),
                               .purpose = "batch_output" };
    struct sl_json_out o = sl_json_out(&x->job->output);

    if (!read_job(text))
        return sl_fail(err, SLUICE_E_UPSTREAM, "The provider describes no batch.");
    f.created_at = sl_unix_of(bedrock_job_text(text, "endTime"));
    f.filename = sl_arena_printf(x->arena, "%.*s.jsonl", SL_FMT(f.id));
    if (!f.filename.ptr)
        return sl_steps_nomem(err);
    sl_batch_write_file(&o, &f);
    return sl_steps_answer(&x->job->output, sink, err);
}

sluice_status bedrock_results_file(sluice_exchange *x, sluice_error *err)
{
    return ask(x, on_file, err);
}
