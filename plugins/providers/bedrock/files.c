/* SPDX-License-Identifier: Apache-2.0 */
/* files.c - files for batches in S3, as they were uploaded. */
#include <sluice_sdk/form.h>
#include "job.h"

#define FOLDER "sluice/files/"
#define ENDING ".jsonl"
#define TIMES UINT32_MAX /* times count down from here */

sluice_span bedrock_file_key(sluice_exchange *x, sluice_span name)
{
    return sl_arena_printf(x->arena, "%.*s" FOLDER "%.*s" ENDING, SL_FMT(x->job->prefix),
                           SL_FMT(name));
}

/* "7fffffff-..." */
static int64_t time_of(sluice_span name)
{
    uint64_t n = 0;

    for (size_t i = 0; i < 8 && i < name.len; i++) {
        char c = name.ptr[i];

        n = n << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    return n <= TIMES ? (int64_t)(TIMES - n) : 0;
}

static sluice_status write_file(sluice_exchange *x, struct sl_json_out *o, sluice_span name,
                                sluice_span filename, int64_t bytes)
{
    struct sl_batch_file f = { .id = sl_arena_printf(x->arena, FILE_IN "%.*s", SL_FMT(name)),
                               .filename = filename,
                               .purpose = "batch",
                               .bytes = bytes,
                               .created_at = time_of(name) };

    if (!filename.len)
        f.filename = sl_arena_printf(x->arena, "%.*s" ENDING, SL_FMT(name));
    if (!f.id.ptr || !f.filename.ptr)
        return SLUICE_E_NOMEM;
    sl_batch_write_file(o, &f);
    return SLUICE_OK;
}

static sluice_status answer_file(sluice_exchange *x, sluice_span filename, int64_t bytes,
                                 const sluice_sink *sink, sluice_error *err)
{
    struct sl_json_out o;

    sl_buf_reset(&x->job->output);
    o = sl_json_out(&x->job->output);
    if (write_file(x, &o, x->job->name, filename, bytes) < 0)
        return sl_steps_nomem(err);
    return sl_steps_answer(&x->job->output, sink, err);
}

/* ---- create ---- */

static sluice_status on_put(sluice_exchange *x, sluice_span text, const sluice_sink *sink,
                            sluice_error *err)
{
    (void)text;
    return answer_file(x, x->job->meta_filename, (int64_t)x->job->rest.len, sink, err);
}

/* What a header's value may be, and no more. */
static bool is_plain(sluice_span text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] <= ' ' || text.ptr[i] > '~')
            return false;
    return text.len > 0 && text.len <= 200;
}

sluice_status bedrock_files_create(sluice_exchange *x, sluice_error *err)
{
    const sluice_host *host = x->self->host;
    struct bedrock_work *job = x->job;
    struct sl_form_part part;
    sluice_span purpose = SL_SPAN("");
    sluice_status st = sl_batch_file_part(x->call, &part, err);

    if (st < 0)
        return st;
    sl_json_raw_string(sl_batch_member(x->call, "purpose"), &purpose);
    if (!sl_span_eq(purpose, SL_SPAN("batch")))
        return sl_fail_param(err, SLUICE_E_INVALID, "unsupported_value", "purpose",
                             "Files of this provider are for batches: purpose must be batch.");
    if (!sl_span_trim(part.data).len)
        return sl_fail_param(err, SLUICE_E_INVALID, "empty_file", "file", "The file is empty.");
    job->name = sl_arena_printf(x->arena, "%08x-%016llx",
                                (unsigned)(TIMES - (uint32_t)(host->unix_ms(host) / 1000)),
                                (unsigned long long)host->random(host));
    job->rest = part.data;
    st = job->name.ptr ? bedrock_job_s3(x, "PUT", job->bucket, bedrock_file_key(x, job->name),
                                        SL_SPAN(""), on_put, err)
                       : sl_steps_nomem(err);
    if (st < 0)
        return st;
    sl_steps_header(&job->steps, SL_SPAN("content-type"), SL_SPAN("application/jsonl"));
    if (is_plain(part.filename)) {
        job->meta_filename = sl_arena_dup(x->arena, part.filename);
        if (!job->meta_filename.ptr)
            return sl_steps_nomem(err);
        sl_steps_header(&job->steps, SL_SPAN("x-amz-meta-filename"), job->meta_filename);
    }
    return sl_steps_body(&job->steps, &part.data, 1, err);
}

/* ---- retrieve: one byte, with what S3 tells of the rest ---- */

static sluice_status on_first_byte(sluice_exchange *x, sluice_span text, const sluice_sink *sink,
                                   sluice_error *err)
{
    sluice_span total = sl_span_from(x->job->range, sl_span_find_char(x->job->range, '/') + 1);
    uint64_t bytes;

    if (!sl_span_u64(total, INT64_MAX, &bytes))
        bytes = text.len;
    return answer_file(x, x->job->meta_filename, (int64_t)bytes, sink, err);
}

sluice_status bedrock_files_retrieve(sluice_exchange *x, sluice_error *err)
{
    struct bedrock_work *job = x->job;
    sluice_span id = sl_batch_param(x->call, "file_id");
    sluice_status st;

    if (!sl_span_starts(id, SL_SPAN(FILE_IN)))
        return bedrock_results_file(x, err);
    st = bedrock_job_id(x, id, FILE_IN, &job->name, err);
    if (st >= 0)
        st = bedrock_job_s3(x, "GET", job->bucket, bedrock_file_key(x, job->name), SL_SPAN(""),
                            on_first_byte, err);
    sl_steps_header(&job->steps, SL_SPAN("range"), SL_SPAN("bytes=0-0"));
    return st;
}

/* ---- content, delete ---- */

