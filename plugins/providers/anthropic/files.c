/* SPDX-License-Identifier: Apache-2.0 */
/* files.c - files: those of batches in the host's store, a line that describes them in front; all
 * others in the vendor's Files API. */
#include <sluice_sdk/clock.h>
#include <sluice_sdk/form.h>
#include "answer.h"
#include "job.h"

#define PURPOSE "messages" /* of all files that are the vendor's */

static sluice_span file_id(const sluice_exchange *x)
{
    return sl_batch_param(x->call, "file_id");
}

static bool is(sluice_span id, const char *prefix)
{
    return sl_span_starts(id, sl_span_str(prefix));
}

static sluice_status answer_file(sluice_exchange *x, const struct sl_batch_file *f,
                                 const sluice_sink *sink, sluice_error *err)
{
    struct sl_json_out o = sl_json_out(&x->job->output);

    sl_batch_write_file(&o, f);
    return sl_steps_answer(&x->job->output, sink, err);
}

static sluice_status answer_deleted(sluice_exchange *x, const sluice_sink *sink, sluice_error *err)
{
    struct sl_json_out o = sl_json_out(&x->job->output);

    sl_json_open(&o, '{');
    sl_json_kv_str(&o, "id", file_id(x));
    sl_json_kv_str(&o, "object", SL_SPAN("file"));
    sl_json_kv_bool(&o, "deleted", true);
    sl_json_close(&o, '}');
    return sl_steps_answer(&x->job->output, sink, err);
}

/* ---- as the vendor describes them ---- */

static sluice_status read_file(sluice_exchange *x, sluice_span object, struct sl_batch_file *out)
{
    sluice_span created = sl_chat_member(object, "created_at");

    *out = (struct sl_batch_file){ .purpose = PURPOSE, .created_at = sl_unix_of(created) };
    sl_json_i64(sl_json_find(object, "size_bytes"), &out->bytes);
    out->id = sl_chat_member(object, "id");
    return sl_json_string(sl_json_find(object, "filename"), x->arena, &out->filename)
               ? SLUICE_OK
               : SLUICE_E_UPSTREAM;
}

static sluice_status odd(sluice_error *err)
{
    return sl_fail(err, SLUICE_E_UPSTREAM, "The provider describes no file.");
}

static sluice_status on_file(sluice_exchange *x, sluice_span text, const sluice_sink *sink,
                             sluice_error *err)
{
    struct sl_batch_file f;
    struct sl_json_error e;

    if (sl_json_type(sl_span_trim(text)) != SL_JSON_OBJECT || sl_json_validate(text, &e) < 0 ||
        read_file(x, text, &f) < 0)
        return odd(err);
    return answer_file(x, &f, sink, err);
}

static sluice_status on_list(sluice_exchange *x, sluice_span text, const sluice_sink *sink,
                             sluice_error *err)
{
    struct sl_json_out o = sl_json_out(&x->job->output);
    struct sl_json_iter it = { .started = false };
    sluice_span data, name, object;
    struct sl_json_error e;

    if (sl_json_validate(text, &e) < 0 ||
        sl_json_type(data = sl_json_find(text, "data")) != SL_JSON_ARRAY)
        return odd(err);
    sl_json_open(&o, '{');
    sl_json_kv_str(&o, "object", SL_SPAN("list"));
    sl_json_key(&o, "data");
    sl_json_open(&o, '[');
    while (sl_json_next(&it, data, &name, &object)) {
        struct sl_batch_file f;

        if (sl_json_type(object) == SL_JSON_OBJECT && read_file(x, object, &f) >= 0)
            sl_batch_write_file(&o, &f);
    }
    sl_json_close(&o, ']');
    sl_json_kv_str(&o, "first_id", sl_chat_member(text, "first_id"));
    sl_json_kv_str(&o, "last_id", sl_chat_member(text, "last_id"));
    sl_json_kv_bool(&o, "has_more", sl_json_is_true(sl_json_find(text, "has_more")));
    sl_json_close(&o, '}');
    return sl_steps_answer(&x->job->output, sink, err);
}

static sluice_status on_deleted(sluice_exchange *x, sluice_span text, const sluice_sink *sink,
                                sluice_error *err)
{
    (void)text;
    return answer_deleted(x, sink, err);
}

/* ---- those of batches ---- */

static sluice_status on_kept(sluice_exchange *x, sluice_span text, const sluice_sink *sink,
                             sluice_error *err)
{
    (void)text;
    (void)err;
    return sink->whole(sink, &x->job->meta, 1);
}

/* What describes it ends with the first line. */
static sluice_status on_kept_meta(sluice_exchange *x, sluice_span text, const sluice_sink *sink,
                                  sluice_error *err)
{
    sluice_span meta = sl_span_head(text, sl_span_find_char(text, '\n'));

    (void)x;
    (void)err;
    return sink->whole(sink, &meta, 1);
}

