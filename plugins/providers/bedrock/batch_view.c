/* SPDX-License-Identifier: Apache-2.0 */
/* batch_view.c - model invocation jobs as clients see batches: one, all, one that is being stopped.
 */
#include <sluice_sdk/clock.h>
#include "job.h"

static const struct {
    const char *vendor;
    enum sl_batch_status status;
    bool results; /* there may be some */
} statuses[] = {
    { "Submitted", SL_BATCH_VALIDATING, false },
    { "Validating", SL_BATCH_VALIDATING, false },
    { "Scheduled", SL_BATCH_IN_PROGRESS, false },
    { "InProgress", SL_BATCH_IN_PROGRESS, false },
    { "Completed", SL_BATCH_COMPLETED, true },
    { "PartiallyCompleted", SL_BATCH_COMPLETED, true },
    { "Failed", SL_BATCH_FAILED, false },
    { "Stopping", SL_BATCH_CANCELLING, false },
    { "Stopped", SL_BATCH_CANCELLED, true },
    { "Expired", SL_BATCH_EXPIRED, true },
};

static int64_t count(sluice_span object, const char *name)
{
    int64_t n = -1;

    return sl_json_i64(sl_json_find(object, name), &n) ? n : -1;
}

static sluice_span last_segment(sluice_span text)
{
    while (sl_span_find_char(text, '/') < text.len)
        text = sl_span_from(text, sl_span_find_char(text, '/') + 1);
    return text;
}

/* ".../sluice/batches/NAME/RANDOM.jsonl" */
static sluice_span name_in_uri(sluice_span uri)
{
    sluice_span folder = SL_SPAN("/sluice/batches/");

    uri = sl_span_from(uri, sl_span_find(uri, folder) + folder.len);
    return sl_span_head(uri, sl_span_find_char(uri, '/'));
}

static sluice_status write_job(sluice_exchange *x, sluice_span object, sluice_span metadata,
                               struct sl_json_out *o)
{
    sluice_span id = last_segment(bedrock_job_text(object, "jobArn"));
    sluice_span word = bedrock_job_text(object, "status");
    sluice_span name =
        name_in_uri(bedrock_job_text(object, "inputDataConfig.s3InputDataConfig.s3Uri"));
    int64_t total = count(object, "totalRecordCount"), good = count(object, "successRecordCount"),
            bad = count(object, "errorRecordCount");
    struct sl_batch_object b = { .status = SL_BATCH_IN_PROGRESS,
                                 .metadata = metadata,
                                 .input_file_id = SL_SPAN(""),
                                 .created_at = sl_unix_of(bedrock_job_text(object, "submitTime")),
                                 .started_at = sl_unix_of(bedrock_job_text(object, "submitTime")),
                                 .expires_at =
                                     sl_unix_of(bedrock_job_text(object, "jobExpirationTime")),
                                 .ended_at = sl_unix_of(bedrock_job_text(object, "endTime")),
                                 .total = total > 0 ? total : 0,
                                 .completed = good > 0 ? good : 0,
                                 .failed = bad > 0 ? bad : 0 };
    sluice_span message = sl_json_find(object, "message");
    bool results = false, partly = sl_span_eq(word, SL_SPAN("PartiallyCompleted"));

    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        if (sl_span_eq(word, sl_span_str(statuses[i].vendor))) {
            b.status = statuses[i].status;
            results = statuses[i].results;
        }
    if (b.status == SL_BATCH_FAILED && sl_json_type(message) != SL_JSON_STRING)
        b.failure = SL_SPAN("The provider does not say why.");
    else if (b.status == SL_BATCH_FAILED && !sl_json_string(message, x->arena, &b.failure))
        return SLUICE_E_NOMEM;
    b.id = sl_arena_printf(x->arena, BATCH "%.*s", SL_FMT(id));
    if (name.len)
        b.input_file_id = sl_arena_printf(x->arena, FILE_IN "%.*s", SL_FMT(name));
    b.output_file_id =
        results && good ? sl_arena_printf(x->arena, FILE_OUT "%.*s", SL_FMT(id)) : SL_SPAN("");
    b.error_file_id = results && (bad > 0 || (bad < 0 && partly))
                          ? sl_arena_printf(x->arena, FILE_ERR "%.*s", SL_FMT(id))
                          : SL_SPAN("");
    if (!b.id.ptr || !b.input_file_id.ptr || !b.output_file_id.ptr || !b.error_file_id.ptr)
        return SLUICE_E_NOMEM;
    sl_batch_write(o, &b);
    return SLUICE_OK;
}

static bool is_object(sluice_span text)
{
    struct sl_json_error e;

    return sl_json_type(sl_span_trim(text)) == SL_JSON_OBJECT && sl_json_validate(text, &e) >= 0;
}

static sluice_status odd(sluice_error *err)
{
    return sl_fail(err, SLUICE_E_UPSTREAM, "The provider describes no batch.");
}

/* ---- one ---- */

static sluice_status on_job(sluice_exchange *x, sluice_span text, const sluice_sink *sink,
                            sluice_error *err)
{
    struct sl_json_out o = sl_json_out(&x->job->output);

    if (!is_object(text) || !bedrock_job_text(text, "jobArn").len)
        return odd(err);
    if (write_job(x, text, x->job->metadata, &o) < 0)
        return sl_steps_nomem(err);
    return sl_steps_answer(&x->job->output, sink, err);
}

