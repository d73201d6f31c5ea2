/* SPDX-License-Identifier: Apache-2.0 */
/* batches.c - a batch is created: the file is read, translated, put where the job finds it, and the
 * job is made. */
#include "job.h"

static sluice_status answer_created(sluice_exchange *x, const sluice_sink *sink, sluice_error *err)
{
    const sluice_host *host = x->self->host;
    struct bedrock_work *job = x->job;
    struct sl_batch_object b = {
        .id = sl_arena_printf(x->arena, BATCH "%.*s", SL_FMT(job->job)),
        .input_file_id = sl_arena_printf(x->arena, FILE_IN "%.*s", SL_FMT(job->name)),
        .metadata = job->metadata,
        .status = SL_BATCH_VALIDATING,
        .created_at = host->unix_ms(host) / 1000,
        .total = (int64_t)job->batch.lines,
    };
    struct sl_json_out o;

    if (!b.id.ptr || !b.input_file_id.ptr)
        return sl_steps_nomem(err);
    sl_buf_reset(&job->output);
    o = sl_json_out(&job->output);
    sl_batch_write(&o, &b);
    return sl_steps_answer(&job->output, sink, err);
}

static sluice_status on_noted(sluice_exchange *x, sluice_span text, const sluice_sink *sink,
                              sluice_error *err)
{
    (void)text;
    return answer_created(x, sink, err);
}

/* It runs: whether the note can be kept changes nothing about that. */
static sluice_status on_created(sluice_exchange *x, sluice_span text, const sluice_sink *sink,
                                sluice_error *err)
{
    struct bedrock_work *job = x->job;
    struct sl_json_error e;
    sluice_span arn;
    sluice_status st;

    if (sl_json_type(sl_span_trim(text)) != SL_JSON_OBJECT || sl_json_validate(text, &e) < 0 ||
        !(arn = bedrock_job_text(text, "jobArn")).len)
        return sl_fail(err, SLUICE_E_UPSTREAM, "The provider describes no batch.");
    while (sl_span_find_char(arn, '/') < arn.len)
        arn = sl_span_from(arn, sl_span_find_char(arn, '/') + 1);
    job->job = sl_arena_dup(x->arena, arn);
    if (!job->job.ptr)
        return sl_steps_nomem(err);
    if (!job->metadata.len)
        return answer_created(x, sink, err);
    st = bedrock_job_store(x, "PUT", on_noted, err);
    if (st >= 0)
        st = sl_steps_body(&job->steps, &job->metadata, 1, err);
    job->steps.failed = on_noted;
    return st;
}

static void write_place(struct sl_json_out *o, const char *name, sluice_span uri, sluice_span key)
{
    bool input = !strcmp(name, "inputDataConfig");

    sl_json_key(o, name);
    sl_json_open(o, '{');
    sl_json_key(o, input ? "s3InputDataConfig" : "s3OutputDataConfig");
    sl_json_open(o, '{');
    if (input)
        sl_json_kv_str(o, "s3InputFormat", SL_SPAN("JSONL"));
    sl_json_kv_str(o, "s3Uri", uri);
    if (key.len)
        sl_json_kv_str(o, "s3EncryptionKeyId", key);
    sl_json_close(o, '}');
    sl_json_close(o, '}');
}

static sluice_status on_put(sluice_exchange *x, sluice_span text, const sluice_sink *sink,
                            sluice_error *err)
{
    struct bedrock_work *job = x->job;
    sluice_span to = x->self->output_bucket, in, out, body;
    struct sl_json_out o;
    sluice_status st;

    (void)text;
    (void)sink;
    while (to.len && to.ptr[to.len - 1] == '/')
        to.len--;
    in = sl_arena_printf(x->arena, "s3://%.*s/%.*s", SL_FMT(job->bucket), SL_FMT(job->key));
    out = to.len ? sl_arena_printf(x->arena, "s3://%.*s/sluice/results/", SL_FMT(to))
                 : sl_arena_printf(x->arena, "s3://%.*s/%.*ssluice/results/", SL_FMT(job->bucket),
                                   SL_FMT(job->prefix));
    if (!in.ptr || !out.ptr)
        return sl_steps_nomem(err);
    sl_buf_reset(&job->output);
    o = sl_json_out(&job->output);
    sl_json_open(&o, '{');
    sl_json_key(&o, "jobName");
    sl_buf_printf(&job->output, "\"sluice-%.*s-%.*s\"", SL_FMT(job->name), SL_FMT(job->random));
    o.comma = true;
    sl_json_kv_str(&o, "roleArn", x->self->batch_role);
    sl_json_kv_str(&o, "modelId", sl_buf_span(&job->model));
    sl_json_kv_str(&o, "modelInvocationType", SL_SPAN("Converse"));
    write_place(&o, "inputDataConfig", in, SL_SPAN(""));
    write_place(&o, "outputDataConfig", out, x->self->encryption_key);
    sl_json_kv_i64(&o, "timeoutDurationInHours", 24);
    sl_json_close(&o, '}');
    if (!sl_buf_ok(&job->output))
        return sl_steps_nomem(err);
    body = sl_buf_span(&job->output);
    st = bedrock_job_control(x, "POST", SL_SPAN("/model-invocation-job"), on_created, err);
    return st < 0 ? st : sl_steps_body(&job->steps, &body, 1, err);
}

