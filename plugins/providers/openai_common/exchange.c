/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange.c - one attempt at a vendor that speaks OpenAI's format: what is asked of it, and how.
 * Requests are edited by span (request.c). What comes back: exchange_answer.c.
 */
#include "exchange.h"

#include <sluice_sdk/pass.h>
#include <sluice_sdk/span.h>
#include <sluice_sdk/status.h>

const char *const oc_operations[] = {
    "chat.completions",
    "completions",
    "embeddings",
    "responses",
    "responses.retrieve",
    "responses.delete",
    "responses.cancel",
    "responses.input_items",
    "moderations",
    "rerank",
    "images.generations",
    "images.edits",
    "images.variations",
    "audio.speech",
    "audio.transcriptions",
    "audio.translations",
    "files.create",
    "files.list",
    "files.retrieve",
    "files.delete",
    "files.content",
    "batches.create",
    "batches.list",
    "batches.retrieve",
    "batches.cancel",
    "models.list",
    "realtime",
    "passthrough",
    SLUICE_OPERATION_BODY_STREAM,
    NULL,
};

sluice_status oc_accepts(const struct vendor *v, sluice_span operation, sluice_span model)
{
    bool chat = sl_span_eq(operation, SL_SPAN("chat.completions")) ||
                sl_span_eq(operation, SL_SPAN("chat.completions.extended"));

    return oc_pairs_get(&v->operations, operation).ptr ||
                   sl_span_eq(operation, SL_SPAN("passthrough")) ||
                   sl_span_eq(operation, SL_SPAN(SLUICE_OPERATION_BODY_STREAM)) ||
                   (chat && oc_by_responses(v, model))
               ? SLUICE_OK
               : SLUICE_E_UNSUPPORTED;
}

static bool is_socket(sluice_span operation)
{
    return sl_span_eq(operation, SL_SPAN("realtime"));
}

/* Those that are no POST. */
static sluice_span method_of(sluice_span operation)
{
    static const char *const get[] = { ".retrieve", ".list", ".content", ".input_items" };

    if (is_socket(operation))
        return SL_SPAN("GET");
    for (size_t i = 0; i < sizeof get / sizeof *get; i++)
        if (sl_span_ends(operation, sl_span_str(get[i])))
            return SL_SPAN("GET");
    return sl_span_ends(operation, SL_SPAN(".delete")) ? SL_SPAN("DELETE") : SL_SPAN("POST");
}

static sluice_status choose_auth(struct oc_exchange *x, sluice_error *err)
{
    const struct vendor *v = x->vendor;

    if (v->auth == AUTH_NONE)
        return SLUICE_OK;
    if (x->call->credential == SLUICE_CRED_NONE) {
        /* A server of one's own often wants no key; the vendor's does. */
        if (v->key_optional || !oc_own_base(v, x->call) || !v->key_env.len)
            return SLUICE_OK;
        sl_fail_param(err, SLUICE_E_AUTH, "invalid_api_key", "api_key",
                      "no key for %.*s: set api_key, or the variable %.*s", SL_FMT(v->id),
                      SL_FMT(v->key_env));
        if (err)
            err->http_status = 401;
        return SLUICE_E_AUTH;
    }
    x->auth = x->call->credential == SLUICE_CRED_TOKEN || v->auth == AUTH_BEARER
                  ? SLUICE_AUTH_BEARER
              : v->auth == AUTH_HEADER ? SLUICE_AUTH_HEADER
                                       : SLUICE_AUTH_QUERY;
    return SLUICE_OK;
}

static sluice_status write_headers(struct oc_exchange *x, sluice_error *err)
{
    size_t n = 0, most = oc_headers_most(x->vendor) + x->call->n_headers + 1;

    x->headers = sl_alloc(x->mem, most * sizeof *x->headers);
    if (!x->headers)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory preparing a request");
    if (x->n_body)
        x->headers[n++] =
            (sluice_header){ SL_SPAN("content-type"), x->call->content_type.len
                                                          ? x->call->content_type
                                                          : SL_SPAN("application/json") };
    n += oc_headers(x->vendor, x->call, x->headers + n);
    for (size_t i = 0; i < x->call->n_headers; i++)
        if (!sl_span_ieq(x->call->headers[i].name, SL_SPAN("content-type")))
            x->headers[n++] = x->call->headers[i];
    x->n_headers = n;
    return SLUICE_OK;
}

