/* SPDX-License-Identifier: Apache-2.0 */
/* job.c - see job.h: one request after the other. */
#include <stdio.h>
#include "class.h"
#include "job.h"

#define TEXT_MOST ((size_t)256 << 20) /* of a batch, as the vendor takes it */
#define FILES_BETA "files-api-2025-04-14"

static const struct {
    const char *operation;
    sluice_status (*begin)(sluice_exchange *x, sluice_error *err);
    const char *param;
} jobs[] = {
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
#define JOBS (sizeof jobs / sizeof *jobs)

static size_t find(sluice_span operation)
{
    size_t i = 0;

    while (i < JOBS && !sl_span_eq(operation, sl_span_str(jobs[i].operation)))
        i++;
    return i;
}

bool anthropic_job_is(sluice_span operation)
{
    return find(operation) < JOBS;
}

sluice_status anthropic_job_nomem(sluice_error *err)
{
    return sl_fail(err, SLUICE_E_NOMEM, "out of memory");
}

sluice_status anthropic_job_begin(sluice_exchange *x, sluice_error *err)
{
    size_t i = find(x->call->operation);
    struct anthropic_job *job = sl_alloc0(x->arena, sizeof *job);
    sluice_status st;

    if (!job)
        return anthropic_job_nomem(err);
    x->job = job;
    job->param = jobs[i].param;
    sl_buf_init(&job->input, TEXT_MOST);
    sl_buf_init(&job->output, TEXT_MOST);
    sl_batch_init(&job->batch, x->self->host, &anthropic_provider_class, x->self, x->call);
    anthropic_betas_add(&job->betas, x->self->betas);
    if (sl_span_starts(x->call->operation, SL_SPAN("files.")))
        anthropic_betas_add(&job->betas, SL_SPAN(FILES_BETA));
    st = jobs[i].begin(x, err);
    job->more = false; /* the first one goes out anyway */
    return st;
}

void anthropic_job_close(sluice_exchange *x)
{
    sl_buf_finish(&x->job->input);
    sl_buf_finish(&x->job->output);
    sl_batch_finish(&x->job->batch);
}

/* ---- what comes next ---- */

static struct anthropic_job *next(sluice_exchange *x, const char *method, sluice_span url,
                                  anthropic_told told)
{
    struct anthropic_job *job = x->job;

    job->method = sl_span_str(method);
    job->url = url;
    job->told = told;
    job->failed = NULL;
    job->body = NULL;
    job->n_body = 0;
    job->framing = SLUICE_FRAME_WHOLE;
    job->vendor = false;
    job->more = true;
    x->n_headers = 0;
    return job;
}

sluice_status anthropic_job_ask(sluice_exchange *x, const char *method, sluice_span path,
                                anthropic_told told, sluice_error *err)
{
    sluice_span url = path.ptr ? anthropic_url(x, path) : path;
    struct anthropic_job *job = next(x, method, url, told);

    job->vendor = true;
    return url.ptr && anthropic_write_headers(x, &job->betas) >= 0 ? SLUICE_OK
                                                                   : anthropic_job_nomem(err);
}

sluice_status anthropic_job_store(sluice_exchange *x, const char *method, sluice_span name,
                                  anthropic_told told, sluice_error *err)
{
    sluice_span url = name.ptr ? sl_arena_printf(x->arena, "kept:%.*s", SL_FMT(name)) : name;

    next(x, method, url, told);
    return url.ptr ? SLUICE_OK : anthropic_job_nomem(err);
}

void anthropic_job_pause(sluice_exchange *x, anthropic_told told)
{
    next(x, "POST", SL_SPAN("mock:"), told);
    x->headers[x->n_headers++] = (sluice_header){ SL_SPAN(":status"), SL_SPAN("200") };
}

sluice_status anthropic_job_send(sluice_exchange *x, sluice_span content_type,
                                 const sluice_span *pieces, size_t n, sluice_error *err)
{
    sluice_part *parts = sl_alloc(x->arena, n * sizeof *parts);

    if (!parts)
        return anthropic_job_nomem(err);
    for (size_t i = 0; i < n; i++)
        parts[i] = (sluice_part){ SLUICE_PART_BYTES, SLUICE_FORM_RAW, pieces[i] };
    x->job->body = parts;
    x->job->n_body = n;
    if (content_type.len && x->n_headers)
        x->headers[0].value = content_type;
    return SLUICE_OK;
}

/* ---- the exchange ---- */

sluice_status anthropic_job_request(sluice_exchange *x, sluice_http_request *out)
{
    const struct anthropic_job *job = x->job;

    if (job->vendor) {
        out->auth = x->auth;
        out->auth_param = x->auth == SLUICE_AUTH_HEADER ? SL_SPAN("x-api-key") : SL_SPAN("");
    }
    out->method = job->method;
    out->url = job->url;
    out->framing = job->framing;
    out->body = job->body;
    out->n_body = job->n_body;
    out->headers = x->headers;
    out->n_headers = x->n_headers;
    return SLUICE_OK;
}

static sluice_status tell(sluice_exchange *x, sluice_span text, const sluice_sink *sink,
                          sluice_error *err)
{
    struct anthropic_job *job = x->job;

    job->heard = true;
    return job->told ? job->told(x, text, sink, err) : SLUICE_OK;
}

/* A store that fails says why in a sentence. */
static void store_failed(sluice_exchange *x, sluice_span text)
{
    struct anthropic_failure *f = &x->failure;

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
        return tell(x, text, sink, err);
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
    struct anthropic_job *job = x->job;
    sluice_status st = SLUICE_OK;

    if (x->http_status >= 400 && job->failed)
        st = job->failed(x, SL_SPAN(""), sink, err);
    else if (x->http_status == 404)
        st = anthropic_job_missing(x, err);
    else if (x->http_status >= 400)
        st = anthropic_failure_report(&x->failure, err);
    else if (!job->heard && job->framing == SLUICE_FRAME_WHOLE)
        st = tell(x, SL_SPAN(""), sink, err); /* an empty answer */
    if (st < 0 || !job->more)
        return st;
    job->more = job->heard = false;
    x->http_status = 0;
    return SLUICE_MORE;
}

/* ---- for the steps ---- */

sluice_status anthropic_job_answer(const struct sl_buf *b, const sluice_sink *sink,
                                   sluice_error *err)
{
    sluice_span text = sl_buf_span(b);

    return sl_buf_ok(b) ? sink->whole(sink, &text, 1) : anthropic_job_nomem(err);
}

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
    return out->ptr ? SLUICE_OK : anthropic_job_nomem(err);
}
