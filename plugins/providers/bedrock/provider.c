/* SPDX-License-Identifier: Apache-2.0 */
/*
 * provider.c - Amazon Bedrock. Chat calls go through Converse and ConverseStream; vectors and
 * pictures through InvokeModel; files and batches by job.h; calls that speak Converse or a model's
 * own protocol already
 * ("converse", "invoke") are relayed. This file holds the functions of the ABI in their order.
 */
#include <sluice_sdk/pass.h>
#include <sluice_sdk/plugin.h>
#include "answer.h"
#include "job.h"

static const char *const operations[] = { "chat.completions",
                                          "chat.completions.extended",
                                          "embeddings",
                                          "images.generations",
                                          "converse",
                                          "invoke",
                                          "files.create",
                                          "files.list",
                                          "files.retrieve",
                                          "files.delete",
                                          "files.content",
                                          "batches.create",
                                          "batches.list",
                                          "batches.retrieve",
                                          "batches.cancel",
                                          "passthrough",
                                          NULL };

/* A service in each of the partitions. */
#define EVERYWHERE(service)                                                                        \
    "https://" service ".*.amazonaws.com", "https://" service ".*.amazonaws.com.cn",               \
        "https://" service ".*.c2s.ic.gov", "https://" service ".*.sc2s.sgov.gov",                 \
        "https://" service ".*.amazonaws.eu"

static const char *const origins[] = { EVERYWHERE("bedrock-runtime"), EVERYWHERE("bedrock"),
                                       EVERYWHERE("s3"), NULL };

/* What of a relayed answer is shown to data(): usage, the end, exceptions. */
static const char *const watch[] = { "\"usage\"", "\"stopReason\"", "xception", NULL };

static bool is(sluice_span text, const char *word)
{
    return sl_span_eq(text, sl_span_str(word));
}

/* The members as they came; the model stands in the path, and the path says whether it streams. */
static sluice_status relay(sluice_exchange *x, sluice_error *err)
{
    const sluice_call *call = x->call;
    sluice_header *members = sl_alloc(x->arena, (call->n_members + 1) * sizeof *members);
    sluice_span *spans;
    sluice_part *parts;
    size_t n = 0;

    x->action = is(call->operation, "invoke") ? x->stream ? "invoke-with-response-stream" : "invoke"
                : x->stream                   ? "converse-stream"
                                              : "converse";
    for (size_t i = 0; members && i < call->n_members; i++)
        if (!is(call->members[i].name, "model") && !is(call->members[i].name, "stream"))
            members[n++] = call->members[i];
    if (!members || sl_json_join(call->body, members, n, x->arena, &spans, &x->n_parts) < 0)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory writing the request");
    parts = sl_alloc(x->arena, (x->n_parts + 1) * sizeof *parts);
    if (!parts)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory writing the request");
    for (size_t i = 0; i < x->n_parts; i++)
        parts[i] = (sluice_part){ SLUICE_PART_BYTES, SLUICE_FORM_RAW, spans[i] };
    x->parts = parts;
    return SLUICE_OK;
}

static bool from_bucket(sluice_span url)
{
    return sl_span_starts(url, SL_SPAN("s3:"));
}

static sluice_status begin_chat(sluice_exchange *x, sluice_error *err)
{
    sluice_status st;

    if (x->family->job != JOB_CHAT)
        return sl_fail_param(err, SLUICE_E_INVALID, "unsupported_value", "model",
                             "This model does not chat.");
    x->action = x->stream ? "converse-stream" : "converse";
    x->framing = x->stream ? SLUICE_FRAME_U32 : SLUICE_FRAME_WHOLE;
    st = sl_fetch_scan(&x->fetch, x->call, from_bucket, err);
    if (st < 0 || sl_fetch_pending(&x->fetch))
        return st; /* translated when the images that it refers to are here */
    return bedrock_request(x, err);
}

static sluice_status begin_job(sluice_exchange *x, sluice_error *err)
{
    sluice_span operation = x->call->operation;
    enum bedrock_job job = x->family->job;
    bool draws = job == JOB_CANVAS || job == JOB_STABILITY;

    x->framing = SLUICE_FRAME_WHOLE;
    if (x->relay) {
        x->framing = SLUICE_FRAME_RELAY;
        return relay(x, err);
    }
    if (is(operation, "embeddings") && job != JOB_CHAT && !draws)
        return bedrock_embed_begin(x, err);
    if (is(operation, "images.generations") && draws)
        return bedrock_image_begin(x, err);
    if (is(operation, "embeddings") || is(operation, "images.generations"))
        return sl_fail_param(err, SLUICE_E_INVALID, "unsupported_value", "model",
                             "This model makes no %s.",
                             is(operation, "embeddings") ? "vectors" : "pictures");
    return begin_chat(x, err);
}

