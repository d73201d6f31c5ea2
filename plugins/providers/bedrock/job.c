/* SPDX-License-Identifier: Apache-2.0 */
/* job.c - see job.h: where requests go, and what their failures mean. */
#include <stdio.h>
#include "job.h"

#define TEXT_MOST ((size_t)1 << 30) /* of a file, as the vendor takes it */

static const struct sl_steps_job jobs[] = {
    { "files.create", bedrock_files_create, "file" },
    { "files.list", bedrock_files_list, "after" },
    { "files.retrieve", bedrock_files_retrieve, "file_id" },
    { "files.delete", bedrock_files_delete, "file_id" },
    { "files.content", bedrock_files_content, "file_id" },
    { "batches.create", bedrock_batches_create, "input_file_id" },
    { "batches.list", bedrock_batches_list, "after" },
    { "batches.retrieve", bedrock_batches_retrieve, "batch_id" },
    { "batches.cancel", bedrock_batches_cancel, "batch_id" },
};

static const struct sl_steps_job *find(sluice_span operation)
{
    return sl_steps_job(jobs, sizeof jobs / sizeof *jobs, operation);
}

bool bedrock_job_is(sluice_span operation)
{
    return find(operation) != NULL;
}

/* "bucket/prefix" */
static sluice_status find_bucket(sluice_exchange *x, sluice_error *err)
{
    sluice_span all = x->self->bucket;
    size_t slash = sl_span_find_char(all, '/');
    sluice_span prefix = sl_span_from(all, slash + 1);

    if (!all.len)
        return sl_fail_param(err, SLUICE_E_INVALID, "missing_s3_bucket_name", NULL,
                             "Files of this provider lie in S3: the deployment needs "
                             "s3_bucket_name.");
    if (x->call->credential != SLUICE_CRED_AWS && x->call->credential != SLUICE_CRED_NONE)
        return sl_fail_param(err, SLUICE_E_INVALID, "unsupported_credential", NULL,
                             "Files of this provider lie in S3, which takes AWS credentials, no "
                             "API key.");
    while (prefix.len && prefix.ptr[prefix.len - 1] == '/')
        prefix.len--;
    x->job->bucket = sl_span_head(all, slash);
    x->job->prefix = SL_SPAN("");
    if (prefix.len)
        x->job->prefix = sl_arena_printf(x->arena, "%.*s/", SL_FMT(prefix));
    return x->job->prefix.ptr ? SLUICE_OK : sl_steps_nomem(err);
}

sluice_status bedrock_job_begin(sluice_exchange *x, sluice_error *err)
{
    const struct sl_steps_job *what = find(x->call->operation);
    struct bedrock_work *job = sl_alloc0(x->arena, sizeof *job);
    sluice_status st;

    if (!job)
        return sl_steps_nomem(err);
    x->job = job;
    job->param = what->param;
    sl_steps_init(&job->steps, x->arena);
    sl_buf_init(&job->input, TEXT_MOST);
    sl_buf_init(&job->output, TEXT_MOST);
    sl_buf_init(&job->model, 4096);
    sl_batch_init(&job->batch, x->self->host, &bedrock_class, x->self, x->call);
    st = find_bucket(x, err);
    if (st >= 0)
        st = what->begin(x, err);
    job->steps.more = false; /* the first one goes out anyway */
    return st;
}

void bedrock_job_close(sluice_exchange *x)
{
    sl_buf_finish(&x->job->input);
    sl_buf_finish(&x->job->output);
    sl_buf_finish(&x->job->model);
    sl_batch_finish(&x->job->batch);
}

/* ---- what comes next ---- */

static sluice_status sign(sluice_exchange *x, sluice_span region, const char *service,
                          sluice_error *err)
{
    sluice_http_request *r = &x->job->steps.next;

    if (x->call->credential == SLUICE_CRED_NONE)
        return SLUICE_OK;
    r->auth = SLUICE_AUTH_SIGV4;
    r->auth_param = sl_arena_printf(x->arena, "aws:amz:%.*s:%s", SL_FMT(region), service);
    return r->auth_param.ptr ? SLUICE_OK : sl_steps_nomem(err);
}

sluice_span bedrock_job_encode(sluice_exchange *x, sluice_span text)
{
    static const char hex[] = "0123456789ABCDEF";
    char *p = text.ptr ? sl_alloc(x->arena, 3 * text.len + 1) : NULL;
    size_t n = 0;

    for (size_t i = 0; p && i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];

        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
            (c && strchr("-_.~/", c))) {
            p[n++] = (char)c;
        } else {
            p[n++] = '%';
            p[n++] = hex[c >> 4];
            p[n++] = hex[c & 15];
        }
    }
    return sl_span(p, n);
}

sluice_status bedrock_job_s3(sluice_exchange *x, const char *method, sluice_span bucket,
                             sluice_span key, sluice_span query, sl_steps_fn told,
                             sluice_error *err)
{
    struct bedrock_work *job = x->job;
    sluice_span region = x->self->bucket_region.len ? x->self->bucket_region : x->target.region;
    sluice_span url, path = bedrock_job_encode(x, key);
    sluice_status st;

    job->asks = ASKS_S3;
    if (path.ptr && query.ptr)
        path = sl_arena_printf(x->arena, "/%.*s%s%.*s%.*s", SL_FMT(bucket), path.len ? "/" : "",
                               SL_FMT(path), SL_FMT(query));
    if (!path.ptr || !query.ptr)
        return sl_steps_nomem(err);
    st = bedrock_service_url(x->call, "s3", region, path, x->arena, &url, err);
    if (st >= 0)
        st = sl_steps_ask(&job->steps, method, url, told, err);
    return st < 0 ? st : sign(x, region, "s3", err);
}

