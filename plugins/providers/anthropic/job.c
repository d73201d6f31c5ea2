/* SPDX-License-Identifier: Apache-2.0 */
/* job.c - see job.h: one request after the other. */
#include <sluice_sdk/auth.h>
#include <stdio.h>
#include "class.h"
#include "job.h"

#define TEXT_MOST ((size_t)256 << 20) /* of a batch, as the vendor takes it */

static const struct sl_steps_job jobs[] = {
    { "files.create", anthropic_files_create, "file" },
    { "files.list", anthropic_files_list, "after" },
    { "files.retrieve", anthropic_files_retrieve, "file_id" },
    { "files.delete", anthropic_files_delete, "file_id" },
    { "files.content", anthropic_files_content, "file_id" },
    { "batches.create", anthropic_batches_create, "input_file_id" },
    { "batches.list", anthropic_batches_list, "after" },
    { "batches.retrieve", anthropic_batches_retrieve, "batch_id" },
    { "batches.cancel", anthropic_batches_cancel, "batch_id" },
};

static const struct sl_steps_job *find(sluice_span operation)
{
    return sl_steps_job(jobs, sizeof jobs / sizeof *jobs, operation);
}

bool anthropic_job_is(sluice_span operation)
{
    return find(operation) != NULL;
}

sluice_status anthropic_job_begin(sluice_exchange *x, sluice_error *err)
{
    const struct sl_steps_job *what = find(x->call->operation);
    struct anthropic_job *job = sl_alloc0(x->arena, sizeof *job);
    sluice_status st;

    if (!job)
        return sl_steps_nomem(err);
    x->job = job;
    job->param = what->param;
    sl_steps_init(&job->steps, x->arena);
    sl_buf_init(&job->input, TEXT_MOST);
    sl_buf_init(&job->output, TEXT_MOST);
    sl_batch_init(&job->batch, x->self->host, &anthropic_provider_class, x->self, x->call);
    anthropic_betas_add(&job->betas, x->self->betas);
    if (sl_span_starts(x->call->operation, SL_SPAN("files.")))
        anthropic_betas_add(&job->betas, SL_SPAN(ANTHROPIC_FILES_BETA));
    st = what->begin(x, err);
    job->steps.more = false; /* the first one goes out anyway */
    return st;
}

void anthropic_job_close(sluice_exchange *x)
{
    sl_buf_finish(&x->job->input);
    sl_buf_finish(&x->job->output);
    sl_batch_finish(&x->job->batch);
}

/* ---- what comes next ---- */

sluice_status anthropic_job_ask(sluice_exchange *x, const char *method, sluice_span path,
                                sluice_span content_type, sl_steps_fn told, sluice_error *err)
{
    struct anthropic_job *job = x->job;
    sluice_span url = path.ptr ? anthropic_url(x, path) : path;
    sluice_status st = sl_steps_ask(&job->steps, method, url, told, err);

    job->vendor = true;
    x->n_headers = 0;
    if (st >= 0 && anthropic_write_headers(x, &job->betas) < 0)
        st = sl_steps_nomem(err);
    for (size_t i = 0; st >= 0 && i < x->n_headers; i++)
        sl_steps_header(&job->steps, x->headers[i].name,
                        i || !content_type.len ? x->headers[i].value : content_type);
    sl_auth_key(x->call, "x-api-key", &job->steps.next);
    return st;
}

sluice_status anthropic_job_store(sluice_exchange *x, const char *method, sluice_span name,
                                  sl_steps_fn told, sluice_error *err)
{
    x->job->vendor = false;
    return sl_steps_store(&x->job->steps, method, name, told, err);
}

/* ---- the exchange ---- */

/* A store that fails says why in a sentence. */
static void store_failed(sluice_exchange *x, sluice_span text)
{
    struct sl_verdict *f = &x->failure;

    memset(f, 0, sizeof *f);
    f->http_status = x->http_status;
    f->status = x->http_status == 413 ? SLUICE_E_INVALID : SLUICE_E_UNAVAILABLE;
    f->code = x->http_status == 413 ? "file_too_large" : "object_store_unavailable";
    snprintf(f->message, sizeof f->message, "The file cannot be kept for its batch: %.*s.",
             SL_FMT(sl_span_head(text, 300)));
}

sluice_status anthropic_job_data(sluice_exchange *x, sluice_span text, const sluice_sink *sink,
                                 sluice_error *err)
{
    uint32_t retry_after_ms = x->failure.retry_after_ms;

    if (x->http_status < 400)
        return sl_steps_data(&x->job->steps, x, text, sink, err);
    if (x->job->vendor)
        anthropic_failure_http(&x->failure, x->http_status, text, SL_SPAN(""), sink->scratch);
    else
        store_failed(x, text);
    x->failure.retry_after_ms = retry_after_ms;
    return SLUICE_OK;
}

sluice_status anthropic_job_missing(sluice_exchange *x, sluice_error *err)
{
    sl_fail_param(err, SLUICE_E_INVALID, "not_found", x->job->param,
                  "There is nothing with the id that %s names.", x->job->param);
    err->http_status = 404;
    return SLUICE_E_INVALID;
}

sluice_status anthropic_job_end(sluice_exchange *x, const sluice_sink *sink, sluice_error *err)
{
    sluice_status st;

    if (x->http_status == 404 && !x->job->steps.failed)
        return anthropic_job_missing(x, err);
    if (x->http_status >= 400 && !x->job->steps.failed)
        return sl_verdict_report(&x->failure, err);
    st = sl_steps_end(&x->job->steps, x, x->http_status, sink, err);
    if (st == SLUICE_MORE)
        x->http_status = 0;
    return st;
}

/* ---- for the steps ---- */

/* Nothing but what ids are made of: any other is none. */
static bool is_id(sluice_span id)
{
    for (size_t i = 0; i < id.len; i++) {
        char c = id.ptr[i];

        if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
            c != '-' && c != '_')
            return false;
    }
    return id.len > 0 && id.len <= 128;
}

sluice_span anthropic_job_path(sluice_exchange *x, const char *before, sluice_span id,
                               const char *behind)
{
    if (!is_id(id))
        id = SL_SPAN("-");
    return sl_arena_printf(x->arena, "%s/%.*s%s", before, SL_FMT(id), behind);
}

sluice_status anthropic_job_list_path(sluice_exchange *x, const char *before, sluice_span *out,
                                      sluice_error *err)
{
    sluice_span limit = sl_batch_param(x->call, "limit"), after = sl_batch_param(x->call, "after");
    uint64_t n = 20;

    if (limit.len && (!sl_span_u64(limit, 10000, &n) || !n))
        return sl_fail_param(err, SLUICE_E_INVALID, "invalid_value", "limit",
                             "limit must be a number from 1 on.");
    if (sl_span_eq(sl_batch_param(x->call, "order"), SL_SPAN("asc")))
        return sl_fail_param(err, SLUICE_E_INVALID, "unsupported_value", "order",
                             "The provider lists the newest first.");
    if (after.len && !is_id(after))
        return anthropic_job_missing(x, err);
    *out = sl_arena_printf(x->arena, "%s?limit=%u%s%.*s", before, (unsigned)(n < 1000 ? n : 1000),
                           after.len ? "&after_id=" : "", SL_FMT(after));
    return out->ptr ? SLUICE_OK : sl_steps_nomem(err);
}
