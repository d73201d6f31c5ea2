/* SPDX-License-Identifier: Apache-2.0 */
/*
 * provider.c - Anthropic's Messages API. Chat calls are translated both ways; calls that speak the
 * Messages API already ("messages", "messages.count_tokens") are relayed. This file holds the
 * functions of the ABI in their order; the rest is called from here.
 */
#include <sluice_sdk/pass.h>
#include "answer.h"
#include "class.h"
#include "job.h"

static const char *const operations[] = { "chat.completions",
                                          "chat.completions.extended",
                                          "messages",
                                          "messages.count_tokens",
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
static const char *const origins[] = { "https://api.anthropic.com", NULL };

/* What of a relayed answer is shown to data(): usage, errors, the terminator. */
static const char *const watch[] = { "\"usage\"", "\"error\"", "\"message_stop\"", NULL };

/* The deployment's base, with or without the version and the path of messages. */
sluice_span anthropic_url(sluice_exchange *x, sluice_span path)
{
    sluice_span base = x->call->base_url;

    if (!base.len)
        base = SL_SPAN("https://api.anthropic.com");
    while (base.len && base.ptr[base.len - 1] == '/')
        base.len--;
    if (sl_span_ends(base, SL_SPAN("/v1/messages")))
        base.len -= sizeof "/messages" - 1;
    return sl_arena_printf(x->arena, "%.*s%s%.*s", SL_FMT(base),
                           sl_span_ends(base, SL_SPAN("/v1")) ? "" : "/v1", SL_FMT(path));
}

static sluice_span url_of_messages(sluice_exchange *x)
{
    sluice_span query = x->relay ? x->query : SL_SPAN("");
    sluice_span path =
        sl_arena_printf(x->arena, "/messages%s%s%.*s", x->count_only ? "/count_tokens" : "",
                        query.len ? "?" : "", SL_FMT(query));

    return path.ptr ? anthropic_url(x, path) : path;
}

static sluice_span caller_header(const sluice_call *call, const char *name)
{
    for (size_t i = 0; i < call->n_headers; i++)
        if (sl_span_ieq(call->headers[i].name, sl_span_str(name)))
            return call->headers[i].value;
    return SL_SPAN("");
}

/* The members as they go out: where others serve the model, it is in the URL and the version here.
 */
static sluice_status relay_members(sluice_exchange *x, const sluice_header **out, size_t *n)
{
    const sluice_call *call = x->call;
    sluice_header *members = sl_alloc(x->arena, (call->n_members + 1) * sizeof *members);
    sluice_span version = x->self->version_in_body;

    *out = call->members;
    *n = call->n_members;
    if (!version.len)
        return SLUICE_OK;
    if (!members)
        return SLUICE_E_NOMEM;
    *n = 0;
    members[*n].name = SL_SPAN("anthropic_version");
    members[*n].value = sl_arena_printf(x->arena, "\"%.*s\"", SL_FMT(version));
    if (!members[(*n)++].value.ptr)
        return SLUICE_E_NOMEM;
    for (size_t i = 0; i < call->n_members; i++)
        if (!sl_span_eq(call->members[i].name, SL_SPAN("anthropic_version")) &&
            (x->count_only || !sl_span_eq(call->members[i].name, SL_SPAN("model"))))
            members[(*n)++] = call->members[i];
    *out = members;
    return SLUICE_OK;
}

static sluice_status relay(sluice_exchange *x, struct anthropic_betas *betas, sluice_error *err)
{
    const sluice_call *call = x->call;
    const sluice_header *members;
    sluice_span *spans;
    sluice_part *parts;
    size_t n_members;
    sluice_status st = relay_members(x, &members, &n_members);

    if (st >= 0)
        st = sl_json_join(call->body, members, n_members, x->arena, &spans, &x->n_parts);
    if (st < 0)
        return sl_fail(err, st, "out of memory writing the request");
    parts = sl_alloc(x->arena, (x->n_parts + 1) * sizeof *parts);
    if (!parts)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory writing the request");
    for (size_t i = 0; i < x->n_parts; i++)
        parts[i] = (sluice_part){ SLUICE_PART_BYTES, SLUICE_FORM_RAW, spans[i] };
    x->parts = parts;
    for (size_t i = 0; i < call->n_members; i++)
        anthropic_betas_of_member(betas, call->members[i].name);
    return SLUICE_OK;
}

sluice_status anthropic_write_headers(sluice_exchange *x, struct anthropic_betas *betas)
{
    sluice_span version = caller_header(x->call, "anthropic-version"), list;
    sluice_status st;

    if (!x->relay || !version.len)
        version = x->self->api_version;
    if (x->self->version_in_body.len)
        version = SL_SPAN("");
    if (x->call->credential == SLUICE_CRED_TOKEN && !x->self->version_in_body.len)
        anthropic_betas_add(betas, SL_SPAN("oauth-2025-04-20"));
    st = anthropic_betas_join(betas, x->arena, &list);
    x->headers[x->n_headers++] =
        (sluice_header){ SL_SPAN("content-type"), SL_SPAN("application/json") };
    if (version.len)
        x->headers[x->n_headers++] = (sluice_header){ SL_SPAN("anthropic-version"), version };
    if (list.len)
        x->headers[x->n_headers++] = (sluice_header){ SL_SPAN("anthropic-beta"), list };
    return st;
}

static void close_exchange(sluice_exchange *x)
{
    if (x->job)
        anthropic_job_close(x);
    sl_parts_finish(&x->body);
    anthropic_answer_close(&x->answer);
}

static sluice_status begin(sluice_provider *self, const sluice_call *call, sluice_arena *arena,
                           sluice_exchange **out, sluice_error *err)
{
    sluice_exchange *x = sl_alloc0(arena, sizeof *x);
    struct anthropic_betas betas = { .n = 0 };
    sluice_status st;

    if (!x)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory");
    x->self = self;
    x->call = call;
    x->query = SLUICE_HAS(call, sluice_call, query) ? call->query : SL_SPAN("");
    x->arena = arena;
    x->count_only = sl_span_eq(call->operation, SL_SPAN("messages.count_tokens"));
    x->relay = x->count_only || sl_span_eq(call->operation, SL_SPAN("messages"));
    x->framing = x->relay                           ? SLUICE_FRAME_RELAY
                 : call->flags & SLUICE_CALL_STREAM ? SLUICE_FRAME_SSE
                                                    : SLUICE_FRAME_WHOLE;
    anthropic_answer_init(&x->answer);
    sl_parts_init(&x->body, arena);
    if (anthropic_job_is(call->operation)) {
        st = anthropic_job_begin(x, err);
        goto out;
    }
    anthropic_betas_add(&betas, self->betas);
    anthropic_betas_add(&betas, caller_header(call, "anthropic-beta"));
    st = x->relay ? relay(x, &betas, err) : anthropic_request(x, &betas, err);
    if (st >= 0 && (anthropic_write_headers(x, &betas) < 0 || !(x->url = url_of_messages(x)).ptr))
        st = sl_fail(err, SLUICE_E_NOMEM, "out of memory writing the request");
out:
    if (st < 0)
        close_exchange(x);
    else
        *out = x;
    return st < 0 ? st : SLUICE_OK;
}

static sluice_status request(sluice_exchange *x, sluice_http_request *out, sluice_error *err)
{
    (void)err;
    if (x->job) {
        *out = x->job->steps.next;
        return SLUICE_OK;
    }
    sl_auth_key(x->call, "x-api-key", out);
    out->framing = x->framing;
    out->url = x->url;
    out->body = x->parts;
    out->n_body = x->n_parts;
    out->headers = x->headers;
    out->n_headers = x->n_headers;
    out->watch = x->relay ? watch : NULL;
    return SLUICE_OK;
}

static sluice_status head(sluice_exchange *x, const sluice_http_head *h, uint32_t *framing,
                          sluice_error *err)
{
    sluice_span retry_after = SL_SPAN("");
    bool stream = false, json = false;

    (void)err;
    x->http_status = h->status;
    for (size_t i = 0; i < h->n_headers; i++) {
        const sluice_header *f = &h->headers[i];

        if (sl_span_eq(f->name, SL_SPAN("retry-after")))
            retry_after = f->value;
        else if (sl_span_eq(f->name, SL_SPAN("content-type"))) {
            stream = sl_span_ieq(sl_span_head(f->value, 17), SL_SPAN("text/event-stream"));
            json = sl_span_ieq(sl_span_head(f->value, 16), SL_SPAN("application/json"));
        }
    }
    if (h->status >= 400)
        anthropic_failure_http(&x->failure, h->status, SL_SPAN(""), retry_after, x->arena);
    else if (x->job)
        return SLUICE_OK;
    else if (!x->relay && x->framing == SLUICE_FRAME_SSE && json)
        *framing = x->framing = SLUICE_FRAME_WHOLE; /* a proxy that does not stream */
    else if (!x->relay && x->framing == SLUICE_FRAME_WHOLE && stream)
        *framing = x->framing = SLUICE_FRAME_SSE;
    return SLUICE_OK;
}

static sluice_status data(sluice_exchange *x, const sluice_frame *frame, const sluice_sink *sink,
                          sluice_error *err)
{
    if (x->job)
        return anthropic_job_data(x, frame->data, sink, err);
    if (x->http_status >= 400) {
        uint32_t retry_after_ms = x->failure.retry_after_ms;

        anthropic_failure_http(&x->failure, x->http_status, frame->data, SL_SPAN(""),
                               sink->scratch);
        x->failure.retry_after_ms = retry_after_ms;
        return SLUICE_OK;
    }
    if (x->relay)
        return anthropic_relayed(x, frame, sink, err);
    if (x->framing == SLUICE_FRAME_SSE)
        return anthropic_event(x, frame, sink, err);
    return anthropic_whole(x, frame, sink, err);
}

static sluice_status end(sluice_exchange *x, const sluice_sink *sink, sluice_error *err)
{
    if (x->job)
        return anthropic_job_end(x, sink, err);
    if (x->http_status >= 400)
        return sl_verdict_report(&x->failure, err);
    /* a relayed stream is judged only if we were shown its beginning */
    if (x->answer.stopped || (x->relay && !x->answer.started))
        return SLUICE_OK;
    return sl_chat_truncated(err);
}

/* ---- the vendor's own API, as it is ---- */

SL_PASS_KEY(pass_auth, "https://api.anthropic.com", "x-api-key")
SL_PASS_AROUND(begin, request, head, data, end, close_exchange, pass_auth)

const sluice_provider_class anthropic_provider_class = {
    .struct_size = sizeof anthropic_provider_class,
    .operations = operations,
    .config_schema = anthropic_config_schema,
    .origins = origins,
    .create = anthropic_create,
    .destroy = anthropic_destroy,
    SL_PASS_CLASS,
};