sluice_status bedrock_job_control(sluice_exchange *x, const char *method, sluice_span path,
                                  sl_steps_fn told, sluice_error *err)
{
    struct bedrock_work *job = x->job;
    sluice_span url;
    sluice_status st =
        bedrock_service_url(x->call, "bedrock", x->target.region, path, x->arena, &url, err);

    job->asks = ASKS_BEDROCK;
    if (st >= 0)
        st = sl_steps_ask(&job->steps, method, url, told, err);
    if (st >= 0 && !strcmp(method, "POST"))
        sl_steps_header(&job->steps, SL_SPAN("content-type"), SL_SPAN("application/json"));
    return st < 0 ? st : sign(x, x->target.region, "bedrock", err);
}

sluice_status bedrock_job_store(sluice_exchange *x, const char *method, sl_steps_fn told,
                                sluice_error *err)
{
    struct bedrock_work *job = x->job;

    job->asks = ASKS_NOBODY;
    return sl_steps_store(&job->steps, method,
                          sl_arena_printf(x->arena, "of-%.*s", SL_FMT(job->job)), told, err);
}

/* ---- the exchange ---- */

sluice_status bedrock_job_head(sluice_exchange *x, const sluice_http_head *h)
{
    struct bedrock_work *job = x->job;

    for (size_t i = 0; i < h->n_headers; i++) {
        const sluice_header *f = &h->headers[i];
        sluice_span *to = sl_span_eq(f->name, SL_SPAN("x-amz-meta-filename")) ? &job->meta_filename
                          : sl_span_eq(f->name, SL_SPAN("content-range"))     ? &job->range
                                                                              : NULL;

        if (to && !(*to = sl_arena_dup(x->arena, f->value)).ptr)
            return SLUICE_E_NOMEM;
    }
    return SLUICE_OK;
}

/* S3 says in XML what is wrong. */
static void read_xml(struct sl_verdict *f, sluice_span body)
{
    sluice_span message = sl_span_from(body, sl_span_find(body, SL_SPAN("<Message>")));

    message = sl_span_from(message, sizeof "<Message>" - 1);
    message = sl_span_head(message, sl_span_find_char(message, '<'));
    if (message.len)
        sl_copy_text(f->message, sizeof f->message, message);
}

sluice_status bedrock_job_data(sluice_exchange *x, sluice_span text, const sluice_sink *sink,
                               sluice_error *err)
{
    if (x->http_status < 400)
        return sl_steps_data(&x->job->steps, x, text, sink, err);
    bedrock_failure_http(&x->failure, x->http_status, x->error_type, text, sink->scratch);
    if (x->job->asks == ASKS_S3)
        read_xml(&x->failure, text);
    return SLUICE_OK;
}

sluice_status bedrock_job_missing(sluice_exchange *x, sluice_error *err)
{
    sl_fail_param(err, SLUICE_E_INVALID, "not_found", x->job->param,
                  "There is nothing with the id that %s names.", x->job->param);
    err->http_status = 404;
    return SLUICE_E_INVALID;
}

sluice_status bedrock_job_end(sluice_exchange *x, const sluice_sink *sink, sluice_error *err)
{
    sluice_status st;

    if (x->http_status == 404 && !x->job->steps.failed)
        return bedrock_job_missing(x, err);
    if (x->http_status >= 400 && !x->job->steps.failed)
        return sl_verdict_report(&x->failure, err);
    st = sl_steps_end(&x->job->steps, x, x->http_status, sink, err);
    if (st == SLUICE_MORE)
        x->http_status = 0;
    return st;
}

/* ---- for the steps ---- */

sluice_status bedrock_job_id(sluice_exchange *x, sluice_span id, const char *prefix,
                             sluice_span *out, sluice_error *err)
{
    bool good = sl_span_starts(id, sl_span_str(prefix));

    *out = sl_span_from(id, strlen(prefix));
    good = good && out->len > 0 && out->len <= 64;
    for (size_t i = 0; good && i < out->len; i++)
        good = (out->ptr[i] >= 'a' && out->ptr[i] <= 'z') ||
               (out->ptr[i] >= '0' && out->ptr[i] <= '9') || out->ptr[i] == '-';
    return good ? SLUICE_OK : bedrock_job_missing(x, err);
}

sluice_status bedrock_job_limit(sluice_exchange *x, unsigned *limit, sluice_error *err)
{
    sluice_span text = sl_batch_param(x->call, "limit");
    uint64_t n = 20;

    if (text.len && (!sl_span_u64(text, 10000, &n) || !n))
        return sl_fail_param(err, SLUICE_E_INVALID, "invalid_value", "limit",
                             "limit must be a number from 1 on.");
    if (sl_span_eq(sl_batch_param(x->call, "order"), SL_SPAN("asc")))
        return sl_fail_param(err, SLUICE_E_INVALID, "unsupported_value", "order",
                             "The provider lists the newest first.");
    *limit = n < 1000 ? (unsigned)n : 1000;
    return SLUICE_OK;
}

sluice_span bedrock_job_text(sluice_span object, const char *path)
{
    sluice_span inside = SL_SPAN("");

    sl_json_raw_string(sl_json_find(object, path), &inside);
    return inside;
}