static bool wants_base64(const sluice_call *call)
{
    sluice_span inside;

    for (size_t i = 0; i < call->n_members; i++)
        if (sl_span_eq(call->members[i].name, SL_SPAN("encoding_format")))
            return sl_json_raw_string(call->members[i].value, &inside) &&
                   sl_span_eq(inside, SL_SPAN("base64"));
    return false;
}

static void choose_framing(struct oc_exchange *x)
{
    const struct vendor *v = x->vendor;
    bool embeddings = sl_span_eq(x->call->operation, SL_SPAN("embeddings"));

    x->chat = sl_span_eq(x->call->operation, SL_SPAN("chat.completions")) || x->by;
    /* A server at an address of the user's own is anybody's, and many know no base64. */
    x->base64 = embeddings && ((v->normalize & NORMAL_EMBEDDINGS) || !oc_own_base(v, x->call)) &&
                wants_base64(x->call);
    x->state.stream = x->call->flags & SLUICE_CALL_STREAM;
    x->asked = SLUICE_FRAME_RELAY;
    if (x->by)
        x->asked = x->state.stream ? SLUICE_FRAME_SSE : SLUICE_FRAME_WHOLE;
    else if (x->base64)
        x->asked = SLUICE_FRAME_WHOLE;
    else if (x->chat && (v->normalize & ~NORMAL_EMBEDDINGS))
        x->asked = x->state.stream ? SLUICE_FRAME_SSE : SLUICE_FRAME_WHOLE;
    x->framing = x->asked;
}

static sluice_status begin_by_responses(struct oc_exchange *x, sluice_error *err)
{
    sluice_status st;

    x->by = sl_alloc(x->mem, sizeof *x->by);
    if (!x->by)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory beginning a call");
    st = oc_responses_begin(x->by, x->host, x->vendor, x->call, x->mem, err);
    x->call = &x->by->call;
    x->body = x->by->parts;
    x->n_body = x->by->n_parts;
    return st;
}

sluice_status oc_begin(struct oc_exchange *x, const sluice_host *host, const struct vendor *v,
                       const sluice_call *call, sluice_arena *arena, sluice_error *err)
{
    sluice_status st;

    *x = (struct oc_exchange){ .host = host, .vendor = v, .call = call, .mem = arena };
    x->pass = sl_pass_is(call);
    if (x->pass) {
        x->asked = x->framing = SLUICE_FRAME_RELAY;
        st = oc_request_base(v, call, &x->url, err);
        return st < 0 ? st : choose_auth(x, err);
    }
    st = choose_auth(x, err);
    if (st == SLUICE_OK && sl_span_eq(call->operation, SL_SPAN("chat.completions")) &&
        oc_by_responses(v, call->model))
        st = begin_by_responses(x, err);
    else if (st == SLUICE_OK)
        st = oc_request_body(v, call, arena, &x->body, &x->n_body, err);
    choose_framing(x);
    if (st == SLUICE_OK)
        st = oc_request_url(v, x->call, arena, &x->url, err);
    return st == SLUICE_OK ? write_headers(x, err) : st;
}

sluice_status oc_request(struct oc_exchange *x, sluice_http_request *out, sluice_error *err)
{
    out->auth = x->auth;
    if (x->auth == SLUICE_AUTH_HEADER || x->auth == SLUICE_AUTH_QUERY)
        out->auth_param = x->vendor->auth_param;
    if (x->pass)
        return sl_pass_request(x->call, x->url, x->mem, out, err);
    (void)err;
    out->framing = x->asked;
    if (x->poll_url.len) {
        out->method = SL_SPAN("GET");
        out->url = x->poll_url;
        out->delay_ms = x->vendor->poll_delay_ms;
        out->headers = x->headers + (x->n_body > 0); /* without the body's type */
        out->n_headers = x->n_headers - (x->n_body > 0);
        return SLUICE_OK;
    }
    out->method = x->chat ? SL_SPAN("POST") : method_of(x->call->operation);
    if (is_socket(x->call->operation))
        out->flags |= SLUICE_REQ_SOCKET;
    out->url = x->url;
    out->body = x->body;
    out->n_body = x->n_body;
    if (x->call->flags & SLUICE_CALL_BODY_STREAM)
        out->flags |= SLUICE_REQ_BODY_STREAM;
    out->headers = x->headers;
    out->n_headers = x->n_headers;
    if (x->asked == SLUICE_FRAME_RELAY)
        out->watch = x->vendor->watch;
    return SLUICE_OK;
}