static void close_exchange(sluice_exchange *x)
{
    if (x->job)
        bedrock_job_close(x);
    sl_parts_finish(&x->body);
    sl_buf_finish(&x->series.out);
    sl_fetch_finish(&x->fetch);
    bedrock_answer_close(&x->answer);
}

static sluice_status begin(sluice_provider *self, const sluice_call *call, sluice_arena *arena,
                           sluice_exchange **out, sluice_error *err)
{
    sluice_exchange *x = sl_alloc0(arena, sizeof *x);
    sluice_status st;

    if (!x)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory");
    x->self = self;
    x->call = call;
    x->arena = arena;
    x->stream = call->flags & SLUICE_CALL_STREAM;
    x->relay = is(call->operation, "converse") || is(call->operation, "invoke");
    bedrock_answer_init(&x->answer);
    sl_parts_init(&x->body, arena);
    sl_fetch_init(&x->fetch, arena);
    st = bedrock_target(self, call, arena, &x->target);
    if (st < 0) {
        sl_fail(err, st, "out of memory");
    } else {
        x->family = bedrock_family(x->target.family);
        st = bedrock_job_is(call->operation) ? bedrock_job_begin(x, err) : begin_job(x, err);
    }
    if (st < 0)
        close_exchange(x);
    else
        *out = x;
    return st < 0 ? st : SLUICE_OK;
}

static sluice_status request(sluice_exchange *x, sluice_http_request *out, sluice_error *err)
{
    static const sluice_header headers[] = {
        { SL_SPAN("content-type"), SL_SPAN("application/json") },
        { SL_SPAN("accept"), SL_SPAN("application/json") },
    };
    const struct bedrock_target *t = &x->target;
    sluice_status st;

    if (x->job) {
        *out = x->job->steps.next;
        return SLUICE_OK;
    }
    if (sl_fetch_pending(&x->fetch))
        return sl_fetch_request(&x->fetch, out, err);
    st = bedrock_url(x->call, t, x->action, x->arena, &out->url, err);
    if (st < 0)
        return st;
    if (x->call->credential == SLUICE_CRED_AWS) {
        out->auth = SLUICE_AUTH_SIGV4;
        out->auth_param = sl_arena_printf(x->arena, "aws:amz:%.*s:bedrock", SL_FMT(t->region));
        if (!out->auth_param.ptr)
            return sl_fail(err, SLUICE_E_NOMEM, "out of memory writing the request");
    } else if (x->call->credential != SLUICE_CRED_NONE) {
        out->auth = SLUICE_AUTH_BEARER;
    }
    out->framing = x->framing;
    out->body = x->parts;
    out->n_body = x->n_parts;
    out->headers = headers;
    out->n_headers = !strcmp(x->action, "invoke") ? 2 : 1; /* streams are of another type */
    out->watch = x->relay ? watch : NULL;
    return SLUICE_OK;
}

static sluice_span keep(sluice_exchange *x, sluice_span text)
{
    return sl_arena_dup(x->arena, text);
}

static sluice_status head(sluice_exchange *x, const sluice_http_head *h, uint32_t *framing,
                          sluice_error *err)
{
    const struct {
        const char *name;
        sluice_span *out;
    } wanted[] = {
        { "x-amzn-requestid", &x->request_id },
        { "x-amzn-errortype", &x->error_type },
        { "x-amzn-bedrock-input-token-count", &x->tokens_in },
    };
    bool json = false;

    if (sl_fetch_pending(&x->fetch))
        return sl_fetch_head(&x->fetch, h, err);
    x->http_status = h->status;
    if (x->job && bedrock_job_head(x, h) < 0)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory");
    for (size_t i = 0; i < h->n_headers; i++) {
        const sluice_header *f = &h->headers[i];

        if (is(f->name, "content-type"))
            json = sl_span_ieq(sl_span_head(f->value, 16), SL_SPAN("application/json"));
        for (size_t k = 0; k < sizeof wanted / sizeof *wanted; k++)
            if (is(f->name, wanted[k].name) && !(*wanted[k].out = keep(x, f->value)).ptr)
                return sl_fail(err, SLUICE_E_NOMEM, "out of memory");
    }
    if (h->status >= 400)
        bedrock_failure_http(&x->failure, h->status, x->error_type, SL_SPAN(""), x->arena);
    else if (x->framing == SLUICE_FRAME_U32 && json)
        *framing = x->framing = SLUICE_FRAME_WHOLE; /* an answer in one piece, or a failure */
    return SLUICE_OK;
}