sluice_status bedrock_files_content(sluice_exchange *x, sluice_error *err)
{
    struct bedrock_work *job = x->job;
    sluice_span id = sl_batch_param(x->call, "file_id");
    sluice_status st;

    if (!sl_span_starts(id, SL_SPAN(FILE_IN)))
        return bedrock_results_content(x, err);
    st = bedrock_job_id(x, id, FILE_IN, &job->name, err);
    if (st >= 0)
        st = bedrock_job_s3(x, "GET", job->bucket, bedrock_file_key(x, job->name), SL_SPAN(""),
                            NULL, err);
    job->steps.next.framing = SLUICE_FRAME_RELAY;
    return st;
}

static sluice_status on_deleted(sluice_exchange *x, sluice_span text, const sluice_sink *sink,
                                sluice_error *err)
{
    struct sl_json_out o = sl_json_out(&x->job->output);

    (void)text;
    sl_json_open(&o, '{');
    sl_json_kv_str(&o, "id", sl_batch_param(x->call, "file_id"));
    sl_json_kv_str(&o, "object", SL_SPAN("file"));
    sl_json_kv_bool(&o, "deleted", true);
    sl_json_close(&o, '}');
    return sl_steps_answer(&x->job->output, sink, err);
}

sluice_status bedrock_files_delete(sluice_exchange *x, sluice_error *err)
{
    struct bedrock_work *job = x->job;
    sluice_span id = sl_batch_param(x->call, "file_id");
    sluice_status st;

    if (!sl_span_starts(id, SL_SPAN(FILE_IN)))
        return sl_fail_param(err, SLUICE_E_INVALID, "unsupported_value", "file_id",
                             "What came of a batch is not deleted from here.");
    st = bedrock_job_id(x, id, FILE_IN, &job->name, err);
    return st < 0 ? st
                  : bedrock_job_s3(x, "DELETE", job->bucket, bedrock_file_key(x, job->name),
                                   SL_SPAN(""), on_deleted, err);
}

/* ---- list ---- */

/* What stands between <tag> and </tag>; S3 nests nothing in these. */
static sluice_span element(sluice_span xml, const char *open)
{
    size_t n = strlen(open);
    sluice_span rest = sl_span_from(xml, sl_span_find(xml, sl_span(open, n)));

    rest = sl_span_from(rest, n);
    return sl_span_head(rest, sl_span_find_char(rest, '<'));
}

static sluice_span name_in_key(sluice_span key)
{
    size_t at = sl_span_find(key, SL_SPAN(FOLDER));

    key = sl_span_from(key, at + sizeof FOLDER - 1);
    return sl_span_ends(key, SL_SPAN(ENDING)) ? sl_span_head(key, key.len - sizeof ENDING + 1)
                                              : SL_SPAN("");
}

static sluice_status on_list(sluice_exchange *x, sluice_span xml, const sluice_sink *sink,
                             sluice_error *err)
{
    bool more = sl_span_eq(element(xml, "<IsTruncated>"), SL_SPAN("true"));
    struct sl_json_out o = sl_json_out(&x->job->output);
    sluice_span rest = xml, first = SL_SPAN(""), last = SL_SPAN("");
    size_t at;

    sl_json_open(&o, '{');
    sl_json_kv_str(&o, "object", SL_SPAN("list"));
    sl_json_key(&o, "data");
    sl_json_open(&o, '[');
    while ((at = sl_span_find(rest, SL_SPAN("<Contents>"))) < rest.len) {
        sluice_span name;
        uint64_t bytes;

        rest = sl_span_from(rest, at + 1);
        name = name_in_key(element(rest, "<Key>"));
        if (!name.len || !sl_span_u64(element(rest, "<Size>"), INT64_MAX, &bytes))
            continue;
        if (write_file(x, &o, name, SL_SPAN(""), (int64_t)bytes) < 0)
            return sl_steps_nomem(err);
        first = first.len ? first : name;
        last = name;
    }
    sl_json_close(&o, ']');
    first = sl_arena_printf(x->arena, "%s%.*s", first.len ? FILE_IN : "", SL_FMT(first));
    last = sl_arena_printf(x->arena, "%s%.*s", last.len ? FILE_IN : "", SL_FMT(last));
    if (!first.ptr || !last.ptr)
        return sl_steps_nomem(err);
    sl_json_kv_str(&o, "first_id", first);
    sl_json_kv_str(&o, "last_id", last);
    sl_json_kv_bool(&o, "has_more", more);
    sl_json_close(&o, '}');
    return sl_steps_answer(&x->job->output, sink, err);
}

sluice_status bedrock_files_list(sluice_exchange *x, sluice_error *err)
{
    struct bedrock_work *job = x->job;
    sluice_span after = sl_batch_param(x->call, "after"), folder, query;
    unsigned limit;
    sluice_status st = bedrock_job_limit(x, &limit, err);

    if (st >= 0 && after.len)
        st = bedrock_job_id(x, after, FILE_IN, &job->name, err);
    if (st < 0)
        return st;
    folder = sl_arena_printf(x->arena, "%.*s" FOLDER, SL_FMT(job->prefix));
    after = after.len ? bedrock_file_key(x, job->name) : SL_SPAN("");
    folder = bedrock_job_encode(x, folder);
    after = bedrock_job_encode(x, after);
    if (!folder.ptr || !after.ptr)
        return sl_steps_nomem(err);
    query = sl_arena_printf(x->arena, "?list-type=2&max-keys=%u&prefix=%.*s%s%.*s", limit,
                            SL_FMT(folder), after.len ? "&start-after=" : "", SL_FMT(after));
    return bedrock_job_s3(x, "GET", job->bucket, SL_SPAN(""), query, on_list, err);
}