/* ---- translating ---- */

/* A job is of one model. */
static sluice_status check_model(sluice_exchange *x, sluice_span model, sluice_error *err)
{
    struct bedrock_work *job = x->job;
    sluice_call named = *x->call;
    struct bedrock_target target;

    named.model = model;
    if (bedrock_target(x->self, &named, &job->batch.arena, &target) < 0)
        return sl_steps_nomem(err);
    if (!job->model.len) {
        sl_buf_add(&job->model, target.model);
        return sl_buf_ok(&job->model) ? SLUICE_OK : sl_steps_nomem(err);
    }
    if (sl_span_eq(sl_buf_span(&job->model), target.model))
        return SLUICE_OK;
    return sl_batch_refuse(&job->batch, "body.model",
                           "all lines of a batch have to name the same model.", err);
}

static sluice_status translate_line(sluice_exchange *x, const struct sl_batch_line *line,
                                    sluice_error *err)
{
    struct bedrock_work *job = x->job;
    struct sl_buf *out = &job->output;
    sluice_status st = check_model(x, line->model, err);

    if (st < 0)
        return st;
    sl_buf_add_str(out, "{\"recordId\":");
    sl_buf_add(out, line->custom_id);
    sl_buf_add_str(out, ",\"modelInput\":");
    st = sl_batch_request(&job->batch, line, out, err);
    if (st < 0)
        return st;
    sl_buf_add_str(out, "}\n");
    return sl_buf_ok(out) ? SLUICE_OK : sl_steps_nomem(err);
}

static sluice_status put_translated(sluice_exchange *x, sluice_error *err)
{
    const sluice_host *host = x->self->host;
    struct bedrock_work *job = x->job;
    sluice_span text = sl_buf_span(&job->output);
    sluice_status st;

    sl_buf_finish(&job->input);
    job->key =
        sl_arena_printf(x->arena, "%.*ssluice/batches/%.*s/%016llx.jsonl", SL_FMT(job->prefix),
                        SL_FMT(job->name), (unsigned long long)host->random(host));
    st = bedrock_job_s3(x, "PUT", job->bucket, job->key, SL_SPAN(""), on_put, err);
    sl_steps_header(&job->steps, SL_SPAN("content-type"), SL_SPAN("application/jsonl"));
    return st < 0 ? st : sl_steps_body(&job->steps, &text, 1, err);
}

/* A part of the file at a time: others run on this loop as well. */
static sluice_status translate(sluice_exchange *x, sluice_span text, const sluice_sink *sink,
                               sluice_error *err)
{
    struct bedrock_work *job = x->job;
    sluice_status st = sl_batch_turn(&job->batch, &job->rest, translate_line, x, err);

    (void)text;
    (void)sink;
    if (st < 0)
        return st;
    if (st == SLUICE_OK) {
        job->asks = ASKS_NOBODY;
        sl_steps_pause(&job->steps, translate);
        return SLUICE_OK;
    }
    if (!job->output.len)
        return sl_fail_param(err, SLUICE_E_INVALID, "empty_file", "input_file_id",
                             "The file has no requests in it.");
    return put_translated(x, err);
}

static sluice_status on_input(sluice_exchange *x, sluice_span text, const sluice_sink *sink,
                              sluice_error *err)
{
    struct bedrock_work *job = x->job;

    sl_buf_add(&job->input, text);
    if (!sl_buf_ok(&job->input))
        return sl_steps_nomem(err);
    job->rest = sl_buf_span(&job->input);
    return translate(x, text, sink, err);
}

sluice_status bedrock_batches_create(sluice_exchange *x, sluice_error *err)
{
    struct bedrock_work *job = x->job;
    sluice_span id = SL_SPAN(""), metadata = sl_batch_member(x->call, "metadata");
    sluice_status st = sl_batch_check(x->call, err);

    if (st < 0)
        return st;
    if (!x->self->batch_role.len)
        return sl_fail_param(err, SLUICE_E_INVALID, "missing_aws_batch_role_arn", NULL,
                             "Batches run with a role: the deployment needs aws_batch_role_arn.");
    sl_json_raw_string(sl_batch_member(x->call, "input_file_id"), &id);
    st = bedrock_job_id(x, id, FILE_IN, &job->name, err);
    if (st < 0)
        return st;
    job->name = sl_arena_dup(x->arena, job->name);
    job->metadata = metadata.ptr ? sl_arena_dup(x->arena, metadata) : SL_SPAN("");
    if (!job->name.ptr || !job->metadata.ptr)
        return sl_steps_nomem(err);
    return bedrock_job_s3(x, "GET", job->bucket, bedrock_file_key(x, job->name), SL_SPAN(""),
                          on_input, err);
}