static sluice_status ask_job(sluice_exchange *x, sl_steps_fn told, sluice_error *err)
{
    return bedrock_job_control(
        x, "GET", sl_arena_printf(x->arena, "/model-invocation-job/%.*s", SL_FMT(x->job->job)),
        told, err);
}

static sluice_status on_stopped(sluice_exchange *x, sluice_span text, const sluice_sink *sink,
                                sluice_error *err)
{
    (void)text;
    (void)sink;
    return ask_job(x, on_job, err);
}

static sluice_status go_on(sluice_exchange *x, sluice_error *err)
{
    if (!sl_span_eq(x->call->operation, SL_SPAN("batches.cancel")))
        return ask_job(x, on_job, err);
    return bedrock_job_control(
        x, "POST",
        sl_arena_printf(x->arena, "/model-invocation-job/%.*s/stop", SL_FMT(x->job->job)),
        on_stopped, err);
}

/* Without a note a batch is a batch as well. */
static sluice_status on_no_note(sluice_exchange *x, sluice_span text, const sluice_sink *sink,
                                sluice_error *err)
{
    (void)text;
    (void)sink;
    return go_on(x, err);
}

static sluice_status on_note(sluice_exchange *x, sluice_span text, const sluice_sink *sink,
                             sluice_error *err)
{
    (void)sink;
    if (is_object(text)) {
        x->job->metadata = sl_arena_dup(x->arena, text);
        if (!x->job->metadata.ptr)
            return sl_steps_nomem(err);
    }
    return go_on(x, err);
}

sluice_status bedrock_batches_retrieve(sluice_exchange *x, sluice_error *err)
{
    sluice_status st =
        bedrock_job_id(x, sl_batch_param(x->call, "batch_id"), BATCH, &x->job->job, err);

    if (st >= 0)
        st = bedrock_job_store(x, "GET", on_note, err);
    x->job->steps.failed = on_no_note;
    return st;
}

sluice_status bedrock_batches_cancel(sluice_exchange *x, sluice_error *err)
{
    return bedrock_batches_retrieve(x, err);
}

/* ---- all ---- */

static sluice_status on_list(sluice_exchange *x, sluice_span text, const sluice_sink *sink,
                             sluice_error *err)
{
    struct sl_json_out o = sl_json_out(&x->job->output);
    struct sl_json_iter it = { .started = false };
    sluice_span data, name, object, first = SL_SPAN(""), last = SL_SPAN("");

    if (!is_object(text) ||
        sl_json_type(data = sl_json_find(text, "invocationJobSummaries")) != SL_JSON_ARRAY)
        return odd(err);
    sl_json_open(&o, '{');
    sl_json_kv_str(&o, "object", SL_SPAN("list"));
    sl_json_key(&o, "data");
    sl_json_open(&o, '[');
    while (sl_json_next(&it, data, &name, &object)) {
        if (sl_json_type(object) != SL_JSON_OBJECT)
            continue;
        if (write_job(x, object, SL_SPAN(""), &o) < 0)
            return sl_steps_nomem(err);
        last = last_segment(bedrock_job_text(object, "jobArn"));
        first = first.len ? first : last;
    }
    sl_json_close(&o, ']');
    first = sl_arena_printf(x->arena, "%s%.*s", first.len ? BATCH : "", SL_FMT(first));
    last = sl_arena_printf(x->arena, "%s%.*s", last.len ? BATCH : "", SL_FMT(last));
    if (!first.ptr || !last.ptr)
        return sl_steps_nomem(err);
    sl_json_kv_str(&o, "first_id", first);
    sl_json_kv_str(&o, "last_id", last);
    sl_json_kv_bool(&o, "has_more", bedrock_job_text(text, "nextToken").len > 0);
    sl_json_close(&o, '}');
    return sl_steps_answer(&x->job->output, sink, err);
}

static sluice_status ask_list(sluice_exchange *x, sluice_span before, sluice_error *err)
{
    unsigned limit;
    sluice_status st = bedrock_job_limit(x, &limit, err);

    return st < 0
               ? st
               : bedrock_job_control(
                     x, "GET",
                     sl_arena_printf(x->arena,
                                     "/model-invocation-jobs?maxResults=%u&sortBy=CreationTime"
                                     "&sortOrder=Descending%s%.*s",
                                     limit, before.len ? "&submitTimeBefore=" : "", SL_FMT(before)),
                     on_list, err);
}

/* The vendor's lists go on by a token, ours behind a batch: those submitted before it. */
static sluice_status on_after(sluice_exchange *x, sluice_span text, const sluice_sink *sink,
                              sluice_error *err)
{
    sluice_span at;
    char *p;
    size_t n = 0;

    (void)sink;
    if (!is_object(text))
        return odd(err);
    at = bedrock_job_text(text, "submitTime");
    p = sl_alloc(x->arena, 3 * at.len + 1);
    for (size_t i = 0; p && i < at.len; i++) {
        if (at.ptr[i] != ':') {
            p[n++] = at.ptr[i];
            continue;
        }
        memcpy(p + n, "%3A", 3);
        n += 3;
    }
    return p ? ask_list(x, sl_span(p, n), err) : sl_steps_nomem(err);
}

sluice_status bedrock_batches_list(sluice_exchange *x, sluice_error *err)
{
    sluice_span after = sl_batch_param(x->call, "after");
    sluice_status st;

    if (!after.len)
        return ask_list(x, after, err);
    st = bedrock_job_id(x, after, BATCH, &x->job->job, err);
    return st < 0 ? st : ask_job(x, on_after, err);
}
