/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange.c - one attempt at Vertex AI. Where another class speaks the publisher's language it is
 * driven as a host would, with URL and credential set here.
 */
#include <sluice_sdk/auth.h>
#include <sluice_sdk/compat.h>
#include "vertex.h"

#define ERROR_CAP (1u << 20)

void vertex_close(sluice_exchange *x)
{
    if (x->inner && x->cls->close)
        x->cls->close(x->inner);
    x->inner = NULL;
    sl_fetch_finish(&x->fetch);
    sl_embed_finish(&x->embed);
    sl_parts_finish(&x->body);
    sl_buf_finish(&x->error);
}

static sluice_status out_of_memory(sluice_status st, sluice_error *err)
{
    return st == SLUICE_E_NOMEM ? sl_fail(err, st, "out of memory writing the request") : st;
}

static bool is(const sluice_exchange *x, const char *operation)
{
    return sl_span_eq(x->call.operation, sl_span_str(operation));
}

/* Project and location: the deployment's, else the credential's. */
static sluice_status read_facts(sluice_exchange *x)
{
    sluice_span facts = sl_span_trim(x->call.credential_facts);
    struct sl_json_error e;
    struct sl_json *tree;

    x->project = x->self->project;
    x->location = x->self->location;
    if (sl_json_type(facts) != SL_JSON_OBJECT)
        return SLUICE_OK;
    if (sl_json_parse(facts, x->arena, &tree, &e) < 0)
        return SLUICE_E_NOMEM;
    if (!x->project.len)
        x->project = sl_json_text(sl_json_opt(tree, "project_id"), x->arena);
    if (!x->location.len)
        x->location = sl_json_text(sl_json_opt(tree, "region"), x->arena);
    x->quota_project = sl_json_text(sl_json_opt(tree, "quota_project_id"), x->arena);
    return SLUICE_OK;
}

static sluice_status begin_inner(sluice_exchange *x, sluice_error *err)
{
    sluice_provider *inner = x->family == VERTEX_CLAUDE    ? x->self->claude
                             : x->family == VERTEX_MISTRAL ? x->self->mistral
                                                           : x->self->google;
    const sluice_header *members;
    sluice_status st = sl_fetch_inline(&x->fetch, &x->call, &members);

    if (st < 0)
        return st;
    x->call.members = members;
    st = x->cls->begin(inner, &x->call, (sluice_arena *)x->arena, &x->inner, err);
    if (st < 0)
        x->inner = NULL;
    return st;
}

static sluice_status begin_family(sluice_exchange *x, sluice_error *err)
{
    sluice_status st = SLUICE_OK;

    switch (x->family) {
    case VERTEX_GOOGLE:
    case VERTEX_ENDPOINT:
        if (x->predicts)
            return vertex_predict_begin(x);
        x->cls = &gemini_provider_class;
        return begin_inner(x, err);
    case VERTEX_CLAUDE:
        x->cls = &anthropic_provider_class;
        if (!is(x, "messages.count_tokens"))
            st = sl_fetch_scan(&x->fetch, &x->call, NULL, err); /* it takes no URLs here */
        return st < 0 || sl_fetch_pending(&x->fetch) ? st : begin_inner(x, err);
    case VERTEX_MISTRAL: /* there it is named without publisher and version */
        x->call.model = vertex_last_segment(x->call.model);
        x->call.model = sl_span_head(x->call.model, sl_span_find_char(x->call.model, '@'));
        x->cls = &mistral_provider_class;
        return begin_inner(x, err);
    default:
        return vertex_openai_begin(x);
    }
}

sluice_status vertex_begin(sluice_provider *self, const sluice_call *call, sluice_arena *arena,
                           sluice_exchange **out, sluice_error *err)
{
    sluice_exchange *x = sl_alloc0(arena, sizeof *x);
    size_t size = call->struct_size < sizeof *call ? call->struct_size : sizeof *call;
    sluice_status st;

    if (!x)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory");
    x->self = self;
    memcpy(&x->call, call, size);
    x->call.struct_size = (uint32_t)size;
    x->arena = arena;
    x->family = vertex_family(call->model);
    x->predicts = is(x, "embeddings");
    x->embeds =
        x->predicts && sl_span_find(call->model, SL_SPAN("gemini-embedding-2")) < call->model.len;
    sl_fetch_init(&x->fetch, arena);
    sl_parts_init(&x->body, arena);
    sl_buf_init(&x->error, ERROR_CAP);
    sl_chat_init(&x->chat, self->host, &x->call, arena, err);
    st = out_of_memory(read_facts(x), err);
    if (st >= 0)
        st = vertex_url(x, err);
    if (st >= 0)
        st = out_of_memory(begin_family(x, err), err);
    if (st < 0)
        vertex_close(x);
    else
        *out = x;
    return st < 0 ? st : SLUICE_OK;
}