static sluice_status invoked(sluice_exchange *x, const sluice_frame *frame, const sluice_sink *sink,
                             sluice_error *err)
{
    struct sl_json_error e;

    if (sl_json_type(sl_span_trim(frame->data)) != SL_JSON_OBJECT ||
        sl_json_validate(frame->data, &e) < 0)
        return sl_fail(err, SLUICE_E_UPSTREAM, "The provider's answer is no JSON object.");
    if (is(x->call->operation, "embeddings"))
        return bedrock_embed_answer(x, frame->data, err);
    return bedrock_image_answer(x, frame->data, sink, err);
}

/* Shown to the client as it is; only what it consumed is ours to know. */
static sluice_status relayed(const sluice_frame *frame, const sluice_sink *sink)
{
    struct sl_json_error e;

    if (sl_json_type(sl_span_trim(frame->data)) == SL_JSON_OBJECT &&
        sl_json_validate(frame->data, &e) >= 0)
        bedrock_usage(sink, sl_json_find(frame->data, "usage"));
    return SLUICE_OK;
}

static sluice_status data(sluice_exchange *x, const sluice_frame *frame, const sluice_sink *sink,
                          sluice_error *err)
{
    if (x->job)
        return bedrock_job_data(x, frame->data, sink, err);
    if (sl_fetch_pending(&x->fetch))
        return sl_fetch_data(&x->fetch, frame, err);
    if (x->http_status >= 400) {
        bedrock_failure_http(&x->failure, x->http_status, x->error_type, frame->data,
                             sink->scratch);
        return SLUICE_OK;
    }
    if (x->relay)
        return relayed(frame, sink);
    if (!strcmp(x->action, "invoke"))
        return invoked(x, frame, sink, err);
    if (x->framing == SLUICE_FRAME_U32)
        return bedrock_event(x, frame, sink, err);
    return bedrock_whole(x, frame, sink, err);
}

static sluice_status end(sluice_exchange *x, const sluice_sink *sink, sluice_error *err)
{
    sluice_status st;

    if (x->job)
        return bedrock_job_end(x, sink, err);
    if (sl_fetch_pending(&x->fetch)) {
        st = sl_fetch_end(&x->fetch, err);
        if (st >= 0 && !sl_fetch_pending(&x->fetch))
            st = bedrock_request(x, err);
        return st < 0 ? st : SLUICE_MORE;
    }
    if (x->http_status >= 400)
        return sl_verdict_report(&x->failure, err);
    if (x->relay || is(x->call->operation, "images.generations"))
        return SLUICE_OK;
    if (is(x->call->operation, "embeddings"))
        return bedrock_embed_end(x, sink, err);
    if (!x->answer.stopped || !x->answer.ended)
        return sl_chat_truncated(err);
    return bedrock_answer_finish(x, sink);
}

/* ---- the vendor's own API, as it is ---- */

/* The runtime's address of the deployment's region, less what is behind it. */
static sluice_status pass_auth(sluice_provider *self, const sluice_call *call, sluice_arena *arena,
                               sluice_span *base, sluice_http_request *out, sluice_error *err)
{
    struct bedrock_target target;
    sluice_call any = *call;
    sluice_status st;

    any.model = SL_SPAN("m");
    st = bedrock_target(self, &any, arena, &target);
    if (st >= 0)
        st = bedrock_url(&any, &target, "", arena, base, err);
    if (st < 0)
        return st;
    base->len = sl_span_find(*base, SL_SPAN("/model/m/"));
    if (call->credential == SLUICE_CRED_AWS) {
        out->auth = SLUICE_AUTH_SIGV4;
        out->auth_param = sl_arena_printf(arena, "aws:amz:%.*s:bedrock", SL_FMT(target.region));
        if (!out->auth_param.ptr)
            return sl_fail(err, SLUICE_E_NOMEM, "out of memory writing the request");
    } else if (call->credential != SLUICE_CRED_NONE) {
        out->auth = SLUICE_AUTH_BEARER;
    }
    return SLUICE_OK;
}

SL_PASS_AROUND(begin, request, head, data, end, close_exchange, pass_auth)

const sluice_provider_class bedrock_class = {
    .struct_size = sizeof bedrock_class,
    .operations = operations,
    .config_schema = bedrock_config_schema,
    .origins = origins,
    .create = bedrock_create,
    .destroy = bedrock_destroy,
    SL_PASS_CLASS,
};

SL_PLUGIN(bedrock, "bedrock", "0.1.0", "sluice",
          "Amazon Bedrock: Converse, embeddings, images, batches", SLUICE_PROVIDER_ID,
          &bedrock_class)