static sluice_status on_kept_content(sluice_exchange *x, sluice_span text, const sluice_sink *sink,
                                     sluice_error *err)
{
    (void)x;
    (void)err;
    return sink->bytes(sink, SL_SPAN("application/octet-stream"),
                       sl_span_from(text, sl_span_find_char(text, '\n') + 1));
}

static sluice_status keep(sluice_exchange *x, const struct sl_form_part *part, sluice_error *err)
{
    const sluice_host *host = x->self->host;
    struct sl_json_out o = sl_json_out(&x->job->output);
    struct sl_batch_file f = { .filename = part->filename,
                               .purpose = "batch",
                               .bytes = (int64_t)part->data.len,
                               .created_at = host->unix_ms(host) / 1000 };
    sluice_span pieces[3];
    sluice_status st;

    if (!sl_span_trim(part->data).len)
        return sl_fail_param(err, SLUICE_E_INVALID, "empty_file", "file", "The file is empty.");
    f.id =
        sl_arena_printf(x->arena, FILE_IN "%016llx%016llx", (unsigned long long)host->random(host),
                        (unsigned long long)host->random(host));
    sl_batch_write_file(&o, &f);
    x->job->meta = sl_buf_ok(&x->job->output) ? sl_arena_dup(x->arena, sl_buf_span(&x->job->output))
                                              : sl_span(NULL, 0);
    if (!f.id.ptr || !x->job->meta.ptr)
        return sl_steps_nomem(err);
    pieces[0] = x->job->meta;
    pieces[1] = SL_SPAN("\n");
    pieces[2] = part->data;
    st = anthropic_job_store(x, "PUT", f.id, on_kept, err);
    return st < 0 ? st : sl_steps_body(&x->job->steps, pieces, 3, err);
}

/* ---- the operations ---- */

sluice_status anthropic_files_create(sluice_exchange *x, sluice_error *err)
{
    sluice_span purpose = SL_SPAN(""), boundary, pieces[4];
    struct sl_form_part part;
    sluice_status st = sl_batch_file_part(x->call, &part, err);

    if (st < 0)
        return st;
    sl_json_raw_string(sl_batch_member(x->call, "purpose"), &purpose);
    if (!purpose.len)
        return sl_fail_param(err, SLUICE_E_INVALID, "missing_required_parameter", "purpose",
                             "A purpose is missing.");
    if (sl_span_eq(purpose, SL_SPAN("batch")))
        return keep(x, &part, err);
    if (!sl_form_boundary(x->call->content_type, &boundary))
        return SLUICE_E_INTERNAL; /* or there would be no part */
    pieces[0] = part.whole;
    pieces[1] = SL_SPAN("--");
    pieces[2] = boundary;
    pieces[3] = SL_SPAN("--\r\n");
    st = anthropic_job_ask(x, "POST", SL_SPAN("/files"), x->call->content_type, on_file, err);
    return st < 0 ? st : sl_steps_body(&x->job->steps, pieces, 4, err);
}

sluice_status anthropic_files_list(sluice_exchange *x, sluice_error *err)
{
    sluice_span path;
    sluice_status st = anthropic_job_list_path(x, "/files", &path, err);

    return st < 0 ? st : anthropic_job_ask(x, "GET", path, SL_SPAN(""), on_list, err);
}

sluice_status anthropic_files_retrieve(sluice_exchange *x, sluice_error *err)
{
    sluice_span id = file_id(x);

    if (is(id, FILE_IN))
        return anthropic_job_store(x, "GET", id, on_kept_meta, err);
    if (is(id, FILE_OUT) || is(id, FILE_ERR))
        return anthropic_batch_as_file(x, err);
    return anthropic_job_ask(x, "GET", anthropic_job_path(x, "/files", id, ""), SL_SPAN(""),
                             on_file, err);
}

sluice_status anthropic_files_delete(sluice_exchange *x, sluice_error *err)
{
    sluice_span id = file_id(x);

    if (is(id, FILE_IN))
        return anthropic_job_store(x, "DELETE", id, on_deleted, err);
    if (is(id, FILE_OUT) || is(id, FILE_ERR))
        return sl_fail_param(err, SLUICE_E_INVALID, "unsupported_value", "file_id",
                             "What came of a batch stays with it and goes when the provider drops "
                             "the batch.");
    return anthropic_job_ask(x, "DELETE", anthropic_job_path(x, "/files", id, ""), SL_SPAN(""),
                             on_deleted, err);
}

sluice_status anthropic_files_content(sluice_exchange *x, sluice_error *err)
{
    sluice_span id = file_id(x);
    sluice_status st;

    if (is(id, FILE_IN))
        return anthropic_job_store(x, "GET", id, on_kept_content, err);
    if (is(id, FILE_OUT) || is(id, FILE_ERR))
        return anthropic_batch_results(x, err);
    st = anthropic_job_ask(x, "GET", anthropic_job_path(x, "/files", id, "/content"), SL_SPAN(""),
                           NULL, err);
    x->job->steps.next.framing = SLUICE_FRAME_RELAY;
    return st;
}