/* What the other class says of its request, with another URL and another credential. */
static void add_headers(sluice_exchange *x, sluice_http_request *out)
{
    size_t n = 0;

    for (size_t i = 0; i < out->n_headers && n + 1 < sizeof x->headers / sizeof *x->headers; i++)
        x->headers[n++] = out->headers[i];
    if (!out->n_headers)
        x->headers[n++] = (sluice_header){ SL_SPAN("content-type"), SL_SPAN("application/json") };
    if (x->quota_project.len)
        x->headers[n++] = (sluice_header){ SL_SPAN("x-goog-user-project"), x->quota_project };
    out->headers = x->headers;
    out->n_headers = n;
}

sluice_status vertex_request(sluice_exchange *x, sluice_http_request *out, sluice_error *err)
{
    sluice_status st;

    if (sl_fetch_pending(&x->fetch))
        return sl_fetch_request(&x->fetch, out, err);
    if (x->inner) {
        st = x->cls->request(x->inner, out, err);
        if (st < 0 || (out->flags & SLUICE_REQ_FOREIGN))
            return st; /* an image of the other class's */
    } else {
        out->framing = x->predicts ? SLUICE_FRAME_WHOLE : SLUICE_FRAME_RELAY;
        out->body = x->parts;
        out->n_body = x->n_parts;
    }
    out->url = x->url;
    sl_auth_key(&x->call, "x-goog-api-key", out);
    add_headers(x, out);
    return SLUICE_OK;
}

sluice_status vertex_head(sluice_exchange *x, const sluice_http_head *h, uint32_t *framing,
                          sluice_error *err)
{
    if (sl_fetch_pending(&x->fetch))
        return sl_fetch_head(&x->fetch, h, err);
    if (x->inner)
        return x->cls->head(x->inner, h, framing, err);
    x->http_status = h->status;
    x->retry_after_ms =
        sl_compat_retry_after_ms(h->headers, h->n_headers, x->self->host->unix_ms(x->self->host));
    return SLUICE_OK;
}

sluice_status vertex_data(sluice_exchange *x, const sluice_frame *frame, const sluice_sink *sink,
                          sluice_error *err)
{
    if (sl_fetch_pending(&x->fetch))
        return sl_fetch_data(&x->fetch, frame, err);
    if (x->inner)
        return x->cls->data(x->inner, frame, sink, err);
    if (x->http_status >= 400) {
        sl_buf_reset(&x->error);
        sl_buf_add(&x->error, frame->data);
        return SLUICE_OK;
    }
    return x->predicts ? vertex_predict_data(x, frame->data, err) : SLUICE_OK;
}

/* Google's status words in what are otherwise errors of anybody's shape. */
static sluice_status failed(sluice_exchange *x, sluice_error *err)
{
    static const struct sl_compat_rule rules[] = {
        { { "UNAUTHENTICATED", 15 }, SLUICE_E_AUTH },
        { { "PERMISSION_DENIED", 17 }, SLUICE_E_FORBIDDEN },
        { { "NOT_FOUND", 9 }, SLUICE_E_NOT_FOUND },
        { { "RESOURCE_EXHAUSTED", 18 }, SLUICE_E_RATE_LIMIT },
        { { "UNAVAILABLE", 11 }, SLUICE_E_UNAVAILABLE },
        { { "DEADLINE_EXCEEDED", 17 }, SLUICE_E_TIMEOUT },
    };
    struct sl_compat_failure f = { .http_status = x->http_status,
                                   .retry_after_ms = x->retry_after_ms,
                                   .body = sl_span_trim(sl_buf_span(&x->error)),
                                   .rules = rules,
                                   .n_rules = sizeof rules / sizeof *rules };

    if (sl_json_type(f.body) == SL_JSON_ARRAY && sl_json_validate(f.body, NULL) >= 0)
        f.body = sl_json_find(f.body, "0"); /* streams wrap it in a list */
    return sl_compat_error(&f, err);
}

sluice_status vertex_end(sluice_exchange *x, const sluice_sink *sink, sluice_error *err)
{
    if (sl_fetch_pending(&x->fetch)) {
        sluice_status st = sl_fetch_end(&x->fetch, err);

        if (st >= 0 && !sl_fetch_pending(&x->fetch))
            st = out_of_memory(begin_inner(x, err), err);
        return st < 0 ? st : SLUICE_MORE;
    }
    if (x->inner)
        return x->cls->end(x->inner, sink, err);
    if (x->http_status >= 400)
        return failed(x, err);
    return x->predicts ? vertex_predict_end(x, sink, err) : SLUICE_OK;
}
